"""What a sign-in writes down when it ends: on what it was, how it came, and in whose language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from idp.authentication.records import BrowserSession
from tests.authentication.doors import account_of, is_in, say_name, say_password, sign_in
from tests.authentication.factor_doors import sign_in_fully
from tests.authentication.recovery import change, details
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.statements import counted

NewVisitor = Callable[..., Visitor]
CHROMEBOOK = (
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
)
IPAD = "Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1"


def devices(provider: Provider) -> list[str | None]:
    with provider.reading() as db:
        return list(db.scalars(select(BrowserSession.device)))


def signed_in(provider: Provider) -> list[dict[str, Any]]:
    return details(provider, "account:signed-in")


# The device and the way


@pytest.mark.parametrize(("agent", "device"), [(CHROMEBOOK, "chromebook"), (IPAD, "ipad"), ("", "other")])
def test_a_session_knows_roughly_what_it_is_on(
    provider: Provider, new_visitor: NewVisitor, agent: str, device: str
) -> None:
    sign_in(new_visitor(agent=agent), provider.people.pupil("basic"))
    assert devices(provider) == [device]
    assert signed_in(provider) == [{"strength": 2, "way": "typed", "device": device}]


def test_signing_in_once_more_tells_the_device_again(provider: Provider, new_visitor: NewVisitor) -> None:
    visitor, pupil = new_visitor(agent=IPAD), provider.people.pupil("basic")
    sign_in(visitor, pupil)
    visitor.http.headers["User-Agent"] = CHROMEBOOK  # as the browser's own setting can make it say
    visitor.get(pupil.card_path)
    say_password(visitor, pupil.password)
    assert devices(provider) == ["chromebook"]


@pytest.mark.parametrize("kind", ["basic", "pictures", "advanced"])
def test_a_card_is_told_from_a_typed_name(provider: Provider, visitor: Visitor, kind: str) -> None:
    pupil = provider.people.pupil(kind)
    visitor.get(pupil.card_path)
    assert is_in(say_password(visitor, pupil.password), provider)
    assert [each["way"] for each in signed_in(provider)] == ["card"]


def test_a_card_is_remembered_through_the_steps_after_the_password(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("advanced", temporary=True, offer_email=True)
    visitor.get(pupil.card_path)
    assert say_password(visitor, pupil.password).url.endswith("/new-password")
    visitor.submit(button="password-submit", new_password="Olifant-Op-Bergpad-29")
    assert is_in(visitor.submit(button="email-skip"), provider)
    assert [each["way"] for each in signed_in(provider)] == ["card"]


def test_who_types_another_name_after_a_card_typed_it(provider: Provider, visitor: Visitor) -> None:
    holder, other = provider.people.pupil("basic"), provider.people.pupil("basic")
    page = visitor.get(holder.card_path)
    visitor.get(page.links["Wijzig gebruikersnaam"])
    visitor.submit(button="login-next", username=other.username)
    assert is_in(say_password(visitor, other.password), provider)
    assert [each["way"] for each in signed_in(provider)] == ["typed"]


def test_a_second_factor_changes_nothing_about_the_way(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(staff={"second_factor": "required"})
    sign_in_fully(provider, Visitor(provider.origin, agent=IPAD), provider.people.staff(totp=True))
    assert signed_in(provider) == [{"strength": 5, "way": "typed", "device": "ipad"}]


def test_a_silent_sign_on_asks_nothing_more(provider: Provider, visitor: Visitor) -> None:
    """The road that everybody walks all day: no statement about devices, languages or ways."""
    app = provider.relying_party()
    pupil = change(provider, provider.people.pupil("advanced"), language="fr")
    sign_in(visitor, pupil)
    visitor.get(app.ask().url)
    with counted(provider.engine) as found:
        assert visitor.get(app.ask(prompt="none").url).left_for is not None
    written = [each for each in found if each.startswith(("UPDATE", "INSERT"))]
    assert not any(
        "accounts" in each or "audit_events" in each or "known_devices" in each for each in written
    )


# The language


def choose_language(visitor: Visitor, language: str) -> None:
    visitor.get("/login")
    visitor.submit("/language", language=language)


@pytest.mark.parametrize("before", [None, "nl"])
def test_a_language_that_was_chosen_here_goes_with_its_chooser(
    provider: Provider, visitor: Visitor, before: str | None
) -> None:
    pupil = change(provider, provider.people.pupil("basic"), language=before)
    choose_language(visitor, "fr")
    say_name(visitor, pupil.username)
    page = say_password(visitor, pupil.password)
    portal = provider.settings.portals.leerlingloket
    assert page.left_for == f"{portal}/login?ui_locales=fr"
    assert account_of(provider, pupil).language == "fr"
    assert visitor.cookie("leerid_language") == "fr"


def test_who_chose_nothing_here_finds_their_own_language(provider: Provider, visitor: Visitor) -> None:
    pupil = change(provider, provider.people.pupil("basic"), language="en")
    sign_in(visitor, pupil)
    assert visitor.cookie("leerid_language") == "en"
    assert '<html lang="en"' in visitor.get("/forgot").html
    assert account_of(provider, pupil).language == "en"


def test_who_never_chose_keeps_no_choice(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    sign_in(visitor, pupil)
    assert visitor.cookie("leerid_language") is None
    assert account_of(provider, pupil).language is None


@pytest.mark.parametrize("planted", ["de", "", "../nl", "x" * 300])
def test_a_language_that_we_do_not_have_is_nobody_s(
    provider: Provider, visitor: Visitor, planted: str
) -> None:
    pupil = change(provider, provider.people.pupil("basic"), language="fr")
    visitor.http.cookies.set("leerid_language", planted, domain="127.0.0.1", path="/")
    sign_in(visitor, pupil)
    assert account_of(provider, pupil).language == "fr"
    assert visitor.cookie("leerid_language") == "fr"
