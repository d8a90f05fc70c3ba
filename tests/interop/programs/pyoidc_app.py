"""A Flask application that signs pupils in with `oic`, the relying party of the certification's early days."""

from __future__ import annotations

import json
import os
import secrets
from typing import Any

from flask import Flask, redirect, request, session
from markupsafe import Markup
from oic.oic import Client
from oic.oic.message import AuthorizationResponse, BackChannelLogoutRequest, RegistrationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD

ISSUER, CLIENT_ID, ORIGIN = os.environ["ISSUER"], os.environ["CLIENT_ID"], os.environ["ORIGIN"]
CALLBACK = f"{ORIGIN}/callback"

app = Flask(__name__)
app.secret_key = os.environ["COOKIE_KEY"]
client = Client(
    client_authn_method=CLIENT_AUTHN_METHOD, config={"code_challenge": {"length": 64, "method": "S256"}}
)
client.provider_config(ISSUER)
client.store_registration_info(
    RegistrationResponse(
        client_id=CLIENT_ID, client_secret=os.environ["CLIENT_SECRET"], redirect_uris=[CALLBACK]
    )
)
visits: dict[str, dict[str, Any]] = {}


@app.get("/")
@app.get("/bye")
def home() -> Any:
    visit = visits.get(session.get("visit", ""), {})
    if "pupil" not in visit:
        return Markup('<a href="/login">Sign in</a>')
    return Markup(
        '<pre>{}</pre><form method="post" action="/refresh"><button id="refresh">Refresh</button></form>'
        '<form method="post" action="/logout"><button id="logout">Sign out</button></form>'
    ).format(json.dumps(visit["pupil"]))


@app.get("/login")
def login() -> Any:
    session["visit"] = state = secrets.token_urlsafe(32)
    challenge, verifier = client.add_code_challenge()
    asked = client.construct_AuthorizationRequest(
        state=state,
        request_args={
            "response_type": "code",
            "scope": ["openid", "profile", "offline_access"],
            "redirect_uri": CALLBACK,
            "nonce": secrets.token_urlsafe(32),
            "state": state,
            **challenge,
        },
    )
    visits[state] = {"asked": asked, "verifier": verifier}
    return redirect(asked.request(client.authorization_endpoint))


@app.get("/callback")
def callback() -> Any:
    state = session["visit"]
    visit = visits[state]
    said = client.parse_response(
        AuthorizationResponse, info=request.query_string.decode(), sformat="urlencoded"
    )
    assert said["state"] == state
    assert said["iss"] == ISSUER
    tokens = client.do_access_token_request(
        state=state,
        request_args={"code": said["code"], "redirect_uri": CALLBACK, "code_verifier": visit["verifier"]},
        authn_method="client_secret_basic",
    )
    assert tokens["id_token"]["nonce"] == visit["asked"]["nonce"]
    visit.update(id_token=tokens["id_token_jwt"], sid=tokens["id_token"]["sid"])
    visit["pupil"] = client.do_user_info_request(state=state).to_dict()
    assert visit["pupil"]["sub"] == tokens["id_token"]["sub"]
    return redirect("/")


@app.post("/refresh")
def refresh() -> Any:
    state = session["visit"]
    answer = client.do_access_token_refresh(state=state, authn_method="client_secret_basic")
    assert "access_token" in answer, answer
    visits[state]["pupil"] = client.do_user_info_request(state=state).to_dict()
    return redirect("/")


@app.post("/logout")
def logout() -> Any:
    visit = visits.pop(session.pop("visit"))
    asked = client.construct_EndSessionRequest(
        request_args={"id_token_hint": visit["id_token"], "post_logout_redirect_uri": f"{ORIGIN}/bye"}
    )
    return redirect(asked.request(client.provider_info["end_session_endpoint"]))


@app.post("/backchannel-logout")
def backchannel_logout() -> str:
    told = BackChannelLogoutRequest(**request.form.to_dict())
    told.verify(aud=CLIENT_ID, iss=ISSUER, keyjar=client.keyjar)
    for state in [
        state for state, visit in visits.items() if visit.get("sid") == told["logout_token"]["sid"]
    ]:
        del visits[state]
    return ""
