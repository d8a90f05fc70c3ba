"""Rekenrijk: sums to practise, for pupils who sign in with LeerID. An example to copy; README.md explains it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Any

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, Response, abort, redirect, render_template, request, session
from joserfc.errors import JoseError

from .logout_tokens import EndedSignIns
from .sums import after, start

ASKED = {"scope": "openid profile leerid", "code_challenge_method": "S256", "default_timeout": 5}


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    issuer, origin, client_id = (environ[f"REKENRIJK_{name}"] for name in ("ISSUER", "ORIGIN", "CLIENT_ID"))
    app = Flask(__name__)
    app.config.update(SECRET_KEY=environ["REKENRIJK_COOKIE_KEY"], MAX_CONTENT_LENGTH=20_000)
    app.config.update(SESSION_COOKIE_NAME="rekenrijk_session", SESSION_COOKIE_SAMESITE="Lax")
    app.config.update(SESSION_COOKIE_SECURE=origin.startswith("https:"))
    # Discovery tells Authlib every address; state, nonce and PKCE it does by itself.
    leerid = OAuth(app).register(  # type: ignore[no-untyped-call]
        "leerid",
        client_id=client_id,
        client_secret=environ["REKENRIJK_CLIENT_SECRET"],
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs=ASKED,
    )
    ours = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
    ended = EndedSignIns(issuer, client_id, leerid.fetch_jwk_set)

    @app.before_request
    def look() -> None:
        if "sid" in session and ended.is_over(session["sid"], session.get("since", 0)):
            for key in [key for key in session if not key.startswith("_state_")]:
                del session[key]  # but not of whoever is signing in now
        expected, given = session.get("form", ""), request.form.get("form", "")
        if request.endpoint in ("answer", "logout") and (not expected or given != expected):
            abort(400)  # not one of our own forms

    @app.get("/")
    def home() -> str:
        return render_template("home.html", said=session.pop("said", ""), session=session)

    @app.get("/login")  # LeerID opens this address from its dashboard, with its own name as `iss`
    def login() -> Any:
        if request.args.get("iss", issuer) != issuer:
            abort(400)
        for old in [key for key in session if key.startswith("_state_")]:
            del session[old]
        return leerid.authorize_redirect(f"{origin}/callback", login_hint=request.args.get("login_hint"))

    @app.get("/callback")
    def callback() -> Any:
        if request.args.get("iss") != issuer:  # RFC 9207: the answer of another provider
            abort(400)
        token = leerid.authorize_access_token(claims_options={**ours, "nonce": {"essential": True}})
        claims, told = token["userinfo"], leerid.userinfo(token=token)
        if told["sub"] != claims["sub"]:
            abort(400)
        session.clear()
        session.update(start(), pupil=dict(told), sid=claims["sid"], since=claims["iat"])
        session.update(id_token=token["id_token"], form=secrets.token_urlsafe(16))
        return redirect("/", 303)

    @app.post("/answer")
    def answer() -> Any:
        session.update(after(session["score"], session["sum"], request.form.get("answer", "")))
        return redirect("/", 303)

    @app.post("/logout")
    def logout() -> Any:
        hint = session["id_token"]
        ended.remember(session["sid"])  # a copy of the cookie is worth nothing either
        session.clear()
        return leerid.logout_redirect(f"{origin}/", id_token_hint=hint, client_id=client_id)

    @app.post("/backchannel-logout")  # LeerID says that a pupil signed out somewhere else
    def backchannel_logout() -> str:
        ended.add(request.form.get("logout_token", ""))
        return ""

    for refusal in (400, OAuthError, JoseError):
        app.register_error_handler(refusal, lambda error: (render_template("refused.html"), 400))

    @app.after_request
    def harden(response: Response) -> Response:
        policy = f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}"
        response.headers["Content-Security-Policy"] = f"{policy}; base-uri 'none'; frame-ancestors 'none'"
        response.headers.update({"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"})
        response.headers["Cache-Control"] = "no-store"
        return response

    return app
