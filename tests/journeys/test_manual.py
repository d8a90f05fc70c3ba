"""What the pupils' manual shows on paper and on screen, found again on ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import requests
from playwright.sync_api import Page, expect

from tests.journeys import walks
from tests.journeys.conftest import Town

WARNING = "Indien je denkt dat iemand anders jouw LeerID gebruikt, contacteer dan zo snel mogelijk je LeerID-beheerder."


def test_R32_R33_R40_the_card_has_everything_in_the_manuals_order(town: Town, tablet: Page) -> None:
    tablet.goto(f"{town.issuer}/demo/cards")
    card = tablet.locator("article").filter(has_text="Ardalan Bhatti").first.inner_text()
    words = ("2e lj 3e gr Elektromechanica TSO", "Ardalan Bhatti", "ardalan.bhatti", "qxu7Benc", WARNING)
    places = [card.index(word) for word in words]
    assert places == sorted(places), card
    assert "LeerID" in card
    assert "Gebruikersnaam:" in card
    assert "Wachtwoord:" in card


def test_R32_there_is_a_second_layout_with_pictures(town: Town, tablet: Page) -> None:
    tablet.goto(f"{town.issuer}/demo/cards")
    pupil = town.users("basic", pictures=True)[0]
    card = tablet.locator("article").filter(has_text=pupil["username"]).first
    assert card.locator("img[src*='/pictures/']").count() == len(pupil["digits"])


def test_R51_R52_the_name_with_its_arrow_opens_the_menu(town: Town, tablet: Page) -> None:
    pupil = town.users("basic", pictures=True)[9]
    walks.open_card(tablet, town, pupil)
    walks.click_pictures(tablet, pupil["digits"])
    summary = tablet.locator("header summary")
    expect(summary).to_contain_text(f"{pupil['family_name']} {pupil['given_name']}")
    entries = tablet.locator("header details").get_by_text(
        re.compile("Mijn Dashboard|Mijn LeerID Profiel|Afmelden")
    )
    expect(entries.first).not_to_be_visible()
    tablet.wait_for_load_state()  # Escape means something from the moment that the script is there
    summary.click()
    assert entries.all_inner_texts() == ["Mijn Dashboard", "Mijn LeerID Profiel", "Afmelden"]
    tablet.keyboard.press("Escape")
    expect(entries.first).not_to_be_visible()


def test_R5_R16_a_forgotten_password_is_asked_at_school(town: Town, tablet: Page) -> None:
    walks.type_name(tablet, town, "abdulghani.bogdan")
    tablet.get_by_role("link", name="Wachtwoord vergeten?").click()
    expect(tablet.locator("main")).to_contain_text("juf of meester")
    expect(tablet.locator("main")).to_contain_text("LeerID-beheerder")


def test_R73_an_address_that_is_not_verified_opens_nothing(town: Town, tablet: Page) -> None:
    pupil = next(each for each in town.told["users"] if each.get("email") and not each["email_verified"])
    walks.type_name(tablet, town, pupil["email"])
    if tablet.locator("button[data-digit]").count():  # what an unknown name shows is drawn from the name
        walks.click_pictures(tablet, "1357")
    else:
        walks.type_password(tablet, pupil["password"])
    expect(tablet.locator("main")).to_contain_text("Dat klopt niet.")


def test_R18_nobody_sets_an_address_through_the_api(town: Town) -> None:
    description = requests.get(f"{town.issuer}/api/openapi.json", timeout=10).json()
    accepted = {
        path: set(names_in([asked_by(call) for call in calls.values()]))
        for path, calls in description["paths"].items()
    }
    assert {"username", "pupils", "handed_out", "page"} <= set().union(*accepted.values())
    own = "/api/me/email"  # with the token of the pupil's own desk, a moment after signing in
    assert [path for path, names in accepted.items() if any("mail" in name for name in names)] == [own]
    assert (
        requests.post(f"{town.issuer}/api/me", json={"email": "x@mail.example"}, timeout=10).status_code
        >= 400
    )


def asked_by(call: Any) -> Any:
    """What a call lets through: its body and its query."""
    if not isinstance(call, dict):  # what the calls of a path have in common
        return call
    query = [
        {"properties": {each["name"]: each["schema"]}}
        for each in call.get("parameters", [])
        if "name" in each
    ]
    return [query, call.get("requestBody", {})]


def names_in(description: Any) -> Iterator[str]:
    if isinstance(description, list):
        for each in description:
            yield from names_in(each)
    elif isinstance(description, dict):
        yield from description.get("properties", {})
        for each in description.values():
            yield from names_in(each)


def test_R117_two_separate_desks_under_one_brand(town: Town, tablet: Page) -> None:
    for address, name in (
        (town.leerlingloket, "Leerlingloket"),
        (str(town.told["schoolloket"]), "Schoolloket"),
    ):
        tablet.goto(address)
        expect(tablet.locator("body")).to_contain_text("Vlaanderen is onderwijs & vorming")
        expect(tablet.locator("header")).to_contain_text(name)
