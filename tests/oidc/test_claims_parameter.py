"""Who and how surely, by the `claims` parameter (OIDC Core 5.5.1): this person or nobody, this strength or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.oidc.clients import Client
from idp.oidc.validation import registered_claims
from tests.oidc.roads import error, through
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

PASSWORD, TWO_FACTOR = "urn:leerid:acr:password", "urn:leerid:acr:two-factor"


@pytest.fixture
def rp(provider: Provider, visitor: Visitor) -> RelyingParty:
    """An application, and somebody signed in at it."""
    made = provider.relying_party()
    through(visitor, provider.people.pupil("advanced"), made)
    return made


def subject(rp: RelyingParty, visitor: Visitor) -> str:
    asked = rp.ask()
    left_for = visitor.get(asked.url).left_for
    assert left_for is not None
    return str(rp.verify(rp.exchange(rp.code(left_for, asked), asked).id_token)["sub"])


def claims(place: str, name: str, **how: Any) -> dict[str, Any]:
    return {place: {name: how}}


def silently(rp: RelyingParty, visitor: Visitor, wanted: dict[str, Any], **more: str) -> str:
    """The error, or "" when there is none."""
    asked = rp.ask(prompt="none", claims=json.dumps(wanted), **more)
    page = visitor.get(asked.url)
    assert page.left_for is not None
    return "" if "code=" in page.left_for else error(rp, page, asked)


@pytest.mark.parametrize("place", ["userinfo", "id_token"])
def test_OA_68_a_person_named_in_claims_is_the_only_one_who_will_do(
    rp: RelyingParty, visitor: Visitor, place: str
) -> None:
    who = subject(rp, visitor)
    assert silently(rp, visitor, claims(place, "sub", value=who)) == ""
    for other in ("somebody-else", who[:-1], who.lower() + "x", ""):
        assert silently(rp, visitor, claims(place, "sub", value=other)) == "login_required", other
    assert silently(rp, visitor, claims(place, "sub", value=None)) == ""
    assert silently(rp, visitor, claims(place, "sub", essential=True)) == ""


@pytest.mark.parametrize("value", [1, 0, True, False, [], ["x"], {}, {"a": 1}])
def test_CV_48_a_person_is_named_by_a_text(rp: RelyingParty, visitor: Visitor, value: object) -> None:
    assert silently(rp, visitor, claims("id_token", "sub", value=value)) == "invalid_request"


def test_OA_68_two_people_are_nobody(rp: RelyingParty, visitor: Visitor) -> None:
    who = subject(rp, visitor)
    both = {**claims("userinfo", "sub", value=who), **claims("id_token", "sub", value="somebody-else")}
    assert silently(rp, visitor, both) == "invalid_request"
    same = {**claims("userinfo", "sub", value=who), **claims("id_token", "sub", value=who)}
    assert silently(rp, visitor, same) == ""


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ({"essential": True, "values": [PASSWORD]}, ""),
        ({"essential": True, "value": PASSWORD}, ""),
        ({"essential": True, "values": [TWO_FACTOR, PASSWORD]}, ""),
        ({"essential": True, "values": ["unknown", PASSWORD]}, ""),
        ({"essential": True, "values": [1, PASSWORD]}, ""),
        ({"essential": True, "values": []}, ""),
        ({"essential": True}, ""),
        ({"values": [TWO_FACTOR]}, ""),
        ({"value": "unknown"}, ""),
        ({"essential": False, "values": ["unknown"]}, ""),
        ({"essential": "true", "values": ["unknown"]}, ""),
        ({"essential": True, "values": [TWO_FACTOR]}, "unmet_authentication_requirements"),
        ({"essential": True, "value": TWO_FACTOR}, "unmet_authentication_requirements"),
        ({"essential": True, "values": ["unknown"]}, "unmet_authentication_requirements"),
        ({"essential": True, "value": 1}, "unmet_authentication_requirements"),
        ({"essential": True, "values": PASSWORD}, "invalid_request"),
        ({"essential": True, "values": {"a": 1}}, "invalid_request"),
    ],
)
def test_OIDC_Core_5_5_1_1_an_essential_acr_is_reached_or_there_is_no_answer(
    rp: RelyingParty, visitor: Visitor, how: dict[str, Any], outcome: str
) -> None:
    assert silently(rp, visitor, claims("id_token", "acr", **how)) == outcome


@pytest.mark.parametrize(
    "text",
    [
        '{"id_token":{"sub":null},"id_token":{}}',
        '{"id_token":{"sub":null,"sub":{"value":"x"}}}',
        '{"id_token":{"acr":{"value":NaN}}}',
        '{"id_token":{"acr":{"value":Infinity}}}',
        '{"id_token":{"acr":{"value":-Infinity}}}',
        '{"id_token":[]}',
        '{"userinfo":"x"}',
        '{"id_token":{"sub":"x"}}',
        '{"id_token":{"sub":[]}}',
        "[]",
        "null",
        "1",
        "{",
        '{"userinfo": {"name\ufffd": null}}',  # what bytes that are no UTF-8 become
        "",
    ],
)
def test_OA_09_CV_48_what_two_readers_could_understand_differently_is_refused(
    rp: RelyingParty, visitor: Visitor, text: str
) -> None:
    asked = rp.ask(prompt="none", claims=text)
    page = visitor.get(asked.url)
    if text == "":  # RFC 6749 section 3.1: as if it had been left out
        assert page.left_for is not None
        assert "code=" in page.left_for
    else:
        assert error(rp, page, asked) == "invalid_request"


def test_PR_05_what_is_not_registered_is_not_even_kept() -> None:
    client = Client(
        client_id="oefenapp",
        name="Oefenapp",
        redirect_uris=("https://a.example/",),
        scope=("openid",),
        claims={"given_name": "Om je te begroeten"},
    )
    asked = {
        "userinfo": {"given_name": None, "birthdate": None, "sub": None},
        "id_token": {"acr": {"essential": True}, "auth_time": None, "email": None},
        "elsewhere": {"birthdate": None},
    }
    assert registered_claims(asked, client) == {
        "userinfo": {"given_name": None, "sub": None},
        "id_token": {"acr": {"essential": True}, "auth_time": None},
    }
