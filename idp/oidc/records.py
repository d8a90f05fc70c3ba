"""The records of the protocol itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String
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
