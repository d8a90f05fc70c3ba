"""The records of schools, enrolments and appointments."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from idp.database import Base


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
        Index(None, "school_number", "family_name", "given_name"),
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

    __table_args__ = (CheckConstraint("role IN ('beheerder', 'leerkracht')", name="role"),)
