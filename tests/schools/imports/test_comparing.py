"""Who a line of the feed is about, and what it changes."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from idp.accounts.records import Account, AuditEvent, Person
from idp.database import writing
from idp.schools.import_records import Change, Import, ImportRow
from idp.schools.imports import importing, showing
from idp.schools.imports.importing import NotNow, State, state_of
from idp.schools.imports.rows import Wrong
from idp.schools.imports.staging import registry_key
from idp.schools.opening import close_school
from idp.schools.records import Enrolment, School, list_name
from tests.schools.imports.feeds import (
    BEGIN,
    END,
    KEY,
    NEXT_BEGIN,
    NEXT_END,
    NOW,
    account_of,
    activated,
    applied,
    enrolment,
    feed,
    official,
    person,
    pupil,
    received,
    school_of,
    taken_in,
)

NEXT_DAY = NOW + timedelta(days=1)
TODAY = date(2026, 11, 10)


def counts(db: Session, found: Import) -> dict[str, int]:
    by_change = showing.totals(db, found.id).by_change
    return {str(change): count for change, count in by_change.items() if count}


def faults(db: Session, found: Import) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.wrong) for each in showing.bad_rows(db, found.id)]


# New pupils


def test_R28_a_new_pupil_is_enrolled_without_an_account(db: Session) -> None:
    found = taken_in(db, [pupil(**official())])
    new = enrolment(db)
    assert (new.given_name, new.family_name, new.administrative_group, new.class_code) == (
        "Abdulghani", "Bogdan", "6de leerjaar", "6A",
    )  # fmt: skip
    assert (new.starts_on, new.ends_on, new.list_name) == (BEGIN, END, list_name("Abdulghani", "Bogdan"))
    assert (person(db).given_name, person(db).birth_date) == ("Abdulghani", date(2010, 11, 7))
    assert len(person(db).subject) == 43
    assert db.scalar(select(func.count()).select_from(Account)) == 0
    assert counts(db, found) == {"new": 1}


def test_R89_an_unknown_school_is_opened_when_the_feed_names_it(db: Session) -> None:
    taken_in(db, [pupil(instelling="BRUSSEL-STAD - TEST School 2")])
    assert db.get_one(School, 2).name == "BRUSSEL-STAD - TEST School 2"


def test_R89_an_unknown_school_without_a_name_is_named_and_stops_nothing_else(db: Session) -> None:
    found = taken_in(db, [pupil(1), pupil(2, school=9, instelling="")])
    assert faults(db, found) == [(3, "instellingsnummer", Wrong.UNKNOWN_SCHOOL)]
    assert db.get(School, 9) is None
    assert enrolment(db, 1)


def test_a_closed_school_stays_closed(db: Session) -> None:
    taken_in(db, school_of(30))
    writing(db)
    close_school(db, db.get_one(School, 2), NOW)
    db.commit()
    found = taken_in(db, [pupil(1), pupil(2, school=3)], NEXT_DAY)
    assert faults(db, found) == [(2, "instellingsnummer", Wrong.CLOSED_SCHOOL)]
    assert counts(db, found) == {"new": 1}


def test_what_was_over_before_we_knew_of_it_nobody_needs_to_know(db: Session) -> None:
    found = taken_in(db, [pupil(1), pupil(2, begin="2025-09-01", einde="2026-08-31")])
    assert counts(db, found) == {"new": 1}
    assert db.scalar(select(func.count()).select_from(Person)) == 1


# Changes


CORRECTED: dict[int, tuple[dict[str, object], str, object]] = {
    1: ({"voornaam": "Abdul"}, "given_name", "Abdul"),
    2: ({"naam": "Bogdán"}, "family_name", "Bogdán"),
    3: ({"administratieve_groep": "5de leerjaar"}, "administrative_group", "5de leerjaar"),
    4: ({"klas": "6B"}, "class_code", "6B"),
    5: ({"begin": "2026-10-01"}, "starts_on", date(2026, 10, 1)),
    6: ({"einde": "2027-12-31"}, "ends_on", date(2027, 12, 31)),
    7: ({"onderwijs": "gewoon_secundair"}, "ordinary_secondary", True),
}


def test_R89_what_the_school_corrected_is_right_after_the_next_feed(db: Session) -> None:
    taken_in(db, [pupil(number) for number in CORRECTED])
    before = {number: person(db, number).id for number in CORRECTED}
    found = received(db, [pupil(number, **said) for number, (said, _, _) in CORRECTED.items()], NEXT_DAY)
    told = {each.pupil_number: each.columns for each in showing.examples(db, found.id)}
    assert told == {number: tuple(CORRECTED[number][0]) for number in sorted(CORRECTED)[: showing.EXAMPLES]}
    assert counts(db, applied(db, found.id, NEXT_DAY)) == {"changed": len(CORRECTED)}
    for number, (_, name, value) in CORRECTED.items():
        corrected, whose = enrolment(db, number), person(db, number)
        assert getattr(corrected, name) == value
        assert corrected.list_name == list_name(corrected.given_name, corrected.family_name)
        assert whose.id == before[number]
        assert (whose.given_name, whose.family_name) == (corrected.given_name, corrected.family_name)


def test_R89_R27_the_account_follows_a_later_end(db: Session) -> None:
    taken_in(db, [pupil()])
    who = activated(db)
    taken_in(db, [pupil(einde="2027-12-31")], NEXT_DAY)
    assert account_of(db, who).active_until == date(2027, 12, 31)


def test_R90_official_data_come_later_and_are_corrected(db: Session) -> None:
    taken_in(db, [pupil()])
    assert (person(db).official_given_name, person(db).sex) == (None, None)
    assert counts(db, taken_in(db, [pupil(**official())], NEXT_DAY)) == {"changed": 1}
    assert (person(db).official_given_name, person(db).sex) == ("Abdulghani", "M")
    taken_in(db, [pupil(**official(officiele_voornaam="Abdul-Ghani"))], NEXT_DAY)
    assert person(db).official_given_name == "Abdul-Ghani"


def test_R90_what_a_feed_leaves_empty_is_kept(db: Session) -> None:
    taken_in(db, [pupil(**official())])
    assert counts(db, taken_in(db, [pupil()], NEXT_DAY)) == {}
    assert person(db).birth_date == date(2010, 11, 7)


def test_FT_24_the_same_feed_twice_changes_nothing(db: Session) -> None:
    lines = [*school_of(20, **official()), *school_of(20, school=3, onderwijs="gewoon_secundair")]
    taken_in(db, lines)
    again = taken_in(db, lines, NEXT_DAY)
    assert (again.changes, again.people, again.bad_rows) == (0, 0, 0)
    assert showing.totals(db, again.id).unchanged == 40


def test_FT_24_the_same_feed_in_another_order_and_another_way_of_writing_changes_nothing(db: Session) -> None:
    taken_in(db, school_of(20))
    other = feed(*reversed(school_of(20, begin="1/09/2026", onderwijs="Andere")))
    assert taken_in(db, other, NEXT_DAY).changes == 0


# The same pupil elsewhere


def test_PR_04_R89_a_pupil_who_moves_keeps_account_and_subject(db: Session) -> None:
    taken_in(db, [*school_of(3), pupil(leerling_sleutel="K")])
    who = activated(db)
    subject, username = person(db).subject, account_of(db, who).username
    found = taken_in(db, [*school_of(3), pupil(777, school=3, leerling_sleutel="K")], NEXT_DAY)
    assert counts(db, found) == {"moved": 1, "left": 1}
    assert person(db, 777, school=3).id == who
    assert person(db, 777, school=3).subject == subject
    assert account_of(db, who).username == username
    assert account_of(db, who).active_until == END
    assert enrolment(db).ends_on == NEXT_DAY.date()


def test_a_pupil_of_two_schools_is_one_person(db: Session) -> None:
    lines = [pupil(leerling_sleutel="K"), pupil(9, school=3, leerling_sleutel="K", voornaam="Abdul")]
    found = taken_in(db, lines)
    assert counts(db, found) == {"new": 2}
    assert person(db).id == person(db, 9, school=3).id
    assert taken_in(db, lines, NEXT_DAY).changes == 0


def test_PR_19_only_a_keyed_digest_of_the_key_is_stored(db: Session) -> None:
    found = received(db, [pupil(leerling_sleutel="85073003328")])
    staged = db.scalars(select(ImportRow.registry_key).where(ImportRow.import_id == found.id)).one()
    taken_in(db, [pupil(leerling_sleutel="85073003328")])
    assert person(db).registry_key == staged == registry_key("85073003328", KEY)
    assert registry_key("85073003328", b"another") != staged
    for record in (Person, Enrolment, AuditEvent):
        assert not [each for each in db.scalars(select(record)) if "85073003328" in str(vars(each))]


def test_R90_a_key_that_comes_later_is_the_same_pupils(db: Session) -> None:
    taken_in(db, [pupil()])
    who = activated(db)
    taken_in(db, [pupil(leerling_sleutel="K"), pupil(5, school=3, leerling_sleutel="K")], NEXT_DAY)
    assert person(db).id == who == person(db, 5, school=3).id
    assert person(db).registry_key == registry_key("K", KEY)


def test_R90_a_key_that_comes_to_two_schools_at_once_joins_them_in_whoever_has_the_account(
    db: Session,
) -> None:
    taken_in(db, [pupil(), pupil(5, school=3)])
    who = activated(db, 5, school=3)
    assert person(db).id != who
    lines = [pupil(leerling_sleutel="K"), pupil(5, school=3, leerling_sleutel="K")]
    taken_in(db, lines, NEXT_DAY)
    assert person(db).id == who == person(db, 5, school=3).id
    assert taken_in(db, lines, NEXT_DAY).changes == 0


def test_PR_04_two_accounts_are_never_joined_by_a_feed(db: Session) -> None:
    taken_in(db, [pupil(), pupil(5, school=3)])
    first, second = activated(db), activated(db, 5, school=3)
    found = taken_in(db, [pupil(leerling_sleutel="K"), pupil(5, school=3, leerling_sleutel="K")], NEXT_DAY)
    assert [wrong for _, _, wrong in faults(db, found)] == [Wrong.TWO_PEOPLE]
    assert (person(db).id, person(db, 5, school=3).id) == (first, second)


# A number that is given out again


AGAIN: dict[int, tuple[dict[str, object], dict[str, object], bool]] = {
    # A name is corrected, or a birth date; not both at once.
    1: (official(), official(voornaam="Ardalan", naam="Bhatti"), True),
    2: (official(), official(geboortedatum="2011-11-07"), True),
    3: ({}, {"voornaam": "Ardalan", "naam": "Bhatti"}, True),
    4: (official(), official(voornaam="Ardalan", naam="Bhatti", geboortedatum="2012-01-01"), False),
    # With another key it is somebody else, unless everything else is the same.
    5: (official(leerling_sleutel="K5"), official(leerling_sleutel="L5"), True),
    6: (official(leerling_sleutel="K6"), official(leerling_sleutel="L6", voornaam="Ardalan"), False),
    7: ({"leerling_sleutel": "K7"}, {"leerling_sleutel": "L7"}, False),
}


def test_PR_04_CV_29_a_stamnummer_that_was_given_out_again_is_not_the_same_pupil(db: Session) -> None:
    taken_in(db, [pupil(number, **before) for number, (before, _, _) in AGAIN.items()])
    who = {number: activated(db, number) for number in AGAIN}
    after = [pupil(number, **said) for number, (_, said, _) in AGAIN.items()]
    found = taken_in(db, after, NEXT_DAY)
    assert counts(db, found) == {"changed": 4, "replaced": 3}
    for number, (_, _, same) in AGAIN.items():
        assert (person(db, number).id == who[number]) is same, number
        assert (account_of(db, who[number]).active_until == END) is same, number
    assert taken_in(db, after, NEXT_DAY).changes == 0


def test_PR_04_after_an_enrolment_ended_another_name_is_somebody_else(db: Session) -> None:
    taken_in(db, [pupil()])
    who = activated(db)
    next_year = datetime(2027, 9, 2, 9, tzinfo=UTC)
    again = {"begin": NEXT_BEGIN, "einde": NEXT_END}
    found = taken_in(db, [pupil(voornaam="Ardalan", naam="Bhatti", **again)], next_year)
    assert person(db).id != who
    assert account_of(db, who).active_until is not None
    assert account_of(db, who).active_until < next_year.date()  # type: ignore[operator]
    assert counts(db, found) == {"replaced": 1}


# Lines that are wrong


def test_a_pupil_who_is_there_twice_counts_once_and_is_named(db: Session) -> None:
    found = taken_in(db, [pupil(klas="6A"), pupil(klas="6B"), pupil(klas="6C")])
    assert enrolment(db).class_code == "6A"
    assert faults(db, found) == [(3, "stamnummer", Wrong.DUPLICATE), (4, "stamnummer", Wrong.DUPLICATE)]


@pytest.mark.parametrize(
    "bad",
    [
        {"naam": ""},  # whose line it is can be read
        {"stamnummer": "?"},  # only the school
        {"instellingsnummer": "?"},  # not even that
    ],
)
def test_FT_24_nobody_leaves_because_of_a_line_that_can_not_be_read(
    db: Session, bad: dict[str, object]
) -> None:
    taken_in(db, [*school_of(3), pupil()])
    found = taken_in(db, [*school_of(3), pupil(**bad)], NEXT_DAY)
    assert found.bad_rows == 1
    assert found.changes == 0
    assert enrolment(db).ends_on == END


def test_OA_52_a_file_of_mostly_wrong_lines_is_refused_as_a_whole(db: Session) -> None:
    found = received(db, [pupil(1), *({"stamnummer": "?"} for _ in range(2_000))])
    assert state_of(found) is State.REFUSED
    assert found.refusal == "many_bad_rows"
    assert db.scalar(select(func.count()).select_from(ImportRow)) == 0


def test_OA_52_a_refused_feed_leaves_nothing_staged(db: Session) -> None:
    text = feed(*school_of(6_000)).getvalue() + b'2;"x\n'
    found = received(db, io.BytesIO(text))
    assert (state_of(found), found.refusal, found.refusal_line) == (State.REFUSED, "quotes", 6_002)
    assert db.scalar(select(func.count()).select_from(ImportRow)) == 0


# The list of imports


def test_the_same_file_waits_only_once(db: Session) -> None:
    first = received(db, [pupil()]).id
    second = received(db, [pupil()]).id
    assert list(db.scalars(select(Import.id))) == [second] != [first]


def test_an_import_that_waits_can_be_removed(db: Session) -> None:
    importing.remove(db, received(db, [pupil(), pupil()]).id, NOW)
    assert db.scalars(select(Import)).all() == []
    assert db.scalar(select(func.count()).select_from(ImportRow)) == 0


def test_after_a_crash_an_import_must_be_sent_again(db: Session) -> None:
    found = received(db, [pupil()])
    writing(db)
    db.execute(delete(ImportRow))
    db.commit()
    with pytest.raises(NotNow) as reason:
        applied(db, found.id)
    assert reason.value.state is State.REFUSED


def test_R89_changes_are_told_without_names(db: Session) -> None:
    taken_in(db, [pupil(), pupil(1)])
    found = received(db, [pupil(klas="6B"), pupil(2)], NEXT_DAY)
    told = {each.change: (each.pupil_number, each.columns) for each in showing.examples(db, found.id)}
    assert told == {
        Change.CHANGED: (60351, ("klas",)),
        Change.NEW: (2, ()),
        Change.LEFT: (1, ()),
    }
