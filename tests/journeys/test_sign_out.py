"""Signing out once is being out everywhere, also for whoever takes the tablet next."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.journeys import walks
from tests.journeys.conftest import Town, fresh


def enter(tablet: Page, town: Town, number: int) -> dict[str, object]:
    pupil = town.users("basic", pictures=True)[number]
    walks.open_card(tablet, town, pupil)
    walks.click_pictures(tablet, pupil["digits"])
    walks.at_the_dashboard(tablet, town)
    return pupil


def test_R75_signing_out_in_the_leerlingloket_ends_the_application_too(town: Town, tablet: Page) -> None:
    pupil = enter(tablet, town, 4)
    tablet.locator("a.tile-link", has_text="Rekenrijk").click()
    expect(tablet.locator("body")).to_contain_text(str(pupil["given_name"]))
    tablet.goto(town.leerlingloket)
    walks.sign_out(tablet)
    expect(tablet.locator("h1")).to_have_text("Je bent afgemeld")
    for name in ("leerlingloket", "rekenrijk"):
        expect(tablet.locator(f"[data-application={name}]").get_by_text("afgemeld")).to_be_visible()
    expect(tablet.locator("body")).not_to_contain_text(str(pupil["given_name"]))
    tablet.click("#farewell-next")
    tablet.wait_for_url(f"{town.leerlingloket}/logged-out*")
    expect(tablet.locator("h1")).to_have_text("Je bent afgemeld")

    expect_out(tablet, town, str(pupil["given_name"]))
    tablet.goto(f"{town.leerlingloket}/profile")
    expect(tablet.locator("body")).not_to_contain_text(str(pupil["username"]))


def expect_out(tablet: Page, town: Town, name: str) -> None:
    """The application is told by the provider, a moment later at most."""
    for _ in range(50):
        tablet.goto(town.sample_app)
        if name not in tablet.locator("body").inner_text():
            return
        tablet.wait_for_timeout(200)
    raise AssertionError("the application still knows the pupil")


def test_CV_15_a_second_pupil_on_the_tablet_never_meets_the_first(town: Town, chromium: Browser) -> None:
    with fresh(chromium) as context:
        tablet = context.new_page()
        first = enter(tablet, town, 5)
        walks.sign_out(tablet)
        expect(tablet.locator("body")).to_contain_text("afgemeld")
        tablet.go_back()
        expect(tablet.locator("body")).not_to_contain_text(str(first["given_name"]))
        second = enter(tablet, town, 6)
        tablet.locator("a.tile-link", has_text="Rekenrijk").click()
        expect(tablet.locator("body")).to_contain_text(str(second["given_name"]))
        expect(tablet.locator("body")).not_to_contain_text(str(first["given_name"]))


def test_CV_15_another_card_on_a_tablet_that_is_still_signed_in_changes_who_it_is(
    town: Town, tablet: Page
) -> None:
    first = enter(tablet, town, 7)
    second = town.users("basic", pictures=True)[8]
    walks.open_card(tablet, town, second)
    expect(tablet.locator("main")).to_contain_text(str(second["given_name"]))
    walks.click_pictures(tablet, second["digits"])
    walks.at_the_dashboard(tablet, town)
    expect(tablet.locator("body")).to_contain_text(str(second["given_name"]))
    expect(tablet.locator("body")).not_to_contain_text(str(first["username"]))
