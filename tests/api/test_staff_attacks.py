"""What the staff of a school, or whoever holds their tablet or their token, tries at the API and doesn't get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from werkzeug.routing import Rule

from idp.accounts.records import Account, AuditEvent
from idp.api.describing import calls
from idp.api.guessing import TAKEN_AN_HOUR
from idp.api.one_pupil import UNLOCKS_A_DAY
from idp.rules.belgian_time import school_day
from idp.schools.appointments import appointments_of, dismiss
from idp.schools.records import Appointment, Operator, RenewedPupil
from idp.schools.renewals.proposing import MOST_OPEN
from tests.api.renewing import SCHOOL, Desk, desk_of
from tests.api.staff import Caller
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, Tokens

# What opens passwords, or takes many pupils' data away, asks who is there anew; what doesn't is here by name.
WITHOUT_A_RECENT_SIGN_IN = {
    "pupils", "select_pupils", "pupil", "usernames", "rename", "unlock", "handed_out", "all_handed_out",
    "settle_report", "school_applications", "order_applications", "switch_application",
    "propose", "choose_basic_secret", "drop", "read_log", "look_up_fault",
}  # fmt: skip


@pytest.fixture
def amber(provider: Provider) -> Made:
    provider.people.school(SCHOOL)
    return provider.people.pupil("basic", school=SCHOOL, username="amber.peeters")


@pytest.fixture
def desk(provider: Provider, amber: Made) -> Desk:
    return desk_of(provider)


# A token, or a tablet, of somebody who signed in a while ago


@pytest.fixture
def browser(provider: Provider) -> Iterator[Visitor]:
    found = Visitor(provider.origin)
    yield found
    found.close()


def sign_in(provider: Provider, visitor: Visitor, rp: RelyingParty) -> Tokens:
    staff = provider.people.staff(school=SCHOOL)
    asked = rp.ask(scope="openid leerid:school")
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=staff.username)
    page = visitor.submit(button="login-submit", password=staff.password)
    assert page.left_for is not None
    return rp.exchange(rp.code(page.left_for, asked), asked)


def silently(visitor: Visitor, rp: RelyingParty, **wishes: str) -> Tokens:
    asked = rp.ask(scope="openid leerid:school", **wishes)
    left_for = visitor.get(asked.url).left_for
    assert left_for is not None
    return rp.exchange(rp.code(left_for, asked), asked)


def test_PW_23_neither_a_new_token_nor_a_silent_sign_in_makes_an_old_one_recent(
    provider: Provider, browser: Visitor, amber: Made
) -> None:
    """Only who proves it once more is there again: a stolen cookie stays as old as it is."""
    rp = provider.relying_party("schoolloket", first_party=True, scope="openid leerid:school")
    tokens = sign_in(provider, browser, rp)
    renewal = Desk(Caller(provider.origin, tokens.access_token)).propose([amber.number])
    provider.clock.move(minutes=11)
    newer = [rp.refresh(tokens), silently(browser, rp), silently(browser, rp, prompt="none")]
    for each in newer:
        desk = Desk(Caller(provider.origin, each.access_token))
        assert desk.get("pupils").status_code == 200
        for answer in (desk.get(renewal), desk.post(f"{renewal}/save"), desk.get("pupils.xlsx")):
            assert answer.status_code == 401
            assert (
                'error="insufficient_user_authentication", max_age="600"'
                in answer.headers["WWW-Authenticate"]
            )


def test_OA_63_whatever_tells_a_password_or_is_a_file_asks_for_a_recent_sign_in(
    open_provider: Callable[..., Provider],
) -> None:
    """Made from the calls that there are: a new one asks for it, or is in the list above."""
    provider = open_provider(staff={"recent_minutes": 2})
    amber = provider.people.pupil("basic", school=SCHOOL)
    desk = desk_of(provider)
    renewal = desk.propose([amber.number])
    provider.clock.move(minutes=3)
    open_now = set()
    for rule, method, _call in calls(provider.app):
        if not rule.rule.startswith("/api/schools/<int:school>/"):
            continue
        path = rule.rule.removeprefix("/api/schools/<int:school>/")
        for place, there in (("<int:number>", str(amber.number)), ("renewals/<uuid:renewal>", renewal)):
            path = path.replace(place, there)
        answer = desk.caller.ask(method, desk.at(path), json={} if method == "POST" else None)
        if "insufficient_user_authentication" not in answer.headers.get("WWW-Authenticate", ""):
            open_now.add(rule.endpoint.rpartition(".")[2])
    assert open_now == WITHOUT_A_RECENT_SIGN_IN


# Too early


@pytest.mark.parametrize(("days", "status"), [(92, 200), (93, 404)])
def test_OA_54_who_comes_next_year_is_still_the_other_schools(
    provider: Provider, desk: Desk, days: int, status: int
) -> None:
    """Cards are made in the summer; a school year ahead nobody gives another school's pupil another name or password."""
    elsewhere = provider.people.pupil("basic", school=3)
    starts_on = school_day(provider.clock()) + timedelta(days=days)
    with provider.db() as db:
        account, ends_on = db.get_one(Account, elsewhere.account_id), starts_on + timedelta(days=200)
        number = provider.people.enrol(db, account, SCHOOL, "1A", ends_on, starts_on=starts_on)
    assert desk.get(f"pupils/{number}").status_code == status
    assert desk.post(f"pupils/{number}/username", {"username": "komt.volgend.jaar"}).status_code == status
    found = desk.look(desk.propose([number]))
    assert [each["reason"] for each in found["left_out"]] == ([] if status == 200 else ["not_found"])


