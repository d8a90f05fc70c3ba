"""The school's desk: its pages, wired together."""

from __future__ import annotations

from flask import Flask

from portals.kit.app import new_desk
from portals.kit.desk import Desk
from portals.kit.settings import PortalSettings
from portals.schoolloket import (
    applications,
    editing,
    logbook,
    operators,
    pupil,
    pupil_list,
    renewals,
    schools,
    undelivered,
)

DESK = Desk("schoolloket", "LeerID Schoolloket", "openid leerid:school")
PAGES = (schools, pupil_list, pupil, editing, renewals, applications, logbook, operators, undelivered)


def create_app(settings: PortalSettings) -> Flask:
    """The WSGI application. Raises SettingsError when it can't be safe."""
    app = new_desk(DESK, settings)
    for pages in PAGES:
        pages.install(app)
    return app
