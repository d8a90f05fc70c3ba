"""The records of what was handed out, and to whom. Values are kept as digests; a family binds what one grant gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base


class GrantFamily(Base):
    """One grant to one application: the code, and every token that came of it, live and die with it."""

    __tablename__ = "grant_families"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    client_id: Mapped[str] = mapped_column(String(100), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    # The browser session it came from; with `offline_access` it outlives that session.
    session_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    offline: Mapped[bool]
    scope: Mapped[str] = mapped_column(String(500))
    # What the `claims` parameter asked (OIDC Core 5.5), already cut down to what the client registered.
    claims: Mapped[dict[str, Any]] = mapped_column(default=dict)
    signed_in_at: Mapped[datetime]
    strength: Mapped[int]
    acr: Mapped[str] = mapped_column(String(100))
    methods: Mapped[list[str]]
    sid: Mapped[str] = mapped_column(String(43), index=True)
    # Which claims this grant gives: what its person can be told that the application got (PR-12).
    released: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class AuthorizationCode(Base):
    """RFC 6749 section 4.1.2: good once, for a minute, for one client, one redirect address and one verifier."""

    __tablename__ = "authorization_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("grant_families.id", ondelete="CASCADE"), index=True)
    redirect_uri: Mapped[str] = mapped_column(String(2000))
    code_challenge: Mapped[str | None] = mapped_column(String(43))
    nonce: Mapped[str | None] = mapped_column(String(2000))
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class AccessToken(Base):
    """An opaque bearer token (RFC 6750)."""

    __tablename__ = "access_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("grant_families.id", ondelete="CASCADE"), index=True)
    scope: Mapped[str] = mapped_column(String(500))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """Good once: using it makes its successor; using it again ends the family (RFC 9700 section 4.14.2)."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("grant_families.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    spent_at: Mapped[datetime | None]


class Approval(Base):
    """That this person saw what an application gets (notice), or allowed it (consent), and for which claims."""

    __tablename__ = "approvals"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    scopes: Mapped[list[str]]
    claims: Mapped[list[str]]
    at: Mapped[datetime]


class ApplicationUse(Base):
    """Which application this person used, when last, and what it got: what stays of grants that were cleared (PR-12)."""

    __tablename__ = "application_uses"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)
    claims: Mapped[list[str]]
