"""Saving gives each pupil exactly the password that was shown, or leaves the pupil alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy import select

from idp.accounts import emails, links, usernames
from idp.accounts.credentials import Vault
from idp.accounts.links import Purpose as LinkPurpose
from idp.accounts.passwords import choose
from idp.accounts.records import Account, AuditEvent, Card, Username
from idp.accounts.secret import Secret
from idp.database import Base, writing
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.belgian_time import school_day
from idp.rules.lifecycle import temporary_until
from idp.schools.records import Enrolment, Renewal
from idp.schools.renewals import finding, saving, seeds
from idp.schools.renewals.ending import cancel
from idp.schools.renewals.finding import NotThere, RunOut
from idp.schools.renewals.purposes import BasicSecret, Purpose, State
from idp.schools.renewals.saving import TooMuch
from idp.settings import Hashing, Staff
from tests.schools.renewals.scene import SCHOOL, Scene, at_once, scene_at
from tests.support.people import OWN_PASSWORD
from tests.support.provider import Provider

Each = TypeVar("Each")


def events(scene: Scene) -> list[str]:
    with scene.session() as db:
        return list(db.scalars(select(AuditEvent.what).order_by(AuditEvent.id)))


# What a new password is


@pytest.mark.parametrize("kind", ["basic", "pictures", "advanced"])
def test_R25_R99_PW_36_the_password_that_was_shown_is_the_one_that_opens(scene: Scene, kind: str) -> None:
    pupil = scene.provider.people.pupil(kind, school=SCHOOL)
    renewal = scene.propose([pupil.number])
    shown = scene.passwords(renewal)[pupil.number]
    step = scene.save(renewal)
    account = scene.account(pupil.account_id)
    assert (step.progress.done, step.progress.total, step.state) == (1, 1, State.SAVED)
    assert scene.opens(account, shown)
    assert not scene.opens(account, Secret(pupil.password))
    assert scene.passwords(renewal)[pupil.number] == shown


def test_R30_R93_PW_24_an_advanced_pupil_must_choose_anew_within_a_month(scene: Scene) -> None:
    pupil = scene.provider.people.pupil(school=SCHOOL)
    renewal = scene.renew([pupil.number])
    account = scene.account(pupil.account_id)
    done_at = scene.entries(renewal)[pupil.number].done_at
    assert done_at is not None
    assert account.temporary_until == temporary_until(done_at)


def test_R31_creation_and_last_sign_in_stay_as_they_were(scene: Scene) -> None:
    pupil = scene.provider.people.pupil(school=SCHOOL)
    scene.change(pupil.account_id, last_sign_in_at=scene.provider.clock.move(days=-3))
    before = scene.account(pupil.account_id)
    scene.provider.clock.move(days=3)
    scene.renew([pupil.number])
    after = scene.account(pupil.account_id)
    assert (after.created_at, after.last_sign_in_at) == (before.created_at, before.last_sign_in_at)


def test_PW_04_a_new_password_ends_protection_and_forgets_failures(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    scene.change(pupil.account_id, protected_at=scene.provider.clock())
    scene.renew([pupil.number])
    account = scene.account(pupil.account_id)
    assert account.protected_at is None
    assert account.failures_count_from == account.secret_set_at


def test_PW_29_PW_30_sign_ins_and_links_of_before_are_no_longer_good(scene: Scene) -> None:
    pupil = scene.provider.people.pupil(school=SCHOOL)
    with scene.session() as db:
        writing(db)
        account = db.get_one(Account, pupil.account_id)
        token = emails.ask_to_verify(db, account, "a@mail.be", scene.provider.clock(), hours=24)
        db.commit()
    before = scene.provider.clock()
    renewal = scene.renew([pupil.number])
    account = scene.account(pupil.account_id)
    done_at = scene.entries(renewal)[pupil.number].done_at
    assert done_at is not None
    assert account.sign_ins_count_from >= done_at > before
    with scene.session() as db:
        assert links.look(db, LinkPurpose.VERIFY_EMAIL, token, scene.provider.clock()) is None


def test_a_sign_in_that_began_while_it_was_saved_does_not_count_either(scene: Scene) -> None:
    """With the old password, which opens until the commit; so the moment is the last thing that is read."""
    pupils = [scene.provider.people.pupil("basic", school=SCHOOL) for _ in range(5)]
    renewal = scene.propose([pupil.number for pupil in pupils])
    scene.begin(renewal)
    read: list[datetime] = []

    def clock() -> datetime:
        read.append(scene.provider.clock())
        return read[-1]

    with scene.session() as db:
        saving.advance(db, replace(scene.means, clock=clock), scene.actor, renewal, clock(), lambda: False)
        db.commit()
    changed = [scene.account(pupil.account_id) for pupil in pupils]
    assert {account.sign_ins_count_from for account in changed} == {read[-1]}
    assert all(account.secret_set_at and account.secret_set_at < read[-1] for account in changed)


def test_the_tick_of_handing_out_goes_with_the_old_password(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    scene.change(pupil.account_id, handed_out_at=scene.provider.clock(), handed_out_by=scene.actor.account_id)
    scene.renew([pupil.number])
    account = scene.account(pupil.account_id)
    assert (account.handed_out_at, account.handed_out_by) == (None, None)


def test_PW_33_the_card_keeps_its_handle_and_who_has_none_gets_one(scene: Scene) -> None:
    with_card, without = (scene.provider.people.pupil("basic", school=SCHOOL) for _ in range(2))
    with scene.provider.db() as db:
        db.delete(db.get_one(Card, without.card_handle))
    scene.renew([with_card.number, without.number])
    with scene.session() as db:
        cards = {card.account_id: card.handle for card in db.scalars(select(Card))}
    assert cards[with_card.account_id] == with_card.card_handle
    assert re.fullmatch("[2-9a-z]{26}", cards[without.account_id])


def test_R103_who_is_not_ticked_keeps_the_own_password(scene: Scene) -> None:
    wanted, unwanted = (scene.provider.people.pupil("basic", school=SCHOOL) for _ in range(2))
    renewal = scene.propose([wanted.number, unwanted.number])
    step = scene.save(renewal, ticked=[wanted.number, 4_711])
    assert (step.progress.done, step.progress.total) == (1, 1)
    assert scene.opens(scene.account(unwanted.account_id), Secret(unwanted.password))
    scene.begin(renewal, ticked=[unwanted.number])  # the first call decided
    assert scene.step(renewal).progress == step.progress


def test_R6_pictures_and_words_change_places(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    renewal = scene.renew([pupil.number], basic_secret=BasicSecret.PICTURES)
    account = scene.account(pupil.account_id)
    assert account.secret_kind is SecretKind.PICTURES
    assert scene.opens(account, scene.passwords(renewal)[pupil.number])


# Activation


def test_R2_an_activated_pupil_has_an_account_a_card_and_a_password(scene: Scene) -> None:
    pupil = scene.provider.people.enrolled_only(
        given_name="Pieter-Alexander", family_name="Bogaert", school=SCHOOL, secondary=True
    )
    renewal = scene.renew([pupil.pupil_number], Purpose.ACTIVATION)
    account = scene.account_of(renewal, pupil.pupil_number)
    assert account.username == "pieter-alexander.bogaert"
    assert account.kind is AccountKind.ADVANCED
    assert account.active_until == school_day(scene.provider.clock()) + timedelta(days=200)
    assert account.temporary_until is not None
    assert scene.opens(account, scene.passwords(renewal)[pupil.pupil_number])
    assert scene.count(Card, Card.account_id == account.id) == 1
    assert "account:opened" in events(scene)


def test_R21_a_username_that_is_taken_meanwhile_gets_a_digit(scene: Scene) -> None:
    pupil = scene.provider.people.enrolled_only(given_name="Jan", family_name="Maes", school=SCHOOL)
    renewal = scene.propose([pupil.pupil_number], Purpose.ACTIVATION)
    scene.provider.people.pupil("basic", given_name="Jan", family_name="Maes")
    scene.save(renewal)
    assert scene.account_of(renewal, pupil.pupil_number).username == "jan.maes1"
    assert scene.entries(renewal)[pupil.pupil_number].username == "jan.maes1"


def test_R25_the_username_that_was_asked_for_or_none(scene: Scene) -> None:
    one, other = (scene.provider.people.enrolled_only(school=SCHOOL).pupil_number for _ in range(2))
    first = scene.propose([one], Purpose.ACTIVATION, new_username="de.zon")
    second = scene.propose([other], Purpose.ACTIVATION, new_username="De.Zon")
    scene.save(first)
    scene.save(second)
    assert scene.account_of(first, one).username == "de.zon"
    assert scene.reasons(second) == {other: "changed"}


def test_a_pupil_who_is_activated_twice_at_once_has_one_account(scene: Scene) -> None:
    pupils = [scene.provider.people.enrolled_only(school=SCHOOL).pupil_number for _ in range(6)]
    renewals = [scene.propose(pupils, Purpose.ACTIVATION), scene.propose(pupils, Purpose.ACTIVATION)]
    together(scene.save, renewals)
    reasons = [list(scene.reasons(renewal).values()) for renewal in renewals]
    assert sorted(map(str, reasons[0] + reasons[1])) == ["None"] * 6 + ["changed"] * 6
    assert scene.count(Account, Account.kind != AccountKind.STAFF) == 6


# An e-mail address that goes


def test_R106_R114_PW_25_the_address_goes_with_the_old_password(scene: Scene) -> None:
    pupil = scene.provider.people.pupil(email="butrint.boeren@mail.be", school=SCHOOL, given_name="Butrint")
    renewal = scene.propose([pupil.number], Purpose.EMAIL_REMOVAL)
    step = scene.save(renewal)
    (removed,) = step.removed
    assert (removed.address, removed.given_name, removed.username) == (
        "butrint.boeren@mail.be", "Butrint", pupil.username,
    )  # fmt: skip
    account = scene.account(pupil.account_id)
    assert [account.email, account.email_folded, account.email_verified_at] == [None] * 3
    assert emails.should_offer(account, scene.provider.clock())  # R30, R116
    assert scene.opens(account, scene.passwords(renewal)[pupil.number])
    assert {"account:email-removed", "account:password-renewed"} <= set(events(scene))


# Changed meanwhile


def link_address(scene: Scene, account: Account) -> None:
    account.email = account.email_folded = "a@mail.be"
    account.email_verified_at = scene.provider.clock()


def choose_own(scene: Scene, account: Account) -> None:
    sealed = scene.means.vault.seal(Secret(OWN_PASSWORD + "!"), account.id, SecretKind.TEXT)
    choose(account, sealed, scene.provider.clock())


def block(scene: Scene, account: Account) -> None:
    account.blocked_at = scene.provider.clock()


def become_basic(_scene: Scene, account: Account) -> None:
    account.kind, account.temporary_until = AccountKind.BASIC, None


@pytest.mark.parametrize("what", [link_address, choose_own, block, become_basic])
def test_R100_PW_25_whoever_changed_since_it_was_shown_is_left_alone(
    scene: Scene, what: Callable[[Scene, Account], None]
) -> None:
    changed, same = (scene.provider.people.pupil(school=SCHOOL) for _ in range(2))
    renewal = scene.propose([changed.number, same.number])
    with scene.provider.db() as db:
        what(scene, db.get_one(Account, changed.account_id))
    before = scene.account(changed.account_id).sealed_secret
    step = scene.save(renewal)
    assert (step.progress.done, step.progress.total, step.state) == (1, 1, State.SAVED)
    assert scene.reasons(renewal) == {changed.number: "changed", same.number: None}
    after = scene.account(changed.account_id)
    assert after.sealed_secret == before
    assert scene.entries(renewal)[changed.number].done_at is None


def test_OA_54_who_left_the_school_meanwhile_is_left_alone(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    renewal = scene.propose([pupil.number])
    with scene.provider.db() as db:
        enrolment = db.scalars(select(Enrolment).where(Enrolment.school_number == SCHOOL)).one()
        enrolment.ends_on = school_day(scene.provider.clock()) - timedelta(days=1)
    assert scene.save(renewal).progress.total == 0
    assert scene.opens(scene.account(pupil.account_id), Secret(pupil.password))


def test_of_two_renewals_of_one_pupil_the_second_to_be_saved_does_nothing(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    first, second = scene.propose([pupil.number]), scene.propose([pupil.number])
    scene.save(second)
    scene.save(first)
    assert scene.reasons(first) == {pupil.number: "changed"}
    assert scene.opens(scene.account(pupil.account_id), scene.passwords(second)[pupil.number])


# Once, whoever asks and however often


def together(what: Callable[[Each], object], them: Sequence[Each]) -> None:
    """All at the same moment, in threads of their own."""
    start = Barrier(len(them))

    def one(each: Each) -> None:
        start.wait()
        what(each)

    with ThreadPoolExecutor(len(them)) as threads:
        for done in [threads.submit(one, each) for each in them]:
            done.result()


def test_PW_36_FT_08_two_that_save_at_once_do_each_pupil_once(scene: Scene) -> None:
    numbers = scene.provider.people.many(40, school=SCHOOL)
    renewal = scene.propose(numbers)
    shown = scene.passwords(renewal)

    def save_in_steps(node: Scene) -> None:
        node.begin(renewal)
        while node.step(renewal, at_once).state is not State.SAVED:
            pass

    another_node = replace(scene, means=scene_at(scene.provider).means)
    together(save_in_steps, [scene, scene, another_node])
    assert events(scene).count("account:password-renewed") == 40
    assert events(scene).count("renewal:saved") == 1
    for number, entry in scene.entries(renewal).items():
        account = scene.account_of(renewal, number)
        assert account.secret_set_at == entry.done_at
        assert scene.opens(account, shown[number])


def test_PW_36_a_save_after_the_last_one_changes_nothing(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    renewal = scene.renew([pupil.number])
    before = (scene.account(pupil.account_id).sealed_secret, scene.find(renewal).expires_at)
    scene.provider.clock.move(minutes=1)
    assert scene.save(renewal).state is State.SAVED
    assert (scene.account(pupil.account_id).sealed_secret, scene.find(renewal).expires_at) == before


def test_FT_11_cancelling_midway_keeps_what_is_done(scene: Scene) -> None:
    numbers = scene.provider.people.many(10, school=SCHOOL)
    renewal = scene.propose(numbers)
    shown = scene.passwords(renewal)
    scene.begin(renewal)
    assert scene.step(renewal, at_once).progress.done in (1, 2)
    with scene.session() as db:
        writing(db)
        cancel(
            db, finding.held(db, scene.means, scene.actor, renewal, scene.means.clock()), scene.means.clock()
        )
        db.commit()
    with pytest.raises(NotThere):
        scene.step(renewal)
    for number, entry in scene.entries(renewal).items():
        account = scene.account_of(renewal, number)
        assert scene.opens(account, shown[number] if entry.done_at else Secret("34mij1"))


def test_what_was_hashed_while_it_was_cancelled_is_nothing(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    renewal = scene.propose([pupil.number])
    scene.begin(renewal)

    def cancelled_meanwhile() -> bool:
        with scene.session() as db:
            writing(db)
            held = finding.held(db, scene.means, scene.actor, renewal, scene.means.clock())
            cancel(db, held, scene.means.clock())
            db.commit()
        return True

    with pytest.raises(NotThere):
        scene.step(renewal, cancelled_meanwhile)
    assert scene.opens(scene.account(pupil.account_id), Secret(pupil.password))


def test_each_step_lengthens_its_life_and_after_the_last_it_runs_out(scene: Scene) -> None:
    numbers = scene.provider.people.many(4, school=SCHOOL)
    renewal = scene.propose(numbers)
    scene.begin(renewal)
    for _ in range(4):
        scene.provider.clock.move(minutes=14)
        if scene.step(renewal, at_once).state is State.SAVED:
            break
    scene.provider.clock.move(minutes=14)
    scene.find(renewal)
    scene.step(renewal)  # a reload isn't a step
    scene.provider.clock.move(minutes=2)
    with pytest.raises(RunOut):
        scene.find(renewal)


def test_nobody_ticked_is_nothing_to_do(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    step = scene.save(scene.propose([pupil.number]), ticked=[])
    assert (step.progress.total, step.state) == (0, State.SAVED)


def test_PW_18_a_vault_that_is_too_busy_ends_the_step_and_not_the_renewal(provider: Provider) -> None:
    scene = scene_at(provider)
    numbers = provider.people.many(3, school=SCHOOL)
    renewal = scene.propose(numbers)
    scene.begin(renewal)
    cheap = provider.settings.hashing
    impatient = Hashing(cheap.memory_kib, cheap.time_cost, cheap.parallelism, at_once=1, queue_seconds=0.0)
    vault = Vault(provider.keys.sealing, impatient)
    busy, free = Barrier(2), Barrier(2)
    vault.threads.submit(lambda: (busy.wait(), free.wait()))
    busy.wait()
    hurried = replace(scene, means=replace(scene.means, vault=vault))
    assert hurried.step(renewal).progress.done == 0
    free.wait()
    assert scene.step(renewal).state is State.SAVED


# Limits and traces


def test_OA_63_more_pupils_than_one_may_renew_in_an_hour_is_too_much(provider: Provider) -> None:
    scene = scene_at(provider, staff=Staff(exported_pupils_an_hour=5, alarm_pupils_an_hour=4))
    numbers = provider.people.many(6, school=SCHOOL)
    with pytest.raises(TooMuch):
        scene.save(scene.propose(numbers))
    scene.save(scene.propose(numbers), ticked=numbers[:5])
    with pytest.raises(TooMuch):
        scene.save(scene.propose(numbers[5:]))
    assert events(scene).count("export:refused") == 2
    assert events(scene).count("export:alarm") == 1


def test_PW_35_a_new_username_comes_with_the_new_password_and_counts(provider: Provider) -> None:
    scene = scene_at(provider, staff=Staff(username_changes_an_hour=1))
    one, other = (provider.people.pupil("basic", school=SCHOOL) for _ in range(2))
    renewal = scene.renew([one.number], new_username="nieuwe.naam")
    account = scene.account(one.account_id)
    assert account.username == "nieuwe.naam"
    assert scene.opens(account, scene.passwords(renewal)[one.number])
    assert scene.count(Username, Username.given_up_at.is_not(None)) == 1
    assert "pupil:renamed" in events(scene)
    with pytest.raises(TooMuch):
        scene.renew([other.number], new_username="nog.een.naam")


def test_PW_35_when_the_name_is_taken_meanwhile_the_password_stays_too(scene: Scene) -> None:
    one, other = (scene.provider.people.pupil("basic", school=SCHOOL) for _ in range(2))
    renewal = scene.propose([one.number], new_username="nieuwe.naam")
    with scene.provider.db() as db:
        assert usernames.rename(
            db, db.get_one(Account, other.account_id), "nieuwe.naam", scene.provider.clock()
        )
    scene.save(renewal)
    assert scene.reasons(renewal) == {one.number: "changed"}
    account = scene.account(one.account_id)
    assert (account.username, scene.opens(account, Secret(one.password))) == (one.username, True)


def test_OA_61_each_pupil_has_an_event_and_none_says_what_the_password_is(scene: Scene) -> None:
    pupils = [scene.provider.people.pupil("basic", school=SCHOOL) for _ in range(3)]
    renewal = scene.renew([pupil.number for pupil in pupils])
    with scene.session() as db:
        found = db.scalars(select(AuditEvent).where(AuditEvent.what == "account:password-renewed")).all()
    assert {(event.pupil_number, event.account_id) for event in found} == {
        (pupil.number, pupil.account_id) for pupil in pupils
    }
    for event in found:
        assert (event.actor_id, event.school_number) == (scene.actor.account_id, SCHOOL)
        assert event.detail == {"renewal": str(renewal)}


def test_PW_17_no_password_is_in_any_row(scene: Scene) -> None:
    people = scene.provider.people
    numbers = [*people.many(20, school=SCHOOL), *people.many(10, school=SCHOOL, kind="advanced")]
    new = [people.enrolled_only(school=SCHOOL).pupil_number for _ in range(5)]
    secrets = []
    for renewal in (scene.renew(numbers), scene.renew(new, Purpose.ACTIVATION)):
        secrets += [secret.reveal() for secret in scene.passwords(renewal).values()]
        secrets.append(seed_in_hex(scene, renewal))
    assert len(secrets) == 37
    stored = everything_stored(scene)
    assert "leerling" in stored
    assert not [secret for secret in secrets if secret in stored]


def seed_in_hex(scene: Scene, renewal: UUID) -> str:
    with scene.session() as db:
        return seeds.seed_of(scene.means.ring, db.get_one(Renewal, renewal)).hex()


def everything_stored(scene: Scene) -> str:
    """Every value of every row of every table."""
    with scene.session() as db:
        rows = [row for table in Base.metadata.sorted_tables for row in db.execute(select(table))]
    return "\n".join(str(value) for row in rows for value in row)
