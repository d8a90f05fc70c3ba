"""What the operator decides: frozen settings, read once from a TOML file.

Every key has a default or must be given; an unknown key is refused together with the nearest known name, because a
misspelt security setting that is silently ignored is worse than no setting. Secrets are never in the file: a key that
ends in `_file` names the file that holds one. `LEERID_<SECTION>_<KEY>` in the environment overrides a key.
"""

from __future__ import annotations

import difflib
import functools
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A setting is missing, unknown or impossible. Names the key, never a secret's value."""


@dataclass(frozen=True)
class Database:
    """Where the records are."""

    url: str = "sqlite:///data/leerid.db"
    pool_size: int = 8
    busy_timeout_seconds: int = 10


@dataclass(frozen=True)
class Keys:
    """Where the private keys are; `leerid keys new` makes them."""

    directory: Path = Path("keys")
    publish_ahead_hours: int = 24
    keep_after_hours: int = 24


@dataclass(frozen=True)
class Server:
    """How this process is reached."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 8
    trusted_proxies: int = 0
    insecure_http: bool = False
    run_worker: bool = True


@dataclass(frozen=True)
class Logging:
    """How much is logged; always JSON lines on stderr."""

    level: str = "INFO"


@dataclass(frozen=True)
class Sessions:
    """How long a sign-in at the provider lasts (security.md, shared devices)."""

    pupil_idle_minutes: int = 30
    pupil_hours: int = 10
    staff_idle_minutes: int = 15
    staff_hours: int = 10
    attempt_minutes: int = 60
    recent_minutes: int = 5


class SecondFactorPolicy(StrEnum):
    """Whether staff need more than a password."""

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Staff:
    """Who works at a school (security.md decision 8)."""

    second_factor: SecondFactorPolicy = SecondFactorPolicy.REQUIRED
    recent_minutes: int = 10
    renewal_minutes: int = 15
    exported_pupils_an_hour: int = 4000
    alarm_pupils_an_hour: int = 1000
    username_changes_an_hour: int = 20


@dataclass(frozen=True)
class Imports:
    """The daily feed of enrolments (requirements.md R89, security.md FT-24)."""

    stop_school_percent: float = 5.0
    stop_total_percent: float = 1.0
    stop_fewest_pupils: int = 1
    largest_megabytes: int = 1000
    largest_upload_megabytes: int = 20


@dataclass(frozen=True)
class Throttle:
    """How wrong passwords slow a sign-in down (security.md section 2)."""

    free_attempts: int = 5
    first_wait_seconds: int = 5
    longest_wait_seconds: int = 300
    typed_first_limit: int = 5
    typed_first_wait_seconds: int = 60
    typed_second_limit: int = 8
    typed_second_wait_seconds: int = 900
    typed_day_limit: int = 10
    own_day_limit: int = 30
    account_limit: int = 100
    protected_attempts: int = 10
    address_names: int = 15
    address_window_seconds: int = 600
    address_closed_seconds: int = 900
    spray_accounts: int = 20
    spray_window_seconds: int = 600


@dataclass(frozen=True)
class Hashing:
    """What one Argon2id hash costs, and how many may be made at once."""

    memory_kib: int = 19456
    time_cost: int = 2
    parallelism: int = 1
    at_once: int = 2
    queue_seconds: float = 5.0


@dataclass(frozen=True)
class Pictures:
    """The picture password (requirements.md section 3)."""

    length: int = 4


@dataclass(frozen=True)
class Tokens:
    """How long what we hand out is good."""

    code_seconds: int = 60
    access_seconds: int = 600
    id_token_seconds: int = 300
    refresh_days: int = 30
    pending_minutes: int = 60
    pushed_seconds: int = 60
    device_minutes: int = 15


@dataclass(frozen=True)
class Mail:
    """The mail server. Without one, mails wait in the outbox."""

    server: str = ""
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password_file: Path | None = None
    sender: str = "LeerID <geen-antwoord@leerid.example>"
    timeout_seconds: int = 10
    most_an_hour: int = 20_000
    verification_hours: int = 24
    recovery_minutes: int = 60


@dataclass(frozen=True)
class Clients:
    """Where the registrations of applications are: one TOML file each."""

    directory: Path = Path("clients")
    reload_seconds: int = 5
    ca_bundle_file: Path | None = None
    # Hosts that may be asked although they have no public address, with spaces between them.
    allowed_hosts: str = ""
    # Response types with tokens from the authorization endpoint, for who must serve old applications.
    legacy_flows: bool = False


@dataclass(frozen=True)
class Registration:
    """Applications that register themselves with an initial access token, and what they may have at most."""

    enabled: bool = False
    scope: str = "openid profile offline_access"
    claims: str = "given_name"
    pkce: str = "required"
    token_hours: int = 24


@dataclass(frozen=True)
class Portals:
    """Where pupils and schools arrive."""

    leerlingloket: str = "http://127.0.0.1:8001"
    schoolloket: str = "http://127.0.0.1:8002"


@dataclass(frozen=True)
class Demo:
    """The demonstration's own pages: cards to click and a mailbox. Never in production."""

    enabled: bool = False
    sample_app: str = "http://127.0.0.1:8003"
    try_it: str = "http://127.0.0.1:8004"
    people_file: Path = Path("people.json")


