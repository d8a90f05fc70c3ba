"""How long an import takes, and how much memory: a feed of N pupils, taken in twice by `leerid import` itself.

`python -m tests.bench.imports --database postgresql --rows 200000`. The first time everybody is new, the second time nobody
is different; then a school year begins, with accounts for the first `--accounts` pupils; and once more the same.
CPU is that of the command and of PostgreSQL, because other work on the machine makes the clock say more than it means.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from idp import key_files
from idp.accounts.records import Account
from idp.database import utc_now, writing
from idp.database_upgrade import upgrade
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.belgian_time import school_day
from idp.schools.records import Enrolment
from tests.bench.house import postgresql
from tests.bench.processes import cpu_ms
from tests.support.databases import engine_for

PUPILS_A_SCHOOL = 400
GIVEN = ("Amélie", "Bram", "Chloé", "Daan", "Elif", "Finn", "Guust", "Hanne", "Ilias", "Jade", "Yılmaz")
FAMILY = ("Peeters", "Van den Bossche", "De Smet", "Özdemir", "D'Hondt", "Maes", "Claes", "El Amrani")
GROUPS = ("1ste leerjaar", "6de leerjaar", "1e lj 2e gr Economie ASO", "2e lj 3e gr Elektromechanica TSO")
HEADER = (
    "instellingsnummer;instelling;stamnummer;voornaam;naam;officiele_voornaam;officiele_naam;geslacht;geboortedatum;"
    "administratieve_groep;klas;onderwijs;leerling_sleutel;begin;einde"
)
CONFIGURATION = """
issuer = "http://127.0.0.1:4811"
[database]
url = "{url}"
[keys]
directory = "{folder}/keys"
[server]
insecure_http = true
"""


def write_feed(path: Path, rows: int, begin: date, end: date) -> None:
    """The same pupils each time; only the days of the school year are other ones."""
    chance = random.Random(20)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for row in range(rows):
            school = 1000 + row // PUPILS_A_SCHOOL
            given, family = chance.choice(GIVEN), chance.choice(FAMILY)
            born = date(2006, 1, 1) + timedelta(days=chance.randrange(4000))
            group = chance.randrange(len(GROUPS))
            secondary = "gewoon_secundair" if group > 1 else "andere"
            file.write(
                f"{school};School {school};{10_000 + row % PUPILS_A_SCHOOL};{given};{family};{given};{family};"
                f"{chance.choice('MV')};{born};{GROUPS[group]};{group}A;{secondary};KEY{row:09};{begin};{end}\n"
            )


def open_accounts(url: str, wanted: int) -> None:
    """Accounts without a password: what follows an enrolment is its kind and its last day."""
    now = utc_now()
    with engine_for(url) as engine, Session(engine) as db:
        found = select(Enrolment.person_id, Enrolment.ordinary_secondary, Enrolment.ends_on).limit(wanted)
        rows = [
            {
                "person_id": person,
                "username": f"meting.{number}",
                "username_skeleton": f"meting.{number}",
                "kind": AccountKind.ADVANCED if secondary else AccountKind.BASIC,
                "secret_kind": SecretKind.TEXT,
                "active_until": ends_on,
                "sign_ins_count_from": now,
                "created_at": now,
            }
            for number, (person, secondary, ends_on) in enumerate(db.execute(found).all())
        ]
        writing(db)
        for first in range(0, len(rows), 10_000):
            db.execute(insert(Account), rows[first : first + 10_000])
        db.commit()


def measured(folder: Path, feed: Path, server: int | None, what: str) -> None:
    command = [str(Path(sys.executable).with_name("leerid")), "import", str(feed), "--yes"]
    before, began = cpu_ms(server) if server else 0.0, time.perf_counter()
    running = subprocess.Popen(
        [*command, "--config", str(folder / "config.toml")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert running.stderr is not None
    said = running.stderr.read().decode()
    _, status, used = os.wait4(running.pid, 0)
    if status:
        raise SystemExit(said)
    took = time.perf_counter() - began
    ours = used.ru_utime + used.ru_stime
    theirs = (cpu_ms(server) - before) / 1000 if server else 0.0
    print(
        f"{what:<28} {took:7.1f} s   CPU {ours:6.1f} s + PostgreSQL {theirs:6.1f} s   peak {used.ru_maxrss / 1024:5.0f} MiB"
    )


@contextmanager
def database(folder: Path, kind: str) -> Iterator[tuple[str, int | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/leerid.db", None
        return
    with postgresql(folder) as running:
        yield running


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--accounts", type=int, default=50_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with database(folder, asked.database) as (url, server):
            upgrade(url)
            key_files.make_missing(folder / "keys", utc_now())
            (folder / "config.toml").write_text(CONFIGURATION.format(url=url, folder=folder))
            today = school_day(utc_now())
            this_year, next_year = folder / "this.csv", folder / "next.csv"
            write_feed(this_year, asked.rows, today - timedelta(days=80), today + timedelta(days=200))
            write_feed(next_year, asked.rows, today, today + timedelta(days=365))
            print(f"{asked.rows} pupils, {this_year.stat().st_size / 1e6:.0f} MB, {asked.database}")
            measured(folder, this_year, server, "everybody is new")
            measured(folder, this_year, server, "nobody is different")
            open_accounts(url, asked.accounts)
            measured(folder, next_year, server, f"a year, {asked.accounts} accounts")
            measured(folder, next_year, server, "and once more")


if __name__ == "__main__":
    main()
