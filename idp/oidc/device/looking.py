"""Which device has this code? Asked by who typed it, and by the board that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from flask import current_app, request

from idp.authentication import subjects
from idp.database import writing
from idp.oidc.client import Client
from idp.oidc.clients import register
from idp.oidc.device import guessing, user_codes
from idp.oidc.protocol import GrantType
from idp.tokens import devices
from idp.tokens.devices import Device
from idp.web.cookies import browser_id
from idp.web.request import db, now, wiring


class Trouble(StrEnum):
    """Why there is none: for who typed it."""

    EMPTY = "empty"
    MALFORMED = "malformed"
    WRONG = "wrong"
    TOO_OFTEN = "too-often"


@dataclass(frozen=True)
class Found:
    """A device, the application on it, and the code as it is shown."""

    device: Device
    client: Client
    shown: str


def look(typed: str, account_id: UUID | None) -> Found | Trouble:
    """`account_id` is who is signed in, if that is known."""
    if not typed.strip():
        return Trouble.EMPTY
    code = user_codes.read(typed)
    if code is None:
        return Trouble.MALFORMED
    if loaded_elsewhere():
        return Trouble.WRONG
    limits = limits_here(account_id)
    if guessing.closed(db(), limits, now()):
        return Trouble.TOO_OFTEN
    device = devices.by_user_code(db(), user_codes.digest(wiring().keys.lookup, code))
    if device is None:
        writing(db())
        guessing.count_wrong(db(), limits, now())
        return Trouble.WRONG
    client = register(current_app).get(device.client_id)
    if client is None or GrantType.DEVICE_CODE not in client.grant_types:
        return Trouble.WRONG
    return Found(device, client, user_codes.shown(code))


def loaded_elsewhere() -> bool:
    """As a picture or a script of another site, which could use up a whole school's guesses. It isn't even looked up."""
    asked = request.headers
    return asked.get("Sec-Fetch-Site") == "cross-site" and asked.get("Sec-Fetch-Mode") != "navigate"


def limits_here(account_id: UUID | None) -> guessing.Limits:
    """Who is signed in answers for themselves, and others at their school don't."""
    key = wiring().keys.lookup
    whose = {guessing.of_browser(key, browser_id()): guessing.FOR_BROWSER}
    if account_id is None:
        return whose | {subjects.of_address(key, request.remote_addr or ""): guessing.FOR_NETWORK}
    return whose | {subjects.of_account(key, account_id): guessing.FOR_ACCOUNT}
