"""Fills an empty database with the example people, through the functions that schools and pupils use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts import authenticator_app
from idp.accounts.credentials import Vault
from idp.accounts.lookup import folded_address
from idp.accounts.opening import new_card, new_person, open_account
from idp.accounts.passwords import choose, end_sign_ins, hand_out
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.database import writing
from idp.demo.book import Entry
from idp.demo.people import STAFF, DayOfYear, Employee, Gets, Pupil, State, pupils
from idp.demo.schools import SCHOOLS
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.belgian_time import BRUSSELS, school_day
from idp.rules.drawing import Below
from idp.rules.lifecycle import TEMPORARY_LIFE
from idp.rules.password_maker import basic_password, temporary_password
from idp.rules.password_policy import check
from idp.rules.picture_passwords import picture_password
from idp.rules.word_lists import words
from idp.schools.appointments import Role, appoint
from idp.schools.enrolling import enrol
from idp.schools.opening import open_school
from idp.schools.records import Operator, School

HASHES_AT_ONCE = 2
SEPTEMBER = 9
OWN_SIGNS = "-_+!"
HANDED_OUT_AGO = timedelta(days=2)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Opened:
    """An account that waits for its password."""

    who: Pupil | Employee
    account: Account
    password: str
    handle: str
    totp_secret: str = ""


def is_filled(db: Session) -> bool:
    return db.scalar(select(School.number).limit(1)) is not None


def fill(db: Session, vault: Vault, below: Below, now: datetime, progress: Progress) -> Iterator[Entry]:
    """Everybody in one transaction, so that a fill that is broken off leaves nothing. The caller commits."""
    writing(db)
    year = school_year(school_day(now))
    schools = {each.number: open_school(db, each.number, each.name, year.begins_at) for each in SCHOOLS}
    opened = [
        *(
            each
            for pupil in pupils(year.first_day.year)
            if (each := enter(db, schools, pupil, year, below, now))
        ),
        *(employ(db, vault, schools, employee, year.begins_at) for employee in STAFF),
    ]
    db.flush()
    give_passwords(vault, opened, now, progress)
    db.flush()
    return (entry_of(each) for each in opened)


@dataclass(frozen=True)
class SchoolYear:
    first_day: date
    last_day: date

    @property
    def begins_at(self) -> datetime:
        return at_nine(self.first_day)


def school_year(today: date) -> SchoolYear:
    """From 1 September to 31 August: the one that `today` is in."""
    begins = today.year if today.month >= SEPTEMBER else today.year - 1
    return SchoolYear(date(begins, SEPTEMBER, 1), date(begins + 1, 8, 31))


def at_nine(day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=BRUSSELS).astimezone(UTC)


def enter(
    db: Session, schools: dict[int, School], pupil: Pupil, year: SchoolYear, below: Below, now: datetime
) -> Opened | None:
    """A pupil with enrolments, and unless the school gave none yet, with an account and a card."""
    created = moment(pupil.created, now)
    person = new_person(
        db,
        given_name=pupil.given_name,
        family_name=pupil.family_name,
        official_given_name=pupil.given_name if pupil.official else None,
        official_family_name=pupil.family_name if pupil.official else None,
        sex=pupil.sex if pupil.official else None,
        birth_date=pupil.birth_date if pupil.official else None,
        now=created,
    )
    account = None
    if pupil.gets is not Gets.NOTHING:
        kind = AccountKind.ADVANCED if pupil.group.ordinary_secondary else AccountKind.BASIC
        account = open_account(db, person, kind, created, active_until=year.last_day)
    db.flush()
    ended = pupil.state is State.INACTIVE
    places = [(pupil.school, pupil.group, pupil.pupil_number), *([pupil.also_at] if pupil.also_at else [])]
    for school, group, number in places:
        enrol(
            db,
            schools[school.number],
            person,
            pupil_number=number,
            given_name=pupil.given_name,
            family_name=pupil.family_name,
            administrative_group=group.name,
            class_code=group.class_code,
            ordinary_secondary=group.ordinary_secondary,
            starts_on=year.first_day - timedelta(days=365) if ended else year.first_day,
            ends_on=year.first_day - timedelta(days=1) if ended else year.last_day,
            now=created,
        )
    if account is None:
        return None
    return Opened(
        pupil, account, pupil.password or drawn(pupil, below), new_card(db, account, created).handle
    )


def employ(
    db: Session, vault: Vault, schools: dict[int, School], employee: Employee, now: datetime
) -> Opened:
    person = new_person(db, given_name=employee.given_name, family_name=employee.family_name, now=now)
    account = open_account(db, person, AccountKind.STAFF, now, active_until=None)
    db.flush()
    for each in employee.schools:
        appoint(db, account, schools[each.number], Role(employee.role), now, classes=employee.classes)
    if not employee.schools:
        db.add(Operator(account_id=account.id, since=now))
    secret = authenticator_app.new_secret() if employee.has_app else None
    if secret is not None:
        authenticator_app.add(db, vault.ring, account.id, secret, 0, now)
    return Opened(employee, account, employee.password, "", secret.reveal() if secret else "")


def drawn(pupil: Pupil, below: Below) -> str:
    """A password as the school would draw it, or as the pupil might choose it."""
    names = (pupil.given_name, pupil.family_name)
    match pupil.gets:
        case Gets.PICTURES:
            return picture_password(below)
        case Gets.BASIC:
            return basic_password(below, avoid=names)
        case Gets.TEMPORARY | Gets.NOTHING:
            return temporary_password(below)
        case Gets.OWN:
            return own_password(below, names)
        case _:
            assert_never(pupil.gets)


def own_password(below: Below, names: tuple[str, str]) -> str:
    """Four short words with signs between them, drawn again until the rules accept them."""
    known = words("basic_words")
    while True:
        password = OWN_SIGNS[below(len(OWN_SIGNS))].join(known[below(len(known))] for _ in range(4)) + str(
            below(90) + 10
        )
        if not check(password, username=".".join(names), personal_words=names):
            return password


def give_passwords(vault: Vault, opened: list[Opened], now: datetime, progress: Progress) -> None:
    """Two hundred hashes take seconds, so two threads make them while the database waits."""

    def seal(each: Opened) -> str:
        return vault.seal(Secret(each.password), each.account.id, secret_kind(each.who))

    with ThreadPoolExecutor(HASHES_AT_ONCE) as threads:
        for done, (each, sealed) in enumerate(zip(opened, threads.map(seal, opened), strict=True), start=1):
            give(each, sealed, now)
            progress(done, len(opened))


def give(each: Opened, sealed: str, now: datetime) -> None:
    account, who = each.account, each.who
    hand_out(account, sealed, secret_kind(who), handed_out(who, now))
    if isinstance(who, Employee) or who.gets is Gets.OWN:
        choose(account, sealed, account.created_at)
    if isinstance(who, Pupil):
        make_special(account, who, now)


def secret_kind(who: Pupil | Employee) -> SecretKind:
    return SecretKind.PICTURES if isinstance(who, Pupil) and who.gets is Gets.PICTURES else SecretKind.TEXT


def handed_out(who: Pupil | Employee, now: datetime) -> datetime:
    """Temporary passwords came the other day, because they live a month only; the others with the account."""
    if isinstance(who, Pupil) and who.gets is Gets.TEMPORARY:
        expired = who.state is State.TEMPORARY_EXPIRED
        return now - HANDED_OUT_AGO - (TEMPORARY_LIFE if expired else timedelta())
    return moment(who.created, now) if isinstance(who, Pupil) else school_year(school_day(now)).begins_at


def make_special(account: Account, pupil: Pupil, now: datetime) -> None:
    if pupil.email is not None:
        account.email, account.email_folded = pupil.email, folded_address(pupil.email)
        account.email_verified_at = account.created_at if pupil.email_verified else None
    if pupil.last_sign_in is not None:
        account.last_sign_in_at = moment(pupil.last_sign_in, now)
    if pupil.state is State.BLOCKED:
        account.blocked_at, account.blocked_by = now - HANDED_OUT_AGO, "beheerder"
        end_sign_ins(account, now - HANDED_OUT_AGO)
    if pupil.state is State.PROTECTED:
        account.protected_at = now - HANDED_OUT_AGO


def moment(day: DayOfYear, now: datetime) -> datetime:
    return min(at_nine(day.last_before(school_day(now))), now)


def entry_of(opened: Opened) -> Entry:
    """What the demonstration's own pages know of an account, its password included."""
    who, account = opened.who, opened.account
    if isinstance(who, Employee):
        return Entry(
            username=account.username,
            password=opened.password,
            kind=account.kind.value,
            state=State.ACTIVE.value,
            given_name=who.given_name,
            family_name=who.family_name,
            schools=[each.number for each in who.schools],
            role=who.role,
            classes=list(who.classes),
            totp_secret=opened.totp_secret,
        )
    state = State.MUST_CHOOSE if who.state is State.ACTIVE and who.gets is Gets.TEMPORARY else who.state
    return Entry(
        username=account.username,
        password=opened.password,
        kind=account.kind.value,
        state=state.value,
        given_name=who.given_name,
        family_name=who.family_name,
        schools=[who.school.number, *([who.also_at[0].number] if who.also_at else [])],
        group=who.group.name,
        class_code=who.group.class_code,
        pictures=who.gets is Gets.PICTURES,
        email=who.email or "",
        email_verified=who.email_verified,
        handle=opened.handle,
        featured=who.featured,
    )
