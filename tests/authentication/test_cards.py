"""The address on a card fills in the name, and proves nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from idp.accounts import opening
from idp.accounts.records import Account
from idp.authentication import unknown_cards
from idp.authentication.records import BrowserSession, KnownDevice
from tests.support.browser import Visitor
from tests.support.provider import Provider


@pytest.mark.parametrize("kind", ["basic", "pictures", "advanced"])
def test_PW_32_a_card_signs_nobody_in(provider: Provider, visitor: Visitor, kind: str) -> None:
    page = visitor.get(provider.people.pupil(kind).card_path)
    assert "login-submit" in page.ids
    assert set(visitor.http.cookies.get_dict()) == {"leerid_browser"}
    with provider.reading() as db:
        for record in (BrowserSession, KnownDevice):
            assert db.scalar(select(func.count()).select_from(record)) == 0


def test_PW_33_a_card_shows_first_name_initial_and_username_and_no_more(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil(
        "pictures", username="ag.bog", given_name="Abdulghani", family_name="Bogdan", school=123456
    )
    page = visitor.get(pupil.card_path)
    assert "Hallo Abdulghani B." in page.text
    assert "Gebruikersnaam of e-mailadres: ag.bog" in page.text
    for unseen in ("Bogdan", "Basisschool", "1A", pupil.card_handle):
        assert unseen not in page.html


def test_PW_33_an_unknown_handle_shows_the_plain_page(provider: Provider, visitor: Visitor) -> None:
    known, unknown = visitor.get(provider.people.pupil("basic").card_path), visitor.get(f"/k/{'z' * 26}")
    assert "login-next" in unknown.ids
    statuses = [[each.status_code for each in (*page.history, page.response)] for page in (known, unknown)]
    assert statuses == [[303, 200], [303, 200]]


def test_R36_a_handle_may_be_typed_in_capitals(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    assert pupil.username in visitor.get(f"/k/{pupil.card_handle.upper()}").text


def test_PW_33_a_new_card_ends_the_old_one(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    with provider.db() as db:
        opening.new_card(db, db.get_one(Account, pupil.account_id), provider.clock())
    assert "login-next" in visitor.get(pupil.card_path).ids


def test_PR_06_a_card_dies_with_the_enrolment(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic", active_until=(provider.clock() + timedelta(days=1)).date())
    assert "login-submit" in visitor.get(pupil.card_path).ids
    provider.clock.move(days=3)
    assert "login-next" in visitor.get(pupil.card_path).ids


def test_PW_33_looking_for_cards_is_slowed_down_and_real_cards_go_on(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("basic")
    for _ in range(unknown_cards.ALLOWED):
        assert visitor.get("/k/zzz").status == 200
    assert visitor.get("/k/zzz").status == 429
    assert visitor.get("/k/zzz").status == 429
    assert "login-submit" in visitor.get(pupil.card_path).ids
    provider.clock.move(minutes=11)
    assert visitor.get("/k/zzz").status == 200


@pytest.mark.parametrize("handle", ["%00", "..%2f..", "é", "a" * 4000, "'; DROP TABLE cards; --"])
def test_PW_33_a_strange_handle_is_an_unknown_one(provider: Provider, visitor: Visitor, handle: str) -> None:
    page = visitor.get(f"/k/{handle}")
    assert page.status in (200, 404)


def test_OA_44_nothing_of_a_card_page_is_kept_or_passed_on(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get(provider.people.pupil("basic").card_path)
    for answer in (*page.history, page.response):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
