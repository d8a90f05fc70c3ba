"""What each line of a feed changes, as conditions that the database works out for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Uuid, and_, case, func, insert, literal, null, or_, select
from sqlalchemy.orm import Session

from idp.schools.import_records import Change
from idp.schools.imports.owning import owned_lines
from idp.schools.imports.tables import (
    CHANGE_COLUMNS,
    changes,
    enrolments,
    no_null,
    people,
    rows,
    same_line,
)

OFFICIAL = ("official_given_name", "official_family_name", "sex", "birth_date")
OF_THE_YEAR = ("administrative_group", "class_code", "ordinary_secondary", "starts_on")


@dataclass(frozen=True)
class Meeting:
    """One line, the enrolment that it is about and the person whose it becomes; the last two may not be there yet."""

    line: FromClause
    owned: FromClause
    enrolment: FromClause
    owner: FromClause
    today: date

    @property
    def is_known(self) -> ColumnElement[bool]:
        return self.owned.c.owner.is_not(None)

    @property
    def is_enrolled(self) -> ColumnElement[bool]:
        return self.enrolment.c.id.is_not(None)

    @property
    def conflicts(self) -> ColumnElement[bool]:
        """The stamnummer says one person, the key another, and the first one has an account."""
        other = self.owned.c.holder != self.owned.c.owner
        return and_(self.is_known, other, self.owned.c.is_holder, self.owned.c.holder_has_account)

    @property
    def stays(self) -> ColumnElement[bool]:
        """The enrolment remains of whom it was."""
        return and_(self.is_enrolled, self.is_known, self.owned.c.owner == self.owned.c.holder)

    @property
    def runs(self) -> ColumnElement[bool]:
        """Now or later."""
        return self.enrolment.c.ends_on >= self.today

    @property
    def waits(self) -> ColumnElement[bool]:
        """About next school year, while this one goes on."""
        begun = self.enrolment.c.starts_on <= self.today
        return and_(self.stays, self.line.c.starts_on > self.today, begun, self.runs)

    @property
    def shortens(self) -> ColumnElement[bool]:
        return and_(self.stays, self.runs, self.line.c.ends_on < self.enrolment.c.ends_on)

    @property
    def has_other_name(self) -> ColumnElement[bool]:
        return self.differ(self.enrolment, "given_name", "family_name")

    @property
    def differs(self) -> ColumnElement[bool]:
        of_the_year = and_(~self.waits, self.differ(self.enrolment, *OF_THE_YEAR))
        return or_(self.differ(self.enrolment, "ends_on"), self.has_other_name, of_the_year)

    @property
    def renames(self) -> ColumnElement[bool]:
        """A person's own name follows a school that changes it; two schools that write it differently don't quarrel."""
        came = or_(~self.stays, self.has_other_name)
        return and_(self.is_known, came, self.differ(self.owner, "given_name", "family_name"))

    @property
    def tells_official(self) -> ColumnElement[bool]:
        """R90: official data come and are corrected, by one line of a person; what a feed leaves empty is kept."""
        line, person = self.line.c, self.owner.c
        more = (and_(line[each].is_not(None), person[each].is_distinct_from(line[each])) for each in OFFICIAL)
        return and_(self.is_known, self.owned.c.leads, or_(*more))

    @property
    def has_other_key(self) -> ColumnElement[bool]:
        key = self.line.c.registry_key
        return and_(self.is_known, key.is_not(None), self.owner.c.registry_key.is_distinct_from(key))

    @property
    def change(self) -> ColumnElement[str | None]:
        """The first that holds; nothing when everything is as the line says."""
        returns = and_(~self.runs, self.line.c.ends_on >= self.today)
        differs = or_(self.differs, self.renames, self.tells_official, self.has_other_key)
        return case(
            (self.conflicts, str(Change.CONFLICT)),
            (and_(~self.is_enrolled, self.is_known), str(Change.MOVED)),
            (~self.is_enrolled, str(Change.NEW)),
            (~self.stays, str(Change.REPLACED)),
            (self.shortens, str(Change.SHORTENED)),
            (returns, str(Change.RETURNED)),
            (differs, str(Change.CHANGED)),
            else_=null(),
        )

    @property
    def ends(self) -> ColumnElement[bool]:
        """It takes days away from whoever is enrolled."""
        return or_(self.shortens, and_(self.is_enrolled, ~self.stays, self.runs))

    def differ(self, other: FromClause, *names: str) -> ColumnElement[bool]:
        return or_(*(other.c[name] != self.line.c[name] for name in names))


def find_changes(db: Session, import_id: UUID, today: date) -> None:
    """Fills `import_changes` with what the lines of the feed change."""
    line, enrolment, owner = rows.alias("line"), enrolments.alias("enrolment"), people.alias("owner")
    owned = owned_lines(import_id, today)
    each = Meeting(line, owned, enrolment, owner, today)
    found = (
        select(
            each.change.label("change"),
            line.c.school_number,
            line.c.pupil_number,
            line.c.line,
            enrolment.c.id.label("enrolment_id"),
            func.coalesce(owned.c.owner, owned.c.new_person).label("person_id"),
            owned.c.holder,
            and_(~each.is_known, owned.c.makes_person).label("makes_person"),
            no_null(each.renames).label("renames"),
            no_null(each.tells_official).label("tells"),
            no_null(each.waits).label("waits"),
            no_null(each.ends).label("ends"),
        )
        .select_from(owned)
        .join(line, same_line(line, owned, import_id))
        .outerjoin(enrolment, enrolment.c.id == owned.c.enrolment_id)
        .outerjoin(owner, owner.c.id == owned.c.owner)
        .subquery()
    )
    # Whoever makes a person comes first: the next line may enrol that person at another school.
    order = (found.c.makes_person.desc(), found.c.school_number, found.c.pupil_number)
    position = func.row_number().over(order_by=order)
    numbered = select(literal(import_id, Uuid()), position, found).where(found.c.change.is_not(None))
    db.execute(insert(changes).from_select(CHANGE_COLUMNS, numbered))
