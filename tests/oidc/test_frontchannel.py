"""Telling applications in the browser that a sign-in ended: the frames, what they say, and that the way leads on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from idp.oidc.client import ClientFileError
from idp.oidc.registration import read
from tests.oidc.listening import Application, listening
from tests.oidc.roads import id_token, through
from tests.support.browser import Page as VisitedPage
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider, toml
from tests.support.relying_party import RelyingParty


@pytest.fixture
def application() -> Iterator[Application]:
    with listening() as made:
        yield made


def framed(
    provider: Provider, application: Application, client_id: str = "oefenapp", **changed: Any
) -> RelyingParty:
    return provider.relying_party(
        client_id,
        **{
            "redirect_uris": [application.callback],
            "post_logout_redirect_uris": [f"{application.origin}/bye"],
            "frontchannel_logout_uri": f"{application.origin}/frontchannel",
            "frontchannel_logout_session_required": True,
            "sector_identifier": f"{client_id}.example",
            **changed,
        },
    )


def signed_in(provider: Provider, visitor: Visitor, rp: RelyingParty, pupil: Made | None = None) -> str:
    return id_token(rp, *through(visitor, pupil or provider.people.pupil(), rp))


def sign_out(
    visitor: Visitor, rp: RelyingParty, token: str, application: Application, **more: str
) -> VisitedPage:
    given = {"id_token_hint": token, "post_logout_redirect_uri": f"{application.origin}/bye", **more}
    return visitor.get(f"{rp.issuer}/end_session?{urlencode(given)}")


def policy(page: VisitedPage) -> dict[str, list[str]]:
    directives = [each.split() for each in page.headers["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in directives}


# Certification


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(provider: Provider) -> None:
    told = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=5).json()
    assert told["frontchannel_logout_supported"] is True
    assert told["frontchannel_logout_session_supported"] is True
    assert told["end_session_endpoint"] == f"{provider.issuer}/end_session"


def test_oidcc_frontchannel_rp_initiated_logout(
    provider: Provider, page: Page, visitor: Visitor, application: Application
) -> None:
    """A frame with `iss` and `sid` and nothing else; then the redirect, with `state` and nothing else; then nobody is in."""
    rp = framed(provider, application)
    token = in_chromium(provider, page, rp)
    page.goto(out_of(rp, token, application, state="a b&c"))
    page.wait_for_url(f"{application.origin}/bye?state=a%20b%26c")
    sid = rp.verify_jwt(token)["sid"]
    assert application.framed() == [{"iss": [provider.issuer], "sid": [sid]}]
    silent = rp.ask(prompt="none")
    page.goto(silent.url)
    assert rp.answer(page.url, silent)["error"] == "login_required"


def test_oidcc_frontchannel_rp_initiated_logout_without_scripts(
    provider: Provider, chromium: Browser, application: Application
) -> None:
    """The frames are opened, and the page moves on by itself within two seconds."""
    rp = framed(provider, application)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    token = in_chromium(provider, page, rp)
    page.goto(out_of(rp, token, application, state="s"))
    expect(page.locator("h1")).to_have_text("Je bent afgemeld")
    page.wait_for_url(f"{application.origin}/bye?state=s", timeout=6_000)
    assert len(application.framed()) == 1
    context.close()


def in_chromium(provider: Provider, page: Page, rp: RelyingParty) -> str:
    """A pupil signs in; answers the ID token."""
    pupil = provider.people.pupil()
    asked = rp.ask()
    page.goto(asked.url)
    page.fill("#username", pupil.username)
    page.click("#login-next")
    page.fill("#password", pupil.password)
    page.click("#login-submit")
    page.wait_for_url(f"{rp.redirect_uri}*")
    return id_token(rp, page.url, asked)


def out_of(rp: RelyingParty, token: str, application: Application, **more: str) -> str:
    given = {"id_token_hint": token, "post_logout_redirect_uri": f"{application.origin}/bye", **more}
    return f"{rp.issuer}/end_session?{urlencode(given)}"


# The page


def test_the_page_may_frame_these_applications_and_nobody_else(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    with listening() as other:
        pupil, rp = provider.people.pupil(), framed(provider, application)
        second = framed(provider, other, "andere")
        silent = provider.relying_party("stil")
        token = signed_in(provider, visitor, rp, pupil)
        for each in (second, silent):
            through(visitor, pupil, each)
        page = sign_out(visitor, rp, token, application)
        assert sorted(policy(page)["frame-src"]) == sorted([application.origin, other.origin])
        assert page.html.count("<iframe") == 2
        assert policy(page)["frame-ancestors"] == ["'none'"]
    assert policy(visitor.get("/"))["frame-src"] == ["'none'"]


def test_PR_02_each_frame_knows_its_own_sid_only(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    with listening() as other:
        pupil = provider.people.pupil()
        rps = [framed(provider, application), framed(provider, other, "andere")]
        tokens = [signed_in(provider, visitor, rp, pupil) for rp in rps]
        page = sign_out(visitor, rps[0], tokens[0], application)
        for rp, token, at in zip(rps, tokens, (application, other), strict=True):
            query = urlencode({"iss": provider.issuer, "sid": rp.verify_jwt(token)["sid"]})
            assert f'src="{at.origin}/frontchannel?{query.replace("&", "&amp;")}"' in page.html


@pytest.mark.parametrize("required", [True, False])
def test_iss_and_sid_are_told_to_who_requires_them(
    provider: Provider, visitor: Visitor, application: Application, required: bool
) -> None:
    rp = framed(
        provider,
        application,
        frontchannel_logout_uri=f"{application.origin}/frontchannel?from=leerid",
        frontchannel_logout_session_required=required,
    )
    page = sign_out(visitor, rp, signed_in(provider, visitor, rp), application)
    address = f'src="{application.origin}/frontchannel?from=leerid'
    assert f"{address}&amp;iss=" in page.html if required else f'{address}"' in page.html


def test_a_frame_that_hangs_keeps_nobody_longer_than_three_seconds(
    provider: Provider, page: Page, application: Application
) -> None:
    with listening() as hanging:
        rp = framed(provider, application)
        dead = framed(provider, hanging, "hangend")
        token = in_chromium(provider, page, rp)
        page.goto(dead.ask().url)
        hanging.silent = True
        page.goto(out_of(rp, token, application), wait_until="commit")
        item = page.locator("[data-application=hangend]")
        expect(item).to_contain_text("bezig…")
        expect(page.locator("[data-application=oefenapp]")).to_contain_text("afgemeld")
        page.wait_for_url(f"{application.origin}/bye", timeout=6_000)


def test_OA_58_an_application_in_a_frame_can_not_lead_the_page_away(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    rp = framed(provider, application)
    page = sign_out(visitor, rp, signed_in(provider, visitor, rp), application)
    assert 'sandbox="allow-same-origin"' in page.html


# Tells whoever is in another frame of the same page whose sign-in ended, and passes on what it hears.
GOSSIP = b"""<!doctype html><title>Oefenapp</title><script>
addEventListener("message", ({data}) => fetch("/heard?" + encodeURIComponent(data)));
setInterval(() => {
  for (let i = 0; i < parent.frames.length; i++)
    if (parent.frames[i] !== window) parent.frames[i].postMessage("gossip " + location.search, "*");
}, 50);
</script>"""


def test_PR_02_applications_in_two_frames_can_not_tell_each_other_whose_they_were(
    provider: Provider, page: Page, application: Application
) -> None:
    with listening() as other:
        application.page = other.page = GOSSIP
        rps = [framed(provider, application, first_party=True), framed(provider, other, "andere")]
        token = in_chromium(provider, page, rps[0])
        page.goto(rps[1].ask().url)
        page.goto(out_of(rps[0], token, application))
        expect(page.locator("[data-application=andere]")).to_contain_text("afgemeld")
        page.wait_for_timeout(500)
        for each in (application, other):
            assert len(each.framed()) == 1, "both were opened"
            assert not [path for path in each.opened if path.startswith("/heard")]


# Registration


@pytest.fixture
def registered(tmp_path: Path) -> Callable[..., str]:
    """Reads a registration with this; answers the frame's address, or the reason why not."""

    def reading(**changed: Any) -> str:
        table = {
            "client_id": "oefenapp",
            "name": "Oefenapp",
            "client_secret_sha256": "",
            "redirect_uris": ["https://oefenapp.example/callback", "http://127.0.0.1:9000/callback"],
            "sector_identifier": "oefenapp.example",
            "scope": "openid",
            **changed,
        }
        (tmp_path / "oefenapp.toml").write_text(toml(table), encoding="utf-8")
        try:
            return read(tmp_path / "oefenapp.toml").frontchannel_logout_uri
        except ClientFileError as error:
            return str(error)

    return reading


