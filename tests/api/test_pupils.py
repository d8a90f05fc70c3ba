"""The list of a school's pupils, and who is ticked in it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from idp.accounts.records import Account
from tests.api.staff import Caller, signed_in
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.statements import counted

SCHOOL = 2
PUPILS, SELECTION = f"/api/schools/{SCHOOL}/pupils", f"/api/schools/{SCHOOL}/selection"


@pytest.fixture
def els(provider: Provider) -> Made:
    provider.people.school(SCHOOL, "BRUSSEL-STAD - TEST School 2")
    return provider.people.staff(school=SCHOOL)


@pytest.fixture
def caller(provider: Provider, els: Made) -> Caller:
    return signed_in(provider, els)


@pytest.fixture
def the_manuals_pupils(provider: Provider, els: Made) -> dict[str, int]:
    """Those of the manual, by username or name."""
    pupil, enrolled = provider.people.pupil, provider.people.enrolled_only
    found = [
        ("Abdulghani", "Bogdan", 60351, "6de leerjaar", "basic"),
        ("Ardalan", "Bhatti", 32890, "2e lj 3e gr Elektromechanica TSO", "advanced"),
        ("Butrint", "Boeren", 47727, "2e lj 2e gr Wetenschappen ASO", "advanced"),
    ]
    for given, family, number, group, kind in found:
        pupil(
            kind,
            given_name=given,
            family_name=family,
            pupil_number=number,
            administrative_group=group,
            school=SCHOOL,
            class_code="6A" if kind == "basic" else "",
        )
    enrolled(
        given_name="Pieter-Alexander",
        family_name="Bogaert",
        pupil_number=93504,
        administrative_group="2e lj 1e gr Mechanica-elektriciteit",
        school=SCHOOL,
        class_code="2M",
    )
    return {given: number for given, _, number, _, _ in found} | {"Pieter-Alexander": 93504}


@pytest.mark.usefixtures("the_manuals_pupils")
def test_R76_R77_R80_R81_R82_R83_R84_a_page_of_the_list(caller: Caller) -> None:
    assert caller.post(SELECTION, {"add": [47727, 93504]}).json() == {"selected_total": 2}
    told = caller.told(PUPILS)
    rows = told.pop("rows")
    assert told == {
        "school": {"number": 2, "name": "BRUSSEL-STAD - TEST School 2"},
        "role": "beheerder",
        "total": 4,
        "page": 1,
        "pages": 1,
        "per_page": 50,
        "selected_total": 2,
        "reported_total": 0,
        "filters": {
            "groups": [
                "2e lj 1e gr Mechanica-elektriciteit",
                "2e lj 2e gr Wetenschappen ASO",
                "2e lj 3e gr Elektromechanica TSO",
                "6de leerjaar",
            ],
            "classes": ["2M", "6A"],
            "statuses": ["active", "none"],
            "types": ["basic", "advanced"],
        },
    }
    # R82: by Naam.
    assert [row["family_name"] for row in rows] == ["Bhatti", "Boeren", "Bogaert", "Bogdan"]
    assert rows[2] == {
        "pupil_number": 93504,
        "given_name": "Pieter-Alexander",
        "family_name": "Bogaert",
        "group": "2e lj 1e gr Mechanica-elektriciteit",
        "class": "2M",
        "status": "none",
        "type": "",
        "reported": False,
        "selected": True,
    }
    assert [row["type"] for row in rows] == ["advanced", "advanced", "", "basic"]
    assert [row["status"] for row in rows] == ["active", "active", "none", "active"]
    assert [row["selected"] for row in rows] == [False, True, True, False]


LISTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"q": "bog"}, ["Bogaert", "Bogdan"]),
    ({"q": "32890"}, ["Bhatti"]),
    ({"q": "Ardalan bha"}, ["Bhatti"]),
    ({"group": "6de leerjaar"}, ["Bogdan"]),
    ({"class": "2M"}, ["Bogaert"]),
    ({"status": "none"}, ["Bogaert"]),
    ({"status": "inactive"}, []),
    ({"type": "advanced"}, ["Bhatti", "Boeren"]),
    (
        {"q": "", "group": "", "class": "", "status": "", "type": ""},
        ["Bhatti", "Boeren", "Bogaert", "Bogdan"],
    ),
    ({"sort": "family_name", "direction": "desc"}, ["Bogdan", "Bogaert", "Boeren", "Bhatti"]),
    ({"sort": "pupil_number", "direction": "asc"}, ["Bhatti", "Boeren", "Bogdan", "Bogaert"]),
    ({"sort": "given_name"}, ["Bogdan", "Bhatti", "Boeren", "Bogaert"]),
    ({"sort": "group"}, ["Bogaert", "Boeren", "Bhatti", "Bogdan"]),
    ({"sort": "status", "direction": "desc"}, ["Bogaert", "Bhatti", "Boeren", "Bogdan"]),
    ({"sort": "type"}, ["Bogaert", "Bogdan", "Bhatti", "Boeren"]),
    ({"page": 7, "per_page": 25}, ["Bhatti", "Boeren", "Bogaert", "Bogdan"]),
]


@pytest.mark.usefixtures("the_manuals_pupils")
def test_R78_R79_R80_R82_searched_narrowed_and_sorted(caller: Caller) -> None:
    for query, found in LISTS:
        told = caller.told(PUPILS, **query)
        assert ([row["family_name"] for row in told["rows"]], told["total"]) == (found, len(found)), query
        assert told["page"] == told["pages"] == 1


NONSENSE: list[dict[str, Any]] = [
    {"status": "gone"},
    {"type": "staff"},
    {"sort": "birth_date"},
    {"sort": "list_name; drop table enrolments"},
    {"direction": "up"},
    {"page": 0},
    {"page": -1},
    {"page": "1.5"},
    {"page": "een"},
    {"page": 10**12},
    {"per_page": 1000},
    {"per_page": 51},
    {"q": "x" * 101},
    {"q": "a\x00b"},
    {"group": "\x00"},
    {"q": ["a", "b"]},
    {"school": 5},
    {"school_id": 5},
    {"class_code": "1A"},
]


def test_OA_55_what_the_list_does_not_know_is_refused(caller: Caller) -> None:
    for query in NONSENSE:
        assert caller.get(PUPILS, **query).status_code == 400, query


ODD_SELECTIONS: list[Any] = [
    [],
    {"pupils": [1]},
    {"add": ["1"]},
    {"add": [1.5]},
    {"add": [-1]},
    {"add": [2**31]},
    {"add": [True]},
    {"add": list(range(5001))},
    {"clear": "yes"},
    {"all_of": {"school": 5}},
    {"all_of": {"status": "gone"}},
    {"all_of": {"group": "a\x00b"}},
    {"all_of": {"q": "half \ud800"}},
    {"add": [1], "school_number": 5},
    {"add": [1], "session_digest": "other"},
]


@pytest.mark.usefixtures("the_manuals_pupils")
def test_OA_55_a_selection_says_what_it_may_and_nothing_else(caller: Caller) -> None:
    for body in ODD_SELECTIONS:
        assert caller.post(SELECTION, body).status_code == 400, body
    twice = caller.ask(
        "POST", SELECTION, data=b'{"add": [32890], "add": []}', headers={"Content-Type": "application/json"}
    )
    assert twice.status_code == 400
    assert caller.ask("POST", SELECTION, data={"add": "32890"}).status_code == 415
    assert caller.told(PUPILS)["selected_total"] == 0


@pytest.mark.usefixtures("the_manuals_pupils")
def test_R84_ticks_stay_under_another_filter_and_end_with_the_sign_in(
    provider: Provider, els: Made, caller: Caller
) -> None:
    assert (
        caller.post(SELECTION, {"all_of": {"type": "advanced"}, "add": [93504, 1]}).json()["selected_total"]
        == 3
    )
    told = caller.told(PUPILS, q="bogdan")
    assert (told["selected_total"], told["rows"][0]["selected"]) == (3, False)
    assert caller.post(SELECTION, {"remove": [93504]}).json()["selected_total"] == 2
    another = signed_in(provider, els)
    assert another.told(PUPILS)["selected_total"] == 0
    assert another.post(SELECTION, {"clear": True, "all_of": {"q": "bog"}}).json() == {"selected_total": 2}
    assert caller.told(PUPILS)["selected_total"] == 2
    assert caller.post(SELECTION, {"clear": True}).json() == {"selected_total": 0}


def test_R28_every_status_has_its_word(provider: Provider, caller: Caller) -> None:
    now, people = provider.clock(), provider.people
    moments: dict[str, dict[str, Any]] = {
        "blocked": {"blocked_at": now},
        "protected": {"protected_at": now},
        "expired": {"temporary_until": now},
        "active": {},
    }
    for given, values in moments.items():
        pupil = people.pupil("advanced", school=SCHOOL, given_name=given)
        with provider.db() as db:
            db.execute(update(Account).where(Account.id == pupil.account_id).values(**values, username=given))
    rows = caller.told(PUPILS)["rows"]
    assert {row["given_name"]: row["status"] for row in rows} == {each: each for each in moments}
    for status in moments:
        assert caller.told(PUPILS, status=status)["total"] == 1


def test_a_list_takes_few_questions_to_the_database(
    provider: Provider, caller: Caller, database_kind: str
) -> None:
    provider.people.many(60, school=SCHOOL, without_account=2)
    with counted(provider.engine) as statements:
        assert caller.told(PUPILS, q="a", per_page=25)["total"] > 25
    confining = 2 if database_kind == "postgresql" else 0
    assert len(statements) == 7 + confining, statements
    assert [each for each in statements if each.startswith(("INSERT", "UPDATE", "DELETE"))] == statements[-1:]


def test_OA_54_a_leerkracht_has_the_list_of_the_own_classes(provider: Provider, els: Made) -> None:
    people = provider.people
    for class_code in ("1A", "1B"):
        people.many(3, school=SCHOOL, classes=(class_code,))
    caller = signed_in(provider, people.staff(school=SCHOOL, role="leerkracht", classes=("1B",)))
    told = caller.told(PUPILS)
    assert (told["role"], told["total"], told["filters"]["classes"]) == ("leerkracht", 3, ["1B"])
    assert {row["class"] for row in told["rows"]} == {"1B"}
    assert caller.told(PUPILS, **{"class": "1A"})["total"] == 0
    assert caller.post(SELECTION, {"all_of": {}, "add": [1, 2, 3]}).json() == {"selected_total": 3}
