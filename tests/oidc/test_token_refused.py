"""What the token endpoint refuses, and what it burns by refusing: as little as it can, and all of it on a replay."""

from __future__ import annotations

import base64
import itertools
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests
from sqlalchemy import func, select, update

from idp.accounts.records import Account
from idp.authentication import sessions
from idp.rules.belgian_time import school_day
from idp.tokens.records import AccessToken, AuthorizationCode
from tests.oidc.handed_out import Handed, error_of, hand_out
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, basic


@pytest.fixture
def handed(provider: Provider) -> Handed:
    return hand_out(provider, provider.relying_party(), provider.people.pupil())


def raw(handed: Handed, data: Any = None, **options: Any) -> requests.Response:
    """A POST to /token as this client, with whatever a test puts in it."""
    rp = handed.rp
    assert rp.secret is not None
    headers = {"Authorization": basic(rp.client_id, rp.secret), **options.pop("headers", {})}
    return requests.post(f"{rp.issuer}/token", data=data, headers=headers, timeout=10, **options)


def pairs(handed: Handed) -> list[tuple[str, str]]:
    return [
        ("grant_type", "authorization_code"),
        ("code", handed.code),
        ("redirect_uri", handed.rp.redirect_uri),
        ("code_verifier", handed.verifier),
    ]


# Replay


def test_OA_06_a_replayed_code_is_refused_and_what_it_bought_dies(provider: Provider, handed: Handed) -> None:
    rp, tokens = handed.rp, handed.exchange()
    other_node = provider.another_node()
    assert rp.userinfo(tokens.access_token).status_code == 200
    assert error_of(handed.try_exchange()) == "invalid_grant"
    for node in (rp.issuer, other_node):
        answer = requests.get(
            f"{node}/userinfo", headers={"Authorization": f"Bearer {tokens.access_token}"}, timeout=10
        )
        assert answer.status_code == 401
    assert error_of(rp.try_refresh(tokens.refresh_token)) == "invalid_grant"


def test_OA_06_a_replay_half_a_minute_later_still_ends_the_family(provider: Provider, handed: Handed) -> None:
    tokens = handed.exchange()
    provider.clock.move(seconds=30)
    assert error_of(handed.try_exchange()) == "invalid_grant"
    assert handed.rp.userinfo(tokens.access_token).status_code == 401


def test_OA_06_a_code_that_expired_is_refused(provider: Provider, handed: Handed) -> None:
    provider.clock.move(seconds=61)
    assert error_of(handed.try_exchange()) == "invalid_grant"


def test_OA_06_the_wrong_client_gets_nothing_and_burns_nothing(
    provider: Provider, handed: Handed, caplog: pytest.LogCaptureFixture
) -> None:
    thief = provider.relying_party("dief")
    assert error_of(handed.try_exchange(by=thief)) == "invalid_grant"
    assert "code:of-another-client" in caplog.messages
    tokens = handed.exchange()
    assert error_of(handed.try_exchange(by=thief)) == "invalid_grant"
    assert handed.rp.userinfo(tokens.access_token).status_code == 200, "nor afterwards"


def test_OA_06_another_redirect_address_is_refused_and_the_right_one_still_works(handed: Handed) -> None:
    for address in (
        None,
        "https://oefenapp.example/callback/",
        "https://dief.example/callback",
        "HTTPS://oefenapp.example/callback",
    ):
        assert error_of(handed.try_exchange(redirect_uri=address)) in ("invalid_grant", "invalid_request")
    handed.exchange()


# PKCE


@pytest.mark.parametrize(
    "verifier",
    [None, "", "x" * 43, "x" * 42, "x" * 129, "é" * 43, "x" * 42 + " ", "x" * 42 + "\n"],
    ids=["absent", "empty", "wrong", "42", "129", "letters", "space", "newline"],
)
def test_OA_07_CV_13_a_verifier_that_does_not_fit_is_refused(handed: Handed, verifier: str | None) -> None:
    answer = handed.rp.try_exchange(handed.code, verifier)
    assert error_of(answer) in ("invalid_grant", "invalid_request")
    handed.exchange()


def test_OA_07_the_challenge_itself_is_no_verifier(handed: Handed) -> None:
    from tests.support.relying_party import challenge

    assert error_of(handed.rp.try_exchange(handed.code, challenge(handed.verifier))) == "invalid_grant"


