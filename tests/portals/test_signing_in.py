"""What a desk accepts as a sign-in, and what it refuses: nothing comes in that this browser did not ask for."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import select

from idp.oidc.keys import key_ring
from idp.tokens.records import AuthorizationCode
from portals.kit.doors import own_page
from portals.kit.sign_in import Provider as SeenProvider
from portals.kit.sign_in import SignInFailed
from tests.portals.desks import Desks, finish_login, pushed, session_cookie, sign_in
from tests.support.browser import Page, Visitor, parameters

NEAR_MISSES = [
    "//evil.example",
    "/\\evil.example",
    "/%09//evil.example\t",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "/\n/evil.example",
    " //evil.example",
    "http://127.0.0.1:1@evil.example/",
]


def begun(desks: Desks, visitor: Visitor, **wishes: str) -> str:
    """Begins to sign in at the Leerlingloket; the address that the browser is sent to."""
    start = f"{desks.leerlingloket.origin}/login?{urlencode(wishes)}"
    answer = visitor.http.get(start, allow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["Location"]


def asked(desks: Desks, visitor: Visitor) -> dict[str, str]:
    """What the provider is asked by way of the browser."""
    return parameters(begun(desks, visitor))


def asked_behind(desks: Desks, visitor: Visitor, **wishes: str) -> dict[str, str]:
    """What the desk asked the provider itself."""
    return pushed(desks.provider, begun(desks, visitor, **wishes))


def authorized(desks: Desks, visitor: Visitor, question: dict[str, str]) -> dict[str, str]:
    """Signs in at the provider; its answer, which isn't brought to the desk."""
    only_provider = Visitor(desks.provider.issuer)
    only_provider.http.cookies = visitor.http.cookies
    page = only_provider.get(f"{desks.provider.issuer}/authorize?{urlencode(question)}")
    only_provider_page = finish_login(only_provider, desks.provider.people.pupil("basic", school=2), page)
    assert only_provider_page.left_for is not None
    return parameters(only_provider_page.left_for)


def brought(desks: Desks, visitor: Visitor, answer: dict[str, str]) -> Page:
    return visitor.get(f"{desks.leerlingloket.origin}/callback?{urlencode(answer)}")


def is_in(desks: Desks, visitor: Visitor) -> bool:
    return "Jouw applicaties met LeerID" in visitor.get(desks.leerlingloket.origin + "/").text


def assert_refused(desks: Desks, visitor: Visitor, page: Page) -> None:
    assert page.status == 400
    assert "Foutnummer" in page.text
    assert not is_in(desks, visitor)


def test_FT_01_the_question_has_everything_that_protects_the_answer(desks: Desks, visitor: Visitor) -> None:
    question = asked_behind(desks, visitor)
    assert question["response_type"] == "code"
    assert question["code_challenge_method"] == "S256"
    assert question["scope"] == "openid leerid:self"
    assert len(question["code_challenge"]) == 43
    assert len(question["state"]) >= 43
    assert len(question["nonce"]) >= 43
    assert question["redirect_uri"] == desks.leerlingloket.origin + "/callback"


def test_the_browser_carries_nothing_of_the_question_but_its_number(desks: Desks, visitor: Visitor) -> None:
    assert set(asked(desks, visitor)) == {"client_id", "request_uri"}


def test_what_a_browser_makes_up_itself_is_refused(desks: Desks, visitor: Visitor) -> None:
    """Also with everything in it that the desk would ask."""
    only_provider = Visitor(desks.provider.issuer)
    question = asked_behind(desks, visitor)
    page = only_provider.get(f"{desks.provider.issuer}/authorize?{urlencode(question)}")
    assert page.left_for is not None
    assert parameters(page.left_for)["error"] == "invalid_request"


@pytest.mark.parametrize("hint", ["\x00", "\ufffd", "é" * 300, "a&prompt=none", "=&=", "%00", "x" * 9000])
def test_whatever_somebody_hints_the_request_is_taken(desks: Desks, visitor: Visitor, hint: str) -> None:
    question = asked_behind(desks, visitor, login_hint=hint)
    assert question.get("login_hint", "") in ("", hint[:254])
    assert "prompt" not in question


