"""A tablet that was left alone: the page asks whether somebody is still there, and this is where the answer goes (PR-23)."""

from __future__ import annotations

from flask import Flask, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from portals.kit.desk import wiring
from portals.kit.doors import access_token
from portals.kit.idp_api import Bearer, read, said


def install(app: Flask) -> None:
    app.add_url_rule("/still-here", "still_here", still_here, methods=["POST"])


def still_here() -> BaseResponse:
    """For design/static/idle.js: how many seconds there are from now on."""
    answer = said(wiring().api.ask("POST", "/api/me/still-here", Bearer(access_token())))
    seconds = read(lambda told: int(told["idle_seconds"]), answer)
    if request.accept_mimetypes.best != "application/json":
        return redirect("/", 303)
    response: Response = jsonify(idle_seconds=seconds)
    return response
