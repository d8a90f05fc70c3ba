"""CV-27: who may call what. Every described address of the API times everybody who might try, from one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
import requests
from sqlalchemy import select

from idp.accounts.records import Account
from idp.api.describing import calls
from idp.schools.appointments import appointments_of, dismiss
from idp.schools.records import Operator
from tests.api.staff import Caller, nobody, signed_in
from tests.support.people import Made
from tests.support.provider import Provider

SCHOOL, ANOTHER = 2, 5
HERE = f"/api/schools/{SCHOOL}"
FEED = (
    "instellingsnummer;stamnummer;voornaam;naam;administratieve_groep;onderwijs;begin;einde\n"
    "77;1;Mila;Janssens;1ste leerjaar;andere;2020-09-01;2150-08-31\n"
)


class Who(Enum):
    """Everybody who might try, in the order of the table's columns."""

    NOBODY = "no token"
    PUPIL = "a pupil, with the token of the Leerlingloket"
    PUPIL_THERE = "a pupil who signed in at the Schoolloket"
    TEACHER = "a leerkracht of the pupil's class"
    OTHER_TEACHER = "a leerkracht of another class"
    BEHEERDER = "a beheerder of the school"
    FOREIGN = "a beheerder of another school"
    DISMISSED = "somebody who was a beheerder of the school"
    OPERATOR = "an operator"


@dataclass(frozen=True)
class World:
    """One pupil in class 1A, and everybody around."""

    provider: Provider
    callers: Mapping[Who, Caller]
    older: Caller
    pupil: Made
    fault: str

    def get(self, who: Who, path: str, **query: Any) -> requests.Response:
        return self.callers[who].get(path, **query)

    def post(self, who: Who, path: str, body: Any = None) -> requests.Response:
        return self.callers[who].post(path, body)

    def put(self, who: Who, path: str, body: Any) -> requests.Response:
        return self.callers[who].ask("PUT", path, json=body)

    def delete(self, who: Who, path: str) -> requests.Response:
        return self.callers[who].ask("DELETE", path)

    def linking(self, who: Who, method: str, path: str, body: Any = None) -> requests.Response:
        """An e-mail address is for a pupil with an advanced account (R17)."""
        caller = self.older if who is Who.PUPIL else self.callers[who]
        return caller.ask(method, path, json=body)

    def application(self, path: str = "") -> str:
        """One that belongs on the dashboard, switched on."""
        self.provider.relying_party(
            "oefenapp", dashboard=True, initiate_login_uri="https://oefenapp.example/"
        )
        return f"oefenapp{path}"

    def one(self, path: str = "") -> str:
        return f"{HERE}/pupils/{self.pupil.number}{path}"

    def proposed(self, who: Who, path: str = "") -> str:
        """A renewal of their own for those who can have one; for everybody else, the beheerder's."""
        owner = who if who is Who.TEACHER else Who.BEHEERDER
        wish = {"purpose": "renewal", "pupils": [self.pupil.number]}
        answer = self.post(owner, f"{HERE}/renewals", wish)
        assert answer.status_code == 201, answer.text
        return f"{HERE}/renewals/{answer.json()['id']}{path}"

    def saved(self, who: Who, path: str) -> str:
        owner = who if who is Who.TEACHER else Who.BEHEERDER
        renewal = self.proposed(who)
        assert self.post(owner, f"{renewal}/save", {}).json()["state"] == "saved"
        return renewal + path

    def sent(self, path: str = "") -> str:
        answer = send(self, Who.OPERATOR)
        assert answer.status_code == 201, answer.text
        return f"/api/imports/{answer.json()['id']}{path}"


def send(world: World, who: Who) -> requests.Response:
    feed = {"data": FEED.encode(), "headers": {"Content-Type": "text/csv"}}
    return world.callers[who].ask("POST", "/api/imports", **feed)


Try = Callable[[World, Who], requests.Response]

# Who is let in, by the column of `Who`. 401: who are you; 403: not with this token or role; 404: that isn't here.
ANYBODY = (401, 200, 200, 200, 200, 200, 200, 401, 200)
PUPILS = (401, 200, 403, 403, 403, 403, 403, 401, 403)
STAFF = (401, 403, 403, 200, 200, 200, 200, 401, 200)
AT_SCHOOL = (401, 403, 403, 200, 200, 200, 404, 401, 404)
PASSED_OVER = (401, 403, 403, 204, 204, 204, 404, 401, 404)
SEES_PUPIL = (401, 403, 403, 200, 404, 200, 404, 401, 404)
DOES_TO_PUPIL = (401, 403, 403, 204, 404, 204, 404, 401, 404)
BEHEERDER = (401, 403, 403, 403, 403, 200, 404, 401, 404)
PROPOSES = (401, 403, 403, 201, 201, 201, 404, 401, 404)
OPERATOR = (401, 403, 403, 404, 404, 404, 404, 401, 200)
PORTALS_THEMSELVES = (401,) * 9

