"""A code as /authorize leaves it in the database, for the tests that begin at the token endpoint."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import requests

from idp.authentication import sessions
from idp.oidc.protocol import ACR_OF_STRENGTH
from idp.rules.account_types import AccountKind, SessionLimits, Strength
from idp.tokens import codes, families
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, Tokens, challenge, read_tokens

ALL = ("openid", "profile", "email", "leerid")


@dataclass(frozen=True)
class Handed:
    """A code, and what belongs to it."""

    code: str
    verifier: str
    nonce: str
    family_id: UUID
    session_digest: str
    rp: RelyingParty = field(repr=False)

    def try_exchange(self, by: RelyingParty | None = None, **changes: str | None) -> requests.Response:
        """What the rightful client sends; `by` is another one that got hold of it. None leaves a parameter out."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": self.code,
            "redirect_uri": self.rp.redirect_uri,
            "code_verifier": self.verifier,
            **changes,
        }
        return (by or self.rp).token(**form)

    def exchange(self) -> Tokens:
        return read_tokens(self.try_exchange())


def hand_out(
    provider: Provider,
    rp: RelyingParty,
    pupil: Made,
    *,
    scope: tuple[str, ...] = ALL,
    claims: dict[str, Any] | None = None,
    offline: bool = False,
    pkce: bool = True,
    jkt: str | None = None,
    **changes: Any,
) -> Handed:
    """`pupil` signs in now and grants `rp` this scope."""
    now = provider.clock()
    verifier, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    strength = Strength.PASSWORD if pupil.kind is AccountKind.ADVANCED else Strength.BASIC
    with provider.db() as db:
        proof = sessions.Proof(pupil.account_id, pupil.kind, now, strength, ("pwd",))
        limits = SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=10))
        _, sign_in = sessions.start(db, proof, limits, now)
        db.flush()
        values: dict[str, Any] = {
            "client_id": rp.client_id,
            "account_id": pupil.account_id,
            "session_digest": sign_in.session_digest,
            "offline": offline,
            "scope": scope,
            "claims": claims or {},
            "signed_in_at": now,
            "strength": int(strength),
            "acr": ACR_OF_STRENGTH[strength],
            "methods": ("pwd",),
            "sid": secrets.token_urlsafe(32),
            "released": (),
            "now": now,
            "expires_at": now + timedelta(days=30),
            **changes,
        }
        family_id = families.open_family(db, **values)
        code = codes.mint(
            db,
            family_id,
            redirect_uri=rp.redirect_uri,
            code_challenge=challenge(verifier) if pkce else None,
            nonce=nonce,
            jkt=jkt,
            now=now,
            seconds=provider.settings.tokens.code_seconds,
        )
    return Handed(code, verifier, nonce, family_id, sign_in.session_digest, rp)


def error_of(answer: requests.Response, status: int = 400) -> str:
    """The error in an answer that is as RFC 6749 section 5.2 wants it."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) <= {"error", "error_description"}
    return str(body["error"])
