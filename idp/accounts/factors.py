"""What a member of staff has besides the password, whatever kind it is: looked up, and taken away."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from idp.accounts.records import RecoveryCode, SecondFactor


class FactorKind(StrEnum):
    """As the records say it."""

    APP = "totp"
    PASSKEY = "passkey"


def has_factor(db: Session, account_id: UUID) -> bool:
    return bool(db.scalar(select(exists().where(SecondFactor.account_id == account_id))))


def factors_of(db: Session, account_id: UUID, kind: FactorKind | None = None) -> list[SecondFactor]:
    """The oldest first."""
    return list(db.scalars(mine(account_id, kind)))


def factors_held(db: Session, account_id: UUID) -> list[SecondFactor]:
    """As they are now, and nobody else changes them before this transaction ends. The caller has said `writing`.

    These rows and not the account's: whoever shows a factor changes its row first and the account's after it.
    """
    held = mine(account_id).with_for_update().execution_options(populate_existing=True)
    return list(db.scalars(held))


def mine(account_id: UUID, kind: FactorKind | None = None) -> Select[SecondFactor]:
    found = select(SecondFactor).where(SecondFactor.account_id == account_id)
    if kind is not None:
        found = found.where(SecondFactor.kind == kind)
    return found.order_by(SecondFactor.created_at, SecondFactor.id)


def remove(db: Session, account_id: UUID, factor_id: UUID) -> FactorKind | None:
    """Takes one away, if it is this account's; of two who do it at once one gets an answer."""
    this_one = (SecondFactor.id == factor_id) & (SecondFactor.account_id == account_id)
    kind = db.scalar(
        delete(SecondFactor)
        .where(this_one)
        .returning(SecondFactor.kind)
        .execution_options(synchronize_session=False)
    )
    return FactorKind(kind) if kind else None


def remove_all(db: Session, account_id: UUID) -> None:
    """Every factor, and the recovery codes that go with them."""
    for record in (SecondFactor, RecoveryCode):
        db.execute(
            delete(record).where(record.account_id == account_id).execution_options(synchronize_session=False)
        )
