"""What the API tells a portal about whoever is signed in there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, event, update

from idp.accounts.records import Account
from idp.rules.belgian_time import school_day
from idp.schools.records import Enrolment
from tests.api.tokens import token_for
from tests.portals.desks import Desks
from tests.support.people import Made


def ask(desks: Desks, path: str, token: str) -> requests.Response:
    return requests.get(
        desks.provider.issuer + path, headers={"Authorization": f"Bearer {token}"}, timeout=10
    )


def me(desks: Desks, who: Made, desk: str = "leerlingloket") -> Any:
    answer = ask(desks, "/api/me", token_for(desks, who, desk))
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(desks: Desks, who: Made) -> list[str]:
    answer = ask(desks, "/api/me/applications", token_for(desks, who))
    return [each["name"] for each in answer.json()["applications"]]


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
    assert told.pop("created_on") == school_day(desks.provider.clock()).isoformat()
    assert told == {
        "username": pupil.username,
        "kind": "basic",
        "password_kind": "text",
        "given_name": "Ardalan",
        "family_name": "Bhatti",
        "initials": "BA",
        "greeting": "Ardalan B.",
        "email": None,
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


# The dashboard


def test_R50_a_tile_has_all_it_needs(desks: Desks) -> None:
    token = token_for(desks, desks.provider.people.pupil("basic", school=2))
    (told,) = ask(desks, "/api/me/applications", token).json()["applications"]
    assert told["client_id"] == "rekenrijk"
    assert told["name"] == "Rekenrijk"
    assert told["description"] == "Oefen rekenen op jouw tempo."
    assert told["logo"] == desks.provider.issuer + "/applications/rekenrijk/logo"
    assert told["open_url"].startswith(desks.rekenrijk.origin + "/login?iss=http%3A%2F%2F127.0.0.1")
    assert told["claims"] == [
        {"claim": "given_name", "purpose": "Om je te begroeten"},
        {"claim": "class", "purpose": "Om te tonen in welke klas je zit"},
    ]


def test_R50_tiles_are_in_the_order_of_their_names_and_only_what_belongs_on_a_dashboard(desks: Desks) -> None:
    start = {"initiate_login_uri": "https://oefenapp.example/start", "dashboard": True}
    desks.provider.relying_party("zon", name="Zon", **start)
    desks.provider.relying_party("appel", name="appel", **start)
    desks.provider.relying_party("verborgen", name="Verborgen", initiate_login_uri="https://x.example/")
    desks.provider.relying_party("zonder-deur", name="Zonder deur", dashboard=True)
    pupil = desks.provider.people.pupil("basic", school=2)
    assert names(desks, pupil) == ["appel", "Rekenrijk", "Zon"]


def test_an_application_of_some_schools_is_shown_to_their_pupils_only(desks: Desks) -> None:
    desks.provider.relying_party(
        "alleen-hier",
        name="Alleen hier",
        initiate_login_uri="https://x.example/",
        dashboard=True,
        schools=[31245],
    )
    people = desks.provider.people
    assert "Alleen hier" in names(desks, people.pupil("basic", school=31245))
    assert "Alleen hier" not in names(desks, people.pupil("basic", school=2))
    assert "Alleen hier" not in names(desks, people.pupil("basic"))


def test_an_application_beyond_a_pupils_reach_is_not_shown(desks: Desks) -> None:
    desks.provider.relying_party(
        "kluis",
        name="Kluis",
        initiate_login_uri="https://x.example/",
        dashboard=True,
        minimum_acr="urn:leerid:acr:password",
    )
    people = desks.provider.people
    assert "Kluis" in names(desks, people.pupil("advanced", school=2))
    assert "Kluis" not in names(desks, people.pupil("basic", school=2))
    assert "Kluis" not in names(desks, people.pupil("pictures", school=2))


def test_staff_see_no_applications(desks: Desks) -> None:
    assert names(desks, desks.provider.people.staff(school=2)) == []


def test_an_opening_address_with_a_query_of_its_own_keeps_it(desks: Desks) -> None:
    desks.provider.relying_party(
        "vraag", name="Vraag", initiate_login_uri="https://x.example/start?van=leerid", dashboard=True
    )
    token = token_for(desks, desks.provider.people.pupil("basic", school=2))
    told = ask(desks, "/api/me/applications", token).json()["applications"]
    address = next(each["open_url"] for each in told if each["client_id"] == "vraag")
    assert address.startswith("https://x.example/start?van=leerid&iss=")


# What it costs


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/api/me", "/api/me/applications"])
def test_an_answer_takes_three_questions_to_the_database(desks: Desks, path: str) -> None:
    token = token_for(desks, desks.provider.people.pupil("basic", school=2))
    with counted(desks.provider.engine) as statements:
        assert ask(desks, path, token).status_code == 200
    assert len(statements) <= 3, statements
    assert not any(statement.startswith(("INSERT", "UPDATE", "DELETE")) for statement in statements)
