"""Under which name a failure is counted: keyed digests, so that the rows name nobody and no guess can be read from them."""

from __future__ import annotations

import hmac
import ipaddress
from uuid import UUID

from idp.accounts.lookup import folded_address, is_address
from idp.accounts.secret import Secret
from idp.rules.usernames import skeleton


def of_account(key: bytes, account_id: UUID) -> str:
    """One for an account, however its name was written: username, e-mail address, card (PW-06).

    Known, and accepted: who fails five times with a username and then waits with an e-mail address has learnt that the two
    are one person's. Separate counts would hide that, and give every account with an address twice the guesses.
    """
    return keyed(key, b"account", account_id.bytes)


def of_unknown_name(key: bytes, typed: str) -> str:
    return keyed(key, b"name", folded_name(typed).encode("utf-8", "surrogatepass"))


def of_address(key: bytes, remote: str) -> str:
    return keyed(key, b"address", neighbourhood(remote).encode())


def of_mails_by(key: bytes, account_id: UUID) -> str:
    """The mails that somebody asked for, signed in."""
    return keyed(key, b"mails-by", account_id.bytes)


def of_recoveries_of(key: bytes, account_id: UUID) -> str:
    """Those that anybody can ask for in their name: apart, or a bully keeps them from linking an address."""
    return keyed(key, b"recoveries-of", account_id.bytes)


def of_notices_to(key: bytes, account_id: UUID) -> str:
    """Those that tell them what happened: apart from what anybody asks for, or a thief could have them stopped."""
    return keyed(key, b"notices-to", account_id.bytes)


def of_mails_to(key: bytes, address: str) -> str:
    """The mails to a mailbox; what follows a plus sign is a label on the same one."""
    name, _, host = folded_address(address).rpartition("@")
    return keyed(key, b"mails-to", f"{name.partition('+')[0]}@{host}".encode())


def of_mails_from(key: bytes, remote: str) -> str:
    """The mails that were asked for at one address of the network."""
    return keyed(key, b"mails-from", neighbourhood(remote).encode())


def of_recoveries_from(key: bytes, remote: str) -> str:
    """Who said there that a password is lost: apart from the mails, or one bored pupil stops a school's."""
    return keyed(key, b"recoveries-from", neighbourhood(remote).encode())


def of_recoveries_in(key: bytes, device: str) -> str:
    """The same in one browser that is known."""
    return keyed(key, b"recoveries-in", device.encode())


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
