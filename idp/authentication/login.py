"""One login from its begin to its end: stored as a row, bound to the browser that began it, moved by one UPDATE."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import CursorResult, Row, bindparam, insert, inspect, select, update
from sqlalchemy.orm import Session

from idp.accounts import opaque
from idp.authentication.attempt import (
    HALF_PROVEN,
    Done,
    EmailOffered,
    FactorNeed,
    NameAsked,
    Named,
    NamedBy,
    NewFactorAsked,
    NewPasswordAsked,
    PasswordAsked,
    PicturesAsked,
    Proven,
    RecoveryCodesShown,
    SecondFactorAsked,
    Step,
    StepName,
    name_of,
    next_step,
)
from idp.authentication.records import LoginAttempt
from idp.authentication.requirement import Requirement

# Once the password is proven, the page behind it is worth stealing: on a shared tablet it doesn't wait for an hour.
PROVEN_LIFE = timedelta(minutes=20)


@dataclass(frozen=True)
class Attempt:
    """A login on its way. `value` is in its addresses; the database keeps the digest."""

    value: str
    requirement: Requirement
    step: Step
    expires_at: datetime
    challenge: str | None = (
        None  # what the second factor is asked with; who makes the step makes this as well
    )
    named_by: NamedBy = NamedBy.TYPED

    @property
    def digest(self) -> str:
        return opaque.digest(self.value)

    @property
    def step_name(self) -> StepName:
        return name_of(self.step)


@dataclass(frozen=True)
class Expired:
    """It took too long; the way back is still known."""

    requirement: Requirement


def begin(
    db: Session,
    requirement: Requirement,
    browser: str,
    now: datetime,
    lifetime: timedelta,
    *,
    known: Named | None = None,
) -> Attempt:
    """A new login for this browser; with `known` it begins at the password."""
    step = next_step(known)
    attempt = Attempt(
        opaque.new_value(), requirement, step, now + lifetime, named_by=named_by(step, NamedBy.TYPED)
    )
    row = {
        "digest": attempt.digest,
        "browser": browser,
        "requirement": requirement.to_json(),
        "created_at": now,
        "expires_at": attempt.expires_at,
        **columns_of(attempt.step),
    }
    db.execute(insert(LoginAttempt).values(row))
    return attempt


def begin_proven(
    db: Session,
    requirement: Requirement,
    browser: str,
    now: datetime,
    *,
    username: str,
    proven: Proven,
    challenge: str,
) -> Attempt:
    """A login that begins after the password: for who is signed in, and goes on to another second factor."""
    attempt = Attempt(opaque.new_value(), requirement, next_step(proven), now + PROVEN_LIFE, challenge)
    row = {
        "digest": attempt.digest,
        "browser": browser,
        "requirement": requirement.to_json(),
        "created_at": now,
        "expires_at": attempt.expires_at,
        "username": username,
        **columns_of(attempt.step, challenge),
    }
    db.execute(insert(LoginAttempt).values(row))
    return attempt


attempts = inspect(LoginAttempt).local_table
# Columns and not a record, and made once: each page of a login asks for it.
FIND = select(*attempts.c).where(
    attempts.c.digest == bindparam("presented"), attempts.c.browser == bindparam("mine")
)


def load(db: Session, value: str, browser: str, now: datetime) -> Attempt | Expired | None:
    """The login with this value, if this browser began it (OA-31, OA-62)."""
    mine = {"presented": opaque.digest(value), "mine": browser}
    row = db.connection().execute(FIND, mine).one_or_none()
    if row is None:
        return None
    requirement = Requirement.from_json(row.requirement)
    if row.expires_at <= now:
        return Expired(requirement)
    return Attempt(value, requirement, step_in(row), row.expires_at, row.challenge, NamedBy(row.way))


def advance(
    db: Session, attempt: Attempt, to: Step, now: datetime, challenge: str | None = None
) -> Attempt | None:
    """The login at its next step; None when somebody moved it in the meantime (a double click, another tab)."""
    expires_at = attempt.expires_at
    if name_of(to) in (*HALF_PROVEN, StepName.DONE):
        expires_at = min(expires_at, now + PROVEN_LIFE)
    still_there = (LoginAttempt.digest == attempt.digest) & (LoginAttempt.step == attempt.step_name)
    moved = db.execute(
        update(LoginAttempt)
        .where(still_there, LoginAttempt.expires_at > now)
        .values(expires_at=expires_at, **columns_of(to, challenge))
        .execution_options(synchronize_session=False)
    )
    assert isinstance(moved, CursorResult)
    if not moved.rowcount:
        return None
    by = named_by(to, attempt.named_by)
    return replace(attempt, step=to, expires_at=expires_at, challenge=challenge, named_by=by)


def challenge_anew(db: Session, attempt: Attempt, challenge: str) -> None:
    """The same step, asked with something else: an answer to what was asked before no longer fits."""
    still_there = (LoginAttempt.digest == attempt.digest) & (LoginAttempt.step == attempt.step_name)
    db.execute(
        update(LoginAttempt)
        .where(still_there, LoginAttempt.challenge == attempt.challenge)
        .values(challenge=challenge)
        .execution_options(synchronize_session=False)
    )


def end_proven(db: Session, browser: str, *, but: Attempt | None = None) -> None:
    """Every login that this browser proved and didn't finish asks for a name again (CV-15).

    Its address is in the history, and the next pupil at the same tablet would need no more than that.
    """
    db.connection().execute(END_PROVEN, {"mine": browser, "kept": but.digest if but else ""})


END_PROVEN = (
    update(LoginAttempt)
    .where(
        LoginAttempt.browser == bindparam("mine"),
        LoginAttempt.digest != bindparam("kept"),
        LoginAttempt.step.in_(HALF_PROVEN),
    )
    .values(step=StepName.NAME, username=None, account_id=None, card=None, way=NamedBy.TYPED, challenge=None)
)


def move_to(db: Session, attempt: Attempt, browser: str) -> None:
    """The same browser has another value now, and takes this one login along."""
    mine = LoginAttempt.digest == attempt.digest
    db.execute(
        update(LoginAttempt).where(mine).values(browser=browser).execution_options(synchronize_session=False)
    )


def named_by(step: Step, before: NamedBy) -> NamedBy:
    """Decided with the name; a login that is proven remembers it."""
    match step:
        case NameAsked():
            return NamedBy.TYPED
        case PasswordAsked(named) | PicturesAsked(named):
            return NamedBy.CARD if named.card else NamedBy.TYPED
        case _:
            return before


def columns_of(step: Step, challenge: str | None = None) -> dict[str, Any]:
    return {"step": name_of(step), "challenge": challenge, **known_at(step)}


def known_at(step: Step) -> dict[str, Any]:
    match step:
        case NameAsked():
            return {"username": None, "account_id": None, "card": None, "way": NamedBy.TYPED}
        case PasswordAsked(named) | PicturesAsked(named):
            return {
                "username": named.username,
                "account_id": named.account_id,
                "card": named.card,
                "way": NamedBy.CARD if named.card else NamedBy.TYPED,
            }
        case (
            SecondFactorAsked(proven)
            | NewPasswordAsked(proven)
            | NewFactorAsked(proven)
            | RecoveryCodesShown(proven)
            | EmailOffered(proven)
            | Done(proven)
        ):
            return {
                "account_id": proven.account_id,
                "proven_at": proven.at,
                "methods": list(proven.methods),
            }
        case _:
            assert_never(step)


def step_in(row: Row[Any]) -> Step:
    name = StepName(row.step)
    match name:
        case StepName.NAME:
            return NameAsked()
        case StepName.PASSWORD | StepName.PICTURES:
            return next_step(
                Named(
                    row.username or "", row.account_id, with_pictures=name is StepName.PICTURES, card=row.card
                )
            )
        case (
            StepName.SECOND_FACTOR
            | StepName.NEW_PASSWORD
            | StepName.NEW_FACTOR
            | StepName.RECOVERY_CODES
            | StepName.EMAIL
            | StepName.DONE
        ):
            assert row.account_id is not None  # the record's CHECK says so, here and below
            assert row.proven_at is not None
            return next_step(
                Proven(
                    row.account_id,
                    row.proven_at,
                    tuple(row.methods),
                    must_choose_password=name is StepName.NEW_PASSWORD,
                    offer_email=name is StepName.EMAIL,
                    factor=FACTOR_NEEDS.get(name, FactorNeed.NOTHING),
                )
            )
        case _:
            assert_never(name)


FACTOR_NEEDS = {
    StepName.SECOND_FACTOR: FactorNeed.SHOW,
    StepName.NEW_FACTOR: FactorNeed.ADD,
    StepName.RECOVERY_CODES: FactorNeed.KEEP_CODES,
}
