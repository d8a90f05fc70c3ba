"""Whoever has a member of staff's password, and no more than that, when the second factor comes."""

from __future__ import annotations

from tests.api.staff import signed_in
from tests.authentication.doors import sign_in
from tests.authentication.factor_doors import enrol, step_of
from tests.support.browser import Visitor
from tests.support.provider import Provider

MANAGE = "/second-factor"


def is_in(visitor: Visitor) -> bool:
    return step_of(visitor.get(MANAGE)) == "second-factor"


def test_CV_46_the_first_factor_ends_what_was_begun_elsewhere_with_a_password_alone(
    provider: Provider,
) -> None:
    """Where it is optional nothing asks for it later: who was in before it came would stay in all day."""
    els = provider.people.staff(school=2)
    stolen, owner, thief = signed_in(provider, els), Visitor(provider.origin), Visitor(provider.origin)
    for visitor in (thief, owner):
        sign_in(visitor, els)
    assert is_in(thief)
    assert stolen.get("/api/schools").status_code == 200
    owner.get(MANAGE)
    owner.submit(button="factor-add-app")
    enrol(provider, owner, els)
    assert not is_in(thief)
    assert stolen.get("/api/schools").status_code == 401
    owner.submit(button="factor-codes-kept")
    assert is_in(owner)
    for visitor in (owner, thief):
        visitor.close()
