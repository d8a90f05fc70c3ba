"""Proving it by password, of words or of pictures: reserve, hash, and write down how it went.

Whoever is unknown, blocked or protected costs the same statements and the same hash as whoever mistyped (OA-38, PW-19).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.accounts import history, lookup
from idp.accounts.credentials import Checked, HashingBusy, Vault
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.accounts.standing import is_weak, standing_of
from idp.authentication import counters, known_devices, neighbourhoods, spraying, subjects
from idp.authentication.attempt import Named
from idp.authentication.counters import Bucket, Outlook, Place, Target
from idp.authentication.decoys import decoy_for
from idp.database import let_go, writing
from idp.rules.account_types import SecretKind
from idp.rules.lifecycle import Standing
from idp.rules.sign_in_limits import ClosedUntil, SignInLimits

log = logging.getLogger("leerid.security")

# Stands in for the id of an account that doesn't exist.
NOBODY = UUID(int=0)
PASSWORD = "pwd"  # RFC 8176; a picture password is a password too, its acr says how weak


@dataclass(frozen=True)
class Asking:
    """The circumstances of one request, as this room needs them."""

    now: datetime
    request_id: str
    key: bytes  # for digests of what must not be readable
    limits: SignInLimits
    address: str  # where it comes from
    device: str | None  # the digest of this browser's device cookie


@dataclass(frozen=True)
class Candidate:
    """Who is said to sign in, with what a guess is compared to; a copy, so that no transaction stays open."""

    account_id: UUID | None
    sealed: str | None
    kind: SecretKind
    target: Target
    with_pictures: bool


@dataclass(frozen=True)
class Right:
    account: Account


@dataclass(frozen=True)
class Wrong:
    pass


@dataclass(frozen=True)
class Waiting:
    outlook: Outlook


Outcome = Right | Wrong | Waiting


def candidate_for(db: Session, named: Named, asking: Asking) -> Candidate:
    account = lookup.by_id(db, named.account_id or NOBODY)
    secret_since = (account.secret_set_at if account else None) or counters.ALWAYS
    known = known_devices.knows(
        db, asking.device or "", named.account_id or NOBODY, secret_since=secret_since, now=asking.now
    )
    buckets = ways_in(named, asking.device if known else None)
    if account is None:
        subject = subjects.of_unknown_name(asking.key, named.username)
        weak = decoy_for(asking.key, named.username).weak
        return Candidate(None, None, SecretKind.TEXT, Target(subject, buckets, weak), named.with_pictures)
    target = Target(
        subjects.of_account(asking.key, account.id),
        buckets,
        is_weak(account),
        account.failures_count_from or counters.ALWAYS,
        protected=account.protected_at is not None,
    )
    sealed = account.sealed_secret if may_be_proven(standing_of(account, asking.now)) else None
    return Candidate(account.id, sealed, account.secret_kind, target, named.with_pictures)


def ways_in(named: Named, known_device: str | None) -> tuple[Bucket, ...]:
    """Best first. Typing the name is a known device's last resort: a classmate at the same tablet may have used it up."""
    device = [counters.by_device(known_device)] if known_device else []
    return (*device, counters.by_card(named.card) if named.card else counters.TYPED)


def may_be_proven(standing: Standing) -> bool:
    """Whether a guess is compared at all. The right password of an account that ended earns a clear page, no more.

    Protection depends on the way too, so `counters` decides about that.
    """
    match standing:
        case Standing.ACTIVE | Standing.INACTIVE | Standing.TEMPORARY_EXPIRED | Standing.PROTECTED:
            return True
        case Standing.NO_ACCOUNT | Standing.BLOCKED:
            return False
        case _:
            assert_never(standing)


def outlook(db: Session, candidate: Candidate, asking: Asking) -> Outlook:
    """What the page may tell before anything is typed."""
    target = open_here(db, candidate, asking)
    return target if isinstance(target, Outlook) else counters.outlook(db, target, asking.now, asking.limits)


