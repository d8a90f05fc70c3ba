"""The step after a temporary password: choosing one's own (R8-R11, R59-R66)."""

from __future__ import annotations

from dataclasses import replace

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.accounts import history, passwords, recovery_codes
from idp.accounts.records import Account
from idp.authentication.attempt import NewPasswordAsked, StepName, next_step
from idp.authentication.login import Attempt
from idp.authentication.views import new_passwords
from idp.authentication.views.arriving import Notice, arrive, see_again, steps
from idp.authentication.views.finishing import account_of, go_on, go_to, proof_of
from idp.authentication.views.showing import notice_here, page
from idp.database import writing
from idp.web.request import db, now, request_id


@steps.get("/login/<attempt>/new-password", endpoint=StepName.NEW_PASSWORD)
def ask_new_password(attempt: str) -> str:
    here = arrive(attempt, StepName.NEW_PASSWORD)
    account = account_of(here)
    return page(
        "new_password",
        here,
        **new_passwords.asked_for(account),
        recovery_left=recovery_codes.left(db(), account.id) if used_recovery_code() else None,
    )


def used_recovery_code() -> bool:
    """A moment ago, in this login: then the page says how many are left."""
    return notice_here() is Notice.RECOVERY_USED


@steps.post("/login/<attempt>/new-password")
def give_new_password(attempt: str) -> Response:
    here = arrive(attempt, StepName.NEW_PASSWORD)
    account = account_of(here)
    chosen = new_passwords.typed()
    mend = new_passwords.mend_in(chosen, account)
    if mend is not None:
        return redirect(url_for("login.new_password", attempt=attempt, mend=mend), 303)
    sealed = new_passwords.seal(chosen, account.id)
    writing(db())
    return keep(here, account_of(here, held=True), sealed)


def keep(here: Attempt, account: Account, sealed: str) -> Response:
    """From here on only the own password works (R11). The sign-in dates from now: it was just proven anew."""
    assert isinstance(here.step, NewPasswordAsked)
    shown = proof_of(account, now(), here.step.proven.methods)
    moved = go_to(here, next_step(replace(shown, must_choose_password=False)))
    if moved is None:
        return see_again(here)  # another tab was first, with its own password
    passwords.choose(account, sealed, now())
    history.note(db(), "account:password-chosen", now=now(), request_id=request_id(), account_id=account.id)
    return go_on(moved, account, Notice.PASSWORD_CHANGED)
