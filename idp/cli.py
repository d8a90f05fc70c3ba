"""The command `leerid`: everything an operator does.

Each command imports what it needs when it runs, so that `leerid --help` answers at once. What an operator can mend is
one sentence on stderr and exit code 2; a traceback is a bug of ours.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from idp.accounts.records import Account
    from idp.oidc.client import Client
    from idp.oidc.dynamic.registered import Registered
    from idp.schools.records import School
    from idp.settings import Settings

CANNOT = 2
UNSAFE = 1
ASKS = 1


def main() -> NoReturn:
    try:
        cli.main(prog_name="leerid", standalone_mode=False)
        sys.exit(0)
    except click.exceptions.Exit as over:
        sys.exit(over.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        refuse(error.format_message())
    except Exception as error:
        sentence = explained(error)
        if sentence is None:
            raise
        refuse(sentence)


def refuse(sentence: str) -> NoReturn:
    click.echo(f"leerid: {sentence}", err=True)
    sys.exit(CANNOT)


def explained(error: Exception) -> str | None:
    """What an operator can mend, in one sentence; None for a bug."""
    from sqlalchemy.exc import DBAPIError

    from idp.key_files import KeyFileError
    from idp.settings import SettingsError

    if isinstance(error, (SettingsError, KeyFileError)) or type(error).__name__ in SAID_IN_FULL:
        return str(error)
    if isinstance(error, DBAPIError):
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        return f"the database refuses: {lines[0]}"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return None


# Rooms whose own errors are already one sentence; by name, because importing those rooms takes half a second.
SAID_IN_FULL = frozenset({"CannotImport", "CannotServe", "CannotShow", "ClientFileError", "UnknownDatabase"})


def now() -> datetime:
    return datetime.now(UTC)


config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config.toml"),
    envvar="LEERID_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)


def settings_from(path: Path) -> Settings:
    from idp import settings

    return settings.load(path)


@contextmanager
def session(config_path: Path) -> Iterator[Session]:
    """The database, up to date or not at all."""
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    from idp.database import engine_options, prepare
    from idp.serve import refuse_an_old_database

    database = settings_from(config_path).database
    refuse_an_old_database(database.url)
    engine = create_engine(database.url, **engine_options(database.url, 1, database.busy_timeout_seconds))
    prepare(engine)
    try:
        with Session(engine) as db:
            yield db
    finally:
        engine.dispose()


@click.group(no_args_is_help=True)
@click.version_option(package_name="leerid", message="LeerID %(version)s")
def cli() -> None:
    """LeerID: one username and one password for every educational application."""


@cli.command()
@config_option
def serve(config_path: Path) -> None:
    """Serve the provider (production)."""
    settings = settings_from(config_path)
    from idp.serve import serve

    serve(settings)


@cli.command()
@config_option
def worker(config_path: Path) -> None:
    """Only deliver mails and logout notices, and clear away what has expired."""
    settings = settings_from(config_path)
    from idp.app import create_app
    from idp.serve import refuse_an_old_database
    from idp.web import logs
    from idp.worker import BackgroundWork

    refuse_an_old_database(settings.database.url)
    told_to_stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: told_to_stop.set())
    logs.to_stderr(settings.logging.level)
    work = BackgroundWork(create_app(settings))
    work.start()
    told_to_stop.wait()
    work.stop()


@cli.command()
@config_option
@click.option("--deploy", is_flag=True, help="Also each clause of RFC 9700, by name, the good ones too.")
def check(config_path: Path, deploy: bool) -> None:
    """Say what is unsafe or wrong in a configuration."""
    from idp.check import findings

    found = findings(config_path)
    for each in found:
        click.echo(f"{each.name}: {each.sentence}")
    to_mend = len(found) + (check_clauses(config_path) if deploy else 0)
    click.echo(f"{to_mend} to mend" if to_mend else "nothing to mend", err=True)
    sys.exit(UNSAFE if to_mend else 0)


def check_clauses(config_path: Path) -> int:
    """Says how each clause fares; answers how many don't hold."""
    from idp import rfc9700

    judged = rfc9700.judge(settings_from(config_path))
    for clause in judged:
        yes = "yes" if not clause.wrong else "advised" if clause.holds else "no"
        click.echo(f"{clause.name}: {yes}, {clause.asks}")
        click.echo(f"  here: {clause.here}")
        for each in clause.wrong:
            click.echo(f"  {each}")
    return sum(not clause.holds for clause in judged)


