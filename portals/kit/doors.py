"""The ways in and out of a desk: sign in, back from the provider, sign out."""

from __future__ import annotations

import time

from flask import Flask, Response, after_this_request, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from portals.kit import pages, session
from portals.kit.backchannel import ended
from portals.kit.desk import settings, wiring
from portals.kit.errors import ShownError
from portals.kit.sign_in import ProviderDown, SignInAgain


def install(app: Flask) -> None:
    app.add_url_rule("/login", "login", login)
    app.add_url_rule("/callback", "callback", callback)
    app.add_url_rule("/logout", "logout", logout, methods=["POST"])
    app.add_url_rule("/logged-out", "logged_out", logged_out)
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})


def access_token() -> str:
    """What opens the provider's API for whoever is signed in here. Raises SignInAgain."""
    held = session.tokens()
    if held is None:
        raise SignInAgain
    fresh = wiring().provider.fresh(held)
    if fresh is not held:
        session.keep(fresh)
    return fresh.access


def login() -> BaseResponse:
    """Ours, and the provider's when somebody begins there (OIDC Core section 4).

    Always asks the provider, also when somebody is signed in here: on a shared tablet that may be the previous pupil.
    """
    issuers = request.args.getlist("iss")
    if issuers and issuers != [settings().issuer]:
        raise ShownError(400, "bad-request")
    response = wiring().provider.begin(
        own_page(request.args.get("target_link_uri")),
        login_hint=request.args.get("login_hint", "")[:254],
        ui_locales=pages.chosen_language(),
    )
    pages.follow_language(response, request.args.get("ui_locales", ""))
    return response


def own_page(address: str | None) -> str:
    """The path of `address` when it is one of ours, whole or as a path; else the front page (OA-04)."""
    origin = settings().origin
    if address and address.startswith(f"{origin}/"):
        address = address.removeprefix(origin)
    return pages.local_path(address)


def callback() -> BaseResponse:
    tokens, return_to = wiring().provider.finish(request.args)
    session.hold(tokens)
    return redirect(return_to, 303)


def logout() -> BaseResponse:
    """Here at once, then at the provider, which ends every other application's visit as well."""
    held, language = session.tokens(), pages.chosen_language()
    session.forget()
    after_this_request(pages.forget_language)
    if held is None:
        return redirect("/", 303)
    ended().remember(held.sid, time.time())  # a copy of the cookie is worth nothing either
    wiring().provider.give_back(held)
    try:
        return wiring().provider.end(held, session.leave(language), language)
    except ProviderDown as down:
        raise ShownError(503, "sign-out-unfinished") from down


def logged_out() -> BaseResponse:
    """Only after a sign-out that this browser began: nobody is told that they are out while they are in."""
    if not session.has_left(request.args.get("state", "")):
        return redirect("/", 303)
    pages.speak(session.left_in())
    response: Response = make_response(pages.render("portal/logged_out.html"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
