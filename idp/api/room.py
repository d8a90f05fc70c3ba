"""The address under which all of the API hangs, and how it says no."""

from __future__ import annotations

from flask import Blueprint

from idp.api import problems

api = Blueprint("api", __name__, url_prefix="/api")
problems.install(api)
