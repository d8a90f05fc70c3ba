"""A pupil's year at the Leerlingloket, in Chromium: everything of the pupils' manual, and what happens with a LeerID.

Mails are read from a mail server, and their links opened in another browser. Every state is read by axe in light and dark,
on a telephone and twice as large; pictures of them are kept in the folder LEERID_SCREENSHOTS, or without it in pytest's own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys import desk, pupil, walks
from tests.journeys.album import Album
from tests.journeys.conftest import SCREENSHOTS, Town, fresh, running_town
from tests.journeys.desk import CITY
from tests.journeys.letterbox import Letterbox, delivered
from tests.journeys.overheard import Overheard
from tests.support.databases import postgresql_cluster
from tests.support.mail_server import html_of, text_of

ANOTHER_PASSWORD = "Lantaarnpaal-zeemeeuw-9"


@pytest.fixture(scope="module")
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One of our own, because its mails really go; on one kind of database: pages don't know which one is behind them."""
    folder = tmp_path_factory.mktemp("demo")
    wanted = os.environ.get("LEERID_TEST_DATABASE") or request.config.getoption("--database")
    if wanted == "postgresql":
        with postgresql_cluster() as url, running_town(folder, url) as town:
            yield town
    else:
        with running_town(folder) as town:
            yield town


@pytest.fixture(scope="module")
def letterbox(town: Town) -> Iterator[Letterbox]:
    with delivered(town) as letterbox:
        yield letterbox


@pytest.fixture
def album(tmp_path: Path) -> Album:
    folder = Path(os.environ[SCREENSHOTS]) if SCREENSHOTS in os.environ else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return Album(folder)


@pytest.fixture
def another(chromium: Browser, town: Town) -> Iterator[Callable[..., Page]]:
    """A fresh browser: that of a pupil, of a brother, of whoever reads the mail. None of them speaks to anybody else."""
    opened, overheard = [], Overheard()

    def open_one(**options: Any) -> Page:
        opened.append(fresh(chromium, **options))
        page = opened[-1].new_page()
        overheard.listen(page)
        return page

    yield open_one
    for context in opened:
        context.close()
    overheard.assert_alone_with(town)


@pytest.fixture
def tablet(another: Callable[..., Page]) -> Page:
    return another()


def grown_up(town: Town, number: int) -> dict[str, Any]:
    """An advanced pupil with a password of their own."""
    return town.users("advanced")[-number]


def newcomer(town: Town, number: int) -> dict[str, Any]:
    """With a card, and a temporary password on it."""
    return town.users("advanced", "must-choose")[number]


def young(town: Town, number: int) -> dict[str, Any]:
    return town.users("basic", pictures=True)[number]


# A card, an own password, an address


