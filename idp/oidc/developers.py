"""The page for whoever builds an application: what this provider says of itself, and code that was run (in English)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint

import templates
from idp.oidc import discovery
from idp.oidc.protocol import ACR_OF_STRENGTH, API_SCOPES, CLAIMS_OF_SCOPE, Scope
from idp.rules.account_types import Strength
from idp.settings import Settings
from idp.web.pages import prefer, render
from idp.web.request import settings

developers_page = Blueprint("developers", __name__)

CODE = "idp/developers"


@dataclass(frozen=True)
class Snippet:
    """A program in the folder of this page; the tests run that very file."""

    file: str
    library: str
    where: str

    @property
    def name(self) -> str:
        return self.file.partition(".")[0].replace("_", "-")


SNIPPETS = (
    Snippet("openid_client.mjs", "openid-client", "Node.js"),
    Snippet("flask_app.py", "Authlib", "Python, Flask"),
    Snippet("django_app.py", "mozilla-django-oidc", "Python, Django"),
    Snippet("oidc_client_ts.js", "oidc-client-ts", "in the browser, without a server"),
    Snippet("mod_auth_openidc.conf", "mod_auth_openidc", "Apache, without code"),
)

MEANINGS: Mapping[str, str] = {
    Scope.OPENID: "Must be asked: who it is.",
    Scope.PROFILE: "What the account knows about its owner.",
    Scope.EMAIL: "Most pupils have none; an address that wasn't verified is never told.",
    Scope.ADDRESS: "Standard, and empty for pupils.",
    Scope.PHONE: "Standard, and empty for pupils.",
    Scope.LEERID: "The school, and the place in it.",
    Scope.OFFLINE_ACCESS: "Refresh tokens that outlive the browser's session; the registration must allow it.",
}

EXAMPLES: Mapping[str, Any] = {
    "name": "Butrint Boeren",
    "given_name": "Butrint",
    "family_name": "Boeren",
    "middle_name": "Jan",
    "nickname": "Butrint",
    "preferred_username": "butrint.boeren1",
    "profile": "https://school.example/butrint",
    "picture": "https://school.example/butrint.png",
    "website": "https://school.example/butrint",
    "gender": "male",
    "birthdate": "2009-01-19",
    "zoneinfo": "Europe/Brussels",
    "locale": "nl",
    "updated_at": 1790000000,
    "email": "tulpenbos@ond.vlaanderen.be",
    "email_verified": True,
    "address": {"country": "BE"},
    "phone_number": "+32 2 555 01 00",
    "phone_number_verified": True,
    "account_type": "advanced",
    "school": {"number": 2, "name": "BRUSSEL-STAD - TEST School 2"},
    "administrative_group": "4 WE",
    "class": "4WE",
}

SURENESS: Mapping[Strength, str] = {
    Strength.PICTURE: "four pictures, from the youngest; somebody may have looked over a shoulder",
    Strength.BASIC: "a password that the school gave and knows",
    Strength.TEMPORARY: "a password of the first day, before an own one is chosen",
    Strength.PASSWORD: "a password that nobody else knows",
    Strength.TWO_FACTOR: "a password and something in the hand; staff only",
}


@developers_page.get("/developers")
def developers() -> str:
    prefer(("en",))
    known = settings()
    return render(
        "idp/developers.html",
        issuer=known.issuer,
        told=discovery.metadata(known),
        endpoints=dict(endpoints(known)),
        scopes=dict(scopes()),
        acrs=[(ACR_OF_STRENGTH[each], words) for each, words in SURENESS.items()],
        snippets=[(each, code_of(each.file)) for each in SNIPPETS],
        try_it=known.demo.try_it if known.demo.enabled else "",
        seconds=known.tokens,
    )


def endpoints(known: Settings) -> Iterator[tuple[str, str]]:
    for name, value in discovery.metadata(known).items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            yield name, value


def scopes() -> Iterator[tuple[str, tuple[str, dict[str, Any]]]]:
    """Each scope: what it is for, and an example of each claim that it opens."""
    for scope in Scope:
        if scope not in API_SCOPES:
            claims = CLAIMS_OF_SCOPE.get(scope, ())
            yield scope.value, (MEANINGS[scope], {claim: EXAMPLES[claim] for claim in claims})


@cache
def code_of(file: str) -> str:
    return (Path(templates.folder()) / CODE / file).read_text(encoding="utf-8")
