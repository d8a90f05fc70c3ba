"""Passkeys as a second factor: what is accepted, what isn't, and that a real browser gets there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from idp.accounts.passkeys import site_of
from tests.authentication.doors import is_in, sign_in
from tests.authentication.factor_doors import REQUIRED, codes_on, details, factors, step_of, way_back
from tests.support.authenticator import PRESENT, SoftwareKey, in_base64
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

NewVisitor = Callable[..., Visitor]


@pytest.fixture
def provider(open_provider: Callable[..., Provider]) -> Provider:
    return open_provider(host="localhost", staff=REQUIRED)


def asked_on(page: Page) -> dict[str, Any]:
    asked: dict[str, Any] = json.loads(page.form("passkey-form").attributes["data-asked"])
    return asked


def send(visitor: Visitor, answer: str) -> Page:
    assert visitor.page is not None
    return visitor.submit(visitor.page.form("passkey-form"), passkey=answer)


def with_passkey(provider: Provider, visitor: Visitor, *, synced: bool = False) -> tuple[Made, SoftwareKey]:
    """Somebody whose first and only factor is a passkey, signed in with it."""
    els, key = provider.people.staff(), SoftwareKey(synced=synced)
    page = sign_in(visitor, els)
    page = send(visitor, key.make(asked_on(page), provider.issuer))
    assert len(codes_on(page)) == 10
    assert is_in(visitor.submit(button="factor-codes-kept"), provider)
    return els, key


@pytest.mark.parametrize(("synced", "method"), [(False, "hwk"), (True, "swk")])
def test_a_passkey_is_made_and_shown(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, synced: bool, method: str
) -> None:
    els, key = with_passkey(provider, visitor, synced=synced)
    for _ in range(2):
        another, rp = new_visitor(), provider.relying_party()
        page = sign_in(another, els)
        asked = asked_on(page)
        assert asked["userVerification"] == "required"
        assert [each["id"] for each in asked["allowCredentials"]] == [in_base64(key.credential_id)]
        assert is_in(send(another, key.sign(asked, provider.issuer)), provider)
        request = rp.ask()
        tokens = rp.exchange(rp.code(way_back(another.get(request.url)), request), request)
        claims = rp.verify(tokens.id_token, request.nonce)
        assert (claims["acr"], claims["amr"]) == ("urn:leerid:acr:two-factor", ["pwd", method, "mfa"])
    assert details(provider, "factor:added") == [{"kind": "passkey"}]
    assert details(provider, "factor:used") == [{"kind": "passkey"}] * 2


Change = Callable[[SoftwareKey, dict[str, Any], str], str]

BAD_ANSWERS: dict[str, Change] = {
    "another site": lambda key, asked, origin: key.sign(asked, "http://localhost.boos.example"),
    "another port": lambda key, asked, origin: key.sign(asked, "http://localhost:1"),
    "another host": lambda key, asked, origin: key.sign({**asked, "rpId": "boos.example"}, origin),
    "another challenge": lambda key, asked, origin: key.sign(
        {**asked, "challenge": in_base64(b"x" * 32)}, origin
    ),
    "nobody touched it": lambda key, asked, origin: key.sign(asked, origin, flags=0),
    "no finger and no PIN": lambda key, asked, origin: key.sign(asked, origin, flags=PRESENT),
    "another key": lambda key, asked, origin: SoftwareKey(credential_id=key.credential_id).sign(
        asked, origin
    ),
    "a key that is nobody's": lambda key, asked, origin: SoftwareKey().sign(asked, origin),
    "one that was made": lambda key, asked, origin: key.make({**asked, "rp": {"id": asked["rpId"]}}, origin),
    "no JSON": lambda key, asked, origin: "{",
    "a number": lambda key, asked, origin: "1",
    "nothing in it": lambda key, asked, origin: "{}",
    "a deep one": lambda key, asked, origin: "[" * 15_000,
    "a huge one": lambda key, asked, origin: "x" * 500_000,
    "other types": lambda key, asked, origin: json.dumps({"id": 1, "rawId": [], "response": 3, "type": None}),
}


def test_what_was_not_signed_here_and_now_is_refused(
    open_provider: Callable[..., Provider], new_visitor: NewVisitor
) -> None:
    provider = open_provider(host="localhost", staff=REQUIRED, throttle={"free_attempts": 100})
    els, key = with_passkey(provider, new_visitor(provider.origin))
    another = new_visitor(provider.origin)
    page = sign_in(another, els)
    for name, answer in BAD_ANSWERS.items():
        page = send(another, answer(key, asked_on(page), provider.issuer))
        assert (page.status, step_of(page)) == (200, "second-factor"), name
    assert another.cookie("leerid_session") is None
    assert details(provider, "factor:refused") == [{"kind": "passkey"}] * len(BAD_ANSWERS)
    assert is_in(send(another, key.sign(asked_on(page), provider.issuer)), provider)


def test_OA_65_a_signature_is_good_once(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    els, key = with_passkey(provider, visitor, synced=True)
    another = new_visitor()
    answer = key.sign(asked_on(sign_in(another, els)), provider.issuer)
    thief = new_visitor()
    sign_in(thief, els)
    assert step_of(send(thief, answer)) == "second-factor"
    assert is_in(send(another, answer), provider)
    assert step_of(send(thief, answer)) == "second-factor"


def test_an_answer_to_what_was_asked_before_a_refusal_is_too_late(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    els, key = with_passkey(provider, visitor, synced=True)
    another = new_visitor()
    answer = key.sign(asked_on(sign_in(another, els)), provider.issuer)
    send(another, "{}")
    assert step_of(send(another, answer)) == "second-factor"


def test_a_count_that_went_back_means_that_there_are_two_of_that_key(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    els, key = with_passkey(provider, visitor)
    another = new_visitor()
    sign_in(another, els)
    key.count = 40
    assert another.page is not None
    send(another, key.sign(asked_on(another.page), provider.issuer))
    copy = new_visitor()
    key.count = 7
    assert step_of(send(copy, key.sign(asked_on(sign_in(copy, els)), provider.issuer))) == "second-factor"
    assert [each.sign_count for each in factors(provider, els)] == [41]


def test_a_passkey_is_one_persons(provider: Provider, visitor: Visitor, new_visitor: NewVisitor) -> None:
    _, key = with_passkey(provider, visitor)
    an, another = provider.people.staff(), new_visitor()
    page = send(another, key.make(asked_on(sign_in(another, an)), provider.issuer))
    assert step_of(page) == "new-factor"
    assert factors(provider, an) == []


def test_what_was_not_made_here_and_now_is_no_passkey(provider: Provider, visitor: Visitor) -> None:
    els, key = provider.people.staff(), SoftwareKey()
    page = sign_in(visitor, els)
    before = asked_on(page)
    for wrong in (
        key.make(before, "http://localhost:1"),
        key.make({**before, "challenge": in_base64(b"x" * 32)}, provider.issuer),
        key.make(before, provider.issuer, flags=PRESENT),
        json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
    ):
        page = send(visitor, wrong)
        assert step_of(page) == "new-factor"
    assert factors(provider, els) == []
    now = asked_on(page)
    assert now["challenge"] != before["challenge"]
    assert step_of(send(visitor, key.make(now, provider.issuer))) == "recovery-codes"


def test_only_a_host_with_a_name_has_passkeys() -> None:
    assert site_of("http://127.0.0.1:8000") is None
    assert site_of("https://[::1]:8000") is None
    for issuer, host in (("https://id.example.be", "id.example.be"), ("http://localhost:8000", "localhost")):
        site = site_of(issuer)
        assert site is not None
        assert (site.host, site.origin) == (host, issuer)


def test_in_a_real_browser_a_passkey_is_made_and_shown(provider: Provider, page: BrowserPage) -> None:
    els = provider.people.staff()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": False,
        "automaticPresenceSimulation": True,
    }
    device = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def type_password() -> None:
        page.fill("#password", els.password)
        page.click("#login-submit")

    page.goto(f"{provider.issuer}/second-factor")
    page.fill("#username", els.username)
    page.click("#login-next")
    type_password()
    page.click("#factor-passkey")
    expect(page.locator("[data-passkey-trouble]")).to_be_visible()  # the finger was the wrong one
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.click("#factor-passkey")
    page.click("#factor-codes-kept")
    expect(page.locator("#factor-add-passkey")).to_be_visible()
    provider.clock.move(minutes=11)
    page.reload()
    type_password()
    page.click("#factor-passkey")
    expect(page.locator("#factor-new-codes")).to_be_visible()
    assert details(provider, "factor:used") == [{"kind": "passkey"}]
