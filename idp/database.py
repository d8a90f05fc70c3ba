"""The database: one engine for SQLite or PostgreSQL, typed records, and who may write when.

SQLite has one writer at a time. A transaction that starts to read and then writes fails when somebody else wrote in
between, so a transaction that will write says so first (`writing`): it begins IMMEDIATE, behind a lock of our own that is
fairer than SQLite's sleeping busy handler. PostgreSQL needs neither and gets neither.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, ClassVar, cast

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import JSON, Date, DateTime, Dialect, Engine, MetaData, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always with its time zone; stored as UTC on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every record. Constraints have names, so that a migration can speak of them on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        date: Date(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
    }


class OneEngineSession(FlaskSession):
    """There is one engine: looking for another one at each statement would cost as much as a small SELECT."""

    def get_bind(self, *_about: Any, **_more: Any) -> Engine:
        return self._db.engine


# Flask-SQLAlchemy keeps the engine and gives each request its session; the records are plain SQLAlchemy.
flask_database = SQLAlchemy(disable_autonaming=True, session_options={"class_": OneEngineSession})


def engine_options(url: str, pool_size: int, busy_timeout_seconds: int) -> dict[str, Any]:
    """What create_engine needs for `url`, beyond the URL itself."""
    if make_url(url).get_backend_name() == "sqlite":
        return {
            "connect_args": {"timeout": busy_timeout_seconds},
            "pool_size": pool_size,
            "max_overflow": pool_size,
        }
    return {"pool_size": pool_size, "max_overflow": pool_size, "pool_timeout": 5, "pool_pre_ping": False}


def prepare(engine: Engine) -> None:
    """Teaches a fresh engine our manners: pragmas for each SQLite connection, and transactions that say what they are."""
    if engine.dialect.name != "sqlite":
        return
    lock = WriterLock(engine.url)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves; the driver's guess would defeat `writing`
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing"):
            if "writer_lock" not in connection.info:
                lock.acquire()
                connection.info["writer_lock"] = lock
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Straight to the driver: SQLAlchemy's own road costs as much as the SELECT that follows.
            connection.connection.cursor().execute("BEGIN")

    @event.listens_for(engine, "checkin")
    def given_back(_connection: Any, record: Any) -> None:
        # Not before: a session gives its connection back right after its COMMIT or ROLLBACK, and the pool cleans up.
        held = record.info.pop("writer_lock", None)
        if held is not None:
            held.release()


class WriterLock:
    """One writer at a time over all threads and processes on one SQLite file."""

    def __init__(self, url: URL) -> None:
        self.path = None if url.database in (None, "", ":memory:") else f"{url.database}.lock"
        self.threads = threading.Lock()
        self.file: int | None = None

    def acquire(self) -> None:
        self.threads.acquire()
        if self.path is not None:
            try:
                self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(self.file, fcntl.LOCK_EX)
            except BaseException:
                self.release()
                raise

    def release(self) -> None:
        if self.file is not None:
            os.close(self.file)  # closing the file gives the lock up
            self.file = None
        self.threads.release()


def writing(db: Session) -> None:
    """Says that what follows writes: ends the reading before it, and begins a transaction that may write.

    Call it once, after everything slow and before the first change. The request commits when it returns (`web`).
    """
    if db.in_transaction():
        db.commit()
    if db.get_bind().dialect.name == "sqlite":
        db.connection(execution_options={"writing": True})


def let_go(db: Session) -> None:
    """Ends the reading so far, so that slow work (a hash, a PDF) holds no transaction and no connection."""
    if db.in_transaction():
        db.commit()


def insert_into(db: Session, record: type[Base]) -> postgresql.Insert:
    """An INSERT that may say what happens `on_conflict_...`, for the engine behind `db`."""
    return insert_for(db.get_bind().dialect.name, record)


def insert_for(engine: str, record: type[Base]) -> postgresql.Insert:
    """The same by the engine's name: both know it, each with a class of its own."""
    return cast(postgresql.Insert, sqlite.insert(record)) if engine == "sqlite" else postgresql.insert(record)


Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)
