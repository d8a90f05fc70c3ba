"""What a name that doesn't exist looks like: always the same for the same name, as if it were somebody's.

A quarter of such names shows the picture pad, a quarter behaves like a basic account and the others like an advanced
one, so that neither the page nor the waiting time tells whether somebody has the name (security.md, decision 1).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from idp.accounts.lookup import is_address
from idp.authentication.subjects import folded_name

PICTURES_BELOW = 64
BASIC_BELOW = 128


@dataclass(frozen=True)
class Decoy:
    with_pictures: bool
    weak: bool


def decoy_for(key: bytes, typed: str) -> Decoy:
    if is_address(typed):
        return Decoy(with_pictures=False, weak=False)  # only advanced pupils have an address
    draw = hmac.digest(key, b"decoy:" + folded_name(typed).encode("utf-8", "surrogatepass"), "sha256")[0]
    return Decoy(with_pictures=draw < PICTURES_BELOW, weak=draw < BASIC_BELOW)
