"""Session management: what an application gets, what our frame answers in a real browser, and what the cookie gives away."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from playwright.sync_api import Page

from tests.oidc.listening import Application, listening
from tests.oidc.roads import id_token, through
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

STATE = "leerid_state"

# What a supplier's page does: our frame in it, one question, the answer.
ASK = """
async ([address, question]) => {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = address;
  await new Promise((done) => { frame.onload = done; document.body.append(frame); });
  const answer = new Promise((done) => window.addEventListener("message", (event) => {
    if (event.source === frame.contentWindow) done(`${event.data} from ${event.origin}`);
  }));
  frame.contentWindow.postMessage(question, new URL(address).origin);
  const silence = new Promise((done) => setTimeout(() => done("silence"), 1500));
  const said = await Promise.race([answer, silence]);
  frame.remove();
  return said;
}
"""


@pytest.fixture
def application() -> Iterator[Application]:
    with listening() as made:
        yield made


@pytest.fixture
def rp(provider: Provider, application: Application) -> RelyingParty:
    return provider.relying_party(
        redirect_uris=[application.callback], post_logout_redirect_uris=[f"{application.origin}/bye"]
    )


def session_state(address: str) -> str:
    return dict(parse_qsl(urlsplit(address).query))["session_state"]


# What an application gets


def test_oidcc_session_management_discovery_endpoint_verification(provider: Provider) -> None:
    told = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=5).json()
    assert told["check_session_iframe"] == f"{provider.issuer}/check_session"


def test_it_is_bound_to_the_application_its_origin_and_this_browser(
    provider: Provider, visitor: Visitor
) -> None:
    """OIDC Session Management 1.0 section 3.2."""
    rp = provider.relying_party()
    left_for, _ = through(visitor, provider.people.pupil(), rp)
    given = session_state(left_for)
    salt = given.partition(".")[2]
    made_of = f"oefenapp https://oefenapp.example {visitor.cookie(STATE)} {salt}"
    assert given == f"{hashlib.sha256(made_of.encode()).hexdigest()}.{salt}"


def test_PR_02_no_two_answers_have_it_in_common(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil()
    rps = [provider.relying_party(), provider.relying_party("andere")]
    given = [session_state(through(visitor, pupil, each)[0]) for each in (*rps, *rps)]
    parts = [part for each in given for part in each.split(".")]
    assert len(set(parts)) == len(parts)
    for part in parts:
        assert re.fullmatch(r"[0-9a-f]{64}|[A-Za-z0-9_-]{43}", part)


# The cookie


def test_it_changes_with_who_is_signed_in_and_only_then(provider: Provider, visitor: Visitor) -> None:
    rp, first, second = provider.relying_party(), provider.people.pupil(), provider.people.pupil("basic")
    seen = [visitor.cookie(STATE)]
    token = id_token(rp, *through(visitor, first, rp))
    seen.append(visitor.cookie(STATE))
    through(visitor, first, rp)
    assert visitor.cookie(STATE) == seen[-1], "single sign-on"
    visitor.get(second.card_path)
    visitor.submit(button="login-submit", password=second.password)
    seen.append(visitor.cookie(STATE))
    visitor.get("/end_session")
    assert visitor.cookie(STATE) == seen[-1], "nothing happened yet"
    visitor.submit(button="logout-confirm")
    seen.append(visitor.cookie(STATE))
    through(visitor, first, rp)
    seen.append(visitor.cookie(STATE))
    assert seen[0] is None
    assert len(set(seen)) == 5
    assert token


def test_CV_15_not_you_changes_it_too(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party()
    through(visitor, provider.people.pupil(), rp)
    before = visitor.cookie(STATE)
    visitor.get(rp.ask(prompt="login").url)
    visitor.submit(button="login-switch")
    assert visitor.cookie(STATE) != before


def test_it_says_nothing_about_the_person_and_opens_nothing(
    provider: Provider, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    rp, pupil = provider.relying_party(), provider.people.pupil()
    through(visitor, pupil, rp)
    mine = visitor.cookie(STATE) or ""
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", mine)
    other = new_visitor()
    through(other, pupil, rp)
    assert other.cookie(STATE) != mine
    thief = new_visitor()
    thief.http.cookies.set(STATE, mine)
    asked = rp.ask(prompt="none")
    left_for = thief.get(asked.url).left_for
    assert left_for is not None
    assert rp.answer(left_for, asked)["error"] == "login_required"


def test_a_browser_that_lost_it_gets_another_one_with_its_next_answer(
    provider: Provider, visitor: Visitor
) -> None:
    rp, pupil = provider.relying_party(), provider.people.pupil()
    through(visitor, pupil, rp)
    for planted in (None, "short", "x" * 400):
        visitor.http.cookies.clear("127.0.0.1", "/", STATE)
        if planted:
            visitor.http.cookies.set(STATE, planted, domain="127.0.0.1", path="/")
        left_for, _ = through(visitor, pupil, rp)
        salt = session_state(left_for).partition(".")[2]
        made_of = f"oefenapp https://oefenapp.example {visitor.cookie(STATE)} {salt}"
        assert session_state(left_for) == f"{hashlib.sha256(made_of.encode()).hexdigest()}.{salt}"
        assert len(visitor.cookie(STATE) or "") == 43


def test_OA_36_with_https_it_goes_along_to_frames_and_nobody_can_plant_it(
    open_provider: Callable[..., Provider],
) -> None:
    secure = open_provider(issuer="https://id.leerid.example", server={"insecure_http": False})
    client = secure.app.test_client()
    answer = client.get("/end_session", base_url=secure.issuer)
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if STATE in each]
    assert cookie.startswith(f"__Host-{STATE}=")
    attributes = {each.strip() for each in cookie.split(";")[1:]}
    assert attributes == {"Secure", "SameSite=None", "Path=/"}
    page = client.get("/check_session", base_url=secure.issuer)
    assert f'data-cookie="__Host-{STATE}"' in page.text
    others = [each for each in answer.headers.getlist("Set-Cookie") if STATE not in each]
    assert others
    assert all("HttpOnly" in each and "SameSite=Lax" in each for each in others)


# The frame


def test_OA_34_only_this_page_stands_in_frames_and_nothing_is_on_it(
    provider: Provider, visitor: Visitor
) -> None:
    page = visitor.get("/check_session")
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'self';" in policy
    assert "X-Frame-Options" not in page.headers
    assert "Set-Cookie" not in page.headers
    assert (page.title, page.text, page.forms, page.links) == ("LeerID", "", [], {})


class Asking:
    """An application's page in Chromium, at the origin where the sign-in led."""

    def __init__(self, page: Page, provider: Provider, rp: RelyingParty) -> None:
        self.page = page
        self.provider = provider
        self.rp = rp
        self.state = ""
        self.token = ""

    def sign_in(self, pupil: Made) -> None:
        asked = self.rp.ask()
        self.page.goto(asked.url)
        self.page.fill("#username", pupil.username)
        self.page.click("#login-next")
        self.page.fill("#password", pupil.password)
        self.page.click("#login-submit")
        self.page.wait_for_url(f"{self.rp.redirect_uri}*")
        self.state = session_state(self.page.url)
        self.token = id_token(self.rp, self.page.url, asked)

    def answer(self, question: Any) -> str:
        """Without the part that says whose answer it is, which must be ours."""
        said = str(self.page.evaluate(ASK, [f"{self.provider.issuer}/check_session", question]))
        return said.removesuffix(f" from {self.provider.issuer}")

    def ask(self) -> str:
        return self.answer(f"{self.rp.client_id} {self.state}")


