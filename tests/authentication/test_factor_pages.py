"""The pages of a second factor in a real browser: sound for everybody, wide and narrow, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page

from tests.authentication.factor_doors import REQUIRED, code_of
from tests.support.axe import assert_axe_finds_nothing
from tests.support.provider import Provider


def look(page: Page, until: str) -> None:
    """Nothing is wrong with the page that holds `until`, and nothing of it falls off a small screen."""
    page.wait_for_selector(until)
    for scheme, width in (("light", 1024), ("dark", 320)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 640})
        assert_axe_finds_nothing(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def test_wcag_every_page_of_a_second_factor_is_sound(
    open_provider: Callable[..., Provider], page: Page
) -> None:
    provider = open_provider(host="localhost", staff=REQUIRED)
    els = provider.people.staff()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)

    def go(path: str) -> None:
        page.goto(provider.issuer + path)

    def type_password() -> None:
        page.fill("#password", els.password)
        page.click("#login-submit")

    def type_code(code: str) -> None:
        page.fill("#code", code)
        page.click("#factor-submit")

    go("/second-factor")
    page.fill("#username", els.username)
    page.click("#login-next")
    type_password()
    look(page, "#factor-passkey")
    page.click("summary")
    els = replace(els, totp_secret=page.inner_text("#factor-secret"))
    type_code("000000")
    look(page, ".field-error")
    type_code(code_of(provider, els))
    look(page, "#factor-codes-kept")
    first_code = page.inner_text("#recovery-codes li >> nth=0")
    page.click("#factor-codes-kept")
    look(page, "#factor-add-passkey")
    page.click("#factor-add-passkey")
    look(page, "#factor-cancel")
    type_code(code_of(provider, replace(els, totp_secret=page.text_content("#factor-secret"))))
    look(page, ".factor-remove")
    page.click(".factor-remove >> nth=0")
    look(page, "#factor-keep")
    provider.clock.move(minutes=11)
    page.reload()
    type_password()
    look(page, "#factor-recovery")
    page.click("#factor-recovery")
    look(page, "#factor-back")
    type_code(first_code)
    look(page, "#recovery-left")
    assert complaints == []
