"""Front-Channel Logout: a frame for each application, and a way on without scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from tests.certification.discovery_document import told
from tests.certification.leaving import assert_signed_out, sign_out
from tests.certification.run import Run
from tests.oidc.listening import Application
from tests.support.browser import Page
from tests.support.https import SecureProvider


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(house: SecureProvider) -> None:
    said = told(house)
    assert said["end_session_endpoint"].startswith("https://")
    assert said["frontchannel_logout_supported"] is True
    assert said["frontchannel_logout_session_supported"] is True


@pytest.mark.parametrize("session_required", [True, False])
def test_oidcc_frontchannel_rp_initiated_logout(
    basic: Callable[..., Run], application: Application, session_required: bool
) -> None:
    bye = f"{application.origin}/bye"
    run = basic(
        redirect_uris=[application.callback],
        post_logout_redirect_uris=[bye],
        frontchannel_logout_uri=f"{application.origin}/frontchannel",
        frontchannel_logout_session_required=session_required,
    )
    flow = run.happy()
    page = sign_out(run, id_token_hint=flow.id_token, post_logout_redirect_uri=bye, state="a b&c")
    assert page.status == 200
    for frame in frames_of(page):
        run.browser.http.get(frame)
    expected = {"iss": [run.rp.issuer], "sid": [flow.claims["sid"]]} if session_required else {}
    assert application.framed() == [expected]
    seconds, address = refresh_of(page)
    assert seconds <= 2
    assert address == f"{bye}?state=a%20b%26c"
    assert_signed_out(run)


def frames_of(page: Page) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'<iframe[^>]*\ssrc="([^"]+)"', page.html)]


def refresh_of(page: Page) -> tuple[int, str]:
    """What moves the page on when no script runs."""
    found = re.search(r'<meta http-equiv="refresh" content="(\d+); ?url=([^"]+)"', page.html, re.IGNORECASE)
    assert found is not None, page.html[:1000]
    return int(found[1]), html.unescape(found[2])
