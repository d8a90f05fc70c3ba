"""One login as a state machine: what is known so far decides the step. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import assert_never
from uuid import UUID


@dataclass(frozen=True)
class Named:
    """Somebody said who they are. `account_id` is None for a name that doesn't exist: no page may show that."""

    username: str
    account_id: UUID | None
    with_pictures: bool
    card: str | None = None


class NamedBy(StrEnum):
    """How a login came to its name: typed, or by the address on a card."""

    TYPED = "typed"
    CARD = "card"


class FactorNeed(Enum):
    """What is still to be done about a second factor; never anything for a pupil."""

    NOTHING = auto()
    SHOW = auto()  # there is one: nothing else happens before it is shown
    ADD = auto()  # there must be one, and there is none yet
    KEEP_CODES = auto()  # the first one was just added, and its recovery codes are seen this once


@dataclass(frozen=True)
class Proven:
    """The password was right, at a moment; and what must, or may, still happen."""

    account_id: UUID
    at: datetime
    methods: tuple[str, ...]
    must_choose_password: bool
    offer_email: bool
    factor: FactorNeed = FactorNeed.NOTHING


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
class SecondFactorAsked:
    proven: Proven


@dataclass(frozen=True)
class NewPasswordAsked:
    proven: Proven


@dataclass(frozen=True)
class NewFactorAsked:
    proven: Proven


@dataclass(frozen=True)
class RecoveryCodesShown:
    proven: Proven


@dataclass(frozen=True)
class EmailOffered:
    proven: Proven


@dataclass(frozen=True)
class Done:
    proven: Proven


Unproven = NameAsked | PasswordAsked | PicturesAsked
HalfProven = SecondFactorAsked | NewPasswordAsked | NewFactorAsked | RecoveryCodesShown | EmailOffered
Step = Unproven | HalfProven | Done


class StepName(StrEnum):
    """How a step is stored; the record's CHECK names the same ones."""

    NAME = "name"
    PASSWORD = "password"
    PICTURES = "pictures"
    SECOND_FACTOR = "second_factor"
    NEW_PASSWORD = "new_password"
    NEW_FACTOR = "new_factor"
    RECOVERY_CODES = "recovery_codes"
    EMAIL = "email"
    DONE = "done"


# Where a login waits once the password is right: on a shared tablet, no place to leave open for whoever comes next.
HALF_PROVEN = (
    StepName.SECOND_FACTOR,
    StepName.NEW_PASSWORD,
    StepName.NEW_FACTOR,
    StepName.RECOVERY_CODES,
    StepName.EMAIL,
)


def next_step(known: Named | Proven | None) -> Step:
    """What to ask, given what is known. A temporary password leads nowhere before an own one is chosen (PW-24)."""
    match known:
        case None:
            return NameAsked()
        case Named():
            return PicturesAsked(known) if known.with_pictures else PasswordAsked(known)
        case Proven():
            return step_after_proof(known)
        case _:
            assert_never(known)


def step_after_proof(proven: Proven) -> HalfProven | Done:
    """The second factor before anything that a stolen password could change (CV-46)."""
    if proven.factor is FactorNeed.SHOW:
        return SecondFactorAsked(proven)
    if proven.must_choose_password:
        return NewPasswordAsked(proven)
    if proven.factor is FactorNeed.ADD:
        return NewFactorAsked(proven)
    if proven.factor is FactorNeed.KEEP_CODES:
        return RecoveryCodesShown(proven)
    return EmailOffered(proven) if proven.offer_email else Done(proven)


def name_of(step: Step) -> StepName:
    match step:
        case NameAsked():
            return StepName.NAME
        case PasswordAsked():
            return StepName.PASSWORD
        case PicturesAsked():
            return StepName.PICTURES
        case SecondFactorAsked():
            return StepName.SECOND_FACTOR
        case NewPasswordAsked():
            return StepName.NEW_PASSWORD
        case NewFactorAsked():
            return StepName.NEW_FACTOR
        case RecoveryCodesShown():
            return StepName.RECOVERY_CODES
        case EmailOffered():
            return StepName.EMAIL
        case Done():
            return StepName.DONE
        case _:
            assert_never(step)
