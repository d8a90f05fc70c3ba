"""What of a renewal may be printed: passwords that were really given, while they are still those (PW-36), a few times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.schools.permissions import Actor
from idp.schools.records import Renewal, RenewedPupil
from idp.schools.renewals import seeds
from idp.schools.renewals.finding import NotThere, renewal_of
from idp.schools.renewals.means import Means
from idp.schools.renewals.purposes import State, state_of

MOST_DOWNLOADS = 3


class FileKind(StrEnum):
    CARDS = "cards.pdf"
    WORKBOOK = "accounts.xlsx"
    MAIL_MERGE = "accounts.csv"


COUNTED_IN: Mapping[FileKind, InstrumentedAttribute[int]] = {
    FileKind.CARDS: Renewal.card_downloads,
    FileKind.WORKBOOK: Renewal.workbook_downloads,
    FileKind.MAIL_MERGE: Renewal.mail_merge_downloads,
}


def passwords_given(
    db: Session, means: Means, actor: Actor, renewal_id: UUID, now: datetime
) -> dict[int, Secret]:
    """By stamnummer, of a renewal that is saved. Raises NotThere or RunOut."""
    renewal = renewal_of(db, means, actor, renewal_id, now)
    if state_of(renewal) is not State.SAVED:
        raise NotThere
    seed = seeds.seed_of(means.ring, renewal)
    given = {entry.pupil_number: entry for entry in still_good(db, renewal_id)}
    return {number: seeds.password_of(seed, entry, means.pictures.length) for number, entry in given.items()}


def still_good(db: Session, renewal_id: UUID) -> list[RenewedPupil]:
    """Whose account still has the password of that very moment: a card with another one would be a lie."""
    found = (
        select(RenewedPupil)
        .join(Account, Account.id == RenewedPupil.account_id)
        .where(RenewedPupil.renewal_id == renewal_id, RenewedPupil.done_at == Account.secret_set_at)
    )
    return list(db.scalars(found))


def count_download(db: Session, renewal_id: UUID, kind: FileKind, now: datetime) -> bool:
    """Counts one more, unless there were three of this kind: one UPDATE, so that no two are both the third (PW-23)."""
    times = COUNTED_IN[kind]
    allowed = (
        Renewal.id == renewal_id,
        Renewal.cancelled_at.is_(None),
        Renewal.expires_at > now,
        times < MOST_DOWNLOADS,
    )
    counted = update(Renewal).where(*allowed).values({times: times + 1}).returning(Renewal.id)
    return db.scalar(counted.execution_options(synchronize_session=False)) is not None
