"""A passkey in software: answers as a browser with a security key does (Web Authentication sections 6.1, 6.5)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, MAY_BE_COPIED, HAS_KEY = 0x01, 0x04, 0x08, 0x40


def in_base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@dataclass
class SoftwareKey:
    """`synced`: it travels to the owner's other devices, and then it doesn't count either."""

    synced: bool = False
    count: int = 0
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def make(self, asked: dict[str, Any], origin: str, *, flags: int = PRESENT | VERIFIED) -> str:
        """The answer to `navigator.credentials.create`."""
        data = self.authenticator_data(asked["rp"]["id"], flags | HAS_KEY)
        data += (
            bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.public_key()
        )
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = client_data("webauthn.create", asked["challenge"], origin)
        return self.answer(clientDataJSON=said, attestationObject=attestation)

    def sign(self, asked: dict[str, Any], origin: str, *, flags: int = PRESENT | VERIFIED) -> str:
        """The answer to `navigator.credentials.get`."""
        if not self.synced:
            self.count += 1
        data = self.authenticator_data(asked["rpId"], flags)
        said = client_data("webauthn.get", asked["challenge"], origin)
        signature = self.private.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self.answer(clientDataJSON=said, authenticatorData=data, signature=signature)

    def authenticator_data(self, host: str, flags: int) -> bytes:
        flags |= MAY_BE_COPIED if self.synced else 0
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def public_key(self) -> bytes:
        """As COSE writes an ES256 key (RFC 9053 section 7.1)."""
        numbers = self.private.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def answer(self, **response: bytes) -> str:
        name = in_base64(self.credential_id)
        said = {key: in_base64(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": said})


def client_data(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()
