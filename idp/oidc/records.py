"""The records of the protocol itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base


class PendingAuthorization(Base):
    """An authorization request parked while its user logs in, bound to that browser (OA-29)."""

    __tablename__ = "pending_authorizations"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    # Digest of the browser's cookie; None until the first visit when the request arrived as a cross-site POST.
    browser: Mapped[str | None] = mapped_column(String(64))
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PushedRequest(Base):
    """An authorization request that its application brought beforehand (RFC 9126); taken once."""

    __tablename__ = "pushed_requests"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(100))
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class InitialAccessToken(Base):
    """What one application may register itself with, once (RFC 7591 section 3)."""

    __tablename__ = "initial_access_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    label: Mapped[str] = mapped_column(String(100))  # for whom it was made, in the operator's words
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    spent_at: Mapped[datetime | None]


class RegisteredClient(Base):
    """An application that registered itself, in the words of its registration, checked (RFC 7591, RFC 7592)."""

    __tablename__ = "registered_clients"

    client_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    said: Mapped[dict[str, Any]]
    client_secret_sha256: Mapped[str] = mapped_column(String(64))  # "": it has no secret
    management_digest: Mapped[str] = mapped_column(String(64))
    # Fetched when it registered, because our pages ask no other host for a picture.
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)
    logo_type: Mapped[str | None] = mapped_column(String(30))
    label: Mapped[str] = mapped_column(String(100))  # of the token that it registered with
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class SpentAssertion(Base):
    """A client assertion's `jti`: the insert decides who was first (OA-20)."""

    __tablename__ = "spent_assertions"

    client_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    jti: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LogoutNotice(Base):
    """An application to tell that a sign-in ended: by a logout token (back-channel logout), with its retries.

    One that takes no such token has a row as well when a page says who was told: settled from the start.
    """

    __tablename__ = "logout_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(100))
    sid: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    # Which signing out it belongs to, so that the page after it can say who was reached; a digest of that page's value.
    farewell: Mapped[str | None] = mapped_column(String(64), index=True)
