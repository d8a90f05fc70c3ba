"""What has expired is cleared away, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts import opening
from idp.authentication import counters
from idp.authentication.records import FailedName, FailureCounter, KnownDevice, LoginAttempt
from idp.clearing import AT_ONCE, clear_expired
from idp.database import writing
from idp.mail import outbox
from idp.mail.records import MailTally, OutboxMail
from idp.oidc.records import PendingAuthorization, SpentAssertion
from idp.rules.account_types import AccountKind
from idp.schools.import_records import Import
from idp.schools.imports.importing import NotNow, State, state_of
from idp.settings import Settings
from tests.schools.imports import feeds

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SETTINGS = Settings(issuer="https://id.example.be")


def attempt(expires_at: datetime) -> LoginAttempt:
    return LoginAttempt(
        digest=uuid4().hex, browser="b", step="name", requirement={}, created_at=NOW, expires_at=expires_at
    )


def cleared(db: Session, now: datetime = NOW) -> dict[str, int]:
    return clear_expired(db, SETTINGS, lambda: now)


def test_only_what_has_expired_goes(db: Session) -> None:
    writing(db)
    alive = attempt(NOW + timedelta(minutes=1))
    db.add_all([alive, attempt(NOW - timedelta(hours=2)), attempt(NOW - timedelta(days=2))])
    db.add(
        PendingAuthorization(digest="p", parameters={}, created_at=NOW, expires_at=NOW - timedelta(days=1))
    )
    db.add(SpentAssertion(client_id="a", jti="1", expires_at=NOW - timedelta(days=1)))
    db.add(SpentAssertion(client_id="a", jti="2", expires_at=NOW))
    db.commit()
    kept = alive.digest
    assert cleared(db) == {"login_attempts": 2, "pending_authorizations": 1, "spent_assertions": 1}
    assert db.scalars(select(LoginAttempt.digest)).all() == [kept]
    assert db.scalars(select(SpentAssertion.jti)).all() == ["2"]


def test_a_second_round_finds_nothing(db: Session) -> None:
    writing(db)
    db.add(attempt(NOW - timedelta(days=1)))
    db.commit()
    assert cleared(db) == {"login_attempts": 1}
    assert cleared(db) == {}


def test_many_rows_go_in_steps(db: Session) -> None:
    writing(db)
    many = AT_ONCE * 2 + 3
    db.add_all(
        FailedName(address=str(number), subject="s", last_at=NOW - timedelta(days=1))
        for number in range(many)
    )
    db.commit()

    def enough() -> bool:
        left = db.scalar(select(func.count()).select_from(FailedName)) or 0
        return left < many

    assert clear_expired(db, SETTINGS, lambda: NOW, enough) == {"failed_names": AT_ONCE}
    assert cleared(db) == {"failed_names": many - AT_ONCE}


def test_a_mail_that_waits_is_kept_however_old(db: Session) -> None:
    writing(db)
    waiting = outbox.put(db, "verify_email", "a@b.example", "Waits", "", "", NOW)
    sent = outbox.put(db, "verify_email", "a@b.example", "Sent", "", "", NOW)
    outbox.mark_sent(db, sent, NOW)
    db.commit()
    assert cleared(db, NOW + timedelta(days=30)) == {"outbox_mails": 1}
    assert db.scalars(select(OutboxMail.id)).all() == [waiting]
    assert db.scalar(select(func.count()).select_from(OutboxMail)) == 1


def test_counts_go_after_a_month_and_what_protects_an_account_after_a_year(db: Session) -> None:
    """The same for names that nobody has: what stays must not tell who exists."""
    writing(db)
    shared = {counters.ACCOUNT, *counters.ALLOWANCES.values()}
    for bucket in (*shared, counters.OWN_WAYS, "typed", "card:x", "device:y", "factor", "spray"):
        for days in (29, 31, 364, 366):
            moment = NOW - timedelta(days=days)
            db.add(FailureCounter(subject=f"{days}", bucket=bucket, day=str(moment.date()), last_at=moment))
    db.commit()
    assert cleared(db) == {"failure_counters": 3 * 6 + 4}
    left = db.execute(select(FailureCounter.subject, FailureCounter.bucket)).all()
    assert {bucket for days, bucket in left if days != "29"} == shared
    assert sum(days == "29" for days, _ in left) == 10


def test_a_device_is_forgotten_after_three_months(db: Session) -> None:
    writing(db)
    person = opening.new_person(db, given_name="Ardalan", family_name="Bhatti", now=NOW)
    account = opening.open_account(db, person, AccountKind.BASIC, NOW, active_until=None)
    db.flush()
    for days in (89, 91):
        db.add(KnownDevice(digest=f"{days}", account_id=account.id, last_used_at=NOW - timedelta(days=days)))
    db.commit()
    assert cleared(db) == {"known_devices": 1}


def test_a_tally_of_mails_goes_when_nobody_looks_at_it_any_more(db: Session) -> None:
    writing(db)
    for hours in (23, 26):
        db.add(MailTally(subject=f"{hours}", moments=[], last_at=NOW - timedelta(hours=hours)))
    db.commit()
    assert cleared(db) == {"mail_tallies": 1}
    assert db.scalars(select(MailTally.subject)).all() == ["23"]


def test_what_a_feed_said_goes_after_a_week_also_when_it_was_never_applied(db: Session) -> None:
    when = NOW - timedelta(days=8)
    lines = [feeds.pupil(number, einde="2100-01-01") for number in (1, 2, "?")]
    old = feeds.received(db, lines, when).id
    fresh = feeds.received(db, lines[:1], NOW - timedelta(days=6)).id
    assert cleared(db) == {"import_rows": 2, "import_changes": 2}
    assert cleared(db, NOW + timedelta(days=23)) == {
        "import_rows": 1,
        "import_changes": 1,
        "import_faults": 1,
    }
    assert set(db.scalars(select(Import.id))) == {old, fresh}
    assert state_of(db.get_one(Import, old)) is State.READY
    with pytest.raises(NotNow) as reason:
        feeds.applied(db, old, NOW)
    assert reason.value.state is State.REFUSED
