"""The files in keys/: made once, readable by their owner only, read at start.

Five secrets of one purpose each, so that none can stand in for another: `cookies` signs form tokens, `pairwise` makes
subjects, `lookup` digests names that don't exist, `audit` chains the log, and the ring in `sealing/` locks password
hashes. The signing keys beside them belong to `oidc.keys`.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SINGLE = ("cookies", "pairwise", "lookup", "audit")


class KeyFileError(Exception):
    """A key is missing, unreadable or open to others. Names the file, never its content."""


@dataclass(frozen=True, repr=False)
class SealingRing:
    """The keys that lock password hashes: all of them open, the newest one locks."""

    keys: Mapping[str, bytes]

    @property
    def current(self) -> str:
        return max(self.keys)


@dataclass(frozen=True, repr=False)
class KeyFiles:
    """What the provider keeps apart from its database."""

    cookies: bytes
    pairwise: bytes
    lookup: bytes
    audit: bytes
    sealing: SealingRing


def make_missing(directory: Path, now: datetime) -> list[Path]:
    """Makes every secret that isn't there yet, mode 0400; answers the files that it made."""
    wanted = [directory / f"{name}.key" for name in SINGLE]
    if not list((directory / "sealing").glob("*.key")):
        wanted.append(new_sealing_path(directory, now))
    made = [path for path in wanted if not path.exists()]
    for path in made:
        write_private(path, base64.b64encode(secrets.token_bytes(32)) + b"\n")
    return made


def add_sealing_key(directory: Path, now: datetime) -> Path:
    """A new key for password hashes; older ones go on opening what they locked."""
    path = new_sealing_path(directory, now)
    write_private(path, base64.b64encode(secrets.token_bytes(32)) + b"\n")
    return path


def load(directory: Path) -> KeyFiles:
    """All secrets. Raises KeyFileError when one is missing or open to others."""
    ring = {path.stem: read_secret(path) for path in sorted((directory / "sealing").glob("*.key"))}
    if not ring:
        raise KeyFileError(f"{directory / 'sealing'}: no key; run `leerid keys new`")
    cookies, pairwise, lookup, audit = (read_secret(directory / f"{name}.key") for name in SINGLE)
    return KeyFiles(cookies, pairwise, lookup, audit, SealingRing(ring))


def read_secret(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror}); run `leerid keys new`") from error
    if mode & 0o077:
        raise KeyFileError(f"{path}: must be readable by its owner only (mode 0400)")
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise KeyFileError(f"{path}: isn't base64") from error
    if len(secret) != 32:
        raise KeyFileError(f"{path}: must hold 32 bytes")
    return secret


def write_private(path: Path, content: bytes) -> None:
    """A new file that only its owner reads; never overwrites one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(content)


def new_sealing_path(directory: Path, now: datetime) -> Path:
    return directory / "sealing" / f"{now:%Y%m%dT%H%M%S%f}.key"
