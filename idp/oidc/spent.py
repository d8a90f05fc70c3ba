"""What a client signed to be used once: the name in it (`jti`), and that it was used (OA-20)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy.orm import Session

from idp.database import insert_into, writing
from idp.oidc.records import SpentAssertion

LONGEST_NAME = 100


def spend_once(db: Session, whose: str, jti: str, until: datetime) -> bool:
    """True for one caller only, over all processes: the insert decides.

    Stored at once, so that it is spent whatever comes of its request; kept until it could come back no more. `whose` keeps
    one client's from another's, and one kind from another: a client's id has no colon, so `dpop:...` is nobody's.
    """
    writing(db)
    once = insert_into(db, SpentAssertion).values(
        client_id=whose if len(whose) <= LONGEST_NAME else digest(whose), jti=digest(jti), expires_at=until
    )
    # RETURNING and not a row count, which PostgreSQL's driver doesn't give for an INSERT.
    first = db.execute(once.on_conflict_do_nothing().returning(SpentAssertion.jti)).first()
    db.commit()
    return first is not None


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
