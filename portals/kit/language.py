"""Choosing a language: kept on this device, and told to the provider for mails and other devices by whoever is signed in."""

from __future__ import annotations

import logging

from flask import Flask, redirect, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from portals.kit import session
from portals.kit.desk import wiring
from portals.kit.doors import access_token
from portals.kit.idp_api import ApiDown, ApiRefused, NotAllowed, NotThere, Refusal, StepUpNeeded
from portals.kit.pages import keep_language, local_path
from portals.kit.sign_in import ProviderDown, SignInAgain
from templates.translations import LANGUAGES

log = logging.getLogger("leerid.portal.language")

# To connect, and to hear back: nobody waits for the provider to read a page in another language.
PATIENCE = (1, 2)
NOT_TOLD = (
    *(SignInAgain, ProviderDown),
    *(ApiDown, ApiRefused, NotAllowed, NotThere, Refusal, StepUpNeeded),
)


def install(app: Flask) -> None:
    app.add_url_rule("/language", "language", choose, methods=["POST"])


def choose() -> Response:
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise BadRequest
    if session.tokens() is not None:
        tell(language)
    response = redirect(local_path(request.form.get("return_to")), 303)
    keep_language(response, language)
    return response


def tell(language: str) -> None:
    """As well as it goes: here the language changes in any case."""
    try:
        wiring().api.put("/api/me/language", access_token(), {"language": language}, patience=PATIENCE)
    except NOT_TOLD as error:
        log.warning("language:not-told", extra={"detail": type(error).__name__})