def test_OA_07_CV_13_a_verifier_without_a_challenge_is_a_downgrade(provider: Provider) -> None:
    rp = provider.relying_party(pkce="optional")
    handed = hand_out(provider, rp, provider.people.pupil(), pkce=False)
    assert error_of(handed.try_exchange()) == "invalid_grant"
    assert rp.try_exchange(handed.code, None).status_code == 200


# One request, read in one way


def test_OA_09_a_repeated_parameter_is_refused(handed: Handed) -> None:
    for name, value in pairs(handed):
        assert error_of(raw(handed, [*pairs(handed), (name, value)])) == "invalid_request"
    assert error_of(raw(handed, [*pairs(handed), ("x", "1"), ("x", "2")])) == "invalid_request"
    handed.exchange()


def test_OA_09_query_parameters_are_refused_even_when_they_say_the_same(handed: Handed) -> None:
    assert error_of(raw(handed, pairs(handed), params={"x": "1"})) == "invalid_request"
    assert (
        error_of(raw(handed, pairs(handed)[1:], params={"grant_type": "authorization_code"}))
        == "invalid_request"
    )
    assert error_of(raw(handed, [], params=pairs(handed))) == "invalid_request"
    handed.exchange()


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", None])
def test_OA_09_only_a_form_is_read(handed: Handed, kind: str | None) -> None:
    body = "&".join(f"{name}={value}" for name, value in pairs(handed))
    answer = raw(handed, body, headers={"Content-Type": kind} if kind else {})
    assert error_of(answer) == "invalid_request"


