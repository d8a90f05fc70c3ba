"""The school's desk: who is signed in, and for which schools."""

from __future__ import annotations

from flask import Flask, make_response
from flask import Response as FlaskResponse

from portals.kit import session
from portals.kit.app import new_desk
from portals.kit.desk import Desk, wiring
from portals.kit.doors import access_token
from portals.kit.pages import render
from portals.kit.settings import PortalSettings

DESK = Desk("schoolloket", "LeerID Schoolloket", "openid leerid:school")


def create_app(settings: PortalSettings) -> Flask:
    """The WSGI application. Raises SettingsError when it can't be safe."""
    app = new_desk(DESK, settings)
    app.add_url_rule("/", "home", home)
    return app


def home() -> str | FlaskResponse:
    if session.tokens() is None:
        return render("schoolloket/landing.html")
    me = wiring().api.me(access_token())
    if me.kind != "staff":
        return make_response(render("schoolloket/for_schools.html", me=me), 403)
    return render("schoolloket/schools.html", me=me)
