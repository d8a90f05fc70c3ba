"""From a proven password to the end of a login: what is still needed, the session, its cookies, and the way back."""

from __future__ import annotations

from datetime import datetime

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts import emails, history, lookup, opaque
from idp.accounts.records import Account
from idp.accounts.standing import may_sign_in, must_choose_password
from idp.authentication import drafts, known_devices, login, second_factor, sessions
from idp.authentication.attempt import (
    Done,
    FactorNeed,
    HalfProven,
    NameAsked,
    NamedBy,
    NewFactorAsked,
    Proven,
    SecondFactorAsked,
    Step,
    next_step,
)
from idp.authentication.login import Attempt
from idp.authentication.sessions import Proof
from idp.authentication.sign_in import SignIn
from idp.authentication.views import visitor
from idp.authentication.views.arriving import Elsewhere, Notice, address_of, see
from idp.authentication.views.ending import make_way_for
from idp.database import writing
from idp.rules.account_types import AccountKind
from idp.rules.devices import Device, rough_device
from idp.web.cookies import Cookie, put, read
from idp.web.request import db, now, request_id, settings, wiring
from templates.translations import LANGUAGES

COOKIE_LENGTH = len(opaque.new_value())


def account_of(here: Attempt, *, held: bool = False) -> Account:
    """Whose proven login this is, if the proof still counts: the school may have renewed or blocked in between."""
    assert isinstance(here.step, HalfProven)
    proven = here.step.proven
    account = (lookup.by_id_held if held else lookup.by_id)(db(), proven.account_id)
    if account is None or not may_sign_in(account, now()) or account.sign_ins_count_from > proven.at:
        raise sent_to(here, NameAsked(), Notice.RESTARTED)
    need = factor_need(account, proven.methods)
    if need is FactorNeed.SHOW and not isinstance(here.step, SecondFactorAsked):
        # It was added since, at another screen: nothing goes on here without it (CV-46).
        raise sent_to(here, next_step(proof_of(account, proven.at, proven.methods)))
    if need is not FactorNeed.SHOW and isinstance(here.step, SecondFactorAsked):
        raise sent_to(here, NameAsked(), Notice.RESTARTED)  # it was taken away since
    return account


def sent_to(here: Attempt, step: Step, notice: Notice | None = None) -> Elsewhere:
    writing(db())
    return Elsewhere(address_of(go_to(here, step) or here, notice))


def proof_of(account: Account, at: datetime, methods: tuple[str, ...]) -> Proven:
    """What was shown so far, and what is still needed; asked anew at every step."""
    return Proven(
        account.id,
        at,
        methods,
        must_choose_password=must_choose_password(account),
        offer_email=emails.should_offer(account, now()),
        factor=factor_need(account, methods),
    )


def factor_need(account: Account, methods: tuple[str, ...]) -> FactorNeed:
    return second_factor.need_of(db(), account, methods, settings().staff.second_factor)


def go_to(here: Attempt, step: Step) -> Attempt | None:
    """The login at `step`, with what that step asks; None for who lost a race."""
    return login.advance(db(), here, step, now(), challenge_for(step))


def challenge_for(step: Step) -> str | None:
    match step:
        case SecondFactorAsked():
            return opaque.new_value()
        case NewFactorAsked(proven):
            return drafts.lock(wiring().keys.sealing, proven.account_id, drafts.new())
        case _:
            return None


def go_on(
    moved: Attempt, account: Account, notice: Notice | None = None, way_on: str | None = None
) -> AnyResponse:
    """To the next page; or, at the end, into the session and back to whoever asked. The transaction is writing."""
    if not isinstance(moved.step, Done):
        return see(moved, notice)
    proven, way = moved.step.proven, way_on or visitor.way_back(moved.requirement)
    before = goes_on_from(account, proven)
    if before is not None:
        return strengthen(before, account, proven, way)
    return sign_in(account, proven, moved.named_by, way)


def goes_on_from(account: Account, proven: Proven) -> SignIn | None:
    """The sign-in that this login only adds a factor to, if that is what it does."""
    before = visitor.signed_in() if account.kind is AccountKind.STAFF else None
    same = before is not None and (before.account_id, before.at) == (proven.account_id, proven.at)
    return before if same else None


def strengthen(before: SignIn, account: Account, proven: Proven, way_on: str) -> AnyResponse:
    """The sign-in of before, with a factor more: it gets another cookie, and not a later moment (OA-35)."""
    if before.methods == proven.methods:
        return redirect(way_on, 303)
    limits = sessions.limits_for(account.kind, settings().sessions)
    proof = proof_from(account, proven)
    value, _ = sessions.start(db(), proof, limits, now(), before=before, device=device_here(), keeps_end=True)
    response = redirect(way_on, 303)
    assert isinstance(response, Response)
    put(response, Cookie.SESSION, value)
    return response


def proof_from(account: Account, proven: Proven) -> Proof:
    strength = second_factor.strength_reached(account, proven.methods)
    return Proof(account.id, account.kind, proven.at, strength, proven.methods)


def sign_in(account: Account, proven: Proven, named_by: NamedBy, way_on: str) -> Response:
    """Starts the session. The attempt's last step was won in the same transaction."""
    proof = proof_from(account, proven)
    limits = sessions.limits_for(account.kind, settings().sessions)
    make_way_for(account.id)
    login.end_proven(db(), visitor.this_browser())
    device = device_here()
    value, signed_in = sessions.start(db(), proof, limits, now(), before=visitor.signed_in(), device=device)
    account.last_sign_in_at = now()
    history.note(
        db(),
        "account:signed-in",
        now=now(),
        request_id=request_id(),
        account_id=account.id,
        strength=int(signed_in.strength),
        way=named_by,
        device=device,
    )
    response = redirect(way_on, 303)
    assert isinstance(response, Response)
    put(response, Cookie.SESSION, value)
    know_this_browser(account, response)
    agree_on_language(account, response)
    return response


def device_here() -> Device:
    return rough_device(request.headers.get("User-Agent", ""))


def agree_on_language(account: Account, response: Response) -> None:
    """What was chosen on this device goes with its chooser; who chose nothing here finds their own language again."""
    chosen = read(Cookie.LANGUAGE)
    if chosen in LANGUAGES:
        account.language = chosen
    elif account.language is not None:
        put(response, Cookie.LANGUAGE, account.language)


def know_this_browser(account: Account, response: Response) -> None:
    """From now on this account has a count of its own here: a bully elsewhere can't shut it out."""
    value = device_value()
    known_devices.remember(db(), opaque.digest(value), account.id, now())
    put(response, Cookie.DEVICE, value)


def device_value() -> str:
    """This browser's own; whoever signs in here next shares it, and it says nothing about them."""
    known = read(Cookie.DEVICE)
    return known if known is not None and len(known) == COOKIE_LENGTH else opaque.new_value()
