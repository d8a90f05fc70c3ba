"""The page after signing out: whom it names, how each one stands, where it leads, and for whom it isn't."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import BrowserContext, expect
from playwright.sync_api import Page as ChromiumPage
from sqlalchemy import select

from idp.oidc import backchannel
from idp.oidc.records import LogoutNotice
from tests.oidc.listening import Application, listening
from tests.oidc.roads import id_token, through
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

BYE = "https://oefenapp.example/bye"
GONE = "Sluit die zelf af, of sluit alle vensters van de browser."
STATES = ("afgemeld", "bezig…", "niet bereikt")


@pytest.fixture
def application() -> Iterator[Application]:
    with listening() as made:
        yield made


class Town:
    """One pupil with three applications open: one that asks to sign out, one that hears of it, and one that can't."""

    def __init__(self, provider: Provider, application: Application, **asker: Any) -> None:
        self.provider = provider
        self.pupil: Made = provider.people.pupil(given_name="Wannes", family_name="Wouters")
        self.asker = provider.relying_party(post_logout_redirect_uris=[BYE], **asker)
        self.hearing = provider.relying_party(
            "luisteraar", name="Luisterhoek", backchannel_logout_uri=application.address
        )
        self.deaf = provider.relying_party("doof", name="Stil lezen")

    def sign_in(self, visitor: Visitor, *others: RelyingParty) -> str:
        token = id_token(self.asker, *through(visitor, self.pupil, self.asker))
        for each in others:
            through(visitor, self.pupil, each)
        return token

    def out_address(self, token: str, **parameters: str) -> str:
        return f"{self.provider.issuer}/end_session?{urlencode({'id_token_hint': token, **parameters})}"

    def sign_out(self, visitor: Visitor, token: str, **parameters: str) -> Page:
        given = parameters or {"post_logout_redirect_uri": BYE, "state": "s"}
        return visitor.get(self.out_address(token, **given))


@pytest.fixture
def town(provider: Provider, application: Application) -> Town:
    return Town(provider, application)


@pytest.fixture
def portal_town(provider: Provider, application: Application) -> Town:
    return Town(provider, application, first_party=True)


def standing(page: Page) -> dict[str, str]:
    """Application -> its word, as somebody who sees the page reads it."""
    told = {}
    for item in page.html.split("<li class=")[1:]:
        shown = [part for part in item.split("<span data-state=")[1:] if " hidden>" not in part[:40]]
        (word,) = [word for word in STATES if word in shown[0].split("</span></span>")[0]]
        told[item.split('data-application="')[1].split('"')[0]] = word
    return told


def is_farewell(page: Page, town: Town) -> bool:
    return page.left_for is None and page.url.startswith(f"{town.provider.issuer}/farewell/")


# Whom it names


def test_the_page_says_who_was_told_and_who_was_not(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing, town.deaf))
    assert is_farewell(page, town)
    assert page.title.startswith("Je bent afgemeld")
    assert standing(page)["luisteraar"] == "bezig…"
    assert standing(page)["doof"] == "niet bereikt"
    assert "Luisterhoek" in page.text
    assert GONE in page.text
    assert backchannel.deliver_due(town.provider.app) == 1
    again = visitor.get(page.links["Kijk opnieuw"])
    assert standing(again)["luisteraar"] == "afgemeld"
    assert standing(again)["doof"] == "niet bereikt"
    assert "Kijk opnieuw" not in again.links, "all is settled"


def test_FT_20_who_does_not_answer_is_not_reached_and_still_told_later(
    town: Town, visitor: Visitor, application: Application
) -> None:
    application.status = 503
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    backchannel.deliver_due(town.provider.app)
    town.provider.clock.move(seconds=6)
    assert standing(visitor.get(page.url))["luisteraar"] == "niet bereikt"
    application.status = 200
    town.provider.clock.move(seconds=6)
    assert backchannel.deliver_due(town.provider.app) == 1
    assert standing(visitor.get(page.url))["luisteraar"] == "afgemeld"


def test_FT_20_the_page_itself_waits_for_nobody(
    town: Town, visitor: Visitor, application: Application
) -> None:
    application.silent = True
    token = town.sign_in(visitor, town.hearing)
    assert is_farewell(town.sign_out(visitor, token), town)
    assert application.got == [], "nobody was told yet, so nobody was waited for"


def test_PR_02_no_name_of_the_pupil_is_on_it_or_in_its_address(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing, town.deaf))
    for secret in ("Wannes", "Wouters", town.pupil.username):
        assert secret not in page.html
        assert secret not in page.url
    with town.provider.reading() as db:
        assert all(each not in page.html for each in db.scalars(select(LogoutNotice.subject)))


def test_whoever_takes_no_token_is_not_sent_one(town: Town, visitor: Visitor) -> None:
    town.sign_out(visitor, town.sign_in(visitor, town.deaf))
    assert backchannel.deliver_due(town.provider.app) == 0
    with town.provider.reading() as db:
        (notice,) = db.scalars(select(LogoutNotice))
    assert (notice.client_id, notice.tries, notice.gave_up_at) == ("doof", 0, None)


