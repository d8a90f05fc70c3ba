"""A zip file that nobody has looked at yet: a few plain files, none of which grows beyond what is allowed (OA-52, OA-53)."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from idp.schools.imports.rows import FeedRefused, Refusal

MOST_FILES = 100
# Text of enrolments shrinks to a tenth or so; a bomb to a thousandth.
HIGHEST_RATIO = 100
SMALL = 1_000_000
# Where a zip file ends: a record that says how many files there are, and a comment of at most 64 kB. Before it may stand
# one for millions of files, or for gigabytes.
END, END64 = b"PK\x05\x06", b"PK\x06\x07"
END_LENGTH, END64_LENGTH, LONGEST_COMMENT = 22, 20, 65_535
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1


@contextmanager
def opened(file: IO[bytes], largest: int) -> Iterator[zipfile.ZipFile]:
    """The zip file, when nothing in its list of files is suspect. Raises FeedRefused."""
    refuse_a_long_list(file)
    try:
        archive = zipfile.ZipFile(file)
    # NotImplementedError is zipfile's own: its constructor raises it for a zip of a kind that it can't read (a version after
    # 6.3, say). Whoever sends one gets our refusal, and not an error page.
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise FeedRefused(Refusal.NO_ZIP) from error
    with archive:
        refuse_what_is_suspect(archive.infolist(), largest)
        try:
            yield archive
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise FeedRefused(Refusal.NO_ZIP) from error


def refuse_a_long_list(file: IO[bytes]) -> None:
    """Looks at the end record only: a list of a million files isn't even read."""
    size = file.seek(0, io.SEEK_END)
    start = file.seek(max(0, size - LONGEST_COMMENT - END_LENGTH - END64_LENGTH))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(END)
    if place < 0 or len(tail) < place + END_LENGTH:
        raise FeedRefused(Refusal.NO_ZIP)
    count = int.from_bytes(tail[place + 10 : place + 12], "little")
    length = int.from_bytes(tail[place + 12 : place + 16], "little")
    if (
        tail[:place][-END64_LENGTH:].startswith(END64)
        or count > MOST_FILES
        or length > SMALL
        or length > start + place
    ):
        raise FeedRefused(Refusal.ZIP_BOMB)


def refuse_what_is_suspect(files: list[zipfile.ZipInfo], largest: int) -> None:
    names = [each.filename for each in files]
    if "[Content_Types].xml" in names:
        raise FeedRefused(Refusal.SPREADSHEET)
    if len(set(names)) < len(names) or not all(is_plain(name) for name in names):
        raise FeedRefused(Refusal.ZIP_NAMES)
    if any(each.flag_bits & ENCRYPTED or each.compress_type not in PLAIN for each in files):
        raise FeedRefused(Refusal.NO_ZIP)
    if len(files) > MOST_FILES or sum(each.file_size for each in files) > largest:
        raise FeedRefused(Refusal.ZIP_BOMB)
    if any(each.file_size > max(SMALL, HIGHEST_RATIO * each.compress_size) for each in files):
        raise FeedRefused(Refusal.ZIP_BOMB)


def is_plain(name: str) -> bool:
    """Nothing is written to disk under such a name, but a name that tries to is no mistake."""
    return (
        name.isascii()
        and name.isprintable()
        and not set(name) & set('/\\:*?"<>|')
        and not name.startswith(".")
        and len(name) <= 100
    )


def member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """One file, to be read from begin to end. zipfile itself gives no more bytes than the list announced."""
    try:
        return io.BufferedReader(cast(io.RawIOBase, archive.open(name)))
    except KeyError:
        raise FeedRefused(Refusal.FILE_MISSING, None, name) from None
