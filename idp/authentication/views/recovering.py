"""The link in a mail that gives a new password: looking uses nothing up, and it signs nobody in (PW-30, PW-31)."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from idp.accounts import history, passwords
from idp.accounts.records import Account
from idp.authentication import recovering as recovery
from idp.authentication.views import new_passwords
from idp.authentication.views.ending import end_sessions
from idp.authentication.views.recovery_mails import PATH
from idp.database import writing
from idp.web.pages import prefer, render
from idp.web.request import db, now, request_id

recovering = Blueprint("recovering", __name__, url_prefix=PATH)


@recovering.get("/<token>")
def look(token: str) -> tuple[str, int]:
    account = recovery.to_reset(db(), token, now())
    if account is None:
        return render("idp/reset_gone.html"), 404
    if account.language is not None:
        prefer((account.language,))  # as the mail did
    return render("idp/reset.html", **new_passwords.asked_for(account)), 200


@recovering.post("/<token>")
def reset(token: str) -> Response:
    """The link is good for one password: what is no good yet doesn't cost it."""
    account = recovery.to_reset(db(), token, now())
    if account is None:
        return look_again(token)
    chosen = new_passwords.typed()
    mend = new_passwords.mend_in(chosen, account)
    if mend is not None:
        return look_again(token, mend)
    sealed = new_passwords.seal(chosen, account.id)
    writing(db())
    redeemed = recovery.redeem(db(), token, now())
    if redeemed is None:
        return look_again(token)  # somebody was first, or the school gave another one meanwhile
    keep(redeemed, sealed)
    return redirect(url_for("recovering.done"), 303)


def look_again(token: str, mend: str | None = None) -> Response:
    return redirect(url_for("recovering.look", token=token, mend=mend), 303)


def keep(account: Account, sealed: str) -> None:
    """Whoever knew the old one is out everywhere, and whoever guessed at it guesses from the beginning (PW-07, PW-30)."""
    passwords.choose(account, sealed, now())
    passwords.unlock(account, now())
    end_sessions(account.id)
    new_passwords.tell(account)
    history.note(db(), "account:password-reset", now=now(), request_id=request_id(), account_id=account.id)


@recovering.get("/done")
def done() -> str:
    return render("idp/reset_done.html")
