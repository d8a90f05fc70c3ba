"""OA-54, with the first lock taken off: whatever a query forgets to ask, PostgreSQL shows one school only.

SQLite has no such lock: there these tests say what a forgotten condition would find.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from idp.accounts.history import note
from idp.accounts.records import AuditEvent
from idp.database import writing
from idp.schools.confinement import confine
from idp.schools.records import Enrolment, Renewal, RenewedPupil, SchoolApplication, SelectedPupil
from idp.schools.roster import Wanted, pupil_for, pupils_at
from idp.schools.second_lock import VISIBLE, slips_through
from idp.schools.selection import Change, change
from tests.schools.enrolled import NOW, beheerder, pupil
from tests.support.databases import engine_for

SCHOOLS = (2, 5)


@pytest.fixture
def two_schools(db: Session) -> None:
    """Something in every locked table, at each school; and an event that is about none."""
    for school in SCHOOLS:
        pupil(db, "Ann Aerts", 1, school=school)
        change(db, beheerder(school), Change(add=[1]), NOW)
        renewal = Renewal(
            id=uuid4(),
            school_number=school,
            actor_id=uuid4(),
            session_digest="session",
            purpose="renewal",
            basic_secret="same",
            maker=1,
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=15),
        )
        db.add(renewal)
        db.flush()
        db.add(
            RenewedPupil(
                renewal_id=renewal.id,
                pupil_number=school,
                position=0,
                given_name="Ann",
                family_name="Aerts",
                username="ann.aerts",
                is_new=False,
                ticked=True,
            )
        )
        db.add(SchoolApplication(school_number=school, client_id="rekenrijk", position=1))
        note(db, "pupil:viewed", now=NOW, request_id="-", school_number=school, pupil_number=1)
    note(db, "account:signed-in", now=NOW, request_id="-")
    db.commit()


def schools_seen(db: Session) -> dict[str, set[int | None]]:
    """What a query that asks for nothing finds, by table."""
    found = {
        record.__tablename__: set(db.scalars(select(record.school_number)))
        for record in (Enrolment, Renewal, SelectedPupil, AuditEvent, SchoolApplication)
    }
    return {**found, "renewed_pupils": set(db.scalars(select(RenewedPupil.pupil_number)))}


EVERYTHING: dict[str, set[int | None]] = {
    **{table: set(SCHOOLS) for table in VISIBLE},
    "audit_events": {*SCHOOLS, None},
}


@pytest.mark.usefixtures("two_schools")
def test_OA_54_a_confined_session_finds_nothing_of_another_school(
    db: Session, engine: Engine, database_kind: str
) -> None:
    assert schools_seen(db) == EVERYTHING
    confine(db, 2)
    only_here = {table: {2} for table in VISIBLE} if database_kind == "postgresql" else EVERYTHING
    assert schools_seen(db) == only_here
    writing(db)  # a transaction of its own
    assert schools_seen(db) == only_here
    db.commit()
    assert schools_seen(db) == only_here
    with Session(engine) as another:  # the next request, maybe on the same connection
        assert schools_seen(another) == EVERYTHING
    db.close()
    with Session(engine) as another:
        assert schools_seen(another) == EVERYTHING


@pytest.mark.usefixtures("two_schools")
def test_OA_54_a_lookup_for_another_school_finds_nothing_either(db: Session, database_kind: str) -> None:
    """As if a view had taken its actor from one school and confined itself to another."""
    confine(db, 2)
    there = database_kind == "sqlite"
    assert (pupil_for(db, beheerder(5), 1, NOW) is not None) is there
    assert (pupils_at(db, beheerder(5), Wanted(), NOW).total == 1) is there


@pytest.mark.usefixtures("two_schools")
def test_OA_54_a_confined_session_changes_nothing_of_another_school(db: Session, database_kind: str) -> None:
    confine(db, 2)
    writing(db)
    hit = [
        db.execute(update(Enrolment).values(class_code="x")).rowcount,  # type: ignore[attr-defined]
        db.execute(delete(SelectedPupil)).rowcount,  # type: ignore[attr-defined]
    ]
    assert hit == ([1, 1] if database_kind == "postgresql" else [2, 2])


@pytest.mark.usefixtures("two_schools")
def test_OA_54_a_confined_session_writes_nothing_at_another_school(db: Session, database_kind: str) -> None:
    confine(db, 2)
    writing(db)
    note(db, "pupil:viewed", now=NOW, request_id="-", school_number=2, pupil_number=1)
    db.flush()
    db.add(SelectedPupil(session_digest="x", school_number=5, pupil_number=1, at=NOW))
    if database_kind == "postgresql":
        with pytest.raises(ProgrammingError, match="row-level security"):
            db.flush()
    else:
        db.flush()


def test_leerid_check_knows_whom_the_lock_does_not_hold_for(engine: Engine, database_kind: str) -> None:
    with engine.connect() as connection:
        assert not slips_through(connection)
    if database_kind == "postgresql":
        owner = engine_for(engine.url.set(username="postgres").render_as_string(hide_password=False))
        with owner as other, other.connect() as connection:
            assert slips_through(connection)
