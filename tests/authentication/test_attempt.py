"""What is known so far decides the step."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from idp.authentication.attempt import (
    Done,
    EmailOffered,
    FactorNeed,
    NameAsked,
    Named,
    NewFactorAsked,
    NewPasswordAsked,
    PasswordAsked,
    PicturesAsked,
    Proven,
    RecoveryCodesShown,
    SecondFactorAsked,
    Step,
    StepName,
    name_of,
    next_step,
)

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def named(*, with_pictures: bool) -> Named:
    return Named("ardalan.bhatti", uuid4(), with_pictures)


def proven(*, must_choose: bool, offer: bool, factor: FactorNeed = FactorNeed.NOTHING) -> Proven:
    return Proven(uuid4(), NOW, ("pwd",), must_choose_password=must_choose, offer_email=offer, factor=factor)


@pytest.mark.parametrize(
    ("known", "step"),
    [
        (None, NameAsked),
        (named(with_pictures=False), PasswordAsked),
        (named(with_pictures=True), PicturesAsked),
        (proven(must_choose=True, offer=False), NewPasswordAsked),
        (proven(must_choose=True, offer=True), NewPasswordAsked),
        (proven(must_choose=False, offer=True), EmailOffered),
        (proven(must_choose=False, offer=False), Done),
        (proven(must_choose=False, offer=True, factor=FactorNeed.SHOW), SecondFactorAsked),
        (proven(must_choose=False, offer=True, factor=FactorNeed.ADD), NewFactorAsked),
        (proven(must_choose=True, offer=False, factor=FactorNeed.ADD), NewPasswordAsked),
        (proven(must_choose=False, offer=True, factor=FactorNeed.KEEP_CODES), RecoveryCodesShown),
    ],
)
def test_what_is_known_decides_the_step(known: Named | Proven | None, step: type[Step]) -> None:
    assert isinstance(next_step(known), step)


def test_PW_24_a_temporary_password_is_never_done() -> None:
    for offer in (True, False):
        assert name_of(next_step(proven(must_choose=True, offer=offer))) is StepName.NEW_PASSWORD


@pytest.mark.parametrize("must_choose", [True, False])
@pytest.mark.parametrize("offer", [True, False])
def test_CV_46_a_factor_that_is_there_comes_before_everything(must_choose: bool, offer: bool) -> None:
    known = proven(must_choose=must_choose, offer=offer, factor=FactorNeed.SHOW)
    assert name_of(next_step(known)) is StepName.SECOND_FACTOR


@pytest.mark.parametrize("factor", [FactorNeed.SHOW, FactorNeed.ADD, FactorNeed.KEEP_CODES])
def test_CV_46_what_a_factor_still_needs_is_never_done(factor: FactorNeed) -> None:
    for must_choose in (True, False):
        assert not isinstance(next_step(proven(must_choose=must_choose, offer=False, factor=factor)), Done)


def test_a_name_that_nobody_has_asks_the_same() -> None:
    known, unknown = named(with_pictures=False), Named("niemand", None, with_pictures=False)
    assert name_of(next_step(known)) is name_of(next_step(unknown))
