"""Whom a member of staff finds in the list, in which order, and what the list counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from idp.rules.account_types import AccountKind
from idp.schools.finding import Filter
from idp.schools.permissions import Actor
from idp.schools.pupil_status import Status, Type
from idp.schools.roster import Choices, Page, Wanted, how_many, pupil_for, pupils_at, pupils_for
from idp.schools.sorting import Sort
from tests.schools.enrolled import AUGUST, NOW, SEPTEMBER, beheerder, leerkracht, pupil

YESTERDAY = NOW.date() - timedelta(days=1)
A_YEAR_AGO = NOW.date() - timedelta(days=365)


def numbers(db: Session, actor: Actor | None = None, **wanted: Any) -> list[int]:
    return [row.pupil_number for row in page(db, actor, **wanted).rows]


def page(db: Session, actor: Actor | None = None, **wanted: Any) -> Page:
    narrowed = Filter(**{name: wanted.pop(name) for name in list(wanted) if hasattr(Filter, name)})
    return pupils_at(db, actor or beheerder(), Wanted(filter=narrowed, **wanted), NOW)


# Finding (R78)

NAMES = {
    60351: "Abdulghani Bogdan",
    32890: "Ardalan Bhatti",
    93504: "Pieter-Alexander Bogaert",
    70246: "Élise Nuñez Müller",
    80240: "Łukasz D'Hondt",
    47727: "İlkay Çelik-Straßer",
    1: "An_na 100%",
}


SEARCHES: list[tuple[str, set[int]]] = [
    ("", set(NAMES)),
    ("   ", set(NAMES)),
    ("bogdan", {60351}),
    ("BOGDAN", {60351}),
    ("abdulghani bogdan", {60351}),
    ("bogdan abdulghani", {60351}),
    ("gda ghan", {60351}),
    ("bo", {60351, 93504}),
    ("bo pieter", {93504}),
    ("pieter alexander", {93504}),
    ("pieter-alex", {93504}),
    ("elise nunez", {70246}),
    ("ÉLISE MULLER", {70246}),
    ("E\u0301lise", {70246}),  # the accent apart, as macOS types it
    ("nuñez mu", {70246}),
    ("lukasz", {80240}),
    ("d'hondt", {80240}),
    ("d’hondt", {80240}),
    ("hondt", {80240}),
    ("ilkay strasser", {47727}),
    ("celik", {47727}),
    ("60351", {60351}),
    ("035", {60351}),
    ("02", {70246, 80240}),
    ("02 lukasz", {80240}),
    ("60351 bogdan", {60351}),
    ("60351 bhatti", set()),
    ("6０351", {60351}),  # a full-width digit
    ("%", {1}),
    ("_", {1}),
    ("100%", {1}),
    ("an_na", {1}),
    ("a_d", set()),
    ("/", set()),
    ("\\", set()),
    ("'; drop table enrolments; --", set()),
    ("bog\x00dan", {60351}),
    ("bog\ud800dan", {60351}),
    ("bestaat niet", set()),
    ("a " * 50, set(NAMES) - {70246}),
]


def test_R78_every_word_is_somewhere_in_the_name_or_the_stamnummer(db: Session) -> None:
    for number, name in NAMES.items():
        pupil(db, name, number)
    for q, found in SEARCHES:
        told = page(db, q=q)
        assert ({row.pupil_number for row in told.rows}, told.total) == (found, len(found)), q


# Narrowing (R79, R80)


@pytest.fixture
def a_mixed_school(db: Session) -> None:
    advanced = AccountKind.ADVANCED
    pupil(db, "Ann Aerts", 1, group="1ste leerjaar", class_code="1A")
    pupil(db, "Bo Bex", 2, group="1ste leerjaar", class_code="1B", kind=None)
    pupil(db, "Cas Celis", 3, group="2e lj 1e gr Mechanica", class_code="2M", kind=advanced)
    pupil(
        db, "Dré Dirks", 4, group="2e lj 1e gr Mechanica", class_code="2M", kind=advanced, temporary_until=NOW
    )
    pupil(db, "Els Elst", 5, group="1ste leerjaar", class_code="1A", blocked_at=NOW)
    pupil(db, "Fé Fabri", 6, group="1ste leerjaar", class_code="", protected_at=NOW)
    pupil(db, "Guy Gils", 7, group="5de leerjaar", class_code="5X", ends=YESTERDAY)
    pupil(db, "Han Hens", 8, group="", class_code="1B", starts=NOW.date() + timedelta(days=9))
    pupil(db, "Ivo Ickx", 9, school=5)


NARROWED: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 3, 4, 5, 6, 8]),
    ({"group": "1ste leerjaar"}, [1, 2, 5, 6]),
    ({"group": "2e lj 1e gr Mechanica"}, [3, 4]),
    ({"group": "1ste"}, []),
    ({"class_code": "1B"}, [2, 8]),
    ({"status": Status.ACTIVE}, [1, 3, 8]),
    ({"status": Status.NONE}, [2]),
    ({"status": Status.EXPIRED}, [4]),
    ({"status": Status.BLOCKED}, [5]),
    ({"status": Status.PROTECTED}, [6]),
    ({"status": Status.INACTIVE}, [7]),
    ({"type": Type.BASIC}, [1, 5, 6, 8]),
    ({"type": Type.ADVANCED}, [3, 4]),
    ({"type": Type.ADVANCED, "status": Status.ACTIVE}, [3]),
    ({"group": "1ste leerjaar", "class_code": "1A", "status": Status.BLOCKED, "q": "els"}, [5]),
    ({"status": Status.INACTIVE, "q": "ann"}, []),
    ({"q": "ickx"}, []),
]


@pytest.mark.usefixtures("a_mixed_school")
def test_R79_R80_the_count_follows_what_the_list_is_narrowed_to(db: Session) -> None:
    for narrowed, found in NARROWED:
        told = page(db, **narrowed)
        assert ([row.pupil_number for row in told.rows], told.total) == (found, len(found)), narrowed


@pytest.mark.usefixtures("a_mixed_school")
def test_R79_the_lists_to_choose_from_hold_what_there_is(db: Session) -> None:
    here = Choices(
        groups=("1ste leerjaar", "2e lj 1e gr Mechanica"),
        classes=("1A", "1B", "2M"),
        statuses=(
            Status.ACTIVE,
            Status.NONE,
            Status.EXPIRED,
            Status.PROTECTED,
            Status.BLOCKED,
            Status.INACTIVE,
        ),
        types=(Type.BASIC, Type.ADVANCED),
    )
    assert page(db).choices == here
    assert page(db, q="ann", status=Status.ACTIVE).choices == here
    left = page(db, status=Status.INACTIVE).choices
    assert (left.groups, left.classes, left.types) == (("5de leerjaar",), ("5X",), ())
    assert left.statuses == here.statuses


def test_R83_who_has_no_account_is_in_the_list(db: Session) -> None:
    pupil(db, "Pieter-Alexander Bogaert", 93504, kind=None)
    (row,) = page(db).rows
    assert (row.given_name, row.family_name) == ("Pieter-Alexander", "Bogaert")
    assert (row.status, row.type, row.selected) == ("none", "", False)


def test_R27_who_left_is_to_be_found_for_a_year_and_their_account_no_more(db: Session) -> None:
    long_ago = A_YEAR_AGO - timedelta(days=100)
    pupil(db, "Nog Net", 1, starts=long_ago, ends=A_YEAR_AGO, active_until=AUGUST)
    pupil(db, "Te Lang", 2, starts=long_ago, ends=A_YEAR_AGO - timedelta(days=1))
    pupil(db, "Pas Weg", 3, ends=YESTERDAY, active_until=AUGUST)
    pupil(db, "Laatste Dag", 4, ends=NOW.date())
    assert numbers(db) == [4]
    assert numbers(db, status=Status.INACTIVE) == [1, 3]
    found = pupil_for(db, beheerder(), 3, NOW)
    assert found is not None
    assert (found.account, found.status, found.type) == (None, "inactive", "")
    assert pupil_for(db, beheerder(), 2, NOW) is None


def test_an_empty_school_has_one_page(db: Session) -> None:
    told = page(db)
    assert (told.total, told.page, told.pages, told.rows) == (0, 1, 1, ())
    assert told.choices == Choices((), (), (), ())


# The order (R82)

ORDER: dict[Sort, Callable[[dict[str, Any]], Any]] = {
    Sort.FAMILY_NAME: lambda each: 0,
    Sort.GIVEN_NAME: lambda each: ["amelie", "an", "elise", "zoe"].index(each["plain"]),
    Sort.PUPIL_NUMBER: lambda each: each["number"],
    Sort.GROUP: lambda each: each["group"].encode(),
    Sort.STATUS: lambda each: list(Status).index(each["status"]),
    Sort.TYPE: lambda each: list(Type).index(each["type"]),
}
FAMILIES = ["a'b", "a b", "Ab", "ÁB c", "B-c", "Çd", "é", "Zz"]  # in the order of a list
PEOPLE: list[dict[str, Any]] = [
    {
        "number": 900 - 7 * which,
        "given": given,
        "plain": plain,
        "family": FAMILIES[which % 8],
        "place": sorted(["a'b", "a b", "ab", "ab c", "b-c", "cd", "e", "zz"]).index(
            ["a'b", "a b", "ab", "ab c", "b-c", "cd", "e", "zz"][which % 8]
        ),
        "group": ["1ste", "10de", "2de", "École", "economie", "Eco"][which % 6],
        "status": status,
        "type": "" if status in ("none", "inactive") else kind,
        "kind": kind,
    }
    for which, (given, plain, status, kind) in enumerate(
        (given, plain, status, kind)
        for status in ("active", "blocked", "none", "protected")
        for kind in ("basic", "advanced")
        for given, plain in (("Zoë", "zoe"), ("Élise", "elise"), ("Amélie", "amelie"), ("an", "an"))
    )
]


@pytest.fixture
def all_kinds_of_names(db: Session) -> None:
    for each in PEOPLE:
        pupil(
            db,
            f"{each['given']} {each['family']}",
            each["number"],
            group=each["group"],
            kind=None if each["status"] == "none" else AccountKind(each["kind"]),
            blocked_at=NOW if each["status"] == "blocked" else None,
            protected_at=NOW if each["status"] == "protected" else None,
        )


@pytest.mark.usefixtures("all_kinds_of_names")
def test_R82_six_columns_both_ways_and_ties_by_name_and_stamnummer(db: Session) -> None:
    """The same on both engines, whatever language the database speaks."""
    by_name = sorted(PEOPLE, key=lambda each: (each["place"], each["plain"], each["number"]))
    for sort in Sort:
        for descending in (False, True):
            if sort is Sort.FAMILY_NAME:
                names = sorted({(each["place"], each["plain"]) for each in PEOPLE}, reverse=descending)
                expected = [
                    each["number"]
                    for name in names
                    for each in by_name
                    if (each["place"], each["plain"]) == name
                ]
            else:
                expected = [each["number"] for each in sorted(by_name, key=ORDER[sort], reverse=descending)]
            assert numbers(db, sort=sort, descending=descending) == expected, (sort, descending)


@pytest.mark.usefixtures("all_kinds_of_names")
def test_R80_R82_pages_together_are_the_list(db: Session) -> None:
    for sort in Sort:
        whole = numbers(db, sort=sort, per_page=100)
        pages = [page(db, sort=sort, per_page=25, page=which) for which in (1, 2)]
        assert [row.pupil_number for each in pages for row in each.rows] == whole
        assert [(each.total, each.pages, each.page) for each in pages] == [(32, 2, 1), (32, 2, 2)]
        beyond = page(db, sort=sort, per_page=25, page=99)
        assert (beyond.page, beyond.rows) == (2, pages[1].rows)


# Whose pupils


@pytest.fixture
def two_schools(db: Session) -> None:
    pupil(db, "Ann Aerts", 1, class_code="1A")
    pupil(db, "Bo Bex", 2, class_code="1B", kind=None)
    pupil(db, "Cas Celis", 3, class_code="2M", ends=YESTERDAY)
    pupil(db, "Ann Aerts", 1, school=5, class_code="1A", group="elders")
    pupil(db, "Dré Dirks", 4, school=5, class_code="1A", group="elders", blocked_at=NOW)


@pytest.mark.usefixtures("two_schools")
def test_OA_54_a_school_sees_its_own(db: Session) -> None:
    assert numbers(db) == [1, 2]
    assert numbers(db, beheerder(5)) == [1, 4]
    assert numbers(db, q="dirks") == []
    assert numbers(db, group="elders") == []
    assert page(db).choices.groups == ("6de leerjaar",)
    assert pupil_for(db, beheerder(), 4, NOW) is None
    assert [each.number for each in pupils_for(db, beheerder(), [4, 2, 1, 99], NOW)] == [1, 2]
    assert how_many(db, [beheerder(), beheerder(5)], NOW) == {2: 2, 5: 2}
    one, other = pupil_for(db, beheerder(), 1, NOW), pupil_for(db, beheerder(5), 1, NOW)
    assert one is not None
    assert other is not None
    assert one.person.id != other.person.id


@pytest.mark.usefixtures("two_schools")
def test_a_leerkracht_sees_the_own_classes_everywhere(db: Session) -> None:
    actor = leerkracht("1B", "2M")
    assert numbers(db, actor) == [2]
    assert numbers(db, actor, q="aerts") == []
    assert numbers(db, actor, status=Status.INACTIVE) == [3]
    assert page(db, actor).choices == Choices(("6de leerjaar",), ("1B",), (Status.NONE, Status.INACTIVE), ())
    assert pupil_for(db, actor, 1, NOW) is None
    assert [each.number for each in pupils_for(db, actor, [1, 2, 3], NOW)] == [2, 3]
    assert how_many(db, [actor], NOW) == {2: 1}


@pytest.mark.usefixtures("two_schools")
def test_a_leerkracht_without_classes_sees_nobody(db: Session) -> None:
    assert page(db, leerkracht()).total == 0
    assert pupil_for(db, leerkracht(), 1, NOW) is None
    assert how_many(db, [], NOW) == {}


@pytest.mark.usefixtures("two_schools")
def test_OA_54_a_number_that_nobody_can_have_is_nobodys(db: Session) -> None:
    assert pupils_for(db, beheerder(), [-1, 0, 2**31, 2**63, 10**30], NOW) == []


def test_OA_54_who_moved_yesterday_is_the_other_schools(db: Session) -> None:
    """The old school finds the enrolment that ended, and nothing of how the account does now."""
    left = pupil(db, "Ann Aerts", 1, ends=YESTERDAY, active_until=AUGUST)
    now_at = pupil(db, "Ann Aerts", 77, school=5, kind=None, starts=NOW.date(), ends=AUGUST)
    now_at.person_id = left.person_id
    db.flush()
    before, after = pupil_for(db, beheerder(), 1, NOW), pupil_for(db, beheerder(5), 77, NOW)
    assert before is not None
    assert after is not None
    assert before.account is None
    assert after.account is not None
    assert (after.status, after.enrolment.starts_on > SEPTEMBER) == ("active", True)
