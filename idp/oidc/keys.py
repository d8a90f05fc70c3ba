"""The keys that sign: published before they are used, published on after they were.

Each is one file, `<kid>.json`, in the folder that `leerid keys` fills. Where a key stands follows from its moments:

    published_at ... active_from ... retired_at ... retired_at + keep_after
    |-- in /jwks ---|-- signs ------|-- in /jwks ---|

RSA keys have 2048 bits: RS256 is for clients that know nothing else (OIDC Core 15.1), whoever can asks for ES256 or EdDSA,
and 3072 bits would triple what each of their sign-ins costs. An ID token is believed for minutes, not for years.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from idp.database import utc_now
from idp.key_files import KeyFileError, write_private
from idp.oidc.protocol import SigningAlg
from idp.oidc.signed import InvalidToken, is_number, seal, unseal

log = logging.getLogger("leerid.keys")

DAY = timedelta(hours=24)
# A key that follows no other has nothing to wait for: a clock that is behind, here or on another node, finds it too.
SINCE_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
LOOK_EVERY = timedelta(seconds=5)
# How long a retired key may still tell whose an old `id_token_hint` is; then its file goes.
REMEMBERED = timedelta(days=30)
PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "n", "e")
RSA_BITS = 2048


@dataclass(frozen=True)
class SigningKey:
    """A private key and its moments."""

    kid: str
    alg: SigningAlg
    key: Key = field(repr=False)
    published_at: datetime
    active_from: datetime
    retired_at: datetime | None = None

    def signs_at(self, now: datetime) -> bool:
        return self.active_from <= now and (self.retired_at is None or now < self.retired_at)

    def is_published_at(self, now: datetime, keep_after: timedelta) -> bool:
        return self.published_at <= now and (self.retired_at is None or now < self.retired_at + keep_after)

    def public(self) -> dict[str, Any]:
        """What everybody may see: named one by one, so that no private member ever slips through."""
        members = self.key.as_dict(private=False)
        shown = {name: members[name] for name in PUBLIC_MEMBERS if name in members}
        return {**shown, "kid": self.kid, "use": "sig", "alg": self.alg.value}


@dataclass(frozen=True)
class Document:
    """Bytes ready to be sent, and their tag."""

    body: bytes
    etag: str


class KeyRing:
    """All signing keys, imported once: OpenSSL takes 50 ms to believe a private key, a signature takes less than one."""

    def __init__(self, directory: Path, keep_after: timedelta) -> None:
        self.directory = directory
        self.keep_after = keep_after
        self.looking = threading.Lock()
        self.changed_at = mark_of(directory)
        self.keys = read_all(directory)
        self.looked_at: datetime | None = None
        self.documents: dict[tuple[str, ...], Document] = {}

    def sign(self, claims: dict[str, Any], *, alg: str, typ: str, now: datetime) -> str:
        """A compact JWS of these claims, with the key that signs now."""
        found = self.signing_key(alg, now)
        return seal({"typ": typ, "alg": found.alg.value, "kid": found.kid}, claims, found.key)

    def signing_key(self, alg: str, now: datetime) -> SigningKey:
        """The newest one that may: there can be two, when a rotation was cut short between its two files."""
        self.look_again(now)
        usable = [each for each in self.keys if each.alg == alg and each.signs_at(now)]
        if not usable:
            raise KeyFileError(f"{self.directory}: no {alg} key signs now; run `leerid keys new`")
        return max(usable, key=lambda each: each.active_from)

    def verify(
        self, token: str, *, algs: Collection[str], typ: str, now: datetime | None = None
    ) -> dict[str, Any]:
        """The claims of a token that we signed. Raises InvalidToken.

        With `now` its `exp` counts. Without, it does not: an ID token that comes back as a hint may have expired long
        since, and still tells whose it was.
        """
        self.look_again(now or utc_now())  # a node that only verifies learns of a stolen key too
        by_kid = {each.kid: each for each in self.keys}

        def key_for(kid: str | None, alg: str) -> Key | None:
            found = by_kid.get(kid or "")
            return found.key if found is not None and found.alg == alg else None

        claims = unseal(token, algs=algs, typs=(typ,), key_for=key_for)
        if now is not None and not (is_number(claims.get("exp")) and now.timestamp() < claims["exp"]):
            raise InvalidToken
        return claims

    def jwks(self, now: datetime) -> dict[str, Any]:
        """The public keys, for those who verify."""
        return {"keys": [each.public() for each in self.published(now)]}

    def document(self, now: datetime) -> Document:
        """The same, as bytes that are made once for each state of the ring."""
        self.look_again(now)
        state = tuple(each.kid for each in self.published(now))
        if state not in self.documents:
            body = json.dumps(self.jwks(now), separators=(",", ":")).encode()
            self.documents = {state: Document(body, hashlib.sha256(body).hexdigest()[:32])}
        return self.documents[state]

    def published(self, now: datetime) -> list[SigningKey]:
        self.look_again(now)
        return [each for each in self.keys if each.is_published_at(now, self.keep_after)]

    def look_again(self, now: datetime) -> None:
        """Takes over what `leerid keys` changed. A ring that can't be read any more changes nothing, and is logged."""
        if self.looked_at is not None and abs(now - self.looked_at) < LOOK_EVERY:
            return
        if not self.looking.acquire(blocking=False):
            return
        try:
            self.looked_at = now
            changed_at = mark_of(self.directory)
            if changed_at != self.changed_at:
                self.keys, self.changed_at = read_all(self.directory), changed_at
                log.info("keys:reloaded", extra={"count": len(self.keys)})
        except KeyFileError as error:
            log.error("keys:refused", extra={"reason": str(error)})
        finally:
            self.looking.release()


