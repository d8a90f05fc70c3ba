"""The second lock: within a request for one school, PostgreSQL itself shows no other school (OA-54).

The first lock is that every lookup asks for the actor's school. Should one forget it, the row-level security of
`second_lock` still finds nothing of another school, because each transaction of the session says which school it is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session, SessionTransaction

SCHOOL = "leerid.school"
# Said along with it: one school's pupils are too few to share among processes, and starting one costs more than they do.
CONFINE = text(
    "SELECT set_config('leerid.school', :number, true), set_config('max_parallel_workers_per_gather', '0', true)"
)


def confine(db: Session, school_number: int) -> None:
    """From now on, in this and the following transactions of this session, only that school is there."""
    db.info[SCHOOL] = school_number
    if db.in_transaction():
        say_school(db.connection(), school_number)


@contextmanager
def everywhere(db: Session) -> Iterator[None]:
    """For the one question that this school's pupils have an answer to at other schools too: what their account must be."""
    school_number = db.info.pop(SCHOOL, None)
    if school_number is not None and db.in_transaction():
        say_school(db.connection(), "")
    try:
        yield
    finally:
        if school_number is not None:
            confine(db, school_number)


def say_school(connection: Connection, school_number: int | str) -> None:
    """An empty one says nothing: then every school is there."""
    if connection.dialect.name == "postgresql":
        connection.execute(CONFINE, {"number": str(school_number)})


@event.listens_for(Session, "after_begin")
def say_school_again(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    school_number = session.info.get(SCHOOL)
    if school_number is not None:
        say_school(connection, school_number)
