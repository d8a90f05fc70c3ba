"""Proving it by a second factor: a code of an app, a passkey, or a recovery code; and adding one. For staff only."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, assert_never

from sqlalchemy.orm import Session

from idp.accounts import authenticator_app, history, passkeys, recovery_codes
from idp.accounts.factors import FactorKind, factors_of, has_factor
from idp.accounts.passkeys import Site
from idp.accounts.records import Account
from idp.accounts.sealed_box import BoxTampered
from idp.accounts.secret import Secret
from idp.accounts.standing import strength_of_account
from idp.authentication import counters, methods, subjects
from idp.authentication.attempt import FactorNeed
from idp.authentication.counters import Outlook, Target
from idp.authentication.drafts import Draft
from idp.authentication.methods import Asking, Waiting, Wrong
from idp.key_files import SealingRing
from idp.rules.account_types import AccountKind, Strength
from idp.settings import SecondFactorPolicy

log = logging.getLogger("leerid.security")

# RFC 8176. A recovery code is a password for one time as well.
ONE_TIME = "otp"
MULTIPLE = "mfa"
RECOVERY = "recovery"


@dataclass(frozen=True)
class AppCode:
    code: Secret


@dataclass(frozen=True)
class PaperCode:
    """A recovery code."""

    code: Secret


@dataclass(frozen=True)
class PasskeyAnswer:
    """What the browser says that a passkey signed."""

    json: str


Shown = AppCode | PaperCode | PasskeyAnswer


@dataclass(frozen=True)
class Keys:
    """What this room needs to read a factor: the ring that locks secrets, and the key of the digests."""

    sealing: SealingRing
    lookup: bytes
    site: Site | None  # None where browsers have no passkeys


@dataclass(frozen=True)
class Proved:
    """The factor is right; `method` says how."""

    method: str


Outcome = Proved | Wrong | Waiting


# Whether one is needed


def need_of(
    db: Session, account: Account, proven_by: tuple[str, ...], policy: SecondFactorPolicy
) -> FactorNeed:
    """Asked again at each step, so that a login that waits somewhere doesn't slip past a factor that came meanwhile."""
    if account.kind is not AccountKind.STAFF or MULTIPLE in proven_by:
        return FactorNeed.NOTHING
    if has_factor(db, account.id):
        return FactorNeed.SHOW
    return FactorNeed.ADD if policy is SecondFactorPolicy.REQUIRED else FactorNeed.NOTHING


def with_factor(proven_by: tuple[str, ...], method: str) -> tuple[str, ...]:
    return proven_by if MULTIPLE in proven_by else (*proven_by, method, MULTIPLE)


def strength_reached(account: Account, proven_by: tuple[str, ...]) -> Strength:
    return Strength.TWO_FACTOR if MULTIPLE in proven_by else strength_of_account(account)


# Showing one


def outlook(db: Session, account: Account, asking: Asking) -> Outlook:
    """What the page may tell before anything is typed."""
    return counters.outlook(db, target_of(account, asking), asking.now, asking.limits)


def target_of(account: Account, asking: Asking) -> Target:
    return Target(
        subjects.of_account(asking.key, account.id),
        (counters.FACTOR,),
        weak=False,
        count_from=account.failures_count_from or counters.ALWAYS,
        protected=account.protected_at is not None,
    )


def prove(db: Session, keys: Keys, account: Account, shown: Shown, challenge: str, asking: Asking) -> Outcome:
    """Is it theirs? Counted as a failure first, in the transaction that is writing: of many at once each waits its turn."""
    place = counters.reserve(db, target_of(account, asking), asking.now, asking.limits)
    if isinstance(place, Outlook):
        return Waiting(place)
    method = None if place.exhausted else method_shown(db, keys, account, shown, challenge, asking)
    if method is None:
        log.info("second factor refused", extra={"account": str(account.id), "kind": kind_of(shown)})
        note(db, "factor:refused", account, asking, kind=kind_of(shown))
        if place.total >= asking.limits.account_limit and methods.protect(db, account.id, asking.now):
            methods.tell(db, asking, "account:protected", account.id)
        return Wrong()
    counters.clear(db, place)
    note_use(db, account, shown, asking)
    return Proved(method)


def method_shown(
    db: Session, keys: Keys, account: Account, shown: Shown, challenge: str, asking: Asking
) -> str | None:
    """The method, when it is right and nobody used it before."""
    match shown:
        case AppCode(code):
            return ONE_TIME if app_knows(db, keys, account, code, asking) else None
        case PaperCode(code):
            used = recovery_codes.use(db, keys.lookup, account.id, code, asking.now)
            return ONE_TIME if used else None
        case PasskeyAnswer(answer):
            if keys.site is None:
                return None
            known = factors_of(db, account.id, FactorKind.PASSKEY)
            return passkeys.use(db, keys.site, known, challenge, answer, asking.now)
        case _:
            assert_never(shown)


def app_knows(db: Session, keys: Keys, account: Account, code: Secret, asking: Asking) -> bool:
    try:
        return authenticator_app.use(db, keys.sealing, account.id, code, asking.now)
    except BoxTampered:
        methods.tell(db, asking, "account:secret-tampered", account.id)
        return False


def note_use(db: Session, account: Account, shown: Shown, asking: Asking) -> None:
    if isinstance(shown, PaperCode):
        left = recovery_codes.left(db, account.id)
        note(db, "factor:recovery-used", account, asking, left=left)
    else:
        note(db, "factor:used", account, asking, kind=kind_of(shown))


def kind_of(shown: Shown) -> str:
    match shown:
        case AppCode():
            return FactorKind.APP
        case PaperCode():
            return RECOVERY
        case PasskeyAnswer():
            return FactorKind.PASSKEY
        case _:
            assert_never(shown)


# Adding one


def add(
    db: Session, keys: Keys, account: Account, shown: AppCode | PasskeyAnswer, draft: Draft, asking: Asking
) -> str | None:
    """The method of the factor that was added; None when what was shown doesn't fit. The caller holds the account."""
    method = (
        add_app(db, keys, account, shown, draft, asking)
        if isinstance(shown, AppCode)
        else add_passkey(db, keys, account, shown, draft, asking)
    )
    if method is not None:
        note(db, "factor:added", account, asking, kind=kind_of(shown))
    return method


def add_app(
    db: Session, keys: Keys, account: Account, shown: AppCode, draft: Draft, asking: Asking
) -> str | None:
    """Not counted as a guess: the secret is on the very page."""
    step = authenticator_app.step_of(draft.secret, shown.code, asking.now)
    if step is None:
        return None
    authenticator_app.add(db, keys.sealing, account.id, draft.secret, step, asking.now)
    return ONE_TIME


def add_passkey(
    db: Session, keys: Keys, account: Account, shown: PasskeyAnswer, draft: Draft, asking: Asking
) -> str | None:
    new = passkeys.made(keys.site, draft.challenge, shown.json) if keys.site is not None else None
    if new is None or not passkeys.add(db, account.id, new, asking.now):
        return None
    return new.method


def note(db: Session, what: str, account: Account, asking: Asking, **detail: Any) -> None:
    history.note(db, what, now=asking.now, request_id=asking.request_id, account_id=account.id, **detail)
