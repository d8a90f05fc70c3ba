"""PKCE at the token endpoint: whoever asked for the code is who brings it (RFC 7636 section 4.6, OA-07)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import re
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge

log = logging.getLogger("leerid.oidc")

VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


class S256Challenge(CodeChallenge):
    """Authlib's, without `plain`, comparing in constant time; it asks of every client alike what it asks of public ones.

    Whether a challenge is required was decided at /authorize, by the client's policy, so here there is only one question:
    do challenge and verifier belong together? One without the other is a downgrade (RFC 9700 section 4.8.2).
    """

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012  (Authlib's own attribute)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        verifier: str | None = grant.request.form.get("code_verifier")
        challenge: str | None = grant.request.authorization_code.code_challenge
        try:
            refuse_misfits(verifier, challenge)
        except OAuth2Error:
            log.warning("code:wrong-verifier", extra={"client_id": grant.request.client.client_id})
            raise


def refuse_misfits(verifier: str | None, challenge: str | None) -> None:
    if challenge is None and verifier is None:
        return
    if challenge is None or verifier is None:
        raise InvalidGrantError("code_challenge and code_verifier go together")
    if not VERIFIER.fullmatch(verifier):
        raise InvalidRequestError("code_verifier must have 43 to 128 unreserved characters")
    if not hmac.compare_digest(s256(verifier), challenge):
        raise InvalidGrantError("the code_verifier does not fit")


def s256(verifier: str) -> str:
    """RFC 7636 section 4.2."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
