"""Saving a renewal, a step at a time: each pupil gets the password that was shown, exactly once (PW-36).

A step hashes for about a second without a transaction and then writes shortly. Whoever calls again goes on where the last
step ended, whatever became of the process that did it; of two that save at once, one does each pupil.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from idp.accounts.secret import Secret
from idp.database import let_go, writing
from idp.rules.usernames import skeleton
from idp.schools.exports import spend
from idp.schools.permissions import Actor
from idp.schools.records import Renewal, RenewedPupil
from idp.schools.renaming import changed_enough
from idp.schools.renewals import making, seeds
from idp.schools.renewals.eligible import hold
from idp.schools.renewals.finding import Progress, held, progress_of, renewal_of
from idp.schools.renewals.futures import futures_of
from idp.schools.renewals.handing import Done, Removed, Turn, end_sign_ins, hand_over
from idp.schools.renewals.handles import handles_of
from idp.schools.renewals.hashing import Sealed, Waiting, seal_some
from idp.schools.renewals.making import Recipient
from idp.schools.renewals.means import Means
from idp.schools.renewals.purposes import LeftOut, Purpose, State, state_of
from idp.schools.roster import Pupil, pupils_for
from idp.schools.witnessing import witness

MOST_A_STEP = 250

STILL_TO_DO = (
    RenewedPupil.ticked.is_(True),
    RenewedPupil.left_out.is_(None),
    RenewedPupil.done_at.is_(None),
)


class TooMuch(Exception):
    """More pupils, or more usernames, than one person may change in an hour (OA-63, PW-35)."""


@dataclass(frozen=True)
class Step:
    """How far it is now. `removed` are the addresses where it must be told, in this same transaction."""

    progress: Progress
    state: State
    removed: tuple[Removed, ...]


def begin(
    db: Session, means: Means, actor: Actor, renewal_id: UUID, ticked: Collection[int] | None, now: datetime
) -> None:
    """Fixes who is ticked, None being everybody, the first time that it is called. Raises NotThere, RunOut or TooMuch.

    From here on these passwords are real, so they count as data that leaves the school; their cards and lists, that only
    repeat them, don't count again.
    """
    if renewal_of(db, means, actor, renewal_id, now).saved_from is not None:
        return
    writing(db)
    renewal = held(db, means, actor, renewal_id, now)
    if renewal.saved_from is None:  # nobody was quicker
        how_many = count_of(db, renewal_id, ticked)
        if not spend(db, actor, how_many, now, means.staff, request_id=means.request_id):
            raise TooMuch
        if renames(renewal) and changed_enough(db, actor, means.staff.username_changes_an_hour, now):
            raise TooMuch
        renewal.saved_from = now
        untick_others(db, renewal_id, ticked)
    let_go(db)


def advance(
    db: Session, means: Means, actor: Actor, renewal_id: UUID, now: datetime, enough: Callable[[], bool]
) -> Step:
    """The next step: as many pupils as fit in until it is `enough`. Leaves a writing transaction open.

    Raises NotThere or RunOut, also when it is cancelled meanwhile: what was done stays done, what was hashed is nothing.
    """
    renewal = renewal_of(db, means, actor, renewal_id, now)
    seed = seeds.seed_of(means.ring, renewal)
    waiting = waiting_in(db, renewal_id)
    let_go(db)

    def make(recipient: Recipient) -> Secret:
        return making.password(seed, recipient, picture_length=means.pictures.length)

    sealed = seal_some(means.vault, waiting, make, enough)
    writing(db)
    return write_down(db, means, actor, renewal_id, sealed)


def write_down(
    db: Session, means: Means, actor: Actor, renewal_id: UUID, sealed: Mapping[int, Sealed]
) -> Step:
    """The short part: who is still to be done is claimed, looked at once more, and given the new password."""
    renewal = held(db, means, actor, renewal_id, means.clock())
    at = means.clock()
    claimed = claim(db, renewal_id, sealed, at)
    hold(db, actor, claimed)
    here = {pupil.number: pupil for pupil in pupils_for(db, actor, claimed, at)}
    turn = Turn(db, actor, renewal, at, means.request_id, futures_of(db, without_account(here), at))
    done = []
    for entry in entries(db, renewal_id, claimed):
        found = hand_over(turn, entry, here.get(entry.pupil_number), sealed[entry.pupil_number])
        if found is None:
            entry.done_at, entry.left_out = None, LeftOut.CHANGED
        else:
            done.append(found)
    handles_of(db, [each.account_id for each in done], at)
    return finished(turn, means, done)


def finished(turn: Turn, means: Means, done: list[Done]) -> Step:
    """Each step lengthens the renewal's life; what it has after the last one is for printing."""
    db, renewal, at = turn.db, turn.renewal, turn.at
    db.flush()
    progress = progress_of(db, renewal.id)
    if renewal.finished_at is None:
        renewal.expires_at = at + means.life
        if progress.done == progress.total:
            renewal.finished_at = at
            testify(turn, progress)
    db.flush()
    end_sign_ins(db, [each.account_id for each in done], means.clock())
    removed = tuple(each.removed for each in done if each.removed is not None)
    return Step(progress, state_of(renewal), removed)


