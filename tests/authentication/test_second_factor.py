"""Staff show a second factor after the password: when it is asked, and what it is worth to applications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen

from idp.accounts import factors as records_of_factors
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from tests.authentication.doors import events, is_in, say_name, say_password, sign_in
from tests.authentication.factor_doors import (
    REQUIRED,
    code_of,
    codes_on,
    details,
    enrol,
    factors,
    recovery_rows,
    say_code,
    say_recovery_code,
    secret_on,
    sign_in_fully,
    step_of,
    way_back,
    wrong_code,
)
from tests.support.browser import Page, Visitor
from tests.support.people import OWN_PASSWORD
from tests.support.provider import Provider

OpenProvider = Callable[..., Provider]


@pytest.fixture
def strict(open_provider: OpenProvider) -> Provider:
    """Where staff must have a second factor."""
    return open_provider(staff=REQUIRED)


@pytest.fixture
def provider(strict: Provider) -> Provider:
    return strict


def acr_and_amr(provider: Provider, visitor: Visitor, finish: Callable[[], Page]) -> tuple[str, list[str]]:
    rp = provider.relying_party()
    asked = rp.ask()
    visitor.get(asked.url)
    claims = rp.verify(rp.exchange(rp.code(way_back(finish()), asked), asked).id_token, asked.nonce)
    return claims["acr"], claims["amr"]


def test_a_sign_in_with_an_app_has_two_factors(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)

    def finish() -> Page:
        visitor.submit(button="login-next", username=els.username)
        assert step_of(say_password(visitor, els.password)) == "second-factor"
        return say_code(visitor, code_of(provider, els))

    assert acr_and_amr(provider, visitor, finish) == ("urn:leerid:acr:two-factor", ["pwd", "otp", "mfa"])
    assert details(provider, "factor:used") == [{"kind": "totp"}]


def test_the_first_sign_in_adds_one_and_shows_the_recovery_codes(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff()

    def finish() -> Page:
        visitor.submit(button="login-next", username=els.username)
        page = say_password(visitor, els.password)
        assert step_of(page) == "new-factor"
        assert page.headers["Cache-Control"] == "no-store"
        with_app = replace(els, totp_secret=secret_on(page))
        page = say_code(visitor, code_of(provider, with_app))
        assert step_of(page) == "recovery-codes"
        assert len(set(codes_on(page))) == 10
        return visitor.submit(button="factor-codes-kept")

    assert acr_and_amr(provider, visitor, finish) == ("urn:leerid:acr:two-factor", ["pwd", "otp", "mfa"])
    assert details(provider, "factor:added") == [{"kind": "totp"}]


def test_PW_24_a_temporary_password_is_replaced_before_a_factor_is_added(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff(temporary=True, password="tijdelijk-fiets-42")
    assert step_of(sign_in(visitor, els)) == "new-password"
    page = visitor.submit(button="password-submit", new_password=OWN_PASSWORD)
    assert step_of(page) == "new-factor"
    enrol(provider, visitor, els)
    assert is_in(visitor.submit(button="factor-codes-kept"), provider)


def test_CV_16_a_new_password_of_the_school_opens_nothing_without_the_factor(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff(temporary=True, password="tijdelijk-fiets-42", totp=True)
    assert step_of(sign_in(visitor, els)) == "second-factor"
    assert step_of(say_code(visitor, wrong_code(provider, els))) == "second-factor"
    assert step_of(say_code(visitor, code_of(provider, els))) == "new-password"
    assert is_in(visitor.submit(button="password-submit", new_password=OWN_PASSWORD), provider)


def test_a_pupil_is_asked_for_nothing_more(provider: Provider, new_visitor: Callable[..., Visitor]) -> None:
    """And no statement of a pupil's sign-in looks whether there is a factor."""
    pupils = [provider.people.pupil(kind) for kind in ("basic", "pictures", "advanced")]
    asked: list[str] = []
    listen(provider.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    for pupil in pupils:
        assert is_in(sign_in(new_visitor(), pupil), provider)
    assert any("login_attempts" in statement for statement in asked)
    assert not any(
        table in statement for statement in asked for table in ("second_factors", "recovery_codes")
    )


def test_where_it_is_optional_it_is_asked_from_who_has_it(
    open_provider: OpenProvider, new_visitor: Callable[..., Visitor]
) -> None:
    provider = open_provider()
    without, having = provider.people.staff(), provider.people.staff(totp=True)
    assert is_in(sign_in(new_visitor(provider.origin), without), provider)
    assert step_of(sign_in(new_visitor(provider.origin), having)) == "second-factor"


def test_an_application_that_asks_two_factors_gets_them_or_a_reason(
    open_provider: OpenProvider, new_visitor: Callable[..., Visitor]
) -> None:
    provider = open_provider()
    rp = provider.relying_party(minimum_acr="urn:leerid:acr:two-factor")
    for who, ends in (
        (provider.people.staff(totp=True), "second-factor"),
        (provider.people.staff(), "too-weak"),
    ):
        visitor = new_visitor(provider.origin)
        visitor.get(rp.ask().url)
        visitor.submit(button="login-next", username=who.username)
        assert step_of(say_password(visitor, who.password)) == ends


def test_who_got_a_factor_since_is_asked_for_it_instead_of_refused(
    open_provider: OpenProvider, new_visitor: Callable[..., Visitor]
) -> None:
    provider = open_provider()
    els, visitor = provider.people.staff(), new_visitor(provider.origin)
    sign_in(visitor, els)
    els = provider.people.give_app(els)
    rp = provider.relying_party(minimum_acr="urn:leerid:acr:two-factor")
    asked = rp.ask()
    visitor.get(asked.url)
    say_password(visitor, els.password)
    assert rp.code(way_back(say_code(visitor, code_of(provider, els))), asked)


# A code of the app


def test_OA_65_a_code_is_good_once(provider: Provider, new_visitor: Callable[..., Visitor]) -> None:
    els = provider.people.staff(totp=True)
    owner, thief = new_visitor(), new_visitor()
    for visitor in (owner, thief):
        sign_in(visitor, els)
    code = code_of(provider, els)
    assert is_in(say_code(owner, code), provider)
    assert step_of(say_code(thief, code)) == "second-factor"
    provider.clock.move(seconds=30)
    assert is_in(say_code(thief, code_of(provider, els)), provider)


def test_a_code_of_before_the_last_one_is_no_longer_good(
    provider: Provider, new_visitor: Callable[..., Visitor]
) -> None:
    els = provider.people.staff(totp=True)
    earlier = code_of(provider, els)
    provider.clock.move(seconds=30)
    assert is_in(sign_in_fully(provider, new_visitor(), els), provider)
    visitor = new_visitor()
    sign_in(visitor, els)
    assert step_of(say_code(visitor, earlier)) == "second-factor"


NO_CODES = ("", "   ", "abc", "12345", "1234567", "１２３４５６", "'; --", "x" * 5000, "\x00")


def test_whatever_else_is_typed_is_no_code(
    open_provider: OpenProvider, new_visitor: Callable[..., Visitor]
) -> None:
    provider = open_provider(staff=REQUIRED, throttle={"free_attempts": 100})
    visitor = new_visitor(provider.origin)
    sign_in(visitor, provider.people.staff(totp=True))
    for typed in NO_CODES:
        page = say_code(visitor, typed)
        assert (page.status, step_of(page)) == (200, "second-factor"), repr(typed)
    assert visitor.cookie("leerid_session") is None


def test_a_code_may_be_typed_in_two_halves(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in(visitor, els)
    code = code_of(provider, els)
    assert is_in(say_code(visitor, f" {code[:3]} {code[3:]} "), provider)


# Recovery codes


def test_a_recovery_code_is_good_once_and_says_how_many_are_left(
    provider: Provider, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    els = provider.people.staff()
    sign_in(visitor, els)
    els, codes = enrol(provider, visitor, els)
    lost = new_visitor()
    sign_in(lost, els)
    page = say_recovery_code(lost, codes[3].upper().replace("-", " "))
    assert step_of(page) == "recovery-used"
    assert "Je hebt nog 9 herstelcodes." in page.text
    assert page.links["Ga verder"] == f"{provider.settings.portals.leerlingloket}/login"
    assert lost.cookie("leerid_session")
    assert details(provider, "factor:recovery-used") == [{"left": 9}]
    again = new_visitor()
    sign_in(again, els)
    page = say_recovery_code(again, codes[3])
    assert step_of(page) == "second-factor"
    assert again.cookie("leerid_session") is None
    assert details(provider, "factor:refused") == [{"kind": "recovery"}]


def test_a_recovery_code_with_a_temporary_password_is_told_on_the_page_after_it(
    provider: Provider, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    els = provider.people.staff(temporary=True, password="tijdelijk-fiets-42")
    sign_in(visitor, els)
    visitor.submit(button="password-submit", new_password=OWN_PASSWORD)
    els, codes = enrol(provider, visitor, els)
    with provider.db() as db:
        account = db.get_one(Account, els.account_id)
        provider.people.give_password(account, Secret(els.password), els.secret_kind, True)
    lost = new_visitor()
    sign_in(lost, els)
    page = say_recovery_code(lost, codes[0])
    assert step_of(page) == "new-password"
    assert "Je hebt nog 9 herstelcodes." in page.text


def test_recovery_codes_are_shown_until_they_are_kept_and_never_again(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff()
    sign_in(visitor, els)
    _, codes = enrol(provider, visitor, els)
    url = visitor.page.url if visitor.page else ""
    assert codes_on(visitor.get(url)) == codes
    assert visitor.cookie("leerid_session") is None
    assert is_in(visitor.submit(button="factor-codes-kept"), provider)
    assert is_in(visitor.get(url), provider)


# At rest


def test_PW_14_the_database_holds_no_secret_that_opens_anything(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff()
    sign_in(visitor, els)
    els, codes = enrol(provider, visitor, els)
    secret_text = (els.totp_secret or "").replace(" ", "")
    with provider.reading() as db:
        tables = ("second_factors", "recovery_codes", "login_attempts", "audit_events")
        dump = "".join(str(db.execute(text(f"SELECT * FROM {table}")).all()) for table in tables)
    assert secret_text not in dump
    for code in codes:
        assert code not in dump
        assert code.replace("-", "") not in dump
    assert all(len(row.digest) == 64 for row in recovery_rows(provider, els))


def test_PW_15_a_secret_that_was_moved_to_another_account_opens_nothing(
    provider: Provider, visitor: Visitor
) -> None:
    els, thief = provider.people.staff(totp=True), provider.people.staff(totp=True)
    with provider.db() as db:
        mine, theirs = (records_of_factors.factors_of(db, who.account_id)[0] for who in (els, thief))
        mine.sealed_secret = theirs.sealed_secret
    sign_in(visitor, els)
    assert step_of(say_code(visitor, code_of(provider, thief))) == "second-factor"
    assert events(provider, "account:secret-tampered") == 1


def test_a_name_says_nothing_about_a_factor(provider: Provider, visitor: Visitor) -> None:
    for who in (provider.people.staff(totp=True), provider.people.staff()):
        assert step_of(say_name(visitor, who.username)) == "password"
        assert step_of(say_password(visitor, "fout-wachtwoord")) == "password"
    assert factors(provider, who) == []
