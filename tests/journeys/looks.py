"""A page in every look: light and dark, wide, narrow and twice as large, each read by axe."""

from __future__ import annotations

from playwright.sync_api import Page, ViewportSize, expect

from tests.support.axe import assert_axe_finds_nothing

WIDE: ViewportSize = {"width": 1024, "height": 768}
NARROW: ViewportSize = {"width": 320, "height": 568}
TWICE_AS_LARGE: ViewportSize = {"width": 512, "height": 384}  # what 1024 by 768 shows at 200 %


def assert_sound(page: Page, *, shows_everything: bool = False) -> None:
    """Wide and light, narrow and dark: the design's own test sheet is read in every pair of the two."""
    assert_one_thing_to_do(page, shows_everything=shows_everything)
    assert_axe_finds_nothing(page)
    page.emulate_media(color_scheme="dark")

    page.set_viewport_size(TWICE_AS_LARGE)
    assert sideways(page) == 0
    page.set_viewport_size(NARROW)
    assert sideways(page) == 0
    for strays in (too_small(page), cut_off(page)):
        assert strays == [], strays
    # What stays in sight at the bottom covers now this, now that; at the end of the page it is in its own place.
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert_axe_finds_nothing(page)
    page.emulate_media(color_scheme="light")


def assert_one_thing_to_do(page: Page, *, shows_everything: bool) -> None:
    """One heading, and never two buttons that both say: me first. The test sheet of the design shows them all."""
    expect(page.locator("h1")).to_have_count(1)  # a page that is still coming has none yet
    assert page.locator(".button-primary:visible").count() <= 1 or shows_everything


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def cut_off(page: Page) -> list[str]:
    """What is out of sight on the side where nothing scrolls."""
    cut: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('a:not(.skip-link), button, select, summary')]
           .filter((one) => one.checkVisibility() && !one.matches('.visually-hidden'))
           .filter((one) => one.getBoundingClientRect().left < -4)
           .map((one) => one.outerHTML.slice(0, 90))"""
    )
    return cut


def too_small(page: Page) -> list[str]:
    """What can be tapped, and is smaller than a child's fingertip."""
    small: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(
             'button, .button, summary, select, label.checkbox, footer a,'
             + 'input:not([type=hidden], [type=checkbox], [type=radio])')]
           .filter((one) => !one.matches('.visually-hidden'))
           .filter((one) => one.checkVisibility())
           .map((one) => {
             const box = one.getBoundingClientRect(), around = getComputedStyle(one, '::after');
             const wider = around.position === 'absolute' ? around : { width: 0, height: 0 };
             return [
               one.outerHTML.slice(0, 90),
               Math.max(box.width, parseFloat(wider.width)),
               Math.max(box.height, parseFloat(wider.height)),
             ];
           })
           .filter(([what, width, height]) => height > 1 && (height < 43.5 || width < 43.5))
           .map(([what, width, height]) => `${width} x ${height}: ${what}`)"""
    )
    return small
