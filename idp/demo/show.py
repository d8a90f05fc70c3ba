"""`leerid demo`: from an empty folder to five servers that answer, in one go."""

from __future__ import annotations

import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from idp import database, database_upgrade, key_files, settings
from idp.accounts.credentials import Vault
from idp.demo import announcement, book, children, directory
from idp.demo.book import Entry
from idp.demo.children import CannotShow, Program, Running
from idp.demo.directory import Place, RegisteredClient
from idp.demo.filling import fill, is_filled

SERVERS = 5
# A sample to copy, and one that shows every message.
APPLICATIONS = ("rekenrijk", "proefapp")


class ToldToStop(Exception):
    """Ctrl-C or SIGTERM, also while everything is still being made."""


def show(
    folder: Path, host: str, base_port: int, database_url: str | None = None, *, weak_hashing: bool = False
) -> None:
    """Until it is told to stop. Raises CannotShow."""
    database_url = database_url or f"sqlite:///{(folder / 'leerid.db').absolute()}"
    place = Place(folder, host, base_port, database_url, weak_hashing)
    refuse_busy_ports(place)
    with stopped_by_signals() as told_to_stop:
        place.announcement.unlink(missing_ok=True)
        clients = directory.prepare(place, now())
        entries = people(place)
        running = children.start(programs(place, clients))
        try:
            book.write_private_json(place.announcement, announcement.announcement(place, entries, clients))
            click.echo(f"\nLeerID is up.\n\n{announcement.first_screen(place, entries)}\n\nready")
            sys.stdout.flush()
            keep_running(running, told_to_stop)
        finally:
            children.end(running)


def now() -> datetime:
    return datetime.now(UTC)


def refuse_busy_ports(place: Place) -> None:
    for which in range(SERVERS):
        port = place.base_port + which
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((place.host, port))
            except OSError as error:
                raise CannotShow(
                    f"port {port} is in use ({error.strerror}); choose another with --base-port, such as {port + 100}"
                ) from error


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """SIGTERM and Ctrl-C interrupt whatever is going on, and everything that was started is ended on the way out."""
    told_to_stop = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if not told_to_stop.is_set():  # a second Ctrl-C doesn't break the ending off
            told_to_stop.set()
            raise ToldToStop

    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told_to_stop
    except ToldToStop:
        click.echo("stopped", err=True)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def people(place: Place) -> list[Entry]:
    """The example people: made the first time, read back after that."""
    loaded = settings.load(place.config, environment={})
    database_upgrade.upgrade(loaded.database.url)
    engine = create_engine(loaded.database.url)
    database.prepare(engine)
    try:
        with Session(engine) as db:
            if not is_filled(db):
                make_people(db, place, Vault(key_files.load(loaded.keys.directory).sealing, loaded.hashing))
    finally:
        engine.dispose()
    if not place.people.exists():
        raise CannotShow(
            f"{place.people} is gone, and with it the passwords: remove {place.folder} and begin anew"
        )
    return book.read(place.people)


def make_people(db: Session, place: Place, vault: Vault) -> None:
    """Their passwords are written down before they are stored: the other way round, a kill in between loses them."""
    with click.progressbar(length=1, label="Making the example pupils", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        book.write(place.people, fill(db, vault, secrets.randbelow, now(), progress))
    db.commit()


def programs(place: Place, clients: Sequence[RegisteredClient]) -> list[Program]:
    config = str(place.config)
    return [
        Program(
            "idp", ("idp.cli", "serve", "--config", config), f"{place.issuer}/readyz", place.log("idp"), {}
        ),
        *(
            Program(
                name, (f"portals.{name}", "--config", config), f"{place.origin(which)}/", place.log(name), {}
            )
            for which, name in enumerate(directory.PORTALS, start=1)
        ),
        *(application(place, clients, name, which) for which, name in enumerate(APPLICATIONS, start=3)),
    ]


def application(place: Place, clients: Sequence[RegisteredClient], name: str, which: int) -> Program:
    """Somebody else's application: it knows this provider by its name, its own number and its secret."""
    registered = next(each for each in clients if each.client_id == name)
    bind = f"{place.host}:{place.base_port + which}"
    server = ("gunicorn", "--bind", bind, "--worker-class", "gthread", "--threads", "4", "--keep-alive", "30")
    knows = {
        "ISSUER": place.issuer,
        "CLIENT_ID": registered.client_id,
        "CLIENT_SECRET": registered.client_secret or "",
        "ORIGIN": place.origin(which),
        "COOKIE_KEY": directory.make_secret(place.secret(f"{name}.cookies"), secrets.token_urlsafe(32)),
    }
    return Program(
        name,
        (*server, "--no-control-socket", f"clients.{name}.app:create_app()"),
        f"{place.origin(which)}/",
        place.log(name),
        {f"{name.upper()}_{key}": value for key, value in knows.items()},
    )


def keep_running(running: Sequence[Running], told_to_stop: threading.Event) -> None:
    """Until a signal interrupts the waiting, or one of the servers ends by itself."""
    while not told_to_stop.wait(0.5):
        ended = children.one_that_ended(running)
        if ended is not None:
            raise CannotShow(f"{ended.program.name} stopped: {children.last_words(ended.program.log)}")
