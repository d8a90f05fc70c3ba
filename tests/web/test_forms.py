"""Forms come from our own pages: every address that changes something, against every forgery (OA-32, OA-33)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from werkzeug.routing import Rule

from tests.support.browser import Visitor
from tests.support.provider import Provider

SAFE = {"GET", "HEAD", "OPTIONS"}

# What applications and portals post to. They show a code, a token or a client's secret, which no browser adds by
# itself, or they only ask. Whoever opens another address to other sites writes it down here, with that in mind.
OPEN_TO_OTHER_SITES = {
    "/authorize",
    "/device_authorization",
    "/end_session",
    "/introspect",
    "/jwks",
    "/par",
    "/revoke",
    "/token",
    "/userinfo",
}


def changing(provider: Provider) -> list[tuple[Rule, str]]:
    """Every address and method that may change something."""
    rules = provider.app.url_map.iter_rules()
    return [(rule, method) for rule in rules for method in sorted((rule.methods or set()) - SAFE)]


def is_open(provider: Provider, rule: Rule) -> bool:
    return getattr(provider.app.view_functions[rule.endpoint], "open_to_other_sites", False)


def address(provider: Provider, rule: Rule) -> str:
    values: dict[str, object] = {}
    for name in rule.arguments:
        kind = type(rule._converters[name]).__name__
        values[name] = {"IntegerConverter": 7, "UUIDConverter": uuid4()}.get(kind, "x")
    return provider.app.url_map.bind("localhost").build(rule.endpoint, values, method=None)


@pytest.fixture
def own_form(provider: Provider, visitor: Visitor) -> dict[str, str]:
    """The hidden field of a form that this browser got from us."""
    return {"csrf_token": visitor.get("/nergens").form("/language").fields["csrf_token"]}


@pytest.fixture
def another_s_form(provider: Provider, new_visitor: Callable[..., Visitor]) -> dict[str, str]:
    """The hidden field of a form that an attacker got from us."""
    return {"csrf_token": new_visitor().get("/nergens").form("/language").fields["csrf_token"]}


def refused_everywhere(provider: Provider, visitor: Visitor, form: dict[str, str], **headers: str) -> None:
    closed = [(rule, method) for rule, method in changing(provider) if not is_open(provider, rule)]
    assert closed
    for rule, method in closed:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        page = visitor.go(method, provider.origin + address(provider, rule), data=form, headers=named)
        assert page.status == 403, f"{method} {rule.rule}"


def test_OA_33_the_addresses_open_to_other_sites_are_these(provider: Provider) -> None:
    found = {rule.rule for rule, _ in changing(provider) if is_open(provider, rule)}
    assert {path for path in found if not path.startswith("/api/")} == OPEN_TO_OTHER_SITES


def test_OA_33_without_a_token_nothing_changes(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/nergens")
    refused_everywhere(provider, visitor, {})


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "é" * 64, "\udcff".encode("utf-8", "replace").decode()])
def test_OA_33_with_a_made_up_token_nothing_changes(provider: Provider, visitor: Visitor, token: str) -> None:
    visitor.get("/nergens")
    refused_everywhere(provider, visitor, {"csrf_token": token})


def test_OA_33_with_another_browser_s_token_nothing_changes(
    provider: Provider, visitor: Visitor, another_s_form: dict[str, str]
) -> None:
    visitor.get("/nergens")
    refused_everywhere(provider, visitor, another_s_form)


def test_OA_33_a_token_without_the_browser_it_belongs_to_changes_nothing(
    provider: Provider, visitor: Visitor, own_form: dict[str, str]
) -> None:
    visitor.forget()
    refused_everywhere(provider, visitor, own_form)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "elsewhere"])
def test_OA_32_a_form_on_another_site_is_refused_even_with_the_right_token(
    provider: Provider, visitor: Visitor, own_form: dict[str, str], site: str
) -> None:
    refused_everywhere(provider, visitor, own_form, Sec_Fetch_Site=site, Origin="null")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "http://127.0.0.1", ""])
def test_OA_32_a_form_of_another_origin_is_refused_even_with_the_right_token(
    provider: Provider, visitor: Visitor, own_form: dict[str, str], origin: str
) -> None:
    refused_everywhere(provider, visitor, own_form, Origin=origin)


@pytest.mark.parametrize(
    "headers",
    [
        {},  # a browser of before these headers
        {"Origin": "null"},  # the same, with our own Referrer-Policy
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_our_own_form_is_accepted_from_every_browser(
    provider: Provider, visitor: Visitor, own_form: dict[str, str], headers: dict[str, str]
) -> None:
    page = visitor.post(
        "/language", data={**own_form, "language": "en", "return_to": "/healthz"}, headers=headers
    )
    assert page.status == 200
    assert page.url == f"{provider.origin}/healthz"


def test_our_own_form_is_accepted_with_its_origin(
    provider: Provider, visitor: Visitor, own_form: dict[str, str]
) -> None:
    headers = {"Origin": provider.issuer, "Sec-Fetch-Site": "same-origin"}
    page = visitor.post(
        "/language", data={**own_form, "language": "fr", "return_to": "/healthz"}, headers=headers
    )
    assert page.status == 200


def test_two_browsers_never_have_the_same_token(
    own_form: dict[str, str], another_s_form: dict[str, str]
) -> None:
    assert own_form != another_s_form
