"""Every piece, in every state, against WCAG 2.2 AA as far as a machine can tell."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.design.site import Site
from tests.support.axe import assert_axe_finds_nothing

PAGES = ("sheet", "pad", "pad-mistake", "name", "new-password", "error", "consent")
Scheme = Literal["light", "dark"]


def open_page(
    chromium: Browser, address: str, width: int = 1280, scheme: Scheme = "light", height: int = 800
) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(address)
    return page


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("sheet", 1280, "dark"), ("sheet", 320, "light")]
    + [(name, *look) for name in PAGES for look in ((1280, "light"), (320, "dark"))],
)
def test_wcag_axe_finds_nothing(chromium: Browser, site: Site, name: str, width: int, scheme: Scheme) -> None:
    page = open_page(chromium, f"{site.url}/{name}", width, scheme)
    if page.locator("[data-ready-after]").count():
        page.wait_for_timeout(600)  # such a button waits before it answers
    assert_axe_finds_nothing(page)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_wcag_axe_finds_nothing_when_pieces_are_open_or_filled(
    chromium: Browser, site: Site, scheme: Scheme
) -> None:
    page = open_page(chromium, f"{site.url}/sheet", scheme=scheme)
    page.locator("#new_password").fill("Regen3Fiets!boot")
    pad = page.locator("[data-picture-pad]").first
    for digit in "4729":
        pad.locator(f"button[data-digit='{digit}']").click()
    pad.locator("[data-pad-show]").click()
    page.locator("summary.menu-head").click()
    page.wait_for_timeout(600)
    assert_axe_finds_nothing(page)
    page.get_by_role("button", name="Pas je e-mailadres aan").click()
    assert_axe_finds_nothing(page)
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 640])
def test_wcag_1_4_10_reflow_without_sideways_scrolling(
    chromium: Browser, site: Site, name: str, width: int
) -> None:
    # 640 is also what a 1280 pixel screen shows at 200 % (1.4.4).
    page = open_page(chromium, f"{site.url}/{name}", width)
    assert overflow(page) == 0
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_wcag_1_4_4_text_twice_as_large_still_fits(chromium: Browser, site: Site, name: str) -> None:
    page = open_page(chromium, f"{site.url}/{name}", 1280)
    page.evaluate("document.documentElement.style.setProperty('font-size', '225%')")
    assert overflow(page) == 0
    page.context.close()


@pytest.mark.parametrize("name", ["name", "new-password", "error", "consent", "pad"])
def test_wcag_2_5_8_targets_are_44_pixels(chromium: Browser, site: Site, name: str) -> None:
    page = open_page(chromium, f"{site.url}/{name}", 320, height=568)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll(
             'main button, main input:not([type=hidden]), main .button, footer a, footer button, .known-name a')]
           .filter((one) => one.offsetParent)
           .map((one) => ({what: one.outerHTML.slice(0, 80), w: one.offsetWidth, h: one.offsetHeight}))"""
    )
    small = [box for box in boxes if box["w"] < 44 or box["h"] < 44]
    assert boxes
    assert not small
    page.context.close()


def test_wcag_2_4_1_skip_link_is_first_and_moves_the_focus_to_main(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, f"{site.url}/name")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Ga naar de inhoud"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_wcag_2_4_7_the_focus_is_always_seen(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, f"{site.url}/pad")
    for _stop in range(20):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "() => document.activeElement === document.body || "
            "parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 3"
        )
        assert shown
    page.context.close()


@pytest.mark.parametrize("name", [*PAGES, "onward"])
def test_PR_16_no_page_asks_another_origin_and_the_strict_policy_has_nothing_to_refuse(
    chromium: Browser, site: Site, name: str
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.url}/{name}", wait_until="networkidle")
    assert asked
    assert all(address.startswith(site.url + "/") for address in asked)
    assert not complaints
    context.close()
