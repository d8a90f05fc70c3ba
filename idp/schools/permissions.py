"""Who may do what at a school: one table, deny by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.schools.appointments import Role, appointments_of
from idp.schools.records import Operator


class Action(StrEnum):
    """What a member of staff does with a school's pupils."""

    SEE = "see"  # the list, a pupil, the selection
    RENEW = "renew"  # new passwords, also the first ones
    PRINT = "print"  # cards
    HAND_OUT = "hand_out"  # tick that the card reached the pupil
    UNLOCK = "unlock"  # after a hundred failures
    RENAME = "rename"
    REMOVE_EMAIL = "remove_email"
    EXPORT = "export"  # spreadsheets
    READ_LOG = "read_log"


EVERYTHING = frozenset(Action)
MAY: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.BEHEERDER: EVERYTHING,
        Role.LEERKRACHT: frozenset({Action.SEE, Action.RENEW, Action.PRINT, Action.HAND_OUT, Action.UNLOCK}),
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
    """None for who has no role there. Who has both is a beheerder."""
    held = [each for each in appointments_of(db, account_id) if each.school_number == school_number]
    if not held:
        return None
    if any(each.role == Role.BEHEERDER for each in held):
        return Actor(account_id, session_digest, school_number, Role.BEHEERDER, None)
    classes = frozenset(own.class_code for each in held for own in each.classes)
    return Actor(account_id, session_digest, school_number, Role.LEERKRACHT, classes)


def is_operator(db: Session, account_id: UUID) -> bool:
    found = select(Operator.account_id).where(Operator.account_id == account_id, Operator.ended_at.is_(None))
    return db.scalar(found) is not None
