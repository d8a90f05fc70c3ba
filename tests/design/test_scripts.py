"""The small scripts: each makes a page nicer, none is needed."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.design.site import Site

Opener = Callable[[str], Page]


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[Opener]:
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)

    def opener(name: str) -> Page:
        page = context.new_page()
        page.goto(f"{site.url}/{name}")
        return page

    yield opener
    context.close()


def ticked(page: Page, check: str) -> bool:
    return "check-done" in (page.locator(f"[data-check='{check}']").get_attribute("class") or "")


def test_R61_the_counter_counts_what_is_typed(open_page: Opener) -> None:
    page = open_page("new-password")
    page.locator("#new_password").fill("zeventien tekens!")
    assert page.locator("[data-count]").text_content() == "17/12"
    assert ticked(page, "length")
    page.locator("#new_password").fill("elf tekens.")
    assert page.locator("[data-count]").text_content() == "11/12"
    assert not ticked(page, "length")


@pytest.mark.parametrize(
    ("password", "holds"),
    [
        ("", False),
        ("een regenboog in mei", True),
        ("mijn butrint is hier", False),
        ("mijn BÙTRÍNT is hier", False),
        ("xxboerenxx en meer", False),
        ("butrint.boeren1 zelf", False),
        ("boe is geen deel", True),
    ],
)
def test_R62_no_part_of_the_username_with_case_and_accents_folded(
    open_page: Opener, password: str, holds: bool
) -> None:
    page = open_page("new-password")
    page.locator("#new_password").fill(password)
    assert ticked(page, "username") is holds


def test_R63_praise_when_both_rules_hold(open_page: Opener) -> None:
    page = open_page("new-password")
    praise = page.locator("[data-praise]")
    page.locator("#new_password").fill("butrint maar wel lang")
    expect(praise).to_be_hidden()
    page.locator("#new_password").fill("regenboog in mei")
    expect(praise).to_be_visible()
    expect(praise).to_have_text("Sterk bezig!")
    page.locator("#new_password").fill("kort")
    expect(praise).to_be_hidden()


@pytest.mark.parametrize(
    ("password", "tips"),
    [
        ("regen", set()),
        ("Regen", {"cases"}),
        ("regen7", {"digits"}),
        ("regen!", {"specials"}),
        ("regen7boot", {"words", "digits"}),
        ("Regen!boot7", {"words", "cases", "digits", "specials"}),
    ],
)
def test_R64_tips_tick_by_themselves(open_page: Opener, password: str, tips: set[str]) -> None:
    page = open_page("new-password")
    page.locator("#new_password").fill(password)
    assert {tip for tip in ("words", "cases", "digits", "specials") if ticked(page, tip)} == tips


def test_R60_toon_shows_the_password_and_it_is_sent_as_a_password(open_page: Opener, site: Site) -> None:
    page = open_page("new-password")
    field = page.locator("#new_password")
    field.fill("regenboog in mei")
    page.get_by_role("button", name="Toon").click()
    assert field.get_attribute("type") == "text"
    page.get_by_role("button", name="Verberg").click()
    assert field.get_attribute("type") == "password"
    page.locator("#password-submit").click()
    page.wait_for_url("**/password")
    assert site.posted[-1]["new_password"] == ["regenboog in mei"]


def test_R52_the_menu_closes_on_escape_and_on_a_click_beside_it(open_page: Opener) -> None:
    page = open_page("sheet")
    menu, head = page.locator("details[data-menu]"), page.locator("summary.menu-head")
    head.click()
    expect(page.get_by_role("link", name="Mijn Dashboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    assert head.evaluate("(summary) => summary === document.activeElement")
    head.click()
    page.locator("h1").click()
    expect(menu).not_to_have_attribute("open", "")


def test_R68_the_dialog_opens_closes_and_gives_the_focus_back(open_page: Opener) -> None:
    page = open_page("sheet")
    opener = page.get_by_role("button", name="Pas je e-mailadres aan")
    opener.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Sluit").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert opener.evaluate("(button) => button === document.activeElement")


def test_the_foutnummer_is_copied(open_page: Opener) -> None:
    page = open_page("error")
    page.get_by_role("button", name="Kopieer").click()
    expect(page.get_by_role("button", name="Gekopieerd")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "7f3a-92c1-0b5e"


def test_a_form_is_sent_once_and_its_button_keeps_its_width(open_page: Opener, site: Site) -> None:
    page = open_page("name")
    before = len(site.posted)
    page.locator("#username").fill("ardalan.bhatti")
    seen = page.evaluate(
        """() => {
          const button = document.getElementById('login-next');
          const refused = [];
          window.addEventListener('submit', (event) => refused.push(event.defaultPrevented));
          const widths = [button.offsetWidth];
          button.click();
          button.click();
          widths.push(button.offsetWidth);
          return {refused, widths, busy: button.getAttribute('aria-busy')};
        }"""
    )
    assert seen["refused"] == [False, True]
    assert seen["widths"][0] == seen["widths"][1]
    assert seen["busy"] == "true"
    page.wait_for_url("**/login")
    expect(page).to_have_title("ok")
    assert len(site.posted) == before + 1


def test_a_page_that_comes_back_is_not_busy_any_more(open_page: Opener, site: Site) -> None:
    page = open_page("name")
    page.locator("#username").fill("ardalan.bhatti")
    busy = page.evaluate(
        """() => {
          const button = document.getElementById('login-next');
          button.click();
          window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
          return button.hasAttribute('aria-busy') || button.hasAttribute('aria-disabled');
        }"""
    )
    assert busy is False


def test_OA_34_consent_answers_only_after_half_a_second(open_page: Opener, site: Site) -> None:
    page = open_page("consent")
    before = len(site.posted)
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow'))")
    page.evaluate("document.getElementById('consent-allow').click()")
    assert page.locator("#consent-allow").get_attribute("aria-disabled") == "true"
    assert len(site.posted) == before
    expect(page.locator("#consent-allow")).not_to_have_attribute("aria-disabled", "true")
    page.locator("#consent-allow").click()
    page.wait_for_url("**/consent")
    expect(page).to_have_title("ok")
    assert site.posted[-1]["answer"] == ["allow"]


def test_the_form_post_page_sends_itself(open_page: Opener, site: Site) -> None:
    page = open_page("onward")
    page.wait_for_url("**/callback")
    assert site.posted[-1]["code"] == ["abc"]


def test_the_language_form_carries_language_place_and_token(open_page: Opener, site: Site) -> None:
    page = open_page("name")
    page.get_by_role("button", name="FR, Français").click()
    page.wait_for_url("**/language")
    posted = site.posted[-1]
    assert posted["language"] == ["fr"]
    assert posted["return_to"] == ["/sheet"]
    assert posted["csrf_token"][0]


def test_R84_the_box_in_the_heading_ticks_every_row(open_page: Opener) -> None:
    page = open_page("sheet")
    page.get_by_role("checkbox", name="Selecteer alle leerlingen").check()
    expect(page.locator("#selected-count")).to_have_text("Aantal geselecteerde leerlingen: 2")
