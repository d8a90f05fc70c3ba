"""Makes people for tests, through the same functions that schools and pupils use."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from idp.accounts import authenticator_app, opening, passwords
from idp.accounts.credentials import Vault
from idp.accounts.records import Account, Person
from idp.accounts.secret import Secret
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.belgian_time import school_day
from idp.rules.folding import folded
from idp.rules.password_maker import basic_password, temporary_password
from idp.rules.picture_passwords import picture_password
from idp.schools.records import AppointedClass, Appointment, Enrolment, School
from tests.support.crowds import Crowd

if TYPE_CHECKING:
    from tests.support.provider import Provider

OWN_PASSWORD = "Sprinkhaan-Op-Fietsvakantie7"
GIVEN_NAMES = ("Amélie", "Bram", "Chloé", "Daan", "Elif", "Finn", "Guust", "Hanne", "Ilias", "Jade")
FAMILY_NAMES = ("Peeters", "Van den Bossche", "De Smet", "Yilmaz", "D'Hondt", "Maes", "Claes", "El Amrani")


@dataclass(frozen=True)
class Official:
    """R88: what the national register says of a pupil."""

    given_name: str
    family_name: str
    sex: str = "M"
    birth_date: date = date(2010, 11, 7)


@dataclass(frozen=True)
class Enrolled:
    """R83: a pupil of a school who has no account."""

    person_id: UUID
    school_number: int
    pupil_number: int
    given_name: str
    family_name: str


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
    pupil_number: int | None = None
    totp_secret: str | None = None

    @property
    def number(self) -> int:
        """The stamnummer."""
        assert self.pupil_number is not None, f"{self.username} is enrolled in no school"
        return self.pupil_number

    @property
    def digits(self) -> str:
        assert self.secret_kind is SecretKind.PICTURES, f"{self.username} has no picture password"
        return self.password


@dataclass(frozen=True)
class Place:
    """Where a pupil is enrolled: what the school's own administration says."""

    school: int
    class_code: str
    pupil_number: int | None = None
    administrative_group: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class People:
    """`pupil("basic")`, `pupil("advanced", temporary=True)`, `pupil("pictures")`, `staff(school=...)`,
    `enrolled_only(...)` who has no account, `many(2000, school=...)`, `appoint(who, school, "leerkracht", classes=...)`."""

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
        pupil_number: int | None = None,
        administrative_group: str | None = None,
        starts_on: date | None = None,
        official: Official | None = None,
    ) -> Made:
        """A pupil of `kind` basic, advanced or pictures (a basic pupil who signs in with pictures).

        `temporary`: still has the password that the school gave. `email` is linked and verified. `offer_email`: will be
        asked for one at the next sign-in; else that question was answered before. `school` enrols: under `pupil_number`
        or else the next free one, until `active_until`; without an `administrative_group` the class is the group too.
        """
        account_kind = AccountKind.ADVANCED if kind == "advanced" else AccountKind.BASIC
        secret_kind = SecretKind.PICTURES if kind == "pictures" else SecretKind.TEXT
        until = active_until or school_day(self.provider.clock()) + timedelta(days=200)
        return self.make(
            account_kind,
            secret_kind,
            username=username,
            password=password or self.password_for(account_kind, secret_kind, temporary),
            temporary=temporary,
            email=email,
            offer_email=offer_email,
            names=(given_name, family_name),
            active_until=until,
            place=None
            if school is None
            else Place(school, class_code, pupil_number, administrative_group, starts_on, until),
            official=official,
        )

    def enrolled_only(
        self,
        *,
        school: int,
        class_code: str = "1A",
        given_name: str | None = None,
        family_name: str | None = None,
        pupil_number: int | None = None,
        administrative_group: str | None = None,
        starts_on: date | None = None,
        ends_on: date | None = None,
        secondary: bool = False,
        official: Official | None = None,
    ) -> Enrolled:
        """R83: a pupil whom the school enrolled and who has no account (yet)."""
        given, family = self.names(given_name, family_name)
        place = Place(school, class_code, pupil_number, administrative_group, starts_on, ends_on)
        with self.provider.db() as db:
            person = self.somebody(db, given, family, official)
            number = self.place(db, person, place, secondary=secondary)
            return Enrolled(person.id, school, number, given, family)

    def many(
        self,
        how_many: int,
        *,
        school: int,
        kind: str = "basic",
        classes: Collection[str] = ("1A", "1B", "2A", "2B"),
        without_account: int = 0,
        password: str = "34mij1",
    ) -> list[int]:
        """A whole school at once, spread over `classes`: their stamnummers, the ones without an account last.

        All have one and the same password, so that it is hashed once.
        """
        wanted = AccountKind.ADVANCED if kind == "advanced" else AccountKind.BASIC
        now = self.provider.clock()
        vault = Vault(self.provider.keys.sealing, self.provider.settings.hashing)
        with self.provider.db() as db:
            self.find_or_found(db, school)
            crowd = Crowd(vault, Secret(password), wanted, now, first_number=self.free_number(db, school))
            people = crowd.make(how_many, school, list(classes), without_account, self.chance)
            for record, rows in people.items():
                if rows:
                    db.execute(insert(record), rows)
            return [row["pupil_number"] for row in people[Enrolment]]

    def staff(
        self,
        *,
        school: int | None = None,
        role: str = "beheerder",
        classes: Collection[str] = (),
        username: str | None = None,
        password: str = OWN_PASSWORD,
        temporary: bool = False,
        given_name: str | None = None,
        family_name: str | None = None,
        totp: bool = False,
    ) -> Made:
        """Somebody who works at a school; with `school`, appointed there, as a leerkracht of `classes` say.

        `totp`: has an app with codes as a second factor, whose codes `tests.support.totp` makes too.
        """
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
            place=None,
            official=None,
        )
        if school is not None:
            self.appoint(made, school, role, classes)
        return self.give_app(made) if totp else made

    def give_app(self, who: Made) -> Made:
        """An app that hasn't shown a code yet."""
        secret = authenticator_app.new_secret()
        with self.provider.db() as db:
            sealing, now = self.provider.keys.sealing, self.provider.clock()
            authenticator_app.add(db, sealing, who.account_id, secret, 0, now)
        return replace(who, totp_secret=secret.reveal())

    def school(self, number: int = 123456, name: str = "Basisschool De Vlinder") -> int:
        """A school of that number; the same one when it is there already."""
        with self.provider.db() as db:
            self.find_or_found(db, number, name)
        return number

    def appoint(self, who: Made, school: int, role: str = "beheerder", classes: Collection[str] = ()) -> None:
        with self.provider.db() as db:
            self.find_or_found(db, school)
            db.add(
                Appointment(
                    account_id=who.account_id,
                    school_number=school,
                    role=role,
                    since=self.provider.clock(),
                    ended_at=None,
                    classes=[AppointedClass(class_code=code) for code in classes],
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
        place: Place | None,
        official: Official | None,
    ) -> Made:
        now = self.provider.clock()
        given_name, family_name = self.names(*names)
        with self.provider.db() as db:
            person = self.somebody(db, given_name, family_name, official)
            account = opening.open_account(
                db, person, kind, now, active_until=active_until, username=username
            )
            self.give_password(account, Secret(password), secret_kind, temporary)
            if email is not None:
                account.email, account.email_folded, account.email_verified_at = email, folded(email), now
            account.email_asked_at = None if offer_email else now
            card = opening.new_card(db, account, now)
            secondary = kind is AccountKind.ADVANCED
            number = self.place(db, person, place, secondary=secondary) if place is not None else None
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
                school_number=place.school if place is not None else None,
                pupil_number=number,
            )

    def somebody(self, db: Session, given_name: str, family_name: str, official: Official | None) -> Person:
        known: dict[str, Any] = {}
        if official is not None:
            known = {
                "official_given_name": official.given_name,
                "official_family_name": official.family_name,
                "sex": official.sex,
                "birth_date": official.birth_date,
            }
        now = self.provider.clock()
        person = opening.new_person(db, given_name=given_name, family_name=family_name, now=now, **known)
        db.flush()
        return person

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

    def enrol(
        self,
        db: Session,
        account: Account,
        school: int,
        class_code: str,
        until: date | None,
        *,
        pupil_number: int | None = None,
        administrative_group: str | None = None,
        starts_on: date | None = None,
    ) -> int:
        """One more enrolment for who has an account already; answers the stamnummer."""
        place = Place(school, class_code, pupil_number, administrative_group, starts_on, until)
        return self.place(db, account.person, place, secondary=account.kind is AccountKind.ADVANCED)

    def also_at(self, pupil: Made, school: int) -> Made:
        """The same pupil, enrolled at a second school at once."""
        with self.provider.db() as db:
            self.enrol(db, db.get_one(Account, pupil.account_id), school, "2A", None)
        return pupil

    def place(self, db: Session, person: Person, place: Place, *, secondary: bool) -> int:
        today = school_day(self.provider.clock())
        self.find_or_found(db, place.school)
        number = place.pupil_number or self.free_number(db, place.school)
        group = place.class_code if place.administrative_group is None else place.administrative_group
        ends_on = place.ends_on or today + timedelta(days=200)
        db.add(
            Enrolment(
                school_number=place.school,
                person_id=person.id,
                pupil_number=number,
                given_name=person.given_name,
                family_name=person.family_name,
                administrative_group=group,
                class_code=place.class_code,
                ordinary_secondary=secondary,
                starts_on=place.starts_on or min(today, ends_on) - timedelta(days=80),
                ends_on=ends_on,
            )
        )
        return number

    def free_number(self, db: Session, school: int) -> int:
        taken = select(func.max(Enrolment.pupil_number)).where(Enrolment.school_number == school)
        return (db.scalar(taken) or 0) + 1

    def find_or_found(self, db: Session, number: int, name: str = "Basisschool De Vlinder") -> School:
        found = db.get(School, number)
        if found is None:
            found = School(number=number, name=name, created_at=self.provider.clock(), closed_at=None)
            db.add(found)
            db.flush()
        return found
