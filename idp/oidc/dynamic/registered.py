"""The rows of applications that registered themselves."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.orm import Session

from idp.oidc.client import DYNAMIC, Client
from idp.oidc.clients import DYNAMIC_NAME
from idp.oidc.dynamic import said as metadata
from idp.oidc.dynamic.limits import Limits
from idp.oidc.dynamic.logos import Logo
from idp.oidc.dynamic.said import Said
from idp.oidc.records import PushedRequest, RegisteredClient
from idp.oidc.registration import Wrong
from idp.tokens.records import Approval, ClientToken, DeviceGrant, GrantFamily
from idp.tokens.secrets import digest

log = logging.getLogger("leerid.clients")


@dataclass(frozen=True)
class Registered:
    """One of them: what it said, what that makes it, and since when."""

    client: Client
    said: Said
    label: str
    created_at: datetime
    changed_at: datetime
    management_digest: str = field(repr=False)

    def is_managed_by(self, token: str) -> bool:
        return hmac.compare_digest(self.management_digest, digest(token))

    def has_secret(self, secret: str) -> bool:
        return hmac.compare_digest(self.client.client_secret_sha256, digest(secret))


def new_client_id() -> str:
    return DYNAMIC + secrets.token_hex(16)


def find(db: Session, client_id: str, limits: Limits) -> Registered | None:
    if not DYNAMIC_NAME.fullmatch(client_id):
        return None
    row = db.execute(columns().where(RegisteredClient.client_id == client_id)).first()
    return read(row, limits) if row else None


def all_of_them(db: Session, limits: Limits) -> list[Registered]:
    rows: Sequence[Row[Any]] = db.execute(columns().order_by(RegisteredClient.created_at)).all()
    return [found for row in rows if (found := read(row, limits))]


def columns() -> Select[Any]:
    """Without the picture: only its own address needs that."""
    return select(
        RegisteredClient.client_id,
        RegisteredClient.said,
        RegisteredClient.client_secret_sha256,
        RegisteredClient.management_digest,
        RegisteredClient.logo_type,
        RegisteredClient.label,
        RegisteredClient.created_at,
        RegisteredClient.changed_at,
    )


def read(row: Row[Any], limits: Limits) -> Registered | None:
    """None when it no longer is what a registration may be: the rules became stricter since."""
    try:
        client = metadata.client_of(
            row.said,
            row.client_id,
            row.client_secret_sha256,
            limits,
            has_logo=row.logo_type is not None,
        )
    except Wrong as wrong:
        log.error("clients:refused", extra={"client_id": row.client_id, "reason": str(wrong)})
        return None
    return Registered(client, row.said, row.label, row.created_at, row.changed_at, row.management_digest)


def add(
    db: Session,
    client: Client,
    said: Said,
    logo: Logo | None,
    management_digest: str,
    label: str,
    now: datetime,
) -> None:
    db.execute(
        insert(RegisteredClient).values(
            client_id=client.client_id,
            management_digest=management_digest,
            label=label,
            created_at=now,
            **what_changes(client, said, logo, now),
        )
    )


def change(db: Session, client: Client, said: Said, logo: Logo | None, now: datetime) -> bool:
    """False when it was deleted meanwhile."""
    this_one = RegisteredClient.client_id == client.client_id
    changed = update(RegisteredClient).where(this_one).values(**what_changes(client, said, logo, now))
    return db.connection().execute(changed).rowcount == 1


def what_changes(client: Client, said: Said, logo: Logo | None, now: datetime) -> dict[str, Any]:
    return {
        "said": said,
        "client_secret_sha256": client.client_secret_sha256,
        "logo": logo.body if logo else None,
        "logo_type": logo.type if logo else None,
        "changed_at": now,
    }


def remove(db: Session, client_id: str, now: datetime) -> bool:
    """And with it, at once, all that it was given (CV-07). False when it was gone already.

    Grants stay as ended ones: pupils may read for a year who got what (PR-12).
    """
    gone = db.connection().execute(delete(RegisteredClient).where(RegisteredClient.client_id == client_id))
    for given in (GrantFamily, ClientToken):
        theirs = (given.client_id == client_id, given.revoked_at.is_(None))
        db.connection().execute(update(given).where(*theirs).values(revoked_at=now))
    for waiting in (DeviceGrant, PushedRequest, Approval):
        db.connection().execute(delete(waiting).where(waiting.client_id == client_id))
    return gone.rowcount == 1
