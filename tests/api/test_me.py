"""What the API tells a portal about whoever is signed in there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import requests
from sqlalchemy import update

from idp.accounts.records import Account
from idp.rules.belgian_time import school_day
from idp.schools.records import Enrolment
from tests.api.tokens import token_for
from tests.portals.desks import Desks
from tests.support.people import Made
from tests.support.statements import counted


def ask(desks: Desks, path: str, token: str) -> requests.Response:
    return requests.get(
        desks.provider.issuer + path, headers={"Authorization": f"Bearer {token}"}, timeout=10
    )


def me(desks: Desks, who: Made, desk: str = "leerlingloket") -> Any:
    answer = ask(desks, "/api/me", token_for(desks, who, desk))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_R55_R56_a_pupil(desks: Desks) -> None:
    people = desks.provider.people
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    pupil = people.pupil(
        "basic",
        given_name="Ardalan",
        family_name="Bhatti",
        school=2,
        class_code="3A",
        active_until=date(2035, 8, 31),
    )
    told = me(desks, pupil)
    assert told.pop("last_sign_in_at").endswith("+00:00")
    assert 29 * 60 < told.pop("idle_seconds") <= 30 * 60
    assert told.pop("created_on") == school_day(desks.provider.clock()).isoformat()
    assert told == {
        "username": pupil.username,
        "kind": "basic",
        "password_kind": "text",
        "given_name": "Ardalan",
        "family_name": "Bhatti",
        "initials": "BA",
        "greeting": "Ardalan B.",
        "language": None,
        "email": None,
        "pending_email": None,
        "link_hours": 24,
        "must_choose_password": False,
        "may_choose_password": False,
        "may_link_email": False,
        "enrolments": [
            {
                "school_name": "BRUSSEL-STAD - TEST School 2",
                "school_number": 2,
                "pupil_number": 1,
                "administrative_group": "3A",
                "class": "3A",
                "until": "2035-08-31",
            }
        ],
        "staff": [],
    }


@pytest.mark.parametrize(
    ("kind", "password_kind", "may"), [("pictures", "pictures", False), ("advanced", "text", True)]
)
def test_R4_R13_R17_what_each_kind_may_do(desks: Desks, kind: str, password_kind: str, may: bool) -> None:
    told = me(desks, desks.provider.people.pupil(kind, school=2))
    assert told["password_kind"] == password_kind
    assert told["may_choose_password"] is may
    assert told["may_link_email"] is may


def test_an_address_comes_with_whether_it_is_verified(desks: Desks) -> None:
    told = me(desks, desks.provider.people.pupil("advanced", school=2, email="Finn.Maes@post.example"))
    assert told["email"] == {"address": "Finn.Maes@post.example", "verified": True}


def test_only_enrolments_of_today_are_told(desks: Desks) -> None:
    pupil = desks.provider.people.pupil("basic", school=2)
    desks.provider.people.school(31245)
    with desks.provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        desks.provider.people.enrol(db, account, 31245, "2A", date(2035, 6, 30))
        later = update(Enrolment).where(Enrolment.school_number == 31245)
        db.execute(later.values(starts_on=date(2035, 1, 1)))
    assert [each["school_number"] for each in me(desks, pupil)["enrolments"]] == [2]


def test_R76_staff_have_schools_with_the_number_of_pupils(desks: Desks) -> None:
    people = desks.provider.people
    people.school(31245, "Basisschool De Vlinder")
    staff = people.staff(school=31245)
    for _ in range(2):
        people.pupil("basic", school=31245)
    people.pupil("basic", school=2)
    told = me(desks, staff, "schoolloket")
    assert told["kind"] == "staff"
    assert told["enrolments"] == []
    assert told["staff"] == [
        {
            "school_number": 31245,
            "school_name": "Basisschool De Vlinder",
            "role": "beheerder",
            "pupils": 2,
        }
    ]


def test_a_staff_members_school_without_pupils_has_none(desks: Desks) -> None:
    told = me(desks, desks.provider.people.staff(school=31245), "schoolloket")
    assert told["staff"][0]["pupils"] == 0


# What it costs


@pytest.mark.parametrize(("path", "most"), [("/api/me", 3), ("/api/me/applications", 4)])
def test_an_answer_takes_few_questions_to_the_database(desks: Desks, path: str, most: int) -> None:
    token = token_for(desks, desks.provider.people.pupil("basic", school=2))
    with counted(desks.provider.engine) as statements:
        assert ask(desks, path, token).status_code == 200
    assert len(statements) <= most, statements
    assert not any(statement.startswith(("INSERT", "UPDATE", "DELETE")) for statement in statements)
