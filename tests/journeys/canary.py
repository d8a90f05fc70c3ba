"""Looks for passwords in everything that a town wrote: plain, and in each disguise in which they could travel (PW-17)."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from playwright.sync_api import BrowserContext

from tests.journeys.conftest import Town

SHORTEST = 6  # four digits of a picture password stand everywhere by chance
HEX_DIGITS = frozenset("0123456789abcdef")


def findable(secrets: Iterable[str]) -> set[str]:
    """Those that no digest contains by chance."""
    return {each for each in secrets if len(each) >= SHORTEST and not HEX_DIGITS.issuperset(each)}


def disguises(secret: str) -> set[bytes]:
    plain = secret.encode()
    in_hex = plain.hex()
    in_url = "".join(f"%{byte:02x}" for byte in plain)
    return {
        plain,
        plain[::-1],
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
        *(each.encode() for text in (in_hex, in_url) for each in (text, text.upper())),
        *in_base64(plain),
    }


def in_base64(plain: bytes) -> Iterator[bytes]:
    """Wherever in a longer text it begins: only the signs that its neighbours don't reach into."""
    for before in range(3):
        encoded = b64encode(bytes(before) + plain)
        whole = encoded[-(-8 * before // 6) : 8 * (before + len(plain)) // 6]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def traces(secrets: Iterable[str], places: Iterable[Path], folder: Path) -> set[str]:
    """Which files, or files in which folders, hold one of these secrets."""
    needles = folder / "needles"
    needles.write_bytes(b"\n".join(sorted(disguise for each in secrets for disguise in disguises(each))))
    found = subprocess.run(
        [
            "grep",
            "--recursive",
            "--text",
            "--fixed-strings",
            "--files-with-matches",
            "--file",
            needles,
            *places,
        ],
        env={"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    needles.unlink()
    assert found.returncode in (0, 1), found.stderr
    return set(found.stdout.splitlines())


# Where a town leaves traces


def leavings(town: Town, folder: Path) -> list[Path]:
    """Its own folder with logs, temporary files and database; and what the database would tell in a backup."""
    kept = folder / "backup"
    if not town.database_url:
        write_backup(kept, sqlite_rows(town.data / "leerid.db"))
        return [town.data.parent, kept]
    cluster = Path(parse_qs(urlsplit(town.database_url).query)["host"][0])
    write_backup(kept, postgresql_rows(cluster))
    return [town.data.parent, kept, cluster / "data", cluster.with_suffix(".log")]


def write_backup(kept: Path, rows: Iterable[bytes]) -> None:
    with kept.open("wb") as file:
        file.writelines(rows)


def sqlite_rows(file: Path) -> Iterator[bytes]:
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        yield from (line.encode() + b"\n" for line in database.iterdump())
    finally:
        database.close()


def postgresql_rows(cluster: Path) -> Iterator[bytes]:
    """As whoever owns the cluster, whom row-level security doesn't stop."""
    with psycopg.connect(f"postgresql://postgres@/leerid?host={cluster}") as database:
        database.autocommit = True
        database.execute("CHECKPOINT")  # what is only in memory goes into the files
        tables = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            with database.cursor().copy(f'COPY "{table}" TO STDOUT') as rows:
                yield from (bytes(row) for row in rows)


def browser_left(context: BrowserContext, folder: Path) -> Path:
    """Cookies and every storage of a browser, as a file."""
    kept = folder / "browser"
    sessions = [page.evaluate("JSON.stringify(sessionStorage)") for page in context.pages]
    kept.write_text(json.dumps([context.storage_state(indexed_db=True), sessions]))
    return kept
