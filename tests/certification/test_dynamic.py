"""Dynamic OP: clients that register themselves, authenticate with `private_key_jwt`, and are gone afterwards."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from idp.oidc import keys
from tests.certification.discovery_document import told
from tests.certification.houses import OPENED_UP, Houses, well_known_pupil
from tests.certification.plans import BASIC, HYBRID, Plan
from tests.certification.registrant import AssertingParty, Registrant, jwks
from tests.certification.run import Run, is_error_page
from tests.oidc.dynamic.shelf import Shelf
from tests.support.browser import Page, parameters
from tests.support.https import SecureProvider

# The smallest picture there is.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def house(houses: Houses) -> SecureProvider:
    return houses.opened_up


@pytest.fixture
def run_of(house: SecureProvider) -> Callable[..., Run]:
    """A run with a client that registered itself."""

    def make(rp: AssertingParty, plan: Plan = BASIC) -> Run:
        return Run(house, plan, rp, house.visitor(), well_known_pupil(house))

    return make


RunOf = Callable[..., Run]


def test_oidcc_discovery_endpoint_verification(house: SecureProvider) -> None:
    said = told(house)
    assert said["registration_endpoint"].startswith(f"{said['issuer']}/")
    offered = {frozenset(each.split()) for each in said["response_types_supported"]}
    wanted = ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
    assert offered == {frozenset(each.split()) for each in wanted}
    assert {"authorization_code", "implicit"} <= set(said["grant_types_supported"])
    assert "private_key_jwt" in said["token_endpoint_auth_methods_supported"]


@pytest.mark.parametrize("plan", [BASIC, Plan("hybrid", "code id_token"), HYBRID], ids=str)
def test_oidcc_server(registrant: Registrant, run_of: RunOf, plan: Plan) -> None:
    run = run_of(registrant.party(plan), plan)
    assert run.known(run.happy()) == {}


def test_oidcc_idtoken_rs256(registrant: Registrant, run_of: RunOf) -> None:
    run = run_of(registrant.party(id_token_signed_response_alg="RS256"))
    assert jwt.get_unverified_header(run.happy().id_token)["alg"] == "RS256"


def test_oidcc_idtoken_unsigned(registrant: Registrant) -> None:
    """Skipped by the certification, because it is not on offer; and who asks for it is refused."""
    assert "none" not in registrant.rp.metadata["id_token_signing_alg_values_supported"]
    answer = registrant.attempt(id_token_signed_response_alg="none")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


def test_oidcc_userinfo_rs256(registrant: Registrant, run_of: RunOf) -> None:
    run = run_of(registrant.party(userinfo_signed_response_alg="RS256"))
    flow = run.happy(scope="openid profile")
    answer = run.rp.userinfo(flow.access_token)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "application/jwt"
    assert jwt.get_unverified_header(answer.text)["alg"] == "RS256"
    claims = jwt.decode(
        answer.text,
        run.rp.signing_key(answer.text),
        algorithms=["RS256"],
        audience=run.rp.client_id,
        issuer=run.rp.issuer,
        options={"verify_iat": False, "verify_exp": False},
    )
    assert claims["sub"] == flow.claims["sub"]
    assert claims["name"]
    assert "nonce" not in claims


# Redirect addresses


def test_oidcc_ensure_redirect_uri_in_authorization_request(registrant: Registrant, run_of: RunOf) -> None:
    both = [registrant.callback, f"{registrant.callback}/other"]
    page, _ = run_of(registrant.party(redirect_uris=both)).visit(redirect_uri=None)
    assert is_error_page(page)


def test_oidcc_redirect_uri_query_OK(registrant: Registrant, run_of: RunOf) -> None:
    address = f"{registrant.callback}?foo=bar"
    run = run_of(registrant.party(redirect_uris=[address]))
    page, asked = run.visit()
    page = run.sign_in(page)
    assert page.left_for is not None
    assert page.left_for.startswith(f"{address}&")
    answer = run.rp.answer(page.left_for, asked)
    assert answer["foo"] == "bar"
    assert run.rp.try_exchange(answer["code"], None).status_code == 200


def test_oidcc_redirect_uri_query_mismatch(registrant: Registrant, run_of: RunOf) -> None:
    rp = registrant.party(redirect_uris=[f"{registrant.callback}?foo=bar"])
    page, _ = run_of(rp).visit(redirect_uri=f"{registrant.callback}?bar=foo")
    assert is_error_page(page)


def test_oidcc_redirect_uri_query_added(registrant: Registrant, run_of: RunOf) -> None:
    page, _ = run_of(registrant.party()).visit(redirect_uri=f"{registrant.callback}?foo=bar")
    assert is_error_page(page)


def test_oidcc_redirect_uri_regfrag(registrant: Registrant) -> None:
    answer = registrant.attempt(redirect_uris=[f"{registrant.callback}#foobar"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


# What the sign-in page shows


def sign_in_page(run: Run) -> Page:
    page, _ = run.visit()
    assert run.is_sign_in(page)
    return page


def test_oidcc_registration_logo_uri(registrant: Registrant, run_of: RunOf, site: Shelf) -> None:
    rp = registrant.party(logo_uri=site.put("/logo.png", "image/png", PNG))
    page = sign_in_page(run_of(rp))
    address = f"/applications/{rp.client_id}/logo"
    assert f'src="{address}"' in page.html
    shown = rp.http.get(f"{rp.issuer}{address}")
    assert (shown.status_code, shown.headers["Content-Type"], shown.content) == (200, "image/png", PNG)
    assert site.asked == ["/logo.png"], "once, by us"


def test_oidcc_registration_policy_uri(registrant: Registrant, run_of: RunOf) -> None:
    page = sign_in_page(run_of(registrant.party(policy_uri="https://keuring.example/policy")))
    assert "https://keuring.example/policy" in page.links.values()


def test_oidcc_registration_tos_uri(registrant: Registrant, run_of: RunOf) -> None:
    page = sign_in_page(run_of(registrant.party(tos_uri="https://keuring.example/terms")))
    assert "https://keuring.example/terms" in page.links.values()


# Keys of the client, and who belongs together


def published_party(registrant: Registrant, site: Shelf, **more: Any) -> AssertingParty:
    """Its keys stand at an address of its own."""
    address = site.put_list(f"/jwks/{secrets.token_hex(4)}", jwks(0, "first"))
    rp = registrant.party(jwks=..., jwks_uri=address, **more)
    rp.kid = "first"
    return rp


def test_oidcc_registration_jwks_uri(registrant: Registrant, run_of: RunOf, site: Shelf) -> None:
    run_of(published_party(registrant, site)).happy()
    assert len(site.asked) == 1


def test_oidcc_registration_sector_uri(registrant: Registrant, run_of: RunOf, site: Shelf) -> None:
    together = [registrant.callback, "https://keuring.example/callback"]
    address = site.put_list("/sector.json", together)
    first = registrant.party(subject_type="pairwise", sector_identifier_uri=address)
    other = registrant.party(
        subject_type="pairwise", sector_identifier_uri=address, redirect_uris=together[::-1]
    )
    run = run_of(first)
    before = run.happy().claims["sub"]
    run.rp = other
    assert run.happy().claims["sub"] == before


def test_oidcc_registration_sector_bad(registrant: Registrant, site: Shelf) -> None:
    address = site.put_list("/sector.json", ["https://elders.example/callback"])
    answer = registrant.attempt(subject_type="pairwise", sector_identifier_uri=address)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


# Keys that change


def test_oidcc_server_rotate_keys(houses: Houses, make_registrant: Callable[..., Registrant]) -> None:
    house = houses.named("rotating", OPENED_UP)
    rp = make_registrant(house).party()
    run = Run(house, BASIC, rp, house.visitor(), well_known_pupil(house))
    before = jwt.get_unverified_header(run.happy().id_token)["kid"]
    old = kids(rp)
    keys.rotate(Path(house.settings.keys.directory) / "signing", house.clock())
    house.clock.move(minutes=1)
    new = kids(rp)
    assert old < new
    house.clock.move(hours=25)
    flow = Run(house, BASIC, rp, house.visitor(), well_known_pupil(house)).happy()
    after = jwt.get_unverified_header(flow.id_token)["kid"]
    assert after in new - old
    assert before in kids(rp)


def kids(rp: AssertingParty) -> set[str]:
    found = rp.http.get(rp.metadata["jwks_uri"]).json()["keys"]
    return {key["kid"] for key in found if key["use"] == "sig"}


def test_oidcc_refresh_token_rp_key_rotation(registrant: Registrant, run_of: RunOf, site: Shelf) -> None:
    """A minute after the client published another key, that one counts and the old one doesn't."""
    rp = published_party(registrant, site, grant_types=["authorization_code", "refresh_token"])
    flow = run_of(rp).happy(scope="openid offline_access", prompt="consent")
    (path,) = site.asked
    site.put_list(path, jwks(1, "second"))
    registrant.house.clock.move(seconds=60)
    rp.key_number, rp.kid = 1, "second"
    answer = rp.try_refresh(flow.bought["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert rp.verify(answer.json()["id_token"])["sub"] == flow.claims["sub"]
    rp.key_number, rp.kid = 0, "first"
    refused = rp.try_refresh(answer.json()["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_oidcc_refresh_token(registrant: Registrant, run_of: RunOf) -> None:
    both = ["authorization_code", "refresh_token"]
    rp, other = registrant.party(grant_types=both), registrant.party(grant_types=both)
    flow = run_of(rp).happy(scope="openid offline_access", prompt="consent")
    stolen = other.try_refresh(flow.bought["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    registrant.house.clock.move(seconds=2)
    answer = rp.try_refresh(flow.bought["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    after = rp.verify(answer.json()["id_token"])
    for claim in ("iss", "sub", "aud", "auth_time"):
        assert after[claim] == flow.claims[claim]
    assert after["iat"] > flow.claims["iat"]


def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(registrant: Registrant, run_of: RunOf) -> None:
    rp = registrant.party()
    rp.audience = rp.issuer
    run_of(rp).happy()


# Requests at an address of the client


def at_an_address(site: Shelf) -> str:
    """Registered before anybody knows what will stand there: the certification's fragment is the digest of anything."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(secrets.token_bytes(64)).digest()).rstrip(b"=").decode()
    return f"{site.origin}/requesturi/{secrets.token_hex(32)}#{digest}"


def test_oidcc_request_uri_signed_rs256(registrant: Registrant, run_of: RunOf, site: Shelf) -> None:
    assert registrant.rp.metadata["request_uri_parameter_supported"] is True
    address = at_an_address(site)
    rp = registrant.party(request_uris=[address], request_object_signing_alg="RS256")
    run = run_of(rp)
    asked = run.ask()
    inside = {**parameters(asked.url), "aud": rp.issuer, "iss": rp.client_id}
    put_request(site, address, rp.signed(inside))
    outside = {name: inside[name] for name in ("client_id", "redirect_uri", "response_type", "scope")}
    query = urlencode({**outside, "request_uri": address})
    page = run.browser.get(f"{rp.metadata['authorization_endpoint']}?{query}")
    run.complete(run.answer_of(run.sign_in(page), asked), asked)
    assert len(site.asked) == 1


def test_oidcc_request_uri_unsigned(registrant: Registrant, run_of: RunOf, site: Shelf) -> None:
    """Skipped by the certification, because it is not on offer; and who tries is refused."""
    assert "none" not in registrant.rp.metadata["request_object_signing_alg_values_supported"]
    address = at_an_address(site)
    run = run_of(registrant.party(request_uris=[address]))
    put_request(site, address, jwt.encode({"state": "inside"}, key="", algorithm="none"))
    page, asked = run.visit(request_uri=address)
    assert run.refusal(page, asked) in ("request_uri_not_supported", "invalid_request_object")


def test_oidcc_ensure_request_object_with_redirect_uri(registrant: Registrant, run_of: RunOf) -> None:
    """Skipped as well: nothing goes to the address in a request that nobody signed."""
    unsigned = jwt.encode({"redirect_uri": "https://elders.example/"}, key="", algorithm="none")
    run = run_of(registrant.party())
    page, asked = run.visit(request=unsigned)
    assert run.refusal(page, asked) in ("request_not_supported", "invalid_request_object")


def put_request(site: Shelf, address: str, token: str) -> None:
    path = address.removeprefix(site.origin).partition("#")[0]
    site.put(path, "application/jose", token.encode())