def open_here(db: Session, candidate: Candidate, asking: Asking) -> Target | Outlook:
    """Typed sign-in with pictures may be closed for this address, whoever it is for; other ways go on."""
    target = candidate.target
    if not candidate.with_pictures or counters.TYPED not in target.buckets:
        return target
    moment = neighbourhoods.closed_until(db, asking.address, asking.now, asking.limits)
    if moment is None:
        return target
    others = tuple(bucket for bucket in target.buckets if bucket.is_own)
    closed = Outlook(counters.TYPED, ClosedUntil(moment), failures=0)
    return replace(target, buckets=others) if others else closed


def prove(db: Session, vault: Vault, candidate: Candidate, guess: Secret, asking: Asking) -> Outcome:
    """Is it them? Leaves a writing transaction open with the outcome in it. Raises HashingBusy."""
    target = open_here(db, candidate, asking)
    if isinstance(target, Outlook):
        return Waiting(target)
    writing(db)
    place = counters.reserve(db, target, asking.now, asking.limits)
    let_go(db)
    if isinstance(place, Outlook):
        return Waiting(place)
    try:
        checked, resealed = compare(vault, candidate, guess, place)
    except HashingBusy:
        writing(db)
        counters.give_back(db, place)
        let_go(db)
        raise
    writing(db)
    if checked.ok:
        return succeed(db, candidate, place, resealed, asking)
    return fail(db, candidate, guess, place, checked, asking)


def compare(vault: Vault, candidate: Candidate, guess: Secret, place: Place) -> tuple[Checked, str | None]:
    account_id = candidate.account_id or NOBODY
    checked = vault.check(None if place.exhausted else candidate.sealed, guess, account_id, candidate.kind)
    return checked, vault.seal(guess, account_id, candidate.kind) if checked.stale else None


def succeed(
    db: Session, candidate: Candidate, place: Place, resealed: str | None, asking: Asking
) -> Right | Wrong:
    counters.clear(db, place)
    account = lookup.by_id(db, candidate.account_id or NOBODY)
    if account is None or account.sealed_secret != candidate.sealed:
        return Wrong()  # the school gave another password while we hashed
    if candidate.with_pictures:
        neighbourhoods.forgive(db, asking.address, candidate.target.subject)
    if resealed is not None:
        account.sealed_secret = resealed  # PW-13: today's parameters, today's key
    return Right(account)


def fail(
    db: Session, candidate: Candidate, guess: Secret, place: Place, checked: Checked, asking: Asking
) -> Wrong:
    """Counted already; what is left is to see whether it is part of something bigger."""
    at, subject = asking.now, candidate.target.subject
    who = candidate.account_id
    log.info("sign-in failed", extra={"account": str(who or "-"), "way": str(place.bucket.way)})
    if place.total >= asking.limits.account_limit and who is not None and protect(db, who, at):
        tell(db, asking, "account:protected", who)
    if is_typed_with_pictures(candidate, place) and neighbourhoods.remember(
        db, asking.address, subject, at, asking.limits
    ):
        tell(db, asking, "sign-in:address-closed", None)
    if spraying.remember(db, subjects.of_guess(asking.key, guess), subject, at, asking.limits):
        tell(db, asking, "sign-in:spraying", None)
    if checked.tampered:
        tell(db, asking, "account:secret-tampered", who)
    return Wrong()


def is_typed_with_pictures(candidate: Candidate, place: Place) -> bool:
    """The one kind of failure that says that somebody tries a class picture by picture; names of nobody too."""
    return candidate.with_pictures and not place.bucket.is_own


def protect(db: Session, account_id: UUID, now: datetime) -> bool:
    """PW-07: a hundred in a row is the end of typing this name, until the school renews or unlocks."""
    unprotected = (Account.id == account_id) & Account.protected_at.is_(None)
    done = db.execute(
        update(Account)
        .where(unprotected)
        .values(protected_at=now)
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    return done.one_or_none() is not None


def tell(db: Session, asking: Asking, what: str, account_id: UUID | None) -> None:
    """In the log for whoever watches, and in the audit for whoever looks back."""
    log.warning(what, extra={"account": str(account_id or "-")})
    history.note(db, what, now=asking.now, request_id=asking.request_id, account_id=account_id)
