"""Who would get a new password, and who would not and why; and that nothing else changes by asking."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from idp.accounts.records import Account, Person, Username
from idp.accounts.sealed_box import BoxTampered
from idp.accounts.secret import Secret
from idp.database import writing
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.belgian_time import school_day
from idp.schools.appointments import Role
from idp.schools.confinement import confine
from idp.schools.records import Renewal
from idp.schools.renewals import finding, proposing, seeds
from idp.schools.renewals.ending import cancel
from idp.schools.renewals.finding import NotThere, RunOut
from idp.schools.renewals.purposes import BasicSecret, Purpose
from idp.settings import Pictures
from tests.schools.renewals.scene import SCHOOL, Scene, scene_at
from tests.support.people import Place
from tests.support.provider import Provider

R, A, E = Purpose.RENEWAL, Purpose.ACTIVATION, Purpose.EMAIL_REMOVAL

# Purpose -> why each of these pupils is left out.
REASONS: dict[str, dict[Purpose, str | None]] = {
    "basic": {R: None, A: "has_account", E: "changed"},
    "pictures": {R: None, A: "has_account", E: "changed"},
    "advanced": {R: None, A: "has_account", E: "changed"},
    "temporary": {R: None, A: "has_account", E: "changed"},
    "expired": {R: None, A: "has_account", E: "changed"},
    "protected": {R: None, A: "has_account", E: "changed"},
    "unverified": {R: None, A: "has_account", E: "changed"},
    "linked": {R: "email", A: "has_account", E: None},
    "blocked": {R: "blocked", A: "has_account", E: "blocked"},
    "none": {R: "no_account", A: None, E: "no_account"},
    "left": {R: "inactive", A: "inactive", E: "inactive"},
    "long ago": {R: "not_found", A: "not_found", E: "not_found"},
    "elsewhere": {R: "not_found", A: "not_found", E: "not_found"},
    "nobody": {R: "not_found", A: "not_found", E: "not_found"},
}


def make(provider: Provider, what: str) -> int:
    """A pupil in this state; answers the stamnummer."""
    people, now = provider.people, provider.clock()
    today = school_day(now)
    match what:
        case "basic" | "pictures" | "advanced":
            return people.pupil(what, school=SCHOOL).number
        case "temporary":
            return people.pupil(temporary=True, school=SCHOOL).number
        case "linked":
            return people.pupil(email="ardalan.bhatti@mail.be", school=SCHOOL).number
        case "none":
            return people.enrolled_only(school=SCHOOL).pupil_number
        case "left":
            return people.pupil(school=SCHOOL, active_until=today - timedelta(days=1)).number
        case "long ago":
            return people.pupil(school=SCHOOL, active_until=today - timedelta(days=400)).number
        case "elsewhere":
            return people.pupil(school=7, pupil_number=77_777).number
        case "nobody":
            return 99_999
    pupil = people.pupil(temporary=what == "expired", school=SCHOOL)
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        match what:
            case "expired":
                account.temporary_until = now
            case "protected":
                account.protected_at = now
            case "blocked":
                account.blocked_at = now
            case "unverified":
                account.email = account.email_folded = "a@mail.be"
    return pupil.number


def test_R99_R100_R104_everybody_who_may_and_everybody_who_may_not_with_the_reason(scene: Scene) -> None:
    """PW-25, OA-54: the whole table at once, for each of the purposes."""
    numbers = {what: make(scene.provider, what) for what in REASONS}
    for purpose in Purpose:
        found = scene.reasons(scene.propose(numbers.values(), purpose))
        assert {what: found[number] for what, number in numbers.items()} == {
            what: reasons[purpose] for what, reasons in REASONS.items()
        }


def test_OA_54_a_leerkracht_renews_the_own_classes_only(scene: Scene) -> None:
    own = scene.provider.people.pupil("basic", school=SCHOOL, class_code="1A").number
    others = scene.provider.people.pupil("basic", school=SCHOOL, class_code="1B").number
    teacher = scene.as_colleague(role=Role.LEERKRACHT, classes=frozenset({"1A"}))
    renewal = teacher.propose([own, others])
    assert teacher.reasons(renewal) == {own: None, others: "not_found"}
    assert teacher.entries(renewal)[others].given_name == ""


def test_R111_pupils_are_in_the_order_of_the_list(scene: Scene) -> None:
    names = [("Élise", "Maes"), ("Ardalan", "Bhatti"), ("Amani", "Bockstal"), ("Daan", "Maes")]
    for given, family in names:
        scene.provider.people.pupil("basic", given_name=given, family_name=family, school=SCHOOL)
    found = scene.entries(scene.propose([99_999, 4, 3, 2, 1]))
    assert [entry.given_name for entry in found.values()] == ["Ardalan", "Amani", "Daan", "Élise", ""]


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (BasicSecret.SAME, ["text", "pictures", "text", "text"]),
        (BasicSecret.TEXT, ["text", "text", "text", "text"]),
        (BasicSecret.PICTURES, ["pictures", "pictures", "text", "text"]),
    ],
)
def test_R6_basic_accounts_get_words_or_pictures_as_wanted(
    scene: Scene, wanted: BasicSecret, kinds: list[str]
) -> None:
    people = scene.provider.people
    numbers = [people.pupil(kind, school=SCHOOL).number for kind in ("basic", "pictures", "advanced")]
    numbers.append(people.pupil(school=SCHOOL, email="a@mail.be").number)
    asked = scene.entries(scene.propose(numbers, basic_secret=wanted))
    changed = scene.propose(numbers)
    with scene.session() as db:
        writing(db)
        held = finding.held(db, scene.means, scene.actor, changed, scene.means.clock())
        assert proposing.choose_basic_secret(db, held, wanted)
        db.commit()
    for found in (asked, scene.entries(changed)):
        shown = [found[number].secret_kind or "text" for number in numbers]
        assert shown == kinds


def test_words_come_back_after_a_look_at_pictures(scene: Scene) -> None:
    number = scene.provider.people.pupil("basic", school=SCHOOL).number
    renewal = scene.propose([number])
    seen = [scene.passwords(renewal)[number].reveal()]
    for wanted in (BasicSecret.PICTURES, BasicSecret.SAME):
        with scene.session() as db:
            writing(db)
            held = finding.held(db, scene.means, scene.actor, renewal, scene.means.clock())
            proposing.choose_basic_secret(db, held, wanted)
            db.commit()
        seen.append(scene.passwords(renewal)[number].reveal())
    assert seen[0] == seen[2] != seen[1]
    assert len(seen[1]) == 4


def test_R2_R21_R24_who_has_no_account_is_promised_one_with_a_username_that_is_free(scene: Scene) -> None:
    people = scene.provider.people
    people.pupil("basic", given_name="Jan", family_name="Peeters", school=SCHOOL)
    people.pupil("basic", username="bram.maes2")
    numbers = [
        people.enrolled_only(given_name=given, family_name=family, school=SCHOOL, secondary=secondary)
        for given, family, secondary in [
            ("Jan", "Peeters", False),
            ("Jan", "Peeters", True),
            ("Bram", "Maes", False),
            ("Bram", "Maes", False),
            ("Bram", "Maes", False),
        ]
    ]
    found = scene.entries(scene.propose([each.pupil_number for each in numbers], Purpose.ACTIVATION))
    assert sorted(entry.username for entry in found.values()) == [
        "bram.maes", "bram.maes1", "bram.maes3", "jan.peeters1", "jan.peeters2",
    ]  # fmt: skip
    kinds = {entry.account_kind for entry in found.values() if entry.given_name == "Bram"}
    assert kinds == {AccountKind.BASIC}
    assert {entry.account_kind for entry in found.values()} == {AccountKind.BASIC, AccountKind.ADVANCED}
    assert all(entry.is_new and entry.account_id is None for entry in found.values())
    assert scene.count(Username, Username.skeleton == "bram.maes") == 0  # promised, not taken


def test_R1_another_schools_enrolment_counts_for_the_kind_of_account(scene: Scene) -> None:
    """The one question that looks beyond the own school; the second lock is back afterwards."""
    people = scene.provider.people
    pupil = people.enrolled_only(school=SCHOOL)
    people.school(7)
    with scene.provider.db() as db:
        person = db.get_one(Person, pupil.person_id)
        people.place(db, person, Place(7, "1A"), secondary=True)
    with scene.session() as db:
        confine(db, SCHOOL)
        wish = proposing.Wish(Purpose.ACTIVATION, (pupil.pupil_number,))
        (entry,) = proposing.look_up(db, scene.actor, wish, scene.means.clock()).pupils
        assert entry.account_kind is AccountKind.ADVANCED
        if db.get_bind().dialect.name == "postgresql":
            assert db.scalar(text("SELECT count(*) FROM enrolments WHERE school_number = 7")) == 0


def test_R103_PW_22_a_proposal_changes_nothing(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    scene.propose([pupil.number])
    assert scene.opens(scene.account(pupil.account_id), Secret(pupil.password))


def test_PW_22_a_cancelled_proposal_has_no_seed_any_more(scene: Scene) -> None:
    pupil = scene.provider.people.pupil("basic", school=SCHOOL)
    renewal = scene.propose([pupil.number])
    with scene.session() as db:
        writing(db)
        cancel(
            db, finding.held(db, scene.means, scene.actor, renewal, scene.means.clock()), scene.means.clock()
        )
        db.commit()
    with scene.session() as db:
        assert db.get_one(Renewal, renewal).sealed_seed is None
    with pytest.raises(NotThere):
        scene.find(renewal)
    with pytest.raises(NotThere):
        scene.step(renewal)
    assert scene.opens(scene.account(pupil.account_id), Secret(pupil.password))


def test_PW_23_only_who_began_it_finds_it_in_the_sign_in_in_which_they_did(scene: Scene) -> None:
    renewal = scene.propose([scene.provider.people.pupil("basic", school=SCHOOL).number])
    assert scene.find(renewal).id == renewal
    for stranger in (
        scene.as_colleague(session_digest="another sign-in"),
        scene.as_colleague(account_id=uuid4()),
        scene.as_colleague(school_number=7),
    ):
        with pytest.raises(NotThere):
            stranger.find(renewal)


def test_PW_23_it_lives_a_quarter_of_an_hour(scene: Scene) -> None:
    renewal = scene.propose([scene.provider.people.pupil("basic", school=SCHOOL).number])
    scene.provider.clock.move(minutes=14, seconds=50)
    scene.find(renewal)
    scene.provider.clock.move(seconds=15)
    with pytest.raises(RunOut):
        scene.find(renewal)
    with pytest.raises(NotThere):  # to a stranger there never was one
        scene.as_colleague(session_digest="another sign-in").find(renewal)


def test_PW_25_who_may_no_longer_remove_an_address_no_longer_finds_its_removal(scene: Scene) -> None:
    number = scene.provider.people.pupil(email="a@mail.be", school=SCHOOL).number
    renewal = scene.propose([number], Purpose.EMAIL_REMOVAL)
    demoted = scene.as_colleague(role=Role.LEERKRACHT, classes=frozenset({"1A"}))
    with pytest.raises(NotThere):
        demoted.find(renewal)


def test_another_way_to_make_passwords_ends_what_was_begun_before(scene: Scene) -> None:
    """What was shown could not be made again."""
    renewal = scene.propose([scene.provider.people.pupil("pictures", school=SCHOOL).number])
    longer = scene_at(scene.provider, pictures=Pictures(length=5)).means
    with scene.session() as db, pytest.raises(RunOut):
        finding.renewal_of(db, longer, scene.actor, renewal, scene.means.clock())


def test_PW_15_a_seed_opens_in_its_own_renewal_only(scene: Scene) -> None:
    number = scene.provider.people.pupil("basic", school=SCHOOL).number
    one, other = scene.propose([number]), scene.propose([number])
    with scene.session() as db:
        moved = db.get_one(Renewal, one)
        moved.sealed_seed = db.get_one(Renewal, other).sealed_seed
        with pytest.raises(BoxTampered):
            seeds.seed_of(scene.means.ring, moved)


def test_PW_20_every_renewal_has_a_seed_of_its_own(scene: Scene) -> None:
    number = scene.provider.people.pupil(school=SCHOOL, temporary=True).number
    made = {scene.passwords(scene.propose([number]))[number].reveal() for _ in range(20)}
    assert len(made) == 20


def test_secret_kinds_of_who_is_left_out_are_nobodys_business(scene: Scene) -> None:
    number = scene.provider.people.pupil(email="a@mail.be", school=SCHOOL).number
    entry = scene.entries(scene.propose([number]))[number]
    assert (entry.account_kind, entry.secret_kind) == (None, None)
    assert SecretKind.TEXT is scene.account_of(scene.propose([number]), number).secret_kind