def test_a_charset_does_not_matter(handed: Handed) -> None:
    answer = raw(
        handed,
        "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs(handed)),
        headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": ""}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}, "unsupported_grant_type"),
        ({"grant_type": 'x"\\é\r\nY'}, "unsupported_grant_type"),
        ({"grant_type": "Authorization_Code", "code": "x"}, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_OA_67_what_is_missing_or_not_offered_is_refused(
    handed: Handed, form: dict[str, str], error: str
) -> None:
    answer = raw(handed, form)
    assert error_of(answer) == error
    assert "Y" not in answer.text, "what came in doesn't go out again"


def test_a_client_uses_only_the_grants_it_registered(provider: Provider) -> None:
    rp = provider.relying_party(grant_types=["authorization_code"], scope="openid")
    assert error_of(rp.try_refresh("x" * 43)) == "unauthorized_client"


@pytest.mark.parametrize("what", ["id_token", "access_token", "refresh_token"])
def test_OA_18_nothing_else_is_a_code(handed: Handed, what: str) -> None:
    tokens = handed.exchange()
    value = tokens.raw[what]
    assert error_of(handed.rp.try_exchange(value, handed.verifier)) == "invalid_grant"
    if what != "refresh_token":
        assert error_of(handed.rp.try_refresh(value)) == "invalid_grant"


def test_OA_18_a_code_is_no_access_token_and_no_refresh_token(handed: Handed) -> None:
    assert handed.rp.userinfo(handed.code).status_code == 401
    assert error_of(handed.rp.try_refresh(handed.code)) == "invalid_grant"
    handed.exchange()


@pytest.mark.parametrize(
    "spoil",
    [lambda code: code[:-1], lambda code: code + "A", str.swapcase],
    ids=["shorter", "longer", "other case"],
)
def test_CV_33_a_code_in_another_spelling_is_no_code(handed: Handed, spoil: Any) -> None:
    assert error_of(handed.rp.try_exchange(spoil(handed.code), handed.verifier)) == "invalid_grant"
    handed.exchange()


# Whoever may no longer sign in


@pytest.mark.parametrize("what", ["blocked", "left school", "password renewed", "signed out", "client gone"])
def test_CV_07_between_code_and_tokens(provider: Provider, handed: Handed, what: str) -> None:
    now = provider.clock()
    changes: dict[str, dict[str, Any]] = {
        "blocked": {"blocked_at": now},
        "left school": {"active_until": school_day(now) - timedelta(days=1)},
        "password renewed": {"sign_ins_count_from": now + timedelta(seconds=1)},
    }
    if what == "client gone":
        provider.unregister(handed.rp.client_id)
        assert error_of(handed.try_exchange(), 401) == "invalid_client"
        return
    with provider.db() as db:
        if what == "signed out":
            sessions.end(db, handed.session_digest, now)
        else:
            db.execute(update(Account).values(**changes[what]))
    assert error_of(handed.try_exchange()) == "invalid_grant"
    with provider.reading() as db:
        assert db.scalar(select(func.count()).select_from(AccessToken)) == 0
        assert db.scalar(select(AuthorizationCode.spent_at)) is None, "nobody used it"


# Garbage


def test_OA_47_a_body_that_is_too_large_is_not_read(handed: Handed) -> None:
    answer = raw(handed, [*pairs(handed), ("x", "y" * 70_000)])
    assert error_of(answer, 413) == "invalid_request"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_another_method_is_refused_in_json(provider: Provider, method: str, path: str) -> None:
    answer = requests.request(method, f"{provider.issuer}{path}", timeout=10)
    assert error_of(answer, 405) == "invalid_request"
    assert answer.headers["Allow"] == "POST"


BODIES = [
    b"\xff\xfe=\xff",
    b"%ff=%fe&grant_type=%00",
    b"grant_type=authorization_code&code=%00%00",
    b"grant_type=authorization_code&code=\xed\xa0\x80",
    b"&&&===&;;;",
    b"grant_type=" + b"a" * 20_000,
    b"=".join([b"a&"] * 20_000),
    b"grant_type=refresh_token&refresh_token=%22%5C&scope=%09%00",
]
AUTHORIZATIONS = ["own", "Basic \xff\xfe", "Basic", "Basic =", "Bearer x", "x" * 5000, ""]


@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect", "/userinfo"])
def test_OA_11_garbage_is_refused_and_never_a_fault(handed: Handed, path: str) -> None:
    rp = handed.rp
    assert rp.secret is not None
    own = basic(rp.client_id, rp.secret)
    for body, authorization in itertools.product(BODIES, AUTHORIZATIONS):
        answer = requests.post(
            f"{rp.issuer}{path}",
            data=body,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": (own if authorization == "own" else authorization).encode("latin-1"),
            },
            timeout=10,
        )
        assert answer.status_code in (400, 401), (body[:50], authorization[:50], answer.text)
        assert answer.headers["Content-Type"] == "application/json"


def test_no_secret_is_repeated_in_an_answer_or_a_log(
    handed: Handed, caplog: pytest.LogCaptureFixture
) -> None:
    rp = handed.rp
    assert rp.secret is not None
    answers = [
        rp.try_exchange(handed.code, "x" * 43),
        rp.token(grant_type="authorization_code", code=handed.code, client_secret=rp.secret),
        handed.try_exchange(),
        handed.try_exchange(),
    ]
    tokens = answers[2].json()
    logged = str([record.__dict__ for record in caplog.records])
    for secret in (handed.code, handed.verifier, rp.secret, tokens["access_token"], tokens["id_token"]):
        assert secret not in logged
        assert base64.b64encode(secret.encode()).decode() not in logged
        for answer in (answers[0], answers[1], answers[3]):
            assert secret not in answer.text


def test_OA_07_the_right_client_with_a_wrong_verifier_does_not_use_the_code_up(handed: Handed) -> None:
    assert error_of(handed.rp.try_exchange(handed.code, "x" * 43)) == "invalid_grant"
    assert isinstance(handed.rp, RelyingParty)
    handed.exchange()


# What an operator sees of it


@pytest.mark.parametrize(
    ("changes", "event"),
    [
        ({"code_verifier": "x" * 43}, "code:wrong-verifier"),
        ({"code_verifier": None}, "code:wrong-verifier"),
        ({"redirect_uri": "https://oefenapp.example/other"}, "code:other-redirect-uri"),
    ],
)
def test_OA_06_OA_07_a_code_in_wrong_hands_is_one_warning(
    handed: Handed, caplog: pytest.LogCaptureFixture, changes: dict[str, str | None], event: str
) -> None:
    error_of(handed.try_exchange(None, **changes))
    warnings = [each for each in caplog.records if each.levelname == "WARNING" and each.name == "leerid.oidc"]
    assert [each.message for each in warnings] == [event]
    assert handed.code not in str(vars(warnings[0]))
