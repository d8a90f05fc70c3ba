"""A feed is applied in steps; it never cuts off who stays, and asks before it ends too much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.accounts.records import Account, AuditEvent
from idp.accounts.standing import may_sign_in
from idp.database import writing
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.lifecycle import TEMPORARY_LIFE
from idp.schools.enrolments import current
from idp.schools.import_records import Change, Import, ImportChange
from idp.schools.imports import applying, changing, following, importing, showing
from idp.schools.imports.importing import NotNow, Sender, State, state_of
from idp.schools.records import Enrolment
from idp.settings import Imports
from tests.schools.imports.feeds import (
    BEGIN,
    END,
    LIMITS,
    NEXT_BEGIN,
    NEXT_END,
    NOW,
    account,
    account_of,
    activated,
    applied,
    enrolment,
    person,
    pupil,
    received,
    school_of,
    stops,
    taken_in,
)

NEXT_DAY = NOW + timedelta(days=1)
AUGUST_25 = datetime(2027, 8, 25, 6, tzinfo=UTC)
AUGUST_31 = datetime(2027, 8, 31, 6, tzinfo=UTC)
SEPTEMBER_1 = datetime(2027, 9, 1, 6, tzinfo=UTC)
SEPTEMBER_3 = datetime(2027, 9, 3, 6, tzinfo=UTC)
NEXT_YEAR = {"begin": NEXT_BEGIN, "einde": NEXT_END}


# Leaving


def test_R27_who_is_not_in_the_feed_any_more_leaves_today(db: Session) -> None:
    taken_in(db, [*school_of(3), pupil()])
    who = activated(db)
    taken_in(db, school_of(3), NEXT_DAY)
    assert enrolment(db).ends_on == NEXT_DAY.date()
    assert account_of(db, who).active_until == NEXT_DAY.date()
    assert may_sign_in(account_of(db, who), NEXT_DAY)
    assert not may_sign_in(account_of(db, who), NEXT_DAY + timedelta(days=1))


def test_R27_whoever_comes_back_has_the_old_account(db: Session) -> None:
    taken_in(db, [*school_of(3), pupil()])
    who = activated(db)
    taken_in(db, school_of(3), NEXT_DAY)
    later = NEXT_DAY + timedelta(days=30)
    found = taken_in(db, [*school_of(3), pupil()], later)
    assert showing.totals(db, found.id).by_change[Change.RETURNED] == 1
    assert person(db).id == who
    assert may_sign_in(account_of(db, who), later)


def test_a_school_that_is_not_in_the_feed_stays_as_it_is(db: Session) -> None:
    taken_in(db, [*school_of(10), *school_of(10, school=3)])
    assert taken_in(db, school_of(10), NEXT_DAY).changes == 0
    assert enrolment(db, 1, school=3).ends_on == END


def test_an_enrolment_that_never_began_leaves_nothing(db: Session) -> None:
    taken_in(db, [*school_of(3), pupil(begin="2026-12-01")])
    who = activated(db)
    taken_in(db, school_of(3), NEXT_DAY)
    assert db.scalars(select(Enrolment).where(Enrolment.person_id == who)).all() == []
    assert not may_sign_in(account_of(db, who), NEXT_DAY)


# R1


def test_R1_who_goes_to_secondary_school_becomes_advanced_and_chooses_a_password(db: Session) -> None:
    taken_in(db, [*school_of(3), pupil(leerling_sleutel="K")])
    who = activated(db)
    writing(db)
    db.execute(update(Account).values(sealed_secret="v1.key.text"))
    db.commit()
    lines = [*school_of(3), pupil(8, school=3, leerling_sleutel="K", onderwijs="gewoon_secundair")]
    taken_in(db, lines, NEXT_DAY)
    found = account_of(db, who)
    assert found.kind is AccountKind.ADVANCED
    assert found.temporary_until == NEXT_DAY + TEMPORARY_LIFE
    assert found.sign_ins_count_from == NEXT_DAY


def test_R1_pictures_end_with_primary_school_and_then_the_school_gives_a_password(db: Session) -> None:
    taken_in(db, [pupil()])
    who = activated(db)
    writing(db)
    db.execute(update(Account).values(sealed_secret="v1.key.text", secret_kind=SecretKind.PICTURES))
    db.commit()
    taken_in(db, [pupil(onderwijs="gewoon_secundair")], NEXT_DAY)
    found = account_of(db, who)
    assert (found.kind, found.secret_kind, found.sealed_secret) == (
        AccountKind.ADVANCED,
        SecretKind.TEXT,
        None,
    )


def test_R1_R17_who_goes_to_special_education_becomes_basic_without_an_address(db: Session) -> None:
    taken_in(db, [pupil(onderwijs="gewoon_secundair")])
    who = activated(db)
    writing(db)
    db.execute(update(Account).values(email="a@b.example", email_folded="a@b.example"))
    db.commit()
    taken_in(db, [pupil(onderwijs="andere")], NEXT_DAY)
    assert (account_of(db, who).kind, account_of(db, who).email) == (AccountKind.BASIC, None)


def test_R1_the_kind_turns_when_the_new_school_begins_and_not_when_it_is_announced(db: Session) -> None:
    lines = [
        pupil(leerling_sleutel="K"),
        pupil(8, school=3, leerling_sleutel="K", onderwijs="gewoon_secundair", **NEXT_YEAR),
    ]
    taken_in(db, lines[:1])
    who = activated(db)
    taken_in(db, lines, AUGUST_25)
    assert account_of(db, who).kind is AccountKind.BASIC
    assert account_of(db, who).active_until == NEXT_END
    same = taken_in(db, lines[1:], SEPTEMBER_1)
    assert (same.changes, same.people) == (0, 1)
    assert account_of(db, who).kind is AccountKind.ADVANCED


# FT-24: a school year begins


def test_FT_24_a_new_school_year_cuts_off_nobody_who_stays_and_ends_who_goes(db: Session) -> None:
    this_year = school_of(20)
    taken_in(db, this_year)
    stays, goes = activated(db, 1), activated(db, 20)
    next_year = [*school_of(20, klas="1B", **NEXT_YEAR)[:15], pupil(100, **NEXT_YEAR)]
    assert not stops(db, this_year, AUGUST_31)
    found = taken_in(db, next_year, SEPTEMBER_1)
    assert (found.ended, state_of(found)) == (0, State.APPLIED)
    assert may_sign_in(account_of(db, stays), SEPTEMBER_1)
    assert not may_sign_in(account_of(db, goes), SEPTEMBER_1)
    assert account_of(db, stays).active_until == NEXT_END
    assert (enrolment(db, 1).starts_on, enrolment(db, 1).class_code) == (NEXT_BEGIN, "1B")
    again = taken_in(db, next_year, SEPTEMBER_1)
    assert (again.changes, again.people) == (0, 0)


def test_FT_24_next_year_announced_in_august_prolongs_and_changes_the_rest_when_it_begins(
    db: Session,
) -> None:
    taken_in(db, school_of(20))
    who = activated(db, 1)
    announced = school_of(20, klas="1B", onderwijs="gewoon_secundair", **NEXT_YEAR)
    assert taken_in(db, announced, AUGUST_25).ended == 0
    kept = enrolment(db, 1)
    assert (kept.starts_on, kept.ends_on, kept.class_code, kept.ordinary_secondary) == (
        BEGIN, NEXT_END, "6A", False,
    )  # fmt: skip
    assert current(db, who, AUGUST_25.date())
    assert taken_in(db, announced, AUGUST_25).changes == 0
    # The next feed is late: nobody is cut off on the first of September.
    assert may_sign_in(account_of(db, who), SEPTEMBER_1)
    assert current(db, who, SEPTEMBER_1.date())
    taken_in(db, announced, SEPTEMBER_3)
    begun = enrolment(db, 1)
    assert (begun.starts_on, begun.class_code, begun.ordinary_secondary) == (NEXT_BEGIN, "1B", True)
    assert account_of(db, who).kind is AccountKind.ADVANCED


def test_FT_24_an_old_feed_that_comes_late_stops(db: Session) -> None:
    taken_in(db, school_of(20))
    taken_in(db, school_of(20, **NEXT_YEAR), SEPTEMBER_1)
    assert stops(db, school_of(20, begin=BEGIN, einde=END), SEPTEMBER_1)
    assert enrolment(db, 1).ends_on == NEXT_END


@pytest.mark.parametrize("share", [10, 94])
def test_FT_24_a_feed_that_was_cut_off_stops(db: Session, share: int) -> None:
    taken_in(db, school_of(100))
    found = received(db, school_of(share), NEXT_DAY)
    assert state_of(found) is State.STOPPED
    assert (found.ended, found.enrolled) == (100 - share, 100)
    with pytest.raises(NotNow):
        applied(db, found.id, NEXT_DAY)
    assert enrolment(db, 100).ends_on == END


@pytest.mark.parametrize(
    ("schools", "leave", "stopped"),
    [
        ([20, 200], [1, 0], False),  # 5 % of one school, under 1 % of all
        ([20, 200], [2, 0], True),  # more than 5 % of one school
        ([100, 100], [1, 1], False),  # 1 % of all
        ([100, 100], [2, 1], True),  # more than 1 % of all
    ],
)
def test_FT_24_five_percent_of_a_school_and_one_percent_of_all_may_leave(
    db: Session, schools: list[int], leave: list[int], stopped: bool
) -> None:
    everybody = [school_of(size, school=number) for number, size in enumerate(schools, 2)]
    taken_in(db, chain(*everybody))
    stay = (lines[: len(lines) - gone] for lines, gone in zip(everybody, leave, strict=True))
    assert state_of(received(db, chain(*stay), NEXT_DAY)) is (State.STOPPED if stopped else State.READY)


def test_FT_24_the_settings_say_how_much_is_too_much(db: Session) -> None:
    taken_in(db, school_of(20))
    few = Imports(stop_school_percent=20.0, stop_total_percent=20.0)
    assert state_of(received(db, school_of(16), NEXT_DAY, few)) is State.READY
    assert state_of(received(db, school_of(15), NEXT_DAY, few)) is State.STOPPED
    assert state_of(received(db, school_of(15), NEXT_DAY, Imports(stop_fewest_pupils=6))) is State.READY


@pytest.mark.parametrize(
    "said",
    [
        lambda number: {"einde": "2026-11-30"},
        lambda number: {"voornaam": "Iemand", "leerling_sleutel": f"anders-{number}"},
    ],
)
def test_FT_24_ending_earlier_and_becoming_somebody_else_count_as_well(
    db: Session, said: Callable[[int], dict[str, object]]
) -> None:
    taken_in(db, school_of(20))
    changed = [{**line, **said(number)} for number, line in enumerate(school_of(20))]
    found = received(db, changed, NEXT_DAY)
    assert (state_of(found), found.ended) == (State.STOPPED, 20)


def test_FT_24_whoever_confirms_that_very_feed_has_it_applied(db: Session) -> None:
    taken_in(db, school_of(20))
    who = activated(db, 20)
    found = received(db, school_of(10), NEXT_DAY)
    done = applied(db, found.id, NEXT_DAY, confirmed=True)
    assert done.confirmed_at == NEXT_DAY
    assert not may_sign_in(account_of(db, who), NEXT_DAY + timedelta(days=1))
    events = db.scalars(select(AuditEvent.what).order_by(AuditEvent.id)).all()
    assert events[-3:] == ["import:received", "import:confirmed", "import:applied"]


def test_FT_24_a_yes_is_not_for_other_figures_than_were_shown(db: Session) -> None:
    taken_in(db, school_of(40))
    shown = received(db, school_of(30), NEXT_DAY).id
    taken_in(db, [*school_of(40), *(pupil(number) for number in range(101, 141))], NEXT_DAY)
    with pytest.raises(NotNow) as reason:
        applied(db, shown, NEXT_DAY, confirmed=True)
    assert reason.value.state is State.STOPPED
    assert db.get_one(Import, shown).ended == 50


def test_a_comparison_of_yesterday_is_made_anew(db: Session) -> None:
    waiting = received(db, [pupil()])
    done = applied(db, waiting.id, NEXT_DAY)
    assert done.compared_for == NEXT_DAY.date()


# In steps


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "STEP", {"sqlite": 3, "postgresql": 3})
    monkeypatch.setattr(following, "PEOPLE_A_STEP", 2)


@pytest.mark.usefixtures("small_steps")
def test_FT_11_an_import_that_is_broken_off_anywhere_ends_in_the_same_place(db: Session) -> None:
    before = [*school_of(10), pupil(leerling_sleutel="K")]
    after = [
        *school_of(8, klas="7A"),
        pupil(8, school=3, leerling_sleutel="K", onderwijs="gewoon_secundair"),
        *school_of(6, school=4),
    ]
    taken_in(db, before)
    for number in (1, 10, 60351):
        activated(db, number)
    mover = person(db).id
    made = received(db, after, NEXT_DAY).id
    importing.begin(db, made, confirmed=True, limits=LIMITS, now=NEXT_DAY, sender=Sender())
    steps = 1
    while applying.step(db, made, NEXT_DAY, "-"):
        steps += 1
        # Whatever was done so far: whoever stays is never cut off.
        assert may_sign_in(account(db, 1), NEXT_DAY)
        assert may_sign_in(account_of(db, mover), NEXT_DAY)
    assert steps > 8
    assert account_of(db, mover).kind is AccountKind.ADVANCED
    assert account(db, 10).active_until == NEXT_DAY.date()
    assert not applying.step(db, made, NEXT_DAY, "-")
    assert taken_in(db, after, NEXT_DAY).changes == 0
    assert db.scalars(select(ImportChange)).all() == []


@pytest.mark.usefixtures("small_steps")
def test_FT_11_another_feed_finishes_what_was_given_up(db: Session) -> None:
    taken_in(db, [*school_of(10), pupil(leerling_sleutel="K")])
    who = activated(db)
    later = [*school_of(10, klas="7A"), pupil(leerling_sleutel="K", einde="2027-12-31")]
    given_up = received(db, later, NEXT_DAY).id
    importing.begin(db, given_up, confirmed=False, limits=LIMITS, now=NEXT_DAY, sender=Sender())
    for _ in range(4):
        applying.step(db, given_up, NEXT_DAY, "-")
    assert enrolment(db).ends_on == date(2027, 12, 31)
    assert account_of(db, who).active_until == END
    other = received(db, [*later, pupil(99)], NEXT_DAY).id
    with pytest.raises(NotNow) as reason:
        applied(db, other, NEXT_DAY)
    assert reason.value.state is State.APPLYING
    applied(db, other, NEXT_DAY + timedelta(minutes=6))
    assert account_of(db, who).active_until == date(2027, 12, 31)
    assert not applying.step(db, given_up, NEXT_DAY, "-")
    # Begun again, it is compared again: now somebody is there whom it would end.
    with pytest.raises(NotNow) as reason:
        applied(db, given_up, NEXT_DAY + timedelta(minutes=7), confirmed=True)
    assert reason.value.state is State.STOPPED
    assert applied(db, given_up, NEXT_DAY + timedelta(minutes=8), confirmed=True).changes == 1


def test_an_applied_import_is_noted_with_counts_and_no_names(db: Session) -> None:
    taken_in(db, [pupil(), pupil(1, voornaam="Ardalan")])
    event = db.scalars(select(AuditEvent).where(AuditEvent.what == "import:applied")).one()
    assert {name: event.detail[name] for name in ("rows", "changes", "ended", "bad_rows", "accounts")} == {
        "rows": 2, "changes": 2, "ended": 0, "bad_rows": 0, "accounts": 0,
    }  # fmt: skip
    assert "Ardalan" not in str(event.detail)
