"""Who may do what at a school: one table, deny by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.schools.appointments import Role, appointments_of
from idp.schools.records import Appointment, Operator


class Action(StrEnum):
    """What a member of staff does with a school's pupils."""

    SEE = "see"  # the list, a pupil, the selection
    RENEW = "renew"  # new passwords, also the first ones
    PRINT = "print"  # cards
    HAND_OUT = "hand_out"  # tick that the card reached the pupil
    UNLOCK = "unlock"  # after a hundred failures
    RENAME = "rename"
    REMOVE_EMAIL = "remove_email"
    SETTLE = "settle"  # what a pupil reported with "Dit was ik niet" was looked into
    EXPORT = "export"  # spreadsheets
    READ_LOG = "read_log"
    MANAGE_APPLICATIONS = "manage_applications"  # which ones pupils have, and in which order


EVERYTHING = frozenset(Action)
MAY: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.BEHEERDER: EVERYTHING,
        Role.LEERKRACHT: frozenset(
            {Action.SEE, Action.RENEW, Action.PRINT, Action.HAND_OUT, Action.UNLOCK, Action.SETTLE}
        ),
    }
)


@dataclass(frozen=True)
class Actor:
    """A member of staff at one school, in one sign-in. `classes` None: all of them."""

    account_id: UUID
    session_digest: str
    school_number: int
    role: Role
    classes: frozenset[str] | None

    def may(self, action: Action) -> bool:
        return action in MAY[self.role]


def actor_at(db: Session, account_id: UUID, school_number: int, *, session_digest: str) -> Actor | None:
    """None for who has no role there."""
    return actors_of(db, account_id, session_digest=session_digest).get(school_number)


def actors_of(db: Session, account_id: UUID, *, session_digest: str) -> dict[int, Actor]:
    """What somebody is at each school, in the order of the schools' names."""
    held: dict[int, list[Appointment]] = {}
    for appointment in appointments_of(db, account_id):
        held.setdefault(appointment.school_number, []).append(appointment)
    return {number: actor_of(at_one, session_digest) for number, at_one in held.items()}


def actor_of(at_one_school: Sequence[Appointment], session_digest: str) -> Actor:
    """Who has both roles there is a beheerder."""
    one = at_one_school[0]
    if any(each.role == Role.BEHEERDER for each in at_one_school):
        return Actor(one.account_id, session_digest, one.school_number, Role.BEHEERDER, None)
    classes = frozenset(own.class_code for each in at_one_school for own in each.classes)
    return Actor(one.account_id, session_digest, one.school_number, Role.LEERKRACHT, classes)


def is_operator(db: Session, account_id: UUID) -> bool:
    found = select(Operator.account_id).where(Operator.account_id == account_id, Operator.ended_at.is_(None))
    return db.scalar(found) is not None