def test_R8_R14_R55_R58_R67_R68_R71_R72_PW_31_from_the_card_to_a_verified_address(
    town: Town, letterbox: Letterbox, tablet: Page, another: Callable[..., Page], album: Album
) -> None:
    who = newcomer(town, 0)
    walks.open_card(tablet, town, who)
    walks.type_password(tablet, who["password"])
    expect(tablet.get_by_role("heading", name="Pas je wachtwoord aan")).to_be_visible()
    album.keep(tablet, "a1 own password")
    pupil.choose_password(tablet, walks.OWN_PASSWORD)
    expect(tablet.locator("main")).to_contain_text("Je wachtwoord is aangepast.")
    album.keep(tablet, "a2 address offered")
    tablet.locator("#email-skip").click()
    walks.at_the_dashboard(tablet, town)

    pupil.open_profile(tablet)
    expect(tablet.locator("main")).to_contain_text("Voeg een e-mailadres toe.")
    album.keep(tablet, "a3 profile without an address")
    tablet.locator("#add-email").click()
    album.keep(tablet, "a4 address asked")
    tablet.locator("#email").fill("geen adres")
    tablet.locator("form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
    tablet.locator("#email-submit").click()
    expect(tablet.locator(".field-error")).to_be_visible()
    album.keep(tablet, "a5 address wrong")
    address = f"{who['username']}@postbus.example"
    tablet.locator("#email").fill(address)
    tablet.locator("#email-submit").click()
    expect(tablet.locator("body")).to_contain_text(
        "We hebben een e-mail verzonden naar je e-mailadres om het te verifiëren."
    )
    album.keep(tablet, "a6 mail sent")
    tablet.locator("#back-to-profile").click()
    expect(tablet.locator("#unverified")).to_contain_text(address)
    album.keep(tablet, "a7 profile with the banner")

    mail = letterbox.newest_to(address)
    assert who["given_name"] in text_of(mail)
    [link] = letterbox.links_in(mail)
    assert f'href="{link}"' in html_of(mail)
    at_home = another()
    at_home.goto(link)
    expect(at_home.locator("main")).to_contain_text(who["username"])
    album.keep(at_home, "a8 link opened")
    tablet.reload()
    expect(tablet.locator("#unverified")).to_be_visible()  # opening it does nothing yet
    at_home.locator("#email-submit").click()
    expect(at_home.get_by_role("heading", level=1)).to_have_text("Je e-mailadres is bevestigd")
    album.keep(at_home, "a9 address confirmed")

    tablet.reload()
    expect(tablet.locator("#unverified")).to_have_count(0)
    expect(tablet.locator("main")).to_contain_text(address)
    expect(tablet.locator("main")).not_to_contain_text("nog niet geverifieerd")
    album.keep(tablet, "a10 profile with its address")
    at_home.goto(link)
    expect(at_home.get_by_role("heading", level=1)).to_have_text("Deze link werkt niet meer")
    album.keep(at_home, "a11 link used twice")


def test_R71_R74_the_mail_comes_again_and_another_address_takes_its_place(
    town: Town, letterbox: Letterbox, tablet: Page, another: Callable[..., Page], album: Album
) -> None:
    who = grown_up(town, 1)
    first, second = f"{who['username']}@typfout.example", f"{who['username']}@postbus.example"
    pupil.come_in(tablet, town, who)
    pupil.add_address(tablet, first)
    tablet.locator("#back-to-profile").click()
    tablet.locator("#resend-banner").click()
    letterbox.newest_to(first, count=2)
    tablet.locator("#back-to-profile").click()
    expect(tablet.locator("#unverified")).to_contain_text(first)
    pupil.add_address(tablet, second)
    tablet.locator("#back-to-profile").click()
    expect(tablet.locator("#unverified")).to_contain_text(second)
    at_home = another()
    for mail in letterbox.mails_to(first):
        at_home.goto(letterbox.links_in(mail)[0])
        expect(at_home.get_by_role("heading", level=1)).to_have_text("Deze link werkt niet meer")
    at_home.goto(letterbox.links_in(letterbox.newest_to(second))[0])
    at_home.locator("#email-submit").click()
    expect(at_home.get_by_role("heading", level=1)).to_have_text("Je e-mailadres is bevestigd")

    third = f"{who['username']}@nieuw.example"
    tablet.reload()
    pupil.add_address(tablet, third)
    tablet.locator("#back-to-profile").click()
    expect(tablet.locator("main")).to_contain_text(second)  # it stays until the new one is proven
    album.keep(tablet, "a12 profile with an old and a new address")
    at_home.goto(letterbox.links_in(letterbox.newest_to(third))[0])
    at_home.locator("#email-submit").click()
    told = letterbox.newest_to(second, count=2)
    assert "niet meer gekoppeld aan je LeerID" in str(told["Subject"])
    assert third not in text_of(told)


# "Wachtwoord vergeten?"


def verified(letterbox: Letterbox, tablet: Page, reader: Page, address: str, *, count: int = 1) -> None:
    """An address, added and proven; `count` says which mail to it this is."""
    pupil.add_address(tablet, address)
    reader.goto(letterbox.links_in(letterbox.newest_to(address, count=count))[0])
    reader.locator("#email-submit").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Je e-mailadres is bevestigd")


def test_R15_R48_PW_26_PW_30_a_brother_and_a_sister_share_an_address_and_one_forgot_the_password(
    town: Town, letterbox: Letterbox, tablet: Page, another: Callable[..., Page], album: Album
) -> None:
    sister, brother = grown_up(town, 2), grown_up(town, 3)
    address = "thuis@postbus.example"
    of_brother, at_home = another(), another()
    pupil.come_in(tablet, town, sister)
    verified(letterbox, tablet, at_home, address)
    pupil.come_in(of_brother, town, brother)
    verified(letterbox, of_brother, at_home, address, count=2)

    asking = another()
    walks.type_name(asking, town, address)
    expect(asking.locator("main")).to_contain_text("Gebruik je dit adres samen met je broer of zus?")
    album.keep(asking, "b1 a shared address")
    walks.type_password(asking, sister["password"])
    expect(asking.locator(".field-error")).to_be_visible()  # it is nobody's in particular
    asking.get_by_role("link", name="Meld je dan aan met je gebruikersnaam.").click()
    asking.locator("#username").fill(sister["username"])
    asking.locator("#login-next").click()
    asking.get_by_role("link", name="Wachtwoord vergeten?").click()
    album.keep(asking, "b2 password forgotten")
    asking.locator("#username").fill(address)
    asking.locator("#forgot-submit").click()
    expect(asking.get_by_role("heading", level=1)).to_have_text("Kijk in je mailbox")
    album.keep(asking, "b3 look in your mailbox")

    mail = letterbox.newest_to(address, count=3)
    assert [who["username"] in text_of(mail) for who in (sister, brother)] == [True, True]
    links = letterbox.links_in(mail)
    assert len(links) == 2
    of_sister = next(link for link in links if is_for(at_home, link, sister["username"]))
    album.keep(at_home, "b4 a new password")
    pupil.choose_password(at_home, sister["username"])
    expect(at_home.locator(".field-error")).to_be_visible()
    album.keep(at_home, "b5 a new password refused")
    pupil.choose_password(at_home, ANOTHER_PASSWORD)
    expect(at_home.get_by_role("heading", level=1)).to_have_text("Je wachtwoord is aangepast.")
    album.keep(at_home, "b6 a new password chosen")
    at_home.goto(of_sister)
    expect(at_home.get_by_role("heading", level=1)).to_have_text("Deze link werkt niet meer")
    album.keep(at_home, "b7 the link once more")

    tablet.goto(f"{town.leerlingloket}/profile")
    pupil.is_asked_who_it_is(tablet)  # signed in with the old password: that is over
    of_brother.goto(town.leerlingloket)
    walks.at_the_dashboard(of_brother, town)
    told = letterbox.newest_to(address, count=4)
    assert str(told["Subject"]) == "Je wachtwoord van LeerID is aangepast"
    assert sister["username"] in text_of(told)
    assert ANOTHER_PASSWORD not in text_of(told)

    walks.open_card(tablet, town, sister)
    walks.type_password(tablet, sister["password"])
    expect(tablet.locator(".field-error")).to_be_visible()
    walks.type_password(tablet, ANOTHER_PASSWORD)
    walks.at_the_dashboard(tablet, town)


def is_for(page: Page, link: str, username: str) -> bool:
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Kies een nieuw wachtwoord")
    return username in page.locator("main").inner_text()


@pytest.mark.parametrize("typed", ["niemand.die.bestaat", "abdulghani.bogdan", "niemand@postbus.example"])
def test_OA_37_who_has_no_address_gets_the_same_page_and_no_mail(
    town: Town, letterbox: Letterbox, tablet: Page, typed: str
) -> None:
    before = len(letterbox.server.mails)
    tablet.goto(f"{town.issuer}/forgot")
    tablet.locator("#username").fill(typed)
    tablet.locator("#forgot-submit").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Kijk in je mailbox")
    assert typed not in tablet.locator("main").inner_text()
    tablet.wait_for_timeout(5000)  # two rounds of the worker
    assert len(letterbox.server.mails) == before


# Another password


def test_R57_R59_R65_R66_another_password_from_the_profile_and_back(
    town: Town, letterbox: Letterbox, tablet: Page, another: Callable[..., Page], album: Album
) -> None:
    who, elsewhere = grown_up(town, 4), another()
    for page in (tablet, elsewhere):
        pupil.come_in(page, town, who)
    pupil.open_profile(tablet)
    tablet.locator("#change-password").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Pas je wachtwoord aan")
    assert tablet.url.startswith(f"{town.issuer}/")
    album.keep(tablet, "c1 another password")
    tablet.locator("#password-cancel").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Mijn LeerID Profiel")
    tablet.locator("#change-password").click()
    expect(tablet.locator("#others")).to_be_checked()
    pupil.choose_password(tablet, "te kort")
    expect(tablet.locator(".field-error")).to_be_visible()
    album.keep(tablet, "c2 another password, too short")
    pupil.choose_password(tablet, ANOTHER_PASSWORD)
    expect(tablet.locator("main")).to_contain_text("Je kan nu op LeerID aanmelden met je nieuw wachtwoord.")
    album.keep(tablet, "c3 another password chosen")
    tablet.locator("#password-next").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Mijn LeerID Profiel")
    assert tablet.url == f"{town.leerlingloket}/profile"
    elsewhere.goto(f"{town.leerlingloket}/profile")
    pupil.is_asked_who_it_is(elsewhere)
    walks.sign_out(tablet)
    walks.open_card(tablet, town, who)
    walks.type_password(tablet, ANOTHER_PASSWORD)
    pupil.past_the_offer(tablet)
    walks.at_the_dashboard(tablet, town)


# The applications


def test_R49_R50_PR_20_a_favourite_one_click_to_it_and_the_end_of_what_it_gets(
    town: Town, tablet: Page, album: Album
) -> None:
    who = young(town, 0)
    pupil.come_in(tablet, town, who)
    tile = tablet.locator("#app-rekenrijk")
    star = tile.get_by_role("button")
    expect(star).to_have_attribute("aria-pressed", "false")
    album.keep(tablet, "d1 dashboard")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(tablet.locator("#tiles > li").first).to_have_id("app-rekenrijk")
    album.keep(tablet, "d2 dashboard with a favourite")
    tile.get_by_role("link", name="Wat krijgt deze toepassing van mij?").click()
    expect(tablet.get_by_role("heading", level=1)).to_contain_text("Rekenrijk")
    album.keep(tablet, "d3 what an application gets")
    tablet.get_by_role("link", name="Mijn Dashboard").first.click()
    visited = pupil.open_rekenrijk(tablet, town, who["given_name"])
    assert not [url for url in visited if "/login/" in url or "/approve/" in url], "a page stood in between"

    tablet.goto(town.leerlingloket)
    pupil.open_activity(tablet)
    applications = tablet.locator("section", has=tablet.locator("#applications"))
    expect(applications).to_contain_text("Rekenrijk")
    album.keep(tablet, "d4 activity")
    tablet.locator("#end-rekenrijk").click()
    album.keep(tablet, "d5 stop sharing")
    tablet.locator("#end-access").click()
    expect(tablet.locator(".notice-good")).to_be_visible()
    expect(applications).to_contain_text("Krijgt nu niets meer over jou.")
    album.keep(tablet, "d6 sharing stopped")
    pupil.open_dashboard(tablet, town)
    walks.open_rekenrijk(tablet)
    expect(tablet.locator("#consent-allow")).to_be_visible()  # what it gets is shown once more
    album.keep(tablet, "d7 opened after sharing stopped")
    tablet.locator("#consent-allow").click()
    expect(tablet.locator("body")).to_contain_text(who["given_name"])


# "Dit was ik niet"


def test_PR_12_this_was_not_me_ends_everything_and_the_school_sees_it(
    town: Town, letterbox: Letterbox, tablet: Page, office: Page, another: Callable[..., Page], album: Album
) -> None:
    who, stranger = town.user("jonas.debacker"), another()
    for page in (stranger, tablet):
        pupil.come_in(page, town, who)
    pupil.open_activity(tablet)
    expect(tablet.locator("section", has=tablet.locator("#signed-in"))).to_contain_text("Meld af")
    album.keep(tablet, "e1 activity with a stranger")
    tablet.locator("#not-me").click()
    album.keep(tablet, "e2 this was not me")
    tablet.locator("#not-me-confirm").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Je bent overal afgemeld")
    album.keep(tablet, "e3 this was not me, done")
    for page in (stranger, tablet):
        page.goto(f"{town.leerlingloket}/profile")
        pupil.is_asked_who_it_is(page)

    desk.beheerder(office, town, CITY)
    desk.search(office, "de backer")
    expect(desk.row(office, "Jonas")).to_contain_text("niet")
    album.keep(office, "e4 list with a report")
    desk.open_pupil(office, "Jonas")
    album.keep(office, "e5 pupil with a report")
    office.get_by_role("button", name="Afgehandeld").click()
    expect(office.get_by_role("button", name="Afgehandeld")).to_have_count(0)
    album.keep(office, "e6 pupil with a report settled")


# The youngest


def test_R17_R54_a_child_practises_signs_in_with_pictures_and_reads_the_profile(
    town: Town, tablet: Page, album: Album
) -> None:
    who = young(town, 1)
    walks.open_card(tablet, town, who)
    album.keep(tablet, "f1 pictures")
    tablet.get_by_role("link", name=re.compile("[Oo]efen")).click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Oefenen")
    album.keep(tablet, "f2 practice")
    wanted = tablet.locator("[name=row]").get_attribute("value") or ""
    click_row(tablet, wanted[::-1] if wanted != wanted[::-1] else wanted[1:] + wanted[:1])
    expect(tablet.locator("main")).to_contain_text("Bijna!")
    album.keep(tablet, "f3 practice, almost")
    click_row(tablet, tablet.locator("[name=row]").get_attribute("value") or "")
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Goed zo!")
    album.keep(tablet, "f4 practice, well done")
    tablet.locator("#practice-back").click()
    walks.click_pictures(tablet, who["digits"])
    walks.at_the_dashboard(tablet, town)

    pupil.open_profile(tablet)
    main = tablet.locator("main")
    expect(main).to_contain_text(who["username"])
    expect(main).to_contain_text("Vraag het aan je leerkracht.")
    expect(main.get_by_role("link", name=re.compile("Aanpassen|Voeg een e-mailadres toe"))).to_have_count(0)
    album.keep(tablet, "f5 profile of a child")
    pupil.open_activity(tablet)
    album.keep(tablet, "f6 activity of a child")
    tablet.locator("#to-data").click()
    expect(main).to_contain_text("juf of meester")
    album.keep(tablet, "f7 data of a child")
    tablet.goto(f"{town.leerlingloket}/profile/email")
    expect(tablet.locator("#email")).to_have_count(0)


def click_row(tablet: Page, digits: str) -> None:
    for digit in digits:
        tablet.locator(f"button[data-digit='{digit}']").click()
    tablet.locator("#practice-submit").click()


# Out


def test_R75_signing_out_names_rekenrijk_and_ends_it_there_and_everywhere(
    town: Town, tablet: Page, album: Album
) -> None:
    who = young(town, 2)
    pupil.come_in(tablet, town, who)
    pupil.open_rekenrijk(tablet, town, who["given_name"])
    tablet.goto(town.leerlingloket)
    walks.sign_out(tablet)
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Je bent afgemeld")
    told = tablet.locator("[data-application=rekenrijk]")
    expect(told).to_contain_text("Rekenrijk")
    expect(told.locator("[data-state=out]")).to_be_visible()
    album.keep(tablet, "g1 farewell")
    tablet.locator("#farewell-next").click()
    tablet.wait_for_url(f"{town.leerlingloket}/**")
    album.keep(tablet, "g2 signed out")
    tablet.go_back()
    expect(tablet.locator("body")).not_to_contain_text(who["given_name"])
    tablet.goto(town.sample_app)
    expect(tablet.locator("body")).not_to_contain_text(who["given_name"])
    tablet.goto(f"{town.leerlingloket}/profile")
    pupil.is_asked_who_it_is(tablet)


# Without a mouse


def test_wcag_2_1_1_a_child_needs_no_mouse_from_the_card_to_signing_out(
    town: Town, tablet: Page, album: Album
) -> None:
    who = young(town, 3)
    walks.open_card(tablet, town, who)
    tab_to(tablet, tablet.locator("button[data-digit]").first)
    for digit in who["digits"]:
        tablet.keyboard.press(digit)
    press(tablet, tablet.locator("#login-submit"))
    walks.at_the_dashboard(tablet, town)
    star = tablet.locator("#app-rekenrijk").get_by_role("button")
    press(tablet, star, "Space")
    expect(star).to_have_attribute("aria-pressed", "true")
    press(tablet, tablet.locator("#app-rekenrijk .tile-more"))
    expect(tablet.get_by_role("heading", level=1)).to_contain_text("Rekenrijk")
    press(tablet, tablet.locator("#open-application"))
    expect(tablet.locator("body")).to_contain_text(who["given_name"])
    tablet.goto(town.leerlingloket)
    press(tablet, tablet.locator("header summary"))
    press(tablet, tablet.locator("header").get_by_role("link", name="Mijn LeerID Profiel"))
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Mijn LeerID Profiel")
    press(tablet, tablet.locator("#to-activity"))
    press(tablet, tablet.locator("#end-rekenrijk"))
    press(tablet, tablet.locator("#cancel"))
    press(tablet, tablet.locator("#not-me"))
    press(tablet, tablet.locator("#cancel"))
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Wie deed wat met mijn LeerID?")
    press(tablet, tablet.locator("header summary"))
    press(tablet, tablet.locator("header").get_by_role("button", name="Afmelden"))
    expect(tablet.locator("body")).to_contain_text("afgemeld")


def press(tablet: Page, wanted: Locator, key: str = "Enter") -> None:
    tab_to(tablet, wanted)
    seen = wanted.evaluate(
        "one => { const style = getComputedStyle(one); return style.outlineStyle !== 'none' || style.boxShadow !== 'none' }"
    )
    assert seen, f"{wanted} has the focus and doesn't show it"
    tablet.keyboard.press(key)


def tab_to(tablet: Page, wanted: Locator) -> None:
    expect(wanted).to_be_visible()
    for _ in range(80):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        tablet.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never gets to {wanted}")


# Without scripts


def test_R59_R67_R71_without_scripts_from_the_card_to_a_verified_address(
    town: Town, letterbox: Letterbox, another: Callable[..., Page]
) -> None:
    who = newcomer(town, 1)
    tablet, at_home = another(java_script_enabled=False), another(java_script_enabled=False)
    walks.open_card(tablet, town, who)
    walks.type_password(tablet, who["password"])
    pupil.choose_password(tablet, walks.OWN_PASSWORD)
    tablet.locator("#email-skip").click()
    walks.at_the_dashboard(tablet, town)
    address = f"{who['username']}@postbus.example"
    pupil.add_address(tablet, address)
    expect(tablet.locator("body")).to_contain_text("De verificatie link is 24 uur geldig.")
    tablet.locator("#back-to-profile").click()
    expect(tablet.locator("#unverified")).to_be_visible()
    at_home.goto(letterbox.links_in(letterbox.newest_to(address))[0])
    at_home.locator("#email-submit").click()
    expect(at_home.get_by_role("heading", level=1)).to_have_text("Je e-mailadres is bevestigd")
    tablet.reload()
    expect(tablet.locator("#unverified")).to_have_count(0)
    expect(tablet.locator("main")).to_contain_text(address)
    walks.sign_out(tablet)
    expect(tablet.locator("body")).to_contain_text("afgemeld")
