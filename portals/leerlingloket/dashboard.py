"""The pupil's applications: the tiles, what is put first, and what each application gets to know (R49, R50)."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Sequence

from flask import Flask, Response, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portals.kit import session
from portals.kit.desk import request_id, settings, wiring
from portals.kit.doors import access_token
from portals.kit.errors import ShownError
from portals.kit.idp_api import ApiDown, Me
from portals.kit.pages import come_back_to, render
from portals.leerlingloket import application_api
from portals.leerlingloket.application_api import Application

log = logging.getLogger("leerid.portal.dashboard")

# With more tiles than this, looking for one by its name is quicker than looking at them all.
MANY = 12
LONGEST_SEARCH = 60


def install(app: Flask) -> None:
    one = "/applications/<client_id>"
    app.add_url_rule("/", "home", home)
    app.add_url_rule(one, "application", about)
    app.add_url_rule(f"{one}/favourite", "favourite", put_first, methods=["POST"])


def home() -> str | Response:
    """For a visitor the landing page (R43), for a pupil the dashboard (R49)."""
    if session.tokens() is None:
        return render("leerlingloket/landing.html", practice_url=f"{settings().issuer}/practice")
    api, token = wiring().api, access_token()
    me = api.me(token)
    try:
        return dashboard(me, application_api.applications(api, token))
    except ApiDown as down:
        return without_tiles(me, down)


def dashboard(me: Me, applications: Sequence[Application]) -> str:
    wanted = request.args.get("q", "")[:LONGEST_SEARCH].strip()
    return render(
        "leerlingloket/dashboard.html",
        me=me,
        applications=applications,
        found={each.client_id for each in applications if folded(wanted) in folded(each.name)},
        searchable=len(applications) > MANY or bool(wanted),
        wanted=wanted,
    )


def without_tiles(me: Me, down: ApiDown) -> Response:
    """Who is signed in is known, what they have isn't: the menu still works, and the page says so."""
    log.error("provider down", extra={"detail": str(down)})
    page = render("leerlingloket/no_tiles.html", me=me, foutnummer=request_id())
    response: Response = make_response(page, 503)
    response.headers["Retry-After"] = "5"
    return response


def about(client_id: str) -> str:
    """ "Wat krijgt deze toepassing van mij?" """
    api, token = wiring().api, access_token()
    me = api.me(token)
    found = application_api.applications(api, token)
    application = next((each for each in found if each.client_id == client_id), None)
    if application is None:
        raise ShownError(404, "not-there")
    return render("leerlingloket/application.html", me=me, application=application)


def put_first(client_id: str) -> BaseResponse:
    """A favourite, or no longer; then back to its tile, with the same search."""
    wanted = request.form.get("q", "")[:LONGEST_SEARCH]
    back = url_for("home", q=wanted or None)
    come_back_to(back)
    first = request.form.get("favourite") == "yes"
    application_api.put_first(wiring().api, access_token(), client_id, first)
    return redirect(url_for("home", q=wanted or None, _anchor=f"app-{client_id}"), 303)


def folded(text: str) -> str:
    """Without capitals and accents, as a child types it."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()
