"""The records of signing in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base


class BrowserSession(Base):
    """A sign-in that this browser may go on using; the cookie's value is kept as a digest only."""

    __tablename__ = "browser_sessions"

    # The session's own name, for ever: what was handed out under it refers to it.
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    # The cookie that opens it now: signing in once more changes the cookie, not the session.
    cookie_digest: Mapped[str] = mapped_column(String(64), unique=True)
    # Where per-application session ids are derived from; never shown itself (PR-02).
    sid_seed: Mapped[str] = mapped_column(String(43))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    signed_in_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    idle_seconds: Mapped[int]
    expires_at: Mapped[datetime]
    strength: Mapped[int]
    methods: Mapped[list[str]]
    # Roughly what it is used on (`rules/devices.py`), so that its owner can tell one from another.
    device: Mapped[str | None] = mapped_column(String(20))
    ended_at: Mapped[datetime | None]


class RecoveryRequest(Base):
    """Somebody says that a password is lost. They get the same answer at once; the worker finds whose it is (OA-38)."""

    __tablename__ = "recovery_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    # What was typed, a username or an address; the row goes as soon as it was answered.
    typed: Mapped[str] = mapped_column(String(254))
    # The language of the page, for who never chose one.
    language: Mapped[str] = mapped_column(String(2))
    request_id: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[datetime] = mapped_column(index=True)


class LoginAttempt(Base):
    """One login on its way, bound to the browser that began it."""

    __tablename__ = "login_attempts"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser: Mapped[str] = mapped_column(String(64), index=True)
    step: Mapped[str] = mapped_column(String(20))
    requirement: Mapped[dict[str, Any]]
    # What was typed, until it is known whose it is; then the account (which may not exist: no one may notice).
    username: Mapped[str | None] = mapped_column(String(254))
    account_id: Mapped[UUID | None]
    way: Mapped[str] = mapped_column(String(10), default="typed")
    card: Mapped[str | None] = mapped_column(String(32))
    proven_at: Mapped[datetime | None]
    methods: Mapped[list[str]] = mapped_column(default=list)
    # What a second factor is asked with: a passkey's challenge, or the locked secret of an app that is being added.
    challenge: Mapped[str | None] = mapped_column(String(400))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        CheckConstraint(
            "step IN ('name', 'password', 'pictures', 'new_password', 'second_factor', 'new_factor',"
            " 'recovery_codes', 'email', 'done')",
            name="step",
        ),
        CheckConstraint(
            "step IN ('name', 'password', 'pictures') OR account_id IS NOT NULL", name="proven_has_account"
        ),
        CheckConstraint(
            "step IN ('name', 'password', 'pictures') OR proven_at IS NOT NULL", name="proven_has_moment"
        ),
        CheckConstraint("step = 'name' OR username IS NOT NULL", name="named"),
    )


class FailureCounter(Base):
    """Wrong passwords so far, per account (or per name that doesn't exist) and per way in."""

    __tablename__ = "failure_counters"

    # A keyed digest of the account's id, or of the folded name when there is no such account.
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    # "typed", "card:<handle>" or "device:<digest>"; and those that several ways share (see `counters`)
    bucket: Mapped[str] = mapped_column(String(80), primary_key=True)
    in_a_row: Mapped[int] = mapped_column(default=0)
    today: Mapped[int] = mapped_column(default=0)
    day: Mapped[str] = mapped_column(String(10))
    last_at: Mapped[datetime] = mapped_column(index=True)


class KnownDevice(Base):
    """A browser in which this account signed in before, by the digest of its cookie, and when it last did."""

    __tablename__ = "known_devices"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    last_used_at: Mapped[datetime] = mapped_column(index=True)


class FailedName(Base):
    """Which names failed from which address of late: many different ones is somebody trying a whole class."""

    __tablename__ = "failed_names"

    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(index=True)


class TriedGuess(Base):
    """Which guess was wrong for which account of late, as a keyed digest: one guess on many accounts is spraying."""

    __tablename__ = "tried_guesses"

    guess: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(index=True)