def load(directory: Path, keep_after: timedelta = DAY) -> KeyRing:
    """The ring in this folder. Raises KeyFileError."""
    return KeyRing(directory, keep_after)


def key_ring(app: Flask) -> KeyRing:
    """The ring that this application signs with."""
    found: KeyRing = app.extensions["leerid.keys"]
    return found


# What `leerid keys` does


def make_missing(directory: Path, now: datetime) -> list[Path]:
    """A key for each algorithm that has none that signs, which signs at once; answers the files that it made."""
    there = {each.alg for each in read_files(directory) if each.signs_at(now)}
    return [write_new(directory, new_key(alg, SINCE_ALWAYS)) for alg in SigningAlg if alg not in there]


def rotate(directory: Path, now: datetime, publish_ahead: timedelta = DAY) -> list[Path]:
    """A successor for each key: in /jwks now, signing after `publish_ahead`; until then the old one signs.

    The new file comes first: cut short between the two, there are two keys that may sign, never none.
    """
    made = []
    old = read_files(directory)
    for alg in SigningAlg:
        successor = new_key(alg, published_at=now, active_from=now + publish_ahead)
        made.append(write_new(directory, successor))
        for each in old:
            if each.alg == alg and (each.retired_at is None or each.retired_at > successor.active_from):
                write_over(directory, replace(each, retired_at=successor.active_from))
    for each in old:
        if each.retired_at is not None and each.retired_at + REMEMBERED < now:
            path_of(directory, each).unlink()
    return made


def withdraw(directory: Path, kid: str) -> Path:
    """After a theft: this key is gone at once, with everything it signed; another takes its place. Answers its file."""
    stolen = next((each for each in read_files(directory) if each.kid == kid), None)
    if stolen is None:
        raise KeyFileError(f"{directory}: no key {kid}")
    made = write_new(directory, new_key(stolen.alg, SINCE_ALWAYS))
    path_of(directory, stolen).unlink()
    return made


def new_key(alg: SigningAlg, published_at: datetime, active_from: datetime | None = None) -> SigningKey:
    kid = f"{alg.value.lower()}-{secrets.token_hex(8)}"
    return SigningKey(kid, alg, generate(alg), published_at, active_from or published_at)


def generate(alg: SigningAlg) -> Key:
    match alg:
        case SigningAlg.RS256:
            return RSAKey.generate_key(RSA_BITS)
        case SigningAlg.ES256:
            return ECKey.generate_key("P-256")
        case SigningAlg.EDDSA:
            return OKPKey.generate_key("Ed25519")


# The files


def mark_of(directory: Path) -> int:
    """Changes whenever a file is added, replaced or removed: one look, however many keys there are."""
    try:
        return directory.stat().st_mtime_ns
    except OSError as error:
        raise KeyFileError(
            f"{directory}: cannot be read ({error.strerror}); run `leerid keys new`"
        ) from error


def read_all(directory: Path) -> tuple[SigningKey, ...]:
    """The keys in the order in which they are to sign. Raises KeyFileError when an algorithm has none."""
    found = read_files(directory)
    for alg in SigningAlg:
        if not any(each.alg == alg for each in found):
            raise KeyFileError(f"{directory}: no {alg} key; run `leerid keys new`")
    return tuple(sorted(found, key=lambda each: (each.active_from, each.kid)))


def read_files(directory: Path) -> list[SigningKey]:
    return [read(path) for path in sorted(directory.glob("*.json"))]


def read(path: Path) -> SigningKey:
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8")
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror})") from error
    if mode & 0o077:
        raise KeyFileError(f"{path}: must be readable by its owner only (mode 0400)")
    try:
        table = json.loads(text)
        return SigningKey(
            kid=path.stem,
            alg=SigningAlg(table["alg"]),
            key=imported(json.dumps(table["jwk"], sort_keys=True)),
            published_at=datetime.fromisoformat(table["published_at"]),
            active_from=datetime.fromisoformat(table["active_from"]),
            retired_at=datetime.fromisoformat(table["retired_at"]) if table["retired_at"] else None,
        )
    except (KeyError, TypeError, ValueError, JoseError):
        raise KeyFileError(f"{path}: isn't a signing key") from None  # the cause could show what is in it


@lru_cache(maxsize=32)
def imported(jwk: str) -> Key:
    """Once for each key: a ring that changed has mostly the keys of before, and OpenSSL takes its time to believe one."""
    return JWKRegistry.import_key(json.loads(jwk))


def write_new(directory: Path, key: SigningKey) -> Path:
    path = path_of(directory, key)
    write_private(path, written(key))
    return path


def write_over(directory: Path, key: SigningKey) -> None:
    """Replaces a key's file in one step: whoever reads meets the old one or the new one, whole."""
    path = path_of(directory, key)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}.new")
    write_private(fresh, written(key))
    fresh.replace(path)


def written(key: SigningKey) -> bytes:
    table = {
        "alg": key.alg.value,
        "published_at": key.published_at.isoformat(),
        "active_from": key.active_from.isoformat(),
        "retired_at": key.retired_at.isoformat() if key.retired_at else None,
        "jwk": key.key.as_dict(private=True),
    }
    return json.dumps(table, indent=1).encode() + b"\n"


def path_of(directory: Path, key: SigningKey) -> Path:
    return directory / f"{key.kid}.json"
