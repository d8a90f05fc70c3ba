"""The flows that are measured, as a relying party and its browser see them; every answer is checked.

`login`: no cookies; authorize, the pages of the login, code, token, userinfo. `sso`: authorize with a session, token,
userinfo. Confidential client with `client_secret_basic`, PKCE, state and nonce.
"""

from __future__ import annotations

import base64
import hashlib
import html
import http.client
import json
import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
FIELD = re.compile(r"<input\b([^>]*)>")
ATTRIBUTE = re.compile(r"([\w-]+)=\"([^\"]*)\"")


class FlowFailed(Exception):
    """An answer was not what it must be."""


class Party:
    """One person's browser and the application that they use, over one kept-alive connection."""

    def __init__(
        self, issuer: str, client_id: str, secret: str, redirect_uri: str, username: str, password: str
    ) -> None:
        self.issuer, self.client_id, self.redirect_uri = issuer, client_id, redirect_uri
        self.username, self.password = username, password
        self.basic = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self.connection = http.client.HTTPConnection(urlsplit(issuer).netloc, timeout=30)
        self.cookies: dict[str, str] = {}
        self.page = "/"

    def login(self) -> None:
        self.cookies.clear()
        url, verifier = self.authorization()
        status, location, page = self.browse("GET", url)
        for _ in range(12):
            if location is not None:
                if location.startswith(self.redirect_uri):
                    return self.redeem(location, verifier)
                status, location, page = self.browse("GET", location)
            else:
                status, location, page = self.browse(*self.filled_in(page))
        raise FlowFailed(f"no way through the login: {status}")

    def sso(self) -> None:
        url, verifier = self.authorization()
        status, location, _ = self.browse("GET", url)
        if location is None or not location.startswith(self.redirect_uri):
            raise FlowFailed(f"authorize answered {status} {location}")
        self.redeem(location, verifier)

    def authorization(self) -> tuple[str, str]:
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        self.state = secrets.token_urlsafe(16)
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "state": self.state,
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return "/authorize?" + urlencode(parameters), verifier

    def filled_in(self, page: str) -> tuple[str, str, dict[str, str]]:
        for form, inside in FORM.findall(page):
            action = dict(ATTRIBUTE.findall(form)).get("action", self.page)
            values = {}
            for found in FIELD.findall(inside):
                attributes = dict(ATTRIBUTE.findall(found))
                if "name" in attributes:
                    values[attributes["name"]] = html.unescape(attributes.get("value", ""))
            if "username" in values or "password" in values:
                values |= {key: known for key, known in self.credentials().items() if key in values}
                return "POST", html.unescape(action), values
        raise FlowFailed("no form to fill in")

    def credentials(self) -> dict[str, str]:
        return {"username": self.username, "password": self.password}

    def redeem(self, location: str, verifier: str) -> None:
        answer = {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}
        if answer.get("state") != self.state or "code" not in answer:
            raise FlowFailed(f"no code: {answer.get('error')}")
        tokens = self.call(
            "POST",
            "/token",
            {
                "grant_type": "authorization_code",
                "code": answer["code"],
                "redirect_uri": self.redirect_uri,
                "code_verifier": verifier,
            },
            self.basic,
        )
        claims = tokens["id_token"].split(".")[1]
        subject = json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"]
        if self.call("GET", "/userinfo", None, f"Bearer {tokens['access_token']}")["sub"] != subject:
            raise FlowFailed("userinfo speaks of somebody else")

    def browse(
        self, method: str, path: str, form: dict[str, str] | None = None
    ) -> tuple[int, str | None, str]:
        self.page = path
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
        status, answered, body = self.send(method, path, form, headers)
        for line in answered.get_all("Set-Cookie") or ():
            key, _, value = line.split(";")[0].partition("=")
            self.cookies[key] = value
        location = answered.get("Location")
        return status, location.removeprefix(self.issuer) if location else None, body.decode()

    def call(self, method: str, path: str, form: dict[str, str] | None, authorization: str) -> dict[str, str]:
        status, _, body = self.send(method, path, form, {"Authorization": authorization})
        if status != 200:
            raise FlowFailed(f"{path} answered {status}: {body[:200]!r}")
        answer: dict[str, str] = json.loads(body)
        return answer

    def send(
        self, method: str, path: str, form: dict[str, str] | None, headers: dict[str, str]
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        body = urlencode(form).encode() if form is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path.removeprefix(self.issuer), body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()
