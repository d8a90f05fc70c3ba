"""A pupil signs in, in Chromium, from a card or a name to the applications."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.journeys import walks
from tests.journeys.conftest import Town, fresh


def test_R35_R42_R45_R49_a_card_and_four_pictures_open_the_leerlingloket_and_one_click_the_application(
    town: Town, tablet: Page
) -> None:
    pupil = town.users("basic", pictures=True)[0]
    tablet.goto(f"{town.issuer}/demo/cards")
    tablet.locator(f"a[href$='{pupil['card_url'].rsplit('/', 1)[1]}']").first.click()
    expect(tablet.locator("main")).to_contain_text(f"Hallo {pupil['given_name']}")
    expect(tablet.locator("main")).to_contain_text(pupil["username"])
    assert pupil["family_name"] not in tablet.locator("main").inner_text().replace(pupil["username"], "")
    walks.click_pictures(tablet, pupil["digits"])
    walks.at_the_dashboard(tablet, town)
    tablet.wait_for_load_state("load")
    assert tablet.locator("main img").evaluate("picture => picture.naturalWidth") > 0, "the tile has no logo"

    visited: list[str] = []
    tablet.on("framenavigated", lambda frame: visited.append(frame.url))
    walks.open_rekenrijk(tablet)
    expect(tablet.locator("body")).to_contain_text(pupil["given_name"])
    assert tablet.url.startswith(town.sample_app)
    assert not [url for url in visited if "/login/" in url or "/approve/" in url], "a page stood in between"


def test_R3_R37_R38_a_basic_pupil_types_name_and_password_at_an_application(town: Town, tablet: Page) -> None:
    pupil = town.user("abdulghani.bogdan")
    tablet.goto(town.sample_app)
    tablet.get_by_role("link", name=re.compile("LeerID")).or_(
        tablet.get_by_role("button", name=re.compile("LeerID"))
    ).first.click()
    expect(tablet.locator("main")).to_contain_text("Rekenrijk")
    tablet.locator("[name=username]").fill("Abdulghani.BOGDAN")
    tablet.locator("#login-next").click()
    expect(tablet.locator("main")).to_contain_text("Wijzig gebruikersnaam")
    walks.type_password(tablet, pupil["password"])
    expect(tablet.locator("body")).to_contain_text("Abdulghani")
    assert tablet.url.startswith(town.sample_app)


def test_R8_R9_R14_R59_R66_a_temporary_password_becomes_an_own_one_and_the_address_is_skipped(
    town: Town, chromium: Browser
) -> None:
    pupil = town.users("advanced", "must-choose")[0]
    with fresh(chromium) as context:
        tablet = context.new_page()
        walks.open_card(tablet, town, pupil)
        walks.type_password(tablet, pupil["password"])
        expect(tablet.get_by_role("heading", name="Pas je wachtwoord aan")).to_be_visible()
        field = tablet.locator("[name=new_password]")
        field.press_sequentially("Regenboog")
        expect(tablet.locator("main")).to_contain_text("9/12")
        field.press_sequentially("-slak-42")
        expect(tablet.locator("main")).to_contain_text("17/12")
        expect(tablet.locator("span").filter(has_text="Sterk bezig!")).to_be_visible()
        tablet.locator("#password-submit").click()
        expect(tablet.locator("main")).to_contain_text("Je wachtwoord is aangepast.")
        tablet.locator("#email-skip").click()
        walks.at_the_dashboard(tablet, town)
    with fresh(chromium) as context:
        tablet = context.new_page()
        walks.open_card(tablet, town, pupil)
        walks.type_password(tablet, pupil["password"])
        expect(tablet.locator("[name=password]")).to_be_visible()  # R11: the temporary one is over
        walks.type_password(tablet, walks.OWN_PASSWORD)
        walks.at_the_dashboard(tablet, town)


def test_wrong_pictures_are_told_without_blame_and_then_there_is_a_wait(town: Town, tablet: Page) -> None:
    pupil = town.users("basic", pictures=True)[1]
    wrong = "1357" if pupil["digits"] != "1357" else "2468"
    walks.open_card(tablet, town, pupil)
    for _ in range(3):
        walks.click_pictures(tablet, wrong)
    expect(tablet.locator("main")).to_contain_text(
        "Neem je kaartje erbij of vraag het aan je juf of meester."
    )
    for _ in range(3):
        walks.click_pictures(tablet, wrong)
    expect(tablet.locator("main")).to_contain_text(re.compile("[Ww]acht"))
    walks.click_pictures(tablet, pupil["digits"])
    expect(tablet.locator("main")).to_contain_text(re.compile("[Ww]acht"))


def test_without_javascript_a_pupil_types_the_digits_of_the_pictures(town: Town, chromium: Browser) -> None:
    pupil = town.users("basic", pictures=True)[2]
    with fresh(chromium, java_script_enabled=False) as context:
        tablet = context.new_page()
        walks.open_card(tablet, town, pupil)
        walks.type_password(tablet, pupil["digits"])
        walks.at_the_dashboard(tablet, town)
        walks.open_rekenrijk(tablet)
        expect(tablet.locator("body")).to_contain_text(pupil["given_name"])


def test_the_keyboard_alone_signs_in_and_opens_an_application(town: Town, tablet: Page) -> None:
    pupil = town.users("basic", pictures=True)[3]
    walks.open_card(tablet, town, pupil)
    press_until(
        tablet, lambda: tablet.evaluate("document.activeElement.matches('button[data-digit]')") is True
    )
    for digit in pupil["digits"]:
        tablet.keyboard.press(digit)
    press_until(tablet, lambda: tablet.evaluate("document.activeElement.id") == "login-submit")
    tablet.keyboard.press("Enter")
    walks.at_the_dashboard(tablet, town)
    press_until(tablet, lambda: "Rekenrijk" in "".join(tablet.locator("a:focus").all_inner_texts()))
    tablet.keyboard.press("Enter")
    expect(tablet).to_have_url(re.compile(re.escape(town.sample_app)))
    expect(tablet.locator("body")).to_contain_text(pupil["given_name"])


def press_until(tablet: Page, arrived: Callable[[], bool]) -> None:
    for _ in range(60):
        if arrived():
            return
        tablet.keyboard.press("Tab")
    raise AssertionError("the keyboard never gets there")
