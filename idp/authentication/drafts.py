"""What the login of somebody who adds a second factor keeps until it is added, locked: it is in no session and no form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from idp.accounts import authenticator_app, opaque, sealed_box
from idp.accounts.secret import Secret
from idp.key_files import SealingRing


@dataclass(frozen=True)
class Draft:
    """The secret that an app may be given, and the challenge that a passkey may be made with."""

    secret: Secret
    challenge: str

    def asked_anew(self) -> Draft:
        """The same picture for the app; another challenge, because each is good for one answer."""
        return replace(self, challenge=opaque.new_value())


def new() -> Draft:
    return Draft(authenticator_app.new_secret(), opaque.new_value())


def lock(ring: SealingRing, account_id: UUID, draft: Draft) -> str:
    content = f"{draft.secret.reveal()} {draft.challenge}"
    return sealed_box.lock(ring, content.encode(), f"{account_id}|draft")


def unlock(ring: SealingRing, account_id: UUID, locked: str) -> Draft:
    """Raises BoxTampered."""
    secret, challenge = sealed_box.open_(ring, locked, f"{account_id}|draft").decode().split(" ")
    return Draft(Secret(secret), challenge)


def lock_codes(ring: SealingRing, account_id: UUID, codes: list[Secret]) -> str:
    """New recovery codes, from when they are made until they were seen."""
    content = " ".join(code.reveal() for code in codes)
    return sealed_box.lock(ring, content.encode(), f"{account_id}|recovery-codes")


def unlock_codes(ring: SealingRing, account_id: UUID, locked: str) -> list[Secret]:
    """Raises BoxTampered."""
    content = sealed_box.open_(ring, locked, f"{account_id}|recovery-codes").decode()
    return [Secret(code) for code in content.split(" ")]
