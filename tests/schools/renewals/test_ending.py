"""What ran out leaves no seed behind, and after a week nothing at all."""

from __future__ import annotations

from idp.clearing import clear_expired
from idp.schools.records import Renewal, RenewedPupil
from idp.schools.renewals.ending import drop_seeds
from tests.schools.renewals.scene import SCHOOL, Scene


def cleared(scene: Scene) -> dict[str, int]:
    with scene.session() as db:
        return clear_expired(db, scene.provider.settings, scene.provider.clock)


def seeds(scene: Scene) -> int:
    return scene.count(Renewal, Renewal.sealed_seed.is_not(None))


def test_PW_17_PW_22_the_seed_of_what_ran_out_goes_in_the_next_round(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    scene.propose([pupil.number])
    scene.provider.clock.move(minutes=10)
    scene.renew([pupil.number])
    assert (cleared(scene), seeds(scene)) == ({}, 2)
    scene.provider.clock.move(minutes=6)
    assert (cleared(scene), seeds(scene)) == ({}, 1)
    scene.provider.clock.move(minutes=10)
    with scene.session() as db:
        assert [drop_seeds(db, scene.provider.clock()) for _ in range(2)] == [1, 0]


def test_after_a_week_nothing_is_left_of_it(scene: Scene) -> None:
    scene.renew(scene.provider.people.many(3, school=SCHOOL))
    scene.provider.clock.move(days=7)
    assert not cleared(scene).keys() & {"renewals", "renewed_pupils"}
    scene.provider.clock.move(minutes=16)
    assert cleared(scene) == {"renewals": 1, "renewed_pupils": 3}
    assert scene.count(RenewedPupil) == 0
