"""Passwords at rest: hashed with Argon2id, then locked with a key that the database doesn't have.

Whoever steals the database without `keys/` cannot even begin to guess (PW-14), and a hash that is moved to another
account or another kind of password no longer opens (PW-15).
"""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar, assert_never
from uuid import UUID

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from idp.accounts import sealed_box
from idp.accounts.sealed_box import BoxTampered
from idp.accounts.secret import Secret
from idp.key_files import SealingRing
from idp.rules.account_types import SecretKind
from idp.settings import Hashing

log = logging.getLogger("leerid.security")

SALT_BYTES = 16
HASH_BYTES = 32


Result = TypeVar("Result")


class HashingBusy(Exception):
    """Too many passwords are being hashed; say so rather than queue without end (PW-18)."""


@dataclass(frozen=True)
class Checked:
    """Whether the guess is right; `stale` when it should be sealed again with today's parameters and key."""

    ok: bool
    stale: bool = False
    tampered: bool = False


class Vault:
    """Makes and checks stored passwords, a few at a time."""

    def __init__(self, ring: SealingRing, hashing: Hashing) -> None:
        self.ring = ring
        self.queue_seconds = hashing.queue_seconds
        self.hasher = PasswordHasher(
            time_cost=hashing.time_cost,
            memory_cost=hashing.memory_kib,
            parallelism=hashing.parallelism,
            hash_len=HASH_BYTES,
            salt_len=SALT_BYTES,
            type=Type.ID,
        )
        self.threads = ThreadPoolExecutor(hashing.at_once, thread_name_prefix="hashing")
        self.nobodys = nobodys_hash(hashing)

    def seal(self, secret: Secret, account_id: UUID, kind: SecretKind) -> str:
        """What to store for `secret`. Raises HashingBusy."""
        hashed = self.in_turn(lambda: self.hasher.hash(secret.composed()))
        return self.lock(hashed, account_id, kind)

    def check(self, sealed: str | None, guess: Secret, account_id: UUID, kind: SecretKind) -> Checked:
        """Is `guess` the secret? One hash whatever happens, also when there is no secret (PW-19). Raises HashingBusy."""
        hashed, tampered = None, False
        if sealed is not None:
            try:
                hashed = self.open(sealed, account_id, kind)
            except BoxTampered:
                tampered = True
                log.error(
                    "stored password tampered with", extra={"account": str(account_id), "kind": str(kind)}
                )
        matches = self.matches(hashed or self.nobodys, guess)
        if hashed is None or sealed is None:
            return Checked(ok=False, tampered=tampered)
        return Checked(ok=matches, stale=matches and self.is_stale(sealed, hashed))

    def relock(self, sealed: str, account_id: UUID, kind: SecretKind) -> str:
        """The same hash under today's key, for a rotation that needs nobody's password. Raises BoxTampered."""
        return self.lock(self.open(sealed, account_id, kind), account_id, kind)

    def matches(self, hashed: str, guess: Secret) -> bool:
        try:
            return self.in_turn(lambda: self.hasher.verify(hashed, guess.composed()))
        except (VerificationError, InvalidHashError):
            return False

    def is_stale(self, sealed: str, hashed: str) -> bool:
        return sealed_box.is_stale(self.ring, sealed) or self.hasher.check_needs_rehash(hashed)

    def in_turn(self, work: Callable[[], Result]) -> Result:
        """What `work` answers, from one of a few threads that do nothing else. Raises HashingBusy.

        Each thread that hashed once keeps its 19 MiB: these few do, and not every thread that serves.
        """
        waiting = self.threads.submit(work)
        try:
            return waiting.result(self.queue_seconds)
        except TimeoutError:
            if waiting.cancel():
                raise HashingBusy from None
            return waiting.result()  # it had just begun

    def lock(self, hashed: str, account_id: UUID, kind: SecretKind) -> str:
        return sealed_box.lock(self.ring, hashed.encode(), bound_to(account_id, kind))

    def open(self, sealed: str, account_id: UUID, kind: SecretKind) -> str:
        return sealed_box.open_(self.ring, sealed, bound_to(account_id, kind)).decode()


def bound_to(account_id: UUID, kind: SecretKind) -> str:
    return f"{account_id}|{written(kind)}"


def written(kind: SecretKind) -> str:
    match kind:
        case SecretKind.TEXT:
            return "text"
        case SecretKind.PICTURES:
            return "pictures"
        case _:
            assert_never(kind)


def nobodys_hash(hashing: Hashing) -> str:
    """A hash of nothing, that costs as much to compare with as a real one, and that no guess matches."""
    salt, value = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (SALT_BYTES, HASH_BYTES)
    )
    cost = f"m={hashing.memory_kib},t={hashing.time_cost},p={hashing.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${value}"