@dataclass(frozen=True)
class Settings:
    """All of them. `issuer` is the provider's one name and origin; it is never taken from a request."""

    issuer: str
    database: Database = field(default_factory=Database)
    keys: Keys = field(default_factory=Keys)
    server: Server = field(default_factory=Server)
    logging: Logging = field(default_factory=Logging)
    sessions: Sessions = field(default_factory=Sessions)
    staff: Staff = field(default_factory=Staff)
    imports: Imports = field(default_factory=Imports)
    throttle: Throttle = field(default_factory=Throttle)
    hashing: Hashing = field(default_factory=Hashing)
    pictures: Pictures = field(default_factory=Pictures)
    tokens: Tokens = field(default_factory=Tokens)
    mail: Mail = field(default_factory=Mail)
    clients: Clients = field(default_factory=Clients)
    registration: Registration = field(default_factory=Registration)
    portals: Portals = field(default_factory=Portals)
    demo: Demo = field(default_factory=Demo)

    def __post_init__(self) -> None:
        refuse_a_bad_issuer(self.issuer, self.server.insecure_http)

    @property
    def https(self) -> bool:
        """Whether cookies may carry `Secure` and the `__Host-` prefix."""
        return self.issuer.startswith("https://")


# Tables of the same file that belong to other programs: the portals read their own.
OTHERS_TABLES = frozenset({"leerlingloket", "schoolloket"})


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in the file at `path`; relative paths in it are relative to it. Raises SettingsError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    own = {key: value for key, value in table.items() if key not in OTHERS_TABLES}
    overridden = with_environment(own, os.environ if environment is None else environment)
    return parse(overridden, base=path.parent.resolve())


def parse(table: Mapping[str, Any], base: Path = Path()) -> Settings:
    """Settings from a parsed table. Raises SettingsError that names the key."""
    settings = read_dataclass(Settings, table, (), base)
    assert isinstance(settings, Settings)
    return replace(settings, database=replace(settings.database, url=anchored(settings.database.url, base)))


def anchored(url: str, base: Path) -> str:
    """A database file is relative to the settings too, as every other path in them."""
    file = url.removeprefix("sqlite:///")
    return url if file == url or file in ("", ":memory:") else f"sqlite:///{base / file}"


def with_environment(table: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """The table, with what `LEERID_ISSUER` or `LEERID_DATABASE_URL` and their like say instead."""
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in table.items()}
    for each in fields(Settings):
        section = hints_of(Settings)[each.name]
        if not is_dataclass(section):
            if (value := environment.get(f"LEERID_{each.name.upper()}")) is not None:
                result[each.name] = value
            continue
        for key in fields(section):
            name = f"LEERID_{each.name}_{key.name}".upper()
            if (value := environment.get(name)) is not None:
                result.setdefault(each.name, {})[key.name] = value
    return result


# Finding them out is most of the work, and they never change.
hints_of = functools.cache(typing.get_type_hints)


def read_dataclass(kind: Any, table: Any, where: tuple[str, ...], base: Path) -> Any:
    if not isinstance(table, Mapping):
        raise SettingsError(f"{dotted(where)}: must be a table")
    hints = hints_of(kind)
    known = {each.name: each for each in fields(kind)}
    for key in table:
        if key not in known:
            raise SettingsError(f"{dotted((*where, key))}: unknown setting{nearest(key, known)}")
    values: dict[str, Any] = {}
    for name, each in known.items():
        if name in table:
            values[name] = read_value(hints[name], table[name], (*where, name), base)
        elif is_dataclass(hints[name]):  # not its default: the paths in it are relative to `base` too
            values[name] = read_dataclass(hints[name], {}, (*where, name), base)
        elif each.default is MISSING and each.default_factory is MISSING:
            raise SettingsError(f"{dotted((*where, name))}: must be given")
        elif isinstance(each.default, Path):
            values[name] = base / each.default
    return kind(**values)


def read_value(hint: Any, value: Any, where: tuple[str, ...], base: Path) -> Any:
    if is_dataclass(hint):
        return read_dataclass(hint, value, where, base)
    if isinstance(hint, types.UnionType):
        hint = next(each for each in typing.get_args(hint) if each is not type(None))
    if hint is bool:
        return read_bool(value, where)
    if hint in (int, float):
        return read_number(hint, value, where)
    if not isinstance(value, str):
        raise SettingsError(f"{dotted(where)}: must be text")
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return read_choice(hint, value, where)
    return base / value if hint is Path else value


def read_choice(hint: type[StrEnum], value: str, where: tuple[str, ...]) -> StrEnum:
    try:
        return hint(value)
    except ValueError:
        raise SettingsError(f"{dotted(where)}: must be one of {', '.join(hint)}") from None


def read_bool(value: Any, where: tuple[str, ...]) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise SettingsError(f"{dotted(where)}: must be true or false")


def read_number(hint: Any, value: Any, where: tuple[str, ...]) -> Any:
    if isinstance(value, bool):
        raise SettingsError(f"{dotted(where)}: must be a number")
    try:
        number = hint(value)
    except (TypeError, ValueError):
        raise SettingsError(f"{dotted(where)}: must be a number") from None
    if number < 0 or (isinstance(value, float) and hint is int and value != number):
        raise SettingsError(f"{dotted(where)}: must be a whole number of at least 0")
    return number


def refuse_a_bad_issuer(issuer: str, insecure_http: bool) -> None:
    parts = urlsplit(issuer)
    if (
        parts.scheme not in ("https", "http")
        or not parts.hostname
        or parts.path
        or parts.query
        or parts.fragment
    ):
        raise SettingsError("issuer: must be an origin such as https://id.example.be, without a path")
    if parts.scheme == "http" and not insecure_http:
        raise SettingsError(
            "issuer: must be https (server.insecure_http allows http, for a demonstration only)"
        )


def nearest(key: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def dotted(where: tuple[str, ...]) -> str:
    return ".".join(where) or "settings"
