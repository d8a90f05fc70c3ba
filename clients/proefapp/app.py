"""Proefapp: signs in with LeerID step by step, and shows each message. To learn from; Rekenrijk is the one to copy."""

from __future__ import annotations

import hashlib
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Flask, Response, abort, redirect, render_template, request, session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from . import messages
from .messages import Message

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
CHOICES = ("scope", "prompt", "max_age", "acr_values", "claims", "login_hint", "ui_locales", "resource")
MOST_VISITS, MOST_MESSAGES, SECONDS = 200, 25, 5


@dataclass
class Visit:
    """What this browser did here. In memory: gone when Proefapp stops."""

    form: str = field(default_factory=secrets.token_urlsafe)
    messages: list[Message] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    verifier: str = ""
    code: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    device: dict[str, Any] = field(default_factory=dict)

    @property
    def access_token(self) -> str:
        return self.tokens.get("access_token", "")

    def add(self, message: Message) -> None:
        self.messages = [message, *self.messages][:MOST_MESSAGES]


class LeerID:
    """The provider, by its discovery document; every call leaves a message."""

    def __init__(self, issuer: str, client_id: str, secret: str) -> None:
        self.issuer, self.client = issuer, (client_id, secret)
        self.http = requests.Session()
        self.http.trust_env = False

    def told(self, member: str) -> Any:
        where = f"{self.issuer}/.well-known/openid-configuration"
        return self.http.get(where, timeout=SECONDS).json()[member]

    def post(self, visit: Visit, title: str, member: str, **form: str) -> tuple[int, dict[str, Any]]:
        answer = self.http.post(self.told(member), data=form, auth=self.client, timeout=SECONDS)
        visit.add(messages.of(title, answer, {"Authorization": "Basic …", **form}))
        return answer.status_code, messages.content(answer)

    def userinfo(self, visit: Visit) -> None:
        bearer = {"Authorization": f"Bearer {visit.access_token}"}
        answer = self.http.get(self.told("userinfo_endpoint"), headers=bearer, timeout=SECONDS)
        visit.add(messages.of("Userinfo", answer, {"Authorization": "Bearer …"}))

    def verified(self, token: str) -> jwt.Token:
        """Signature, `iss`, `aud` and times. Raises JoseError."""
        keys = KeySet.import_key_set(self.http.get(self.told("jwks_uri"), timeout=SECONDS).json())
        read = jwt.decode(token, keys, algorithms=["RS256"])
        ours = {"iss": self.issuer, "aud": self.client[0]}
        needed: Any = {name: {"essential": True, "value": value} for name, value in ours.items()}
        needed |= {name: {"essential": True} for name in ("exp", "iat")}
        jwt.JWTClaimsRegistry(leeway=10, **needed).validate(read.claims)
        return read


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    issuer, origin, client_id = (environ[f"PROEFAPP_{name}"] for name in ("ISSUER", "ORIGIN", "CLIENT_ID"))
    leerid = LeerID(issuer, client_id, environ["PROEFAPP_CLIENT_SECRET"])
    visits: dict[str, Visit] = {}
    app = Flask(__name__)
    app.config.update(SECRET_KEY=environ["PROEFAPP_COOKIE_KEY"], MAX_CONTENT_LENGTH=20_000)
    app.config.update(SESSION_COOKIE_NAME="proefapp_session", SESSION_COOKIE_SAMESITE="Lax")
    app.config.update(SESSION_COOKIE_SECURE=origin.startswith("https:"))

    def visit() -> Visit:
        name = session.setdefault("visit", secrets.token_urlsafe(16))
        while len(visits) >= MOST_VISITS and name not in visits:
            del visits[next(iter(visits))]
        return visits.setdefault(name, Visit())

    @app.before_request
    def look() -> None:
        ours = request.endpoint not in ("heard", "static")
        if ours and request.method == "POST" and request.form.get("form") != visit().form:
            abort(400)  # not one of our own forms

    @app.get("/")
    def home() -> str:
        chosen = {"scope": "openid profile leerid", **visit().asked}
        return render_template("home.html", visit=visit(), issuer=issuer, chosen=chosen)

    @app.get("/login")  # LeerID opens this address from its dashboard, with its own name as `iss`
    def login() -> Any:
        if request.args.get("iss", issuer) != issuer:
            abort(400)
        return begin({"scope": "openid profile leerid"}, push=False)

    @app.post("/start")
    def start() -> Any:
        chosen = {name: value for name in CHOICES if (value := request.form.get(name, "").strip())}
        return begin(chosen, push="push" in request.form)

    def begin(chosen: dict[str, str], *, push: bool) -> Any:
        here = visit()
        here.verifier = secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(hashlib.sha256(here.verifier.encode()).digest()).rstrip(b"=").decode()
        here.asked = {"client_id": client_id, "redirect_uri": f"{origin}/callback", "response_type": "code"}
        here.asked |= {"state": secrets.token_urlsafe(16), "nonce": secrets.token_urlsafe(16)}
        here.asked |= {"code_challenge": challenge, "code_challenge_method": "S256", **chosen}
        sent = here.asked
        if push:
            member = "pushed_authorization_request_endpoint"
            status, told = leerid.post(here, "Pushed request", member, **here.asked)
            if status != 201:
                return redirect("/", 303)
            sent = {"client_id": client_id, "request_uri": told["request_uri"]}
        where = leerid.told("authorization_endpoint")
        here.add(Message("Authorization request", f"GET {where}", sent))
        return redirect(f"{where}?{urlencode(sent)}", 303)

    @app.get("/callback")
    def callback() -> Any:
        here, told = visit(), request.args.to_dict()
        wrong = ""
        if told.get("iss") != issuer:  # RFC 9207
            wrong = "iss is missing, or names another provider: not used"
        elif not here.asked.get("state") or told.get("state") != here.asked["state"]:
            wrong = "state isn’t the one that was sent: not used"
        here.code = "" if wrong else told.get("code", "")
        answer = messages.pretty(told)
        here.add(Message("Authorization response", f"GET {origin}/callback", answer=answer, wrong=wrong))
        return redirect("/", 303)

    @app.post("/exchange")
    def exchange() -> Any:
        here = visit()
        form = {"code": here.code, "code_verifier": here.verifier, "redirect_uri": f"{origin}/callback"}
        here.code = ""
        keep(
            here,
            *leerid.post(here, "Code for tokens", "token_endpoint", grant_type="authorization_code", **form),
        )
        return redirect("/", 303)

    @app.post("/refresh")
    def refresh() -> Any:
        here = visit()
        token = here.tokens.get("refresh_token", "")
        form = {"grant_type": "refresh_token", "refresh_token": token}
        keep(here, *leerid.post(here, "Refresh", "token_endpoint", **form))
        return redirect("/", 303)

    def keep(here: Visit, status: int, told: dict[str, Any]) -> None:
        """The tokens, once the ID token was found to be ours (OIDC Core 3.1.3.7)."""
        if status != 200:
            return
        here.tokens |= {name: value for name, value in told.items() if isinstance(value, str)}
        if "id_token" not in told:
            return
        try:
            claims = leerid.verified(told["id_token"]).claims
            # For the first ID token only, which must have it: one that comes of refreshing has none.
            nonce = here.asked.pop("nonce", None)
            wrong = (
                "" if nonce is None or claims.get("nonce") == nonce else "nonce isn’t the one that was sent"
            )
        except JoseError as error:
            claims, wrong = {}, f"not ours: {error.error}"
        here.claims = {} if wrong else dict(claims)
        checked = "signature, iss, aud, exp, iat and nonce are right" if not wrong else ""
        here.add(Message("ID token checked", "here, with the keys of jwks_uri", answer=checked, wrong=wrong))

    @app.post("/userinfo")
    def userinfo() -> Any:
        leerid.userinfo(visit())
        return redirect("/", 303)

    @app.post("/introspect")
    def introspect() -> Any:
        here = visit()
        leerid.post(here, "Introspection", "introspection_endpoint", token=here.access_token)
        return redirect("/", 303)

    @app.post("/revoke")
    def revoke() -> Any:
        here = visit()
        token = here.tokens.get("refresh_token") or here.access_token
        leerid.post(here, "Revocation", "revocation_endpoint", token=token)
        return redirect("/", 303)

    @app.post("/alone")
    def alone() -> Any:
        form = {"grant_type": "client_credentials", "resource": "https://api.proefapp.example/"}
        leerid.post(visit(), "Client credentials", "token_endpoint", **form)
        return redirect("/", 303)

    @app.post("/device")
    def device() -> Any:
        here = visit()
        scope = {"client_id": client_id, "scope": "openid profile"}
        member = "device_authorization_endpoint"
        status, told = leerid.post(here, "Device authorization", member, **scope)
        here.device = told if status == 200 else {}
        return redirect("/", 303)

    @app.post("/poll")
    def poll() -> Any:
        here = visit()
        form = {"grant_type": DEVICE, "device_code": str(here.device.get("device_code", ""))}
        here.asked.pop("nonce", None)
        status, told = leerid.post(here, "Is it approved?", "token_endpoint", **form)
        keep(here, status, told)
        if status == 200 or told.get("error") not in ("authorization_pending", "slow_down"):
            here.device = {}
        return redirect("/", 303)

    @app.post("/logout")
    def logout() -> Any:
        here = visit()
        sent = {"client_id": client_id, "post_logout_redirect_uri": f"{origin}/", "state": "signed-out"}
        sent |= {"id_token_hint": here.tokens["id_token"]} if "id_token" in here.tokens else {}
        where = leerid.told("end_session_endpoint")
        here.tokens, here.claims, here.code = {}, {}, ""
        here.add(Message("Logout", f"GET {where}", sent))
        return redirect(f"{where}?{urlencode(sent)}", 303)

    @app.post("/clear")
    def clear() -> Any:
        visits.pop(session["visit"], None)
        session.clear()
        return redirect("/", 303)

    @app.post("/backchannel-logout", endpoint="heard")
    def backchannel_logout() -> Any:
        token = request.form.get("logout_token", "")
        try:
            read = leerid.verified(token)
        except (JoseError, ValueError):
            abort(400)
        claims = read.claims
        if (
            read.header.get("typ") != "logout+jwt"
            or "nonce" in claims
            or EVENT not in claims.get("events", {})
        ):
            abort(400)
        for here in list(visits.values()):
            if here.claims.get("sid") == claims.get("sid"):
                tokens = {"logout_token": messages.taken_apart(token)}
                here.tokens, here.claims = {}, {}
                here.add(Message("Signed out elsewhere", "POST, from LeerID to here", tokens=tokens))
        return ""

    @app.after_request
    def harden(response: Response) -> Response:
        policy = f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}"
        response.headers["Content-Security-Policy"] = f"{policy}; base-uri 'none'; frame-ancestors 'none'"
        response.headers.update({"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"})
        response.headers["Cache-Control"] = "no-store"
        return response

    return app
