"""The language switch in every page's footer."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from idp.web.cookies import Cookie, put
from idp.web.errors import ShownError
from idp.web.pages import local_path
from templates.translations import LANGUAGES

language = Blueprint("language", __name__)


@language.post("/language")
def choose() -> BaseResponse:
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise ShownError(400, "bad-request")
    response = redirect(local_path(request.form.get("return_to")), 303)
    assert isinstance(response, Response)
    put(response, Cookie.LANGUAGE, chosen)
    return response