def test_the_application_that_asked_knows_and_is_not_called_unreached(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    assert set(standing(page)) == {"luisteraar"}


def test_an_application_that_was_unregistered_since_is_left_out(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing, town.deaf))
    town.provider.unregister("doof")
    assert "doof" not in standing(visitor.get(page.url))


# Where it leads


def test_oidcc_rp_initiated_logout_with_nobody_else_to_tell_goes_straight_on(
    town: Town, visitor: Visitor
) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor))
    assert page.left_for == f"{BYE}?state=s"


def test_oidcc_backchannel_rp_initiated_logout_goes_straight_on_too(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    town = Town(provider, application, backchannel_logout_uri=application.address)
    assert town.sign_out(visitor, town.sign_in(visitor)).left_for == f"{BYE}?state=s"
    assert backchannel.deliver_due(provider.app) == 1


def test_another_application_gets_its_visitor_back_with_state_and_nothing_else(
    town: Town, visitor: Visitor
) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    assert f'content="2; url={BYE}?state=s"' in page.html
    assert page.links["Ga verder"] == f"{BYE}?state=s"


def test_a_portal_of_ours_keeps_its_visitor_until_they_have_read_it(
    portal_town: Town, visitor: Visitor
) -> None:
    page = portal_town.sign_out(visitor, portal_town.sign_in(visitor, portal_town.hearing))
    assert is_farewell(page, portal_town)
    assert "http-equiv" not in page.html
    assert "data-moves-on" not in page.html
    assert page.links["Ga verder"] == f"{BYE}?state=s"


def test_without_an_address_it_leads_to_the_leerlingloket(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing), state="x")
    assert is_farewell(page, town)
    portal = town.provider.settings.portals.leerlingloket
    assert page.links["Naar het Leerlingloket"].rstrip("/") == portal
    assert "data-moves-on" not in page.html


def test_OA_41_after_a_yes_on_our_own_page_it_comes_too(town: Town, visitor: Visitor) -> None:
    town.sign_in(visitor, town.hearing)
    visitor.get(f"{town.provider.issuer}/end_session")
    page = visitor.submit(button="logout-confirm")
    assert is_farewell(page, town)
    assert set(standing(page)) == {"oefenapp", "luisteraar"}


@pytest.mark.parametrize(
    "address", ["https://evil.example/bye", f"{BYE}?x=1", "//evil.example", "javascript:alert(1)"]
)
def test_OA_04_its_address_leads_nowhere_that_is_not_registered(
    town: Town, visitor: Visitor, address: str
) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    bare = page.url.partition("?")[0]
    for given in ({"client_id": "oefenapp"}, {"client_id": "luisteraar"}):
        refused = visitor.get(f"{bare}?{urlencode({**given, 'post_logout_redirect_uri': address})}")
        assert (refused.status, refused.left_for) == (400, None)
    unvouched = visitor.get(f"{bare}?{urlencode({'post_logout_redirect_uri': address})}")
    assert address not in unvouched.html


# For whom it isn't


