"""Authorization codes: minted by a grant, found with everything that must be checked, spent once (OA-06)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from idp.tokens.holders import SELECTED, Grant, grant_of, joined, table_of
from idp.tokens.records import AuthorizationCode
from idp.tokens.secrets import could_be_ours, digest, new_value

codes = table_of(AuthorizationCode)


@dataclass(frozen=True)
class FoundCode:
    """A code that was minted once, whatever became of it since."""

    grant: Grant
    digest: str = field(repr=False)
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    jkt: str | None
    expires_at: datetime
    spent_at: datetime | None


def mint(
    db: Session,
    family_id: UUID,
    *,
    redirect_uri: str,
    code_challenge: str | None,
    nonce: str | None,
    jkt: str | None = None,
    now: datetime,
    seconds: int,
) -> str:
    """A new code of this family."""
    code = new_value()
    db.execute(
        codes.insert(),
        {
            "digest": digest(code),
            "family_id": family_id,
            "redirect_uri": redirect_uri,
            "code_challenge": code_challenge,
            "nonce": nonce,
            "jkt": jkt,
            "expires_at": now + timedelta(seconds=seconds),
        },
    )
    return code


OWN = (
    codes.c.digest,
    codes.c.redirect_uri,
    codes.c.code_challenge,
    codes.c.nonce,
    codes.c.jkt,
    codes.c.expires_at,
    codes.c.spent_at,
)
FIND = select(*OWN, *SELECTED).select_from(joined(codes)).where(codes.c.digest == bindparam("digest"))


def find(db: Session, presented: str) -> FoundCode | None:
    """The code with this value: one SELECT that brings all that is checked before it is spent."""
    if not could_be_ours(presented):
        return None
    row = db.connection().execute(FIND, {"digest": digest(presented)}).first()
    return FoundCode(grant_of(row[len(OWN) :]), *row[: len(OWN)]) if row else None


SPEND = (
    codes.update()
    .where(
        codes.c.digest == bindparam("found"),
        codes.c.spent_at.is_(None),
        codes.c.expires_at > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
)


def spend(db: Session, found: FoundCode, now: datetime) -> bool:
    """True for one caller only, over all threads and processes: the UPDATE that finds it unspent wins (FT-06).

    Whether it expired is decided here too, in the statement that redeems it, and not by a clean-up (CV-39).
    """
    return db.connection().execute(SPEND, {"found": found.digest, "now": now}).rowcount == 1
