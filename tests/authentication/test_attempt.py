"""What is known so far decides the step."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from idp.authentication.attempt import (
    Done,
    EmailOffered,
    NameAsked,
    Named,
    NewPasswordAsked,
    PasswordAsked,
    PicturesAsked,
    Proven,
    Step,
    StepName,
    name_of,
    next_step,
)

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def named(*, with_pictures: bool) -> Named:
    return Named("ardalan.bhatti", uuid4(), with_pictures)


def proven(*, must_choose: bool, offer: bool) -> Proven:
    return Proven(uuid4(), NOW, ("pwd",), must_choose_password=must_choose, offer_email=offer)


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
    ],
)
def test_what_is_known_decides_the_step(known: Named | Proven | None, step: type[Step]) -> None:
    assert isinstance(next_step(known), step)


def test_PW_24_a_temporary_password_is_never_done() -> None:
    for offer in (True, False):
        assert name_of(next_step(proven(must_choose=True, offer=offer))) is StepName.NEW_PASSWORD


def test_a_name_that_nobody_has_asks_the_same() -> None:
    known, unknown = named(with_pictures=False), Named("niemand", None, with_pictures=False)
    assert name_of(next_step(known)) is name_of(next_step(unknown))
