"""A process that saves is killed twenty times, and at the end everybody has the password that was shown, once (FT-11)."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from idp.accounts.records import Account, AuditEvent
from idp.schools.records import RenewedPupil
from tests.schools.renewals.saver import PUPILS_A_STEP, Errand, Place, nursery
from tests.schools.renewals.scene import SCHOOL, Scene

PUPILS = 1_500
PLACES = [place for place in Place if place is not Place.NOWHERE] * 4


def test_FT_11_PW_36_killed_at_twenty_points_each_pupil_is_changed_exactly_once(
    scene: Scene, database_url: str, keys_directory: Path
) -> None:
    renewal = scene.propose(scene.provider.people.many(PUPILS, school=SCHOOL))
    shown = scene.passwords(renewal)
    errand = Errand(
        database_url,
        str(keys_directory),
        str(scene.actor.account_id),
        scene.actor.session_digest,
        SCHOOL,
        str(renewal),
        steps=1,
        dies=Place.NOWHERE,
    )
    done = 0
    assert len(PLACES) == 20
    with nursery() as processes:
        for dies in PLACES:
            assert processes.send(replace(errand, dies=dies)) == -signal.SIGKILL
            last, done = done, done_in(scene)
            steps = 2 if dies is Place.COMMITTED else 1
            assert steps * PUPILS_A_STEP <= done - last <= steps * (PUPILS_A_STEP + 1)
            assert renewed(scene) == done  # what was claimed was done, and what was done is written down
        assert done < PUPILS
        assert processes.send(errand) == 0
    with scene.session() as db:
        events = Counter(db.scalars(select(AuditEvent.pupil_number).where(OF_A_PUPIL)))
        saved = db.scalars(select(AuditEvent).where(AuditEvent.what == "renewal:saved")).all()
        accounts = {account.id: account for account in db.scalars(select(Account))}
    assert set(events.values()) == {1}
    assert len(events) == PUPILS
    assert [event.detail["pupils"] for event in saved] == [PUPILS]
    for number, entry in scene.entries(renewal).items():
        assert entry.account_id is not None
        account = accounts[entry.account_id]
        assert account.secret_set_at == entry.done_at
        assert scene.opens(account, shown[number])


OF_A_PUPIL = AuditEvent.what == "account:password-renewed"


def done_in(scene: Scene) -> int:
    return scene.count(RenewedPupil, RenewedPupil.done_at.is_not(None))


def renewed(scene: Scene) -> int:
    return scene.count(AuditEvent, OF_A_PUPIL)
