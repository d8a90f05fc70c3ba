"""Measures a school's list of pupils: `python -m tests.bench.roster --database sqlite --people 1200000`.

Fills a database with schools of 2,000 pupils whose rows lie mixed, as years of comings and goings leave them; then times
calls to the API without a network in between, each for another school, and shows how the database goes about the two
statements of a page. Printed are milliseconds of each call: the first one, the median, the slowest of the others, and the
processor's time of provider and database together, which doesn't depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy import Engine, Table, create_engine, event, insert, text

from idp import settings
from idp.accounts import opening
from idp.accounts.records import Account, Person
from idp.app import create_app
from idp.authentication import sessions
from idp.database import engine_options, flask_database, prepare, utc_now, writing
from idp.rules.account_types import AccountKind, SecretKind, Strength
from idp.rules.belgian_time import school_day
from idp.schools.appointments import Role, appoint
from idp.schools.confinement import say_school
from idp.schools.records import Enrolment, School, list_name
from idp.tokens import access, families, secrets
from idp.tokens.holders import table_of
from tests.bench import processes
from tests.bench.house import House, built
from tests.support.crowds import FAMILY_NAMES, GIVEN_NAMES

PUPILS = 2_000
AT_ONCE = 20_000
GROUPS = tuple(f"{year}{ending}" for year, ending in zip(range(1, 7), ("ste", *["de"] * 5), strict=True))
CLASSES = tuple(f"{year}{letter}" for year in range(1, 7) for letter in "ABCDEFGHIJKLM")
ROUNDS = 20

CLIENT = """
client_id = "schoolloket"
name = "Schoolloket"
description = "Alleen om te meten."
client_secret_sha256 = "{digest}"
redirect_uris = ["https://rp.example.test/cb"]
scope = "openid leerid:school"
approval = "none"
first_party = true
"""

CALLS = {
    "first page": "pupils",
    "last page": "pupils?page=20&per_page=100",
    "search": "pupils?q=MAES+%C3%A9",
    "search by number": "pupils?q=199",
    "one class": "pupils?class=3B",
    "without account": "pupils?status=none",
    "who left": "pupils?status=inactive",
    "by given name": "pupils?sort=given_name",
    "by status": "pupils?sort=status&direction=desc",
    "one pupil": "pupils/777",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--explain", action="store_true", help="show the plans in full")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, built(Path(folder), asked.database) as house:
        began = time.monotonic()
        schools = max(1, asked.people // PUPILS)
        url = settings.load(house.configuration).database.url
        fill(url, asked.people, schools)
        print(json.dumps({"people": asked.people, "schools": schools, "filled_in_s": since(began)}))
        with desk(house, schools) as (client, token):
            for name, path in CALLS.items():
                print(json.dumps({"call": name, **measured(house, client, token, path, schools)}))
            show_plans(client, token, in_full=asked.explain)


# A database full of people


def fill(url: str, people: int, schools: int) -> None:
    engine = engine_for(url)
    now = utc_now()
    with engine.connect().execution_options(writing=True) as connection:
        rows = [
            {"number": number, "name": f"School {number}", "created_at": now} for number in range(schools)
        ]
        connection.execute(insert(School), rows)
        connection.commit()
    row_security(engine, "NO FORCE")
    for first in range(0, people, AT_ONCE):
        batch = [row(which, schools, now) for which in range(first, min(first + AT_ONCE, people))]
        with engine.connect().execution_options(writing=True) as connection, connection.begin():
            driver = connection.connection.driver_connection
            put(driver, engine, table_of(Person), [person for person, _, _ in batch])
            put(driver, engine, table_of(Account), [account for _, account, _ in batch if account])
            put(driver, engine, table_of(Enrolment), [enrolment for _, _, enrolment in batch])
    row_security(engine, "FORCE")
    if engine.dialect.name == "postgresql":  # it does so by itself, sooner or later
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def row_security(engine: Engine, force: str) -> None:
    """PostgreSQL doesn't COPY into a table where it must ask for each row whether it may."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE enrolments {force} ROW LEVEL SECURITY"))


def engine_for(url: str) -> Engine:
    """Filling may take memory, and needn't survive the machine."""
    engine = create_engine(url, **engine_options(url, 1, 10))
    prepare(engine)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def hurry(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA cache_size=-2000000")

    return engine


def row(
    which: int, schools: int, now: datetime
) -> tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any]]:
    """Person, account and enrolment: one in fifty has no account, one in twenty left last summer."""
    today, place = school_day(now), which // schools
    given = GIVEN_NAMES[place * 7 % len(GIVEN_NAMES)]
    family = f"{FAMILY_NAMES[place * 3 % len(FAMILY_NAMES)]} {'abcdefghijk'[place % 11]}"
    person = {
        "id": uuid4(),
        "subject": f"{which:043}",
        "given_name": given,
        "family_name": family,
        "other_claims": "{}",
        "created_at": now,
        "updated_at": now,
    }
    account = {
        "id": uuid4(),
        "person_id": person["id"],
        "username": f"leerling.{which}",
        "username_skeleton": f"leerling.{which}",
        "kind": AccountKind.BASIC if which % 2 else AccountKind.ADVANCED,
        "secret_kind": SecretKind.TEXT,
        "sealed_secret": "v1.20260302T100000000000." + "x" * 200,
        "secret_set_at": now,
        "active_until": today + timedelta(days=200),
        "sign_ins_count_from": now,
        "created_at": now,
    }
    enrolment = {
        "id": uuid4(),
        "school_number": which % schools,
        "person_id": person["id"],
        "pupil_number": place,
        "given_name": given,
        "family_name": family,
        "list_name": known_list_name(given, family),
        "administrative_group": GROUPS[place % len(GROUPS)],
        "class_code": CLASSES[place % len(CLASSES)],
        "ordinary_secondary": which % 2 == 0,
        "starts_on": today - timedelta(days=300),
        "ends_on": today - timedelta(days=60) if place % 20 == 7 else today + timedelta(days=200),
    }
    return person, account if place % 50 else None, enrolment


