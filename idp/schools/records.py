"""The records of schools, enrolments and appointments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from idp.accounts.records import word
from idp.database import Base
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.folding import folded


def list_name(given_name: str, family_name: str) -> str:
    """How a school's list knows a pupil: family name first, without capitals and accents, for order and search alike."""
    return folded(f"{family_name} {given_name}")[:420]


def list_name_of(context: Any) -> str:
    values = context.get_current_parameters()
    return list_name(values["given_name"], values["family_name"])


class School(Base):
    """An instelling, known by its instellingsnummer."""

    __tablename__ = "schools"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Enrolment(Base):
    """A pupil in a school for a time. The stamnummer is unique within the school only."""

    __tablename__ = "enrolments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    school_number: Mapped[int] = mapped_column(ForeignKey("schools.number"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    pupil_number: Mapped[int]
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200))
    # Made from the two names above when a row is added; who changes a name makes it anew with `list_name`.
    # Compared letter by letter on both engines: folded names need no rules of a language, and the order is one.
    list_name: Mapped[str] = mapped_column(
        String(420).with_variant(String(420, collation="C"), "postgresql"), default=list_name_of
    )
    administrative_group: Mapped[str] = mapped_column(String(200))
    class_code: Mapped[str] = mapped_column(String(50), default="")
    # R1: ordinary secondary education makes an account advanced; everything else, basic.
    ordinary_secondary: Mapped[bool]
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    school: Mapped[School] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        UniqueConstraint("school_number", "pupil_number"),
        CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),
        Index(None, "school_number", "list_name"),
    )


class Appointment(Base):
    """A staff account's role at a school: `beheerder`, or `leerkracht` of named classes."""

    __tablename__ = "appointments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    school_number: Mapped[int] = mapped_column(ForeignKey("schools.number"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    school: Mapped[School] = relationship(lazy="joined", innerjoin=True)
    classes: Mapped[list[AppointedClass]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    __table_args__ = (CheckConstraint("role IN ('beheerder', 'leerkracht')", name="role"),)


class AppointedClass(Base):
    """A class of a leerkracht, by its code at the school."""

    __tablename__ = "appointed_classes"

    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointments.id"), primary_key=True)
    class_code: Mapped[str] = mapped_column(String(50), primary_key=True)


class Operator(Base):
    """Somebody who runs LeerID itself: takes in the enrolments, and sees no pupil."""

    __tablename__ = "operators"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SelectedPupil(Base):
    """A pupil ticked in a list: it stays ticked on the next page and under another filter, for this sign-in only (R84)."""

    __tablename__ = "selected_pupils"

    session_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    school_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pupil_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)


class Renewal(Base):
    """New passwords for one or many pupils. Not the passwords: the seed that they are made from, locked (PW-17)."""

    __tablename__ = "renewals"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    school_number: Mapped[int] = mapped_column(ForeignKey("schools.number"), index=True)
    actor_id: Mapped[UUID]
    # The sign-in that began it; no other one sees it (PW-23).
    session_digest: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(20))
    # Which kind basic accounts get: `same` as they have, `text` or `pictures`.
    basic_secret: Mapped[str] = mapped_column(String(10))
    new_username: Mapped[str | None] = mapped_column(String(50))
    # None once it was cancelled or ran out.
    sealed_seed: Mapped[str | None] = mapped_column(String(200))
    # Which way of making passwords the seed was meant for: another version would make other ones.
    maker: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    saved_from: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    # How often each kind of file was downloaded (PW-23).
    card_downloads: Mapped[int] = mapped_column(default=0)
    workbook_downloads: Mapped[int] = mapped_column(default=0)
    mail_merge_downloads: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("purpose IN ('renewal', 'activation', 'email_removal')", name="purpose"),
        CheckConstraint("basic_secret IN ('same', 'text', 'pictures')", name="basic_secret"),
    )


class RenewedPupil(Base):
    """One pupil of a renewal: what was shown, whether it is wanted, and that it was done."""

    __tablename__ = "renewed_pupils"

    renewal_id: Mapped[UUID] = mapped_column(ForeignKey("renewals.id"), primary_key=True)
    pupil_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    # None for a new account until it is opened.
    account_id: Mapped[UUID | None]
    account_kind: Mapped[AccountKind | None] = mapped_column(word(AccountKind))
    secret_kind: Mapped[SecretKind | None] = mapped_column(word(SecretKind))
    # As they were when the password was shown: a basic password avoids the pupil's names.
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200))
    username: Mapped[str] = mapped_column(String(50))
    # Since when the account had its password then: who has another one meanwhile is left out.
    secret_set_at: Mapped[datetime | None]
    is_new: Mapped[bool]
    ticked: Mapped[bool]
    left_out: Mapped[str | None] = mapped_column(String(20))
    # The moment of its password: one UPDATE sets it, and only one caller can win that.
    done_at: Mapped[datetime | None]


class ExportTally(Base):
    """How many pupils' data left through one member of staff in an hour (OA-63)."""

    __tablename__ = "export_tallies"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    school_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    pupils: Mapped[int]


class SchoolApplication(Base):
    """What a school decided about an application: where it stands on the dashboard, and whether it is switched off.

    Without a row it is on, after those that have a place, by name.
    """

    __tablename__ = "school_applications"

    school_number: Mapped[int] = mapped_column(ForeignKey("schools.number"), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    position: Mapped[int | None]
    off_at: Mapped[datetime | None]
    off_by: Mapped[UUID | None]


class Favourite(Base):
    """An application that a pupil put first on the own dashboard."""

    __tablename__ = "favourites"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    at: Mapped[datetime]
