"""The first steps of a login: the name, then the password, of words or of pictures."""

from __future__ import annotations

from flask import redirect, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from idp.accounts import lookup
from idp.accounts.credentials import HashingBusy
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.accounts.standing import must_choose_password, standing_once_proven, strength_of_account
from idp.authentication import login, methods
from idp.authentication.attempt import (
    FactorNeed,
    NameAsked,
    Named,
    PasswordAsked,
    PicturesAsked,
    Proven,
    Step,
    StepName,
    next_step,
)
from idp.authentication.decoys import decoy_for
from idp.authentication.login import Attempt
from idp.authentication.methods import Outcome, Right, Waiting, Wrong
from idp.authentication.requirement import Requirement
from idp.authentication.views import visitor
from idp.authentication.views.arriving import Notice, arrive, open_attempt, see, see_again, steps
from idp.authentication.views.ending import end_session_here
from idp.authentication.views.finishing import go_on, go_to, proof_of
from idp.authentication.views.leaving import leave_browser
from idp.authentication.views.showing import page, password_page
from idp.database import writing
from idp.rules.account_types import SecretKind, Strength
from idp.rules.lifecycle import Standing
from idp.web.errors import ShownError
from idp.web.request import db, now, settings, wiring

UNPROVEN = (StepName.NAME, StepName.PASSWORD, StepName.PICTURES)


@steps.get("/login")
def plain() -> Response:
    """Signing in without an application; whoever is signed in already is simply sent on."""
    requirement = visitor.plain_requirement()
    if visitor.signed_in() is not None:
        return redirect(visitor.way_back(requirement), 303)
    writing(db())
    return redirect(visitor.sign_in_url(requirement), 303)


@steps.get("/login/<attempt>/name")
def name(attempt: str) -> str:
    """Also from a later page, to change the name; nothing moves until another one is given."""
    here = arrive(attempt, *UNPROVEN)
    return page("name", here, hint=here.requirement.hint)


@steps.post("/login/<attempt>/name")
def give_name(attempt: str) -> Response:
    here = arrive(attempt, *UNPROVEN)
    typed = lookup.readable(request.form.get("username", ""))
    if not typed:
        return redirect(url_for("login.name", attempt=attempt, notice=Notice.EMPTY), 303)
    named = who_is(typed)
    writing(db())
    return move(here, next_step(named))


def who_is(typed: str) -> Named:
    """The account, or what a name that nobody has would be; the page after it doesn't tell which (OA-37)."""
    decoy = decoy_for(wiring().keys.lookup, typed)
    account = lookup.by_sign_in_name(db(), typed)
    if account is None:
        return Named(typed, None, decoy.with_pictures)
    return Named(typed, account.id, account.secret_kind is SecretKind.PICTURES)


@steps.get("/login/<attempt>/password", endpoint=StepName.PASSWORD)
@steps.get("/login/<attempt>/pictures", endpoint=StepName.PICTURES)
def ask_password(attempt: str) -> str:
    here, step = at_password(attempt)
    return password_page(here, step)


@steps.post("/login/<attempt>/password")
@steps.post("/login/<attempt>/pictures")
def give_password(attempt: str) -> Response:
    here, step = at_password(attempt)
    guess = guess_in(step)
    if not guess:
        return see(here, Notice.EMPTY)
    outcome = prove(step.named, guess)
    match outcome:
        case Right(account):
            return proven(here, account)
        case Wrong():
            return see(here, Notice.WRONG)
        case Waiting():
            return see(here, Notice.WAIT)


def at_password(attempt: str) -> tuple[Attempt, PasswordAsked | PicturesAsked]:
    """The login at its password step; the address says which of the two, so that a wrong one is put right."""
    here = arrive(attempt, wanted_step())
    assert isinstance(here.step, (PasswordAsked, PicturesAsked))
    return here, here.step


def wanted_step() -> StepName:
    return StepName.PICTURES if request.path.endswith("/pictures") else StepName.PASSWORD


def guess_in(step: PasswordAsked | PicturesAsked) -> Secret:
    typed = request.form.get("password", "")
    if isinstance(step, PicturesAsked):  # spaces and dashes between the digits do no harm
        typed = "".join(sign for sign in typed if sign.isdigit())
    return Secret(typed)


def prove(named: Named, guess: Secret) -> Outcome:
    """Refused, never unlimited, when failures can't be counted or hashes can't be made in time (PW-11, PW-18)."""
    asking = visitor.asking()
    try:
        candidate = methods.candidate_for(db(), named, asking)
        return methods.prove(db(), visitor.vault(), candidate, guess, asking)
    except HashingBusy:
        raise ShownError(503, "busy", "hashing queue full") from None
    except SQLAlchemyError as error:
        raise ShownError(503, "busy", f"failures can't be counted: {type(error).__name__}") from error


def proven(here: Attempt, account: Account) -> Response:
    """The password is right; only now may the page say what else is the matter."""
    match standing_once_proven(account, now()):
        case Standing.ACTIVE:
            pass
        case Standing.INACTIVE:
            return no_further(here, "inactive")
        case Standing.TEMPORARY_EXPIRED:
            return no_further(here, "temporary-expired")
        case Standing.BLOCKED | Standing.PROTECTED | Standing.NO_ACCOUNT:
            return see(here, Notice.WRONG)
    shown = proof_of(account, now(), (methods.PASSWORD,))
    if not is_strong_enough(account, shown, here.requirement):
        return no_further(here, "too-weak")
    moved = go_to(here, next_step(shown))
    return go_on(moved, account) if moved is not None else see_again(here)


def is_strong_enough(account: Account, shown: Proven, requirement: Requirement) -> bool:
    """A temporary password will be an own one by the time that it counts, and a second factor will have been shown."""
    return requirement.strength is None or strength_ahead(account, shown) >= requirement.strength


def strength_ahead(account: Account, shown: Proven) -> Strength:
    if shown.factor is not FactorNeed.NOTHING:
        return Strength.TWO_FACTOR
    return Strength.PASSWORD if must_choose_password(account) else strength_of_account(account)


def move(here: Attempt, step: Step) -> Response:
    """On to `step`; whoever lost a race is shown where the login stands instead."""
    moved = login.advance(db(), here, step, now())
    return see(moved) if moved is not None else see_again(here)


# Ways out


@steps.get("/login/<attempt>/no-further/<reason>")
def ended(attempt: str, reason: str) -> str:
    """Why it stops here, for somebody who showed the right password; and what to do now."""
    return page("no_further", open_attempt(attempt), reason=reason, portal=settings().portals.leerlingloket)


def no_further(here: Attempt, reason: str) -> Response:
    """The login waits at the name again, for somebody else."""
    login.advance(db(), here, NameAsked(), now())
    return redirect(url_for("login.ended", attempt=here.value, reason=reason), 303)


@steps.post("/login/<attempt>/switch")
def switch(attempt: str) -> Response:
    """ "Niet jij? Wissel van leerling": whoever was signed in here no longer is, and the name is asked again."""
    here = open_attempt(attempt)
    if here.step_name is StepName.DONE:
        return switch_plainly()
    writing(db())
    end_session_here()
    leave_browser(taking=here)
    return move(here, NameAsked())


@steps.post("/switch")
def switch_plainly() -> Response:
    """The same, from outside a login."""
    writing(db())
    end_session_here()
    leave_browser()
    requirement = visitor.plain_requirement()
    attempt = login.begin(db(), requirement, visitor.this_browser(), now(), visitor.lifetime())
    return see(attempt)
