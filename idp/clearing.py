"""Clears away what has expired, a little at a time.

Nothing is refused because it was cleared: whoever reads a row compares its moments with now. This only keeps the tables
small, so each kind may lie for a while longer, and one statement never takes long enough to keep a writer waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, exists, inspect, or_, select, tuple_
from sqlalchemy.orm import Session

from idp.accounts.forgetting import forget_some
from idp.accounts.records import AuditEvent, Fault, OneTimeLink
from idp.authentication import counters
from idp.authentication.known_devices import KNOWN_FOR
from idp.authentication.records import (
    BrowserSession,
    FailedName,
    FailureCounter,
    KnownDevice,
    LoginAttempt,
    TriedGuess,
)
from idp.database import Base, writing
from idp.mail.records import MailTally, OutboxMail
from idp.oidc.records import (
    InitialAccessToken,
    LogoutNotice,
    PendingAuthorization,
    PushedRequest,
    SpentAssertion,
)
from idp.schools.import_records import STAGED, Import, ImportFault
from idp.schools.records import ExportTally, Renewal, RenewedPupil, SelectedPupil
from idp.schools.renewals.ending import drop_seeds
from idp.settings import Settings, Throttle
from idp.tokens.records import (
    AccessToken,
    ApplicationUse,
    ClientToken,
    DeviceGrant,
    GrantFamily,
    RefreshToken,
)
from idp.tokens.uses import fold_some

AT_ONCE = 500
MOST_A_ROUND = 20_000

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
A_MONTH = timedelta(days=30)
A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Expired:
    """The rows of one kind that nobody needs any more."""

    record: type[Base]
    condition: ColumnElement[bool]


def expired(now: datetime, throttle: Throttle) -> tuple[Expired, ...]:
    windows = timedelta(seconds=max(throttle.address_window_seconds, throttle.spray_window_seconds))
    closed = timedelta(seconds=throttle.address_closed_seconds)
    return (
        Expired(LoginAttempt, LoginAttempt.expires_at < now - AN_HOUR),
        Expired(PendingAuthorization, PendingAuthorization.expires_at < now - AN_HOUR),
        Expired(PushedRequest, PushedRequest.expires_at < now - AN_HOUR),
        Expired(InitialAccessToken, InitialAccessToken.expires_at < now - A_MONTH),
        Expired(DeviceGrant, DeviceGrant.expires_at < now - A_DAY),
        Expired(ClientToken, ClientToken.expires_at < now - A_DAY),
        Expired(SpentAssertion, SpentAssertion.expires_at < now - AN_HOUR),
        Expired(FailedName, FailedName.last_at < now - windows - closed - AN_HOUR),
        Expired(TriedGuess, TriedGuess.last_at < now - windows - AN_HOUR),
        # A refresh token stays while its family lives: that is how one who uses it twice is caught.
        Expired(AccessToken, AccessToken.expires_at < now - A_DAY),
        Expired(RefreshToken, RefreshToken.expires_at < now - A_DAY),
        # What a pupil may see of the applications that were used, for as long as of everything else (PR-12).
        Expired(ApplicationUse, ApplicationUse.last_at < now - A_YEAR),
        Expired(BrowserSession, BrowserSession.expires_at < now - A_DAY),
        Expired(
            LogoutNotice,
            or_(LogoutNotice.delivered_at < now - A_WEEK, LogoutNotice.gave_up_at < now - A_MONTH),
        ),
        # What didn't arrive is longer there for the operators to look at.
        Expired(OutboxMail, or_(OutboxMail.sent_at < now - A_WEEK, OutboxMail.gave_up_at < now - A_MONTH)),
        Expired(OneTimeLink, OneTimeLink.expires_at < now - A_MONTH),
        Expired(KnownDevice, KnownDevice.last_used_at < now - KNOWN_FOR),
        Expired(
            FailureCounter,
            FailureCounter.bucket.not_in(counters.LASTING) & (FailureCounter.last_at < now - A_MONTH),
        ),
        Expired(FailureCounter, FailureCounter.last_at < now - A_YEAR),
        Expired(MailTally, MailTally.last_at < now - A_DAY - AN_HOUR),
        Expired(SelectedPupil, SelectedPupil.at < now - A_DAY),
        Expired(Fault, Fault.at < now - A_MONTH),
        Expired(ExportTally, ExportTally.hour < now - A_DAY),
        *(Expired(record, of_import(record, received_before=now - A_WEEK)) for record in STAGED),
        Expired(ImportFault, of_import(ImportFault, received_before=now - A_MONTH)),
        Expired(RenewedPupil, RenewedPupil.renewal_id.in_(select(Renewal.id).where(old_renewal(now)))),
        Expired(Renewal, old_renewal(now) & ~exists().where(RenewedPupil.renewal_id == Renewal.id)),
    )


def old_renewal(now: datetime) -> ColumnElement[bool]:
    """A proposal that nobody saved says nothing to anybody later."""
    unsaved = Renewal.saved_from.is_(None) & (Renewal.expires_at < now - AN_HOUR)
    return or_(Renewal.expires_at < now - A_WEEK, unsaved)


def of_import(record: type[Base], *, received_before: datetime) -> ColumnElement[bool]:
    """What a feed said: pupils' names, which nobody needs once it was applied or forgotten."""
    old = select(Import.id).where(Import.received_at < received_before)
    return inspect(record).columns["import_id"].in_(old)


def clear_expired(
    db: Session, settings: Settings, now: Callable[[], datetime], enough: Callable[[], bool] = lambda: False
) -> dict[str, int]:
    """Clears every kind, and answers how many rows of each table went. `enough` ends it between two steps."""
    drop_seeds(db, now())  # first: they are the only rows here that passwords can be made of
    counted: dict[str, int] = {}
    # Before their tokens: when the last one was refreshed is when the application was last used.
    if folded := fold_old_grants(db, now(), enough):
        counted[GrantFamily.__tablename__] = folded
    for kind in expired(now(), settings.throttle):
        gone = 0
        while gone < MOST_A_ROUND and not enough():
            step = clear_some(db, kind)
            gone += step
            if step < AT_ONCE:
                break
        if gone:
            table = kind.record.__tablename__
            counted[table] = counted.get(table, 0) + gone
    if forgotten := forget_old_events(db, now(), enough):
        counted[AuditEvent.__tablename__] = forgotten
    return counted


def fold_old_grants(db: Session, now: datetime, enough: Callable[[], bool]) -> int:
    """A grant goes, and which application got what stays."""
    gone = 0
    while gone < MOST_A_ROUND and not enough():
        step = fold_some(db, now - A_DAY)
        gone += step
        if step < AT_ONCE:
            break
    return gone


def forget_old_events(db: Session, now: datetime, enough: Callable[[], bool]) -> int:
    """The log goes from its beginning only, so that what stays is still a chain (PR-08)."""
    gone = 0
    while gone < MOST_A_ROUND and not enough() and (step := forget_some(db, now)):
        gone += step
    return gone


def clear_some(db: Session, kind: Expired) -> int:
    """One short transaction. Rows that another process is clearing right now are left to it."""
    key = tuple_(*inspect(kind.record).primary_key)
    some = select(*inspect(kind.record).primary_key).where(kind.condition).limit(AT_ONCE)
    writing(db)
    done: CursorResult[Any] = db.execute(  # type: ignore[assignment]
        delete(kind.record).where(key.in_(some.with_for_update(skip_locked=True))),
        execution_options={"synchronize_session": False},
    )
    db.commit()
    return done.rowcount
