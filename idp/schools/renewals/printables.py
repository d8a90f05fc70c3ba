"""What is printed about a pupil, on a card or in a list: plain values, as no transaction stays open while a file is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.accounts.standing import must_choose_password
from idp.rules.account_types import AccountKind, SecretKind
from idp.schools.cards import CardToPrint
from idp.schools.finding import Filter, matches
from idp.schools.permissions import Actor
from idp.schools.pupil_status import OF_A_PUPIL, Status
from idp.schools.records import Enrolment
from idp.schools.roster import Pupil, may_see, pupils_for
from idp.schools.workbook import Row


@dataclass(frozen=True)
class Login:
    """What a pupil signs in with; `secret` only in the renewal that made it."""

    account_id: UUID
    username: str
    kind: AccountKind
    secret_kind: SecretKind
    is_temporary: bool
    secret: Secret | None


@dataclass(frozen=True)
class Printable:
    """One pupil. `login` None: there is no account."""

    pupil_number: int
    given_name: str
    family_name: str
    group: str
    class_code: str
    sex: str
    birth_date: date | None
    login: Login | None


def without_passwords(
    db: Session, actor: Actor, pupil_numbers: Iterable[int], now: datetime
) -> list[Printable]:
    """Those of them whom the actor may see, in the order of the list."""
    return [printable(pupil, None) for pupil in pupils_for(db, actor, list(pupil_numbers), now)]


def cards_without_passwords(
    db: Session, actor: Actor, pupil_numbers: Iterable[int], now: datetime
) -> list[Printable]:
    """Those of them who can use a card: not who left, or was blocked."""
    found = pupils_for(db, actor, list(pupil_numbers), now)
    return [
        printable(pupil, None)
        for pupil in found
        if pupil.account is not None and pupil.status not in (Status.BLOCKED, Status.INACTIVE)
    ]


def everybody_in(db: Session, actor: Actor, wanted: Filter, now: datetime) -> list[Printable]:
    """All that the list shows under this filter, in its order."""
    shown = select(Enrolment.pupil_number).outerjoin(Account, OF_A_PUPIL)
    numbers = db.scalars(shown.where(may_see(actor, now), matches(wanted, now)))
    return without_passwords(db, actor, numbers, now)


def with_passwords(
    db: Session, actor: Actor, passwords: Mapping[int, Secret], now: datetime
) -> list[Printable]:
    """Those who just got these passwords, by stamnummer."""
    found = pupils_for(db, actor, passwords, now)
    return [printable(pupil, passwords[pupil.number]) for pupil in found if pupil.account is not None]


def printable(pupil: Pupil, secret: Secret | None) -> Printable:
    enrolment, person = pupil.enrolment, pupil.person
    return Printable(
        pupil_number=enrolment.pupil_number,
        given_name=enrolment.given_name,
        family_name=enrolment.family_name,
        group=enrolment.administrative_group,
        class_code=enrolment.class_code,
        sex=person.sex or "",
        birth_date=person.birth_date,
        login=login_of(pupil.account, secret) if pupil.account else None,
    )


def login_of(account: Account, secret: Secret | None) -> Login:
    return Login(
        account.id,
        account.username,
        account.kind,
        account.secret_kind,
        must_choose_password(account),
        secret,
    )


def cards_of(
    pupils: Sequence[Printable], handles: Mapping[UUID, str], *, school_name: str, address: str
) -> list[CardToPrint]:
    """`address` is what the handle comes behind: the pupil's own address, also in the QR code (R35, R36)."""
    return [
        CardToPrint(
            given_name=pupil.given_name,
            family_name=pupil.family_name,
            username=pupil.login.username,
            group=pupil.group,
            class_code=pupil.class_code,
            school_name=school_name,
            address=address + handles[pupil.login.account_id],
            secret=pupil.login.secret,
            secret_kind=pupil.login.secret_kind,
            is_temporary=pupil.login.is_temporary,
        )
        for pupil in pupils
        if pupil.login is not None
    ]


def rows_of(pupils: Iterable[Printable]) -> list[Row]:
    return [
        Row(
            pupil_number=pupil.pupil_number,
            given_name=pupil.given_name,
            family_name=pupil.family_name,
            username=pupil.login.username if pupil.login else "",
            secret=pupil.login.secret if pupil.login else None,
            group=pupil.group,
            sex=pupil.sex,
            birth_date=pupil.birth_date,
            account_type=pupil.login.kind if pupil.login else None,
            class_code=pupil.class_code,
        )
        for pupil in pupils
    ]
