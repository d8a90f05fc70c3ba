"""Signing out: here, and in every application that this sign-in was used for (RP-Initiated Logout 1.0).

Whoever shows an ID token of the person who is signed in may end the session at once; anybody else's wish is put to the
person first (OA-41). A redirect follows only to an address that the same client registered (OA-04).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app

from idp.accounts import history, lookup
from idp.accounts.records import Person
from idp.authentication.sign_in import SignIn
from idp.authentication.views import end_session, leave_browser, signed_in
from idp.database import writing
from idp.oidc import hints, subjects
from idp.oidc.clients import Client, origin_of, register
from idp.oidc.errors import ClientError
from idp.oidc.hints import Hint
from idp.oidc.keys import key_ring
from idp.oidc.parameters import Parameters, sent
from idp.oidc.responses import see_other
from idp.tokens import families
from idp.web.cookies import Cookie, drop
from idp.web.errors import ShownError
from idp.web.forms import open_to_other_sites
from idp.web.pages import lead_on, prefer, render
from idp.web.request import db, now, request_id, settings, wiring

logout_endpoint = Blueprint("logout", __name__)
log = logging.getLogger("leerid.oidc")

TEXTS = ("state", "client_id", "post_logout_redirect_uri", "id_token_hint")


@dataclass(frozen=True)
class Wish:
    """What an application asks: who should sign out, and where to go then."""

    client: Client | None = None
    hint: Hint | None = None
    redirect_uri: str | None = None
    state: str | None = None
    ui_locales: tuple[str, ...] = ()


@logout_endpoint.get("/end_session")
def ask_to_end_session() -> Response:
    parameters = sent()
    wish = checked(parameters)
    prefer(wish.ui_locales)
    sign_in = signed_in()
    if sign_in is None:
        end_elsewhere(wish)
        leave()
        return see_off(wish if wish.hint is not None else Wish())
    if wish.hint is not None and wish.client is not None and is_about(wish.client, wish.hint, sign_in):
        end(sign_in)
        return see_off(wish)
    return ask(wish, parameters)


@logout_endpoint.post("/end_session")
@open_to_other_sites
def ask_by_post() -> Response:
    """A POST from another site comes without our cookies (SameSite=Lax): met again as a GET, it brings them."""
    parameters = sent()
    checked(parameters)
    kept = parameters.only((*TEXTS, "ui_locales"))
    return see_other(f"/end_session?{urlencode(kept, quote_via=quote)}" if kept else "/end_session")


@logout_endpoint.post("/end_session/confirm")
def confirmed() -> Response:
    """The person said yes, on our own page."""
    wish = checked(sent())
    prefer(wish.ui_locales)
    sign_in = signed_in()
    if sign_in is not None:
        end(sign_in)
    else:
        leave()
    return see_off(wish)


# What is asked


def checked(parameters: Parameters) -> Wish:
    """Raises ShownError: there is no error that could travel to an application here, only a page."""
    try:
        parameters.refuse_repeated()
        parameters.refuse_unfit(*TEXTS)
    except ClientError as error:
        raise ShownError(400, "logout-refused", error.description) from None
    hint = known_hint(parameters)
    client = known_client(parameters, hint)
    locales = tuple((parameters.get("ui_locales") or "").split()[:20])
    if client is None:  # nobody vouches for an address, so there will be no redirect
        return Wish(ui_locales=locales)
    address = parameters.get("post_logout_redirect_uri")
    if address is not None and address not in client.post_logout_redirect_uris:
        raise ShownError(
            400, "logout-refused", f"post_logout_redirect_uri not registered for {client.client_id}"
        )
    return Wish(client, hint, address, parameters.get("state"), locales)


def known_hint(parameters: Parameters) -> Hint | None:
    token = parameters.get("id_token_hint")
    if token is None:
        return None
    hint = hints.read(token, key_ring(current_app), settings().issuer)
    if hint is None:
        log.warning("hint:refused", extra={"client_id": parameters.get("client_id") or "-"})
        raise ShownError(400, "logout-refused", "id_token_hint is not one of ours")
    return hint


def known_client(parameters: Parameters, hint: Hint | None) -> Client | None:
    """From the parameter or the hint; when both are there they must agree (RP-Initiated Logout section 2)."""
    named = {
        name for name in (parameters.get("client_id"), hint.client_id if hint else None) if name is not None
    }
    if not named:
        return None
    client = register(current_app).get(named.pop())
    if named or client is None:
        raise ShownError(400, "logout-refused", "client_id unknown, or another one than in id_token_hint")
    return client


def is_about(client: Client, hint: Hint, sign_in: SignIn) -> bool:
    """Whether the hint names the person who is signed in; it may be older than this session (hydra 3820)."""
    person = person_of(sign_in)
    return person is not None and hint.subject == subjects.subject_for(client, person, wiring().keys.pairwise)


def person_of(sign_in: SignIn) -> Person | None:
    account = lookup.by_id(db(), sign_in.account_id)
    return account.person if account else None


# What happens


def ask(wish: Wish, parameters: Parameters) -> Response:
    """The confirmation page carries the request in its form; it is checked again when it comes back."""
    if wish.redirect_uri is not None:
        lead_on([origin_of(wish.redirect_uri)])
    kept = parameters.only(TEXTS) if wish.client is not None else {}
    page = render("idp/logout.html", client=wish.client, kept=kept, action="/end_session/confirm")
    return Response(page, mimetype="text/html")


def end(sign_in: SignIn) -> None:
    """Ends the session; everything that lives no longer than it ends with it (`sign_out`)."""
    writing(db())
    end_session(sign_in.session_digest)
    leave_browser()
    history.note(
        db(), "account:signed-out", now=now(), request_id=request_id(), account_id=sign_in.account_id
    )


def leave() -> None:
    """Nobody is signed in here, but somebody may have got half-way: the next one at this browser must not go on with it."""
    writing(db())
    leave_browser()


def end_elsewhere(wish: Wish) -> None:
    """Nobody is signed in here, but the hint names a sign-in: idle, or of a browser that lost its cookies."""
    if wish.client is None or wish.hint is None or wish.hint.sid is None:
        return
    session_digest = families.session_of(db(), wish.client.client_id, wish.hint.sid)
    if session_digest is not None:
        writing(db())
        end_session(session_digest)


def see_off(wish: Wish) -> Response:
    if wish.redirect_uri is not None:
        response = see_other(address_with_state(wish.redirect_uri, wish.state))
    else:
        portal = settings().portals.leerlingloket
        response = Response(render("idp/logged_out.html", portal=portal), mimetype="text/html")
    return without_traces(response)


def address_with_state(address: str, state: str | None) -> str:
    """Nothing but `state` is added (RP-Initiated Logout section 3)."""
    if state is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'state': state}, quote_via=quote)}"


def without_traces(response: Response) -> Response:
    """PR-23: the next child at this tablet finds nothing, by the back button either.

    Not "cookies": that would make the device a stranger to its other pupils, and take neighbours on the same host along.
    """
    drop(response, Cookie.SESSION)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
