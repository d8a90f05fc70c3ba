"""The headers of every answer, over every address there is (OA-34, OA-44, OA-49)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from werkzeug.routing import Rule

from tests.support.browser import Page, Visitor
from tests.support.provider import Provider


def addresses(provider: Provider) -> Iterator[tuple[Rule, str]]:
    """Every address that can be visited, its variable parts filled in with what isn't there."""
    adapter = provider.app.url_map.bind("localhost")
    for rule in provider.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            yield rule, adapter.build(rule.endpoint, {name: filling(rule, name) for name in rule.arguments})


def filling(rule: Rule, name: str) -> object:
    kind = type(rule._converters[name]).__name__
    return {"IntegerConverter": 7, "UUIDConverter": uuid4()}.get(kind, "x")


@pytest.fixture
def answers(provider: Provider, visitor: Visitor) -> list[Page]:
    visited = [visitor.get(address) for _, address in addresses(provider)]
    assert len(visited) > 10
    return visited


def policy(page: Page) -> dict[str, list[str]]:
    directives = [each.split() for each in page.headers["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in directives}


def is_html(page: Page) -> bool:
    return bool(page.headers.get("Content-Type", "").startswith("text/html"))


def test_OA_34_no_page_can_be_framed(answers: list[Page]) -> None:
    """But the one that stands in frames by design: there is nothing on it."""
    pages = [page for page in answers if is_html(page) and not page.url.endswith("/check_session")]
    assert len(pages) > 3
    for page in pages:
        assert policy(page)["frame-ancestors"] == ["'none'"], page.url
        assert page.headers["X-Frame-Options"] == "DENY", page.url


def test_OA_44_CV_35_no_page_loads_anything_from_elsewhere(answers: list[Page]) -> None:
    for page in answers:
        if is_html(page):
            own = policy(page)
            assert own["default-src"] == ["'none'"], page.url
            assert own["base-uri"] == ["'none'"], page.url
            for directive in ("script-src", "style-src", "img-src", "connect-src"):
                assert own[directive] == ["'self'"], page.url


def test_OA_44_no_answer_gives_its_address_away(answers: list[Page]) -> None:
    for page in answers:
        assert page.headers["Referrer-Policy"] == "no-referrer", page.url
        assert page.headers["X-Content-Type-Options"] == "nosniff", page.url


def test_OA_49_CV_22_no_page_is_kept_by_a_cache(answers: list[Page]) -> None:
    for page in answers:
        if is_html(page):
            assert "no-store" in page.headers["Cache-Control"], page.url
            assert "Cookie" in page.headers["Vary"], page.url


def test_OA_49_what_is_kept_holds_nobody_s_data(answers: list[Page]) -> None:
    for page in answers:
        if "no-store" not in page.headers.get("Cache-Control", ""):
            assert "Set-Cookie" not in page.headers, page.url


@pytest.mark.parametrize(
    "path", ["/accessibility/x.css", "/accessibility.css", "/static/x.css", "/login/x.js"]
)
def test_OA_49_a_page_does_not_answer_to_the_name_of_a_file(
    provider: Provider, visitor: Visitor, path: str
) -> None:
    assert visitor.get(path).status == 404


def test_static_files_are_kept_for_long_under_an_address_with_their_fingerprint(
    provider: Provider, visitor: Visitor
) -> None:
    page = visitor.get("/static/leerid.css")
    assert page.status == 200
    assert "immutable" in page.headers["Cache-Control"]


def test_the_machinery_is_not_advertised_by_the_application(provider: Provider) -> None:
    answer = provider.app.test_client().get("/healthz")
    assert not {"Server", "X-Powered-By"} & set(answer.headers.keys())


@pytest.mark.parametrize("https", [True, False])
def test_browsers_are_told_to_come_back_with_https_only(
    open_provider: Callable[..., Provider], https: bool
) -> None:
    provider = open_provider(**({"issuer": "https://id.leerid.example"} if https else {}))
    answer = provider.app.test_client().get("/healthz", base_url=provider.issuer)
    assert ("Strict-Transport-Security" in answer.headers) is https


@pytest.mark.parametrize("https", [True, False])
def test_OA_36_cookies_are_as_strict_as_the_address_allows(
    open_provider: Callable[..., Provider], https: bool
) -> None:
    provider = open_provider(**({"issuer": "https://id.leerid.example"} if https else {}))
    answer = provider.app.test_client().get("/nergens", base_url=provider.issuer)
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-") is https
        assert ("Secure" in cookie) is https
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
