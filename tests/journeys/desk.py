"""What somebody who works at a school does in the browser, in their words."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import APIResponse, Locator, Page, expect

from tests.journeys import walks
from tests.journeys.conftest import Town

CITY, PRIMARY = 2, 5
SAVING_SECONDS = 120


def sign_in(page: Page, town: Town, username: str) -> None:
    """By name and password; whoever has an app is asked for its code after that."""
    page.goto(f"{town.schoolloket}/login")
    page.locator("#username").fill(username)
    page.locator("#login-next").click()
    walks.type_password(page, town.employee(username)["password"])


def beheerder(page: Page, town: Town, school: int) -> None:
    """Els, at one of her two schools."""
    sign_in(page, town, "els.verstraete")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mijn scholen")
    open_school(page, school)


def open_school(page: Page, number: int) -> None:
    page.get_by_role("link", name=re.compile(rf"\({number}\)")).click()
    expect(page.locator("#pupils-title")).to_be_visible()


# The list


def search(page: Page, words: str) -> None:
    page.locator("#q").fill(words)
    page.locator("#q").press("Enter")
    expect(page.locator("#q")).to_have_value(words)
    page.wait_for_url(re.compile("[?&]q="))


def choose(page: Page, filter_name: str, value: str) -> None:
    """From one of the lists above the table."""
    page.locator(f"select[name={filter_name}]").select_option(value)
    page.locator("#filter-pupils").click()
    page.wait_for_url(re.compile(f"[?&]{filter_name}="))


def row(page: Page, words: str) -> Locator:
    return page.locator("tbody tr").filter(has_text=words)


def open_pupil(page: Page, name: str) -> None:
    """A click anywhere on the row will do."""
    row(page, name).locator("td").nth(1).click()
    expect(page.locator("#enrolment")).to_be_visible()


def tick(page: Page, name: str) -> None:
    """As somebody ticks who looks whether the number follows."""
    before = selected(page)
    with page.expect_response(re.compile("/select$")):
        row(page, name).locator("input[name=pupil]").click()
    expect(page.locator("[data-selection-count]")).not_to_have_text(str(before))


def tick_page(page: Page) -> None:
    with page.expect_response(re.compile("/select$")):
        page.locator("thead input[type=checkbox]").click()


def selected(page: Page) -> int:
    return int(page.locator("[data-selection-count]").inner_text())


def press(page: Page, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).click()


# New passwords


def generate(page: Page) -> str:
    """In the dialog: the password that is shown before it is saved."""
    page.locator("#generate").click()
    return shown(page)


def shown(page: Page) -> str:
    """The password in the dialog; for pictures their digits."""
    return "".join(page.locator("#new-password").inner_text().split())


def propose(page: Page, button: str = "#renew") -> None:
    """From the list to the page that shows everything before it is saved."""
    page.locator(button).click()
    expect(page.locator("#save-renewal, #cancel-renewal").first).to_be_visible()


def save(page: Page) -> None:
    """ "Bewaren en afdrukken", and waiting until the last one is saved."""
    page.locator("#save-renewal").click()
    expect(page.locator("#downloads-title")).to_be_attached(timeout=1000 * SAVING_SECONDS)


def secrets_in(table: Locator) -> dict[str, str]:
    """Username -> password, as the tables of a renewal show them; for pictures their digits."""
    found: list[list[str]] = table.locator("tbody tr").evaluate_all(
        """rows => rows.map((row) => {
             const name = row.querySelector('[data-label=Gebruikersnaam]').innerText;
             const secret = row.querySelectorAll('[data-label=Wachtwoord] .mono');
             return [name, [...secret].map((one) => one.innerText).join('')];
           })"""
    )
    return {name.strip(): secret for name, secret in found}


def download(page: Page, link: str | Locator) -> bytes:
    place = page.locator(link) if isinstance(link, str) else link
    with page.expect_download() as started:
        place.click()
    return Path(started.value.path()).read_bytes()


# Whoever runs LeerID


def send_feed(page: Page, town: Town, feed: bytes, name: str = "inschrijvingen.csv") -> None:
    """To the page that says what it would change."""
    page.goto(f"{town.schoolloket}/operators")
    page.locator("input[name=feed]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": feed})
    page.locator("#send-feed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def apply_feed(page: Page) -> None:
    page.locator("#apply-import").click()
    expect(page.locator(".notice-good")).to_contain_text("Toegepast", timeout=1000 * SAVING_SECONDS)


# A pupil with a new card


def sign_in_with_card(tablet: Page, address: str, secret: str) -> None:
    """Through the QR code's address: then only the password is asked (R35)."""
    tablet.goto(address)
    if tablet.locator("button[data-digit]").count():
        walks.click_pictures(tablet, secret)
    else:
        walks.type_password(tablet, secret)


def refused(tablet: Page) -> None:
    expect(tablet.locator("main")).to_contain_text("Dat klopt niet.")


def facts(page: Page) -> dict[str, str]:
    """What a pupil's page says, term by term; what stands on it twice, as it stands last."""
    found: list[list[str]] = page.locator("dl > div").evaluate_all(
        "rows => rows.map((row) => [row.querySelector('dt').innerText, row.querySelector('dd').innerText])"
    )
    return {term.strip(): " ".join(value.split()) for term, value in found}


def post(page: Page, address: str, fields: list[tuple[str, str]]) -> APIResponse:
    """What a form of this page would send, with other fields than it has."""
    token = page.locator("input[name=csrf_token]").first.get_attribute("value") or ""
    return page.request.post(
        address,
        data=urlencode([("csrf_token", token), *fields]),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": address.partition("/schools")[0],
        },
    )
