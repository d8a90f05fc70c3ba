"""What is unsafe or wrong in a configuration, before anybody is asked to trust it with a password."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from idp import database_upgrade, key_files, settings
from idp.oidc import clients as registered
from idp.oidc.dynamic.limits import limits
from idp.oidc.outgoing import gate_of
from idp.oidc.protocol import PkcePolicy
from idp.oidc.registration import for_files
from idp.schools import second_lock
from idp.settings import SecondFactorPolicy, Settings, SettingsError

# RFC 9700 and RFC 6749 section 4.1.2 bound a code's life; the rest is security.md's defaults with some room.
LONGEST_CODE_SECONDS = 600
LONGEST_ACCESS_SECONDS = 3600
LONGEST_ID_TOKEN_SECONDS = 600
# OWASP's least for Argon2id; more memory allows no fewer rounds than these.
LEAST_MEMORY_KIB = 19456
LEAST_TIME_COST = 2
MOST_GUESSES_IN_A_ROW = 100  # NIST SP 800-63B section 5.2.2
ANSWERS_WITHIN_SECONDS = 3
SAFE_SSLMODES = ("require", "verify-ca", "verify-full")


@dataclass(frozen=True)
class Finding:
    """One thing to mend: its name, and a sentence that says what is wrong with it."""

    name: str
    sentence: str


def findings(config: Path) -> list[Finding]:
    """Everything there is to mend. Raises SettingsError when the file itself can't be understood."""
    known = settings.load(config)
    return [finding for each in CHECKS for finding in each(known, config)]


def addresses(known: Settings, _config: Path) -> Iterator[Finding]:
    if not known.https:
        yield Finding("issuer", "is plain http: passwords and tokens would travel in the clear")
    if known.server.insecure_http:
        yield Finding("server.insecure_http", "is for a demonstration only")
    for name in ("leerlingloket", "schoolloket"):
        if urlsplit(getattr(known.portals, name)).scheme != "https":
            yield Finding(f"portals.{name}", "is plain http")
    if known.https and known.server.trusted_proxies == 0:
        yield Finding(
            "server.trusted_proxies",
            "is 0, but https needs a proxy in front: all pupils would seem to come from its one address",
        )
    if known.server.host not in ("127.0.0.1", "::1", "localhost") and not known.https:
        yield Finding("server.host", "lets other machines in over plain http")


def demonstration(known: Settings, _config: Path) -> Iterator[Finding]:
    if known.demo.enabled:
        yield Finding("demo.enabled", "shows everybody's password and mail to everybody")


def private_files(known: Settings, config: Path) -> Iterator[Finding]:
    directory = known.keys.directory
    try:
        key_files.load(directory)
    except key_files.KeyFileError as error:
        yield Finding("keys", str(error))
    signing = sorted((directory / "signing").glob("*.json"))
    if not signing:
        yield Finding("keys", f"{directory / 'signing'}: no signing key; run `leerid keys new`")
    for path in signing:
        if is_open_to_others(path):
            yield Finding("keys", f"{path}: must be readable by its owner only (mode 0400)")
    if known.mail.password_file is not None:
        if not known.mail.password_file.exists():
            yield Finding("mail.password_file", f"{known.mail.password_file} isn't there")
        elif is_open_to_others(known.mail.password_file):
            yield Finding(
                "mail.password_file", f"{known.mail.password_file}: must be readable by its owner only"
            )
    if has_password(known.database.url) and is_open_to_others(config):
        yield Finding("database.url", f"holds a password, and others can read {config}")


def database(known: Settings, _config: Path) -> Iterator[Finding]:
    try:
        url = database_upgrade.read_url(known.database.url)
    except database_upgrade.UnknownDatabase as error:
        yield Finding("database.url", str(error).removeprefix("database.url: "))
        return
    elsewhere = url.host not in (None, "", "localhost", "127.0.0.1", "::1")
    if url.get_backend_name() == "postgresql" and elsewhere and url.query.get("sslmode") not in SAFE_SSLMODES:
        yield Finding("database.url", "reaches another machine without TLS: add ?sslmode=verify-full")


