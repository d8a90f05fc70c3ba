"""An authorization request that was checked: it exists only once its client and redirect address are known good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from idp.oidc.client import Client
from idp.oidc.protocol import STRENGTH_OF_ACR, Prompt, ResponseMode, Scope, claims_of
from idp.oidc.response_types import CODE, ResponseType
from idp.rules.account_types import Strength


@dataclass(frozen=True)
class ReturnAddress:
    """Where an answer may go: an address that this client registered, byte for byte, and how it travels there."""

    client: Client
    redirect_uri: str
    response_mode: ResponseMode = ResponseMode.QUERY
    state: str | None = None


@dataclass(frozen=True)
class AuthorizationRequest:
    """What an application asks. Scope and claims are what it may have of what it asked, never more."""

    return_address: ReturnAddress
    received_at: datetime
    scope: tuple[str, ...]
    response_type: ResponseType = CODE
    nonce: str | None = None
    code_challenge: str | None = None  # always S256
    resource: str | None = None  # None: the tokens are for us
    dpop_jkt: str | None = None
    prompt: frozenset[Prompt] = frozenset()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    essential_acr: tuple[str, ...] = ()
    login_hint: str = ""
    hinted_subject: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    ui_locales: tuple[str, ...] = ()

    @property
    def client(self) -> Client:
        return self.return_address.client

    @property
    def redirect_uri(self) -> str:
        return self.return_address.redirect_uri

    @property
    def silent(self) -> bool:
        return Prompt.NONE in self.prompt

    @property
    def offline(self) -> bool:
        return Scope.OFFLINE_ACCESS in self.scope and self.client.may_refresh

    @property
    def earliest_sign_in(self) -> datetime | None:
        """The earliest sign-in that still counts: prompt=login and max_age are one question (architecture, idea 2).

        Counted from when the request arrived, so that a slow typist with max_age=1 is not asked for ever.
        """
        if self.prompt & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT}:
            return self.received_at
        if self.max_age is not None:
            return self.received_at - timedelta(seconds=self.max_age)
        return None

    @property
    def weakest_sign_in(self) -> Strength | None:
        """The weakest sign-in that will do: the client's own minimum, and an `acr` that the request can't do without."""
        asked = [STRENGTH_OF_ACR[acr] for acr in self.essential_acr]
        bounds = [self.client.minimum_strength, min(asked, default=None)]
        return max((bound for bound in bounds if bound is not None), default=None)

    @property
    def released_claims(self) -> tuple[str, ...]:
        """The claims about the person that the application will be able to read (PR-05)."""
        asked = {claim for place in self.claims.values() for claim in place}
        opened = set(claims_of(self.scope)) | asked
        return tuple(claim for claim in self.client.claims if claim in opened)