@pytest.fixture
def asking(page: Page, provider: Provider, rp: RelyingParty) -> Asking:
    asking = Asking(page, provider, rp)
    asking.sign_in(provider.people.pupil())
    return asking


def test_oidcc_session_management_rp_initiated_logout(asking: Asking, application: Application) -> None:
    assert asking.ask() == "unchanged"
    assert asking.ask() == "unchanged", "and again"
    bye = f"{application.origin}/bye"
    asking.page.goto(
        f"{asking.provider.issuer}/end_session?id_token_hint={asking.token}&post_logout_redirect_uri={bye}"
    )
    asking.page.wait_for_url(bye)
    assert asking.ask() == "changed"


def test_another_person_is_a_change_for_the_application_of_the_first(asking: Asking) -> None:
    of_the_first = asking.state
    asking.page.goto(asking.rp.ask(prompt="login").url)
    asking.page.click("#login-switch")
    asking.sign_in(asking.provider.people.pupil())
    assert asking.ask() == "unchanged"
    assert asking.answer(f"{asking.rp.client_id} {of_the_first}") == "changed"


def test_what_is_no_question_is_an_error(asking: Asking) -> None:
    client, state = asking.rp.client_id, asking.state
    for question in (
        "",
        client,
        f"{client} ",
        f" {state}",
        f"{client} {state} x",
        f"{client} nosalt",
        7,
        None,
    ):
        assert asking.answer(question) == "error", question
    assert asking.answer({"client_id": client}) == "error"
    assert asking.answer(f"andere {state}") == "changed", "another application's name"
    assert asking.answer(f"{client} {state}x") == "changed"


def test_another_sites_page_learns_nothing(asking: Asking) -> None:
    """Whoever holds the `session_state` of an application, but isn't at its origin, hears what everybody hears."""
    with listening() as stranger:
        asking.page.goto(f"{stranger.origin}/")
        assert asking.ask() == "changed"
        asking.page.goto(asking.rp.redirect_uri)
        assert asking.ask() == "unchanged"


def test_a_frame_that_is_kept_from_the_cookie_does_not_say_that_somebody_left(asking: Asking) -> None:
    """Browsers do that to frames of other sites. "changed" would sign the pupil out of an application at once."""
    asking.page.context.clear_cookies(name=STATE)
    assert asking.ask() == "error"


def test_the_page_by_itself_answers_nobody(asking: Asking) -> None:
    asking.page.goto(f"{asking.provider.issuer}/check_session")
    said = asking.page.evaluate(
        """(question) => new Promise((done) => {
          window.addEventListener("message", (event) => { if (event.data !== question) done(event.data); });
          window.postMessage(question, "*");
          setTimeout(() => done("silence"), 800);
        })""",
        f"{asking.rp.client_id} {asking.state}",
    )
    assert said == "silence"