def test_a_provider_that_takes_no_request_is_down(desks: Desks, visitor: Visitor) -> None:
    """A secret that isn't the registered one, say: a page that says to try later, and nothing of why."""
    desks.provider.unregister("leerlingloket")
    page = visitor.get(desks.leerlingloket.origin + "/login")
    assert page.status == 503
    assert "invalid_client" not in page.html


def test_the_own_answer_signs_in(desks: Desks, visitor: Visitor) -> None:
    answer = authorized(desks, visitor, asked(desks, visitor))
    assert brought(desks, visitor, answer).url == desks.leerlingloket.origin + "/"
    assert is_in(desks, visitor)


@pytest.mark.parametrize("iss", [None, "", "https://evil.example", "{issuer}/", "{issuer} "])
def test_OA_08_an_answer_of_another_issuer_is_refused_and_its_code_not_sent(
    desks: Desks, visitor: Visitor, iss: str | None
) -> None:
    answer = authorized(desks, visitor, asked(desks, visitor))
    del answer["iss"]
    if iss is not None:
        answer["iss"] = iss.format(issuer=desks.provider.issuer)
    assert_refused(desks, visitor, brought(desks, visitor, answer))
    with desks.provider.reading() as db:
        assert db.scalars(select(AuthorizationCode.spent_at)).all() == [None]


def test_OA_08_two_issuers_are_none(desks: Desks, visitor: Visitor) -> None:
    answer = authorized(desks, visitor, asked(desks, visitor))
    query = urlencode([*answer.items(), ("iss", "https://evil.example")])
    assert_refused(desks, visitor, visitor.get(f"{desks.leerlingloket.origin}/callback?{query}"))


def test_OA_08_an_error_without_the_issuer_is_refused_like_a_code(desks: Desks, visitor: Visitor) -> None:
    state = asked_behind(desks, visitor)["state"]
    page = brought(desks, visitor, {"error": "access_denied", "state": state})
    assert "Aanmelden is niet gelukt" in page.text


def test_an_error_of_the_provider_is_a_page_without_the_errors_own_text(
    desks: Desks, visitor: Visitor
) -> None:
    answer = {"error": "access_denied", "error_description": "<b>bel 0900</b>", "iss": desks.provider.issuer}
    page = brought(desks, visitor, {**answer, "state": asked_behind(desks, visitor)["state"]})
    assert "Je bent niet aangemeld" in page.text
    assert "0900" not in page.html
    assert page.links["Aanmelden"] == desks.leerlingloket.origin + "/login"


def test_OA_10_another_visitors_code_is_of_no_use(desks: Desks, visitor: Visitor) -> None:
    victim = desks.visitor()
    stolen = authorized(desks, victim, asked(desks, victim))["code"]
    own = asked_behind(desks, visitor)["state"]
    page = brought(desks, visitor, {"code": stolen, "state": own, "iss": desks.provider.issuer})
    assert_refused(desks, visitor, page)


@pytest.mark.parametrize("state", [None, "", "x", "é" * 43, "A" * 43])
def test_OA_30_an_answer_without_the_own_state_is_refused(
    desks: Desks, visitor: Visitor, state: str | None
) -> None:
    answer = authorized(desks, visitor, asked(desks, visitor))
    del answer["state"]
    if state is not None:
        answer["state"] = state
    assert_refused(desks, visitor, brought(desks, visitor, answer))


def test_OA_30_a_state_is_good_once(desks: Desks, visitor: Visitor) -> None:
    answer = authorized(desks, visitor, asked(desks, visitor))
    brought(desks, visitor, answer)
    assert brought(desks, visitor, answer).status == 400
    assert is_in(desks, visitor), "who was in stays in"


def test_OA_30_another_answer_for_the_same_state_does_not_come_after_a_refused_one(
    desks: Desks, visitor: Visitor
) -> None:
    answer = authorized(desks, visitor, asked(desks, visitor))
    brought(desks, visitor, {**answer, "iss": "https://evil.example"})
    assert_refused(desks, visitor, brought(desks, visitor, answer))


