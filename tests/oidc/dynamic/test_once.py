"""OA-65: of twenty registrations at once with one token, over two processes on one database, one is made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from sqlalchemy import func, select

from idp.oidc.records import RegisteredClient
from tests.oidc.dynamic.applicant import WEB, token
from tests.oidc.node import two_nodes
from tests.oidc.test_parallel import AT_ONCE, ROUNDS
from tests.support.provider import Provider


def test_OA_65_an_initial_access_token_registers_one_application(
    open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    provider = open_provider(registration={"enabled": True})
    with two_nodes(provider, tmp_path) as nodes, ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(ROUNDS):
            headers = {"Authorization": f"Bearer {token(provider)}"}

            def register(
                which: int, headers: dict[str, str] = headers, nodes: list[str] = nodes
            ) -> requests.Response:
                return requests.post(f"{nodes[which % 2]}/register", json=WEB, headers=headers, timeout=60)

            answers = list(pool.map(register, range(AT_ONCE)))
            assert sorted(answer.status_code for answer in answers) == [201] + [401] * (AT_ONCE - 1)
    with provider.reading() as db:
        assert db.scalar(select(func.count()).select_from(RegisteredClient)) == ROUNDS
