"""Back-Channel Logout: the token that an application gets behind the pages, over TLS 1.3."""

from __future__ import annotations

from collections.abc import Callable

import jwt
import pytest

from idp.oidc import backchannel
from tests.certification.discovery_document import told
from tests.certification.leaving import BYE, assert_signed_out, sign_out
from tests.certification.run import Run
from tests.oidc.listening import Application
from tests.support.https import Door, SecureProvider

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def test_oidcc_backchannel_logout_discovery_endpoint_verification(house: SecureProvider) -> None:
    said = told(house)
    assert said["end_session_endpoint"].startswith("https://")
    assert said["backchannel_logout_supported"] is True
    assert said["backchannel_logout_session_supported"] is True


@pytest.mark.parametrize("session_required", [True, False])
def test_oidcc_backchannel_rp_initiated_logout(
    basic: Callable[..., Run], application: Application, door: Door, session_required: bool
) -> None:
    run = basic(
        post_logout_redirect_uris=[BYE],
        backchannel_logout_uri=application.address,
        backchannel_logout_session_required=session_required,
    )
    flow = run.happy()
    page = sign_out(run, id_token_hint=flow.id_token, post_logout_redirect_uri=BYE, state="s")
    backchannel.deliver_due(run.house.app)
    (arrived,) = application.got
    assert arrived["type"].partition(";")[0] == "application/x-www-form-urlencoded"
    assert set(arrived["form"]) == {"logout_token"}
    assert door.versions == ["TLSv1.3"]
    assert_logout_token(run, arrived["form"]["logout_token"], flow.claims)
    assert page.left_for == f"{BYE}?state=s" or f"{BYE}?state=s" in page.html
    assert_signed_out(run)


def assert_logout_token(run: Run, tokens: list[str], of_sign_in: dict[str, object]) -> None:
    (token,) = tokens
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("RS256", "logout+jwt")
    claims = run.rp.verify_jwt(token)
    assert (claims["iss"], claims["aud"]) == (run.rp.issuer, run.rp.client_id)
    assert claims["jti"]
    assert claims["events"] == {EVENT: {}}
    assert "nonce" not in claims
    assert claims["sub"] == of_sign_in["sub"]
    assert claims["sid"] == of_sign_in["sid"]
