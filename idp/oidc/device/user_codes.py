"""The code that a device shows and a person types: eight letters that a child can read and that spell nothing.

RFC 8628 section 6.1 advises consonants, so that no word comes about. Without Q (a G on a bad screen), W (two times V) and Y
there are 18, in any two alike; 18 to the eighth is 33 bits, and `guessing` allows a handful of tries.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Callable, Sequence

LETTERS = "BCDFGHJKLMNPRSTVXZ"
LENGTH = 8
HALF = LENGTH // 2


def draw(choose: Callable[[Sequence[str]], str]) -> str:
    return "".join(choose(LETTERS) for _ in range(LENGTH))


def shown(code: str) -> str:
    """In two halves, as people read it out."""
    return f"{code[:HALF]}-{code[HALF:]}"


def read(typed: str) -> str | None:
    """The code in what somebody typed, small or with other signs between; None when it can't be one."""
    if len(typed) > 10 * LENGTH:
        return None
    code = "".join(sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign.isalnum())
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None


def digest(key: bytes, code: str) -> str:
    """What is stored. With a key: there are few enough codes to try them all against a stolen table."""
    return hmac.digest(key, b"device-code:" + code.encode(), "sha256").hex()
