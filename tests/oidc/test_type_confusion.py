"""Everything that we hand out or take in, in the place of everything else (OA-18): each opens its own door only.

Fourteen kinds of value, nine doors, and each also as another application's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
import requests

from idp.oidc.protocol import LOGOUT_EVENT
from tests.oidc.handed_out import Handed, hand_out
from tests.oidc.test_client_authentication import ASSERTION, Asserting
from tests.oidc.test_resource_tokens import RESOURCE
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.proving import Prover
from tests.support.relying_party import RelyingParty, read_tokens

GRANTS = ["authorization_code", "refresh_token", "client_credentials"]
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = ("openid", "profile", "leerid:self")


@dataclass(frozen=True)
class Everything:
    """One value of each kind, all of them good."""

    rp: RelyingParty
    asserting: Asserting
    bound_to: Prover
    values: dict[str, str] = field(repr=False)


@pytest.fixture
def everything(provider: Provider) -> Everything:
    pupil = provider.people.pupil()
    rp = provider.relying_party(
        "portaal",
        first_party=True,
        scope=" ".join((*SCOPE, "offline_access")),
        grant_types=[*GRANTS, DEVICE],
        resources=[RESOURCE],
        userinfo_signed_response_alg="RS256",
    )
    asserting, prover = Asserting(provider, grant_types=[*GRANTS, DEVICE]), Prover(provider.clock)
    return Everything(rp, asserting, prover, values_of(provider, rp, asserting, prover, pupil))


def values_of(
    provider: Provider, rp: RelyingParty, asserting: Asserting, prover: Prover, pupil: Made
) -> dict[str, str]:
    def handed(**changes: Any) -> Handed:
        return hand_out(provider, rp, pupil, scope=SCOPE, **changes)

    tokens, signed = handed().exchange(), handed(resource=RESOURCE).exchange()
    first = handed()
    bound = read_tokens(
        prover.token(
            rp,
            grant_type="authorization_code",
            code=first.code,
            redirect_uri=rp.redirect_uri,
            code_verifier=first.verifier,
        )
    )
    pushed = rp.post(
        f"{provider.issuer}/par",
        response_type="code",
        client_id=rp.client_id,
        redirect_uri=rp.redirect_uri,
        scope="openid",
        code_challenge="x" * 43,
        code_challenge_method="S256",
    )
    device = rp.post(f"{provider.issuer}/device_authorization", client_id=rp.client_id, scope="openid")
    own = rp.token(grant_type="client_credentials", resource=RESOURCE)
    return {
        "code": handed().code,
        "access token": tokens.access_token,
        "bound access token": bound.access_token,
        "signed access token": signed.access_token,
        "jti of a signed one": jwt.decode(signed.access_token, options={"verify_signature": False})["jti"],
        "application's token": own.json()["access_token"],
        "refresh token": tokens.refresh_token or "",
        "ID token": tokens.id_token,
        "signed userinfo": rp.userinfo(tokens.access_token).text,
        "logout token": logout_token(provider, rp, rp.verify(tokens.id_token)["sub"]),
        "client assertion": asserting.assertion(),
        "proof": prover.proof("GET", f"{provider.issuer}/userinfo", access_token=tokens.access_token),
        "pushed request": pushed.json()["request_uri"],
        "device code": device.json()["device_code"],
    }


def logout_token(provider: Provider, rp: RelyingParty, subject: str) -> str:
    """As `backchannel` signs it: the same key as an ID token's."""
    now = provider.clock()
    issued = int(now.timestamp())
    claims = {
        "iss": provider.issuer,
        "aud": rp.client_id,
        "sub": subject,
        "iat": issued,
        "exp": issued + 120,
        "jti": "x" * 43,
        "events": {LOGOUT_EVENT: {}},
    }
    ring = provider.app.extensions["leerid.keys"]
    return str(ring.sign(claims, alg="RS256", typ="logout+jwt", now=now))


# The doors: whether a value opens them


Door = Callable[[Everything, RelyingParty, str], bool]


def bearer(path: str, scheme: str = "Bearer") -> Door:
    def opens(known: Everything, rp: RelyingParty, value: str) -> bool:
        url = f"{rp.issuer}{path}"
        headers = {"Authorization": f"{scheme} {value}"}
        if scheme == "DPoP":
            known.bound_to.nonce = known.bound_to.nonce or ""
            headers["DPoP"] = known.bound_to.proof("GET", url, access_token=value)
        return requests.get(url, headers=headers, timeout=10).status_code == 200

    return opens


