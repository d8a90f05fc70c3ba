"""Ten codes on paper for who lost the telephone: shown once, each good once; the database keeps digests.

The digest is a keyed one, so that a stolen database is nothing to try codes on.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from idp.accounts import opening
from idp.accounts.records import RecoveryCode
from idp.accounts.secret import Secret
from idp.rules.drawing import Below

HOW_MANY = 10
# Twelve of 31 signs are 59 random bits.
SIGNS = opening.HANDLE_SIGNS
LENGTH = 12
GROUP = 4


def make(
    db: Session, key: bytes, account_id: UUID, now: datetime, *, below: Below = secrets.randbelow
) -> list[Secret]:
    """Ten new ones; whatever was left of the ones before is no longer good."""
    db.execute(
        delete(RecoveryCode)
        .where(RecoveryCode.account_id == account_id)
        .execution_options(synchronize_session=False)
    )
    codes = [new_code(below) for _ in range(HOW_MANY)]
    db.add_all(
        RecoveryCode(digest=digest(key, account_id, code), account_id=account_id, created_at=now)
        for code in codes
    )
    db.flush()
    return codes


def use(db: Session, key: bytes, account_id: UUID, typed: Secret, now: datetime) -> bool:
    """Is it one of theirs, and does nobody use it before us? Of any number at once, one UPDATE wins (OA-65)."""
    this_one = (RecoveryCode.digest == digest(key, account_id, typed)) & (
        RecoveryCode.account_id == account_id
    )
    used = db.execute(
        update(RecoveryCode)
        .where(this_one, RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(used, CursorResult)
    return used.rowcount == 1


def left(db: Session, account_id: UUID) -> int:
    unused = (RecoveryCode.account_id == account_id) & RecoveryCode.used_at.is_(None)
    return db.scalar(select(func.count()).select_from(RecoveryCode).where(unused)) or 0


def new_code(below: Below) -> Secret:
    signs = "".join(SIGNS[below(len(SIGNS))] for _ in range(LENGTH))
    return Secret("-".join(signs[at : at + GROUP] for at in range(0, LENGTH, GROUP)))


def digest(key: bytes, account_id: UUID, code: Secret) -> str:
    signs = "".join(sign for sign in code.reveal().lower() if sign in SIGNS)
    return hmac.digest(key, b"recovery:" + account_id.bytes + signs.encode(), "sha256").hex()
