"""A file of the provider's, passed on to the browser in pieces: in no memory, on no disk, in no cache of the desk's."""

from __future__ import annotations

from flask import Response

from portals.kit.idp_api import PassedOn


def pass_on(file: PassedOn) -> Response:
    """With the name that the provider gave it."""
    response = Response(file.pieces, mimetype=None, content_type=file.media_type)
    response.headers["Content-Disposition"] = file.disposition
    if file.length is not None:
        response.headers["Content-Length"] = file.length
    return response
