"""A passkey: a key pair in a telephone, a laptop or a security key, which signs for this site only (WebAuthn).

It is opened with a finger, a face or a PIN (user verification, always asked), and phishing gets nothing from it: the
browser signs the name of the site that asks.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp.accounts.factors import FactorKind
from idp.accounts.records import Account, SecondFactor
from idp.database import insert_into

log = logging.getLogger("leerid.security")

NAME = "LeerID"
TIMEOUT_MILLISECONDS = 120_000
# An honest answer has a quarter of this; what is longer is not even read.
LONGEST_ANSWER = 16_000
LONGEST_COLUMN = 1400

HARDWARE = "hwk"  # RFC 8176: a key that stays in one device
SOFTWARE = "swk"  # and one that is copied to the owner's other devices

Read = TypeVar("Read")


@dataclass(frozen=True)
class Site:
    """As what a browser knows us: passkeys belong to a host name, and sign an origin."""

    host: str
    origin: str


def site_of(issuer: str) -> Site | None:
    """None when the issuer's host is an IP address: WebAuthn wants a name (Web Authentication section 5.1.2)."""
    host = urlsplit(issuer).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Site(host, issuer)
    return None


# Making one


@dataclass(frozen=True)
class NewPasskey:
    credential_id: str
    public_key: str
    sign_count: int
    method: str


def to_make(site: Site, account: Account, known: Sequence[SecondFactor], challenge: str) -> str:
    """What the browser is asked, as JSON: a new passkey, in a device that holds none of theirs yet."""
    person = account.person
    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=NAME,
            user_id=account.id.bytes,
            user_name=account.username,
            user_display_name=f"{person.given_name} {person.family_name}",
            challenge=base64url_to_bytes(challenge),
            timeout=TIMEOUT_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=descriptors(known),
        )
    )


def made(site: Site, challenge: str, answer: str) -> NewPasskey | None:
    """The passkey in a browser's answer, if it was made for this site and for this challenge."""
    verified = reading(
        answer,
        lambda: webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        ),
    )
    if verified is None:
        return None
    credential_id = bytes_to_base64url(verified.credential_id)
    public_key = bytes_to_base64url(verified.credential_public_key)
    if max(len(credential_id), len(public_key)) > LONGEST_COLUMN:
        return None
    return NewPasskey(
        credential_id, public_key, verified.sign_count, method_of(verified.credential_device_type)
    )


def add(db: Session, account_id: UUID, new: NewPasskey, now: datetime) -> bool:
    """False when it is somebody's already: of two who bring one passkey, one gets it."""
    row = {
        "account_id": account_id,
        "kind": FactorKind.PASSKEY,
        "credential_id": new.credential_id,
        "public_key": new.public_key,
        "sign_count": new.sign_count,
        "created_at": now,
        "last_used_at": now,
    }
    added = insert_into(db, SecondFactor).values(row).on_conflict_do_nothing(index_elements=["credential_id"])
    return db.execute(added.returning(SecondFactor.id)).first() is not None


# Showing one


def to_show(site: Site, known: Sequence[SecondFactor], challenge: str) -> str:
    """What the browser is asked, as JSON: a signature by one of these."""
    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=base64url_to_bytes(challenge),
            timeout=TIMEOUT_MILLISECONDS,
            allow_credentials=descriptors(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def use(
    db: Session, site: Site, known: Sequence[SecondFactor], challenge: str, answer: str, now: datetime
) -> str | None:
    """The method by which it was shown, when one of these signed this challenge."""
    for factor in known:
        signed = signed_by(site, factor, challenge, answer)
        if signed is not None:
            return signed.method if take(db, factor.id, signed.count, now) else None
    return None


@dataclass(frozen=True)
class Signed:
    count: int
    method: str


def signed_by(site: Site, factor: SecondFactor, challenge: str, answer: str) -> Signed | None:
    """None when another key signed. A count that went back is refused: then there are two of that key (section 6.1.1)."""
    verified = reading(
        answer,
        lambda: webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(factor.public_key or ""),
            credential_current_sign_count=factor.sign_count or 0,
            require_user_verification=True,
        ),
    )
    if verified is None or bytes_to_base64url(verified.credential_id) != factor.credential_id:
        return None
    return Signed(verified.new_sign_count, method_of(verified.credential_device_type))


def take(db: Session, factor_id: UUID, count: int, now: datetime) -> bool:
    """Of two signatures with one count, one UPDATE wins; devices that don't count say nought each time."""
    counts = SecondFactor.sign_count < count if count else SecondFactor.sign_count == 0
    taken = db.execute(
        update(SecondFactor)
        .where(SecondFactor.id == factor_id, counts)
        .values(sign_count=count, last_used_at=now)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(taken, CursorResult)
    return taken.rowcount == 1


def reading(answer: str, read: Callable[[], Read]) -> Read | None:
    """What `read` makes of an answer; None for whatever the library can't or won't read."""
    if len(answer) > LONGEST_ANSWER:
        return None
    try:
        return read()
    except (
        Exception
    ) as error:  # anybody can post anything here, and each part of the library fails in its own way
        log.info("passkey refused", extra={"cause": type(error).__name__})
        return None


def descriptors(known: Sequence[SecondFactor]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id or "")) for each in known]


def method_of(device: CredentialDeviceType) -> str:
    return HARDWARE if device is CredentialDeviceType.SINGLE_DEVICE else SOFTWARE
