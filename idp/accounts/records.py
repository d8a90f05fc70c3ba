"""The records of people and their accounts."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Enum, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from idp.accounts.keeping import keep
from idp.database import Base
from idp.rules.account_types import AccountKind, SecretKind


def word(choices: type[StrEnum]) -> Enum:
    """A choice stored as its word and read back as the choice, so that rules may compare with `is`."""
    return Enum(
        choices, native_enum=False, length=10, values_callable=lambda each: [str(one) for one in each]
    )


# SQLite counts by itself only in a plain INTEGER, which has 64 bits there.
LargeNumber = BigInteger().with_variant(Integer(), "sqlite")


class Person(Base):
    """A human being, with one subject for life; enrolments and accounts come and go."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    # 256 random bits; what applications get is derived from it, per sector (PR-01).
    subject: Mapped[str] = mapped_column(String(43), unique=True)
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200))
    # R90: empty when there is no valid national or bis number (yet).
    official_given_name: Mapped[str | None] = mapped_column(String(200))
    official_family_name: Mapped[str | None] = mapped_column(String(200))
    sex: Mapped[str | None] = mapped_column(String(1))
    birth_date: Mapped[date | None]
    # Whatever else a standard claim may hold (OIDC Core 5.1), by claim name; empty for pupils.
    other_claims: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # A keyed digest of the number by which the enrolment feed knows this person at every school; never the number itself
    # (PR-19). None while the feed doesn't know it (R90): then only school and stamnummer say who it is.
    registry_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Account(Base):
    """One username and one secret. Every state is a moment: who reads it compares it with now."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    username: Mapped[str] = mapped_column(String(50))
    username_skeleton: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[AccountKind] = mapped_column(word(AccountKind))
    secret_kind: Mapped[SecretKind] = mapped_column(word(SecretKind))
    # Argon2id, locked with a key from outside the database; None while no password was given out.
    sealed_secret: Mapped[str | None] = mapped_column(String(400))
    secret_set_at: Mapped[datetime | None]
    # R7, R8, R12: until then a temporary password may be used, and one's own must be chosen with it.
    temporary_until: Mapped[datetime | None]
    email: Mapped[str | None] = mapped_column(String(254))
    email_folded: Mapped[str | None] = mapped_column(String(254), index=True)
    email_verified_at: Mapped[datetime | None]
    # The last time that the voluntary question for an e-mail address was answered or skipped (R14).
    email_asked_at: Mapped[datetime | None]
    # R27: the last day of the last enrolment; None for staff.
    active_until: Mapped[date | None]
    blocked_at: Mapped[datetime | None]
    blocked_by: Mapped[str | None] = mapped_column(String(100))
    # PW-07: set at a hundred failures in a row; the school renews or unlocks.
    protected_at: Mapped[datetime | None]
    # Wrong passwords of before this moment no longer count: the school renewed or unlocked since.
    failures_count_from: Mapped[datetime | None]
    # Sessions and tokens that began before this moment are no longer good (architecture, idea 5).
    sign_ins_count_from: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]
    # "uitgereikt op ... door ...": the card with the password of now reached the pupil.
    handed_out_at: Mapped[datetime | None]
    handed_out_by: Mapped[UUID | None]
    # "Dit was ik niet": somebody else may know the password; until the school renewed it or says that it was looked into.
    not_me_at: Mapped[datetime | None]
    # What the person last chose at sign-in or in a portal: nl, en or fr. Pages and mails follow; None is Dutch.
    language: Mapped[str | None] = mapped_column(String(2))
    created_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        CheckConstraint("kind IN ('basic', 'advanced', 'staff')", name="kind"),
        CheckConstraint(
            "secret_kind = 'text' OR (secret_kind = 'pictures' AND kind = 'basic')", name="pictures_are_basic"
        ),
        CheckConstraint("email IS NULL OR kind <> 'basic'", name="basic_has_no_email"),
        CheckConstraint("temporary_until IS NULL OR kind <> 'basic'", name="basic_is_never_temporary"),
        # With all that says how an account stands: a list of two thousand pupils needs nothing else of their accounts.
        Index(
            "ix_accounts_person_id_standing",
            *("person_id", "kind", "blocked_at", "active_until", "protected_at", "temporary_until"),
        ),
    )


class Username(Base):
    """Every username that was ever given out, so that none is given twice (R21, PR-04). The insert decides a race."""

    __tablename__ = "usernames"

    skeleton: Mapped[str] = mapped_column(String(100), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    taken_at: Mapped[datetime]
    given_up_at: Mapped[datetime | None]


class Card(Base):
    """The handle in a pupil's QR code and personal address: it names the pupil and proves nothing (R35, R36, PW-33)."""

    __tablename__ = "cards"

    handle: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link in a mail: one purpose, one account, one address, once. Only its digest is kept (PW-28)."""

    __tablename__ = "one_time_links"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SecondFactor(Base):
    """What a member of staff has besides a password: an app with changing codes (TOTP), or a passkey."""

    __tablename__ = "second_factors"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    # TOTP: the shared secret, locked with a key from outside the database; and the last time step that was used (RFC 6238).
    sealed_secret: Mapped[str | None] = mapped_column(String(400))
    last_step: Mapped[int | None]
    # Passkey: what WebAuthn calls them, in base64url.
    credential_id: Mapped[str | None] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str | None] = mapped_column(String(1400))
    sign_count: Mapped[int | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "(kind = 'totp' AND sealed_secret IS NOT NULL) OR (kind = 'passkey' AND credential_id IS NOT NULL"
            " AND public_key IS NOT NULL AND sign_count IS NOT NULL)",
            name="complete",
        ),
    )


class RecoveryCode(Base):
    """A way in for who lost the second factor: shown once, good once, kept as a digest."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditEvent(Base):
    """What happened, to which pupil, who did it and in which request; never a secret, a name or an address."""

    __tablename__ = "audit_events"

    # 64 bits: millions of sign-ins a day, for years.
    id: Mapped[int] = mapped_column(LargeNumber, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(50))
    account_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None]
    # At which school, and which pupil of it: a stamnummer means something there only.
    school_number: Mapped[int | None]
    pupil_number: Mapped[int | None]
    request_id: Mapped[str] = mapped_column(String(20))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (
        Index(None, "account_id", "at"),
        Index(None, "school_number", "id"),
        # Only what somebody did to another: a sign-in has no actor, and doesn't pay for this index.
        Index(
            "ix_audit_events_actor_id_at",
            "actor_id",
            "at",
            sqlite_where=text("actor_id IS NOT NULL"),
            postgresql_where=text("actor_id IS NOT NULL"),
        ),
    )


class AuditLink(Base):
    """An event's place in the chain. Each hash covers the one before it: nothing is altered or taken out unseen (OA-59)."""

    __tablename__ = "audit_links"

    position: Mapped[int] = mapped_column(LargeNumber, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(LargeNumber, unique=True)
    hash: Mapped[str] = mapped_column(String(64))
    linked_at: Mapped[datetime]


keep(AuditEvent.__table__, "at", "id")
keep(AuditLink.__table__, "linked_at", "position", "event_id")


class Fault(Base):
    """A page that said no with a foutnummer on it, so that the number can be looked up."""

    __tablename__ = "faults"

    request_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    application: Mapped[str] = mapped_column(String(20))
    status: Mapped[int]
    reason: Mapped[str] = mapped_column(String(60))
    route: Mapped[str] = mapped_column(String(200))