known_list_name = cache(list_name)


def put(driver: Any, engine: Engine, table: Table, rows: list[dict[str, Any]]) -> None:
    """By the driver itself: a million rows take a minute instead of ten."""
    names = list(rows[0])
    if engine.dialect.name == "postgresql":
        with driver.cursor().copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for each in rows:
                copy.write_row([str(value) if isinstance(value, str) else value for value in each.values()])
        return
    bound = [
        table.c[name].type.bind_processor(engine.dialect) if name != "other_claims" else None
        for name in names
    ]
    values = (
        [bind(value) if bind else value for bind, value in zip(bound, each.values(), strict=True)]
        for each in rows
    )
    marks = ", ".join("?" * len(names))
    driver.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)


# Somebody who may see them


@contextmanager
def desk(house: House, schools: int) -> Iterator[tuple[FlaskClient, str]]:
    """The application, and a token of a beheerder of fifty schools."""
    digest = hashlib.sha256(b"unused").hexdigest()
    (house.folder / "clients" / "schoolloket.toml").write_text(CLIENT.format(digest=digest))
    known = settings.load(house.configuration)
    app = create_app(settings.parse({**tables(house), "staff": {"second_factor": "optional"}}, house.folder))
    with app.app_context():
        db, now = flask_database.session(), utc_now()
        writing(db)
        person = opening.new_person(db, given_name="Els", family_name="Meting", now=now)
        account = opening.open_account(db, person, AccountKind.STAFF, now)
        for number in range(min(schools, 50)):
            appoint(db, account, db.get_one(School, number), Role.BEHEERDER, now)
        proof = sessions.Proof(account.id, AccountKind.STAFF, now, Strength.PASSWORD, ("pwd",))
        _, sign_in = sessions.start(db, proof, sessions.limits_for(AccountKind.STAFF, known.sessions), now)
        db.flush()
        family = families.open_family(
            db,
            client_id="schoolloket",
            account_id=account.id,
            session_digest=sign_in.session_digest,
            offline=False,
            scope=["openid", "leerid:school"],
            claims={},
            signed_in_at=now,
            strength=int(Strength.PASSWORD),
            acr="urn:leerid:acr:password",
            methods=["pwd"],
            sid="bench",
            released=(),
            now=now,
            expires_at=now + timedelta(hours=1),
        )
        value = secrets.new_value()
        access.store(db, value, family_id=family, scope=["leerid:school"], now=now, seconds=3600)
        db.commit()
        flask_database.session.remove()
    yield app.test_client(), value
    with app.app_context():
        flask_database.engine.dispose()


def tables(house: House) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(house.configuration.read_text(encoding="utf-8"))


# The figures


def measured(house: House, client: FlaskClient, token: str, path: str, schools: int) -> dict[str, Any]:
    """Each time another school: nobody looked at these pupils just before."""
    taken: list[float] = []
    used = cpu_ms(house)
    for turn in range(ROUNDS):
        began = time.perf_counter()
        answer = ask(client, token, turn % min(schools, 50), path)
        taken.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    return {
        "first_ms": round(taken[0], 1),
        "median_ms": round(statistics.median(taken), 1),
        "slowest_ms": round(max(taken[1:]), 1),
        "cpu_ms": round((cpu_ms(house) - used) / ROUNDS, 1),
        "total": answer.get_json().get("total"),
    }


def cpu_ms(house: House) -> float:
    """Of this process, which is the provider here, and of the database's."""
    return time.process_time() * 1000 + sum(processes.cpu_ms(pid) for pid in house.pids)


def ask(client: FlaskClient, token: str, school: int, path: str) -> Any:
    origin = client.application.extensions["leerid"].settings.issuer
    headers = {"Authorization": f"Bearer {token}"}
    return client.get(f"/api/schools/{school}/{path}", headers=headers, base_url=origin)


def show_plans(client: FlaskClient, token: str, *, in_full: bool) -> None:
    with client.application.app_context():
        engine = flask_database.engine
    asked: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    ask(client, token, 1, "pupils")
    statements = [each for each in asked if not each[0].startswith(("BEGIN", "COMMIT", "ROLLBACK"))]
    print(json.dumps({"statements": len(statements)}))
    explain = "EXPLAIN (ANALYZE, BUFFERS)" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with engine.connect() as connection:
        say_school(connection, 1)
        for statement, parameters in statements:
            if "enrolments" in statement and statement.startswith("SELECT"):
                print(statement if in_full else statement.split("\n")[0][:100])
                for line in connection.exec_driver_sql(f"{explain} {statement}", parameters):
                    print("   ", line[-1])


def since(began: float) -> float:
    return round(time.monotonic() - began, 1)


if __name__ == "__main__":
    main()
