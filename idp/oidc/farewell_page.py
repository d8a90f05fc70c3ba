"""The page after signing out: which applications know of it, and which a person had better close.

It opens the frames of the applications that want to be told in the browser, and then leads on. Our own portals' pupils
stay until they have read it; another application gets its visitor back at once, or after three seconds at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app

from idp.authentication.views import signed_in
from idp.oidc import farewells, frontchannel
from idp.oidc.clients import origin_of, register
from idp.oidc.farewells import State, Told
from idp.oidc.parameters import sent
from idp.oidc.responses import see_other
from idp.oidc.wish import Wish, checked
from idp.web.cookies import browser_id
from idp.web.errors import ShownError
from idp.web.pages import locale, prefer, render, show_frames_of
from idp.web.request import db, now, settings

farewell_page = Blueprint("farewell", __name__)


@dataclass(frozen=True)
class Frame:
    """What the page opens, and for which application."""

    client_id: str
    address: str


@farewell_page.get("/farewell/<value>")
def show(value: str) -> Response:
    wish = checked(sent())
    prefer(wish.ui_locales)
    told = told_here(value)
    if not told:
        return see_other("/")
    frames = frames_of(told)
    show_frames_of([origin_of(frame.address) for frame in frames])
    page = render(
        "idp/farewell.html",
        told=told,
        frames=frames,
        busy=any(each.state is State.BUSY for each in told),
        states=f"/farewell/{value}/states",
        again=address_of(value, wish),
        onward=wish.onward,
        moves_on=wish.client is not None and not wish.client.first_party,
        portal=settings().portals.leerlingloket,
    )
    return Response(page, mimetype="text/html")


@farewell_page.get("/farewell/<value>/states")
def states(value: str) -> dict[str, str]:
    """For the page's script."""
    told = told_here(value)
    if not told:
        raise ShownError(404, "not-found", "no such farewell for this browser")
    return {each.client.client_id: each.state.value for each in told}


def told_here(value: str) -> tuple[Told, ...]:
    """Nothing once somebody signed in here again: it is none of the next one's business (CV-15)."""
    if signed_in() is not None:
        return ()
    return farewells.told(db(), register(current_app), value, browser_id(), now())


def frames_of(told: tuple[Told, ...]) -> list[Frame]:
    issuer = settings().issuer
    return [
        Frame(each.client.client_id, frontchannel.logout_address(each.client, each.sid, issuer))
        for each in told
        if each.client.frontchannel_logout_uri
    ]


def address_of(value: str, wish: Wish) -> str:
    """Where the way leads after it comes along, to be checked again; so does the language, which is forgotten here."""
    kept = {
        "client_id": wish.client.client_id if wish.client else None,
        "post_logout_redirect_uri": wish.redirect_uri,
        "state": wish.state if wish.redirect_uri else None,
        "ui_locales": locale(),
    }
    given = {name: text for name, text in kept.items() if text is not None}
    return f"/farewell/{value}?{urlencode(given, quote_via=quote)}"
