"""Who changes what opens an account proves first that it is theirs, not long ago: an open tablet is not enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.accounts import factors
from idp.authentication.requirement import Requirement
from idp.authentication.sign_in import SignIn
from idp.authentication.views import visitor
from idp.authentication.views.arriving import Elsewhere
from idp.database import writing
from idp.rules.account_types import AccountKind, Strength
from idp.web.request import db, now


def signed_in(way_back: str) -> SignIn:
    """Who is signed in here, since whenever; anybody else signs in first, and comes back."""
    sign_in = visitor.signed_in()
    if sign_in is None:
        raise first(Requirement(way_back))
    return sign_in


def signed_in_lately(sign_in: SignIn, minutes: int, way_back: str) -> None:
    """Raises the way to a login, unless it was proven in the last `minutes`, with the second factor of who has one."""
    needed = strength_needed(sign_in)
    earliest = now() - timedelta(minutes=minutes)
    if sign_in.at < earliest or (needed is not None and sign_in.strength < needed):
        raise again(sign_in, earliest, needed, way_back)


def strength_needed(sign_in: SignIn) -> Strength | None:
    """With a password alone nobody gets past a second factor that is there (CV-46)."""
    if sign_in.kind is not AccountKind.STAFF:
        return None
    return Strength.TWO_FACTOR if factors.has_factor(db(), sign_in.account_id) else None


def again(sign_in: SignIn, earliest: datetime, needed: Strength | None, way_back: str) -> Elsewhere:
    return first(Requirement(way_back, after=earliest, strength=needed, account_id=sign_in.account_id))


def first(requirement: Requirement) -> Elsewhere:
    writing(db())
    return Elsewhere(visitor.sign_in_url(requirement))
