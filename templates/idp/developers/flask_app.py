"""Signs pupils in with LeerID from Flask: pip install flask authlib requests."""

import os
import secrets
import time
from typing import Any

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, abort, redirect, render_template_string, request, session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ISSUER, ORIGIN, CLIENT_ID = os.environ["ISSUER"], os.environ["ORIGIN"], os.environ["CLIENT_ID"]
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["COOKIE_KEY"], SESSION_COOKIE_NAME="visit", SESSION_COOKIE_SAMESITE="Lax"
)
app.config.update(SESSION_COOKIE_SECURE=ORIGIN.startswith("https:"))
# Discovery tells Authlib every address; state, nonce and PKCE it does by itself.
leerid = OAuth(app).register(
    "leerid",
    client_id=CLIENT_ID,
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={
        "scope": "openid profile offline_access",
        "code_challenge_method": "S256",
        "default_timeout": 5,
    },
)
OURS = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": CLIENT_ID}}
visits: dict[
    str, dict[str, Any]
] = {}  # tokens stay here, not in the cookie; a store of your own in real life
spent: set[str] = set()


def visit() -> dict[str, Any]:
    return visits.get(session.get("visit", ""), {})


@app.get("/")
@app.get("/bye")
def home() -> str:
    return render_template_string(PAGE, visit=visit(), form=session.get("form"))


@app.get("/login")  # also what LeerID's dashboard opens, with its own name as `iss`
def login() -> Any:
    if request.args.get("iss", ISSUER) != ISSUER:
        abort(400)
    return leerid.authorize_redirect(f"{ORIGIN}/callback", login_hint=request.args.get("login_hint"))


@app.get("/callback")
def callback() -> Any:
    if request.args.get("iss") != ISSUER:  # RFC 9207: the answer of another provider
        abort(400)
    tokens = leerid.authorize_access_token(claims_options=OURS)
    claims, pupil = tokens["userinfo"], leerid.userinfo(token=tokens)
    if pupil["sub"] != claims["sub"]:
        abort(400)
    session.clear()
    session.update(visit=secrets.token_urlsafe(16), form=secrets.token_urlsafe(16))
    visits[session["visit"]] = {"tokens": tokens, "sid": claims["sid"], "pupil": dict(pupil)}
    return redirect("/", 303)


@app.post("/refresh")
def refresh() -> Any:
    refuse_strange_forms()
    here = visit()
    # Each refresh token works once: keep the new one, and never use one twice at the same time.
    fresh = leerid.fetch_access_token(
        grant_type="refresh_token", refresh_token=here["tokens"]["refresh_token"]
    )
    here["tokens"].update(fresh)
    here["pupil"] = dict(leerid.userinfo(token=here["tokens"]))
    return redirect("/", 303)


@app.post("/logout")
def logout() -> Any:
    refuse_strange_forms()
    here = visits.pop(session.get("visit", ""))
    session.clear()
    return leerid.logout_redirect(f"{ORIGIN}/bye", id_token_hint=here["tokens"]["id_token"])


@app.post("/backchannel-logout")  # LeerID says that a pupil signed out somewhere else
def signed_out_elsewhere() -> str:
    token = jwt.decode(
        request.form["logout_token"],
        KeySet.import_key_set(leerid.fetch_jwk_set(force=True)),
        algorithms=["RS256"],
    )
    claims = token.claims
    needed = {name: {"essential": True} for name in ("iat", "exp", "jti", "sid")}
    jwt.JWTClaimsRegistry(leeway=10, **needed, **OURS).validate(claims)
    # An ID token is no logout token, and an old one was heard before.
    if token.header.get("typ") != "logout+jwt" or "nonce" in claims or LOGOUT not in claims.get("events", {}):
        abort(400)
    if claims["jti"] in spent or time.time() - claims["iat"] > 120:
        abort(400)
    spent.add(claims["jti"])
    for name in [name for name, each in visits.items() if each["sid"] == claims["sid"]]:
        del visits[name]
    return ""


def refuse_strange_forms() -> None:
    if not session.get("form") or request.form.get("form") != session["form"] or not visit():
        abort(400)


for refusal in (OAuthError, JoseError):
    app.register_error_handler(refusal, lambda error: ("That did not work.", 400))

PAGE = """<!doctype html><title>Oefenapp</title>
{% if visit %}<p>Dag {{ visit.pupil.given_name }}</p><pre>{{ visit.pupil|tojson }}</pre>
<form method="post" action="/refresh"><input type="hidden" name="form" value="{{ form }}">
<button id="refresh">Refresh</button></form>
<form method="post" action="/logout"><input type="hidden" name="form" value="{{ form }}">
<button id="logout">Sign out</button></form>
{% else %}<a href="/login">Sign in with LeerID</a>{% endif %}"""
