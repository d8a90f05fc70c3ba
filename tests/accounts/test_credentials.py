"""Passwords at rest."""

from __future__ import annotations

import base64
import logging
import threading
from typing import Literal
from uuid import uuid4

import pytest
from argon2 import PasswordHasher, extract_parameters

from idp.accounts.credentials import HashingBusy, Vault
from idp.accounts.secret import Secret
from idp.key_files import SealingRing
from idp.rules.account_types import SecretKind
from idp.settings import Hashing

CHEAP = Hashing(memory_kib=8, time_cost=1, parallelism=1, at_once=2, queue_seconds=0.1)
RING = SealingRing({"2026": b"k" * 32})
OWN = Secret("Sprinkhaan-Op-Fietsvakantie7")
WHO = uuid4()
TEXT, PICTURES = SecretKind.TEXT, SecretKind.PICTURES


@pytest.fixture
def vault() -> Vault:
    return Vault(RING, CHEAP)


def test_the_right_password_is_right_and_another_is_not(vault: Vault) -> None:
    sealed = vault.seal(OWN, WHO, TEXT)
    assert vault.check(sealed, OWN, WHO, TEXT).ok
    assert not vault.check(sealed, Secret(OWN.reveal().lower()), WHO, TEXT).ok
    assert not vault.check(sealed, Secret(OWN.reveal() + " "), WHO, TEXT).ok


def test_DEV_6_both_forms_of_an_accent_are_the_same_password(vault: Vault) -> None:
    sealed = vault.seal(Secret("Caf\u00e9-met-appeltaart"), WHO, TEXT)
    assert vault.check(sealed, Secret("Cafe\u0301-met-appeltaart"), WHO, TEXT).ok


def test_PW_13_parameters_are_as_configured() -> None:
    vault = Vault(RING, Hashing(memory_kib=16, time_cost=3, parallelism=1))
    parameters = extract_parameters(vault.open(vault.seal(OWN, WHO, TEXT), WHO, TEXT))
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (16, 3, 1)
    assert str(parameters.type) == "Type.ID"


def test_PW_13_the_default_is_what_the_school_asked() -> None:
    assert (Hashing().memory_kib, Hashing().time_cost, Hashing().parallelism) == (19 * 1024, 2, 1)


def test_PW_13_older_parameters_or_an_older_key_are_stale(vault: Vault) -> None:
    sealed = vault.seal(OWN, WHO, TEXT)
    assert not vault.check(sealed, OWN, WHO, TEXT).stale
    dearer = Vault(RING, Hashing(memory_kib=16, time_cost=1, parallelism=1))
    assert dearer.check(sealed, OWN, WHO, TEXT).stale
    newer_key = Vault(SealingRing({**RING.keys, "2027": b"n" * 32}), CHEAP)
    assert newer_key.check(sealed, OWN, WHO, TEXT).stale
    assert not newer_key.check(sealed, Secret("fout"), WHO, TEXT).stale


def test_PW_14_without_the_key_nothing_can_be_checked_offline(vault: Vault) -> None:
    """Whoever has the row and the source has bytes in which no hash can be recognised."""
    sealed = vault.seal(OWN, WHO, TEXT)
    box = base64.urlsafe_b64decode(sealed.split(".")[2])
    assert b"argon2" not in box
    assert sealed != vault.seal(OWN, WHO, TEXT)
    thief = Vault(SealingRing({"2026": b"x" * 32}), CHEAP)
    assert not thief.check(sealed, OWN, WHO, TEXT).ok


def test_PW_15_a_moved_or_changed_password_opens_nothing_and_raises_an_event(
    vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = vault.seal(Secret("4729"), WHO, PICTURES)
    version, key_id, box = sealed.split(".")
    changed = f"{version}.{key_id}.{box[:-2]}{'AA' if box[-2:] != 'AA' else 'BB'}"
    spoilt = [changed, f"v2.{key_id}.{box}", f"{version}.1999.{box}", "", "rommel", "a.b.c"]
    with caplog.at_level(logging.ERROR, "leerid.security"):
        checked = [vault.check(each, Secret("4729"), WHO, PICTURES) for each in spoilt]
        checked.append(vault.check(sealed, Secret("4729"), uuid4(), PICTURES))
        checked.append(vault.check(sealed, Secret("4729"), WHO, TEXT))
    assert all(each.tampered and not each.ok for each in checked)
    assert len(caplog.records) == len(checked)
    assert "4729" not in caplog.text


def test_PW_16_a_new_key_takes_over_without_anybodys_password(vault: Vault) -> None:
    sealed = vault.seal(OWN, WHO, TEXT)
    rotating = Vault(SealingRing({**RING.keys, "2027": b"n" * 32}), CHEAP)
    relocked = rotating.relock(sealed, WHO, TEXT)
    only_new = Vault(SealingRing({"2027": b"n" * 32}), CHEAP)
    assert only_new.check(relocked, OWN, WHO, TEXT).ok
    assert not only_new.check(relocked, OWN, WHO, TEXT).stale


def test_PW_18_who_would_wait_too_long_is_told_so(vault: Vault) -> None:
    sealed = vault.seal(OWN, WHO, TEXT)
    over = threading.Event()
    for _ in range(CHEAP.at_once):
        vault.threads.submit(over.wait)
    with pytest.raises(HashingBusy):
        vault.check(sealed, OWN, WHO, TEXT)
    over.set()
    assert vault.check(sealed, OWN, WHO, TEXT).ok


def test_PW_18_never_more_than_so_many_hashes_at_once() -> None:
    vault = Vault(RING, Hashing(memory_kib=1024, time_cost=1, parallelism=1, at_once=2, queue_seconds=20))
    busiest, lock, running = [0], threading.Lock(), [0]

    class Watching(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            with lock:
                running[0] += 1
                busiest[0] = max(busiest[0], running[0])
            try:
                return super().hash(password, salt=salt)
            finally:
                with lock:
                    running[0] -= 1

    vault.hasher = Watching(time_cost=1, memory_cost=1024, parallelism=1)
    threads = [threading.Thread(target=vault.seal, args=(OWN, WHO, TEXT)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert busiest[0] <= 2


def test_PW_19_no_account_costs_a_hash_of_the_same_parameters(vault: Vault) -> None:
    compared: list[str] = []

    class Watching(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 (its name there)
            compared.append(str(hash))
            return super().verify(hash, password)

    vault.hasher = Watching(time_cost=1, memory_cost=8, parallelism=1)
    assert not vault.check(None, OWN, WHO, TEXT).ok
    assert not vault.check("rommel", OWN, WHO, TEXT).ok
    sealed = vault.seal(OWN, WHO, TEXT)
    assert vault.check(sealed, OWN, WHO, TEXT).ok
    nobodys, spoilt, real = (extract_parameters(each) for each in compared)
    assert nobodys == spoilt == real
