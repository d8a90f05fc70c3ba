"""Whatever somebody sends: which kind of feed it is, whether it may be read at all, and its rows."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, assert_never

from idp.schools.imports import feed, oneroster
from idp.schools.imports.rows import BadRow, FeedRefused, Refusal, Row

ZIP = b"PK"
OLD_SPREADSHEET = b"\xd0\xcf\x11\xe0"


class Format(StrEnum):
    FEED = "feed"
    ONEROSTER = "oneroster"


@dataclass(frozen=True)
class Feed:
    """A file that was received: seekable, and known by the digest of its bytes."""

    file: IO[bytes]
    digest: str
    size: int


def received(file: IO[bytes]) -> Feed:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return Feed(file, digest, size)


def format_of(file: IO[bytes]) -> Format:
    """By its first bytes, whatever its name is. Raises FeedRefused for what is no text and no zip."""
    start = file.read(4)
    file.seek(0)
    if start.startswith(OLD_SPREADSHEET):
        raise FeedRefused(Refusal.SPREADSHEET)
    return Format.ONEROSTER if start.startswith(ZIP) else Format.FEED


def rows(found: Feed, wanted: Format | None, largest: int) -> Iterator[Row | BadRow]:
    """What each line says. Raises FeedRefused. `wanted` None: whichever it is; `largest` in bytes, unpacked."""
    if found.size == 0:
        raise FeedRefused(Refusal.EMPTY)
    if found.size > largest:
        raise FeedRefused(Refusal.TOO_LARGE)
    kind = format_of(found.file)
    if wanted is Format.FEED and kind is Format.ONEROSTER:
        raise FeedRefused(Refusal.SPREADSHEET)
    if wanted is Format.ONEROSTER and kind is Format.FEED:
        raise FeedRefused(Refusal.NO_ZIP)
    match kind:
        case Format.FEED:
            yield from feed.rows(found.file)
        case Format.ONEROSTER:
            yield from oneroster.rows(found.file, largest)
        case _:
            assert_never(kind)
