"""What may be printed of a renewal: what was set, while it is still so, and three times."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import update

from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.database import writing
from idp.schools.renewals.finding import NotThere, RunOut
from idp.schools.renewals.printables import with_passwords
from idp.schools.renewals.printing import MOST_DOWNLOADS, FileKind, count_download, passwords_given
from tests.schools.renewals.scene import SCHOOL, Scene, at_once


def given(scene: Scene, renewal: UUID) -> dict[int, Secret]:
    with scene.session() as db:
        return passwords_given(db, scene.means, scene.actor, renewal, scene.means.clock())


def download(scene: Scene, renewal: UUID, kind: FileKind = FileKind.CARDS) -> bool:
    with scene.session() as db:
        writing(db)
        counted = count_download(db, renewal, kind, scene.means.clock())
        db.commit()
    return counted


def test_PW_36_what_is_printed_is_what_was_set_and_still_opens(scene: Scene) -> None:
    numbers = scene.provider.people.many(5, school=SCHOOL)
    renewal = scene.renew(numbers)
    printed = given(scene, renewal)
    assert list(printed) == numbers
    for number, secret in printed.items():
        assert scene.opens(scene.account_of(renewal, number), secret)


def test_PW_36_who_has_another_password_since_then_is_not_printed(scene: Scene) -> None:
    one, other = scene.provider.people.many(2, school=SCHOOL)
    renewal = scene.renew([one, other])
    scene.renew([one])
    assert list(given(scene, renewal)) == [other]


def test_nothing_is_printed_before_everything_is_saved(scene: Scene) -> None:
    renewal = scene.propose(scene.provider.people.many(5, school=SCHOOL))
    with pytest.raises(NotThere):
        given(scene, renewal)
    scene.begin(renewal)
    scene.step(renewal, at_once)
    with pytest.raises(NotThere):
        given(scene, renewal)
    scene.save(renewal)
    scene.provider.clock.move(minutes=16)
    with pytest.raises(RunOut):
        given(scene, renewal)


def test_OA_54_who_left_the_school_since_then_is_not_printed(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    renewal = scene.renew([pupil.number])
    stranger = scene.as_colleague(school_number=7)
    with scene.session() as db:
        assert with_passwords(db, stranger.actor, given(scene, renewal), scene.means.clock()) == []


def test_PW_23_OA_65_of_twenty_downloads_at_once_three_are_given(scene: Scene) -> None:
    renewal = scene.renew(scene.provider.people.many(1, school=SCHOOL))
    start = Barrier(20)

    def try_it(_which: int) -> bool:
        start.wait()
        return download(scene, renewal)

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(try_it, range(20))) == MOST_DOWNLOADS
    assert download(scene, renewal, FileKind.WORKBOOK)  # each kind of file has a count of its own


def test_no_secret_shows_itself_in_what_is_printed(scene: Scene) -> None:
    renewal = scene.renew(scene.provider.people.many(1, school=SCHOOL))
    secrets = given(scene, renewal)
    with scene.session() as db:
        found = with_passwords(db, scene.actor, secrets, scene.means.clock())
    assert not [secret for secret in secrets.values() if secret.reveal() in repr(found)]


def test_a_login_that_is_gone_has_nothing_to_print(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    renewal = scene.renew([pupil.number])
    with scene.provider.db() as db:
        db.execute(update(Account).where(Account.id == pupil.account_id).values(secret_set_at=None))
    assert given(scene, renewal) == {}
