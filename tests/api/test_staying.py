"""PR-23: how long a sign-in may lie idle, and that whoever uses a desk isn't."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.staff import Caller, signed_in
from tests.support.provider import Provider


def idle_seconds(pupil: Caller) -> int:
    found: int = pupil.told("/api/me")["idle_seconds"]
    return found


def pupil_at(provider: Provider) -> Caller:
    return signed_in(provider, provider.people.pupil("basic", school=2), "leerid:self")


def test_PR_23_a_page_knows_how_long_nothing_may_happen(provider: Provider) -> None:
    pupil = pupil_at(provider)
    assert 29 * 60 < idle_seconds(pupil) <= 30 * 60
    provider.clock.move(seconds=40)
    assert 29 * 60 < idle_seconds(pupil) <= 30 * 60 - 40, "seen less than a minute ago: no new mark yet"


def test_PR_23_each_page_begins_the_idle_time_anew(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(sessions={"pupil_idle_minutes": 4})
    pupil = pupil_at(provider)
    for _ in range(3):
        provider.clock.move(minutes=3)
        assert idle_seconds(pupil) == 4 * 60


def test_PR_23_whoever_is_still_here_stays_and_who_is_not_is_out(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(sessions={"pupil_idle_minutes": 4})
    pupil = pupil_at(provider)
    provider.clock.move(minutes=3)
    assert pupil.post("/api/me/still-here").json() == {"idle_seconds": 4 * 60}
    provider.clock.move(minutes=3)
    assert pupil.get("/api/me/applications").status_code == 200
    provider.clock.move(minutes=2)
    assert pupil.post("/api/me/still-here").status_code == 401


def test_PR_23_looking_at_the_tiles_alone_keeps_nobody_signed_in(
    open_provider: Callable[..., Provider],
) -> None:
    """A page that asks again by itself isn't somebody."""
    provider = open_provider(sessions={"pupil_idle_minutes": 4})
    pupil = pupil_at(provider)
    provider.clock.move(minutes=3)
    assert pupil.get("/api/me/applications").status_code == 200
    provider.clock.move(minutes=2)
    assert pupil.get("/api/me/applications").status_code == 401


def test_PR_23_nobody_stays_past_the_longest_sign_in(open_provider: Callable[..., Provider]) -> None:
    """However busy: the pages know of that end too, and a thief of an open tablet has no longer than anybody."""
    provider = open_provider(
        sessions={"pupil_idle_minutes": 20, "pupil_hours": 1}, tokens={"access_seconds": 7200}
    )
    pupil = pupil_at(provider)
    told = []
    for _ in range(5):
        provider.clock.move(minutes=11)
        told.append(pupil.post("/api/me/still-here").json()["idle_seconds"])
    assert told[:3] == [20 * 60] * 3
    assert 15 * 60 < told[3] <= 16 * 60
    assert 4 * 60 < told[4] <= 5 * 60
    provider.clock.move(minutes=6)
    assert pupil.post("/api/me/still-here").status_code == 401