# Over and over


def test_CV_43_usernames_cannot_be_tried_one_after_the_other(
    provider: Provider, desk: Desk, amber: Made
) -> None:
    """Whoever asks which names exist is in the log each time, and soon gets no answer; typing a free name costs nothing."""
    elsewhere = provider.people.pupil("basic", school=3)
    number = amber.number
    asks: list[Callable[[], Any]] = [
        lambda: desk.get("usernames", candidate=elsewhere.username),
        lambda: desk.post(f"pupils/{number}/username", {"username": elsewhere.username}),
        lambda: desk.post(
            "renewals", {"purpose": "renewal", "pupils": [number], "new_username": elsewhere.username}
        ),
    ]
    for which in range(TAKEN_AN_HOUR):
        assert asks[which % 3]().status_code in (200, 422)
    for _ in range(5):
        assert desk.get("usernames", candidate="niemand.anders").status_code == 429
    for ask in asks:
        assert ask().status_code == 429
    assert desk.get("pupils").status_code == 200
    found = events(provider, "username:taken")
    assert len(found) == TAKEN_AN_HOUR
    assert elsewhere.username not in str([each.detail for each in found])
    provider.clock.move(minutes=61)
    assert desk_of(provider).get("usernames", candidate=elsewhere.username).json()["problems"] == ["taken"]


def test_CV_43_names_that_are_free_or_ones_own_are_not_counted(
    provider: Provider, desk: Desk, amber: Made
) -> None:
    for candidate in ("amber.nieuw", "amber.peeters", "AMBER.Peeters", "x@y"):
        assert desk.get("usernames", candidate=candidate, pupil=amber.number).status_code == 200
    assert events(provider, "username:taken") == []


def test_PW_07_nobody_guesses_on_for_ever_by_unlocking_in_between(
    provider: Provider, desk: Desk, amber: Made
) -> None:
    """A tablet left open is no way around the hundred guesses."""
    for _ in range(UNLOCKS_A_DAY):
        assert desk.post(f"pupils/{amber.number}/unlock").status_code == 204
    assert desk.post(f"pupils/{amber.number}/unlock").status_code == 429
    other = provider.people.pupil("basic", school=SCHOOL)
    assert desk.post(f"pupils/{other.number}/unlock").status_code == 204
    provider.clock.move(days=1, minutes=1)
    assert desk_of(provider).post(f"pupils/{amber.number}/unlock").status_code == 204


