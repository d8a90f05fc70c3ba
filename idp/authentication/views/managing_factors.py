"""Where staff look after their second factor: what they have, one more, one less, new recovery codes.

Whoever has a factor shows it first, and not long ago: with a password alone nothing is added or taken away (CV-46).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from idp.accounts import factors, history, recovery_codes
from idp.accounts.factors import FactorKind
from idp.accounts.records import Account, SecondFactor
from idp.authentication import drafts, login
from idp.authentication.attempt import FactorNeed, Proven
from idp.authentication.requirement import Requirement
from idp.authentication.sign_in import SignIn
from idp.authentication.views import recently, visitor
from idp.authentication.views.ending import end_sessions
from idp.database import writing
from idp.rules.account_types import AccountKind
from idp.settings import SecondFactorPolicy
from idp.web.errors import ShownError
from idp.web.pages import render
from idp.web.request import db, now, request_id, settings, wiring

second_factor = Blueprint("second_factor", __name__, url_prefix="/second-factor")


class Told(StrEnum):
    """What just happened; the words are in the template."""

    ADDED = "added"
    REMOVED = "removed"
    CODES = "codes"
    LAST = "last"


@second_factor.get("")
def manage() -> str:
    sign_in = manager()
    known = factors.factors_of(db(), sign_in.account_id)
    told = request.args.get("told")
    return render(
        "idp/second_factor.html",
        factors=known,
        removable=may_lose_one(known),
        codes_left=recovery_codes.left(db(), sign_in.account_id),
        with_passkeys=visitor.factor_keys().site is not None,
        told=told if told in set(Told) else None,
        portal=settings().portals.schoolloket,
    )


@second_factor.post("/add")
def add() -> Response:
    """Goes on where a login adds its first one."""
    sign_in = manager()
    writing(db())
    draft = drafts.lock(wiring().keys.sealing, sign_in.account_id, drafts.new())
    kind = FactorKind.PASSKEY if request.form.get("kind") == FactorKind.PASSKEY else None
    attempt = go_on(sign_in, FactorNeed.ADD, Told.ADDED, draft)
    return redirect(url_for("login.new_factor", attempt=attempt, by=kind), 303)


@second_factor.post("/recovery-codes")
def new_recovery_codes() -> Response:
    """The ones before are no longer good from here on, also when nobody looks at the new ones."""
    sign_in = manager()
    writing(db())
    account_id, keys = sign_in.account_id, wiring().keys
    # Held, so that of two who make new ones the second ends those of the first.
    if not factors.factors_held(db(), account_id):
        return back()
    codes = recovery_codes.make(db(), keys.lookup, account_id, now())
    note("factor:recovery-renewed", account_id)
    locked = drafts.lock_codes(keys.sealing, account_id, codes)
    attempt = go_on(sign_in, FactorNeed.KEEP_CODES, Told.CODES, locked)
    return redirect(url_for("login.recovery_codes", attempt=attempt), 303)


@second_factor.get("/remove/<uuid:factor_id>")
def ask_to_remove(factor_id: UUID) -> str | Response:
    sign_in = manager()
    known = factors.factors_of(db(), sign_in.account_id)
    asked = next((each for each in known if each.id == factor_id), None)
    if asked is None:
        raise ShownError(404, "not-found")
    if not may_lose_one(known):
        return back(Told.LAST)
    return render("idp/second_factor_remove.html", factor=asked, is_last=len(known) == 1)


@second_factor.post("/remove/<uuid:factor_id>")
def remove(factor_id: UUID) -> Response:
    """Whoever is signed in elsewhere no longer is: a factor goes when a telephone is lost, too."""
    sign_in = manager()
    writing(db())
    account_id = sign_in.account_id
    # Held, so that of two who each take another one away the second sees one less.
    known = factors.factors_held(db(), account_id)
    if factor_id not in {each.id for each in known}:
        return back()
    if not may_lose_one(known):
        return back(Told.LAST)
    kind = factors.remove(db(), account_id, factor_id)
    if len(known) == 1:
        factors.remove_all(db(), account_id)  # the recovery codes go with the last one
    note("factor:removed", account_id, kind=kind)
    end_sessions(account_id, but=sign_in.session_digest)
    return back(Told.REMOVED)


def may_lose_one(known: list[SecondFactor]) -> bool:
    return len(known) > 1 or settings().staff.second_factor is SecondFactorPolicy.OPTIONAL


# Who may


def manager() -> SignIn:
    """Staff who signed in a moment ago, with the second factor when there is one; anybody else signs in first."""
    way_back = url_for("second_factor.manage")
    sign_in = recently.signed_in(way_back)
    if sign_in.kind is not AccountKind.STAFF:
        raise ShownError(403, "forbidden", "a second factor is for staff")
    recently.signed_in_lately(sign_in, settings().staff.recent_minutes, way_back)
    return sign_in


# On, and back


def go_on(sign_in: SignIn, need: FactorNeed, told: Told, challenge: str) -> str:
    """A login that is proven as far as this sign-in is, and has one thing left to do."""
    account = db().get_one(Account, sign_in.account_id)
    attempt = login.begin_proven(
        db(),
        Requirement(url_for("second_factor.manage", told=told)),
        visitor.this_browser(),
        now(),
        username=account.username,
        proven=Proven(account.id, sign_in.at, sign_in.methods, False, False, need),
        challenge=challenge,
    )
    return attempt.value


def back(told: Told | None = None) -> Response:
    return redirect(url_for("second_factor.manage", told=told), 303)


def note(what: str, account_id: UUID, **detail: Any) -> None:
    history.note(db(), what, now=now(), request_id=request_id(), account_id=account_id, **detail)
