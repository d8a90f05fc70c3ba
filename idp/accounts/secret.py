"""A secret in memory: a password or a guess, in a type that does not print itself."""

from __future__ import annotations

import hmac
import unicodedata


class Secret:
    """Wraps a text so that a log, a trace or a template that meets it shows nothing."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: only where it is typed, hashed, or put on a card."""
        return self._text

    def composed(self) -> bytes:
        """What is hashed: an é is the same whichever keyboard typed it; nothing else is changed (DEV-6)."""
        return unicodedata.normalize("NFC", self._text).encode("utf-8", "surrogatepass")

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.composed(), other.composed())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not pickled")