def testify(turn: Turn, progress: Progress) -> None:
    witness(
        turn.db,
        turn.actor,
        "renewal:saved",
        now=turn.at,
        request_id=turn.request_id,
        renewal=str(turn.renewal.id),
        purpose=turn.renewal.purpose,
        pupils=progress.done,
    )


# The rows of a renewal


def count_of(db: Session, renewal_id: UUID, ticked: Collection[int] | None) -> int:
    found = select(func.count()).where(RenewedPupil.renewal_id == renewal_id, *STILL_TO_DO)
    if ticked is not None:
        found = found.where(RenewedPupil.pupil_number.in_(ticked))
    return db.scalar(found) or 0


def renames(renewal: Renewal) -> bool:
    return renewal.new_username is not None and renewal.purpose != Purpose.ACTIVATION


def untick_others(db: Session, renewal_id: UUID, ticked: Collection[int] | None) -> None:
    if ticked is None:
        return
    others = RenewedPupil.pupil_number.not_in(ticked)
    unticked = update(RenewedPupil).where(RenewedPupil.renewal_id == renewal_id, others).values(ticked=False)
    db.execute(unticked, execution_options={"synchronize_session": False})


def waiting_in(db: Session, renewal_id: UUID) -> list[Waiting]:
    """The next ones, in the order of the list."""
    todo = select(RenewedPupil).where(RenewedPupil.renewal_id == renewal_id, *STILL_TO_DO)
    found = db.scalars(todo.order_by(RenewedPupil.position).limit(MOST_A_STEP))
    return [Waiting(seeds.recipient_of(entry), entry.account_id or uuid4()) for entry in found]


def claim(db: Session, renewal_id: UUID, pupil_numbers: Collection[int], at: datetime) -> list[int]:
    """What must happen once is one UPDATE that only one caller can win: these are this caller's to do, or to leave out."""
    free = (RenewedPupil.renewal_id == renewal_id, RenewedPupil.pupil_number.in_(pupil_numbers), *STILL_TO_DO)
    claimed = update(RenewedPupil).where(*free).values(done_at=at).returning(RenewedPupil.pupil_number)
    return list(db.scalars(claimed.execution_options(synchronize_session=False)))


def entries(db: Session, renewal_id: UUID, pupil_numbers: Collection[int]) -> list[RenewedPupil]:
    """In the order of their usernames: who opens accounts at the same time takes usernames in the same order."""
    found = select(RenewedPupil).where(
        RenewedPupil.renewal_id == renewal_id, RenewedPupil.pupil_number.in_(pupil_numbers)
    )
    read = db.scalars(found.execution_options(populate_existing=True))
    return sorted(read, key=lambda entry: skeleton(entry.username))


def without_account(here: Mapping[int, Pupil]) -> list[UUID]:
    return [pupil.person.id for pupil in here.values() if pupil.account is None]