def test_OA_47_of_many_proposals_the_last_ones_stay(provider: Provider, desk: Desk, amber: Made) -> None:
    """Each holds a seed and a row for every pupil: whoever goes on asking gets no more of them, only others."""
    saved = desk.renew([amber.number])
    proposals = [desk.propose([amber.number, 98, 99]) for _ in range(MOST_OPEN + 2)]
    assert [desk.get(each).status_code for each in proposals[:3]] == [404, 404, 200]
    assert desk.get(proposals[-1]).status_code == 200
    assert desk.get(saved).status_code == 200
    with provider.reading() as db:
        assert db.scalar(select(func.count()).select_from(RenewedPupil)) == 3 * MOST_OPEN + 1
    for each in proposals[2:]:
        assert desk.delete(each).status_code == 204
    with provider.reading() as db:
        assert db.scalar(select(func.count()).select_from(RenewedPupil)) == 1


def test_OA_47_ones_own_proposals_only_make_room(provider: Provider, desk: Desk, amber: Made) -> None:
    colleague = desk_of(provider)
    theirs = colleague.propose([amber.number])
    for _ in range(MOST_OPEN + 1):
        desk.propose([amber.number])
    assert colleague.get(theirs).status_code == 200


def events(provider: Provider, what: str) -> list[AuditEvent]:
    with provider.reading() as db:
        return list(db.scalars(select(AuditEvent).where(AuditEvent.what == what).order_by(AuditEvent.id)))


# Nobody is the first administrator by coming first (CV-19)


def test_CV_19_CV_45_no_address_makes_an_administrator(provider: Provider, browser: Visitor) -> None:
    """Neither while there is none yet, nor after the last one left: every address that takes something, by a stranger."""
    provider.people.school(SCHOOL)
    assert tried_everywhere(provider, browser) > 20
    assert roles_and_accounts(provider) == (0, 0, 0)
    els = provider.people.staff(school=SCHOOL, username="els.verstraete")
    with provider.db() as db:
        for appointment in appointments_of(db, els.account_id):
            dismiss(db, appointment, provider.clock())
    tried_everywhere(provider, browser)
    assert roles_and_accounts(provider) == (1, 0, 0)


def tried_everywhere(provider: Provider, browser: Visitor) -> int:
    """Says everywhere that it wants to be a beheerder; answers how many addresses heard it."""
    token = browser.get("/login").form("/language").fields["csrf_token"]
    said = {
        "username": "els.verstraete", "password": "Kaap-123-Hoorn!", "new_password": "Kaap-123-Hoorn!",
        "given_name": "Els", "family_name": "Verstraete", "role": "beheerder", "school": SCHOOL, "is_admin": True,
    }  # fmt: skip
    adapter = provider.app.url_map.bind("localhost")
    heard = 0
    for rule in provider.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            filled = {name: filling(rule, name) for name in rule.arguments}
            address = provider.origin + adapter.build(rule.endpoint, filled, method=method)
            ask = partial(browser.http.request, method, address, allow_redirects=False, timeout=30)
            for answer in (ask(data={**said, "csrf_token": token}), ask(json=said)):
                assert answer.status_code < 500, address
            heard += 1
    return heard


def filling(rule: Rule, name: str) -> object:
    kind = type(rule._converters[name]).__name__
    return {"IntegerConverter": SCHOOL, "UUIDConverter": uuid4()}.get(kind, "x")


def roles_and_accounts(provider: Provider) -> tuple[int, ...]:
    """Accounts, roles at a school that count, and operators."""
    with provider.reading() as db:
        found = (
            select(func.count()).select_from(Account),
            select(func.count()).select_from(Appointment).where(Appointment.ended_at.is_(None)),
            select(func.count()).select_from(Operator),
        )
        return tuple(db.scalar(each) or 0 for each in found)