def at_token(**form: str) -> Door:
    """A value in the place of VALUE; the code and its verifier never fit together here, so nothing is burnt."""

    def opens(_: Everything, rp: RelyingParty, value: str) -> bool:
        answer = rp.token(**{name: value if given == "VALUE" else given for name, given in form.items()})
        assert answer.status_code < 500
        # Past the door, it is about the verifier or the person's answer.
        told = answer.json()
        return (
            answer.status_code == 200
            or told["error"] in ("authorization_pending", "slow_down")
            or ("code_verifier" in told.get("error_description", ""))
        )

    return opens


def as_assertion(known: Everything, _: RelyingParty, value: str) -> bool:
    form = {"grant_type": "refresh_token", "refresh_token": "x" * 43}
    proving = {"client_assertion": value, "client_assertion_type": ASSERTION}
    answer = requests.post(f"{known.rp.issuer}/token", data={**form, **proving}, timeout=10)
    return bool(answer.json()["error"] != "invalid_client")


def at_introspection(_: Everything, rp: RelyingParty, value: str) -> bool:
    return bool(rp.introspect(value).json()["active"])


def as_registration_token(_: Everything, rp: RelyingParty, value: str) -> bool:
    headers = {"Authorization": f"Bearer {value}"}
    url = f"{rp.issuer}/register"
    found = [
        requests.post(url, json={"redirect_uris": ["https://x.example/"]}, headers=headers, timeout=10),
        requests.get(f"{url}/{rp.client_id}", headers=headers, timeout=10),
    ]
    return any(answer.ok for answer in found)


DOORS: dict[str, tuple[Door, set[str]]] = {
    "userinfo": (bearer("/userinfo"), {"access token"}),
    "userinfo with a proof": (bearer("/userinfo", "DPoP"), {"bound access token"}),
    "the API": (bearer("/api/me"), {"access token"}),
    "code": (
        at_token(
            grant_type="authorization_code",
            code="VALUE",
            redirect_uri="https://portaal.example/callback",
            code_verifier="y" * 43,
        ),
        {"code"},
    ),
    "device code": (at_token(grant_type=DEVICE, device_code="VALUE"), {"device code"}),
    "client assertion": (as_assertion, {"client assertion"}),
    "introspection": (
        at_introspection,
        {"access token", "bound access token", "signed access token", "application's token", "refresh token"},
    ),
    "registration": (as_registration_token, set()),
    # Last, because the right one is spent by it.
    "refresh token": (at_token(grant_type="refresh_token", refresh_token="VALUE"), {"refresh token"}),
}


def test_OA_18_each_value_opens_its_own_doors_and_no_other(everything: Everything) -> None:
    for door, (opens, right) in DOORS.items():
        opened = {
            kind for kind, value in everything.values.items() if opens(everything, everything.rp, value)
        }
        assert opened == right, door


def test_OA_18_and_for_another_application_none_that_says_who_it_is(
    provider: Provider, everything: Everything
) -> None:
    """Whoever holds a bearer token is its bearer; everywhere else it must be the one that it was given to."""
    other = provider.relying_party(
        "dief",
        grant_types=[*GRANTS, DEVICE],
        resources=[RESOURCE],
        redirect_uris=["https://portaal.example/callback"],
    )
    for door in ("code", "device code", "introspection", "registration", "refresh token"):
        opens, _ = DOORS[door]
        opened = {kind for kind, value in everything.values.items() if opens(everything, other, value)}
        assert opened == set(), door
    for door, (opens, right) in DOORS.items():
        for kind in right - {"client assertion"}:
            assert opens(everything, everything.rp, everything.values[kind]) is True, (door, kind)


def test_OA_18_only_an_id_token_tells_who_signed_in(everything: Everything, visitor: Visitor) -> None:
    rp = everything.rp
    for kind, value in everything.values.items():
        page = visitor.get(rp.ask(prompt="none", id_token_hint=value).url)
        assert page.left_for is not None, kind
        error = rp.answer(page.left_for)["error"]
        assert error == ("login_required" if kind == "ID token" else "invalid_request"), kind


def test_OA_18_none_of_them_is_a_request(everything: Everything, visitor: Visitor) -> None:
    """Neither as a request object nor, but for the one that is, as the address of one."""
    rp = everything.rp
    for kind, value in everything.values.items():
        page = visitor.get(rp.ask(request=value).url)
        assert page.left_for is not None, kind
        assert rp.answer(page.left_for)["error"] in ("invalid_request_object", "request_not_supported"), kind
        if kind == "pushed request":
            continue
        page = visitor.get(
            f"{rp.metadata['authorization_endpoint']}?client_id={rp.client_id}&request_uri={value}"
        )
        assert page.status == 400 or page.left_for is not None, kind
        assert "login" not in json.dumps(sorted(page.ids)), kind
