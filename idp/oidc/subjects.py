"""What an application calls a person: a name that means nothing to an application of another sector (PR-01, PR-02)."""

from __future__ import annotations

import base64
import hmac
from typing import Protocol, assert_never

from idp.oidc.clients import Client
from idp.oidc.protocol import SubjectType


class HasSubject(Protocol):
    """A person, as a record or as a token's holder."""

    @property
    def subject(self) -> str: ...


def subject_for(client: Client, person: HasSubject, pairwise_key: bytes) -> str:
    """The same for each application of one sector, for life; without the key nobody can tell two sectors' names apart."""
    match client.subject_type:
        case SubjectType.PAIRWISE:
            mixed = hmac.digest(
                pairwise_key, f"{client.sector_identifier}|{person.subject}".encode(), "sha256"
            )
            return base64.urlsafe_b64encode(mixed).rstrip(b"=").decode()
        case SubjectType.PUBLIC:
            return person.subject
        case _:
            assert_never(client.subject_type)
