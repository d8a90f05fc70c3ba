"""Where the modules are run: one provider as it is deployed, and one with what only a certification switches on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from idp.accounts.records import Account
from idp.oidc.protocol import CLAIMS_OF_SCOPE, Scope
from tests.support.https import Authority, SecureProvider
from tests.support.people import Made

SCOPES = ("profile", "email", "address", "phone")
CLAIMS = tuple(claim for scope in SCOPES for claim in CLAIMS_OF_SCOPE[Scope(scope)])

# Everything that a certification needs and production doesn't have.
OPENED_UP: Mapping[str, Any] = {
    "clients": {"legacy_flows": True},
    "registration": {
        "enabled": True,
        "scope": f"openid {' '.join(SCOPES)} offline_access",
        "claims": " ".join(CLAIMS),
        "pkce": "optional",
    },
}

OTHER_CLAIMS = {
    "middle_name": "Jozef",
    "nickname": "Ardi",
    "profile": "https://school.example/ardalan",
    "picture": "https://school.example/ardalan.png",
    "website": "https://ardalan.example",
    "zoneinfo": "Europe/Brussels",
    "locale": "nl-BE",
    "address": {"formatted": "Nieuwstraat 1, 1000 Brussel", "country": "BE"},
    "phone_number": "+32 2 000 00 00",
    "phone_number_verified": True,
}


class Houses:
    """Providers that all modules of one file share: each is opened when it is first asked for."""

    def __init__(self, folder: Path, empty: Path, keys: Path, authority: Authority) -> None:
        self.folder, self.empty, self.keys, self.authority = folder, empty, keys, authority
        self.opened: dict[str, SecureProvider] = {}

    @property
    def as_deployed(self) -> SecureProvider:
        return self.named("as-deployed", {})

    @property
    def opened_up(self) -> SecureProvider:
        return self.named("opened-up", OPENED_UP)

    def named(self, name: str, tables: Mapping[str, Any]) -> SecureProvider:
        if name not in self.opened:
            folder = self.folder / name
            folder.mkdir()
            database = shutil.copy(self.empty, folder / "leerid.db")
            keys = shutil.copytree(self.keys, folder / "keys")
            house = SecureProvider(folder, f"sqlite:///{database}", keys, tables, self.authority)
            house.start()
            self.opened[name] = house
        return self.opened[name]

    def close(self) -> None:
        for each in self.opened.values():
            each.stop()


def well_known_pupil(house: SecureProvider) -> Made:
    """Somebody of whom everything is known that a standard claim can say."""
    made = house.people.pupil("advanced", email=f"pupil{house.people.made}@mail.example")
    with house.db() as db:
        person = db.get_one(Account, made.account_id).person
        person.other_claims = dict(OTHER_CLAIMS)
        person.sex = "M"
        person.birth_date = date(2010, 6, 11)
    return made