@cli.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="The folder that holds the demonstration; made when it isn't there.",
)
@click.option("--base-port", type=click.IntRange(1024, 65531), default=8000, show_default=True)
@click.option(
    "--host",
    type=click.Choice(["127.0.0.1", "localhost"]),
    default="127.0.0.1",
    show_default=True,
    help="This machine only: the demonstration speaks plain http.",
)
@click.option(
    "--database",
    "database_url",
    metavar="URL",
    help="An empty PostgreSQL database, instead of a file in the folder.",
)
@click.option(
    "--weak-hashing",
    is_flag=True,
    help="Hash passwords quickly and badly. For tests: a demonstration tells all of its passwords anyway.",
)
def demo(data: Path, base_port: int, host: str, database_url: str | None, weak_hashing: bool) -> None:
    """Show everything on this machine, with example pupils."""
    from idp.demo.show import show

    show(data, host, base_port, database_url, weak_hashing=weak_hashing)


@cli.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@config_option
def db_upgrade(config_path: Path) -> None:
    """Bring the database to the shape that this version expects."""
    settings = settings_from(config_path)
    from idp import database_upgrade

    click.echo(f"the database is at revision {database_upgrade.upgrade(settings.database.url)}")


@db.command("current")
@config_option
def db_current(config_path: Path) -> None:
    """Say which shape the database has."""
    settings = settings_from(config_path)
    from idp import database_upgrade

    found, expected = database_upgrade.current(settings.database.url), database_upgrade.newest()
    click.echo(found or "none")
    if found != expected:
        raise click.ClickException(f"this version expects {expected}: run `leerid db upgrade`")


@cli.group()
def keys() -> None:
    """The private keys."""


@keys.command("new")
@config_option
def keys_new(config_path: Path) -> None:
    """Make every key that isn't there yet; what is there stays."""
    directory = settings_from(config_path).keys.directory
    from idp import key_files
    from idp.oidc import keys as signing_keys

    made = [
        *key_files.make_missing(directory, now()),
        *signing_keys.make_missing(directory / "signing", now()),
    ]
    for path in made:
        click.echo(path)
    click.echo("every key is there" if not made else f"{len(made)} made, readable by you only", err=True)


@keys.command("rotate")
@config_option
@click.option("--passwords", is_flag=True, help="A new key for password hashes, instead of new signing keys.")
def keys_rotate(config_path: Path, passwords: bool) -> None:
    """Make new signing keys; published first, used later, the old ones kept until nothing needs them."""
    chosen = settings_from(config_path).keys
    from idp import key_files
    from idp.oidc import keys as signing_keys

    if passwords:
        click.echo(key_files.add_sealing_key(chosen.directory, now()))
        return
    ahead = timedelta(hours=chosen.publish_ahead_hours)
    for path in signing_keys.rotate(chosen.directory / "signing", now(), ahead):
        click.echo(path)


@keys.command("withdraw")
@config_option
@click.argument("kid")
def keys_withdraw(config_path: Path, kid: str) -> None:
    """After a theft: take a signing key away at once, with everything that it signed, and make another."""
    directory = settings_from(config_path).keys.directory
    from idp.oidc import keys as signing_keys

    click.echo(signing_keys.withdraw(directory / "signing", kid))


@keys.command("list")
@config_option
def keys_list(config_path: Path) -> None:
    """Name the keys, oldest first."""
    directory = settings_from(config_path).keys.directory
    for path in sorted(directory.rglob("*.*")):
        if path.suffix in (".key", ".json"):
            click.echo(path.relative_to(directory))


@cli.group()
def clients() -> None:
    """The registered applications."""


