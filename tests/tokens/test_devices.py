"""A device that waits: answered once, spent once, and never too late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from idp.database import utc_now, writing
from idp.tokens import devices
from idp.tokens.devices import Device, State
from tests.tokens.rows import family, signed_in

NOW = utc_now()
LATER = NOW + timedelta(seconds=60)

Step = Callable[[Session, Device, UUID], bool]


def begin(db: Session, **changes: Any) -> str | None:
    values: dict[str, Any] = {
        "user_code": "u" * 64,
        "client_id": "oefenapp",
        "scope": ("openid", "profile"),
        "resource": None,
        "jkt": None,
        "interval": 5,
        "now": NOW,
        "seconds": 60,
        **changes,
    }
    writing(db)
    return devices.start(db, **values)


def a_device(db: Session) -> tuple[Device, UUID]:
    family_id = family(db, signed_in(db, NOW), NOW)
    code = begin(db)
    assert code is not None
    return look(db), family_id


def look(db: Session) -> Device:
    found = devices.by_user_code(db, "u" * 64)
    assert found is not None
    return found


def test_a_device_is_found_by_each_of_its_codes(db: Session) -> None:
    code = begin(db)
    assert code is not None
    assert devices.by_device_code(db, code) == look(db)
    assert devices.by_device_code(db, code[:-1] + ("A" if code[-1] != "A" else "B")) is None
    assert devices.by_device_code(db, "x" * 5000) is None
    assert devices.by_user_code(db, "v" * 64) is None
    assert look(db).state(NOW) is State.WAITING


def test_two_devices_never_show_one_code(db: Session) -> None:
    assert begin(db) is not None
    assert begin(db) is None
    assert begin(db, user_code="v" * 64) is not None


def approve(db: Session, device: Device, family_id: UUID) -> bool:
    return devices.approve(db, device, family_id, NOW)


def deny(db: Session, device: Device, _: UUID) -> bool:
    return devices.deny(db, device, NOW)


def spend(db: Session, device: Device, _: UUID) -> bool:
    return devices.spend(db, device, NOW)


@pytest.mark.parametrize(
    ("steps", "won", "state"),
    [
        ((approve,), (True,), State.APPROVED),
        ((deny,), (True,), State.DENIED),
        ((spend,), (False,), State.WAITING),
        ((approve, spend), (True, True), State.SPENT),
        ((approve, spend, spend), (True, True, False), State.SPENT),
        ((approve, approve), (True, False), State.APPROVED),
        ((approve, deny), (True, False), State.APPROVED),
        ((deny, approve), (True, False), State.DENIED),
        ((deny, spend), (True, False), State.DENIED),
        ((deny, deny), (True, False), State.DENIED),
    ],
)
def test_a_device_is_answered_once_and_spent_once(
    db: Session, steps: tuple[Step, ...], won: tuple[bool, ...], state: State
) -> None:
    device, family_id = a_device(db)
    assert tuple(step(db, device, family_id) for step in steps) == won
    assert look(db).state(NOW) is state


def test_CV_39_the_statements_themselves_know_that_it_expired(db: Session) -> None:
    device, family_id = a_device(db)
    assert not devices.approve(db, device, family_id, LATER)
    assert not devices.deny(db, device, LATER)
    assert devices.approve(db, device, family_id, LATER - timedelta(seconds=1))
    assert not devices.spend(db, device, LATER)
    assert look(db).state(LATER) is State.EXPIRED


def test_what_somebody_approved_is_found_with_it(db: Session) -> None:
    device, family_id = a_device(db)
    assert devices.grant_behind(db, device) is None
    devices.approve(db, device, family_id, NOW)
    grant = devices.grant_behind(db, look(db))
    assert grant is not None
    assert grant.family_id == family_id


def test_RFC_8628_3_5_who_asks_too_soon_waits_longer_each_time(db: Session) -> None:
    device, _ = a_device(db)
    moments = [(0, True), (3, False), (12, True), (16, False), (29, False), (48, True)]
    for second, in_time in moments:
        assert devices.in_time(db, look(db), NOW + timedelta(seconds=second)) is in_time, second
    assert look(db).interval_seconds == device.interval_seconds + 3 * devices.SLOWER_BY


def test_no_value_prints_a_code(db: Session) -> None:
    code = begin(db)
    assert code is not None
    assert code not in repr(look(db))
    assert look(db).digest not in repr(look(db))
