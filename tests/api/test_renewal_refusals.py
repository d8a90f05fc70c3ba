"""Who may not renew, print or export, and what can't be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.api.renewing import SCHOOL, Desk, desk_of
from tests.support.provider import Provider

EXPORTS = ["accounts.xlsx", "accounts.csv"]


@pytest.fixture
def teacher(provider: Provider) -> Desk:
    """A leerkracht of 1A."""
    return desk_of(provider, provider.people.staff(school=SCHOOL, role="leerkracht", classes=["1A"]))


def test_a_leerkracht_renews_and_prints_the_own_class_and_exports_nothing(
    provider: Provider, teacher: Desk
) -> None:
    own = provider.people.pupil("basic", school=SCHOOL, class_code="1A")
    other = provider.people.pupil("basic", school=SCHOOL, class_code="1B")
    renewal = teacher.renew([own.number, other.number])
    told = teacher.look(renewal)
    assert [row["pupil_number"] for row in told["rows"]] == [own.number]
    assert told["left_out"] == [
        {"pupil_number": other.number, "given_name": "", "family_name": "", "reason": "not_found"}
    ]
    assert teacher.get(f"{renewal}/cards.pdf").status_code == 200
    assert [teacher.get(f"{renewal}/{name}").status_code for name in EXPORTS] == [403, 403]
    assert teacher.get("pupils.xlsx").status_code == 403
    assert teacher.get("cards.pdf", pupils=other.number).status_code == 404


def test_R2_a_leerkracht_activates_the_own_class(provider: Provider, teacher: Desk) -> None:
    pupil = provider.people.enrolled_only(school=SCHOOL, class_code="1A")
    assert len(teacher.look(teacher.renew([pupil.pupil_number], "activation"))["rows"]) == 1


def test_PW_25_a_leerkracht_neither_removes_an_address_nor_renames(provider: Provider, teacher: Desk) -> None:
    number = provider.people.pupil(email="a@mail.be", school=SCHOOL, class_code="1A").number
    for wish in ({"purpose": "email_removal"}, {"purpose": "renewal", "new_username": "een.ander"}):
        assert teacher.post("renewals", {"pupils": [number], **wish}).status_code == 403


def test_OA_55_what_can_not_be_asked(provider: Provider) -> None:
    desk = desk_of(provider)
    impossible: list[tuple[dict[str, Any], str]] = [
        ({"purpose": "renewal", "pupils": []}, "nobody"),
        ({"purpose": "email_removal", "pupils": [1, 2]}, "one_pupil"),
        ({"purpose": "renewal", "pupils": [1, 2], "new_username": "een.naam"}, "one_pupil"),
    ]
    for wish, reason in impossible:
        answer = desk.post("renewals", wish)
        assert (answer.status_code, answer.json()["reasons"]) == (422, [reason])
    not_as_described: list[dict[str, Any]] = [
        {"purpose": "something", "pupils": [1]},
        {"purpose": "renewal", "pupils": "all"},
        {"purpose": "renewal", "pupils": [-1]},
        {"purpose": "renewal", "pupils": [2**31]},
        {"purpose": "renewal", "pupils": list(range(5_001))},
        {"purpose": "renewal", "pupils": ["1"]},
        {"purpose": "renewal", "pupils": [1], "basic_secret": "both"},
        {"pupils": [1]},
    ]
    assert [desk.post("renewals", wish).status_code for wish in not_as_described] == [400] * 8


def test_OA_54_a_renewal_that_is_not_there_is_not_there_in_any_way(provider: Provider) -> None:
    desk = desk_of(provider)
    nowhere = f"renewals/{uuid4()}"
    calls: list[Callable[[], Any]] = [
        lambda: desk.get(nowhere),
        lambda: desk.delete(nowhere),
        lambda: desk.post(f"{nowhere}/save"),
        lambda: desk.post(f"{nowhere}/basic-secret", {"basic_secret": "text"}),
        lambda: desk.get(f"{nowhere}/cards.pdf"),
        lambda: desk.get("renewals/1"),
    ]
    assert [call().status_code for call in calls] == [404] * len(calls)


def test_OA_54_at_a_school_of_somebody_else_there_is_nothing(provider: Provider) -> None:
    pupil = provider.people.pupil("basic", school=7)
    stranger = desk_of(provider, provider.people.staff(school=SCHOOL), school=7)
    wish = {"purpose": "renewal", "pupils": [pupil.number]}
    assert stranger.post("renewals", wish).status_code == 404
    assert stranger.get("cards.pdf", pupils=pupil.number).status_code == 404
    assert stranger.get("pupils.xlsx").status_code == 404


def test_PW_23_what_ran_out_says_so_to_who_began_it_only(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(
        staff={"recent_minutes": 60}, tokens={"access_seconds": 3600}, sessions={"staff_idle_minutes": 60}
    )
    desk, colleague = desk_of(provider), desk_of(provider)
    renewal = desk.propose([provider.people.pupil("basic", school=SCHOOL).number])
    provider.clock.move(minutes=15, seconds=1)
    calls: list[Callable[[Desk], Any]] = [
        lambda asking: asking.get(renewal),
        lambda asking: asking.post(f"{renewal}/save"),
        lambda asking: asking.post(f"{renewal}/basic-secret", {"basic_secret": "text"}),
        lambda asking: asking.delete(renewal),
    ]
    assert [call(desk).status_code for call in calls] == [410] * 4
    assert [call(colleague).status_code for call in calls] == [404] * 4


def test_passwords_and_files_ask_for_a_recent_sign_in(open_provider: Callable[..., Provider]) -> None:
    """Security decision 8: whoever left the desk open leaves no list of passwords behind."""
    provider = open_provider(staff={"recent_minutes": 5})
    desk = desk_of(provider)
    pupil = provider.people.pupil("basic", school=SCHOOL)
    saved = desk.renew([pupil.number])
    provider.clock.move(minutes=6)
    proposed = desk.propose([pupil.number])
    calls = [
        desk.get(proposed),
        desk.post(f"{proposed}/save"),
        desk.get(f"{saved}/cards.pdf"),
        desk.get(f"{saved}/accounts.xlsx"),
        desk.get(f"{saved}/accounts.csv"),
        desk.get("cards.pdf", pupils=pupil.number),
        desk.get("pupils.xlsx"),
    ]
    for answer in calls:
        assert answer.status_code == 401
        assert "insufficient_user_authentication" in answer.headers["WWW-Authenticate"]
    assert desk.delete(proposed).status_code == 204
