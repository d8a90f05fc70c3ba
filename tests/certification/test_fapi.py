"""Those modules of the FAPI 2.0 Security Profile that are worth having without being certified for it."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from tests.certification.fapi import FapiParty, fapi_party
from tests.certification.run import is_error_page
from tests.support.browser import Page, Visitor, parameters
from tests.support.https import SecureProvider
from tests.support.people import Made
from tests.support.proving import Prover, public_jwk

VERIFIER = "v" * 64
LONG = "x" * 384
numbers = itertools.count(1)


@pytest.fixture
def rp(house: SecureProvider) -> FapiParty:
    return fapi_party(house, f"fapi{next(numbers)}")


@pytest.fixture
def prover(rp: FapiParty) -> Prover:
    return Prover(rp.clock)


@pytest.fixture
def browser(house: SecureProvider) -> Visitor:
    return house.visitor()


@pytest.fixture
def pupil(house: SecureProvider) -> Made:
    return house.people.pupil()


@pytest.fixture
def code(rp: FapiParty, browser: Visitor, pupil: Made) -> str:
    """What a pushed request and a sign-in give."""
    return code_of(rp, signed_in(browser, pupil, rp.pushed(VERIFIER)))


@pytest.fixture
def access_token(rp: FapiParty, prover: Prover, code: str) -> str:
    answer = rp.buy(prover, code, VERIFIER)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"
    return str(answer.json()["access_token"])


def signed_in(browser: Visitor, pupil: Made, address: str) -> Page:
    browser.get(address)
    browser.submit(button="login-next", username=pupil.username)
    return browser.submit(button="login-submit", password=pupil.password)


def code_of(rp: FapiParty, page: Page) -> str:
    assert page.left_for is not None, page.text[:300]
    answer = rp.answer(page.left_for)
    assert answer["iss"] == rp.issuer
    return answer["code"]


def refused(answer: requests.Response, status: int, error: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text


# Pushed requests


def assert_not_taken(page: Page) -> None:
    """An error page, or an error for the application; never a sign-in."""
    if page.left_for is None:
        assert is_error_page(page)
    else:
        assert parameters(page.left_for)["error"] in ("invalid_request_uri", "invalid_request")


def test_fapi2_par_attempt_reuse_request_uri(rp: FapiParty, browser: Visitor, pupil: Made) -> None:
    address = rp.pushed(VERIFIER)
    code_of(rp, signed_in(browser, pupil, address))
    assert_not_taken(browser.get(address))


def test_fapi2_par_attempt_to_use_expired_request_uri(
    house: SecureProvider, rp: FapiParty, browser: Visitor
) -> None:
    answer = rp.push(VERIFIER)
    house.clock.move(seconds=answer.json()["expires_in"] + 1)
    assert_not_taken(browser.get(rp.address_of(answer.json()["request_uri"])))


def test_fapi2_par_attempt_to_use_request_uri_for_different_client(
    house: SecureProvider, rp: FapiParty, browser: Visitor
) -> None:
    other = fapi_party(house, f"fapi{next(numbers)}")
    request_uri = rp.push(VERIFIER).json()["request_uri"]
    assert_not_taken(browser.get(rp.address_of(request_uri, other.client_id)))


def test_fapi2_par_ensure_pkce_required(rp: FapiParty) -> None:
    refused(rp.push(VERIFIER, code_challenge=None, code_challenge_method=None), 400, "invalid_request")


def test_fapi2_par_plain_pkce_rejected(rp: FapiParty) -> None:
    answer = rp.push(VERIFIER, code_challenge=VERIFIER, code_challenge_method="plain")
    refused(answer, 400, "invalid_request")


def test_fapi2_par_test_array_as_audience_fails(rp: FapiParty) -> None:
    refused(rp.push(VERIFIER, rp.assertion(aud=[rp.issuer])), 401, "invalid_client")


def test_fapi2_ensure_authorization_request_with_long_nonce(
    rp: FapiParty, prover: Prover, browser: Visitor, pupil: Made
) -> None:
    page = signed_in(browser, pupil, rp.pushed(VERIFIER, nonce=LONG))
    bought = rp.buy(prover, code_of(rp, page), VERIFIER).json()
    assert rp.verify(bought["id_token"], LONG)


def test_fapi2_ensure_authorization_request_with_long_state(
    rp: FapiParty, browser: Visitor, pupil: Made
) -> None:
    page = signed_in(browser, pupil, rp.pushed(VERIFIER, state=LONG))
    assert parameters(page.left_for or "")["state"] == LONG


# The token endpoint


def test_fapi2_incorrect_pkce_code_verifier_rejected(rp: FapiParty, prover: Prover, code: str) -> None:
    refused(rp.buy(prover, code, "w" * 64), 400, "invalid_grant")


def test_fapi2_ensure_authorization_code_is_bound_to_client(house: SecureProvider, code: str) -> None:
    other = fapi_party(house, f"fapi{next(numbers)}")
    refused(other.buy(Prover(other.clock), code, VERIFIER), 400, "invalid_grant")


def test_fapi2_ensure_token_endpoint_fails_with_expired_auth_code(
    house: SecureProvider, rp: FapiParty, prover: Prover, code: str
) -> None:
    house.clock.move(seconds=house.settings.tokens.code_seconds + 1)
    refused(rp.buy(prover, code, VERIFIER), 400, "invalid_grant")


def test_fapi2_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(
    rp: FapiParty, prover: Prover, code: str
) -> None:
    now = int(rp.clock().timestamp())
    refused(rp.buy(prover, code, VERIFIER, rp.assertion(exp=now - 300)), 401, "invalid_client")


def test_fapi2_ensure_client_assertion_with_wrong_aud_fails(rp: FapiParty, prover: Prover, code: str) -> None:
    wrong = rp.assertion(aud="https://elders.example")
    refused(rp.buy(prover, code, VERIFIER, wrong), 401, "invalid_client")


def test_fapi2_ensure_client_assertion_with_no_sub_fails(rp: FapiParty, prover: Prover, code: str) -> None:
    refused(rp.buy(prover, code, VERIFIER, rp.assertion(sub=...)), 401, "invalid_client")


def test_fapi2_ensure_mismatched_dpop_jkt_fails(
    rp: FapiParty, prover: Prover, browser: Visitor, pupil: Made
) -> None:
    """The code was asked for with one key and comes with another."""
    other = Prover(rp.clock)
    page = signed_in(browser, pupil, rp.pushed(VERIFIER, dpop_jkt=other.jkt))
    answer = rp.buy(prover, code_of(rp, page), VERIFIER)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_dpop_proof")


# Bound tokens


def userinfo(rp: FapiParty, access_token: str, proof: str | None, scheme: str = "DPoP") -> requests.Response:
    headers = {"Authorization": f"{scheme} {access_token}"}
    if proof is not None:
        headers["DPoP"] = proof
    return rp.http.get(rp.metadata["userinfo_endpoint"], headers=headers)


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dPoP"])
def test_fapi2_access_token_type_header_case_sensitivity(
    rp: FapiParty, prover: Prover, access_token: str, scheme: str
) -> None:
    url = rp.metadata["userinfo_endpoint"]
    answer = userinfo(rp, access_token, prover.proof("GET", url, access_token=access_token), scheme)
    assert answer.status_code == 200, answer.text


HOUR = 3600
NEGATIVE: dict[str, dict[str, Any]] = {
    "another method": {"htm": "POST"},
    "another address": {"htu": "https://elders.example/userinfo"},
    "no method": {"htm": None},
    "no address": {"htu": None},
    "no jti": {"jti": None},
    "no iat": {"iat": None},
    "no hash of the token": {"ath": None},
    "the hash of another token": {"ath": "A" * 43},
    "no nonce": {"nonce": None},
    "a nonce of its own": {"nonce": "mine"},
    "another type": {"header": {"typ": "JWT"}},
    "no key": {"header": {"jwk": None}},
    "signed by another key": {"header": {"jwk": public_jwk(ec.generate_private_key(ec.SECP256R1()))}},
}


@pytest.mark.parametrize("changes", NEGATIVE.values(), ids=list(NEGATIVE))
def test_fapi2_dpop_negative_tests(
    rp: FapiParty, prover: Prover, access_token: str, changes: dict[str, Any]
) -> None:
    url = rp.metadata["userinfo_endpoint"]
    assert (
        userinfo(rp, access_token, prover.proof("GET", url, access_token=access_token, **changes)).status_code
        == 401
    )
    good = prover.proof("GET", url, access_token=access_token)
    assert userinfo(rp, access_token, good).status_code == 200
    assert userinfo(rp, access_token, good).status_code == 401, "a second time"


def test_a_bound_token_needs_a_new_proof_of_its_own_key_and_is_no_bearer_token(
    house: SecureProvider, rp: FapiParty, prover: Prover, access_token: str
) -> None:
    url = rp.metadata["userinfo_endpoint"]
    now = int(house.clock().timestamp())
    other = Prover(rp.clock)
    other.nonce = prover.nonce
    for proof in (
        prover.proof("GET", url, access_token=access_token, iat=now - HOUR),
        prover.proof("GET", url, access_token=access_token, iat=now + HOUR),
        other.proof("GET", url, access_token=access_token),
        secrets.token_urlsafe(20),
        None,
    ):
        assert userinfo(rp, access_token, proof).status_code == 401
    as_bearer = userinfo(rp, access_token, prover.proof("GET", url, access_token=access_token), "Bearer")
    assert as_bearer.status_code == 401
