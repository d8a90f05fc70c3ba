"""Both desks hear that a sign-in ended: what they believe, what they refuse, and how long they remember."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from flask import Flask, request, request_started
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey
from playwright.sync_api import Page, expect

from idp.oidc.keys import key_ring
from portals.kit import backchannel
from portals.kit.backchannel import EXTENSION, EndedSignIns, keep
from portals.kit.session import Tokens
from tests.portals.desks import Desks, Site, finish_login, open_desks, session_cookie, sign_in
from tests.portals.test_wcag import assert_accessible, come_in, screen
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider

__all__ = ["screen"]

EVENT = "http://schemas.openid.net/event/backchannel-logout"
PORTALS = ("leerlingloket", "schoolloket")


def site(desks: Desks, portal: str) -> Site:
    found: Site = getattr(desks, portal)
    return found


def person(desks: Desks, portal: str) -> Made:
    """Somebody who has something to do at this desk."""
    people = desks.provider.people
    return people.pupil("basic", school=2) if portal == "leerlingloket" else people.staff(school=2)


def session_of(desks: Desks, visitor: Visitor, portal: str) -> dict[str, Any]:
    app = site(desks, portal).app
    with app.test_request_context(
        "/", headers={"Cookie": f"{portal}_session={session_cookie(visitor, portal)}"}
    ) as context:
        held: dict[str, Any] = dict(context.session)["tokens"]
        return held


def is_in(desks: Desks, visitor: Visitor, portal: str) -> bool:
    return "/logout" in {
        urlsplit(form.action).path for form in visitor.get(site(desks, portal).origin + "/").forms
    }


def logout_token(
    desks: Desks, portal: str, sid: str, typ: str = "logout+jwt", alg: str = "RS256", **changed: object
) -> str:
    now = int(time.time())
    good: dict[str, object] = {
        "iss": desks.provider.issuer,
        "aud": portal,
        "iat": now,
        "exp": now + 120,
        "jti": f"jti-{time.monotonic_ns()}",
        "events": {EVENT: {}},
        "sub": "somebody",
        "sid": sid,
    }
    claims = {key: value for key, value in {**good, **changed}.items() if value is not None}
    return key_ring(desks.provider.app).sign(claims, alg=alg, typ=typ, now=desks.provider.clock())


def tell(desks: Desks, portal: str, token: str) -> requests.Response:
    answer = requests.post(
        f"{site(desks, portal).origin}/backchannel-logout", {"logout_token": token}, timeout=10
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return answer


@contextmanager
def questions(desks: Desks) -> Iterator[list[str]]:
    """The addresses at the provider that anybody asks meanwhile."""
    asked: list[str] = []

    def note(_: Flask) -> None:
        asked.append(request.path)

    with request_started.connected_to(note, desks.provider.app):
        yield asked


# Being told


def test_both_portals_and_the_sample_application_receive_it(desks: Desks, visitor: Visitor) -> None:
    """Issue 4, paragraph 5: one signing out, and it is over in every application."""
    teacher = desks.provider.people.staff(school=2)
    for each in (desks.rekenrijk, desks.leerlingloket, desks.schoolloket):
        sign_in(visitor, teacher, each.origin + "/login")
    copied = dict(visitor.http.cookies)
    visitor.get(desks.schoolloket.origin + "/")
    page = visitor.submit("/logout")
    for name in ("Leerlingloket", "Rekenrijk", "Schoolloket"):
        assert name in page.text
    assert desks.tell_applications() == 3
    again = visitor.get(page.url)
    assert "Kijk opnieuw" in page.links
    assert "Kijk opnieuw" not in again.links, "everybody was reached"
    assert visitor.get(again.links["Ga verder"]).url.startswith(desks.schoolloket.origin + "/logged-out")
    thief = desks.visitor()
    thief.http.cookies.update(copied)
    assert not is_in(desks, thief, "leerlingloket")
    assert not is_in(desks, thief, "schoolloket")
    assert "Kijk na" not in thief.get(desks.rekenrijk.origin + "/").text
    thief.close()


@pytest.mark.parametrize("portal", PORTALS)
def test_OA_35_the_next_page_is_a_visitors_without_a_question_to_anybody(
    desks: Desks, visitor: Visitor, portal: str
) -> None:
    """At the provider this sign-in is alive; the desk knows by itself."""
    sign_in(visitor, person(desks, portal), site(desks, portal).origin + "/login")
    held = session_of(desks, visitor, portal)
    assert is_in(desks, visitor, portal)
    assert tell(desks, portal, logout_token(desks, portal, held["sid"])).status_code == 200
    with questions(desks) as asked:
        assert not is_in(desks, visitor, portal)
    assert asked == []


def test_it_ends_that_sign_in_and_no_other(desks: Desks, visitor: Visitor) -> None:
    pupil, elsewhere = person(desks, "leerlingloket"), desks.visitor()
    for device in (visitor, elsewhere):
        sign_in(device, pupil, desks.leerlingloket.origin + "/login")
    sid = session_of(desks, visitor, "leerlingloket")["sid"]
    tell(desks, "leerlingloket", logout_token(desks, "leerlingloket", sid))
    assert not is_in(desks, visitor, "leerlingloket")
    assert is_in(desks, elsewhere, "leerlingloket")
    elsewhere.close()


def test_who_signs_in_again_is_in(desks: Desks, visitor: Visitor) -> None:
    pupil = person(desks, "leerlingloket")
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    visitor.submit("/logout")
    desks.tell_applications()
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    assert is_in(desks, visitor, "leerlingloket")


def test_CV_15_the_next_one_who_is_on_the_way_in_when_it_is_heard_gets_there(
    desks: Desks, visitor: Visitor
) -> None:
    """Another card on a tablet that is still signed in: the provider tells the desk while the second pupil comes back."""
    first = desks.provider.people.pupil("basic", school=2, given_name="Ilias")
    sign_in(visitor, first, desks.leerlingloket.origin + "/login")
    held = session_of(desks, visitor, "leerlingloket")
    begun = visitor.http.get(desks.leerlingloket.origin + "/login", allow_redirects=False)
    visitor.get(f"{desks.provider.issuer}/end_session")
    visitor.submit(button="logout-confirm")
    assert tell(desks, "leerlingloket", logout_token(desks, "leerlingloket", held["sid"])).status_code == 200
    second = desks.provider.people.pupil("basic", school=2, given_name="Jade")
    page = finish_login(visitor, second, visitor.get(begun.headers["Location"]))
    assert "Jade" in page.text
    assert "Ilias" not in page.text


def test_OA_35_a_copied_cookie_is_over_when_somebody_signs_out_here(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, person(desks, "leerlingloket"), desks.leerlingloket.origin + "/login")
    copied = session_cookie(visitor, "leerlingloket")
    sid = session_of(desks, visitor, "leerlingloket")["sid"]
    visitor.submit("/logout")
    ended: EndedSignIns = desks.leerlingloket.app.extensions[EXTENSION]
    assert ended.is_over(sid)
    thief = desks.visitor()
    thief.http.cookies.set("leerlingloket_session", copied, domain="127.0.0.1")
    assert not is_in(desks, thief, "leerlingloket")
    thief.close()


def test_a_renewed_token_is_still_the_same_sign_in(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, person(desks, "leerlingloket"), desks.leerlingloket.origin + "/login")
    before = session_of(desks, visitor, "leerlingloket")
    provider = desks.leerlingloket.app.extensions["desk"].provider
    with desks.leerlingloket.app.app_context():
        renewed = provider.renew(Tokens(**before))
    assert renewed.access != before["access"]
    assert renewed.sid == before["sid"] != ""


# What is refused

MISFITS: dict[str, dict[str, Any]] = {
    "another type": {"typ": "JWT"},
    "an access token's type": {"typ": "at+jwt"},
    "another algorithm": {"alg": "ES256"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another application": {"aud": "rekenrijk"},
    "no audience": {"aud": None},
    "no event": {"events": {}},
    "events missing": {"events": None},
    "another event": {"events": {"http://schemas.openid.net/event/other": {}}},
    "events in another shape": {"events": [EVENT]},
    "an event that is no object": {"events": {EVENT: "yes"}},
    "no moment": {"iat": None},
    "a moment in words": {"iat": "now"},
    "more than two minutes old": {"iat": int(time.time()) - 200, "exp": int(time.time()) + 3600},
    "from the future": {"iat": int(time.time()) + 3600},
    "over": {"exp": int(time.time()) - 60},
    "without an end": {"exp": None},
    "without a jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "a jti that is no text": {"jti": ["x"]},
    "without a sid": {"sid": None},
    "a sid that is no text": {"sid": 7},
    "without a sub": {"sub": None},
    "with a nonce": {"nonce": "n"},
    "with an empty nonce": {"nonce": ""},
}


@pytest.mark.parametrize("portal", PORTALS)
def test_OA_42_only_a_good_logout_token_signs_out(desks: Desks, visitor: Visitor, portal: str) -> None:
    sign_in(visitor, person(desks, portal), site(desks, portal).origin + "/login")
    held = session_of(desks, visitor, portal)
    accepted = [
        why
        for why, changed in MISFITS.items()
        if tell(desks, portal, logout_token(desks, portal, **{"sid": held["sid"], **changed})).status_code
        != 400
    ]
    assert accepted == []
    good = logout_token(desks, portal, held["sid"])
    header, payload, signature = good.split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoibG9nb3V0K2p3dCJ9"
    for garbage in (
        "", "x", "a.b.c", good[:-4], f"{good}A", good.replace(".", "..", 1), held["id_token"], held["access"],
        f"{unsigned}.{payload}.", f"{unsigned}.{payload}.{signature}", f"{header}.{payload}.", "é", "A" * 9000,
    ):  # fmt: skip
        answer = tell(desks, portal, garbage)
        assert answer.status_code == 400, garbage[:20]
        assert answer.json() == {"error": "invalid_request"}
    assert is_in(desks, visitor, portal)
    assert tell(desks, portal, good).status_code == 200
    assert not is_in(desks, visitor, portal)


def test_OA_42_a_logout_token_is_good_once(desks: Desks) -> None:
    token = logout_token(desks, "leerlingloket", "some-sid")
    assert [tell(desks, "leerlingloket", token).status_code for _ in range(3)] == [200, 400, 400]


def test_OA_18_one_desks_token_ends_nothing_at_the_other(desks: Desks) -> None:
    token = logout_token(desks, "schoolloket", "some-sid")
    assert tell(desks, "leerlingloket", token).status_code == 400
    assert tell(desks, "schoolloket", token).status_code == 200


def test_OA_09_two_tokens_at_once_are_none(desks: Desks) -> None:
    tokens = [("logout_token", logout_token(desks, "leerlingloket", sid)) for sid in ("one", "two")]
    address = f"{desks.leerlingloket.origin}/backchannel-logout"
    assert requests.post(address, tokens, timeout=10).status_code == 400
    assert requests.post(f"{address}?logout_token={tokens[0][1]}", timeout=10).status_code == 400
    assert requests.get(address, timeout=10).status_code == 405


def test_OA_47_a_huge_body_is_refused(desks: Desks) -> None:
    assert tell(desks, "leerlingloket", "A" * 300_000).status_code == 413


def test_OA_15_a_key_that_the_provider_does_not_publish_opens_nothing(desks: Desks) -> None:
    """And however often somebody makes one up, the provider is asked for its keys once a minute at most."""
    stranger = RSAKey.generate_key(2048)
    good = logout_token(desks, "leerlingloket", "some-sid")
    assert tell(desks, "leerlingloket", good).status_code == 200
    claims = jwt.decode(good, options={"verify_signature": False})
    with questions(desks) as asked:
        for kid in ("one", "two", "three"):
            header = {"alg": "RS256", "typ": "logout+jwt", "kid": kid}
            token = joserfc_jwt.encode(header, {**claims, "jti": kid}, stranger)
            assert tell(desks, "leerlingloket", token).status_code == 400
    assert asked.count("/jwks") == 1


def test_without_the_providers_keys_it_is_to_be_told_later(
    open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    with open_desks(open_provider, tmp_path) as desks:
        token = logout_token(desks, "leerlingloket", "some-sid")
        desks.provider.ports[0].close()
        assert tell(desks, "leerlingloket", token).status_code == 503


# What is remembered


def test_OA_47_the_memory_of_what_ended_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backchannel, "MOST_REMEMBERED", 3)
    memory: OrderedDict[str, float] = OrderedDict()
    for number in range(6):
        keep(memory, f"sid-{number}", now=float(number), seconds=100)
    assert list(memory) == ["sid-3", "sid-4", "sid-5"], "the oldest go first"
    keep(memory, "sid-3", now=6, seconds=100)
    keep(memory, "sid-6", now=104.5, seconds=100)
    assert list(memory) == ["sid-5", "sid-3", "sid-6"]
    keep(memory, "sid-7", now=200, seconds=100)
    assert list(memory) == ["sid-6", "sid-7"], "and nothing outlasts the longest visit"


def test_a_sign_in_without_a_name_is_never_over() -> None:
    """A cookie from before the name was kept."""
    ended = EndedSignIns()
    ended.remember("", 0.0)
    assert not ended.is_over("")


# Signing out and the language


@pytest.mark.parametrize("portal", PORTALS)
def test_PR_23_signing_out_drops_the_language_after_the_last_page(
    desks: Desks, visitor: Visitor, portal: str
) -> None:
    origin = site(desks, portal).origin
    sign_in(visitor, person(desks, portal), origin + "/login")
    visitor.get(origin + "/")
    visitor.submit("/language", language="fr")
    page = visitor.submit("/logout")
    assert page.url.startswith(origin + "/logged-out")
    assert 'lang="fr"' in page.html
    assert visitor.cookie(f"{portal}_language") is None
    assert 'lang="nl"' in visitor.get(origin + "/").html


# The page after signing out, in a browser


def test_wcag_the_page_that_says_who_was_reached(desks: Desks, screen: Page) -> None:
    pupil = person(desks, "leerlingloket")
    come_in(screen, pupil, desks.leerlingloket.origin + "/login")
    screen.wait_for_url(desks.leerlingloket.origin + "/")
    screen.goto(desks.rekenrijk.origin + "/login")
    screen.goto(desks.leerlingloket.origin + "/profile")
    screen.locator("summary.menu-head").click()
    screen.get_by_role("button", name="Afmelden").click()
    screen.wait_for_url(desks.provider.issuer + "/farewell/*")
    sums = screen.locator("[data-application=rekenrijk]")
    expect(sums.get_by_text("bezig…")).to_be_visible()
    assert_accessible(screen)
    desks.provider.clock.move(seconds=6)
    expect(sums.get_by_text("niet bereikt")).to_be_visible()
    assert_accessible(screen)
