"""The page to practise pictures on: never counted, nothing kept, nothing filled in by the browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page as ChromiumPage
from playwright.sync_api import expect

from idp.rules.picture_passwords import PICTURES, refusal
from tests.support.axe import assert_axe_finds_nothing
from tests.support.browser import Page, Visitor
from tests.support.provider import Provider
from tests.support.statements import counted


def shown_row(page: Page) -> str:
    """The row to click, as the page itself shows it."""
    row = page.html.partition('class="practice-row"')[2].partition("</ol>")[0]
    return "".join(part[0] for part in row.split('<b aria-hidden="true">')[1:])


@contextmanager
def no_statement(provider: Provider) -> Iterator[None]:
    with counted(provider.engine) as seen:
        yield
    assert seen == []


def test_it_says_well_done_or_almost_and_asks_the_database_nothing(
    provider: Provider, visitor: Visitor
) -> None:
    with no_statement(provider):
        page = visitor.get("/practice")
        row = shown_row(page)
        assert page.form().fields["row"] == row
        page = visitor.submit(button="practice-submit", pictures=row[::-1])
        assert "Bijna! Probeer nog eens." in page.text
        assert shown_row(page) == row, "the same row, to try again"
        page = visitor.submit(button="practice-submit", pictures=" ".join(row))
        assert "Goed zo!" in page.text
        page = visitor.get(page.links["Nog een keer"])
        assert "Klik deze afbeeldingen aan" in page.text


def test_nothing_clicked_is_told_without_blame(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/practice")
    page = visitor.submit(button="practice-submit", pictures="")
    assert "Kies eerst je afbeeldingen." in page.text


def test_PR_23_what_was_clicked_is_in_no_address_and_no_browser_keeps_it(
    provider: Provider, visitor: Visitor
) -> None:
    page = visitor.get("/practice")
    row = shown_row(page)
    field = next(each for each in page.form().inputs if each.get("name") == "pictures")
    assert field["autocomplete"] == "off"
    assert "password" not in (field["name"], field["id"])
    page = visitor.submit(button="practice-submit", pictures="97531")
    assert "97531" not in page.url
    assert parse_qs(urlsplit(page.url).query) == {"row": [row], "said": ["almost"]}
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("odd", ["1234", "1111", "147", "0000", "12a4", "٤٧٢٩", "<b>", "4729" * 9, ""])
def test_a_row_that_no_pupil_could_get_is_replaced(provider: Provider, visitor: Visitor, odd: str) -> None:
    page = visitor.get(f"/practice?row={odd}")
    row = shown_row(page)
    assert row != odd
    assert refusal(row) is None
    assert len(row) == provider.settings.pictures.length


def test_ones_own_pictures_are_never_asked_and_failing_counts_for_nobody(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("pictures")
    visitor.get("/login")
    visitor.submit(button="login-next", username=pupil.username)
    visitor.get(visitor.page.links["Oefenen"] if visitor.page else "")
    for _ in range(12):
        visitor.submit(button="practice-submit", pictures="1")
    page = visitor.get(visitor.page.links["Terug naar aanmelden"] if visitor.page else "")
    assert "login-submit" in page.ids
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.left_for or page.url.startswith(provider.settings.portals.leerlingloket)


def test_OA_04_the_way_back_leads_to_no_other_site(provider: Provider, visitor: Visitor) -> None:
    for address in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        page = visitor.get("/practice?back=" + address)
        assert {urlsplit(link).netloc for link in page.links.values()} == {urlsplit(provider.issuer).netloc}
        assert "back" not in page.form("practice-submit").fields
        assert "Terug naar aanmelden" not in page.text


def test_the_provider_s_own_front_page_leads_to_it(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get("/")
    assert "Klik deze afbeeldingen aan" in visitor.get(page.links["Oefenen met afbeeldingen"]).text


@pytest.mark.parametrize("width", [320, 1280])
def test_with_the_real_pad_in_a_browser(provider: Provider, page: ChromiumPage, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(provider.issuer + "/practice")
    row = page.locator("input[name=row]").input_value()
    for digit in row[::-1]:
        page.locator(f"button[data-digit='{digit}']").click()
    expect(page.locator(".pad-slot.is-filled")).to_have_count(len(row))
    page.locator("#practice-submit").click()
    expect(page.get_by_text("Bijna! Probeer nog eens.")).to_be_visible()
    assert_axe_finds_nothing(page)
    page.locator("#pictures").press_sequentially(row)
    page.locator("#practice-submit").click()
    expect(page.get_by_role("heading", name="Goed zo!")).to_be_visible()
    assert_axe_finds_nothing(page)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0


def test_the_pictures_in_the_row_have_names(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get("/practice?row=4729")
    nouns = {picture.digit: picture.noun for picture in PICTURES}
    for digit in (4, 7, 2, 9):
        assert f'alt="{digit}, {nouns[digit]}"' in page.html


def test_PR_23_the_browser_offers_nobodys_pictures_at_the_real_sign_in(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("pictures")
    visitor.get("/login")
    page = visitor.submit(button="login-next", username=pupil.username)
    field = next(each for form in page.forms for each in form.inputs if each.get("name") == "password")
    assert field["autocomplete"] == "off"
