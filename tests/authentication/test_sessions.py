"""The browser's session: who may go on, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from idp.accounts import passwords
from idp.accounts.records import Account
from idp.authentication import sessions
from idp.authentication.records import BrowserSession
from idp.authentication.sessions import Proof
from idp.database import writing
from idp.rules.account_types import AccountKind, SessionLimits, Strength
from idp.settings import Sessions
from tests.accounts.making import NOW, account
from tests.authentication.doors import is_in, sign_in, sign_out
from tests.support.browser import Visitor
from tests.support.provider import Provider

LIMITS = SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=10))


def started(db: Session, who: Account, at: datetime = NOW) -> str:
    writing(db)
    value, _ = sessions.start(db, Proof(who.id, who.kind, at, Strength.PASSWORD, ("pwd",)), LIMITS, at)
    db.commit()
    return value


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def test_a_session_is_resumed_as_it_was_started(db: Session) -> None:
    who = account(db)
    found = sessions.resume(db, started(db, who), minutes(1))
    assert found is not None
    assert (found.account_id, found.kind, found.at) == (who.id, AccountKind.ADVANCED, NOW)
    assert (found.strength, found.methods) == (Strength.PASSWORD, ("pwd",))


def test_the_database_does_not_have_the_cookie(db: Session) -> None:
    value = started(db, account(db))
    row = db.scalars(select(BrowserSession)).one()
    assert len(value) == 43
    assert value not in repr(vars(row))


@pytest.mark.parametrize("value", ["", "x", "A" * 43, "é\x00"])
def test_another_value_is_nobody(db: Session, value: str) -> None:
    started(db, account(db))
    assert sessions.resume(db, value, minutes(1)) is None


def test_a_session_ends_after_half_an_hour_of_silence(db: Session) -> None:
    value = started(db, account(db))
    assert sessions.resume(db, value, minutes(29.9)) is not None
    assert sessions.resume(db, value, minutes(30)) is None


def test_using_it_keeps_it_until_the_day_is_over(db: Session) -> None:
    value = started(db, account(db))
    for quarter in range(1, 60):
        at = minutes(15 * quarter)
        found = sessions.find(db, value, at)
        if at >= NOW + LIMITS.absolute:
            assert found is None
            continue
        assert found is not None
        assert found.touch_due
        writing(db)
        sessions.touch(db, found.sign_in.session_digest, at)
        db.commit()
        db.expire_all()


def test_a_session_is_written_to_once_a_minute_at_most(db: Session) -> None:
    value = started(db, account(db))
    due = [
        (found := sessions.find(db, value, minutes(m))) is not None and found.touch_due
        for m in (0, 0.9, 1, 5)
    ]
    assert due == [False, False, True, True]


def test_resuming_takes_one_statement(db: Session) -> None:
    value = started(db, account(db))
    db.expire_all()
    statements: list[str] = []
    event.listen(db.get_bind(), "before_cursor_execute", lambda _c, _k, text, *_: statements.append(text))
    assert sessions.resume(db, value, minutes(1)) is not None
    assert len([each for each in statements if each.startswith("SELECT")]) == 1


@pytest.mark.parametrize("what", ["ended", "blocked", "renewed", "left"])
def test_a_session_is_over_when_the_account_says_so(db: Session, what: str) -> None:
    who = account(db)
    value = started(db, who)
    found = sessions.resume(db, value, minutes(1))
    assert found is not None
    writing(db)
    if what == "ended":
        sessions.end(db, found.session_digest, minutes(2))
    elif what == "blocked":
        who.blocked_at = minutes(2)
    elif what == "renewed":
        passwords.end_sign_ins(who, minutes(2))
    else:
        who.active_until = (NOW - timedelta(days=1)).date()
    db.commit()
    assert sessions.resume(db, value, minutes(3)) is None


def test_limits_are_shorter_for_staff() -> None:
    settings = Sessions()
    pupil, staff = (sessions.limits_for(kind, settings) for kind in (AccountKind.BASIC, AccountKind.STAFF))
    assert (pupil.idle, staff.idle) == (timedelta(minutes=30), timedelta(minutes=15))


def test_a_visit_keeps_the_session_alive(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.pupil("basic"))
    for _ in range(4):
        provider.clock.move(minutes=20)
        assert is_in(visitor.get("/login"), provider)
    provider.clock.move(minutes=31)
    assert "login-next" in visitor.get("/login").ids


def test_OA_36_a_session_cookie_sent_twice_is_none(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.pupil("basic"))
    value, browser = visitor.cookie("leerid_session"), visitor.cookie("leerid_browser")
    visitor.forget()
    for cookies in (
        f"leerid_session={value}; leerid_session={'A' * 43}",
        f"leerid_session={'A' * 43}; leerid_session={value}",
    ):
        page = visitor.get("/login", headers={"Cookie": f"leerid_browser={browser}; {cookies}"})
        assert not is_in(page, provider)


@pytest.mark.parametrize("how", ["signed out", "row deleted"])
def test_CV_21_a_session_that_is_gone_is_gone_at_every_node(
    provider: Provider, visitor: Visitor, how: str
) -> None:
    """Also at a node that knew it a moment ago, for whoever kept the cookie."""
    sign_in(visitor, provider.people.pupil("basic"))
    copies = [Visitor(provider.issuer), Visitor(provider.another_node())]
    for copy in copies:
        copy.at_home.add(provider.issuer)
        copy.http.cookies.update(visitor.http.cookies)
        assert is_in(copy.get("/login"), provider)
    if how == "signed out":
        sign_out(visitor)
    else:
        with provider.db() as db:
            db.execute(delete(BrowserSession))
    for copy in copies:
        assert "login-next" in copy.get("/login").ids
        copy.close()
