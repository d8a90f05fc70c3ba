"""Everything under /api, hung up: the calls, the description that is made of them, and an answer for what isn't there."""

from __future__ import annotations

from flask import Flask, Response, current_app, jsonify
from werkzeug.routing import PathConverter

from idp.api import (
    describing,
    imports,
    log,
    me,
    my_access,
    my_activity,
    my_applications,
    my_data,
    my_email,
    my_sign_ins,
    one_pupil,
    printing,
    problems,
    pupils,
    renewals,
    school_applications,
    schools,
    staying,
    undelivered,
)
from idp.api.room import api
from idp.web.forms import open_to_other_sites
from idp.web.request import Wiring

# Imported for the calls that they hang under `api`.
CALLS = (
    *(me, staying, my_email, my_applications, my_access, my_activity, my_sign_ins, my_data),
    *(schools, pupils, one_pupil, renewals, printing, school_applications, log, imports, undelivered),
)


class Anything(PathConverter):
    """A path with whatever sign in it; to a plain `path` the end of a line is none."""

    regex = "(?s:[^/].*?)"


def install(app: Flask, wiring: Wiring) -> None:
    app.url_map.converters["anything"] = Anything
    app.register_blueprint(api)


@api.get("/openapi.json")
def openapi() -> Response:
    return jsonify(describing.document(current_app))


@api.route("/<anything:path>", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@open_to_other_sites  # what isn't there isn't there for a form either (OA-53)
def nothing(path: str) -> Response:
    raise problems.Problem(404)