def test_OA_31_a_sign_in_begun_in_one_browser_is_not_finished_in_another(
    desks: Desks, visitor: Visitor
) -> None:
    other = desks.visitor()
    answer = authorized(desks, other, asked(desks, other))
    assert_refused(desks, visitor, brought(desks, visitor, answer))


def test_OA_30_a_made_up_answer_neither_brings_in_nor_throws_out(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, desks.provider.people.pupil("basic", school=2), desks.leerlingloket.origin + "/login")
    attacker = desks.visitor()
    theirs = authorized(desks, attacker, asked(desks, attacker))
    assert brought(desks, visitor, theirs).status == 400
    assert is_in(desks, visitor)


def test_several_tabs_may_sign_in_at_once(desks: Desks, visitor: Visitor) -> None:
    first, second = asked(desks, visitor), asked(desks, visitor)
    assert brought(desks, visitor, authorized(desks, visitor, first)).url == desks.leerlingloket.origin + "/"
    assert brought(desks, visitor, authorized(desks, visitor, second)).url == desks.leerlingloket.origin + "/"


def test_the_cookie_stays_small_however_often_somebody_begins(desks: Desks, visitor: Visitor) -> None:
    for _ in range(6):
        asked(desks, visitor)
    sign_in(visitor, desks.provider.people.pupil("basic", school=2), desks.leerlingloket.origin + "/profile")
    assert len("leerlingloket_session=" + session_cookie(visitor, "leerlingloket")) < 4096


# The ID token


def seen_provider(desks: Desks) -> SeenProvider:
    found: SeenProvider = desks.leerlingloket.app.extensions["desk"].provider
    with desks.leerlingloket.app.test_request_context():
        found.discover()
    return found


def claims_for(desks: Desks, **changed: object) -> dict[str, object]:
    now = int(time.time())
    good = {
        "iss": desks.provider.issuer,
        "aud": "leerlingloket",
        "sub": "somebody",
        "nonce": "the-nonce",
        "iat": now,
        "exp": now + 300,
    }
    return {key: value for key, value in {**good, **changed}.items() if value is not None}


def verified(desks: Desks, id_token: str) -> object:
    given = {"access_token": "opaque", "token_type": "Bearer", "id_token": id_token}
    return seen_provider(desks).verify(given, "the-nonce")["sub"]


def test_an_id_token_of_the_provider_is_believed(desks: Desks) -> None:
    token = key_ring(desks.provider.app).sign(
        claims_for(desks), alg="RS256", typ="JWT", now=desks.provider.clock()
    )
    assert verified(desks, token) == "somebody"


