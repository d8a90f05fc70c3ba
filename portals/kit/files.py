"""A file of the provider's, passed on to the browser in pieces: in no memory, on no disk, in no cache of the desk's."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from portals.kit.forms import comes_from_elsewhere
from portals.kit.idp_api import PassedOn
from portals.kit.pages import page_above

FILES = frozenset({".pdf", ".xlsx", ".csv", ".json"})


def install(app: Flask) -> None:
    app.before_request(lead_to_its_page)


def lead_to_its_page() -> BaseResponse | None:
    """A file is counted, so nobody from elsewhere makes a browser fetch one (OA-33): the page that it hangs on opens."""
    path = PurePosixPath(request.path)
    if path.suffix not in FILES or request.url_rule is None or not comes_from_elsewhere():
        return None
    return redirect(page_above(str(path.parent)), 303)


def pass_on(file: PassedOn) -> Response:
    """With the name that the provider gave it."""
    response = Response(file.pieces, mimetype=None, content_type=file.media_type)
    response.headers["Content-Disposition"] = file.disposition
    if file.length is not None:
        response.headers["Content-Length"] = file.length
    return response
