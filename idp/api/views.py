"""Everything under /api, hung up: the calls, the description that is made of them, and an answer for what isn't there."""

from __future__ import annotations

from flask import Flask, Response, current_app, jsonify

from idp.api import describing, me, problems
from idp.api.room import api
from idp.web.request import Wiring

# Imported for the calls that they hang under `api`.
CALLS = (me,)


def install(app: Flask, wiring: Wiring) -> None:
    app.register_blueprint(api)


@api.get("/openapi.json")
def openapi() -> Response:
    return jsonify(describing.document(current_app))


@api.route("/<path:anything>", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def nothing(anything: str) -> Response:
    raise problems.Problem(404)
