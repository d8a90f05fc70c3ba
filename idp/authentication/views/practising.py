"""A page to practise the pictures on: never counted, nothing kept, and never about anybody's own pictures."""

from __future__ import annotations

import secrets

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from idp.rules.picture_passwords import PICTURES, picture_password, refusal
from idp.web.pages import local_path, render
from idp.web.request import settings

practising = Blueprint("practising", __name__)

WELL, ALMOST, EMPTY = "well", "almost", "empty"


@practising.get("/practice")
def practice() -> str:
    """The row to click is in the address, so that nothing has to be remembered; what somebody clicked never is."""
    row = row_from(request.args.get("row", ""))
    return render(
        "idp/practice.html",
        row=[PICTURES[int(digit) - 1] for digit in row],
        digits=row,
        pictures=PICTURES,
        said=request.args.get("said", ""),
        back=way_back(),
    )


@practising.post("/practice")
def tried() -> Response:
    row = row_from(request.form.get("row", ""))
    # Not named `password`: a browser neither fills nor keeps it.
    clicked = "".join(sign for sign in request.form.get("pictures", "") if sign.isdigit())
    said = WELL if clicked == row else ALMOST if clicked else EMPTY
    return redirect(url_for("practising.practice", row=row, said=said, back=way_back() or None), 303)


def row_from(given: str) -> str:
    """The row that was shown; a new one for whoever begins. One that no pupil could get is no row."""
    if len(given) == settings().pictures.length and given.isascii() and refusal(given) is None:
        return given
    return picture_password(secrets.randbelow, length=settings().pictures.length)


def way_back() -> str:
    """The page of the login that somebody came from; none for who came from elsewhere."""
    return local_path(request.values.get("back"), fallback="")
