"""A seed -> the password of each pupil: the same ones whenever and wherever they are made.

Each pupil draws from a stream of their own: HMAC-SHA256 in counter mode (NIST SP 800-108), under a key that belongs to this
pupil and this kind of password. So nobody's password says anything about another's, unticking one changes no other, and
who goes from words to pictures and back sees the same words again.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import assert_never

from idp.accounts.secret import Secret
from idp.rules.account_types import AccountKind, SecretKind, may_choose_password
from idp.rules.drawing import Below
from idp.rules.password_maker import basic_password, temporary_password
from idp.rules.picture_passwords import LENGTHS, picture_password

# Another word list, alphabet or way to draw makes other passwords of the same seed: then this number goes up, and renewals
# that were begun before are over. A test knows what a fixed seed makes.
VERSION = 1
SEED_BYTES = 32


@dataclass(frozen=True)
class Recipient:
    """What a password depends on, beside the seed."""

    pupil_number: int
    account_kind: AccountKind
    secret_kind: SecretKind
    names: tuple[str, ...]  # as they were when it was first shown (PW-21)


def new_seed() -> bytes:
    return secrets.token_bytes(SEED_BYTES)


def maker(picture_length: int) -> int:
    """The way passwords are made now: two ways with different numbers make different passwords of one seed."""
    return VERSION * LENGTHS.stop + picture_length


def password(seed: bytes, recipient: Recipient, *, picture_length: int) -> Secret:
    """The new password of this pupil."""
    below = source(seed, recipient, maker(picture_length))
    match recipient.secret_kind:
        case SecretKind.PICTURES:
            return Secret(picture_password(below, length=picture_length))
        case SecretKind.TEXT if may_choose_password(recipient.account_kind):
            return Secret(temporary_password(below))
        case SecretKind.TEXT:
            return Secret(basic_password(below, avoid=recipient.names))
        case _:
            assert_never(recipient.secret_kind)


def source(seed: bytes, recipient: Recipient, way: int) -> Below:
    """A pupil's own source of chance."""
    purpose = f"renewal|{way}|{recipient.pupil_number}|{recipient.account_kind}|{recipient.secret_kind}"
    stream = byte_stream(hmac.digest(seed, purpose.encode(), "sha256"))

    def below(limit: int) -> int:
        return draw(stream, limit)

    return below


def draw(stream: Iterator[int], limit: int) -> int:
    """As many bits as the limit needs, drawn again while they are too many: a remainder would favour low numbers."""
    if limit < 1:
        raise ValueError("there is nothing to draw from")
    bits = (limit - 1).bit_length()
    size = -(-bits // 8)
    while True:
        number = int.from_bytes(bytes(next(stream) for _ in range(size))) >> (8 * size - bits)
        if number < limit:
            return number


def byte_stream(key: bytes) -> Iterator[int]:
    for number in count():
        yield from hmac.digest(key, number.to_bytes(8), "sha256")
