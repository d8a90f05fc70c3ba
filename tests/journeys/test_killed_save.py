"""The provider dies while a school's new passwords are saved, and the beheerder goes on as if nothing happened (PW-36)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from idp import database_upgrade
from idp.accounts.credentials import Vault
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from tests.journeys import desk, looks, papers, walks
from tests.journeys.conftest import Camera
from tests.journeys.mortal import Mortal, mortal
from tests.support.provider import Provider
from tests.support.totp import code_at

PUPILS = 60
SCHOOL = 2


@pytest.fixture
def living(keys_directory: Path, tmp_path: Path) -> Iterator[Mortal]:
    """On SQLite only: what a power cut does to each database is the matter of the rooms below."""
    url = f"sqlite:///{tmp_path}/leerid.db"
    database_upgrade.upgrade(url)
    with mortal(tmp_path, url, keys_directory) as one:
        yield one


def test_FT_11_PW_36_a_save_that_is_killed_goes_on_in_the_browser_and_every_card_is_true(
    living: Mortal, office: Page, tablet: Page, shoot: Camera
) -> None:
    living.provider.people.many(PUPILS, school=SCHOOL, kind="advanced")
    office.emulate_media(reduced_motion="reduce")
    come_in_for_the_first_time(living, office, shoot)
    office.locator("#select-everybody").click()
    desk.propose(office)
    shown = desk.secrets_in(office.locator(".table-wanted"))
    assert len(shown) == PUPILS

    # The script that goes on by itself stays away for a moment, so that there is time to look.
    office.route("**/progress*.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    office.locator("#save-renewal").click()
    expect(office.locator("progress")).to_be_visible()
    assert 0 < how_far(office) < PUPILS
    shoot(office, "saving")
    looked_at(office)
    office.unroute("**/progress*.js*")

    with office.expect_request(re.compile("/save$")):
        office.reload()
    living.kill()  # in the midst of the next step
    expect(office.locator("#fault-number")).to_be_visible()
    shoot(office, "the provider is gone")
    living.start()
    office.locator("#try-again").click()
    expect(office.locator("#download-cards")).to_be_visible(timeout=1000 * desk.SAVING_SECONDS)
    shoot(office, "saved after all")

    cards = papers.cards_on(desk.download(office, "#download-cards"))
    assert {card.username: card.secret for card in cards} == shown
    assert opened_by(living.provider, shown) == set(shown)
    tablet.goto(cards[0].address)
    walks.type_password(tablet, cards[0].secret)
    expect(tablet.get_by_role("heading", name="Pas je wachtwoord aan")).to_be_visible()


def come_in_for_the_first_time(living: Mortal, office: Page, shoot: Camera) -> None:
    """Where a second step is required, whoever has none yet sets it up before anything else."""
    beheerder = living.provider.people.staff(school=SCHOOL)
    office.goto(f"{living.schoolloket}/login")
    office.locator("#username").fill(beheerder.username)
    office.locator("#login-next").click()
    walks.type_password(office, beheerder.password)
    expect(office.get_by_role("heading", level=1)).to_have_text("Stel je tweede stap in")
    shoot(office, "second step to set up")
    looked_at(office)
    office.locator("details.fold summary").click()
    secret = office.locator("#factor-secret").inner_text()
    office.locator("#code").fill(code_at(secret, datetime.now(UTC)))
    office.locator("#factor-submit").click()
    expect(office.locator("#recovery-codes")).to_be_visible()
    office.locator("#factor-codes-kept").click()
    expect(office.locator("#pupils-title")).to_be_visible()


def looked_at(office: Page) -> None:
    """These are pages that no demonstration brings up."""
    looks.assert_sound(office)
    office.set_viewport_size(looks.WIDE)


def how_far(office: Page) -> int:
    return int(office.locator("progress").get_attribute("value") or 0)


def opened_by(provider: Provider, secrets: dict[str, str]) -> set[str]:
    """The accounts that these passwords open."""
    vault = Vault(provider.keys.sealing, provider.settings.hashing)
    with provider.reading() as db:
        accounts = db.scalars(select(Account).where(Account.username.in_(secrets))).all()
    return {
        each.username
        for each in accounts
        if vault.check(each.sealed_secret, Secret(secrets[each.username]), each.id, each.secret_kind).ok
    }
