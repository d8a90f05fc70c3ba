"""The slow part of saving: passwords made and hashed for about a second, while no transaction is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from idp.accounts.credentials import HashingBusy, Vault
from idp.accounts.secret import Secret
from idp.schools.renewals.making import Recipient

# The vault's own two threads do the hashing, for everybody in turn: a sign-in waits for one of ours at most.
AT_ONCE = 2


@dataclass(frozen=True)
class Waiting:
    """A pupil whose turn it is; a copy, so that no transaction stays open. A new account has its id already."""

    recipient: Recipient
    account_id: UUID


@dataclass(frozen=True)
class Sealed:
    """A new password as it is stored, for this account only."""

    account_id: UUID
    text: str


def seal_some(
    vault: Vault, waiting: Iterable[Waiting], make: Callable[[Recipient], Secret], enough: Callable[[], bool]
) -> dict[int, Sealed]:
    """By stamnummer, until it is enough or the vault is too busy; the rest has its turn in the next step."""
    turn, lock = iter(waiting), Lock()
    sealed: dict[int, Sealed] = {}

    def seal_until_enough() -> None:
        while True:
            with lock:
                pupil = next(turn, None)
            if pupil is None:
                return
            who = pupil.recipient
            try:
                text = vault.seal(make(who), pupil.account_id, who.secret_kind)
            except HashingBusy:
                return
            sealed[who.pupil_number] = Sealed(pupil.account_id, text)
            if enough():
                return

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="renewing") as threads:
        for done in [threads.submit(seal_until_enough) for _ in range(AT_ONCE)]:
            done.result()
    return sealed
