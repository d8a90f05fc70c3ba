"""R84: who is ticked stays ticked on every page and under every filter, for one sign-in at one school."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from idp.accounts import opening
from idp.clearing import clear_expired
from idp.schools.finding import Filter
from idp.schools.permissions import Actor
from idp.schools.pupil_status import Status
from idp.schools.records import Enrolment, SelectedPupil
from idp.schools.roster import Wanted, pupils_at
from idp.schools.selection import MOST, Change, change, selected_numbers, selected_total
from idp.settings import Settings
from tests.schools.enrolled import AUGUST, NOW, SEPTEMBER, a_school, beheerder, leerkracht, pupil

YESTERDAY = NOW.date() - timedelta(days=1)


@pytest.fixture(autouse=True)
def a_school_and_another(db: Session) -> None:
    pupil(db, "Zoë Zeeman", 1, class_code="1A")
    pupil(db, "Bo Bex", 2, class_code="1B", kind=None)
    pupil(db, "Ann Aerts", 3, class_code="1A")
    pupil(db, "Guy Gils", 4, class_code="1A", ends=YESTERDAY)
    pupil(db, "Ivo Ickx", 9, school=5)


def selected(db: Session, actor: Actor) -> list[int]:
    """In the order of the list; every way of counting agrees."""
    numbers = selected_numbers(db, actor, NOW)
    page = pupils_at(db, actor, Wanted(), NOW)
    assert selected_total(db, actor, NOW) == page.selected_total == len(numbers)
    assert {row.pupil_number for row in page.rows if row.selected} <= set(numbers)
    return numbers


def test_R84_ticking_and_unticking(db: Session) -> None:
    actor = beheerder()
    assert selected(db, actor) == []
    assert change(db, actor, Change(add=[1, 2]), NOW) == 2
    assert change(db, actor, Change(add=[2, 3]), NOW) == 3
    assert selected(db, actor) == [3, 2, 1]
    assert change(db, actor, Change(remove=[2, 99]), NOW) == 2
    assert selected(db, actor) == [3, 1]
    assert change(db, actor, Change(clear=True), NOW) == 0
    assert selected(db, actor) == []


def test_R84_all_that_a_filter_shows(db: Session) -> None:
    actor = beheerder()
    assert change(db, actor, Change(all_of=Filter(class_code="1A")), NOW) == 2
    assert selected(db, actor) == [3, 1]
    assert change(db, actor, Change(all_of=Filter(status=Status.NONE)), NOW) == 3
    assert change(db, actor, Change(all_of=Filter(status=Status.INACTIVE, q="gils")), NOW) == 4
    assert selected(db, actor) == [3, 2, 4, 1]


def test_R84_first_none_then_away_then_added_then_all_of_a_filter(db: Session) -> None:
    actor = beheerder()
    change(db, actor, Change(add=[1]), NOW)
    wanted = Change(clear=True, remove=[2], add=[2], all_of=Filter(q="aerts"))
    assert change(db, actor, wanted, NOW) == 2
    assert selected(db, actor) == [3, 2]


def test_OA_54_what_the_actor_may_not_see_is_not_ticked(db: Session) -> None:
    assert change(db, beheerder(), Change(add=[9, 2**31 - 1]), NOW) == 0
    teacher = leerkracht("1B")
    assert change(db, teacher, Change(add=[1, 2, 3, 9]), NOW) == 1
    assert selected(db, teacher) == [2]
    assert change(db, teacher, Change(all_of=Filter()), NOW) == 1


def test_OA_54_ticks_belong_to_one_sign_in_at_one_school(db: Session) -> None:
    here, there = beheerder(), beheerder(session="other")
    elsewhere = beheerder(5)
    change(db, here, Change(add=[1]), NOW)
    change(db, there, Change(add=[3]), NOW)
    change(db, elsewhere, Change(add=[9]), NOW)
    assert [selected(db, each) for each in (here, there, elsewhere)] == [[1], [3], [9]]
    change(db, here, Change(clear=True), NOW)
    assert [selected(db, each) for each in (here, there, elsewhere)] == [[], [3], [9]]


def test_OA_54_who_is_no_longer_to_be_seen_is_no_longer_ticked(db: Session) -> None:
    change(db, leerkracht("1A", "1B"), Change(add=[1, 2]), NOW)
    assert selected(db, leerkracht("1A")) == [1]


def test_R84_more_than_five_thousand_is_refused(db: Session) -> None:
    person = opening.new_person(db, given_name="Vele", family_name="Leerlingen", now=NOW)
    a_school(db, 7)
    db.flush()
    one = {
        "school_number": 7,
        "person_id": person.id,
        "given_name": "Vele",
        "family_name": "Leerlingen",
        "administrative_group": "",
        "ordinary_secondary": False,
        "starts_on": SEPTEMBER,
        "ends_on": AUGUST,
    }
    db.execute(insert(Enrolment), [{**one, "pupil_number": number} for number in range(MOST + 1)])
    actor = beheerder(7)
    assert change(db, actor, Change(add=range(MOST)), NOW) == MOST
    assert change(db, actor, Change(add=[MOST]), NOW) is None
    assert change(db, actor, Change(clear=True, all_of=Filter()), NOW) is None


def test_ticks_are_cleared_away_after_a_day(db: Session) -> None:
    for actor, moment in ((beheerder(), NOW), (beheerder(session="old"), NOW - timedelta(hours=25))):
        change(db, actor, Change(add=[1, 3]), moment)
    db.commit()
    cleared = clear_expired(db, Settings(issuer="https://id.example.be"), lambda: NOW)
    assert cleared == {"selected_pupils": 2}
    left = select(func.count()).where(SelectedPupil.session_digest == "session")
    assert db.scalar(left) == 2
