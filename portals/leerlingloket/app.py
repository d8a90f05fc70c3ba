"""The pupil's desk: its pages, wired together."""

from __future__ import annotations

from flask import Flask

from portals.kit import idle
from portals.kit.app import new_desk
from portals.kit.desk import Desk
from portals.kit.settings import PortalSettings
from portals.leerlingloket import activity, dashboard, email, installable, profile

DESK = Desk("leerlingloket", "LeerID Leerlingloket", "openid leerid:self")
PAGES = (dashboard, profile, activity, email, idle, installable)


def create_app(settings: PortalSettings) -> Flask:
    """The WSGI application. Raises SettingsError when it can't be safe."""
    app = new_desk(DESK, settings)
    for pages in PAGES:
        pages.install(app)
    return app