MISFITS: dict[str, dict[str, object]] = {
    "CV-38 no nonce": {"nonce": None},
    "CV-38 an empty nonce": {"nonce": ""},
    "OA-10 another nonce": {"nonce": "another"},
    "CV-05 a nonce switched off": {"nonce": None, "nonce_supported": False},
    "another issuer": {"iss": "https://evil.example"},
    "OA-18 another audience": {"aud": "rekenrijk"},
    "CV-05 an empty audience": {"aud": []},
    "no audience": {"aud": None},
    "no subject": {"sub": None},
    "expired": {"exp": 1_700_000_000},
    "without an end": {"exp": None},
    "of another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


def test_CV_38_OA_10_an_id_token_that_does_not_fit_signs_nobody_in(desks: Desks) -> None:
    believed = []
    for why, changed in MISFITS.items():
        token = key_ring(desks.provider.app).sign(
            claims_for(desks, **changed), alg="RS256", typ="JWT", now=desks.provider.clock()
        )
        try:
            verified(desks, token)
        except SignInFailed:
            continue
        believed.append(why)
    assert believed == []


def test_OA_15_the_algorithm_is_ours_to_choose(desks: Desks) -> None:
    ring, now = key_ring(desks.provider.app), desks.provider.clock()
    by_the_provider = ring.sign(claims_for(desks), alg="ES256", typ="JWT", now=now)
    by_a_stranger = jwt.encode({"alg": "ES256"}, claims_for(desks), ECKey.generate_key("P-256"))
    for token in (by_the_provider, by_a_stranger, "", "a.b.c", by_the_provider[:-8] + 8 * "A"):
        with pytest.raises(SignInFailed):
            verified(desks, token)


def test_without_an_id_token_nobody_is_signed_in(desks: Desks) -> None:
    with pytest.raises(SignInFailed):
        seen_provider(desks).verify({"access_token": "opaque", "token_type": "Bearer"}, "the-nonce")


# Begun by the provider (OIDC Core section 4)


def test_the_provider_may_begin(desks: Desks, visitor: Visitor) -> None:
    wishes = {"iss": desks.provider.issuer, "login_hint": "jan.peeters"}
    assert asked_behind(desks, visitor, **wishes)["login_hint"] == "jan.peeters"


@pytest.mark.parametrize("iss", ["https://evil.example", "", "{issuer}/"])
def test_nobody_else_may_begin(desks: Desks, visitor: Visitor, iss: str) -> None:
    query = urlencode({"iss": iss.format(issuer=desks.provider.issuer)})
    assert visitor.get(f"{desks.leerlingloket.origin}/login?{query}").status == 400


@pytest.mark.parametrize("address", ["/profile", "{origin}/profile"])
def test_a_target_of_our_own_is_followed(desks: Desks, visitor: Visitor, address: str) -> None:
    query = urlencode({"target_link_uri": address.format(origin=desks.leerlingloket.origin)})
    pupil = desks.provider.people.pupil("basic", school=2)
    page = sign_in(visitor, pupil, f"{desks.leerlingloket.origin}/login?{query}")
    assert page.url == desks.leerlingloket.origin + "/profile"


def test_OA_04_a_target_elsewhere_is_not_followed(desks: Desks) -> None:
    origin = desks.leerlingloket.origin
    beside_us = [f"{origin}.evil.example/", f"{origin}//evil.example", f"{origin}@evil.example/"]
    with desks.leerlingloket.app.test_request_context():
        assert {own_page(address) for address in [*NEAR_MISSES, *beside_us]} == {"/"}


def test_OA_04_the_language_switch_leads_nowhere_else(desks: Desks, visitor: Visitor) -> None:
    for address in NEAR_MISSES:
        visitor.get(desks.leerlingloket.origin + "/")
        page = visitor.submit("/language", language="en", return_to=address)
        assert page.url == desks.leerlingloket.origin + "/"


def test_R38_a_signed_in_visitor_who_comes_from_a_card_becomes_the_new_pupil(
    desks: Desks, visitor: Visitor
) -> None:
    people = desks.provider.people
    first, second = (people.pupil("basic", school=2, given_name=name) for name in ("Amélie", "Bram"))
    sign_in(visitor, first, desks.leerlingloket.origin + "/login")
    visitor.get(desks.provider.issuer + "/")
    visitor.http.cookies.clear_session_cookies()
    sign_in(visitor, second, desks.provider.issuer + second.card_path)
    assert "Bram" in visitor.get(desks.leerlingloket.origin + "/").text


def test_the_language_chosen_at_the_provider_goes_along_to_the_desk(desks: Desks, visitor: Visitor) -> None:
    pupil = desks.provider.people.pupil("basic", school=2)
    visitor.get(desks.provider.issuer + pupil.card_path)
    visitor.submit("/language", language="fr")
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.url == desks.leerlingloket.origin + "/"
    assert '<html lang="fr"' in page.html
    visitor.submit("/language", language="en")
    page = visitor.get(desks.leerlingloket.origin + "/login?ui_locales=fr")
    assert '<html lang="en"' in page.html, "a choice here goes first"


def test_a_language_that_is_none_is_not_followed(desks: Desks, visitor: Visitor) -> None:
    visitor.get(desks.leerlingloket.origin + "/login?ui_locales=../x")
    assert visitor.cookie("leerlingloket_language") is None
