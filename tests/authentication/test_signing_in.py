"""The roads that lead in: a name and a password, pictures, a card, an address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from idp.authentication.records import BrowserSession, KnownDevice
from tests.authentication.doors import account_of, events, is_in, say_name, say_password, sign_in
from tests.support.browser import Visitor
from tests.support.provider import Provider


@pytest.mark.parametrize("kind", ["basic", "advanced", "pictures"])
def test_R37_R39_every_kind_signs_in_with_a_name(provider: Provider, visitor: Visitor, kind: str) -> None:
    pupil = provider.people.pupil(kind)
    page = sign_in(visitor, pupil)
    assert is_in(page, provider)
    assert visitor.cookie("leerid_session")
    assert account_of(provider, pupil).last_sign_in_at is not None
    assert events(provider, "account:signed-in") == 1


@pytest.mark.parametrize("kind", ["basic", "advanced", "pictures"])
def test_R35_R36_R39_every_kind_signs_in_with_a_card(provider: Provider, visitor: Visitor, kind: str) -> None:
    pupil = provider.people.pupil(kind)
    page = visitor.get(pupil.card_path)
    assert pupil.username in page.text
    assert is_in(say_password(visitor, pupil.password), provider)


def test_staff_sign_in_by_the_same_door(provider: Provider, visitor: Visitor) -> None:
    assert is_in(sign_in(visitor, provider.people.staff()), provider)


def test_R20_a_verified_address_signs_in(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", email="ardalan@example.org")
    page = say_name(visitor, "Ardalan@Example.org")
    assert "Ardalan@Example.org" in page.text
    assert is_in(say_password(visitor, pupil.password), provider)


def test_R44_the_page_says_what_the_manual_says(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get("/login")
    for text in ("Vlaanderen", "LeerID", "Meld je aan met LeerID", "Gebruikersnaam of e-mailadres"):
        assert text in page.text
    page = visitor.submit(button="login-next", username=provider.people.pupil("basic").username)
    for text in ("Wachtwoord", "Wachtwoord vergeten?", "Aanmelden", "Wijzig gebruikersnaam"):
        assert text in page.text
    assert page.title.startswith("Wachtwoord")


def test_R45_the_picture_page_says_what_the_manual_says(provider: Provider, visitor: Visitor) -> None:
    page = say_name(visitor, provider.people.pupil("pictures").username)
    for text in (
        "Gebruikersnaam of e-mailadres:",
        "Wijzig gebruikersnaam",
        "Vul uw wachtwoord in",
        "Aanmelden",
    ):
        assert text in page.text


def test_R6_digits_may_be_typed_with_spaces(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("pictures")
    say_name(visitor, pupil.username)
    assert is_in(say_password(visitor, " ".join(pupil.digits)), provider)


def test_R6_the_order_of_the_pictures_matters(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("pictures", password="4729")
    say_name(visitor, pupil.username)
    assert not is_in(say_password(visitor, "9274"), provider)


def test_R45_R47_the_name_can_be_changed(provider: Provider, visitor: Visitor) -> None:
    first, second = provider.people.pupil("basic"), provider.people.pupil("advanced")
    page = visitor.get(first.card_path)
    visitor.get(page.links["Wijzig gebruikersnaam"])
    page = visitor.submit(button="login-next", username=second.username)
    assert second.username in page.text
    assert is_in(say_password(visitor, second.password), provider)


def test_PR_23_the_next_visitor_sees_no_name(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    sign_in(visitor, pupil)
    visitor.get(pupil.card_path)
    visitor.submit(button="login-switch")
    page = visitor.get("/login")
    assert pupil.username not in page.html
    assert page.form("login-next").fields["username"] == ""


def test_who_is_signed_in_already_is_sent_on(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.pupil("basic"))
    assert is_in(visitor.get("/login"), provider)


def test_OA_35_a_sign_in_makes_a_new_session_and_the_old_one_is_dead(
    provider: Provider, visitor: Visitor
) -> None:
    first, second = provider.people.pupil("basic"), provider.people.pupil("advanced")
    visitor.http.cookies.set("leerid_session", "P" * 43, domain="127.0.0.1", path="/")
    sign_in(visitor, first)
    one = visitor.cookie("leerid_session")
    visitor.get(second.card_path)
    assert is_in(say_password(visitor, second.password), provider)
    two = visitor.cookie("leerid_session")
    assert len({"P" * 43, one, two}) == 3
    with provider.reading() as db:
        sessions = db.scalars(select(BrowserSession).order_by(BrowserSession.signed_in_at)).all()
    assert [session.ended_at is None for session in sessions] == [False, True]


def test_OA_35_the_same_person_gets_a_new_cookie_and_keeps_the_session(
    provider: Provider, visitor: Visitor
) -> None:
    """What other applications hold must not die because one of them asked to sign in again."""
    pupil = provider.people.pupil("basic")
    sign_in(visitor, pupil)
    old = visitor.cookie("leerid_session") or ""
    provider.clock.move(minutes=5)
    visitor.get(pupil.card_path)
    say_password(visitor, pupil.password)
    with provider.reading() as db:
        session = db.scalars(select(BrowserSession)).one()
    assert session.ended_at is None
    assert visitor.cookie("leerid_session") != old
    visitor.http.cookies.set("leerid_session", old, domain="127.0.0.1", path="/")
    assert "login-next" in visitor.get("/login").ids


def test_a_card_works_while_somebody_else_is_signed_in(provider: Provider, visitor: Visitor) -> None:
    first, second = provider.people.pupil("basic"), provider.people.pupil("pictures")
    sign_in(visitor, first)
    page = visitor.get(second.card_path)
    assert second.username in page.text
    assert is_in(say_password(visitor, second.password), provider)


def test_switching_ends_the_session(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    sign_in(visitor, pupil)
    page = visitor.get(pupil.card_path)
    assert "Niet jij? Wissel van leerling" in page.text
    page = visitor.submit(button="login-switch")
    assert "login-next" in page.ids
    assert "login-next" in visitor.get("/login").ids  # nobody is signed in any more


def test_a_sign_in_makes_the_browser_known_to_that_account_only(
    provider: Provider, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    pupils = [provider.people.pupil("basic"), provider.people.pupil("advanced")]
    for pupil in pupils:
        visitor.get(pupil.card_path)
        say_password(visitor, pupil.password)
    with provider.reading() as db:
        devices = db.scalars(select(KnownDevice)).all()
    assert {device.account_id for device in devices} == {pupil.account_id for pupil in pupils}
    assert len({device.digest for device in devices}) == 1
    assert visitor.cookie("leerid_device") not in {device.digest for device in devices}


def test_PW_13_older_parameters_are_rehashed_at_the_next_sign_in(
    open_provider: Callable[..., Provider],
) -> None:
    before = open_provider()
    pupil = before.people.pupil("basic")
    stored = account_of(before, pupil).sealed_secret
    dearer = open_provider(hashing={"time_cost": 2})
    visitor = Visitor(dearer.issuer)
    assert is_in(sign_in(visitor, pupil), dearer)
    resealed = account_of(dearer, pupil).sealed_secret
    assert resealed != stored
    assert is_in(sign_in(Visitor(dearer.issuer), pupil), dearer)
    assert account_of(dearer, pupil).sealed_secret == resealed


def test_the_language_of_the_page_can_be_chosen(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/login")
    page = visitor.submit("/language", language="en")
    assert page.url.endswith("/name")
