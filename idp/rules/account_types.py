"""The kinds of account, with what each kind may do and how long it stays signed in."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import assert_never


class AccountKind(StrEnum):
    BASIC = "basic"  # basisonderwijs, buitengewoon onderwijs
    ADVANCED = "advanced"  # gewoon secundair onderwijs
    STAFF = "staff"  # LeerID-beheerder


class SecretKind(StrEnum):
    TEXT = "text"
    PICTURES = "pictures"


class Strength(IntEnum):
    """How sure a sign-in is, weakest first. Two factors take a second proof: no secret alone reaches that."""

    PICTURE = 1
    BASIC = 2
    TEMPORARY = 3
    PASSWORD = 4
    TWO_FACTOR = 5


def strength_of(kind: AccountKind, secret_kind: SecretKind, *, temporary: bool) -> Strength:
    if secret_kind not in secret_kinds(kind):
        raise ValueError(f"a {kind} account has no {secret_kind} secret")
    if secret_kind is SecretKind.PICTURES:
        return Strength.PICTURE
    match kind:
        case AccountKind.BASIC:
            return Strength.BASIC
        case AccountKind.ADVANCED | AccountKind.STAFF:
            return Strength.TEMPORARY if temporary else Strength.PASSWORD
        case _:
            assert_never(kind)


def may_choose_password(kind: AccountKind) -> bool:
    """A basic pupil keeps what the school gave (R4); the others choose their own, again and again (R13)."""
    return kind is not AccountKind.BASIC


def may_link_email(kind: AccountKind) -> bool:
    """Only an advanced pupil links an address (R17)."""
    return kind is AccountKind.ADVANCED


def secret_kinds(kind: AccountKind) -> frozenset[SecretKind]:
    match kind:
        case AccountKind.BASIC:
            return frozenset({SecretKind.TEXT, SecretKind.PICTURES})
        case AccountKind.ADVANCED | AccountKind.STAFF:
            return frozenset({SecretKind.TEXT})
        case _:
            assert_never(kind)


@dataclass(frozen=True)
class SessionLimits:
    idle: timedelta
    absolute: timedelta


_SCHOOL_DAY = timedelta(hours=10)

DEFAULT_SESSION_LIMITS: dict[AccountKind, SessionLimits] = {
    AccountKind.BASIC: SessionLimits(idle=timedelta(minutes=30), absolute=_SCHOOL_DAY),
    AccountKind.ADVANCED: SessionLimits(idle=timedelta(minutes=30), absolute=_SCHOOL_DAY),
    AccountKind.STAFF: SessionLimits(idle=timedelta(minutes=15), absolute=_SCHOOL_DAY),
}
