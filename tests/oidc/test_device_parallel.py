"""Twenty at once, over two processes on one database: a device is answered once, and its code is good once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from idp.tokens import devices, secrets
from idp.tokens.records import AccessToken, DeviceGrant, GrantFamily, RefreshToken
from tests.oidc.boards import GRANT, Board, on_board, start, to_the_question
from tests.oidc.handed_out import hand_out
from tests.oidc.node import two_nodes
from tests.oidc.test_parallel import AT_ONCE, ROUNDS, all_at_once, dead_everywhere, one_winner, post
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty


@pytest.fixture
def rp(provider: Provider) -> RelyingParty:
    return on_board(provider)


@pytest.fixture
def nodes(provider: Provider, rp: RelyingParty, tmp_path: Path) -> Iterator[list[str]]:
    with two_nodes(provider, tmp_path) as addresses:
        yield addresses


def ask_everywhere(nodes: list[str], board: Board) -> list[requests.Response]:
    form = {"grant_type": GRANT, "device_code": board.device_code}
    return all_at_once(lambda which: post(nodes[which % 2], board.rp, form))


def test_FT_06_twenty_parallel_uses_of_a_device_code_over_two_processes(
    provider: Provider, rp: RelyingParty, nodes: list[str]
) -> None:
    pupil = provider.people.pupil()
    for _ in range(ROUNDS):
        board, handed = start(rp), hand_out(provider, rp, pupil)
        with provider.db() as db:
            device = devices.by_device_code(db, board.device_code)
            assert device is not None
            assert devices.approve(db, device, handed.family_id, provider.clock())
        winner = one_winner(ask_everywhere(nodes, board))
        with provider.reading() as db:
            assert db.get_one(GrantFamily, handed.family_id).revoked_at is not None
            for record in (AccessToken, RefreshToken):
                of_family = select(func.count()).where(record.family_id == handed.family_id)
                assert db.scalar(of_family) == 1
        dead_everywhere(nodes, winner.json()["access_token"])


def test_FT_06_of_twenty_questions_at_once_one_is_in_time(rp: RelyingParty, nodes: list[str]) -> None:
    board = start(rp)
    told = sorted(answer.json()["error"] for answer in ask_everywhere(nodes, board))
    assert told == ["authorization_pending", *["slow_down"] * (AT_ONCE - 1)]


def test_FT_06_twenty_parallel_answers_let_a_device_in_once(
    provider: Provider, rp: RelyingParty, nodes: list[str], visitor: Visitor
) -> None:
    board = start(rp)
    page = to_the_question(visitor, board, provider.people.pupil())
    fields = page.form("device-allow").fields
    cookies = dict(visitor.http.cookies)

    def press(which: int) -> requests.Response:
        answer = "allow" if which % 4 else "deny"
        address = f"{nodes[which % 2]}/device/confirm"
        return requests.post(
            address, data=fields | {"answer": answer}, cookies=cookies, timeout=60, allow_redirects=False
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(press, range(AT_ONCE)))
    with provider.reading() as db:
        device = db.get_one(DeviceGrant, secrets.digest(board.device_code))
        families = list(db.scalars(select(GrantFamily.id)))
        assert (device.family_id is None) is (device.denied_at is not None), "one of the two"
        assert families == ([] if device.family_id is None else [device.family_id])
    said_yes = [answer for answer in answers if answer.headers.get("Location", "").endswith("/device/done")]
    assert len(said_yes) == len(families)
