"""OA-54: to the staff of one school, what belongs to another doesn't exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from idp.accounts.records import Account
from idp.schools.records import Appointment
from tests.api.staff import Caller, signed_in
from tests.support.people import Made
from tests.support.provider import Provider

OURS, THEIRS = 2, 5
NOBODY = 424242  # a stamnummer that no school has

# Every way to name a pupil, as far as it is said in the address or the body.
CALLS: list[tuple[str, Callable[[Caller, int, int], requests.Response]]] = [
    ("look", lambda who, school, n: who.get(f"/api/schools/{school}/pupils/{n}")),
    ("check", lambda who, school, n: who.get(f"/api/schools/{school}/usernames", candidate="x", pupil=n)),
    (
        "rename",
        lambda who, school, n: who.post(f"/api/schools/{school}/pupils/{n}/username", {"username": "kaper"}),
    ),
    ("settle", lambda who, school, n: who.post(f"/api/schools/{school}/pupils/{n}/report-settled")),
    ("data", lambda who, school, n: who.get(f"/api/schools/{school}/pupils/{n}/data.json")),
    ("pages", lambda who, school, n: who.get(f"/api/schools/{school}/pupils/{n}/data.pdf")),
    ("unlock", lambda who, school, n: who.post(f"/api/schools/{school}/pupils/{n}/unlock")),
    (
        "hand out",
        lambda who, school, n: who.post(f"/api/schools/{school}/pupils/{n}/handed-out", {"handed_out": True}),
    ),
    ("hand out all", lambda who, school, n: who.post(f"/api/schools/{school}/handed-out", {"pupils": [n]})),
    ("select", lambda who, school, n: who.post(f"/api/schools/{school}/selection", {"add": [n]})),
    ("search", lambda who, school, n: who.get(f"/api/schools/{school}/pupils", q=str(n))),
    ("list", lambda who, school, n: who.get(f"/api/schools/{school}/pupils", page=2)),
]


@pytest.fixture
def theirs(provider: Provider) -> Made:
    """A pupil of the other school, under a number that ours doesn't have."""
    people = provider.people
    people.pupil("basic", school=OURS)
    return people.pupil(
        "advanced", school=THEIRS, pupil_number=777, email="ziet@niemand.example", class_code="9Z"
    )


def said(answer: requests.Response) -> tuple[int, Any]:
    """An answer, without what is different each time."""
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        body.pop("foutnummer", None)
    return answer.status_code, body


def account(provider: Provider, pupil: Made) -> tuple[Any, ...]:
    with provider.reading() as db:
        found = db.get_one(Account, pupil.account_id)
        return found.username, found.handed_out_at, found.failures_count_from


def test_OA_54_CV_29_another_schools_pupil_is_as_unknown_as_one_that_nobody_has(
    provider: Provider, theirs: Made
) -> None:
    ours = signed_in(provider, provider.people.staff(school=OURS))
    before = account(provider, theirs)
    for name, call in CALLS:
        assert said(call(ours, OURS, theirs.number)) == said(call(ours, OURS, NOBODY)), name
    assert account(provider, theirs) == before


def test_OA_54_CV_29_another_school_is_as_unknown_as_one_that_is_not_there(
    provider: Provider, theirs: Made
) -> None:
    ours = signed_in(provider, provider.people.staff(school=OURS))
    for name, call in CALLS:
        there, nowhere = (said(call(ours, school, theirs.number)) for school in (THEIRS, 99999))
        assert there == nowhere, name
        assert there[0] == 404, name


def test_OA_54_a_leerkracht_has_the_own_classes_only(provider: Provider, theirs: Made) -> None:
    """A pupil of another class of the same school is as far away as one of another school."""
    teacher = provider.people.staff(school=THEIRS, role="leerkracht", classes=("9Y",))
    caller = signed_in(provider, teacher)
    for name, call in CALLS:
        assert said(call(caller, THEIRS, theirs.number)) == said(call(caller, THEIRS, NOBODY)), name
    told = caller.told(f"/api/schools/{THEIRS}/pupils")
    assert (told["total"], told["filters"]) == (0, {"groups": [], "classes": [], "statuses": [], "types": []})


def test_OA_54_with_two_schools_each_address_is_about_one(provider: Provider, theirs: Made) -> None:
    """Whatever was opened in another tab: the school is in the address and nowhere else."""
    people = provider.people
    els = people.staff(school=OURS)
    people.appoint(els, THEIRS)
    caller = signed_in(provider, els)
    assert caller.get(f"/api/schools/{THEIRS}/pupils/{theirs.number}").status_code == 200
    assert caller.get(f"/api/schools/{OURS}/pupils/{theirs.number}").status_code == 404
    assert (
        caller.post(f"/api/schools/{THEIRS}/selection", {"add": [theirs.number]}).json()["selected_total"]
        == 1
    )
    assert caller.told(f"/api/schools/{OURS}/pupils")["selected_total"] == 0
    assert [each["number"] for each in caller.told("/api/schools")["schools"]] == [OURS, THEIRS]
    # One request about one school leaves nothing of it behind for the next.
    assert caller.told(f"/api/schools/{THEIRS}/pupils", q="777")["total"] == 1


def test_CV_07_who_is_dismissed_is_out_at_once(provider: Provider, theirs: Made) -> None:
    """Also when the sign-in would still count: the appointment is asked for each time."""
    els = provider.people.staff(school=THEIRS)
    caller = signed_in(provider, els)
    assert caller.get(f"/api/schools/{THEIRS}/pupils").status_code == 200
    with provider.db() as db:
        mine = Appointment.account_id == els.account_id
        db.execute(update(Appointment).where(mine).values(ended_at=provider.clock()))
        assert db.scalars(select(Appointment).where(mine)).one().ended_at is not None
    for name, call in CALLS:
        assert call(caller, THEIRS, theirs.number).status_code == 404, name
    assert caller.told("/api/schools")["schools"] == []
