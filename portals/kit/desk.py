"""One desk: what it is called, what it may ask, and the parts it was wired with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, g, has_request_context

from portals.kit.settings import PortalSettings

if TYPE_CHECKING:
    from portals.kit.idp_api import IdpApi
    from portals.kit.sign_in import Provider

# Digits and capitals that can't be mistaken for each other when a child reads them to a teacher.
READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Desk:
    """What makes one desk another than its neighbour."""

    name: str  # of its cookies and its templates
    title: str  # what its pages are called
    scope: str  # what it asks the provider


@dataclass(frozen=True)
class Wiring:
    """What every view of a desk may ask for."""

    desk: Desk
    settings: PortalSettings
    provider: Provider
    api: IdpApi


def wiring() -> Wiring:
    found: Wiring = current_app.extensions["desk"]
    return found


def settings() -> PortalSettings:
    return wiring().settings


def begin() -> None:
    """Before each request: its number."""
    g.request_id = new_request_id()


def request_id() -> str:
    """The number in every log line of this request: the "foutnummer" on its error page."""
    return str(g.get("request_id", "-")) if has_request_context() else "-"


def new_request_id() -> str:
    letters = [secrets.choice(READABLE) for _ in range(10)]
    return "".join(letters[:5]) + "-" + "".join(letters[5:])
