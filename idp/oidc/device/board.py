"""The page that an application opens on a classroom board: its code, large, and what to do; until somebody did.

It asks nobody who is signed in here: a board that looks every few seconds must keep no session awake.
"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request

from idp.oidc.client import Client
from idp.oidc.device import user_codes
from idp.oidc.device.looking import Found, Trouble, look
from idp.schools.qr_codes import modules, path
from idp.tokens.devices import Device, State
from idp.web.pages import BRUSSELS, render
from idp.web.request import now, settings

device_board = Blueprint("device_board", __name__)

# What the device collected already was approved; to a room full of children that is one thing.
SHOWN = {State.SPENT: State.APPROVED}
GONE = "gone"


@device_board.get("/device/board")
def show() -> Response:
    typed = request.args.get("user_code", "")
    match look(typed, account_id=None):
        case Found(device, client, shown):
            return board_page(state_of(device), shown, client, ends_at(device))
        case Trouble.TOO_OFTEN:
            return board_page(State.WAITING, as_typed(typed))
        case _:
            return Response(render("idp/device_board.html", state=GONE), 404, mimetype="text/html")


@device_board.get("/device/board/state")
def state() -> dict[str, str]:
    """For the page's script."""
    match look(request.args.get("user_code", ""), account_id=None):
        case Found(device):
            return {"state": state_of(device)}
        case Trouble.TOO_OFTEN:
            return {"state": State.WAITING}
        case _:
            return {"state": GONE}


def board_page(
    state: str, shown: str, client: Client | None = None, until: datetime | None = None
) -> Response:
    address = f"{settings().issuer}/device"
    square = modules(f"{address}?user_code={shown}")
    page = render(
        "idp/device_board.html",
        state=state,
        client=client,
        user_code=shown,
        address=address.partition("://")[2],
        until=until.strftime("%H:%M") if until else "",
        states=f"/device/board/state?user_code={shown}",
        qr_size=len(square),
        qr_path=path(square),
    )
    return Response(page, mimetype="text/html")


def state_of(device: Device) -> str:
    state = device.state(now())
    return SHOWN.get(state, state)


def ends_at(device: Device) -> datetime:
    return device.expires_at.astimezone(BRUSSELS)


def as_typed(typed: str) -> str:
    """Where too many tried codes, the page shows any code alike: it helps nobody to find one, and no board goes dark."""
    return user_codes.shown(user_codes.read(typed) or "")
