"""A pupil is enrolled in a school, and the account follows: its kind (R1) and its last day (R27)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import assert_never
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from idp.accounts.records import Account, Person
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.belgian_time import school_day
from idp.rules.lifecycle import temporary_until
from idp.schools.enrolments import counts_on, end_of, last_day
from idp.schools.records import Enrolment, School


def enrol(
    db: Session,
    school: School,
    person: Person,
    *,
    pupil_number: int,
    given_name: str,
    family_name: str,
    administrative_group: str,
    ordinary_secondary: bool,
    starts_on: date,
    ends_on: date,
    now: datetime,
    class_code: str = "",
) -> Enrolment:
    """A new enrolment. A person who moves keeps the account, its username and its subject."""
    enrolment = Enrolment(
        school=school,
        person_id=person.id,
        pupil_number=pupil_number,
        given_name=given_name,
        family_name=family_name,
        administrative_group=administrative_group,
        class_code=class_code,
        ordinary_secondary=ordinary_secondary,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    db.add(enrolment)
    db.flush()
    settle(db, person.id, now)
    return enrolment


def unenrol(db: Session, enrolment: Enrolment, last: date, now: datetime) -> None:
    """The pupil leaves the school after the day `last`; before it began, the enrolment never was."""
    if last < enrolment.starts_on:
        db.delete(enrolment)
    else:
        enrolment.ends_on = last
    db.flush()
    settle(db, enrolment.person_id, now)


def settle(db: Session, person_id: UUID, now: datetime) -> None:
    """Makes a pupil's account what the enrolments say. Staff accounts follow appointments, not enrolments."""
    settle_all(db, [person_id], now)


def settle_all(db: Session, person_ids: Sequence[UUID], now: datetime) -> None:
    """The same for many at once."""
    enrolments: dict[UUID, list[Enrolment]] = {person_id: [] for person_id in person_ids}
    for enrolment in db.scalars(select(Enrolment).where(Enrolment.person_id.in_(person_ids))):
        enrolments[enrolment.person_id].append(enrolment)
    pupils = select(Account).where(Account.person_id.in_(person_ids), Account.kind != AccountKind.STAFF)
    for account in db.scalars(pupils.options(lazyload(Account.person))):
        follow(account, enrolments[account.person_id], now)
    db.flush()


def follow(account: Account, enrolments: Sequence[Enrolment], now: datetime) -> None:
    account.active_until = end_of(enrolments) or yesterday(now)
    kind = kind_for(enrolments, school_day(now))
    if kind is not None and kind is not account.kind:
        become(account, kind, now)


def kind_for(enrolments: Sequence[Enrolment], today: date) -> AccountKind | None:
    """R1: ordinary secondary education makes it advanced, everything else basic; None when there is nothing to go by.

    Today's enrolments decide; when there are none, the next ones; after the last, nothing changes any more.
    """
    deciding = [each for each in enrolments if counts_on(each, today)] or next_ones(enrolments, today)
    if not deciding:
        return None
    return AccountKind.ADVANCED if any(each.ordinary_secondary for each in deciding) else AccountKind.BASIC


def next_ones(enrolments: Sequence[Enrolment], today: date) -> list[Enrolment]:
    coming = [each for each in enrolments if today < each.starts_on <= last_day(each)]
    first = min((each.starts_on for each in coming), default=None)
    return [each for each in coming if each.starts_on == first]


def become(account: Account, kind: AccountKind, now: datetime) -> None:
    """An account of the other kind: sign-ins begin anew, and what the new kind can't have goes."""
    account.kind = kind
    account.sign_ins_count_from = now
    match kind:
        case AccountKind.ADVANCED:
            keep_for_a_month(account, now)
        case AccountKind.BASIC:
            account.temporary_until = None
            account.email = account.email_folded = account.email_verified_at = None
        case AccountKind.STAFF:
            raise ValueError("a pupil's account never becomes one of staff")
        case _:
            assert_never(kind)


def keep_for_a_month(account: Account, now: datetime) -> None:
    """What the primary school gave lets in once more, to choose one's own with; pictures are for basic accounts only."""
    if account.secret_kind is SecretKind.PICTURES:
        account.secret_kind = SecretKind.TEXT
        account.sealed_secret = account.secret_set_at = None
    elif account.sealed_secret is not None:
        account.temporary_until = temporary_until(now)


def yesterday(now: datetime) -> date:
    return school_day(now) - timedelta(days=1)
