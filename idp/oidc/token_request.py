"""One request to an endpoint that applications call: its form and nothing but its form, with what answering it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from sqlalchemy.orm import Session

from idp.oidc.issuing import Issuer

# Authlib looks at the scheme of a request's address, raises outside its own error handling and would make a 500 of it;
# that address comes from a proxy. Which schemes are allowed is decided once, where `settings` reads the issuer.
ALREADY_DECIDED = "https://localhost/"


class TokenRequest(OAuth2Request):
    """Authlib's Flask request would read query parameters as well (`request.values`)."""

    def __init__(
        self,
        form: dict[str, str],
        authorization: str | None,
        *,
        proofs: Sequence[str] = (),
        path: str = "/token",
        issuer: Issuer,
        db: Session,
        now: datetime,
    ) -> None:
        super().__init__("POST", ALREADY_DECIDED)
        self.payload = BasicOAuth2Payload(form)
        self.given = form
        self.authorization = authorization
        self.proofs = proofs  # what its DPoP headers hold
        self.address = f"{issuer.settings.issuer}{path}"  # as applications know it, never from the request
        self.issuer = issuer
        self.db = db
        self.now = now

    @property
    def form(self) -> dict[str, str]:
        return self.given
