"""What becomes of an authorization request: tables of examples, no database and no HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.authentication.sign_in import SignIn
from idp.oidc.clients import Client
from idp.oidc.decision import (
    ApprovalNeeded,
    Granted,
    Refused,
    SignInNeeded,
    TooWeak,
    Visitor,
    acr_for,
    decide,
)
from idp.oidc.protocol import ApprovalPolicy, ErrorCode, Prompt
from idp.oidc.request import AuthorizationRequest, ReturnAddress
from idp.rules.account_types import AccountKind, Strength
from idp.tokens.approved import Approved

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLIENT = Client(
    client_id="oefenapp",
    name="Oefenapp",
    redirect_uris=("https://oefenapp.example/callback",),
    scope=("openid", "profile"),
    approval=ApprovalPolicy.NONE,
    claims={"given_name": "Om je te begroeten"},
)


def request(client: Client = CLIENT, *prompts: Prompt, **asked: Any) -> AuthorizationRequest:
    return AuthorizationRequest(
        return_address=ReturnAddress(client, client.redirect_uris[0]),
        received_at=NOW,
        scope=asked.pop("scope", ("openid", "profile")),
        prompt=frozenset(prompts),
        **asked,
    )


def visitor(*, ago: float = 60, strength: Strength = Strength.PASSWORD, **known: Any) -> Visitor:
    """Somebody who signed in so many seconds before the request came; negative is after it."""
    return Visitor(
        SignIn(
            session_digest="d",
            sid_seed="s",
            account_id=UUID(int=1),
            kind=AccountKind.ADVANCED,
            at=NOW - timedelta(seconds=ago),
            strength=strength,
            methods=("pwd",),
        ),
        **known,
    )


def refused(code: ErrorCode, decision: object) -> bool:
    return isinstance(decision, Refused) and decision.code is code


def test_nobody_there_must_sign_in() -> None:
    assert decide(request(), None) == SignInNeeded(after=None, strength=None)


def test_somebody_there_is_let_through() -> None:
    assert isinstance(decide(request(), visitor()), Granted)


@pytest.mark.parametrize("prompt", [Prompt.LOGIN, Prompt.SELECT_ACCOUNT])
def test_OA_68_a_prompt_wants_a_sign_in_after_the_request(prompt: Prompt) -> None:
    asked = request(CLIENT, prompt)
    assert decide(asked, visitor(ago=0.001)) == SignInNeeded(
        after=NOW, strength=None, ask_name=prompt is Prompt.SELECT_ACCOUNT
    )
    assert isinstance(decide(asked, visitor(ago=-30)), Granted)


@pytest.mark.parametrize(
    ("max_age", "ago", "again"),
    [
        (10000, 60, False),
        (60, 60, False),
        (59, 60, True),
        (1, 2, True),
        (0, 0.001, True),
        (0, -5, False),
        (1, -600, False),
    ],
)
def test_OA_68_max_age_is_counted_from_when_the_request_arrived(
    max_age: int, ago: float, again: bool
) -> None:
    decision = decide(request(max_age=max_age), visitor(ago=ago))
    assert isinstance(decision, SignInNeeded) is again


@pytest.mark.parametrize(
    ("asked", "who", "code"),
    [
        ({}, None, ErrorCode.LOGIN_REQUIRED),
        ({"max_age": 1}, visitor(ago=5), ErrorCode.LOGIN_REQUIRED),
        ({"hinted_subject": "an"}, visitor(subject="jan"), ErrorCode.LOGIN_REQUIRED),
        (
            {"essential_acr": ("urn:leerid:acr:two-factor",)},
            visitor(),
            ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS,
        ),
    ],
)
def test_OA_68_prompt_none_never_shows_a_page(
    asked: dict[str, Any], who: Visitor | None, code: ErrorCode
) -> None:
    assert refused(code, decide(request(CLIENT, Prompt.NONE, **asked), who))


@pytest.mark.parametrize("approval", [ApprovalPolicy.NOTICE, ApprovalPolicy.CONSENT])
def test_OA_68_prompt_none_before_the_first_approval_is_refused(approval: ApprovalPolicy) -> None:
    asked = request(replace(CLIENT, approval=approval), Prompt.NONE)
    assert refused(ErrorCode.CONSENT_REQUIRED, decide(asked, visitor()))


def test_prompt_none_with_everything_in_place_is_granted() -> None:
    asked = request(CLIENT, Prompt.NONE, hinted_subject="jan", max_age=10000)
    assert isinstance(decide(asked, visitor(subject="jan")), Granted)


def test_a_hint_of_another_asks_for_the_other_once() -> None:
    asked = request(hinted_subject="an")
    assert decide(asked, visitor(subject="jan")) == SignInNeeded(after=NOW, strength=None, ask_name=True)
    assert refused(ErrorCode.LOGIN_REQUIRED, decide(asked, visitor(ago=-5, subject="jan")))
    assert isinstance(decide(asked, visitor(ago=-5, subject="an")), Granted)


@pytest.mark.parametrize(
    ("minimum", "essential", "strength", "enough"),
    [
        (None, (), Strength.PICTURE, True),
        (Strength.BASIC, (), Strength.PICTURE, False),
        (Strength.BASIC, (), Strength.BASIC, True),
        (Strength.BASIC, (), Strength.PASSWORD, True),
        (None, ("urn:leerid:acr:password",), Strength.TEMPORARY, False),
        (None, ("urn:leerid:acr:password",), Strength.PASSWORD, True),
        (None, ("urn:leerid:acr:two-factor", "urn:leerid:acr:basic"), Strength.BASIC, True),
        (Strength.PASSWORD, ("urn:leerid:acr:basic",), Strength.BASIC, False),
    ],
)
def test_a_sign_in_that_is_too_weak_is_told_so(
    minimum: Strength | None, essential: tuple[str, ...], strength: Strength, enough: bool
) -> None:
    asked = request(replace(CLIENT, minimum_strength=minimum), essential_acr=essential)
    decision = decide(asked, visitor(strength=strength))
    assert isinstance(decision, Granted if enough else TooWeak)


def test_staff_may_have_got_a_second_factor_since_and_is_asked_for_it_once() -> None:
    asked = request(replace(CLIENT, minimum_strength=Strength.TWO_FACTOR))
    staff, later = (Visitor(replace(visitor(ago=ago).sign_in, kind=AccountKind.STAFF)) for ago in (60, -5))
    assert decide(asked, staff) == SignInNeeded(after=NOW, strength=Strength.TWO_FACTOR)
    assert decide(asked, later) == TooWeak(Strength.TWO_FACTOR)
    silent = request(asked.client, Prompt.NONE)
    assert refused(ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS, decide(silent, staff))


def test_whose_school_does_not_use_the_application_is_refused() -> None:
    assert refused(ErrorCode.ACCESS_DENIED, decide(request(), visitor(at_school=False)))


def approved(*claims: str, scopes: tuple[str, ...] = ("openid", "profile"), ago: float = 3600) -> Approved:
    return Approved(frozenset(claims), frozenset(scopes), NOW - timedelta(seconds=ago))


@pytest.mark.parametrize(
    ("policy", "before", "asked_again"),
    [
        (ApprovalPolicy.NONE, None, False),
        (ApprovalPolicy.NOTICE, None, True),
        (ApprovalPolicy.NOTICE, approved("given_name"), False),
        (ApprovalPolicy.NOTICE, approved("given_name", scopes=("openid",)), False),
        (ApprovalPolicy.NOTICE, approved("family_name"), True),
        (ApprovalPolicy.CONSENT, None, True),
        (ApprovalPolicy.CONSENT, approved("given_name"), False),
        (ApprovalPolicy.CONSENT, approved("given_name", scopes=("openid",)), True),
        (ApprovalPolicy.CONSENT, approved(), True),
        (ApprovalPolicy.NONE, approved(), False),
        (ApprovalPolicy.NONE, approved(scopes=()), True),  # withdrawn
        (ApprovalPolicy.NOTICE, approved(scopes=()), True),
    ],
)
def test_PR_20_an_approval_is_asked_once_and_again_for_what_is_new(
    policy: ApprovalPolicy, before: Approved | None, asked_again: bool
) -> None:
    asked = request(replace(CLIENT, approval=policy))
    decision = decide(asked, visitor(approved=before))
    assert isinstance(decision, ApprovalNeeded if asked_again else Granted)


@pytest.mark.parametrize("policy", list(ApprovalPolicy))
def test_prompt_consent_asks_every_time(policy: ApprovalPolicy) -> None:
    asked = request(replace(CLIENT, approval=policy), Prompt.CONSENT)
    assert isinstance(decide(asked, visitor(approved=approved("given_name"))), ApprovalNeeded)
    assert isinstance(decide(asked, visitor(approved=approved("given_name", ago=-3))), Granted)


def test_PR_05_only_registered_claims_that_were_asked_are_released() -> None:
    client = replace(CLIENT, claims={"given_name": "a", "family_name": "b", "email": "c"})
    assert request(client).released_claims == ("given_name", "family_name")
    assert request(client, scope=("openid",)).released_claims == ()
    by_name = {"userinfo": {"email": None}, "id_token": {"acr": None}}
    assert request(client, scope=("openid",), claims=by_name).released_claims == ("email",)


@pytest.mark.parametrize(
    ("asked", "strength", "acr"),
    [
        ((), Strength.BASIC, "urn:leerid:acr:basic"),
        (("urn:leerid:acr:basic",), Strength.PASSWORD, "urn:leerid:acr:basic"),
        (("urn:leerid:acr:basic", "urn:leerid:acr:password"), Strength.PASSWORD, "urn:leerid:acr:password"),
        (("urn:leerid:acr:two-factor",), Strength.BASIC, "urn:leerid:acr:basic"),
        (("urn:leerid:acr:password", "urn:leerid:acr:picture"), Strength.BASIC, "urn:leerid:acr:picture"),
    ],
)
def test_the_acr_is_one_that_was_asked_when_it_was_reached(
    asked: tuple[str, ...], strength: Strength, acr: str
) -> None:
    assert acr_for(asked, strength) == acr


def test_OA_68_a_sign_in_at_the_very_moment_of_the_request_is_one_after_it() -> None:
    """The request came first: what it waited for has happened, and asking again would go round for ever."""
    another = replace(visitor(ago=0), subject="somebody-else")
    named = request(hinted_subject="who-was-meant")
    assert refused(ErrorCode.LOGIN_REQUIRED, decide(named, another))
    teacher = visitor(ago=0)
    teacher = replace(teacher, sign_in=replace(teacher.sign_in, kind=AccountKind.STAFF))
    stronger = request(replace(CLIENT, minimum_strength=Strength.TWO_FACTOR))
    assert decide(stronger, teacher) == TooWeak(Strength.TWO_FACTOR)
    approved = Approved(at=NOW, scopes=frozenset({"openid", "profile"}), claims=frozenset({"given_name"}))
    assert isinstance(decide(request(CLIENT, Prompt.CONSENT), replace(visitor(), approved=approved)), Granted)
