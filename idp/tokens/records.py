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
    # What the application wants its access tokens for (RFC 8707); None is us ourselves.
    resource: Mapped[str | None] = mapped_column(String(2000))
    # The key that a public client's refresh tokens are bound to (RFC 9449 section 5): its SHA-256 thumbprint.
    jkt: Mapped[str | None] = mapped_column(String(43))
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
    # The key whose proof must come with it (RFC 9449 section 10).
    jkt: Mapped[str | None] = mapped_column(String(43))
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class AccessToken(Base):
    """An access token: opaque (RFC 6750), or the `jti` of a signed one (RFC 9068)."""

    __tablename__ = "access_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("grant_families.id", ondelete="CASCADE"), index=True)
    scope: Mapped[str] = mapped_column(String(500))
    # Whom a signed one is for (RFC 8707); None is us ourselves, and only then it opens anything here.
    audience: Mapped[str | None] = mapped_column(String(2000))
    # The key that it is bound to (RFC 9449 section 6): it is worth nothing without that key's proof.
    jkt: Mapped[str | None] = mapped_column(String(43))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class ClientToken(Base):
    """An access token of an application itself, with nobody behind it (RFC 6749 section 4.4)."""

    __tablename__ = "client_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(100), index=True)
    audience: Mapped[str | None] = mapped_column(String(2000))
    jkt: Mapped[str | None] = mapped_column(String(43))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class DeviceGrant(Base):
    """A device that waits until somebody approves it elsewhere (RFC 8628): two codes, one for it and one for people."""

    __tablename__ = "device_grants"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_code: Mapped[str] = mapped_column(String(64), unique=True)  # a keyed digest
    client_id: Mapped[str] = mapped_column(String(100))
    scope: Mapped[str] = mapped_column(String(500))
    resource: Mapped[str | None] = mapped_column(String(2000))
    jkt: Mapped[str | None] = mapped_column(String(43))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    interval_seconds: Mapped[int]
    polled_at: Mapped[datetime | None]
    # Set when somebody approved it.
    family_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("grant_families.id", ondelete="CASCADE"), index=True
    )
    denied_at: Mapped[datetime | None]
    spent_at: Mapped[datetime | None]


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
