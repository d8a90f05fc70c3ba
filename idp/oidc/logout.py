"""Signing out: here, and in every application that this sign-in was used for (RP-Initiated Logout 1.0).

Whoever shows an ID token of the person who is signed in may end the session at once; anybody else's wish is put to the
person first (OA-41). A redirect follows only to an address that the same client registered (OA-04).
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app

from idp.accounts import history, lookup
from idp.accounts.records import Person
from idp.authentication import sessions
from idp.authentication.sign_in import SignIn
from idp.authentication.views import end_session, leave_browser, signed_in
from idp.database import writing
from idp.oidc import farewells, subjects
from idp.oidc.clients import Client, origin_of, register
from idp.oidc.farewell_page import address_of
from idp.oidc.farewells import Told
from idp.oidc.hints import Hint
from idp.oidc.parameters import Parameters, sent
from idp.oidc.responses import see_other
from idp.oidc.sign_out import Farewell, in_farewell
from idp.oidc.wish import TEXTS, Wish, checked
from idp.tokens import families, secrets
from idp.web.cookies import Cookie, browser_id, drop, read
from idp.web.forms import open_to_other_sites
from idp.web.pages import lead_on, prefer, render
from idp.web.request import db, now, request_id, settings, wiring

logout_endpoint = Blueprint("logout", __name__)


@logout_endpoint.get("/end_session")
def ask_to_end_session() -> Response:
    parameters = sent()
    wish = checked(parameters)
    prefer(wish.ui_locales)
    sign_in = signed_in()
    if sign_in is None:
        farewell = end_unseen(wish)
        return see_off(wish if wish.hint is not None else Wish(), farewell)
    if wish.hint is not None and wish.client is not None and is_about(wish.client, wish.hint, sign_in):
        return see_off(wish, end(sign_in, wish))
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
    return see_off(wish, end(sign_in, wish) if sign_in is not None else leave(wish))


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


def end(sign_in: SignIn, wish: Wish) -> str:
    """Ends the session; everything that lives no longer than it ends with it (`sign_out`). Answers the farewell."""
    farewell = leave(wish)
    end_session(sign_in.session_digest)
    history.note(
        db(), "account:signed-out", now=now(), request_id=request_id(), account_id=sign_in.account_id
    )
    return farewell


def leave(wish: Wish) -> str:
    """Nobody goes on here with what somebody left half-way. Answers the value that this browser's farewell is found by."""
    writing(db())
    leave_browser()
    farewell = secrets.new_value()
    asker = wish.client.client_id if wish.client else None
    in_farewell(Farewell(farewells.digest(farewell, browser_id()), asker))
    return farewell


def end_unseen(wish: Wish) -> str | None:
    """Nobody is signed in here, but the hint names a sign-in: idle, or of a browser that lost its cookies.

    Only a browser that it was begun in hears where else it was used: an application may come with a hint by itself.
    """
    session_digest, cookie = session_of(wish), read(Cookie.SESSION)
    here = (
        session_digest is not None
        and cookie is not None
        and sessions.is_opened_by(db(), session_digest, cookie)
    )
    farewell = leave(wish)
    if session_digest is not None:
        end_session(session_digest)
    return farewell if here else None


def session_of(wish: Wish) -> str | None:
    if wish.client is None or wish.hint is None or wish.hint.sid is None:
        return None
    return families.session_of(db(), wish.client.client_id, wish.hint.sid)


# Where it leads


def see_off(wish: Wish, farewell: str | None) -> Response:
    """To the page that says who was told, or straight on when there is nobody to tell of."""
    if farewell is not None and farewells.worth_a_page(told(farewell), wish.client):
        return without_traces(see_other(address_of(farewell, wish)))
    if wish.onward is not None:
        return without_traces(see_other(wish.onward))
    page = render("idp/logged_out.html", portal=settings().portals.leerlingloket)
    return without_traces(Response(page, mimetype="text/html"))


def told(farewell: str) -> tuple[Told, ...]:
    return farewells.told(db(), register(current_app), farewell, browser_id(), now())


def without_traces(response: Response) -> Response:
    """PR-23: the next child at this tablet finds nothing, by the back button either.

    Not "cookies": that would make the device a stranger to its other pupils, and take neighbours on the same host along.
    """
    drop(response, Cookie.SESSION)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