TABLE: dict[str, tuple[tuple[int, ...], Try]] = {
    "GET /api/me": (ANYBODY, lambda world, who: world.get(who, "/api/me")),
    "PUT /api/me/language": (
        tuple(204 if status == 200 else status for status in ANYBODY),
        lambda world, who: world.put(who, "/api/me/language", {"language": "fr"}),
    ),
    "GET /api/me/email": (PUPILS, lambda world, who: world.linking(who, "GET", "/api/me/email")),
    "PUT /api/me/email": (
        PUPILS,
        lambda world, who: world.linking(who, "PUT", "/api/me/email", {"email": "an@post.example"}),
    ),
    # After the call before this one there is something to send again.
    "POST /api/me/email/resend": (
        PUPILS,
        lambda world, who: world.linking(who, "POST", "/api/me/email/resend"),
    ),
    "DELETE /api/me/email": (
        tuple(204 if status == 200 else status for status in PUPILS),
        lambda world, who: world.linking(who, "DELETE", "/api/me/email"),
    ),
    "GET /api/me/applications": (PUPILS, lambda world, who: world.get(who, "/api/me/applications")),
    "PUT /api/me/applications/<client_id>/favourite": (
        tuple(204 if status == 200 else status for status in PUPILS),
        lambda world, who: world.put(who, f"/api/me/applications/{world.application('/favourite')}", None),
    ),
    "DELETE /api/me/applications/<client_id>/favourite": (
        tuple(204 if status == 200 else status for status in PUPILS),
        lambda world, who: world.delete(who, f"/api/me/applications/{world.application('/favourite')}"),
    ),
    "POST /api/me/still-here": (PUPILS, lambda world, who: world.post(who, "/api/me/still-here")),
    "GET /api/me/activity": (PUPILS, lambda world, who: world.get(who, "/api/me/activity")),
    "GET /api/me/sign-ins": (PUPILS, lambda world, who: world.get(who, "/api/me/sign-ins")),
    # A sign-in and an access that are nobody's; the others end what another row still needs.
    "DELETE /api/me/sign-ins/<ref>": (
        tuple(404 if status == 200 else status for status in PUPILS),
        lambda world, who: world.delete(who, f"/api/me/sign-ins/{'0' * 32}"),
    ),
    "DELETE /api/me/applications/<client_id>/access": (
        tuple(404 if status == 200 else status for status in PUPILS),
        lambda world, who: world.delete(who, "/api/me/applications/nergens/access"),
    ),
    "POST /api/me/sign-ins/end-others": (
        tuple(204 if status == 200 else status for status in PUPILS),
        lambda world, who: world.linking(who, "POST", "/api/me/sign-ins/end-others"),
    ),
    # An advanced pupil takes it alone; a basic one is handed it by the school (PR-13).
    "GET /api/me/data.json": (PUPILS, lambda world, who: world.linking(who, "GET", "/api/me/data.json")),
    "GET /api/me/data.pdf": (PUPILS, lambda world, who: world.linking(who, "GET", "/api/me/data.pdf")),
    "GET /api/schools": (STAFF, lambda world, who: world.get(who, "/api/schools")),
    "POST /api/faults": (
        PORTALS_THEMSELVES,
        lambda world, who: world.post(
            who, "/api/faults", {"number": "ABCDE-23456", "status": 500, "reason": "fault", "route": "/"}
        ),
    ),
    # A list, and who is ticked in it: a leerkracht has a list of the own classes, and ticks nobody else.
    "GET /api/schools/<int:school>/pupils": (
        AT_SCHOOL,
        lambda world, who: world.get(who, f"{HERE}/pupils"),
    ),
    "POST /api/schools/<int:school>/selection": (
        AT_SCHOOL,
        lambda world, who: world.post(who, f"{HERE}/selection", {"add": [world.pupil.number]}),
    ),
    "POST /api/schools/<int:school>/handed-out": (
        PASSED_OVER,
        lambda world, who: world.post(who, f"{HERE}/handed-out", {"pupils": [world.pupil.number]}),
    ),
    # One pupil
    "GET /api/schools/<int:school>/pupils/<int:number>": (
        SEES_PUPIL,
        lambda world, who: world.get(who, world.one()),
    ),
    "POST /api/schools/<int:school>/pupils/<int:number>/unlock": (
        DOES_TO_PUPIL,
        lambda world, who: world.post(who, world.one("/unlock")),
    ),
    "POST /api/schools/<int:school>/pupils/<int:number>/report-settled": (
        DOES_TO_PUPIL,
        lambda world, who: world.post(who, world.one("/report-settled")),
    ),
    "GET /api/schools/<int:school>/pupils/<int:number>/data.json": (
        BEHEERDER,
        lambda world, who: world.get(who, world.one("/data.json")),
    ),
    "GET /api/schools/<int:school>/pupils/<int:number>/data.pdf": (
        BEHEERDER,
        lambda world, who: world.get(who, world.one("/data.pdf")),
    ),
    "POST /api/schools/<int:school>/pupils/<int:number>/handed-out": (
        DOES_TO_PUPIL,
        lambda world, who: world.post(who, world.one("/handed-out"), {"handed_out": True}),
    ),
    "POST /api/schools/<int:school>/pupils/<int:number>/username": (
        BEHEERDER,
        lambda world, who: world.post(who, world.one("/username"), {"username": "mila.bloem"}),
    ),
    "GET /api/schools/<int:school>/usernames": (
        BEHEERDER,
        lambda world, who: world.get(who, f"{HERE}/usernames", candidate="mila.bloem"),
    ),
    "GET /api/schools/<int:school>/cards.pdf": (
        SEES_PUPIL,
        lambda world, who: world.get(who, f"{HERE}/cards.pdf", pupils=world.pupil.number),
    ),
    "GET /api/schools/<int:school>/pupils.xlsx": (
        BEHEERDER,
        lambda world, who: world.get(who, f"{HERE}/pupils.xlsx"),
    ),
    # A renewal is its own sign-in's: a leerkracht has one, the others try the beheerder's.
    "POST /api/schools/<int:school>/renewals": (
        PROPOSES,
        lambda world, who: world.post(
            who, f"{HERE}/renewals", {"purpose": "renewal", "pupils": [world.pupil.number]}
        ),
    ),
    "GET /api/schools/<int:school>/renewals/<uuid:renewal>": (
        SEES_PUPIL,
        lambda world, who: world.get(who, world.proposed(who)),
    ),
    "DELETE /api/schools/<int:school>/renewals/<uuid:renewal>": (
        DOES_TO_PUPIL,
        lambda world, who: world.delete(who, world.proposed(who)),
    ),
    "POST /api/schools/<int:school>/renewals/<uuid:renewal>/basic-secret": (
        DOES_TO_PUPIL,
        lambda world, who: world.post(who, world.proposed(who, "/basic-secret"), {"basic_secret": "text"}),
    ),
    "POST /api/schools/<int:school>/renewals/<uuid:renewal>/save": (
        SEES_PUPIL,
        lambda world, who: world.post(who, world.proposed(who, "/save"), {}),
    ),
    "GET /api/schools/<int:school>/renewals/<uuid:renewal>/cards.pdf": (
        SEES_PUPIL,
        lambda world, who: world.get(who, world.saved(who, "/cards.pdf")),
    ),
    "GET /api/schools/<int:school>/renewals/<uuid:renewal>/accounts.xlsx": (
        BEHEERDER,
        lambda world, who: world.get(who, world.saved(who, "/accounts.xlsx")),
    ),
    "GET /api/schools/<int:school>/renewals/<uuid:renewal>/accounts.csv": (
        BEHEERDER,
        lambda world, who: world.get(who, world.saved(who, "/accounts.csv")),
    ),
    # The applications of the school
    "GET /api/schools/<int:school>/applications": (
        BEHEERDER,
        lambda world, who: world.get(who, f"{HERE}/applications"),
    ),
    "PUT /api/schools/<int:school>/applications": (
        tuple(204 if status == 200 else status for status in BEHEERDER),
        lambda world, who: world.put(who, f"{HERE}/applications", {"applications": [world.application()]}),
    ),
    "PUT /api/schools/<int:school>/applications/<client_id>": (
        BEHEERDER,
        lambda world, who: world.put(who, f"{HERE}/applications/{world.application()}", {"on": True}),
    ),
    # What happened
    "GET /api/schools/<int:school>/log": (BEHEERDER, lambda world, who: world.get(who, f"{HERE}/log")),
    "GET /api/schools/<int:school>/log.csv": (
        BEHEERDER,
        lambda world, who: world.get(who, f"{HERE}/log.csv"),
    ),
    "GET /api/schools/<int:school>/faults/<number>": (
        BEHEERDER,
        lambda world, who: world.get(who, f"{HERE}/faults/{world.fault}"),
    ),
    # What could not be delivered
    "GET /api/operators/undelivered": (
        OPERATOR,
        lambda world, who: world.get(who, "/api/operators/undelivered"),
    ),
    # The feed of enrolments
    "GET /api/imports": (OPERATOR, lambda world, who: world.get(who, "/api/imports")),
    "POST /api/imports": ((*OPERATOR[:-1], 201), send),
    "GET /api/imports/<uuid:import_id>": (OPERATOR, lambda world, who: world.get(who, world.sent())),
    "POST /api/imports/<uuid:import_id>/apply": (
        OPERATOR,
        lambda world, who: world.post(who, world.sent("/apply"), {"confirmed": True}),
    ),
    "DELETE /api/imports/<uuid:import_id>": (
        (*OPERATOR[:-1], 204),
        lambda world, who: world.delete(who, world.sent()),
    ),
    # The last of all: after it, that pupil is signed in nowhere.
    "POST /api/me/not-me": (
        tuple(204 if status == 200 else status for status in PUPILS),
        lambda world, who: world.linking(who, "POST", "/api/me/not-me"),
    ),
}


