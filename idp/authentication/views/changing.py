"""Another password, by who knows the one of now (R13, R59-R66): reached from a portal's profile, and back to it."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts import history, links, lookup, passwords
from idp.accounts.records import Account
from idp.authentication import second_factor, sessions
from idp.authentication.requirement import Requirement
from idp.authentication.sessions import Proof
from idp.authentication.sign_in import SignIn
from idp.authentication.views import new_passwords, recently
from idp.authentication.views.ending import end_sessions
from idp.authentication.views.finishing import device_here, know_this_browser
from idp.authentication.views.visitor import signed_in
from idp.database import writing
from idp.rules.account_types import AccountKind, may_choose_password
from idp.web.cookies import Cookie, put, read
from idp.web.errors import ShownError
from idp.web.pages import render
from idp.web.request import db, now, request_id, settings

changing = Blueprint("changing", __name__)


@changing.get("/password")
def ask() -> str:
    sign_in = recently.signed_in(here())
    if not may_choose_password(sign_in.kind):
        return render("idp/password_at_school.html", way_back=portal_of(sign_in))
    account = owner(sign_in, settings().sessions.recent_minutes)
    return render(
        "idp/password.html",
        **new_passwords.asked_for(account),
        others=request.args.get("others") != "stay",
        way_back=portal_of(sign_in),
    )


@changing.post("/password")
def change() -> AnyResponse:
    sign_in = recently.signed_in(here())
    if not may_choose_password(sign_in.kind):
        raise ShownError(403, "forbidden", "a basic pupil keeps the password of the school (R4)")
    # Twice as long, because choosing takes a while: whoever came in time isn't sent away with a good password.
    account = owner(sign_in, 2 * settings().sessions.recent_minutes)
    if request.form.get("whose") != account.username:
        # A tab of whoever was signed in here before: their new password is not this one's (CV-15).
        return redirect(here(), 303)
    chosen = new_passwords.typed()
    others_end = "others" in request.form
    mend = new_passwords.mend_in(chosen, account)
    if mend is not None:
        return redirect(url_for("changing.ask", mend=mend, others=None if others_end else "stay"), 303)
    sealed = new_passwords.seal(chosen, account.id)
    writing(db())
    return keep(sign_in, still_theirs(sign_in), sealed, others_end=others_end)


@changing.get("/password/done")
def done() -> str:
    """R66."""
    sign_in = signed_in()
    is_staff = sign_in is not None and sign_in.kind is AccountKind.STAFF
    return render("idp/password_done.html", is_staff=is_staff, way_back=portal_of(sign_in))


# Who may


def here() -> str:
    return url_for("changing.ask")


def owner(sign_in: SignIn, minutes: int) -> Account:
    """Whose password it is: they typed the one of now a moment ago."""
    recently.signed_in_lately(sign_in, minutes, here())
    return db().get_one(Account, sign_in.account_id)


def still_theirs(sign_in: SignIn) -> Account:
    """The account, held. While we hashed, another tab or another device may have changed it, or ended this session."""
    account = lookup.by_id_held(db(), sign_in.account_id)
    now_here = sessions.resume(db(), read(Cookie.SESSION) or "", now())
    if account is None or now_here != sign_in:
        raise recently.first(Requirement(here()))
    return account


# What changes


def keep(sign_in: SignIn, account: Account, sealed: str, *, others_end: bool) -> Response:
    """From here on only the new one works. Whatever was mailed before is dead, also when the others stay (PW-29)."""
    if others_end:
        passwords.choose(account, sealed, now())
        end_sessions(account.id, but=sign_in.session_digest)
    else:
        passwords.change(account, sealed, now())
        links.drop_all(db(), account)
    new_passwords.tell(account)
    history.note(
        db(),
        "account:password-changed",
        now=now(),
        request_id=request_id(),
        account_id=account.id,
        others_ended=others_end,
    )
    return stay(sign_in, account)


def stay(sign_in: SignIn, account: Account) -> Response:
    """This browser stays signed in, from now on and with another cookie: the one of before may be in other hands (OA-35)."""
    strength = second_factor.strength_reached(account, sign_in.methods)
    proof = Proof(account.id, account.kind, now(), strength, sign_in.methods)
    limits = sessions.limits_for(account.kind, settings().sessions)
    value, _ = sessions.start(
        db(), proof, limits, now(), before=sign_in, device=device_here(), keeps_end=True
    )
    response = redirect(url_for("changing.done"), 303)
    assert isinstance(response, Response)
    put(response, Cookie.SESSION, value)
    know_this_browser(account, response)
    return response


def portal_of(sign_in: SignIn | None) -> str:
    """Where somebody came from: a pupil's profile, or the Schoolloket."""
    portals = settings().portals
    if sign_in is not None and sign_in.kind is AccountKind.STAFF:
        return portals.schoolloket
    return f"{portals.leerlingloket}/profile"
