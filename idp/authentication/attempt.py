"""One login as a state machine: what is known so far decides the step. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID


@dataclass(frozen=True)
class Named:
    """Somebody said who they are. `account_id` is None for a name that doesn't exist: no page may show that."""

    username: str
    account_id: UUID | None
    with_pictures: bool
    card: str | None = None


@dataclass(frozen=True)
class Proven:
    """The password was right, at a moment; and what must, or may, still happen."""

    account_id: UUID
    at: datetime
    methods: tuple[str, ...]
    must_choose_password: bool
    offer_email: bool


@dataclass(frozen=True)
class NameAsked:
    pass


@dataclass(frozen=True)
class PasswordAsked:
    named: Named


@dataclass(frozen=True)
class PicturesAsked:
    named: Named


@dataclass(frozen=True)
class NewPasswordAsked:
    proven: Proven


@dataclass(frozen=True)
class EmailOffered:
    proven: Proven


@dataclass(frozen=True)
class Done:
    proven: Proven


Unproven = NameAsked | PasswordAsked | PicturesAsked
Step = Unproven | NewPasswordAsked | EmailOffered | Done


class StepName(StrEnum):
    """How a step is stored; the record's CHECK names the same ones."""

    NAME = "name"
    PASSWORD = "password"
    PICTURES = "pictures"
    NEW_PASSWORD = "new_password"
    EMAIL = "email"
    DONE = "done"


def next_step(known: Named | Proven | None) -> Step:
    """What to ask, given what is known. A temporary password leads nowhere before an own one is chosen (PW-24)."""
    match known:
        case None:
            return NameAsked()
        case Named():
            return PicturesAsked(known) if known.with_pictures else PasswordAsked(known)
        case Proven():
            if known.must_choose_password:
                return NewPasswordAsked(known)
            return EmailOffered(known) if known.offer_email else Done(known)
        case _:
            assert_never(known)


def name_of(step: Step) -> StepName:
    match step:
        case NameAsked():
            return StepName.NAME
        case PasswordAsked():
            return StepName.PASSWORD
        case PicturesAsked():
            return StepName.PICTURES
        case NewPasswordAsked():
            return StepName.NEW_PASSWORD
        case EmailOffered():
            return StepName.EMAIL
        case Done():
            return StepName.DONE
        case _:
            assert_never(step)
