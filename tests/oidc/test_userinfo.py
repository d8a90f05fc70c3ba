"""What an application gets to know about a person at /userinfo, and how it may ask."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import jwt
import pytest
import requests
from sqlalchemy import update

from idp.accounts.records import Account, Person
from idp.schools.records import Enrolment, School
from tests.oidc.handed_out import hand_out
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty
from tests.support.statements import counted

PURPOSE = "Om mee te oefenen"
EVERYTHING = (
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at", "email", "email_verified", "address",
    "phone_number", "phone_number_verified", "account_type", "school", "administrative_group", "class",
)  # fmt: skip
SCOPE = ("openid", "profile", "email", "address", "phone", "leerid")


def knowing(provider: Provider, *claims: str, **registration: Any) -> RelyingParty:
    """An application that registered these claims."""
    return provider.relying_party(
        scope=" ".join((*SCOPE, "offline_access")),
        claims=dict.fromkeys(claims, PURPOSE),
        **registration,
    )


def told(
    provider: Provider, rp: RelyingParty, pupil: Made, scope: tuple[str, ...] = SCOPE, **changes: Any
) -> dict[str, Any]:
    """What /userinfo says, beside `sub`, which must be the one of the ID token."""
    tokens = hand_out(provider, rp, pupil, scope=scope, **changes).exchange()
    answer = rp.userinfo(tokens.access_token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body.pop("sub") == rp.verify(tokens.id_token)["sub"]
    assert None not in body.values()
    return body


def change(provider: Provider, pupil: Made, **values: Any) -> None:
    with provider.db() as db:
        db.execute(update(Person).where(Person.id == pupil.person_id).values(**values))


# What


def test_PR_05_a_client_that_registered_nothing_learns_nothing(provider: Provider) -> None:
    pupil = provider.people.pupil(email="amelie@voorbeeld.example", school=123456)
    assert told(provider, knowing(provider), pupil) == {}


def test_PR_05_scope_and_registration_both_have_to_open_a_claim(provider: Provider) -> None:
    pupil = provider.people.pupil(given_name="Amélie", family_name="Peeters", school=123456)
    rp = knowing(provider, "given_name", "class")
    assert told(provider, rp, pupil) == {"given_name": "Amélie", "class": "1A"}
    assert told(provider, rp, pupil, ("openid", "profile")) == {"given_name": "Amélie"}
    assert told(provider, rp, pupil, ("openid",)) == {}


def test_PR_05_the_claims_parameter_opens_what_is_registered_and_widens_nothing(provider: Provider) -> None:
    pupil = provider.people.pupil(given_name="Amélie", family_name="Peeters")
    rp = knowing(provider, "given_name")
    asked = {
        "userinfo": {"given_name": {"essential": True}, "family_name": None, "birthdate": None, "sub": None}
    }
    assert told(provider, rp, pupil, ("openid",), claims=asked) == {"given_name": "Amélie"}
    assert told(provider, rp, pupil, ("openid",), claims={"id_token": {"given_name": None}}) == {}


def test_profile_of_a_pupil(provider: Provider) -> None:
    pupil = provider.people.pupil(username="amelie.peeters", given_name="Amélie", family_name="Peeters")
    moment = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)
    change(provider, pupil, sex="F", birth_date=date(2012, 4, 9), updated_at=moment)
    assert told(provider, knowing(provider, *EVERYTHING), pupil, ("openid", "profile")) == {
        "name": "Amélie Peeters",
        "given_name": "Amélie",
        "family_name": "Peeters",
        "preferred_username": "amelie.peeters",
        "gender": "female",
        "birthdate": "2012-04-09",
        "updated_at": int(moment.timestamp()),
    }


def test_OA_21_only_a_verified_address_is_told(provider: Provider) -> None:
    pupil = provider.people.pupil(email="amelie@voorbeeld.example")
    rp = knowing(provider, "email")
    assert told(provider, rp, pupil) == {"email": "amelie@voorbeeld.example", "email_verified": True}
    with provider.db() as db:
        db.execute(update(Account).values(email_verified_at=None))
    assert told(provider, rp, pupil) == {}


def test_school_group_and_class(provider: Provider) -> None:
    provider.people.school(123456, "Basisschool De Vlinder")
    pupil = provider.people.pupil("basic", school=123456, class_code="3B")
    rp = knowing(provider, "account_type", "school", "administrative_group", "class")
    assert told(provider, rp, pupil) == {
        "account_type": "basic",
        "school": {"number": 123456, "name": "Basisschool De Vlinder"},
        "administrative_group": "3B",
        "class": "3B",
    }


def test_two_schools_at_once_are_both_told(provider: Provider) -> None:
    pupil = provider.people.pupil(school=123456, class_code="3B")
    provider.people.school(7, "Atheneum De Kade")
    with provider.db() as db:
        first = db.query(Enrolment).one()
        later = date.fromordinal(first.starts_on.toordinal() + 1)
        values = {
            name: getattr(first, name) for name in ("person_id", "given_name", "family_name", "ends_on")
        }
        db.add(
            Enrolment(
                school_number=7,
                pupil_number=1,
                administrative_group="1 Natuurwetenschappen",
                class_code="",
                ordinary_secondary=True,
                starts_on=later,
                **values,
            )
        )
    body = told(provider, knowing(provider, "school", "class"), pupil)
    assert body["school"] == {"number": 7, "name": "Atheneum De Kade"}
    assert "class" not in body, "an empty class code is no class"
    assert sorted(body["schools"], key=lambda each: each["number"]) == [
        {"number": 7, "name": "Atheneum De Kade", "administrative_group": "1 Natuurwetenschappen"},
        {"number": 123456, "name": "Basisschool De Vlinder", "administrative_group": "3B", "class": "3B"},
    ]


def test_a_closed_school_is_told_no_more(provider: Provider) -> None:
    pupil, rp = provider.people.pupil(school=123456), knowing(provider, "school", "account_type")
    with provider.db() as db:
        db.execute(update(School).values(closed_at=provider.clock()))
    assert told(provider, rp, pupil) == {"account_type": "advanced"}


def test_every_standard_claim_can_be_held_and_told(provider: Provider) -> None:
    pupil = provider.people.pupil(email="amelie@voorbeeld.example", school=123456)
    others = {
        "middle_name": "Marie",
        "nickname": "Amé",
        "profile": "https://voorbeeld.example/amelie",
        "picture": "https://voorbeeld.example/amelie.png",
        "website": "https://voorbeeld.example",
        "zoneinfo": "Europe/Brussels",
        "locale": "nl-BE",
        "address": {"street_address": "Schoolstraat 1", "locality": "Gent", "country": "BE"},
        "phone_number": "+32 9 000 00 00",
        "phone_number_verified": False,
        "gender": "female",
        "birthdate": "2012-04-09",
    }
    change(provider, pupil, other_claims=others)
    body = told(provider, knowing(provider, *EVERYTHING), pupil)
    assert set(body) == set(EVERYTHING)
    assert {name: body[name] for name in others} == others
    assert body["email_verified"] is True
    assert type(body["updated_at"]) is int


def test_PR_02_nothing_held_beside_the_columns_can_pose_as_ours(provider: Provider) -> None:
    pupil = provider.people.pupil(given_name="Amélie")
    posing = {
        "sub": "x",
        "iss": "x",
        "email": "x@x",
        "email_verified": True,
        "account_type": "staff",
        "given_name": "X",
    }
    change(provider, pupil, other_claims=posing)
    body = told(provider, knowing(provider, *EVERYTHING), pupil)
    assert "email" not in body
    assert "email_verified" not in body
    assert (body["account_type"], body["given_name"]) == ("advanced", "Amélie")


def test_PR_02_two_applications_have_nothing_in_common_about_a_pupil(provider: Provider) -> None:
    pupil = provider.people.pupil()
    seen: list[set[str]] = []
    for name in ("eerste", "tweede"):
        rp = provider.relying_party(name, claims={})
        tokens = hand_out(provider, rp, pupil).exchange()
        values = {**rp.verify(tokens.id_token), **tokens.raw, **rp.introspect(tokens.access_token).json()}
        values.update(rp.userinfo(tokens.access_token).json())
        seen.append(
            {str(value) for key, value in values.items() if key in ("sub", "sid", "jti", "nonce", "at_hash")}
        )
    assert not seen[0] & seen[1]


# Signed, for an application that registered so


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_signed_for_who_asks_it_so(provider: Provider, alg: str) -> None:
    pupil = provider.people.pupil(given_name="Amélie", email="amelie@voorbeeld.example")
    rp = knowing(provider, "given_name", "email", userinfo_signed_response_alg=alg)
    tokens = hand_out(provider, rp, pupil, scope=SCOPE).exchange()
    answer = rp.userinfo(tokens.access_token)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/jwt")
    assert answer.headers["Cache-Control"] == "no-store"
    header = jwt.get_unverified_header(answer.text)
    assert (header["alg"], header["typ"]) == (alg, "userinfo+jwt")
    claims = jwt.decode(
        answer.text, rp.signing_key(answer.text), [alg], audience=rp.client_id, issuer=rp.issuer
    )
    assert claims == {
        "iss": rp.issuer,
        "aud": rp.client_id,
        "sub": rp.verify(tokens.id_token)["sub"],
        "given_name": "Amélie",
        "email": "amelie@voorbeeld.example",
        "email_verified": True,
    }


def test_what_goes_wrong_is_told_in_json_all_the_same(provider: Provider) -> None:
    rp = knowing(provider, userinfo_signed_response_alg="ES256")
    challenged(rp.userinfo("x" * 43), 401, "invalid_token")


def test_OA_18_signed_userinfo_is_no_hint_of_who_signed_in(provider: Provider, visitor: Visitor) -> None:
    rp = knowing(provider, userinfo_signed_response_alg="RS256")
    tokens = hand_out(provider, rp, provider.people.pupil()).exchange()
    signed = rp.userinfo(tokens.access_token).text
    page = visitor.get(rp.ask(prompt="none", id_token_hint=signed).url)
    assert page.left_for is not None
    assert rp.answer(page.left_for)["error"] == "invalid_request"


# How


@pytest.fixture
def token(provider: Provider) -> str:
    rp = provider.relying_party()
    return hand_out(provider, rp, provider.people.pupil()).exchange().access_token


def ask(provider: Provider, method: str = "GET", token: str = "", **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers.update(options.pop("headers", {}))
    return requests.request(method, f"{provider.issuer}/userinfo", headers=headers, timeout=10, **options)


def test_by_header_or_by_form(provider: Provider, token: str) -> None:
    assert ask(provider, "GET", token).status_code == 200
    assert ask(provider, "POST", token).status_code == 200
    assert ask(provider, "POST", token, data={"x": "y"}).status_code == 200
    assert ask(provider, "POST", data={"access_token": token}).status_code == 200
    assert ask(provider, headers={"Authorization": f"bEARER  {token}"}).status_code == 200


def challenged(answer: requests.Response, status: int, error: str | None) -> None:
    """RFC 6750 section 3."""
    assert answer.status_code == status, answer.text
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="LeerID"')
    assert ("DPoP" in challenge) is (error is None)
    assert (f'error="{error}"' in challenge) if error else ("error" not in challenge)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json().get("error") == error


def test_without_a_token_there_is_a_challenge_and_no_error(provider: Provider) -> None:
    challenged(ask(provider), 401, None)
    challenged(ask(provider, "POST"), 401, None)
    challenged(ask(provider, "POST", data={"access_token": ""}), 401, None)
    challenged(ask(provider, headers={"Authorization": "Basic eDp5"}), 401, None)


def test_OA_11_two_tokens_at_once_and_one_in_the_address_are_refused(provider: Provider, token: str) -> None:
    challenged(ask(provider, "POST", token, data={"access_token": token}), 400, "invalid_request")
    challenged(ask(provider, params={"access_token": token}), 400, "invalid_request")
    challenged(ask(provider, "GET", token, params={"access_token": token}), 400, "invalid_request")
    challenged(ask(provider, "POST", token, params={"x": "y"}), 400, "invalid_request")
    challenged(
        ask(provider, headers={"Authorization": f"Bearer {token}, Bearer {token}"}), 400, "invalid_request"
    )
    challenged(ask(provider, headers={"Authorization": "Bearer"}), 400, "invalid_request")
    challenged(ask(provider, headers={"Authorization": "Bearer é".encode("latin-1")}), 400, "invalid_request")
    twice = ask(provider, "POST", data=[("access_token", token), ("access_token", token)])
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")


def test_OA_18_CV_33_nothing_but_a_whole_access_token_opens_it(provider: Provider) -> None:
    rp = provider.relying_party()
    handed = hand_out(provider, rp, provider.people.pupil())
    tokens = handed.exchange()
    value = tokens.access_token
    for other in (
        tokens.id_token, tokens.refresh_token or "", handed.code, handed.session_digest,
        value[:-1], value[:20], value + "A", value + "=", value.swapcase(), "x", "x" * 43,
    ):  # fmt: skip
        challenged(ask(provider, "GET", other), 401, "invalid_token")


def test_OA_56_a_token_without_openid_is_for_something_else(provider: Provider) -> None:
    rp = provider.relying_party()
    tokens = hand_out(provider, rp, provider.people.pupil(), scope=("profile",)).exchange()
    assert "id_token" not in tokens.raw
    challenged(ask(provider, "GET", tokens.access_token), 403, "insufficient_scope")


def test_CV_07_a_client_that_is_gone_has_no_tokens(provider: Provider, token: str) -> None:
    provider.unregister("oefenapp")
    challenged(ask(provider, "GET", token), 401, "invalid_token")


def test_it_takes_one_statement(provider: Provider, token: str) -> None:
    with counted(provider.engine) as statements:
        assert ask(provider, "GET", token).status_code == 200
    assert len(statements) == 1
