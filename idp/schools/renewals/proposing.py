"""Who would get a new password, and who would not and why (R99-R106). Nothing changes but that it can be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.database import writing
from idp.rules.account_types import AccountKind, SecretKind
from idp.schools.permissions import Actor
from idp.schools.records import Renewal, RenewedPupil
from idp.schools.renewals import making, seeds
from idp.schools.renewals.eligible import why_not
from idp.schools.renewals.ending import make_room
from idp.schools.renewals.futures import Future, futures_of
from idp.schools.renewals.means import Means
from idp.schools.renewals.new_usernames import free_for
from idp.schools.renewals.purposes import BasicSecret, LeftOut, Purpose, secret_kind_for
from idp.schools.roster import Pupil, pupils_for

# Somebody looks at a few in as many tabs. Each holds a seed and a row for every pupil, so there are no more of them (OA-47).
MOST_OPEN = 10


@dataclass(frozen=True)
class Wish:
    """What a member of staff asks for."""

    purpose: Purpose
    pupils: tuple[int, ...]
    basic_secret: BasicSecret = BasicSecret.SAME
    new_username: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A wish with everybody in it looked up; nothing of it is stored yet."""

    renewal_id: UUID
    wish: Wish
    pupils: tuple[RenewedPupil, ...]


def look_up(db: Session, actor: Actor, wish: Wish, now: datetime) -> Proposal:
    """Everybody in the wish, in the order of the school's list (R111); who isn't there comes last. Only reads."""
    renewal_id = uuid4()
    here = {pupil.number: pupil for pupil in pupils_for(db, actor, wish.pupils, now)}
    nowhere = sorted(set(wish.pupils) - set(here))
    reasons = {number: why_not(here.get(number), wish.purpose) for number in (*here, *nowhere)}
    openings = openings_for(db, [pupil for pupil in here.values() if opens(pupil, reasons)], wish, now)
    pupils = tuple(entry(number, here.get(number), reasons[number]) for number in reasons)
    for position, pupil in enumerate(pupils):
        pupil.renewal_id, pupil.position = renewal_id, position
        if pupil.left_out is None:
            promise(pupil, here[pupil.pupil_number].account, openings.get(pupil.pupil_number), wish)
    return Proposal(renewal_id, wish, pupils)


def store(db: Session, means: Means, actor: Actor, proposal: Proposal, now: datetime) -> Renewal:
    """The proposal with a seed of its own, for this sign-in and for a while. Leaves a writing transaction open."""
    renewal = Renewal(
        id=proposal.renewal_id,
        school_number=actor.school_number,
        actor_id=actor.account_id,
        session_digest=actor.session_digest,
        purpose=proposal.wish.purpose,
        basic_secret=proposal.wish.basic_secret,
        new_username=proposal.wish.new_username,
        sealed_seed=seeds.sealed(means.ring, making.new_seed(), proposal.renewal_id),
        maker=means.way,
        created_at=now,
        expires_at=now + means.life,
    )
    writing(db)
    make_room(db, actor, now, MOST_OPEN - 1)
    db.add(renewal)
    db.flush()  # its pupils refer to it
    db.add_all(proposal.pupils)
    return renewal


def choose_basic_secret(db: Session, renewal: Renewal, wanted: BasicSecret) -> bool:
    """Another kind of password for the basic accounts in it; False once it is being saved. The caller holds it."""
    if renewal.saved_from is not None:
        return False
    renewal.basic_secret = wanted
    has = select(Account.secret_kind).where(Account.id == RenewedPupil.account_id).scalar_subquery()
    kind = func.coalesce(has, SecretKind.TEXT) if wanted is BasicSecret.SAME else SecretKind(wanted)
    basic = and_(RenewedPupil.renewal_id == renewal.id, RenewedPupil.account_kind == AccountKind.BASIC)
    db.execute(
        update(RenewedPupil).where(basic).values(secret_kind=kind),
        execution_options={"synchronize_session": False},
    )
    return True


@dataclass(frozen=True)
class Opening:
    """The account that a pupil without one would get."""

    username: str
    future: Future


def opens(pupil: Pupil, reasons: Mapping[int, LeftOut | None]) -> bool:
    return reasons[pupil.number] is None and pupil.account is None


def openings_for(db: Session, pupils: Sequence[Pupil], wish: Wish, now: datetime) -> dict[int, Opening]:
    futures = futures_of(db, [pupil.person.id for pupil in pupils], now) if pupils else {}
    names = [(pupil.enrolment.given_name, pupil.enrolment.family_name) for pupil in pupils]
    usernames = free_for(db, names) if wish.new_username is None else [wish.new_username] * len(pupils)
    return {
        pupil.number: Opening(username, futures[pupil.person.id])
        for pupil, username in zip(pupils, usernames, strict=True)
    }


def entry(number: int, pupil: Pupil | None, reason: LeftOut | None) -> RenewedPupil:
    """One pupil of the proposal, as things are now."""
    account = pupil.account if pupil else None
    return RenewedPupil(
        pupil_number=number,
        given_name=pupil.enrolment.given_name if pupil else "",
        family_name=pupil.enrolment.family_name if pupil else "",
        account_id=account.id if account else None,
        username=account.username if account else "",
        secret_set_at=account.secret_set_at if account else None,
        is_new=account is None,
        ticked=True,
        left_out=reason,
    )


def promise(found: RenewedPupil, account: Account | None, opening: Opening | None, wish: Wish) -> None:
    """As things would be."""
    if opening is not None:
        found.username, found.account_kind = opening.username, opening.future.kind
    elif account is not None:
        found.username, found.account_kind = wish.new_username or account.username, account.kind
    assert found.account_kind is not None, "who isn't left out has an account, or gets one"
    has = account.secret_kind if account else None
    found.secret_kind = secret_kind_for(found.account_kind, wish.basic_secret, has)
