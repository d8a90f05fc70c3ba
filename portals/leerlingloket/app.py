"""The pupil's desk: a landing page, a dashboard with tiles, and a profile to read."""

from __future__ import annotations

from flask import Flask

from portals.kit import session
from portals.kit.app import new_desk
from portals.kit.desk import Desk, wiring
from portals.kit.doors import access_token
from portals.kit.pages import render
from portals.kit.settings import PortalSettings

DESK = Desk("leerlingloket", "LeerID Leerlingloket", "openid leerid:self")


def create_app(settings: PortalSettings) -> Flask:
    """The WSGI application. Raises SettingsError when it can't be safe."""
    app = new_desk(DESK, settings)
    app.add_url_rule("/", "home", home)
    app.add_url_rule("/profile", "profile", profile)
    return app


def home() -> str:
    """For a visitor the landing page (R43), for a pupil the dashboard (R49)."""
    if session.tokens() is None:
        return render("leerlingloket/landing.html")
    api, token = wiring().api, access_token()
    return render("leerlingloket/dashboard.html", me=api.me(token), applications=api.applications(token))


def profile() -> str:
    return render("leerlingloket/profile.html", me=wiring().api.me(access_token()))
