"""From a proven password to the end of a login: the session, its cookies, and the way back."""

from __future__ import annotations

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts import history, lookup, opaque
from idp.accounts.records import Account
from idp.accounts.standing import may_sign_in, strength_of_account
from idp.authentication import known_devices, login, sessions
from idp.authentication.attempt import Done, EmailOffered, NameAsked, NewPasswordAsked, Proven
from idp.authentication.login import Attempt
from idp.authentication.sessions import Proof
from idp.authentication.views import visitor
from idp.authentication.views.arriving import Elsewhere, Notice, address_of, see
from idp.authentication.views.ending import make_way_for
from idp.database import writing
from idp.web.cookies import Cookie, put, read
from idp.web.request import db, now, request_id, settings

COOKIE_LENGTH = len(opaque.new_value())


def account_of(here: Attempt, *, held: bool = False) -> Account:
    """Whose proven login this is, if the proof still counts: the school may have renewed or blocked in between."""
    assert isinstance(here.step, (NewPasswordAsked, EmailOffered))
    proven = here.step.proven
    account = (lookup.by_id_held if held else lookup.by_id)(db(), proven.account_id)
    if account is None or not may_sign_in(account, now()) or account.sign_ins_count_from > proven.at:
        writing(db())
        raise Elsewhere(address_of(login.advance(db(), here, NameAsked(), now()) or here, Notice.RESTARTED))
    return account


def go_on(
    moved: Attempt, account: Account, notice: Notice | None = None, way_on: str | None = None
) -> AnyResponse:
    """To the next page; or, at the end, into the session and back to whoever asked. The transaction is writing."""
    if isinstance(moved.step, Done):
        return sign_in(account, moved.step.proven, way_on or visitor.way_back(moved.requirement))
    return see(moved, notice)


def sign_in(account: Account, proven: Proven, way_on: str) -> Response:
    """Starts the session. The attempt's last step was won in the same transaction."""
    proof = Proof(account.id, account.kind, proven.at, strength_of_account(account), proven.methods)
    limits = sessions.limits_for(account.kind, settings().sessions)
    make_way_for(account.id)
    login.end_proven(db(), visitor.this_browser())
    value, signed_in = sessions.start(db(), proof, limits, now(), before=visitor.signed_in())
    device = device_value()
    known_devices.remember(db(), opaque.digest(device), account.id, now())
    account.last_sign_in_at = now()
    history.note(
        db(),
        "account:signed-in",
        now=now(),
        request_id=request_id(),
        account_id=account.id,
        strength=int(signed_in.strength),
    )
    response = redirect(way_on, 303)
    assert isinstance(response, Response)
    put(response, Cookie.SESSION, value)
    put(response, Cookie.DEVICE, device)
    return response


def device_value() -> str:
    """This browser's own; whoever signs in here next shares it, and it says nothing about them."""
    known = read(Cookie.DEVICE)
    return known if known is not None and len(known) == COOKIE_LENGTH else opaque.new_value()
