"""The steps of a second factor in a login of staff: showing it, adding the first one, keeping the recovery codes."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from idp.accounts import authenticator_app, opaque, passkeys, recovery_codes
from idp.accounts.factors import FactorKind, factors_of, has_factor
from idp.accounts.records import Account, SecondFactor
from idp.accounts.sealed_box import BoxTampered
from idp.accounts.secret import Secret
from idp.authentication import drafts, login, second_factor, sessions
from idp.authentication.attempt import (
    Done,
    FactorNeed,
    NewFactorAsked,
    Proven,
    RecoveryCodesShown,
    SecondFactorAsked,
    StepName,
    next_step,
)
from idp.authentication.drafts import Draft
from idp.authentication.login import Attempt
from idp.authentication.methods import Waiting, Wrong
from idp.authentication.second_factor import AppCode, PaperCode, PasskeyAnswer, Proved, Shown
from idp.authentication.views import visitor
from idp.authentication.views.arriving import Notice, arrive, see, see_again, steps
from idp.authentication.views.ending import end_session
from idp.authentication.views.finishing import account_of, go_on, go_to, goes_on_from, proof_of
from idp.authentication.views.showing import in_words, page, went_wrong
from idp.database import writing
from idp.schools import qr_codes
from idp.web.errors import ShownError
from idp.web.request import db, now, roll_back, wiring

LONGEST_CODE = 40


# Showing it


@steps.get("/login/<attempt>/second-factor", endpoint=StepName.SECOND_FACTOR)
def ask_second_factor(attempt: str) -> str:
    here = arrive(attempt, StepName.SECOND_FACTOR)
    account = account_of(here)
    known = factors_of(db(), account.id)
    stands = second_factor.outlook(db(), account, visitor.asking()) if went_wrong() else None
    return page(
        "second_factor",
        here,
        by_paper=is_by_paper(),
        has_app=any(each.kind == FactorKind.APP for each in known),
        passkey=passkey_asked(here, [each for each in known if each.kind == FactorKind.PASSKEY]),
        **in_words(stands),
    )


def passkey_asked(here: Attempt, known: list[SecondFactor]) -> str | None:
    """What the browser is asked for, when this account has a passkey and this site can have any."""
    site = visitor.factor_keys().site
    return passkeys.to_show(site, known, here.challenge or "") if site is not None and known else None


def is_by_paper() -> bool:
    """Whether the page asks for a recovery code: the link under the form leads there."""
    return request.args.get("by") == second_factor.RECOVERY


@steps.post("/login/<attempt>/second-factor")
def give_second_factor(attempt: str) -> Response:
    here = arrive(attempt, StepName.SECOND_FACTOR)
    shown = shown_here()
    if shown is None:
        return ask_again(here, Notice.EMPTY)
    writing(db())
    account = account_of(here)
    keys, challenge = visitor.factor_keys(), here.challenge or ""
    outcome = second_factor.prove(db(), keys, account, shown, challenge, visitor.asking())
    match outcome:
        case Proved(method):
            return proven(here, account, method, by_paper=isinstance(shown, PaperCode))
        case Wrong():
            login.challenge_anew(db(), here, opaque.new_value())
            return ask_again(here, Notice.WRONG)
        case Waiting():
            return ask_again(here, Notice.WAIT)
        case _:
            assert_never(outcome)


def shown_here() -> Shown | None:
    """What was sent: by its shape a code of an app, else a recovery code; or what a passkey signed."""
    answer = request.form.get("passkey", "")
    if answer:
        return PasskeyAnswer(answer)
    typed = "".join(request.form.get("code", "")[:LONGEST_CODE].split())
    if not typed:
        return None
    looks_like_app = typed.isdecimal() and len(typed) == authenticator_app.DIGITS
    return AppCode(Secret(typed)) if looks_like_app else PaperCode(Secret(typed))


def ask_again(here: Attempt, notice: Notice) -> Response:
    by = second_factor.RECOVERY if is_by_paper() else None
    return redirect(url_for("login.second_factor", attempt=here.value, notice=notice, by=by), 303)


def proven(here: Attempt, account: Account, method: str, *, by_paper: bool) -> Response:
    """The sign-in dates from now: both halves were shown."""
    assert isinstance(here.step, SecondFactorAsked)
    methods = second_factor.with_factor(here.step.proven.methods, method)
    moved = go_to(here, next_step(proof_of(account, now(), methods)))
    if moved is None:
        return see_again(here)
    if not by_paper:
        return go_on(moved, account)
    told = url_for("login.recovery_used", attempt=here.value)
    return go_on(moved, account, Notice.RECOVERY_USED, way_on=told)


@steps.get("/login/<attempt>/recovery-used")
def recovery_used(attempt: str) -> str | Response:
    """How many recovery codes are left, for who just used one; and the way on."""
    here = arrive(attempt, StepName.DONE)
    sign_in = visitor.signed_in()
    assert isinstance(here.step, Done)
    if sign_in is None or sign_in.account_id != here.step.proven.account_id:
        return see(here)
    left = recovery_codes.left(db(), sign_in.account_id)
    return page("recovery_used", here, left=left, way_on=visitor.way_back(here.requirement))


# Adding one


@steps.get("/login/<attempt>/new-factor", endpoint=StepName.NEW_FACTOR)
def ask_new_factor(attempt: str) -> str:
    here = arrive(attempt, StepName.NEW_FACTOR)
    account = account_of(here)
    draft = draft_of(here, account)
    otpauth = authenticator_app.address(draft.secret, account.username)
    code = qr_codes.modules(otpauth)
    return page(
        "new_factor",
        here,
        qr_size=len(code),
        qr_path=qr_codes.path(code),
        secret=authenticator_app.in_groups(draft.secret),
        passkey=new_passkey_asked(account, draft),
        passkey_first=is_by_passkey(),
        otpauth=otpauth,
        way_out=way_out(here, account),
    )


def way_out(here: Attempt, account: Account) -> str | None:
    """Back to where somebody came from who is signed in already; a login that needs a factor has no way around it."""
    assert isinstance(here.step, NewFactorAsked)
    return visitor.way_back(here.requirement) if goes_on_from(account, here.step.proven) else None


def draft_of(here: Attempt, account: Account) -> Draft:
    try:
        return drafts.unlock(wiring().keys.sealing, account.id, here.challenge or "")
    except BoxTampered:
        raise ShownError(500, "fault", "the draft of a second factor doesn't open") from None


def new_passkey_asked(account: Account, draft: Draft) -> str | None:
    site = visitor.factor_keys().site
    known = factors_of(db(), account.id, FactorKind.PASSKEY)
    return passkeys.to_make(site, account, known, draft.challenge) if site is not None else None


@steps.post("/login/<attempt>/new-factor")
def give_new_factor(attempt: str) -> Response:
    here = arrive(attempt, StepName.NEW_FACTOR)
    shown = shown_here()
    if shown is None:
        return see_new_factor(here, Notice.EMPTY)
    writing(db())
    account = account_of(here, held=True)  # of two screens that add a first factor, one is the first
    is_first = not has_factor(db(), account.id)
    draft = draft_of(here, account)
    method = None
    if not isinstance(shown, PaperCode):
        method = second_factor.add(db(), visitor.factor_keys(), account, shown, draft, visitor.asking())
    if method is None:
        ask_anew(here, account, draft)
        return see_new_factor(here, Notice.WRONG)
    return added(here, account, method, is_first=is_first)


def ask_anew(here: Attempt, account: Account, draft: Draft) -> None:
    anew = drafts.lock(wiring().keys.sealing, account.id, draft.asked_anew())
    login.challenge_anew(db(), here, anew)


def see_new_factor(here: Attempt, notice: Notice) -> Response:
    by = FactorKind.PASSKEY if is_by_passkey() else None
    return redirect(url_for("login.new_factor", attempt=here.value, notice=notice, by=by), 303)


def is_by_passkey() -> bool:
    """Whether the page begins with the passkey; the app is on it all the same."""
    return request.args.get("by") == FactorKind.PASSKEY


def added(here: Attempt, account: Account, method: str, *, is_first: bool) -> Response:
    """A factor counts at once. The moment of the sign-in stays: nothing that was there before was shown."""
    assert isinstance(here.step, NewFactorAsked)
    before = here.step.proven
    proof = proof_of(account, before.at, second_factor.with_factor(before.methods, method))
    moved = keep_codes(here, account, proof) if is_first else go_to(here, next_step(proof))
    if moved is None:
        roll_back()  # another tab was first, with a factor of its own
        return see_again(here)
    if is_first:
        end_what_had_none(account)
    return go_on(moved, account)


def end_what_had_none(account: Account) -> None:
    """Whoever is signed in elsewhere showed a password alone, and where a factor is optional nothing would ask again."""
    here = visitor.signed_in()
    mine = here.session_digest if here is not None and here.account_id == account.id else ""
    for other in sessions.others_of(db(), account.id, mine):
        end_session(other)


def keep_codes(here: Attempt, account: Account, proof: Proven) -> Attempt | None:
    keys = wiring().keys
    codes = recovery_codes.make(db(), keys.lookup, account.id, now())
    step = next_step(replace(proof, factor=FactorNeed.KEEP_CODES))
    locked = drafts.lock_codes(keys.sealing, account.id, codes)
    return login.advance(db(), here, step, now(), locked)


# The recovery codes


@steps.get("/login/<attempt>/recovery-codes", endpoint=StepName.RECOVERY_CODES)
def show_recovery_codes(attempt: str) -> str:
    """Until they are said to be kept, and then never again."""
    here = arrive(attempt, StepName.RECOVERY_CODES)
    account = account_of(here)
    try:
        codes = drafts.unlock_codes(wiring().keys.sealing, account.id, here.challenge or "")
    except BoxTampered:
        raise ShownError(500, "fault", "new recovery codes don't open") from None
    return page("recovery_codes", here, codes=[code.reveal() for code in codes])


@steps.post("/login/<attempt>/recovery-codes")
def keep_recovery_codes(attempt: str) -> Response:
    here = arrive(attempt, StepName.RECOVERY_CODES)
    writing(db())
    account = account_of(here)
    assert isinstance(here.step, RecoveryCodesShown)
    proven_so_far = here.step.proven
    moved = go_to(here, next_step(proof_of(account, proven_so_far.at, proven_so_far.methods)))
    return go_on(moved, account) if moved is not None else see_again(here)