@pytest.fixture
def world(provider: Provider) -> World:
    people = provider.people
    pupil, classmate = (people.pupil("basic", school=SCHOOL, class_code="1A") for _ in range(2))
    beheerder, foreign = people.staff(school=SCHOOL), people.staff(school=ANOTHER)
    dismissed, operator = people.staff(school=SCHOOL), people.staff()
    own, other = (people.staff(school=SCHOOL, role="leerkracht", classes=(each,)) for each in ("1A", "1B"))
    with provider.db() as db:
        db.add(Operator(account_id=operator.account_id, since=provider.clock()))
    signing_in = {
        Who.PUPIL: (classmate, "leerid:self"),
        Who.PUPIL_THERE: (classmate, "leerid:school"),
        Who.TEACHER: (own, "leerid:school"),
        Who.OTHER_TEACHER: (other, "leerid:school"),
        Who.BEHEERDER: (beheerder, "leerid:school"),
        Who.FOREIGN: (foreign, "leerid:school"),
        Who.DISMISSED: (dismissed, "leerid:school"),
        Who.OPERATOR: (operator, "leerid:school"),
    }
    callers = {who: signed_in(provider, made, scope) for who, (made, scope) in signing_in.items()}
    send_away(provider, dismissed)
    number = requests.get(f"{provider.origin}/nergens", timeout=10).headers["X-Request-Id"]
    older = signed_in(provider, people.pupil("advanced", school=SCHOOL), "leerid:self")
    return World(provider, {Who.NOBODY: nobody(provider), **callers}, older, pupil, number)


