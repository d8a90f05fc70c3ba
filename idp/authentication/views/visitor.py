"""This browser, as other rooms' views ask about it: who is signed in, and where to send somebody who isn't."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, current_app, g, request, url_for

from idp.accounts import lookup, opaque
from idp.accounts.credentials import Vault
from idp.accounts.passkeys import site_of
from idp.authentication import login, second_factor, sessions, subjects
from idp.authentication.attempt import Named
from idp.authentication.limits import limits_from
from idp.authentication.methods import Asking
from idp.authentication.requirement import Requirement
from idp.authentication.sign_in import SignIn
from idp.database import writing
from idp.rules.account_types import SecretKind
from idp.web.cookies import Cookie, browser_id, read
from idp.web.request import db, now, request_id, settings, wiring
from templates.translations import LANGUAGES

EXTENSION = "leerid.authentication"


def signed_in() -> SignIn | None:
    """Who is signed in here; looked up once per request."""
    if "signed_in" not in g:
        cookie = read(Cookie.SESSION)
        found = sessions.find(db(), cookie, now()) if cookie else None
        g.signed_in = found.sign_in if found else None
        g.touch_due = found is not None and found.touch_due
    sign_in: SignIn | None = g.signed_in
    return sign_in


def sign_in_url(requirement: Requirement) -> str:
    """Stores a login for this browser, and answers the path of its first page. The caller has said `writing`."""
    known = known_from(requirement)
    attempt = login.begin(db(), requirement, this_browser(), now(), lifetime(), known=known)
    return url_for(f"login.{attempt.step_name}", attempt=attempt.value)


def known_from(requirement: Requirement) -> Named | None:
    """Who is signed in already only proves it again, when nobody else was asked for."""
    sign_in = signed_in()
    if (
        sign_in is None
        or requirement.ask_name
        or requirement.hint
        or requirement.account_id not in (None, sign_in.account_id)
    ):
        return None
    account = lookup.by_id(db(), sign_in.account_id)
    if account is None:
        return None
    return Named(account.username, account.id, with_pictures=account.secret_kind is SecretKind.PICTURES)


def this_browser() -> str:
    """The digest of this browser's cookie: what a login is bound to."""
    return opaque.digest(browser_id())


def lifetime() -> timedelta:
    return timedelta(minutes=settings().sessions.attempt_minutes)


def plain_requirement() -> Requirement:
    """For whoever arrives without an application: a card, or /login itself. The way on is the Leerlingloket."""
    portal = settings().portals.leerlingloket
    return Requirement(return_to=f"{portal}/login", leads_to=(portal,))


def way_back(requirement: Requirement) -> str:
    """Where a login that is done leads. Our own portal goes on in the language that this person chose on the way."""
    chosen = read(Cookie.LANGUAGE)
    if chosen in LANGUAGES and requirement.return_to == plain_requirement().return_to:
        return f"{requirement.return_to}?ui_locales={chosen}"
    return requirement.return_to


def asking() -> Asking:
    """The circumstances of this request, for `methods`."""
    key = wiring().keys.lookup
    device = read(Cookie.DEVICE)
    return Asking(
        now=now(),
        request_id=request_id(),
        key=key,
        limits=limits_from(settings().throttle),
        address=subjects.of_address(key, request.remote_addr or ""),
        device=opaque.digest(device) if device else None,
    )


def factor_keys() -> second_factor.Keys:
    keys = wiring().keys
    return second_factor.Keys(keys.sealing, keys.lookup, site_of(settings().issuer))


def vault() -> Vault:
    """Where passwords are sealed and checked, a few at a time for the whole process."""
    found: Vault = current_app.extensions[EXTENSION]
    return found


def keep_alive(response: Response) -> Response:
    """After the request's own commit: the session was used. A transaction of its own, once a minute at most."""
    if g.pop("touch_due", False) and g.signed_in is not None:
        writing(db())
        sessions.touch(db(), g.signed_in.session_digest, now())
        db().commit()
    return response
