"""The picture password on the screen (requirements 3.4), by every hand that may use it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.design.site import Site


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 320, "height": 568})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page = context.new_page()
    page.goto(f"{site.url}/pad")
    yield page
    context.close()


def chosen(page: Page) -> str:
    return page.locator("#password").input_value()


def tile(page: Page, digit: str) -> str:
    return f"[data-pad-tiles] button[data-digit='{digit}']"


def click(page: Page, digits: str) -> None:
    for digit in digits:
        page.locator(tile(page, digit)).click()


def submitted(page: Page, site: Site) -> dict[str, list[str]]:
    before = len(site.posted)
    page.locator("#login-submit").click()
    page.wait_for_url("**/login")
    assert len(site.posted) == before + 1
    return site.posted[-1]


def test_R45_clicking_tiles_in_order_fills_the_real_password_field(page: Page, site: Site) -> None:
    click(page, "4729")
    assert chosen(page) == "4729"
    assert submitted(page, site)["password"] == ["4729"]


def test_R46_the_button_becomes_primary_when_four_are_in(page: Page) -> None:
    submit = page.locator("#login-submit")
    click(page, "472")
    assert "button-primary" not in (submit.get_attribute("class") or "")
    click(page, "9")
    assert "button-primary" in (submit.get_attribute("class") or "")
    click(page, "5")
    assert chosen(page) == "4729"


def test_R45_tiles_have_the_digit_and_the_noun_as_name(page: Page) -> None:
    expect(page.get_by_role("button", name="3, fiets", exact=True)).to_be_visible()
    assert page.locator(tile(page, "3")).get_attribute("type") == "button"
    assert page.locator("[data-pad-tiles] button").count() == 9


def test_R45_keys_choose_backspace_wipes_and_arrows_walk(page: Page) -> None:
    page.locator(tile(page, "1")).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.digit") == "5"
    page.keyboard.press("Enter")
    page.keyboard.press("7")
    page.keyboard.press("2")
    assert chosen(page) == "572"
    page.keyboard.press("Backspace")
    assert chosen(page) == "57"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.digit") == "4"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.digit") == "5"


@pytest.mark.parametrize("focus", ["#password", "[data-pad-tiles] button >> nth=0"])
def test_wcag_3_3_8_pasting_the_digits_works_with_spaces_between(page: Page, site: Site, focus: str) -> None:
    page.evaluate("navigator.clipboard.writeText('4 7-2 9')")
    page.locator(focus).focus()
    page.keyboard.press("Control+V")
    assert chosen(page) == "4729"
    assert submitted(page, site)["password"] == ["4729"]


def test_wcag_3_3_8_a_password_manager_finds_the_field_and_may_fill_it(page: Page) -> None:
    field = page.locator("#password")
    expect(field).to_be_visible()
    assert field.get_attribute("type") == "password"
    assert field.get_attribute("autocomplete") == "current-password"
    assert field.get_attribute("inputmode") == "numeric"
    field.evaluate(
        "(input) => { input.value = '4729'; input.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    assert page.locator(".pad-slot.is-filled").count() == 4


def test_R45_typing_in_the_field_takes_digits_only(page: Page) -> None:
    page.locator("#password").press_sequentially("4x7 2 9 1")
    assert chosen(page) == "4729"


def test_PW_34_nothing_in_the_page_tells_which_pictures_were_chosen(page: Page) -> None:
    """Two different choices leave the same document behind, and the address stays what it was."""
    before = page.url
    page.locator("h1").click()
    click(page, "4729")
    page.locator("h1").click()
    first = page.locator("body").evaluate("(body) => body.outerHTML")
    page.get_by_role("button", name="Wis alles").click()
    click(page, "1358")
    page.locator("h1").click()
    assert page.locator("body").evaluate("(body) => body.outerHTML") == first
    assert page.url == before


def test_PW_34_no_tile_keeps_a_mark(page: Page) -> None:
    look = """(tile) => { const style = getComputedStyle(tile);
        return JSON.stringify([style.backgroundColor, style.borderColor, style.outlineStyle]); }"""
    before = page.locator(tile(page, "4")).evaluate(look)
    click(page, "4")
    page.mouse.move(1, 1)
    assert page.locator(tile(page, "4")).evaluate(look) == before


def test_PW_34_the_live_region_says_how_many_and_never_which(page: Page) -> None:
    status = page.locator("[data-pad-status]")
    click(page, "47")
    assert status.text_content() == "2 van 4 gekozen"
    page.get_by_role("button", name="Wis laatste").click()
    assert status.text_content() == "1 van 4 gekozen"
    page.get_by_role("button", name="Wis alles").click()
    assert status.text_content() == "0 van 4 gekozen"


def test_R46_toon_shows_what_was_entered_and_hides_it_again(page: Page) -> None:
    click(page, "47")
    slots = page.locator("[data-pad-slots]")
    assert slots.text_content() == ""
    page.get_by_role("button", name="Toon").click()
    assert slots.text_content() == "47"
    assert slots.locator("img").count() == 2
    assert page.locator("#password").get_attribute("type") == "text"
    page.get_by_role("button", name="Toon").click()
    assert slots.text_content() == ""
    assert page.locator("#password").get_attribute("type") == "password"


def test_PW_01_too_few_pictures_are_told_and_not_sent(page: Page, site: Site) -> None:
    before = len(site.posted)
    click(page, "47")
    page.locator("#login-submit").click()
    expect(page.get_by_role("alert")).to_have_text("Kies nog 2.")
    assert len(site.posted) == before


def test_R45_the_whole_page_fits_320_by_568_without_scrolling(page: Page) -> None:
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(size) == [320, 568]
    page.locator("#login-submit").click()
    assert page.evaluate(size) == [320, 568]


def test_R45_after_a_mistake_it_still_fits(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/pad-mistake")
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(size) == [320, 568]


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (1366, 657), (1920, 1080)])
def test_R45_tiles_are_at_least_88_pixels(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    sizes = page.locator("[data-pad-tiles] button").evaluate_all(
        "(tiles) => tiles.map((tile) => Math.min(tile.offsetWidth, tile.offsetHeight))"
    )
    assert len(sizes) == 9
    assert min(sizes) >= 88
    assert page.evaluate("document.documentElement.scrollHeight") <= height


def test_R45_without_script_the_digits_are_typed_and_the_pictures_are_a_legend(
    chromium: Browser, site: Site
) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 568})
    page = context.new_page()
    page.goto(f"{site.url}/pad")
    assert page.locator("[data-pad-tiles] button").count() == 0
    expect(page.locator("[data-pad-tiles] li").nth(2)).to_have_text("3")
    expect(page.get_by_role("img", name="fiets")).to_be_visible()
    assert page.get_by_role("button", name="Wis laatste").count() == 0
    page.locator("#password").fill("4729")
    assert submitted(page, site)["password"] == ["4729"]
    context.close()
