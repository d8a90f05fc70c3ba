"""An app on a telephone that shows another code every half minute (TOTP, RFC 6238).

Its secret is the only one that must be readable here: we make the same codes. So it is locked with a key that the
database doesn't have. A code counts once: the last time step that was used is kept, and only a later one is accepted.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import CursorResult, or_, update
from sqlalchemy.orm import Session

from idp.accounts import sealed_box
from idp.accounts.factors import FactorKind, factors_of
from idp.accounts.records import SecondFactor
from idp.accounts.secret import Secret
from idp.key_files import SealingRing

# What every app understands; the secret has the length that RFC 4226 section 4 recommends for SHA-1.
DIGITS = 6
STEP_SECONDS = 30
SECRET_BYTES = 20
# Telephones are a little early or late (RFC 6238 section 5.2).
WINDOW = (0, -1, 1)
ISSUER = "LeerID"


def new_secret() -> Secret:
    return Secret(base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode())


def address(secret: Secret, username: str) -> str:
    """What is in the QR code: the app reads it and knows enough."""
    return generator(secret).get_provisioning_uri(username, ISSUER)


def in_groups(secret: Secret) -> str:
    """The same for who types it: in groups of four."""
    text = secret.reveal()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def step_of(secret: Secret, code: Secret, now: datetime) -> int | None:
    """The time step that `code` is the code of, if that is about now."""
    typed = code.reveal().encode("utf-8", "replace")
    current = int(now.timestamp()) // STEP_SECONDS
    totp = generator(secret)
    for step in (current + distance for distance in WINDOW):
        if hmac.compare_digest(totp.generate(step * STEP_SECONDS), typed):
            return step
    return None


def generator(secret: Secret) -> TOTP:
    return TOTP(base64.b32decode(secret.reveal()), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303


def add(db: Session, ring: SealingRing, account_id: UUID, secret: Secret, step: int, now: datetime) -> None:
    """The app of this secret counts from now on; the code of `step`, which proved that it works, is used up."""
    db.add(
        SecondFactor(
            account_id=account_id,
            kind=FactorKind.APP,
            sealed_secret=lock(ring, account_id, secret),
            last_step=step,
            created_at=now,
            last_used_at=now,
        )
    )
    db.flush()


def use(db: Session, ring: SealingRing, account_id: UUID, code: Secret, now: datetime) -> bool:
    """Is it a code of one of their apps, and does nobody use it before us? Raises BoxTampered."""
    for factor in factors_of(db, account_id, FactorKind.APP):
        secret = unlock(ring, account_id, factor.sealed_secret or "")
        step = step_of(secret, code, now)
        if step is not None and take(db, factor.id, step, lock(ring, account_id, secret), now):
            return True
    return False


def take(db: Session, factor_id: UUID, step: int, sealed_anew: str, now: datetime) -> bool:
    """Of any number of sign-ins with one code, one UPDATE wins; the secret moves to today's key with it."""
    unused = or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step)
    taken = db.execute(
        update(SecondFactor)
        .where(SecondFactor.id == factor_id, unused)
        .values(last_step=step, last_used_at=now, sealed_secret=sealed_anew)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(taken, CursorResult)
    return taken.rowcount == 1


def lock(ring: SealingRing, account_id: UUID, secret: Secret) -> str:
    return sealed_box.lock(ring, secret.reveal().encode(), bound_to(account_id))


def unlock(ring: SealingRing, account_id: UUID, sealed: str) -> Secret:
    return Secret(sealed_box.open_(ring, sealed, bound_to(account_id)).decode())


def bound_to(account_id: UUID) -> str:
    return f"{account_id}|totp"