def test_it_is_for_this_browser_only(
    town: Town, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    for stranger in (new_visitor(), new_visitor()):
        seen = stranger.get(page.url)
        assert seen.url == f"{town.provider.issuer}/"
        assert "Luisterhoek" not in seen.text
        assert stranger.get(states_of(page)).status == 404


def states_of(page: Page) -> str:
    return page.url.partition("?")[0] + "/states"


def test_it_is_over_after_ten_minutes(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    town.provider.clock.move(minutes=9)
    assert "Luisterhoek" in visitor.get(page.url).text
    town.provider.clock.move(minutes=2)
    assert "Luisterhoek" not in visitor.get(page.url).text
    assert visitor.get(states_of(page)).status == 404


def test_CV_15_the_next_one_who_signs_in_here_does_not_see_it(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    through(visitor, town.provider.people.pupil("basic"), town.deaf)
    assert "Luisterhoek" not in visitor.get(page.url).text
    assert visitor.get(states_of(page)).status == 404


def test_it_does_not_say_that_somebody_is_out_who_is_in(town: Town, visitor: Visitor) -> None:
    town.sign_in(visitor)
    page = visitor.get(f"{town.provider.issuer}/farewell/{'A' * 43}")
    assert page.url == f"{town.provider.issuer}/"
    assert "Je bent afgemeld" not in page.text


def test_PR_02_an_application_that_comes_with_a_hint_by_itself_hears_of_no_other(
    town: Town, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    token = town.sign_in(visitor, town.hearing)
    page = town.sign_out(new_visitor(), token)
    assert page.left_for == f"{BYE}?state=s"
    assert backchannel.deliver_due(town.provider.app) == 1, "it is told all the same"


def test_a_sign_in_that_was_only_idle_has_a_farewell_too(town: Town, visitor: Visitor) -> None:
    token = town.sign_in(visitor, town.hearing)
    town.provider.clock.move(minutes=45)
    page = town.sign_out(visitor, token)
    assert standing(page)["luisteraar"] == "bezig…"


def test_the_database_holds_neither_the_address_nor_the_browser(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    value = page.url.partition("?")[0].rpartition("/")[2]
    with town.provider.reading() as db:
        (farewell,) = set(db.scalars(select(LogoutNotice.farewell)))
    assert farewell is not None
    assert len(farewell) == 64
    assert value not in farewell


# The language


def test_it_speaks_the_language_of_whoever_leaves_and_then_forgets_it(town: Town, visitor: Visitor) -> None:
    token = town.sign_in(visitor, town.hearing)
    visitor.get("/")
    visitor.submit("/language", language="fr")
    page = town.sign_out(visitor, token)
    assert 'lang="fr"' in page.html
    assert visitor.cookie("leerid_language") is None
    assert 'lang="nl"' in visitor.get("/").html


@pytest.mark.parametrize("others", [0, 1])
def test_PR_23_signing_out_drops_the_language(town: Town, visitor: Visitor, others: int) -> None:
    token = town.sign_in(visitor, *[town.hearing][:others])
    visitor.get("/")
    visitor.submit("/language", language="en")
    town.sign_out(visitor, token)
    assert visitor.cookie("leerid_language") is None


def test_CV_15_not_you_drops_the_language(town: Town, visitor: Visitor) -> None:
    town.sign_in(visitor)
    visitor.get("/")
    visitor.submit("/language", language="en")
    visitor.get(town.asker.ask(prompt="login").url)
    page = visitor.submit(button="login-switch")
    assert visitor.cookie("leerid_language") is None
    assert 'lang="nl"' in page.html


# In a browser


@pytest.fixture
def leaving(browser_context: BrowserContext, visitor: Visitor) -> Callable[[Town, str], ChromiumPage]:
    """Chromium, with everything that this visitor has."""

    def go(town: Town, address: str) -> ChromiumPage:
        page = browser_context.new_page()
        browser_context.add_cookies(
            [
                {"name": each.name, "value": str(each.value), "url": town.provider.issuer}
                for each in visitor.http.cookies
            ]
        )
        page.route("https://oefenapp.example/**", lambda route: route.fulfill(body="bye"))
        page.goto(address)
        return page

    return go


def hold(device: BrowserContext) -> None:
    """Time passes on its pages when a test says so."""
    device.clock.install(time=0)
    device.clock.pause_at(1000)


def test_the_page_follows_by_itself_what_happens(
    portal_town: Town, visitor: Visitor, leaving: Callable[[Town, str], ChromiumPage]
) -> None:
    town = portal_town
    token = town.sign_in(visitor, town.hearing, town.deaf)
    page = leaving(town, town.out_address(token, post_logout_redirect_uri=BYE))
    hearing, deaf = (page.locator(f"[data-application={name}]") for name in ("luisteraar", "doof"))
    expect(hearing.get_by_text("bezig…")).to_be_visible()
    backchannel.deliver_due(town.provider.app)
    expect(hearing.get_by_text("afgemeld")).to_be_visible()
    expect(hearing.get_by_text("bezig…")).to_be_hidden()
    expect(deaf.get_by_text("niet bereikt")).to_be_visible()
    expect(deaf.get_by_text(GONE)).to_be_visible()
    expect(page.locator("[role=status]")).to_contain_text("Niet elke applicatie is bereikt.")
    page.wait_for_timeout(3500)
    page.click("#farewell-next")
    page.wait_for_url(BYE)


def test_it_moves_on_as_soon_as_everybody_was_reached(
    town: Town,
    visitor: Visitor,
    leaving: Callable[[Town, str], ChromiumPage],
    browser_context: BrowserContext,
) -> None:
    token = town.sign_in(visitor, town.hearing)
    hold(browser_context)
    page = leaving(town, town.out_address(token, post_logout_redirect_uri=BYE, state="a b"))
    backchannel.deliver_due(town.provider.app)
    page.reload(wait_until="commit")
    page.wait_for_url(f"{BYE}?state=a%20b")


def test_it_moves_on_after_three_seconds_whoever_was_not_reached(
    town: Town,
    visitor: Visitor,
    leaving: Callable[[Town, str], ChromiumPage],
    browser_context: BrowserContext,
) -> None:
    token = town.sign_in(visitor, town.hearing)
    hold(browser_context)
    page = leaving(town, town.out_address(token, post_logout_redirect_uri=BYE))
    page.clock.run_for(2900)
    expect(page.locator("h1")).to_have_text("Je bent afgemeld")
    page.clock.run_for(200)
    page.wait_for_url(BYE)


def test_its_states_are_told_to_its_own_script_only(town: Town, visitor: Visitor) -> None:
    page = town.sign_out(visitor, town.sign_in(visitor, town.hearing))
    answer = visitor.get(states_of(page), headers={"Origin": "https://evil.example"})
    assert answer.response.json() == {"luisteraar": "busy"}
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert requests.get(states_of(page), timeout=5).status_code == 404
