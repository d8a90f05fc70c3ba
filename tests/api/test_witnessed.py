"""Nothing of a pupil is seen or changed in silence: every call at a school leaves its event (OA-61)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from idp.accounts.records import Account, AuditEvent
from idp.api.describing import calls
from tests.api.staff import Caller, signed_in
from tests.support.people import Made
from tests.support.provider import Provider

SCHOOL = 31245

# What each call leaves. Besides, what happens to each of several pupils has an event of its own.
LEAVES = {
    "pupils": ["pupils:listed"],
    "pupil": ["pupil:viewed"],
    "rename": ["pupil:renamed"],
    "unlock": ["pupil:unlocked"],
    "settle_report": ["pupil:report-settled"],
    "pupil_data_json": ["pupil:data-taken"],
    "pupil_data_pdf": ["pupil:data-taken"],
    "handed_out": ["pupil:handed-out"],
    "all_handed_out": ["pupil:handed-out", "pupil:handed-out"],
    "print_cards": ["card:printed"],
    "export_pupils": ["pupils:exported"],
    "propose": ["renewal:proposed"],
    "look": ["renewal:viewed"],
    "save": ["account:password-renewed", "account:password-renewed", "renewal:saved"],
    "drop": ["renewal:cancelled"],
    "print_renewal": ["renewal:printed"],
    "export_renewal": ["renewal:exported"],
    "merge_renewal": ["renewal:exported"],
    "order_applications": ["applications:ordered"],
    "switch_application": ["application:switched-off"],
    "read_log": ["log:read"],
    "export_log": ["log:exported"],
    "look_up_fault": ["fault:looked-up"],
}
# These tell nothing about a pupil and change nothing of one: a tick in a list, whether a username is free, a choice that
# the proposal's next view shows.
SILENT = {"select_pupils", "usernames", "choose_basic_secret", "school_applications"}


@dataclass
class Walk:
    """A beheerder who makes every call there is, and the events that each one left."""

    provider: Provider
    beheerder: Made
    caller: Caller
    left: dict[str, list[AuditEvent]] = field(default_factory=dict)

    def ask(self, endpoint: str, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        before = self.newest()
        answer = self.caller.ask(method, f"/api/schools/{SCHOOL}{path}", json=body, params=query)
        assert answer.ok, f"{endpoint}: {answer.status_code} {answer.text[:300]}"
        with self.provider.reading() as db:
            found = db.scalars(select(AuditEvent).where(AuditEvent.id > before).order_by(AuditEvent.id))
            self.left[endpoint] = list(found)
        for each in self.left[endpoint]:
            assert each.actor_id == self.beheerder.account_id, endpoint
            assert each.school_number == SCHOOL, endpoint
            assert each.request_id == answer.headers["X-Request-Id"], endpoint
        return answer

    def newest(self) -> int:
        with self.provider.reading() as db:
            return db.scalar(select(AuditEvent.id).order_by(AuditEvent.id.desc()).limit(1)) or 0

    def renewal(self, pupil: Made, *others: Made) -> str:
        wanted = {"purpose": "renewal", "pupils": [pupil.number], "basic_secret": "same"}
        wanted["pupils"] = [each.number for each in (pupil, *others)]
        return f"/renewals/{self.ask('propose', 'POST', '/renewals', wanted).json()['id']}"


def walk_through(walk: Walk) -> None:
    people = walk.provider.people
    amber, bram = (people.pupil("basic", school=SCHOOL) for _ in range(2))
    with walk.provider.db() as db:
        protected = update(Account).where(Account.id == amber.account_id)
        db.execute(protected.values(protected_at=walk.provider.clock()))
    one = f"/pupils/{amber.number}"
    walk.ask("pupils", "GET", "/pupils")
    walk.ask("select_pupils", "POST", "/selection", {"add": [amber.number, bram.number]})
    walk.ask("pupil", "GET", one)
    walk.ask("usernames", "GET", "/usernames", candidate="amber.nieuw", pupil=amber.number)
    walk.ask("rename", "POST", f"{one}/username", {"username": "amber.nieuw"})
    walk.ask("unlock", "POST", f"{one}/unlock")
    walk.ask("settle_report", "POST", f"{one}/report-settled")
    for form in ("json", "pdf"):
        walk.ask(f"pupil_data_{form}", "GET", f"{one}/data.{form}")
    walk.ask("handed_out", "POST", f"{one}/handed-out", {"handed_out": True})
    walk.ask("all_handed_out", "POST", "/handed-out", {"pupils": [amber.number, bram.number]})
    walk.ask("print_cards", "GET", "/cards.pdf", pupils="selected")
    walk.ask("export_pupils", "GET", "/pupils.xlsx")
    renewal = walk.renewal(amber, bram)
    walk.ask("look", "GET", renewal)
    walk.ask("choose_basic_secret", "POST", f"{renewal}/basic-secret", {"basic_secret": "text"})
    walk.ask("save", "POST", f"{renewal}/save", {})
    walk.ask("print_renewal", "GET", f"{renewal}/cards.pdf")
    walk.ask("export_renewal", "GET", f"{renewal}/accounts.xlsx")
    walk.ask("merge_renewal", "GET", f"{renewal}/accounts.csv")
    walk.ask("drop", "DELETE", walk.renewal(bram))
    walk.provider.relying_party("oefenapp")
    walk.ask("school_applications", "GET", "/applications")
    walk.ask("order_applications", "PUT", "/applications", {"applications": ["oefenapp"]})
    walk.ask("switch_application", "PUT", "/applications/oefenapp", {"on": False})
    walk.ask("read_log", "GET", "/log")
    walk.ask("export_log", "GET", "/log.csv")
    number = requests.get(f"{walk.provider.origin}/nergens", timeout=10).headers["X-Request-Id"]
    walk.ask("look_up_fault", "GET", f"/faults/{number}")


def described_at_a_school(provider: Provider) -> set[str]:
    return {
        rule.endpoint.rpartition(".")[2]
        for rule, _method, _call in calls(provider.app)
        if rule.rule.startswith("/api/schools/<int:school>/")
    }


@pytest.fixture
def walk(provider: Provider) -> Walk:
    provider.people.school(SCHOOL)
    beheerder = provider.people.staff(school=SCHOOL)
    return Walk(provider, beheerder, signed_in(provider, beheerder))


def test_OA_61_every_call_at_a_school_leaves_its_event(provider: Provider, walk: Walk) -> None:
    walk_through(walk)
    assert set(walk.left) == described_at_a_school(provider), "a new call needs a step in this walk"
    left = {endpoint: [each.what for each in events] for endpoint, events in walk.left.items()}
    assert left == LEAVES | {endpoint: [] for endpoint in SILENT}


def test_OA_61_PR_11_what_was_searched_is_in_the_log_as_a_keyed_hash(provider: Provider, walk: Walk) -> None:
    amelie = provider.people.pupil("basic", school=SCHOOL, given_name="Amélie")
    walk.ask("once", "GET", "/pupils", q="amelie")
    walk.ask("again", "GET", "/pupils", q="Amélie")
    walk.ask("other", "GET", "/pupils", q="bram")
    once, again, other = (walk.left[name] for name in ("once", "again", "other"))
    assert [each.what for each in (*once, *again, *other)] == ["pupils:searched"] * 3
    assert once[0].detail == again[0].detail != other[0].detail
    assert once[0].detail["pupils"] == [amelie.number], "whom it showed"
    assert "amelie" not in str(once[0].detail).casefold()


def test_OA_61_what_is_refused_shows_nothing_and_leaves_nothing(provider: Provider, walk: Walk) -> None:
    before = walk.newest()
    for path in ("/pupils/9999", "/pupils?page=0", "/renewals/00000000-0000-4000-8000-000000000000"):
        assert not walk.caller.get(f"/api/schools/{SCHOOL}{path}").ok
    assert walk.newest() == before


def test_OA_63_more_pupils_than_an_hour_may_hold_are_refused_and_that_is_in_the_log(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(staff={"exported_pupils_an_hour": 4, "alarm_pupils_an_hour": 3})
    provider.people.school(SCHOOL)
    beheerder = provider.people.staff(school=SCHOOL)
    walk = Walk(provider, beheerder, signed_in(provider, beheerder))
    for _ in range(4):
        provider.people.pupil("basic", school=SCHOOL)
    walk.ask("export", "GET", "/pupils.xlsx")
    assert [each.what for each in walk.left["export"]] == ["export:alarm", "pupils:exported"]
    refused = walk.caller.get(f"/api/schools/{SCHOOL}/pupils.xlsx")
    assert refused.status_code == 429
    with provider.reading() as db:
        newest = db.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (newest.what, newest.request_id) == ("export:refused", refused.headers["X-Request-Id"])
    assert newest.detail == {"pupils": 4}


def test_FT_05_without_the_log_nobody_sees_or_changes_anything(provider: Provider, walk: Walk) -> None:
    amber = provider.people.pupil("basic", school=SCHOOL, given_name="Amber")
    one = f"/api/schools/{SCHOOL}/pupils/{amber.number}"

    def full(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO audit_events"):
            raise OperationalError(statement, {}, Exception("disk full"))

    event.listen(provider.engine, "before_cursor_execute", full)
    try:
        answers = [
            walk.caller.get(one),
            walk.caller.get(f"/api/schools/{SCHOOL}/pupils"),
            walk.caller.post(f"{one}/username", {"username": "amber.nieuw"}),
            walk.caller.get(f"/api/schools/{SCHOOL}/pupils.xlsx"),
        ]
    finally:
        event.remove(provider.engine, "before_cursor_execute", full)
    for answer in answers:
        assert answer.status_code >= 500
        assert "Amber" not in answer.text
    assert walk.caller.told(one)["account"]["username"] == amber.username
