"""Choosing an own password after the temporary one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from idp.accounts import passwords
from idp.accounts.records import Account
from tests.authentication.doors import (
    NO_PASSWORDS,
    WRONG,
    account_of,
    events,
    hashing_is_busy,
    is_in,
    say_name,
    say_password,
    sign_in,
)
from tests.support.browser import Page, Visitor
from tests.support.provider import Provider

OWN = "Sprinkhaan-Op-Fietsvakantie7"


def choose(visitor: Visitor, password: str) -> Page:
    return visitor.submit(button="password-submit", new_password=password)


def test_R8_R11_PW_24_the_temporary_password_buys_an_own_one_and_no_more(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    page = sign_in(visitor, pupil)
    assert page.url.endswith("/new-password")
    assert visitor.cookie("leerid_session") is None
    assert is_in(choose(visitor, OWN), provider)
    assert account_of(provider, pupil).temporary_until is None
    assert events(provider, "account:password-chosen") == 1
    visitor.forget()
    say_name(visitor, pupil.username)
    assert WRONG in say_password(visitor, pupil.password).text
    assert is_in(say_password(visitor, OWN), provider)


def test_PW_24_no_code_before_an_own_password(provider: Provider, visitor: Visitor) -> None:
    pupil, app = provider.people.pupil("advanced", temporary=True), provider.relying_party()
    asked = app.ask()
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    page = say_password(visitor, pupil.password)
    assert page.left_for is None
    assert visitor.get(asked.url).left_for is None  # asking again gives none either


@pytest.mark.parametrize(
    ("given", "after", "works"),
    [
        (datetime(2026, 1, 10, 9, tzinfo=UTC), timedelta(days=29, hours=23, minutes=59), True),
        (datetime(2026, 1, 10, 9, tzinfo=UTC), timedelta(days=30, minutes=1), False),
        # The clock goes forward on 29 March 2026 and back on 25 October: a day is 24 hours all the same.
        (datetime(2026, 3, 20, 9, tzinfo=UTC), timedelta(days=29, hours=23, minutes=59), True),
        (datetime(2026, 3, 20, 9, tzinfo=UTC), timedelta(days=30, minutes=1), False),
        (datetime(2026, 10, 20, 9, tzinfo=UTC), timedelta(days=29, hours=23, minutes=59), True),
        (datetime(2026, 10, 20, 9, tzinfo=UTC), timedelta(days=30, minutes=1), False),
    ],
)
def test_PW_24_R12_thirty_days_by_the_calendar(
    provider: Provider, visitor: Visitor, given: datetime, after: timedelta, works: bool
) -> None:
    provider.clock.set(given)
    pupil = provider.people.pupil("advanced", temporary=True)
    provider.clock.set(given + after)
    page = sign_in(visitor, pupil)
    assert page.url.endswith("/new-password") is works
    assert ("Je tijdelijke wachtwoord is verlopen." in page.text) is not works


def test_PW_24_it_also_expires_between_the_two_pages(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    until = account_of(provider, pupil).temporary_until
    assert until is not None
    provider.clock.set(until - timedelta(minutes=1))
    assert sign_in(visitor, pupil).url.endswith("/new-password")
    provider.clock.move(minutes=2)
    assert "/name" in choose(visitor, OWN).url
    assert account_of(provider, pupil).temporary_until == until


def test_PW_24_a_renewal_between_the_two_pages_wins(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    sign_in(visitor, pupil)
    provider.clock.move(seconds=5)
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        passwords.hand_out(account, "v1.renewed", account.secret_kind, provider.clock())
    assert "/name" in choose(visitor, OWN).url
    assert account_of(provider, pupil).sealed_secret == "v1.renewed"


def test_two_tabs_choose_one_password(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    page = sign_in(visitor, pupil)
    form = page.form("password-submit")
    assert is_in(choose(visitor, OWN), provider)
    late = visitor.post(page.url, {**form.fields, "new_password": "Een-ander-lang-wachtwoord5"})
    assert is_in(late, provider)
    visitor.forget()
    say_name(visitor, pupil.username)
    assert is_in(say_password(visitor, OWN), provider)


def test_R60_R65_the_page_says_what_the_manual_says(provider: Provider, visitor: Visitor) -> None:
    page = sign_in(visitor, provider.people.pupil("advanced", temporary=True))
    for text in (
        "Pas je wachtwoord aan", "Nieuw wachtwoord", "met minstens 12 karakters", "0/12",
        "zonder (een deel van) je gebruikersnaam", "Sterk bezig!", "Wachtwoord tips",
        "Gebruik 2 woorden met cijfers of speciale tekens tussen", "Gebruik kleine en hoofdletters (a-z + A-Z)",
        "Gebruik cijfers (0-9)", "Gebruik speciale tekens (@ ! & $ ' ...)", "Annuleer", "Bevestig wachtwoord",
    ):  # fmt: skip
        assert text in page.text
    field = next(each for each in page.form("password-submit").inputs if each.get("name") == "new_password")
    assert field["autocomplete"] == "new-password"
    assert field["placeholder"] == "Kies een wachtwoord"


@pytest.mark.parametrize(("password", "words"), NO_PASSWORDS)
def test_R9_R10_what_must_be_mended_is_said(
    provider: Provider, visitor: Visitor, password: str, words: str
) -> None:
    pupil = provider.people.pupil("advanced", temporary=True, username="ardalan.bhatti")
    sign_in(visitor, pupil)
    page = choose(visitor, password)
    assert words in page.text
    assert page.url.split("?")[0].endswith("/new-password")
    assert not password or password not in page.html
    assert account_of(provider, pupil).temporary_until is not None


def test_R10_the_pupils_own_name_is_no_password(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil(
        "advanced", temporary=True, username="x.yz", given_name="Abdulghani", family_name="Bogdan"
    )
    sign_in(visitor, pupil)
    assert "eigen naam" in choose(visitor, "AbdulghaniBogdan1").text


def test_R65_cancelling_goes_back_to_the_name_and_keeps_the_temporary_one(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    page = sign_in(visitor, pupil)
    page = visitor.submit("cancel")
    assert "login-next" in page.ids
    assert sign_in(visitor, pupil).url.endswith("/new-password")


def test_R66_the_result_is_told(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.pupil("advanced", temporary=True, offer_email=True))
    page = choose(visitor, OWN)
    assert "Je wachtwoord is aangepast." in page.text
    assert "Je kan nu op LeerID aanmelden met je nieuw wachtwoord." in page.text


def test_an_app_that_wants_an_own_password_gets_it(provider: Provider, visitor: Visitor) -> None:
    app = provider.relying_party(minimum_acr="urn:leerid:acr:password")
    pupil = provider.people.pupil("advanced", temporary=True)
    asked = app.ask()
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    say_password(visitor, pupil.password)
    page = choose(visitor, OWN)
    tokens = app.exchange(app.code(page.left_for or "", asked), asked)
    assert app.verify(tokens.id_token, asked.nonce)["acr"] == "urn:leerid:acr:password"


@pytest.mark.parametrize("kind", ["basic", "pictures"])
def test_who_cannot_reach_the_asked_strength_gets_a_clear_page(
    provider: Provider, visitor: Visitor, kind: str
) -> None:
    app = provider.relying_party(minimum_acr="urn:leerid:acr:password")
    pupil = provider.people.pupil(kind)
    visitor.get(app.ask().url)
    visitor.submit(button="login-next", username=pupil.username)
    page = say_password(visitor, pupil.password)
    assert "Deze applicatie vraagt een sterker wachtwoord" in page.text
    assert visitor.cookie("leerid_session") is None
    page = visitor.get(page.links["Meld je aan met een andere gebruikersnaam"])
    assert "login-next" in page.ids


def test_PW_18_a_busy_provider_says_so(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(hashing={"at_once": 1, "queue_seconds": 0.05})
    visitor = Visitor(provider.issuer)
    sign_in(visitor, provider.people.pupil("advanced", temporary=True))
    with hashing_is_busy(provider):
        assert choose(visitor, OWN).status == 503
