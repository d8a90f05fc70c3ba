"""What a renewal is for, how far it is, and why a pupil is left out: the words of the records and of the API."""

from __future__ import annotations

from enum import StrEnum

from idp.rules.account_types import AccountKind, SecretKind
from idp.schools.permissions import Action
from idp.schools.records import Renewal


class Purpose(StrEnum):
    RENEWAL = "renewal"
    ACTIVATION = "activation"  # accounts for pupils who have none yet
    EMAIL_REMOVAL = (
        "email_removal"  # the one way in which a pupil with a linked address gets a password (R106, PW-25)
    )


class BasicSecret(StrEnum):
    """Which kind of password basic accounts get."""

    SAME = "same"  # as each has; a new account gets words
    TEXT = "text"
    PICTURES = "pictures"


class LeftOut(StrEnum):
    EMAIL = "email"  # manages the password with a linked address (R19, R100)
    NO_ACCOUNT = "no_account"
    HAS_ACCOUNT = "has_account"
    INACTIVE = "inactive"
    BLOCKED = "blocked"
    NOT_FOUND = "not_found"  # nobody here, or not in a class of theirs
    CHANGED = "changed"  # something was different when it was this pupil's turn


class State(StrEnum):
    PROPOSED = "proposed"
    SAVING = "saving"
    SAVED = "saved"


def state_of(renewal: Renewal) -> State:
    if renewal.finished_at is not None:
        return State.SAVED
    return State.PROPOSED if renewal.saved_from is None else State.SAVING


def needed_for(purpose: Purpose, new_username: str | None) -> frozenset[Action]:
    """What a member of staff must be allowed for it."""
    also = {Action.REMOVE_EMAIL} if purpose is Purpose.EMAIL_REMOVAL else set()
    if new_username is not None:
        also.add(Action.RENAME)
    return frozenset({Action.RENEW, *also})


def secret_kind_for(kind: AccountKind, wanted: BasicSecret, has: SecretKind | None) -> SecretKind:
    """Only basic accounts have a choice."""
    if kind is not AccountKind.BASIC or wanted is BasicSecret.TEXT:
        return SecretKind.TEXT
    return SecretKind.PICTURES if wanted is BasicSecret.PICTURES else has or SecretKind.TEXT