@clients.command("list")
@config_option
def clients_list(config_path: Path) -> None:
    """Name the applications; a registration with a mistake is named instead."""
    settings = settings_from(config_path)
    from idp.oidc.clients import read_all
    from idp.oidc.registration import for_files

    in_files = read_all(settings.clients.directory, for_files(settings.clients.allowed_hosts))
    themselves = registered_themselves(config_path)
    for client in (*in_files.values(), *(each.client for each in themselves)):
        click.echo(
            f"{client.client_id}\t{client.name}\t{client.token_endpoint_auth_method}\tpkce {client.pkce}"
        )


@clients.command("show")
@config_option
@click.argument("client_id")
def clients_show(config_path: Path, client_id: str) -> None:
    """Show what one application may do, and what it gets about a pupil."""
    from dataclasses import fields

    client = client_named(config_path, client_id)
    for each in fields(client):
        if each.repr:  # what isn't shown there is a secret's digest
            click.echo(f"{each.name}: {as_text(getattr(client, each.name))}")
    for mine in registered_themselves(config_path):
        if mine.client.client_id == client_id:
            click.echo(f"registered: {mine.created_at:%Y-%m-%d %H:%M}, with the token for {mine.label}")


@clients.command("add")
@config_option
@click.argument("client_id")
@click.option("--name", prompt="Name, as pupils read it", help="Its name, as pupils read it.")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    help="Where people come back with a code; once for each address. Asked for when not given.",
)
@click.option("--description", default="", help="One sentence, as pupils read it.")
@click.option("--scope", default="openid", show_default=True, help="With spaces between them.")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="CLAIM=PURPOSE",
    help="What it gets about a pupil, and what for, in a child's words; once for each.",
)
@click.option(
    "--method",
    type=click.Choice(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]),
    default="client_secret_basic",
    show_default=True,
    help="How it proves who it is.",
)
@click.option("--jwks-uri", default="", help="Where its public keys are, for private_key_jwt.")
@click.option("--refresh", is_flag=True, help="It may get refresh tokens.")
@click.option("--post-logout-redirect-uri", "post_logout_redirect_uris", multiple=True)
@click.option("--backchannel-logout-uri", default="")
@click.option("--frontchannel-logout-uri", default="")
@click.option("--initiate-login-uri", default="", help="What a tile opens.")
@click.option("--policy-uri", default="")
@click.option("--tos-uri", default="")
@click.option(
    "--approval",
    type=click.Choice(["none", "notice", "consent"]),
    default="notice",
    show_default=True,
    help="Whether people see what it gets: never, once to read, or once to allow.",
)
@click.option("--dashboard", is_flag=True, help="It has a tile in the Leerlingloket.")
@click.option("--school", "schools", type=int, multiple=True, help="For this school only; once for each.")
def clients_add(
    config_path: Path,
    client_id: str,
    method: str,
    claims: tuple[str, ...],
    redirect_uris: tuple[str, ...],
    refresh: bool,
    **said: Any,
) -> None:
    """Write a registration, checked, with a secret that is shown once."""
    settings = settings_from(config_path)
    from idp.oidc.new_file import write
    from idp.oidc.registration import for_files

    if not redirect_uris:
        redirect_uris = (click.prompt("Where people come back (redirect_uri)"),)
    purposes = dict(claim_and_purpose(each) for each in claims)
    grants = ["authorization_code", "refresh_token"] if refresh else []
    table = {
        "client_id": client_id,
        **said,
        "redirect_uris": redirect_uris,
        "token_endpoint_auth_method": method,
        "grant_types": grants,
        "claims": purposes,
    }
    written = write(settings.clients.directory, table, for_files(settings.clients.allowed_hosts))
    if written.secret is not None:
        click.echo(written.secret)
    click.echo(
        f"{written.path} is written{'; the secret above is shown this once' * bool(written.secret)}", err=True
    )


def claim_and_purpose(said: str) -> tuple[str, str]:
    claim, equals, purpose = said.partition("=")
    if not equals:
        raise click.ClickException(f"{said}: say what for, as in given_name=Om je te begroeten")
    return claim.strip(), purpose.strip()


