"""What the operator decides for one desk: its own table in config.toml, frozen, with unknown keys refused."""

from __future__ import annotations

import base64
import difflib
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A setting or key file is missing, unknown or unsafe. Names it, never a secret's value."""


@dataclass(frozen=True)
class PortalSettings:
    """One desk. Secrets are in files that these settings name."""

    origin: str
    issuer: str
    client_id: str
    client_secret_file: Path
    cookie_key_file: Path
    scope: str = ""  # empty: what the desk itself needs
    host: str = "127.0.0.1"
    port: int = 8001
    workers: int = 1
    threads: int = 8
    trusted_proxies: int = 0
    insecure_http: bool = False
    log_level: str = "INFO"

    def __post_init__(self) -> None:
        refuse_a_bad_origin("origin", self.origin, self.insecure_http)
        refuse_a_bad_origin("issuer", self.issuer, self.insecure_http)

    @property
    def https(self) -> bool:
        """Whether cookies may carry `Secure` and the `__Host-` prefix."""
        return self.origin.startswith("https://")


def load(path: Path, table: str) -> PortalSettings:
    """The desk called `table` in the file at `path`; relative paths are relative to it. Raises SettingsError."""
    try:
        everything = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    own = everything.get(table)
    if not isinstance(own, Mapping):
        raise SettingsError(f"{table}: must be given")
    # The provider's own line in the same file will do, so that its name is written down once.
    shared = {"issuer": everything["issuer"]} if "issuer" in everything else {}
    return parse({**shared, **own}, table, path.parent)


def parse(table: Mapping[str, Any], where: str, base: Path = Path()) -> PortalSettings:
    """The settings in a parsed table. Raises SettingsError that names the key."""
    hints = typing.get_type_hints(PortalSettings)
    known = {each.name: each for each in fields(PortalSettings)}
    for key in table:
        if key not in known:
            raise SettingsError(f"{where}.{key}: unknown setting{nearest(key, known)}")
    for name, each in known.items():
        if each.default is MISSING and name not in table:
            raise SettingsError(f"{where}.{name}: must be given")
    return PortalSettings(
        **{key: read_value(hints[key], value, f"{where}.{key}", base) for key, value in table.items()}
    )


def read_value(hint: Any, value: Any, where: str, base: Path) -> Any:
    wanted = str if hint is Path else hint
    if type(value) is not wanted:
        raise SettingsError(f"{where}: must be {'text' if wanted is str else wanted.__name__}")
    if isinstance(value, int) and value < 0:
        raise SettingsError(f"{where}: must be at least 0")
    return base / value if hint is Path else value


def refuse_a_bad_origin(key: str, value: str, insecure_http: bool) -> None:
    parts = urlsplit(value)
    if (
        parts.scheme not in ("https", "http")
        or not parts.hostname
        or parts.path
        or parts.query
        or parts.fragment
    ):
        raise SettingsError(f"{key}: must be an origin such as https://loket.example.be, without a path")
    if parts.scheme == "http" and not insecure_http:
        raise SettingsError(f"{key}: must be https (insecure_http allows http, for a demonstration only)")


def nearest(key: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def read_secret(path: Path) -> str:
    """The one line in a file that only its owner may read. Raises SettingsError."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: isn't plain text") from None
    if mode & 0o077:
        raise SettingsError(f"{path}: must be readable by its owner only (mode 0400)")
    if not text:
        raise SettingsError(f"{path}: is empty")
    return text


def read_cookie_keys(path: Path) -> tuple[bytes, ...]:
    """The keys that seal cookies, 32 bytes in base64, one a line: the first one seals, all of them open."""
    return tuple(read_key(line, path) for line in read_secret(path).split())


def read_key(line: str, path: Path) -> bytes:
    try:
        key = base64.b64decode(line.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        raise SettingsError(f"{path}: isn't base64") from None
    if len(key) != 32:
        raise SettingsError(f"{path}: each key must be 32 bytes")
    return key
