"""What an application did wrong, told to the application: only once its redirect address is known to be its own.

Before that moment a refusal is a `ShownError`: a page for the person, and no redirect to anywhere (RFC 6749 section
4.1.2.1, OA-01).
"""

from __future__ import annotations

from idp.oidc.protocol import ErrorCode


class ClientError(Exception):
    """An error of the protocol. The description is for the application's builder: a fixed text of ours, never an echo."""

    def __init__(self, code: ErrorCode, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