@clients.command("token")
@config_option
@click.argument("label")
@click.option("--hours", type=click.IntRange(1, 24 * 90), help="How long it is good; else as configured.")
@click.option(
    "--many",
    is_flag=True,
    help="Good for every registration until then: for a conformance run, never for a supplier.",
)
def clients_token(config_path: Path, label: str, hours: int | None, many: bool) -> None:
    """Make an initial access token, with which one application may register itself. LABEL says for whom it is:
    the applications of one label may know a pupil by the same name."""
    settings = settings_from(config_path).registration
    from idp.database import writing
    from idp.oidc.dynamic import initial_tokens

    if not settings.enabled:
        raise click.ClickException("nobody can register: registration.enabled is false")
    expires_at = now() + timedelta(hours=hours or settings.token_hours)
    with session(config_path) as db:
        writing(db)
        click.echo(initial_tokens.make(db, label.strip()[:100], now(), expires_at, once=not many))
        db.commit()
    times = "every time until" if many else "once, until"
    click.echo(
        f"for {label.strip()}: good {times} {expires_at:%Y-%m-%d %H:%M} UTC, and shown this once", err=True
    )


@clients.command("remove")
@config_option
@click.argument("client_id")
def clients_remove(config_path: Path, client_id: str) -> None:
    """Remove an application that registered itself, and end all that people gave it."""
    from idp.database import writing
    from idp.oidc.client import DYNAMIC
    from idp.oidc.dynamic import registered

    if not client_id.startswith(DYNAMIC):
        directory = settings_from(config_path).clients.directory
        raise click.ClickException(
            f"{client_id} did not register itself: remove {directory / client_id}.toml instead"
        )
    with session(config_path) as db:
        writing(db)
        if not registered.remove(db, client_id, now()):
            raise click.ClickException(f"there is no application {client_id}")
        db.commit()
    click.echo(f"{client_id} is removed")


@clients.command("test")
@config_option
@click.argument("client_id")
@click.option("--secret", help="What the supplier has; - reads it from the input.")
def clients_test(config_path: Path, client_id: str, secret: str | None) -> None:
    """Play an application against its registration, and say what its supplier has to mend."""
    settings = settings_from(config_path)
    client = client_named(config_path, client_id)
    from idp.oidc.outgoing import gate_of
    from idp.oidc.trial import trial

    if secret == "-":
        secret = sys.stdin.readline().strip()
    to_mend = 0
    for found in trial(client, settings.issuer, gate_of(settings), secret).run():
        click.echo(f"{'good ' if found.good else 'WRONG'}  {found.about}: {found.sentence}")
        to_mend += not found.good
    click.echo(f"{to_mend} to mend" if to_mend else "nothing to mend", err=True)
    sys.exit(UNSAFE if to_mend else 0)


def client_named(config_path: Path, client_id: str) -> Client:
    settings = settings_from(config_path)
    from idp.oidc.clients import read_all
    from idp.oidc.registration import for_files

    found = read_all(settings.clients.directory, for_files(settings.clients.allowed_hosts)).get(client_id)
    for each in () if found else registered_themselves(config_path):
        if each.client.client_id == client_id:
            return each.client
    if found is None:
        raise click.ClickException(f"there is no application {client_id} in {settings.clients.directory}")
    return found


def registered_themselves(config_path: Path) -> list[Registered]:
    """None of them where there is no database yet: files can be looked at without."""
    settings = settings_from(config_path)
    from idp import database_upgrade
    from idp.oidc.dynamic import registered
    from idp.oidc.dynamic.limits import limits

    if database_upgrade.current(settings.database.url) != database_upgrade.newest():
        return []
    with session(config_path) as db:
        return registered.all_of_them(db, limits(settings))


def as_text(value: Any) -> str:
    if isinstance(value, (tuple, frozenset)):
        return " ".join(sorted(map(str, value)))
    if hasattr(value, "items"):
        return "; ".join(f"{key} ({purpose})" for key, purpose in value.items())
    return str(value)


@cli.group()
def schools() -> None:
    """The schools."""


@schools.command("add")
@config_option
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.argument("name")
def schools_add(config_path: Path, number: int, name: str) -> None:
    """Open a school, by its instellingsnummer and name."""
    from idp.database import writing
    from idp.schools.opening import open_school
    from idp.schools.records import School

    with session(config_path) as db:
        writing(db)
        known = db.get(School, number)
        if known is not None:
            raise click.ClickException(f"school {number} is there already: {known.name}")
        open_school(db, number, name.strip(), now())
        db.commit()
    click.echo(f"school {number} is open")


