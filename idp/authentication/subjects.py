"""Under which name a failure is counted: keyed digests, so that the rows name nobody and no guess can be read from them."""

from __future__ import annotations

import hmac
import ipaddress
from uuid import UUID

from idp.accounts.lookup import folded_address, is_address
from idp.accounts.secret import Secret
from idp.rules.usernames import skeleton


def of_account(key: bytes, account_id: UUID) -> str:
    """One for an account, however its name was written: username, e-mail address, card (PW-06)."""
    return keyed(key, b"account", account_id.bytes)


def of_unknown_name(key: bytes, typed: str) -> str:
    return keyed(key, b"name", folded_name(typed).encode("utf-8", "surrogatepass"))


def of_address(key: bytes, remote: str) -> str:
    return keyed(key, b"address", neighbourhood(remote).encode())


def of_guess(key: bytes, guess: Secret) -> str:
    return keyed(key, b"guess", guess.composed())


def folded_name(typed: str) -> str:
    """All ways of writing one name are one name, also when nobody has it (OA-39)."""
    return folded_address(typed) if is_address(typed) else skeleton(typed)


def neighbourhood(remote: str) -> str:
    """One IPv4 address, or the /56 that a home or a school gets of IPv6."""
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((address, 56), strict=False))
    return str(address)


def keyed(key: bytes, purpose: bytes, value: bytes) -> str:
    return hmac.digest(key, purpose + b":" + value, "sha256").hex()
