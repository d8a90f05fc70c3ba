"""What a feed says, put into the database as it is read: a few thousand lines at a time, so that memory stays flat.

Each batch is one short transaction: on SQLite, which has one writer, somebody signs in between two of them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from idp.accounts import opaque
from idp.database import Base, writing
from idp.schools.import_records import STAGED, ImportFault, ImportRow, table_of
from idp.schools.imports.rows import BadRow, FeedRefused, Refusal, Row
from idp.schools.records import list_name

AT_ONCE = 5_000
# A few mistakes are named one by one. When they are most of what there is, it isn't a feed.
SOME_BAD_ROWS = 1_000

STAGED_COLUMNS = tuple(ImportRow.__table__.columns.keys())
COPY_ROWS = f"COPY import_rows ({', '.join(STAGED_COLUMNS)}) FROM STDIN"


@dataclass
class Batch:
    """What was read and isn't stored yet, and how much was stored before."""

    rows: list[Row] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    rows_stored: int = 0
    bad_stored: int = 0

    def is_full(self) -> bool:
        return len(self.rows) + len(self.bad) >= AT_ONCE


def stage(
    db: Session, import_id: UUID, found: Iterable[Row | BadRow], key: bytes, tell: Callable[[], None]
) -> tuple[int, int]:
    """Stores every line; answers how many are good and how many aren't. Raises FeedRefused."""
    batch = Batch()
    for each in found:
        if isinstance(each, Row):
            batch.rows.append(each)
        else:
            batch.bad.append(each)
        if batch.is_full():
            store(db, import_id, batch, key)
            tell()
    store(db, import_id, batch, key)
    tell()
    if batch.rows_stored == 0:
        raise FeedRefused(Refusal.EMPTY if batch.bad_stored == 0 else Refusal.MANY_BAD_ROWS)
    return batch.rows_stored, batch.bad_stored


def store(db: Session, import_id: UUID, batch: Batch, key: bytes) -> None:
    writing(db)
    store_rows(db, [staged(import_id, row, key) for row in batch.rows])
    if batch.bad:
        db.execute(insert(ImportFault), [{"import_id": import_id, **bad._asdict()} for bad in batch.bad])
    db.commit()
    batch.rows_stored += len(batch.rows)
    batch.bad_stored += len(batch.bad)
    batch.rows, batch.bad = [], []
    if batch.bad_stored > SOME_BAD_ROWS and batch.bad_stored > batch.rows_stored:
        raise FeedRefused(Refusal.MANY_BAD_ROWS)


def store_rows(db: Session, values: Sequence[tuple[Any, ...]]) -> None:
    """COPY is five times as quick as INSERT, where there is one."""
    connection = db.connection()
    if connection.dialect.name != "postgresql":
        if values:
            db.execute(insert(ImportRow), [dict(zip(STAGED_COLUMNS, each, strict=True)) for each in values])
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(COPY_ROWS) as copy:
        for each in values:
            copy.write_row(each)


def staged(import_id: UUID, row: Row, key: bytes) -> tuple[Any, ...]:
    """In the order of the table's columns. What a new pupil would get is drawn here, so that the rest is one INSERT."""
    return (
        import_id,
        row.school_number,
        row.pupil_number,
        row.line,
        row.school_name,
        row.given_name,
        row.family_name,
        list_name(row.given_name, row.family_name),
        row.official_given_name,
        row.official_family_name,
        row.sex,
        row.birth_date,
        row.administrative_group,
        row.class_code,
        row.ordinary_secondary,
        registry_key(row.pupil_key, key),
        row.starts_on,
        row.ends_on,
        uuid4(),
        uuid4(),
        opaque.new_value(),
    )


def registry_key(pupil_key: str | None, key: bytes) -> str | None:
    """How a pupil is known over schools: a keyed digest, so that nobody finds the number by trying them all (PR-19)."""
    if pupil_key is None:
        return None
    return hmac.digest(key, b"registry:" + pupil_key.encode(), "sha256").hex()


def forget(db: Session, import_id: UUID) -> None:
    """Takes what the feed said out of the database again, a little at a time."""
    for record in STAGED:
        while forget_some(db, record, import_id):
            pass


def forget_some(db: Session, record: type[Base], import_id: UUID) -> bool:
    """By the first parts of the key: no other statement waits long, and none goes through the whole table."""
    table = table_of(record)
    _, second, *_ = table.primary_key.columns
    of_this = table.c.import_id == import_id
    first_ones = select(second).where(of_this).order_by(second).limit(AT_ONCE)
    last = max(db.scalars(first_ones).all(), default=None)
    if last is None:
        return False
    writing(db)
    db.execute(delete(table).where(of_this, second <= last))
    db.commit()
    return True