def database_role(known: Settings, _config: Path) -> Iterator[Finding]:
    """Asked of the database itself. One that doesn't answer says so at the start, in words of its own."""
    try:
        url = database_upgrade.read_url(known.database.url)
    except database_upgrade.UnknownDatabase:
        return
    if url.get_backend_name() != "postgresql":
        return
    engine = create_engine(url, connect_args={"connect_timeout": ANSWERS_WITHIN_SECONDS})
    try:
        with engine.connect() as connection:
            exempt = second_lock.slips_through(connection)
    except SQLAlchemyError:
        return
    finally:
        engine.dispose()
    if exempt:
        yield Finding(
            "database.url",
            "is a superuser or has BYPASSRLS: row-level security, the second lock between schools, doesn't hold",
        )


def has_password(url: str) -> bool:
    try:
        return database_upgrade.read_url(url).password is not None
    except database_upgrade.UnknownDatabase:
        return False


def passwords(known: Settings, _config: Path) -> Iterator[Finding]:
    hashing = known.hashing
    if (
        hashing.memory_kib < LEAST_MEMORY_KIB
        or hashing.time_cost < LEAST_TIME_COST
        or hashing.parallelism < 1
    ):
        yield Finding("hashing", f"is weaker than {LEAST_MEMORY_KIB} KiB, {LEAST_TIME_COST} rounds")
    if known.throttle.account_limit > MOST_GUESSES_IN_A_ROW:
        yield Finding(
            "throttle.account_limit", f"lets somebody guess more than {MOST_GUESSES_IN_A_ROW} times in a row"
        )
    usual = settings.Throttle()
    for name in (
        "free_attempts",
        "typed_first_limit",
        "typed_second_limit",
        "typed_day_limit",
        "own_day_limit",
        "protected_attempts",
        "address_names",
    ):
        if getattr(known.throttle, name) > 4 * getattr(usual, name):
            yield Finding(f"throttle.{name}", f"is far above the usual {getattr(usual, name)}")


def staff(known: Settings, _config: Path) -> Iterator[Finding]:
    if known.staff.second_factor is SecondFactorPolicy.OPTIONAL:
        yield Finding("staff.second_factor", "lets staff see pupils' data with a password alone")


def lives(known: Settings, _config: Path) -> Iterator[Finding]:
    tokens = known.tokens
    for name, most in (
        ("code_seconds", LONGEST_CODE_SECONDS),
        ("access_seconds", LONGEST_ACCESS_SECONDS),
        ("id_token_seconds", LONGEST_ID_TOKEN_SECONDS),
    ):
        if getattr(tokens, name) > most:
            yield Finding(f"tokens.{name}", f"is more than {most}")


def mail(known: Settings, _config: Path) -> Iterator[Finding]:
    if not known.mail.server:
        yield Finding("mail.server", "is empty: mails would wait in the outbox for ever")
    elif known.mail.security not in ("starttls", "tls", "ssl"):
        yield Finding("mail.security", "sends mails with links for passwords in the clear")


def applications(known: Settings, _config: Path) -> Iterator[Finding]:
    if known.clients.allowed_hosts:
        yield Finding("clients.allowed_hosts", "has us ask hosts without a public address: for tests only")
    try:
        gate_of(known)
    except SettingsError as error:
        yield Finding("clients.ca_bundle_file", str(error).partition(": ")[2])
    try:
        found = registered.read_all(known.clients.directory, for_files(known.clients.allowed_hosts))
    except registered.ClientFileError as error:
        yield Finding("clients", str(error))
        return
    if not found:
        yield Finding("clients.directory", f"{known.clients.directory} holds no registration")
    for client in found.values():
        if client.pkce is PkcePolicy.OPTIONAL:
            yield Finding(f"clients.{client.client_id}", "pkce is optional (RFC 9700 section 2.1.1)")
        plain = [each for each in client.redirect_uris if urlsplit(each).scheme != "https"]
        if plain:
            yield Finding(f"clients.{client.client_id}", f"{plain[0]} is plain http, on this machine only")


def registering(known: Settings, _config: Path) -> Iterator[Finding]:
    """What applications that register themselves may have, whether or not that is switched on."""
    try:
        allowed = limits(known)
    except SettingsError as error:
        yield Finding("registration", str(error))
        return
    if known.registration.enabled and allowed.pkce is PkcePolicy.OPTIONAL:
        yield Finding("registration.pkce", "is optional (RFC 9700 section 2.1.1): for a conformance run only")


def is_open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


CHECKS: tuple[Callable[[Settings, Path], Iterator[Finding]], ...] = (
    addresses,
    demonstration,
    private_files,
    database,
    database_role,
    passwords,
    staff,
    lives,
    mail,
    applications,
    registering,
)