@schools.command("close")
@config_option
@click.argument("number", type=int)
def schools_close(config_path: Path, number: int) -> None:
    """Close a school: its enrolments and appointments end today."""
    from idp.database import writing
    from idp.schools.opening import close_school

    with session(config_path) as db:
        writing(db)
        close_school(db, school_of(db, number), now())
        db.commit()
    click.echo(f"school {number} is closed")


@schools.command("list")
@config_option
def schools_list(config_path: Path) -> None:
    """Name the schools."""
    from sqlalchemy import select

    from idp.schools.records import School

    with session(config_path) as db:
        for school in db.scalars(select(School).order_by(School.number)):
            closed = f"\tclosed {school.closed_at:%Y-%m-%d}" if school.closed_at else ""
            click.echo(f"{school.number}\t{school.name}{closed}")


def school_of(db: Session, number: int) -> School:
    from idp.schools.records import School

    school = db.get(School, number)
    if school is None:
        raise click.ClickException(f"there is no school {number}: `leerid schools add` opens one")
    return school


@cli.command("import")
@config_option
@click.argument("feed", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--yes", is_flag=True, help="Confirm this feed, also when it ends more than one may by itself.")
@click.option(
    "--format", "format_name", type=click.Choice(["feed", "oneroster"]), help="Else its first bytes tell."
)
@click.option(
    "--bad-rows",
    "bad_rows_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every line that isn't used, and why, to this file (CSV).",
)
def import_feed(
    config_path: Path,
    feed: Path,
    dry_run: bool,
    yes: bool,
    format_name: str | None,
    bad_rows_path: Path | None,
) -> None:
    """Take in a feed of enrolments. Exit code 0: applied; 1: it stops and asks (--yes); 2: refused."""
    settings = settings_from(config_path)
    from idp import key_files
    from idp.schools.imports.at_the_command_line import take_in
    from idp.schools.imports.reading import Format

    with session(config_path) as db:
        applied = take_in(
            db,
            feed,
            limits=settings.imports,
            key=key_files.load(settings.keys.directory).lookup,
            wanted=Format(format_name) if format_name else None,
            dry_run=dry_run,
            confirmed=yes,
            bad_rows=bad_rows_path,
            now=now,
        )
    sys.exit(0 if applied else ASKS)


@cli.group()
def staff() -> None:
    """Who works at a school, or runs LeerID itself. The first beheerder of each school is named here."""


OPERATOR = "operator"
roles = click.Choice(["beheerder", "leerkracht", OPERATOR])
role_option = click.option("--role", type=roles, default="beheerder", show_default=True)
class_option = click.option(
    "--class", "classes", multiple=True, help="A class of a leerkracht, by its code; once for each class."
)


@staff.command("add")
@config_option
@click.argument("given_name")
@click.argument("family_name")
@click.option("--school", "school_number", type=int, help="The instellingsnummer; an operator has none.")
@role_option
@class_option
def staff_add(
    config_path: Path,
    given_name: str,
    family_name: str,
    school_number: int | None,
    role: str,
    classes: tuple[str, ...],
) -> None:
    """Open an account for somebody of a school, and show its temporary password: this once."""
    from idp.accounts.opening import new_person, open_account
    from idp.database import writing
    from idp.rules.account_types import AccountKind

    settings = settings_from(config_path)
    with session(config_path) as db:
        writing(db)
        person = new_person(db, given_name=given_name.strip(), family_name=family_name.strip(), now=now())
        account = open_account(db, person, AccountKind.STAFF, now(), active_until=None)
        give_role(db, account, school_number, role, classes)
        password = give_temporary_password(db, settings, account, "account:opened")
        db.commit()
        tell_once(account.username, password)


@staff.command("renew")
@config_option
@click.argument("username")
def staff_renew(config_path: Path, username: str) -> None:
    """Give somebody who lost the password a new temporary one; every sign-in of theirs ends."""
    from idp.database import writing

    settings = settings_from(config_path)
    with session(config_path) as db:
        writing(db)
        account = staff_account(db, username)
        password = give_temporary_password(db, settings, account, "account:password-renewed")
        db.commit()
        tell_once(account.username, password)


@staff.command("reset-factor")
@config_option
@click.argument("username")
def staff_reset_factor(config_path: Path, username: str) -> None:
    """For who lost telephone and recovery codes: take every second factor away; every sign-in of theirs ends."""
    from idp.accounts.factors import has_factor, remove_all
    from idp.accounts.passwords import end_sign_ins
    from idp.database import writing

    with session(config_path) as db:
        writing(db)
        account = staff_account(db, username)
        if not has_factor(db, account.id):
            raise click.ClickException(f"{username} has no second factor")
        remove_all(db, account.id)
        end_sign_ins(account, now())
        note_of(db, "factor:removed", account, kind="all")
        db.commit()
    click.echo(f"{username} has no second factor any more")


@staff.command("appoint")
@config_option
@click.argument("username")
@click.argument("school_number", type=int, required=False)
@role_option
@class_option
def staff_appoint(
    config_path: Path, username: str, school_number: int | None, role: str, classes: tuple[str, ...]
) -> None:
    """Give somebody a role at one more school; a leerkracht who is there already gets these classes instead."""
    from idp.database import writing

    with session(config_path) as db:
        writing(db)
        give_role(db, staff_account(db, username), school_number, role, classes)
        db.commit()
    where = "" if school_number is None else f" at school {school_number}"
    click.echo(f"{username} is {role}{where}")


@staff.command("revoke")
@config_option
@click.argument("username")
@click.argument("school_number", type=int, required=False)
@click.option("--role", type=roles, help="Only this role; else every role at the school.")
def staff_revoke(config_path: Path, username: str, school_number: int | None, role: str | None) -> None:
    """Take somebody's role away, at once; every sign-in of theirs ends."""
    from idp.database import writing

    with session(config_path) as db:
        writing(db)
        account = staff_account(db, username)
        if role == OPERATOR:
            revoke_operator(db, account)
        else:
            revoke_at_school(db, account, school_number, role)
        db.commit()
    where = "" if school_number is None else f" at school {school_number}"
    click.echo(f"{username} is no {role or 'staff'}{where} any more")


@staff.command("list")
@config_option
def staff_list(config_path: Path) -> None:
    """Name who works where, and who has a second factor."""
    from sqlalchemy import select

    from idp.accounts.factors import has_factor
    from idp.accounts.records import Account
    from idp.rules.account_types import AccountKind

    with session(config_path) as db:
        everybody = select(Account).where(Account.kind == AccountKind.STAFF).order_by(Account.username)
        for account in db.scalars(everybody).all():
            click.echo(
                f"{account.username}\t{account.person.given_name} {account.person.family_name}"
                f"\t{', '.join(roles_of(db, account)) or '-'}"
                f"\t{'second factor' if has_factor(db, account.id) else 'no second factor'}"
            )


def roles_of(db: Session, account: Account) -> list[str]:
    from idp.schools.appointments import appointments_of
    from idp.schools.permissions import is_operator

    held = []
    for each in appointments_of(db, account.id):
        classes = " ".join(sorted(own.class_code for own in each.classes))
        held.append(f"{each.role} {each.school_number}" + (f" ({classes})" if classes else ""))
    return [*held, *([OPERATOR] if is_operator(db, account.id) else [])]


def give_role(
    db: Session, account: Account, school_number: int | None, role: str, classes: tuple[str, ...]
) -> None:
    from idp.schools.appointments import Role, appoint
    from idp.schools.operators import make_operator

    refuse_a_wrong_role(school_number, role, classes)
    if school_number is None:
        make_operator(db, account, now())
    else:
        appoint(db, account, school_of(db, school_number), Role(role), now(), classes=classes)
    note_of(db, "staff:appointed", account, school_number, role=role, classes=sorted(set(classes)))


def refuse_a_wrong_role(school_number: int | None, role: str, classes: tuple[str, ...]) -> None:
    if (role == OPERATOR) is not (school_number is None):
        raise click.ClickException(
            "an operator works at no school" if role == OPERATOR else f"at which school is this {role}?"
        )
    if (role == "leerkracht") is not bool(classes):
        raise click.ClickException(
            "which classes has this leerkracht? (--class)" if not classes else f"{role} is not of one class"
        )


def revoke_operator(db: Session, account: Account) -> None:
    from idp.schools.operators import dismiss_operator

    if not dismiss_operator(db, account, now()):
        raise click.ClickException(f"{account.username} is no operator")
    note_of(db, "staff:revoked", account, role=OPERATOR)


def revoke_at_school(db: Session, account: Account, school_number: int | None, role: str | None) -> None:
    from idp.schools.appointments import appointments_of, dismiss

    if school_number is None:
        raise click.ClickException(f"at which school has {account.username} that role?")
    held = [
        each
        for each in appointments_of(db, account.id)
        if each.school_number == school_number and role in (None, each.role)
    ]
    if not held:
        raise click.ClickException(f"{account.username} has no {role or 'role'} at school {school_number}")
    for appointment in held:
        dismiss(db, appointment, now())
        note_of(db, "staff:revoked", account, school_number, role=appointment.role)


def note_of(
    db: Session, what: str, account: Account, school_number: int | None = None, **detail: Any
) -> None:
    """In the log, as done by nobody who signed in."""
    from idp.accounts.history import note

    note(
        db,
        what,
        now=now(),
        request_id="-",
        account_id=account.id,
        school_number=school_number,
        **detail,
    )


def staff_account(db: Session, username: str) -> Account:
    from idp.accounts.lookup import by_sign_in_name
    from idp.rules.account_types import AccountKind

    account = by_sign_in_name(db, username)
    if account is None or account.kind is not AccountKind.STAFF:
        raise click.ClickException(f"there is no staff account {username}")
    return account


def give_temporary_password(db: Session, settings: Settings, account: Account, what: str) -> str:
    """A password made here and now, good for one sign-in within a month."""
    import secrets

    from idp import key_files
    from idp.accounts.credentials import Vault
    from idp.accounts.history import note
    from idp.accounts.passwords import hand_out
    from idp.accounts.secret import Secret
    from idp.rules.account_types import SecretKind
    from idp.rules.password_maker import temporary_password

    password = temporary_password(secrets.randbelow)
    vault = Vault(key_files.load(settings.keys.directory).sealing, settings.hashing)
    hand_out(account, vault.seal(Secret(password), account.id, SecretKind.TEXT), SecretKind.TEXT, now())
    note(db, what, now=now(), request_id="-", account_id=account.id)
    return password


@cli.group("log")
def audit_log() -> None:
    """The log of who saw and did what."""


@audit_log.command("verify")
@config_option
@click.option(
    "--head", metavar="HASH", help="A hash that the logs told before: it must be in the chain still."
)
def log_verify(config_path: Path, head: str | None) -> None:
    """Say whether every event is as it was written."""
    from idp import key_files
    from idp.accounts import chain
    from idp.accounts.verifying import verify

    key = key_files.load(settings_from(config_path).keys.directory).audit
    with session(config_path) as db:
        found = verify(db, key, now(), head=head)
        for each in found:
            click.echo(each)
        end = chain.head(db)
    click.echo(f"{len(found)} wrong; the head is {end.hash} at place {end.position}", err=True)
    sys.exit(UNSAFE if found else 0)


@audit_log.command("link")
@config_option
def log_link(config_path: Path) -> None:
    """Give every event its place in the chain now; the worker does so every few seconds."""
    from idp import key_files
    from idp.accounts import chain

    key = key_files.load(settings_from(config_path).keys.directory).audit
    linked = 0
    with session(config_path) as db:
        while step := chain.link(db, key, now, thoroughly=True):
            linked += step
    click.echo(f"{linked} linked")


def tell_once(username: str, password: str) -> None:
    click.echo(f"username: {username}")
    click.echo(f"temporary password: {password}")
    click.echo(
        "Write it down: it isn't kept. At the first sign-in, within a month, one's own is chosen.", err=True
    )


if __name__ == "__main__":
    main()
