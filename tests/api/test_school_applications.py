"""The applications of a school: in which order, on or off, and that off means off everywhere within seconds."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from idp.accounts.records import AuditEvent
from idp.schools.applications import ORDERED, SWITCHED_OFF, SWITCHED_ON
from idp.schools.records import Enrolment, SchoolApplication
from idp.schools.switched_off import switched_off
from idp.worker import BackgroundWork
from tests.api.staff import Caller, signed_in
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import Asked, RelyingParty, Tokens
from tests.support.statements import counted

HERE, THERE = 2, 31245
A_DAY = timedelta(days=1)
ROOT = f"/api/schools/{HERE}/applications"
DASHBOARD = {"initiate_login_uri": "https://oefenapp.example/start", "dashboard": True}


@pytest.fixture
def beheerder(provider: Provider) -> Caller:
    return signed_in(provider, provider.people.staff(school=HERE))


def listed(caller: Caller, school: int = HERE) -> list[tuple[str, bool]]:
    told = caller.told(f"/api/schools/{school}/applications")["applications"]
    return [(each["client_id"], each["on"]) for each in told]


def switch(caller: Caller, client_id: str, on: bool, school: int = HERE) -> requests.Response:
    return caller.ask("PUT", f"/api/schools/{school}/applications/{client_id}", json={"on": on})


def arrange(caller: Caller, *client_ids: str) -> requests.Response:
    return caller.ask("PUT", ROOT, json={"applications": list(client_ids)})


def at_both(provider: Provider) -> Made:
    return provider.people.also_at(provider.people.pupil("basic", school=HERE), THERE)


def let_in(provider: Provider, who: Made, rp: RelyingParty, **wanted: str) -> tuple[Visitor, Tokens]:
    visitor = Visitor(provider.origin)
    asked = rp.ask(**wanted)
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=who.username)
    page = visitor.submit(button="login-submit", password=who.password)
    return visitor, rp.exchange(rp.code(page.left_for or "", asked), asked)


def try_again(visitor: Visitor, rp: RelyingParty, **asked: Any) -> str:
    """What the application hears when this browser comes once more: `code`, or the error."""
    question = rp.ask(**asked)
    page: Page = visitor.get(question.url)
    answer = rp.answer(page.left_for or "", question)
    return "code" if "code" in answer else answer["error"]


def try_again_for_code(visitor: Visitor, rp: RelyingParty) -> tuple[Asked, str]:
    """A code that nobody redeemed yet."""
    asked = rp.ask()
    return asked, rp.code(visitor.get(asked.url).left_for or "", asked)


def events(provider: Provider, *which: str) -> list[tuple[str, dict[str, Any]]]:
    with provider.reading() as db:
        found = db.scalars(select(AuditEvent).where(AuditEvent.what.in_(which)).order_by(AuditEvent.id))
        return [(each.what, each.detail) for each in found]


# The list and its order


def test_every_application_that_is_open_to_the_school_is_listed_with_what_it_gets(
    provider: Provider, beheerder: Caller
) -> None:
    provider.relying_party("zon", claims={"given_name": "Om je te begroeten"}, **DASHBOARD)
    provider.relying_party("stil", description="Zonder tegel.")
    provider.relying_party("daar", schools=[THERE], **DASHBOARD)
    told = beheerder.told(ROOT)["applications"]
    assert [each["client_id"] for each in told] == ["stil", "zon"], "and not our own desks"
    assert told[1] == {
        "client_id": "zon",
        "name": "Zon",
        "description": "Een applicatie om mee te oefenen.",
        "logo": None,
        "on": True,
        "on_dashboard": True,
        "claims": [{"claim": "given_name", "purpose": "Om je te begroeten"}],
    }
    assert told[0]["on_dashboard"] is False


def test_the_order_is_the_schools_own(provider: Provider, beheerder: Caller) -> None:
    for client_id in ("aap", "noot", "mies"):
        provider.relying_party(client_id, **DASHBOARD)
    assert arrange(beheerder, "noot", "mies").status_code == 204
    assert [client_id for client_id, _ in listed(beheerder)] == ["noot", "mies", "aap"]
    other = signed_in(provider, provider.people.staff(school=THERE))
    assert [client_id for client_id, _ in listed(other, THERE)] == ["aap", "mies", "noot"]
    pupil = signed_in(provider, provider.people.pupil("basic", school=HERE), "leerid:self")
    tiles = pupil.told("/api/me/applications")["applications"]
    assert [each["client_id"] for each in tiles] == ["noot", "mies", "aap"]
    assert events(provider, ORDERED) == [(ORDERED, {})]


def test_an_order_with_a_stranger_in_it_or_one_twice_is_refused(
    provider: Provider, beheerder: Caller
) -> None:
    provider.relying_party("aap", **DASHBOARD)
    provider.relying_party("daar", schools=[THERE], **DASHBOARD)
    for order, reason in (
        (("aap", "nergens"), "unknown"),
        (("daar",), "unknown"),
        (("schoolloket",), "unknown"),
        (("aap", "aap"), "twice"),
    ):
        answer = arrange(beheerder, *order)
        assert (answer.status_code, answer.json()["reasons"]) == (422, [reason]), order
    with provider.reading() as db:
        assert db.scalars(select(SchoolApplication)).all() == []


# On and off


def test_off_and_on_again_is_in_the_log_once_each(provider: Provider, beheerder: Caller) -> None:
    provider.relying_party("aap", **DASHBOARD)
    for on in (True, False, False, True):
        answer = switch(beheerder, "aap", on)
        assert answer.json() == {"on": on}
        assert listed(beheerder) == [("aap", on)]
    told = [(SWITCHED_OFF, {"application": "aap"}), (SWITCHED_ON, {"application": "aap"})]
    assert events(provider, SWITCHED_OFF, SWITCHED_ON) == told


def test_what_is_not_the_schools_cannot_be_switched(provider: Provider, beheerder: Caller) -> None:
    provider.relying_party("daar", schools=[THERE], **DASHBOARD)
    for client_id in ("daar", "nergens", "schoolloket"):
        assert switch(beheerder, client_id, False).status_code == 404, client_id


def test_off_pupils_lose_the_tile_the_door_and_their_tokens(provider: Provider, beheerder: Caller) -> None:
    rp = provider.relying_party("aap", **DASHBOARD)
    here, there = provider.people.pupil("basic", school=HERE), provider.people.pupil("basic", school=THERE)
    (mine, tokens), (theirs, others) = let_in(provider, here, rp), let_in(provider, there, rp)
    assert switch(beheerder, "aap", False).json() == {"on": False}  # how many would tell who (PR-21)
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.try_refresh(tokens.refresh_token or "").status_code == 400
    assert try_again(mine, rp) == "access_denied"
    assert try_again(mine, rp, prompt="none") == "access_denied"
    assert rp.userinfo(others.access_token).status_code == 200
    assert try_again(theirs, rp) == "code"
    pupil = signed_in(provider, here, "leerid:self")
    assert pupil.told("/api/me/applications") == {"applications": []}
    switch(beheerder, "aap", True)
    assert try_again(mine, rp) == "code"


def test_off_nobody_gets_in_who_still_has_to_sign_in(provider: Provider, beheerder: Caller) -> None:
    rp = provider.relying_party("aap", **DASHBOARD)
    switch(beheerder, "aap", False)
    pupil = provider.people.pupil("basic", school=HERE)
    visitor, asked = Visitor(provider.origin), rp.ask()
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert rp.answer(page.left_for or "", asked)["error"] == "access_denied"


def test_off_a_pupil_of_another_school_too_keeps_everything(provider: Provider, beheerder: Caller) -> None:
    rp = provider.relying_party("aap", **DASHBOARD)
    other = signed_in(provider, provider.people.staff(school=THERE))
    visitor, tokens = let_in(provider, at_both(provider), rp)
    assert switch(beheerder, "aap", False).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 200
    assert try_again(visitor, rp) == "code"
    assert switch(other, "aap", False, THERE).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert try_again(visitor, rp) == "access_denied"


@pytest.mark.parametrize("only_for", [[], [HERE, THERE], [THERE]])
def test_CV_07_who_moves_to_a_school_without_it_takes_no_tokens_along(
    provider: Provider, beheerder: Caller, only_for: list[int]
) -> None:
    rp = provider.relying_party("aap", schools=only_for, **DASHBOARD)
    pupil = at_both(provider)
    visitor, tokens = let_in(provider, pupil, rp, scope="openid offline_access")
    another, unredeemed = try_again_for_code(visitor, rp)
    if HERE in only_for or not only_for:
        assert switch(beheerder, "aap", False).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 200
    with provider.db() as db:
        there = (Enrolment.person_id == pupil.person_id, Enrolment.school_number == THERE)
        db.scalars(select(Enrolment).where(*there)).one().ends_on = provider.clock().date() - A_DAY
    assert try_again(visitor, rp) == "access_denied"
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.introspect(tokens.access_token).json() == {"active": False}
    assert rp.try_refresh(tokens.refresh_token or "").json()["error"] == "invalid_grant"
    assert rp.try_exchange(unredeemed, another.verifier).json()["error"] == "invalid_grant"


def test_off_at_the_one_school_that_it_is_for_is_off(provider: Provider, beheerder: Caller) -> None:
    rp = provider.relying_party("aap", schools=[HERE], **DASHBOARD)
    visitor, tokens = let_in(provider, at_both(provider), rp)
    assert switch(beheerder, "aap", False).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert try_again(visitor, rp) == "access_denied"


def test_off_staff_are_no_pupils(provider: Provider, beheerder: Caller) -> None:
    rp = provider.relying_party("aap", **DASHBOARD)
    visitor, tokens = let_in(provider, provider.people.staff(school=HERE), rp)
    switch(beheerder, "aap", False)
    assert rp.userinfo(tokens.access_token).status_code == 200
    assert try_again(visitor, rp) == "code"


def test_FT_19_off_on_one_node_is_off_on_another_within_five_seconds(
    provider: Provider, beheerder: Caller
) -> None:
    rp = provider.relying_party("aap", **DASHBOARD)
    visitor, _tokens = let_in(provider, provider.people.pupil("basic", school=HERE), rp)
    node = provider.another_node()
    at_node = {"endpoint": f"{node}/authorize"}
    assert try_again(visitor, rp, **at_node) == "code"
    switch(beheerder, "aap", False)
    switched_at = time.monotonic()
    assert try_again(visitor, rp) == "access_denied", "here at once"
    while (tried_at := time.monotonic()) and try_again(visitor, rp, **at_node) == "code":
        assert tried_at - switched_at < 5, "whoever comes later is not let in"
        time.sleep(0.2)


def test_FT_19_what_another_node_still_gave_meanwhile_ends_with_the_workers_next_round(
    provider: Provider, beheerder: Caller
) -> None:
    rp = provider.relying_party("aap", **DASHBOARD)
    pupil = provider.people.pupil("basic", school=HERE)
    with provider.db() as db:
        db.add(SchoolApplication(school_number=HERE, client_id="aap", off_at=provider.clock()))
    visitor, tokens = let_in(provider, pupil, rp)  # by the node that doesn't know yet
    with provider.app.app_context():
        BackgroundWork(provider.app).end_late_grants()
    assert rp.userinfo(tokens.access_token).status_code == 401
    visitor.close()


def test_the_way_into_what_is_off_nowhere_costs_no_question_more(
    provider: Provider, beheerder: Caller
) -> None:
    rp, other = (provider.relying_party(client_id, **DASHBOARD) for client_id in ("aap", "noot"))
    visitor, _tokens = let_in(provider, provider.people.pupil("basic", school=HERE), rp)
    switch(beheerder, other.client_id, False)
    switched_off(provider.app).clock = lambda: 0.0  # what was read stays known
    try_again(visitor, rp)
    with counted(provider.engine) as seen:
        assert try_again(visitor, rp) == "code"
    assert not [each for each in seen if "school_applications" in each or "enrolments" in each]
