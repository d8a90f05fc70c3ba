"""A client's proof of who it is, at the very edges of what is allowed: examples, without database or HTTP."""

from __future__ import annotations

import base64
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from idp.oidc.client_authentication import ClientRefused, basic_pair, fault_in, refused
from idp.oidc.clients import Client

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER = "https://id.leerid.example"
CLIENT = Client(
    client_id="oefenapp", name="Oefenapp", redirect_uris=("https://a.example/",), scope=("openid",)
)


def fault(**changes: Any) -> str | None:
    """With an ellipsis a claim is left out."""
    good = {
        "iss": "oefenapp",
        "sub": "oefenapp",
        "aud": ISSUER,
        "iat": AT,
        "exp": AT + 60,
        "jti": "a",
        **changes,
    }
    said = {name: value for name, value in good.items() if value is not ...}
    return fault_in(said, CLIENT, (ISSUER,), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exp": AT + 1, "iat": AT - 299},
        {"exp": AT + 300},
        {"exp": AT + 360, "iat": AT + 60},
        {"exp": AT + 360, "iat": AT + 60, "nbf": AT + 60},
        {"nbf": ...},
        {"jti": "a" * 255},
    ],
)
def test_OA_19_what_just_fits(changes: dict[str, Any]) -> None:
    assert fault(**changes) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": AT}, "assertion-too-long-or-over"),
        ({"exp": AT - 1}, "assertion-too-long-or-over"),
        ({"exp": AT + 301}, "assertion-too-long-or-over"),
        ({"exp": AT + 1, "iat": AT - 300}, "assertion-too-long-or-over"),
        ({"exp": AT + 361, "iat": AT + 61}, "assertion-from-the-future"),
        ({"nbf": AT + 61}, "assertion-from-the-future"),
        ({"nbf": "0"}, "assertion-without-moments"),
        ({"iat": ...}, "assertion-without-moments"),
        ({"exp": ...}, "assertion-without-moments"),
        ({"jti": "a" * 256}, "assertion-without-jti"),
        ({"jti": ""}, "assertion-without-jti"),
        ({"jti": ...}, "assertion-without-jti"),
        ({"jti": 1}, "assertion-without-jti"),
        ({"iss": "andere"}, "assertion-of-another"),
        ({"sub": "andere"}, "assertion-of-another"),
        ({"iss": ...}, "assertion-of-another"),
        ({"sub": ...}, "assertion-of-another"),
        ({"aud": [ISSUER]}, "assertion-for-another"),
        ({"aud": ISSUER + "/"}, "assertion-for-another"),
        ({"aud": ...}, "assertion-for-another"),
    ],
)
def test_OA_19_what_just_does_not(changes: dict[str, Any], why: str) -> None:
    assert fault(**changes) == why


def test_the_reason_of_a_refusal_is_in_the_log_and_not_in_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, logger="leerid.oidc"):
        answer = refused("wrong-secret-or-method", CLIENT)
    assert [(each.message, vars(each)["reason"], vars(each)["client_id"]) for each in caplog.records] == [
        ("client:refused", "wrong-secret-or-method", "oefenapp")
    ]
    assert answer.get_error_description() == "client authentication failed"


def header(pair: bytes) -> str:
    return "Basic " + base64.b64encode(pair).decode()


@pytest.mark.parametrize(
    ("pair", "read"),
    [
        (b"oefenapp:x", ("oefenapp", "x")),
        (b"oefenapp:", ("oefenapp", "")),
        (b"oefenapp:a:b", ("oefenapp", "a:b")),
        (b"oefen+app:a+b%2B%3A", ("oefen app", "a b+:")),
    ],
)
def test_RFC_6749_2_3_1_a_pair_is_read(pair: bytes, read: tuple[str, str]) -> None:
    assert basic_pair(header(pair)) == read
    assert basic_pair(header(pair).replace("Basic", "bAsIc")) == read


@pytest.mark.parametrize(
    "given",
    [
        "Basic b2VmZW5hcHA6eB==",  # "oefenapp:x", with bits at its end that mean nothing
        "Basic b2VmZW5hcHA6eA",
        "Basic b2VmZW5hcHA6eA===",
        "Basic b2VmZW5hcHA6eA==\n",
        "Basic  b2VmZW5hcHA6eA==",
        "Basic b2VmZW5h cHA6eA==",
        "Basic b2Vm-W5_cHA6eA==",
        "Bearer b2VmZW5hcHA6eA==",
        "Basic",
        "",
        header(b"oefenapp"),  # no colon
        header(b"oefenapp:%ff"),
        header(b"oefenapp:\xff"),
    ],
)
def test_OA_11_what_is_almost_a_pair_is_none(given: str) -> None:
    with pytest.raises(ClientRefused):
        basic_pair(given)
