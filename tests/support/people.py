"""Makes people for tests, through the same functions that schools and pupils use."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts import opening, passwords
from idp.accounts.credentials import Vault
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.belgian_time import school_day
from idp.rules.folding import folded
from idp.rules.password_maker import basic_password, temporary_password
from idp.rules.picture_passwords import picture_password
from idp.schools.records import Appointment, Enrolment, School

if TYPE_CHECKING:
    from tests.support.provider import Provider

OWN_PASSWORD = "Sprinkhaan-Op-Fietsvakantie7"
GIVEN_NAMES = ("Amélie", "Bram", "Chloé", "Daan", "Elif", "Finn", "Guust", "Hanne", "Ilias", "Jade")
FAMILY_NAMES = ("Peeters", "Van den Bossche", "De Smet", "Yilmaz", "D'Hondt", "Maes", "Claes", "El Amrani")


@dataclass(frozen=True)
class Made:
    """Somebody who can sign in. For a picture password, `password` holds its digits."""

    username: str
    password: str
    account_id: UUID
    person_id: UUID
    kind: AccountKind
    secret_kind: SecretKind
    card_path: str
    card_handle: str
    given_name: str
    family_name: str
    email: str | None
    school_number: int | None

    @property
    def digits(self) -> str:
        assert self.secret_kind is SecretKind.PICTURES, f"{self.username} has no picture password"
        return self.password


class People:
    """`pupil("basic")`, `pupil("advanced", temporary=True)`, `pupil("pictures")`, `staff(school=...)`."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.chance = random.Random(20)
        self.made = 0

    def pupil(
        self,
        kind: str = "advanced",
        *,
        username: str | None = None,
        password: str | None = None,
        temporary: bool = False,
        email: str | None = None,
        offer_email: bool = False,
        given_name: str | None = None,
        family_name: str | None = None,
        active_until: date | None = None,
        school: int | None = None,
        class_code: str = "1A",
    ) -> Made:
        """A pupil of `kind` basic, advanced or pictures (a basic pupil who signs in with pictures).

        `temporary`: still has the password that the school gave. `email` is linked and verified. `offer_email`: will be
        asked for one at the next sign-in; else that question was answered before. `school` enrols.
        """
        account_kind = AccountKind.ADVANCED if kind == "advanced" else AccountKind.BASIC
        secret_kind = SecretKind.PICTURES if kind == "pictures" else SecretKind.TEXT
        return self.make(
            account_kind,
            secret_kind,
            username=username,
            password=password or self.password_for(account_kind, secret_kind, temporary),
            temporary=temporary,
            email=email,
            offer_email=offer_email,
            names=(given_name, family_name),
            active_until=active_until or school_day(self.provider.clock()) + timedelta(days=200),
            school=school,
            class_code=class_code,
        )

    def staff(
        self,
        *,
        school: int | None = None,
        role: str = "beheerder",
        username: str | None = None,
        password: str = OWN_PASSWORD,
        temporary: bool = False,
        given_name: str | None = None,
        family_name: str | None = None,
    ) -> Made:
        """Somebody who works at a school; with `school`, appointed there."""
        made = self.make(
            AccountKind.STAFF,
            SecretKind.TEXT,
            username=username,
            password=password,
            temporary=temporary,
            email=None,
            offer_email=False,
            names=(given_name, family_name),
            active_until=None,
            school=None,
            class_code="",
        )
        if school is not None:
            self.appoint(made, school, role)
        return made

    def school(self, number: int = 123456, name: str = "Basisschool De Vlinder") -> int:
        """A school of that number; the same one when it is there already."""
        with self.provider.db() as db:
            self.find_or_found(db, number, name)
        return number

    def appoint(self, who: Made, school: int, role: str = "beheerder") -> None:
        with self.provider.db() as db:
            self.find_or_found(db, school)
            db.add(
                Appointment(
                    account_id=who.account_id,
                    school_number=school,
                    role=role,
                    since=self.provider.clock(),
                    ended_at=None,
                )
            )

    def make(
        self,
        kind: AccountKind,
        secret_kind: SecretKind,
        *,
        username: str | None,
        password: str,
        temporary: bool,
        email: str | None,
        offer_email: bool,
        names: tuple[str | None, str | None],
        active_until: date | None,
        school: int | None,
        class_code: str,
    ) -> Made:
        now = self.provider.clock()
        given_name, family_name = self.names(*names)
        with self.provider.db() as db:
            person = opening.new_person(db, given_name=given_name, family_name=family_name, now=now)
            account = opening.open_account(
                db, person, kind, now, active_until=active_until, username=username
            )
            self.give_password(account, Secret(password), secret_kind, temporary)
            if email is not None:
                account.email, account.email_folded, account.email_verified_at = email, folded(email), now
            account.email_asked_at = None if offer_email else now
            card = opening.new_card(db, account, now)
            if school is not None:
                self.enrol(db, account, school, class_code, active_until)
            db.flush()
            return Made(
                username=account.username,
                password=password,
                account_id=account.id,
                person_id=person.id,
                kind=kind,
                secret_kind=secret_kind,
                card_path=f"/k/{card.handle}",
                card_handle=card.handle,
                given_name=given_name,
                family_name=family_name,
                email=email,
                school_number=school,
            )

    def give_password(
        self, account: Account, secret: Secret, secret_kind: SecretKind, temporary: bool
    ) -> None:
        now = self.provider.clock()
        vault = Vault(self.provider.keys.sealing, self.provider.settings.hashing)
        sealed = vault.seal(secret, account.id, secret_kind)
        passwords.hand_out(account, sealed, secret_kind, now)
        if account.kind is not AccountKind.BASIC and not temporary:
            passwords.choose(account, sealed, now)

    def password_for(self, kind: AccountKind, secret_kind: SecretKind, temporary: bool) -> str:
        if secret_kind is SecretKind.PICTURES:
            return picture_password(self.chance.randrange, length=self.provider.settings.pictures.length)
        if kind is AccountKind.BASIC:
            return basic_password(self.chance.randrange)
        return temporary_password(self.chance.randrange) if temporary else OWN_PASSWORD

    def names(self, given: str | None, family: str | None) -> tuple[str, str]:
        """Each person another name, so that a test sees whose page it has."""
        which, self.made = self.made, self.made + 1
        return (
            given or GIVEN_NAMES[which % len(GIVEN_NAMES)],
            family or FAMILY_NAMES[which // len(GIVEN_NAMES) % len(FAMILY_NAMES)],
        )

    def enrol(self, db: Session, account: Account, school: int, class_code: str, until: date | None) -> None:
        today = school_day(self.provider.clock())
        self.find_or_found(db, school)
        highest = db.scalar(select(func.max(Enrolment.pupil_number)).where(Enrolment.school_number == school))
        db.add(
            Enrolment(
                school_number=school,
                person_id=account.person_id,
                pupil_number=(highest or 0) + 1,
                given_name=account.person.given_name,
                family_name=account.person.family_name,
                administrative_group=class_code,
                class_code=class_code,
                ordinary_secondary=account.kind is AccountKind.ADVANCED,
                starts_on=today - timedelta(days=80),
                ends_on=until or today + timedelta(days=200),
            )
        )

    def find_or_found(self, db: Session, number: int, name: str = "Basisschool De Vlinder") -> School:
        found = db.get(School, number)
        if found is None:
            found = School(number=number, name=name, created_at=self.provider.clock(), closed_at=None)
            db.add(found)
            db.flush()
        return found
