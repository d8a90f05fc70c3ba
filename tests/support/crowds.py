"""A whole school of pupils at once, as rows: what `People.pupil` makes one by one, without a hash for each of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from idp.accounts import opaque
from idp.accounts.credentials import Vault
from idp.accounts.opening import new_handle
from idp.accounts.records import Account, Card, Person, Username
from idp.accounts.secret import Secret
from idp.database import Base
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.belgian_time import school_day
from idp.rules.lifecycle import temporary_until
from idp.rules.usernames import skeleton
from idp.schools.records import Enrolment

GIVEN_NAMES = (
    "Amélie", "Bram", "Chloé", "Daan", "Élise", "Finn", "Gülsüm", "Hanne", "İlkay", "Jade", "Kobe", "Łukasz", "Mila",
    "Noor", "Øyvind", "Pieter-Jan", "Quinten", "Renée", "Şeyma", "Tuur", "Ümit", "Veerle", "Wout", "Xander", "Yara", "Zoë",
)  # fmt: skip
FAMILY_NAMES = (
    "Peeters", "Van den Bossche", "De Smet", "Yılmaz", "D'Hondt", "Maes", "Claes", "El Amrani", "Núñez", "Öztürk",
    "Janssens", "Willems", "Mertens", "Wouters", "Dubois", "Lambrecht", "Bogaert", "Verstraete", "Nowak", "Çelik",
)  # fmt: skip
# Usernames are unique in the whole system: each crowd has its own.
crowds = iter(range(1, 1_000_000))


@dataclass(frozen=True)
class Crowd:
    """What the pupils have in common."""

    vault: Vault
    password: Secret
    kind: AccountKind
    now: datetime
    first_number: int

    def make(
        self, how_many: int, school: int, classes: Sequence[str], without_account: int, chance: random.Random
    ) -> dict[type[Base], list[dict[str, Any]]]:
        """Rows for each record, in the order in which they refer to each other."""
        rows: dict[type[Base], list[dict[str, Any]]] = {
            record: [] for record in (Person, Account, Username, Card, Enrolment)
        }
        hashed = self.vault.hasher.hash(self.password.composed())
        crowd = next(crowds)
        for which in range(how_many):
            person = self.person(which, crowd)
            rows[Person].append(person)
            rows[Enrolment].append(self.enrolment(person, which, school, classes[which % len(classes)]))
            if which < how_many - without_account:
                account = self.account(person, f"leerling{crowd}.nummer{which}", hashed)
                rows[Account].append(account)
                rows[Username].append(
                    {
                        "skeleton": account["username_skeleton"],
                        "account_id": account["id"],
                        "taken_at": self.now,
                    }
                )
                rows[Card].append(
                    {
                        "handle": new_handle(chance.randrange),
                        "account_id": account["id"],
                        "made_at": self.now,
                    }
                )
        return rows

    def person(self, which: int, crowd: int) -> dict[str, Any]:
        turn = which + crowd
        return {
            "id": uuid4(),
            "subject": opaque.new_value(),
            "given_name": GIVEN_NAMES[turn % len(GIVEN_NAMES)],
            "family_name": FAMILY_NAMES[turn // len(GIVEN_NAMES) % len(FAMILY_NAMES)],
            "created_at": self.now,
            "updated_at": self.now,
        }

    def enrolment(self, person: dict[str, Any], which: int, school: int, class_code: str) -> dict[str, Any]:
        today = school_day(self.now)
        return {
            "school_number": school,
            "person_id": person["id"],
            "pupil_number": self.first_number + which,
            "given_name": person["given_name"],
            "family_name": person["family_name"],
            "administrative_group": f"{class_code[:1]}de leerjaar",
            "class_code": class_code,
            "ordinary_secondary": self.kind is AccountKind.ADVANCED,
            "starts_on": today - timedelta(days=80),
            "ends_on": today + timedelta(days=200),
        }

    def account(self, person: dict[str, Any], username: str, hashed: str) -> dict[str, Any]:
        account_id = uuid4()
        return {
            "id": account_id,
            "person_id": person["id"],
            "username": username,
            "username_skeleton": skeleton(username),
            "kind": self.kind,
            "secret_kind": SecretKind.TEXT,
            "sealed_secret": self.vault.lock(hashed, account_id, SecretKind.TEXT),
            "secret_set_at": self.now,
            "temporary_until": temporary_until(self.now) if self.kind is AccountKind.ADVANCED else None,
            "email_asked_at": self.now,
            "active_until": school_day(self.now) + timedelta(days=200),
            "sign_ins_count_from": self.now,
            "created_at": self.now,
        }