def send_away(provider: Provider, who: Made) -> None:
    with provider.db() as db:
        for appointment in appointments_of(db, who.account_id):
            dismiss(db, appointment, provider.clock())
        assert db.scalars(select(Account).where(Account.id == who.account_id)).one().active_until


def test_CV_27_every_described_address_is_in_the_table(provider: Provider) -> None:
    described = {f"{method} {rule.rule}" for rule, method, _call in calls(provider.app)}
    assert described == set(TABLE), "say who may call a new address"


def test_CV_27_OA_54_OA_56_CV_45_who_may_call_what(world: World) -> None:
    wrong = []
    for address, (expected, attempt) in TABLE.items():
        for who, status in zip(Who, expected, strict=True):
            answer = attempt(world, who)
            if answer.status_code != status:
                wrong.append((address, who.value, answer.status_code, status, answer.text[:150]))
    assert wrong == []


def test_R95_no_call_takes_a_password(provider: Provider) -> None:
    """Passwords are made, and typed on the provider's own pages only."""
    asked = {
        name
        for _rule, _method, call in calls(provider.app)
        for name in {**call.query, **(call.body or {}).get("properties", {})}
    }
    assert "username" in asked
    assert not [name for name in asked if "password" in name]
    assert {name for name in asked if "secret" in name} == {"basic_secret"}, (
        "which kind it is, not what it is"
    )
