"""RP-Initiated Logout: who signs out where, and what leads nowhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.certification.discovery_document import told
from tests.certification.leaving import BYE, assert_leads_nowhere, assert_signed_out, is_signed_in, sign_out
from tests.certification.run import Flow, Run
from tests.support.browser import Page
from tests.support.https import SecureProvider


@pytest.fixture
def signed_in(basic: Callable[..., Run]) -> tuple[Run, Flow]:
    """Somebody who is signed in, at an application that may send them off to `BYE`."""
    run = basic(post_logout_redirect_uris=[BYE])
    return run, run.happy()


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(house: SecureProvider) -> None:
    said = told(house)
    assert said["end_session_endpoint"].startswith("https://")


def test_oidcc_rp_initiated_logout(signed_in: tuple[Run, Flow]) -> None:
    run, flow = signed_in
    page = sign_out(run, id_token_hint=flow.id_token, post_logout_redirect_uri=BYE, state="s" * 128)
    assert page.left_for == f"{BYE}?state={'s' * 128}"
    assert_signed_out(run)


def test_oidcc_rp_initiated_logout_no_state(signed_in: tuple[Run, Flow]) -> None:
    run, flow = signed_in
    page = sign_out(run, id_token_hint=flow.id_token, post_logout_redirect_uri=BYE)
    assert page.left_for == BYE
    assert_signed_out(run)


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(signed_in: tuple[Run, Flow]) -> None:
    run, flow = signed_in
    assert_leads_nowhere(
        sign_out(run, id_token_hint=flow.id_token, post_logout_redirect_uri=f"{BYE}/elders", state="x")
    )


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    signed_in: tuple[Run, Flow],
) -> None:
    run, flow = signed_in
    assert_leads_nowhere(
        sign_out(run, id_token_hint=flow.id_token, post_logout_redirect_uri=f"{BYE}?foo=bar", state="x")
    )


def test_oidcc_rp_initiated_logout_modified_id_token_hint(signed_in: tuple[Run, Flow]) -> None:
    """What it says, with `alg` none and no signature."""
    run, flow = signed_in
    _, payload, _ = flow.id_token.split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    assert_leads_nowhere(
        sign_out(run, id_token_hint=f"{header}.{payload}.", post_logout_redirect_uri=BYE, state="x")
    )


def test_oidcc_rp_initiated_logout_bad_id_token_hint(signed_in: tuple[Run, Flow]) -> None:
    """What it says, signed by somebody else who uses our key's name."""
    run, flow = signed_in
    somebody_else = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kid = jwt.get_unverified_header(flow.id_token)["kid"]
    forged = jwt.encode(flow.claims, somebody_else, algorithm="RS256", headers={"kid": kid})
    assert_leads_nowhere(sign_out(run, id_token_hint=forged, post_logout_redirect_uri=BYE, state="x"))


def test_oidcc_rp_initiated_logout_no_id_token_hint(signed_in: tuple[Run, Flow]) -> None:
    run, _ = signed_in
    assert_leads_nowhere(sign_out(run, post_logout_redirect_uri=BYE, state="x"))


def test_oidcc_rp_initiated_logout_no_params(signed_in: tuple[Run, Flow]) -> None:
    run, _ = signed_in
    assert_asks_and_signs_out(run, sign_out(run))


def test_oidcc_rp_initiated_logout_only_state(signed_in: tuple[Run, Flow]) -> None:
    run, _ = signed_in
    assert_asks_and_signs_out(run, sign_out(run, state="s" * 128))


def assert_asks_and_signs_out(run: Run, page: Page) -> None:
    assert_leads_nowhere(page)
    assert is_signed_in(run), "nobody said yes yet"
    run.browser.page = page
    page = run.browser.submit(button="logout-confirm")
    assert (page.status, page.left_for) == (200, None)
    assert_signed_out(run)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(signed_in: tuple[Run, Flow]) -> None:
    run, flow = signed_in
    page = sign_out(run, id_token_hint=flow.id_token, state="x")
    assert (page.status, page.left_for) == (200, None)
    assert_signed_out(run)
