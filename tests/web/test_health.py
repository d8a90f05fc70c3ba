"""Is it alive, and can it serve?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.browser import Visitor
from tests.support.provider import Provider


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_healthy_provider_says_so(provider: Provider, visitor: Visitor, path: str) -> None:
    page = visitor.get(path)
    assert page.status == 200
    assert page.response.json()["status"] == "ok"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/leerid.db",
        "postgresql+psycopg://leerid:geheim@127.0.0.1:1/leerid?connect_timeout=1",
    ],
)
def test_FT_03_without_its_database_it_is_alive_but_not_ready(
    open_provider: Callable[..., Provider], new_visitor: Callable[..., Visitor], url: str
) -> None:
    lost = open_provider(database={"url": url})
    visitor = new_visitor(lost.origin)
    assert visitor.get("/healthz").status == 200
    page = visitor.get("/readyz")
    assert page.status == 503
    assert page.response.json() == {"status": "unavailable", "database": "unreachable"}
    assert "geheim" not in page.html
