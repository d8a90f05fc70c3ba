"""The seed of a renewal at rest, and the passwords that are made of it when somebody must see them (PW-17)."""

from __future__ import annotations

from uuid import UUID

from idp.accounts import sealed_box
from idp.accounts.secret import Secret
from idp.key_files import SealingRing
from idp.rules.account_types import AccountKind, SecretKind
from idp.schools.records import Renewal, RenewedPupil
from idp.schools.renewals import making
from idp.schools.renewals.making import Recipient


def sealed(ring: SealingRing, seed: bytes, renewal_id: UUID) -> str:
    return sealed_box.lock(ring, seed, bound_to(renewal_id))


def seed_of(ring: SealingRing, renewal: Renewal) -> bytes:
    """Raises BoxTampered when it was moved or changed, or its key is gone."""
    assert renewal.sealed_seed is not None, "the caller found it open"
    return sealed_box.open_(ring, renewal.sealed_seed, bound_to(renewal.id))


def bound_to(renewal_id: UUID) -> str:
    return f"renewal|{renewal_id}|seed"


def password_of(seed: bytes, pupil: RenewedPupil, picture_length: int) -> Secret:
    return making.password(seed, recipient_of(pupil), picture_length=picture_length)


def recipient_of(pupil: RenewedPupil) -> Recipient:
    assert pupil.account_kind is not None, "who was left out gets no password"
    return Recipient(
        pupil.pupil_number,
        AccountKind(pupil.account_kind),
        SecretKind(pupil.secret_kind or SecretKind.TEXT),
        (pupil.given_name, pupil.family_name),
    )
