"""A Flask application that signs pupils in with `idpyoidc`, from its own handler of relying parties."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import Any

from flask import Flask, redirect, request, session
from idpyoidc.client.defaults import DEFAULT_OIDC_SERVICES
from idpyoidc.client.oauth2.stand_alone_client import backchannel_logout as logged_out_elsewhere
from idpyoidc.client.rp_handler import RPHandler
from markupsafe import Markup

ISSUER, ORIGIN = os.environ["ISSUER"], os.environ["ORIGIN"]

app = Flask(__name__)
app.secret_key = os.environ["COOKIE_KEY"]
handler = RPHandler(
    base_url=ORIGIN,
    services={
        **DEFAULT_OIDC_SERVICES,
        "end_session": {"class": "idpyoidc.client.oidc.end_session.EndSession"},
    },
    client_configs={
        ISSUER: {
            "client_type": "oidc",
            "issuer": ISSUER,
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "redirect_uris": [f"{ORIGIN}/callback"],
            "post_logout_redirect_uris": [f"{ORIGIN}/bye"],
            "backchannel_logout_uri": f"{ORIGIN}/backchannel-logout",
            "response_types_supported": ["code"],
            # Without offline_access: for that it asks prompt=consent each time (OIDC Core section 11), which is a page.
            "scopes_supported": ["openid", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "client_authn_methods": ["client_secret_basic"],
            "add_ons": {
                "pkce": {
                    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
                    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
                }
            },
        }
    },
)
pupils: dict[str, dict[str, Any]] = {}


@app.get("/")
@app.get("/bye")
def home() -> Any:
    pupil = pupils.get(session.get("state", ""))
    if pupil is None:
        return Markup('<a href="/login">Sign in</a>')
    return Markup(
        '<pre>{}</pre><form method="post" action="/refresh"><button id="refresh">Refresh</button></form>'
        '<form method="post" action="/logout"><button id="logout">Sign out</button></form>'
    ).format(json.dumps(pupil))


@app.get("/login")
def login() -> Any:
    return redirect(handler.begin(ISSUER))


@app.get("/callback")
def callback() -> Any:
    done = handler.finalize(ISSUER, request.args.to_dict())
    assert "error" not in done, done
    session["state"] = done["state"]
    pupils[done["state"]] = done["userinfo"].to_dict()
    return redirect("/")


@app.post("/refresh")
def refresh() -> Any:
    state = session["state"]
    answer = handler.refresh_access_token(state)
    assert "access_token" in answer, answer
    pupils[state] = handler.get_user_info(state).to_dict()
    return redirect("/")


@app.post("/logout")
def logout() -> Any:
    state = session.pop("state")
    del pupils[state]
    return redirect(handler.logout(state, post_logout_redirect_uri=f"{ORIGIN}/bye")["url"])


@app.post("/backchannel-logout")
def backchannel_logout() -> str:
    client = handler.issuer2rp[ISSUER]
    with suppress(KeyError):  # somebody who never signed in here, or whose sign-in is over
        del pupils[logged_out_elsewhere(client, request_args=request.form.to_dict())]
    return ""
