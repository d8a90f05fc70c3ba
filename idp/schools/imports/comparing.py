"""What a feed would change, worked out by the database in a few statements, whatever the feed's size.

The comparison is with what is there now, so that a feed that comes late, twice or out of order needs no thought.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Uuid,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from idp.schools.import_records import Change
from idp.schools.imports.differing import find_changes
from idp.schools.imports.sifting import name_conflicts, sift
from idp.schools.imports.tables import (
    CHANGE_COLUMNS,
    changes,
    enrolments,
    faults,
    import_people,
    import_schools,
    rows,
    schools,
    usable,
)

# Enough to sort and join a million rows without a file for each step.
MORE_MEMORY = text("SET LOCAL work_mem = '96MB'")


def compare(db: Session, import_id: UUID, today: date) -> None:
    """Fills `import_changes` and `import_schools` anew, within the caller's transaction."""
    on_postgresql = db.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        db.execute(MORE_MEMORY)
        db.execute(text("ANALYZE import_rows"))
    for table in (changes, import_schools, import_people):
        db.execute(delete(table).where(table.c.import_id == import_id))
    sift(db, import_id)
    find_changes(db, import_id, today)
    name_conflicts(db, import_id)
    find_who_left(db, import_id, today)
    if on_postgresql:
        db.execute(text("ANALYZE import_changes"))
    count_by_school(db, import_id, today)


def find_who_left(db: Session, import_id: UUID, today: date) -> None:
    """Only at schools that are in the feed, and nobody whose line may be one of those that can't be read."""
    bad = faults.c.import_id == import_id
    if db.scalar(select(exists().where(bad, faults.c.school_number.is_(None)))):
        return
    fed = usable(import_id).with_only_columns(rows.c.school_number).distinct()
    unread = select(faults.c.school_number).where(bad, faults.c.pupil_number.is_(None))
    in_feed = exists().where(
        rows.c.import_id == import_id,
        rows.c.school_number == enrolments.c.school_number,
        rows.c.pupil_number == enrolments.c.pupil_number,
    )
    in_bad = exists().where(
        bad,
        faults.c.school_number == enrolments.c.school_number,
        faults.c.pupil_number == enrolments.c.pupil_number,
    )
    before = db.scalar(select(func.max(changes.c.position)).where(changes.c.import_id == import_id)) or 0
    order = (enrolments.c.school_number, enrolments.c.pupil_number)
    gone = select(
        literal(import_id, Uuid()),
        func.row_number().over(order_by=order) + before,
        literal(str(Change.LEFT)),
        *order,
        null(),
        enrolments.c.id,
        enrolments.c.person_id,
        enrolments.c.person_id,
        *(false() for _ in range(4)),
        true(),
    ).where(
        enrolments.c.ends_on > today,
        enrolments.c.school_number.in_(fed),
        enrolments.c.school_number.not_in(unread),
        ~in_feed,
        ~in_bad,
    )
    db.execute(insert(changes).from_select(CHANGE_COLUMNS, gone))


def count_by_school(db: Session, import_id: UUID, today: date) -> None:
    fed = (
        usable(import_id)
        .with_only_columns(
            rows.c.school_number.label("number"),
            func.max(rows.c.school_name).label("name"),
            func.count().label("rows"),
        )
        .group_by(rows.c.school_number)
        .subquery("fed")
    )
    enrolled = (
        select(enrolments.c.school_number.label("number"), func.count().label("enrolled"))
        .where(enrolments.c.ends_on >= today)
        .group_by(enrolments.c.school_number)
        .subquery("now")
    )
    kinds = [each for each in Change if each is not Change.CONFLICT]
    changed = (
        select(
            changes.c.school_number.label("number"),
            *(how_many(changes.c.change == each).label(each) for each in kinds),
            how_many(changes.c.ends).label("ended"),
        )
        .where(changes.c.import_id == import_id)
        .group_by(changes.c.school_number)
        .subquery("changed")
    )
    counted = [func.coalesce(changed.c[each], 0) for each in (*kinds, "ended")]
    school = (
        select(
            literal(import_id, Uuid()),
            fed.c.number,
            func.coalesce(schools.c.name, fed.c.name, ""),
            schools.c.number.is_(None),
            fed.c.rows,
            func.coalesce(enrolled.c.enrolled, 0),
            *counted,
            false(),
        )
        .select_from(fed)
        .outerjoin(schools, schools.c.number == fed.c.number)
        .outerjoin(enrolled, enrolled.c.number == fed.c.number)
        .outerjoin(changed, changed.c.number == fed.c.number)
    )
    columns = ("import_id", "school_number", "name", "is_new", "rows", "enrolled", *kinds, "ended", "stops")
    db.execute(insert(import_schools).from_select(columns, school))


def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0), type_=Integer())