@pytest.mark.parametrize(
    "address",
    [
        "https://oefenapp.example/logout",
        "https://oefenapp.example/logout?from=leerid",
        "http://127.0.0.1:9000/logout",
    ],
)
def test_a_frame_at_the_applications_own_origin_is_registered(
    registered: Callable[..., str], address: str
) -> None:
    assert registered(frontchannel_logout_uri=address) == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://evil.example/logout", "one of the redirect_uris"),
        ("https://oefenapp.example:8443/logout", "one of the redirect_uris"),
        ("https://sub.oefenapp.example/logout", "one of the redirect_uris"),
        ("http://127.0.0.1:9001/logout", "one of the redirect_uris"),
        ("http://oefenapp.example/logout", "must be https"),
        ("https://oefenapp.example/logout#x", "fragment"),
        ("https://x@oefenapp.example/logout", "user information"),
        ("https://*.example/logout", "character"),
        ("javascript:alert(1)", "needs a host name"),
        ("https://oefenapp.example/a/../logout", "dot segment"),
        ("https://oefenapp.example/logout?sid=1", "already has the parameter sid"),
        ("https://oefenapp.example/logout?iss=x", "already has the parameter iss"),
    ],
)
def test_OA_27_a_frame_elsewhere_or_a_hostile_one_is_refused(
    registered: Callable[..., str], address: str, reason: str
) -> None:
    told = registered(frontchannel_logout_uri=address)
    assert "frontchannel_logout_uri: " in told
    assert reason in told
