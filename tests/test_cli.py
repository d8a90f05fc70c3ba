"""`leerid`: what an operator does, and what it says when it can't."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from idp import key_files
from idp.accounts import authenticator_app, recovery_codes
from idp.accounts.credentials import Vault
from idp.accounts.lookup import by_sign_in_name
from idp.accounts.records import AuditEvent
from idp.accounts.secret import Secret
from idp.accounts.standing import must_choose_password, standing_of
from idp.database import writing
from idp.rules.account_types import SecretKind
from idp.rules.lifecycle import Standing
from idp.settings import Hashing
from tests.schools.imports.feeds import pupil, text_of
from tests.support.command_line import CONFIG, Leerid, commands
from tests.support.databases import engine_for, unlocked
from tests.support.ports import free_port


@pytest.fixture
def leerid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Leerid:
    """Runs the command in a folder with a configuration."""
    config = CONFIG.format(port=free_port(), database=f"sqlite:///{tmp_path}/leerid.db")
    (tmp_path / "config.toml").write_text(config)
    (tmp_path / "clients").mkdir()
    monkeypatch.chdir(tmp_path)
    return commands(monkeypatch, capsys)


@pytest.fixture
def ready(leerid: Leerid) -> Leerid:
    """With keys and an up-to-date database."""
    assert leerid("keys", "new").code == 0
    assert leerid("db", "upgrade").code == 0
    return leerid


def test_help_names_every_command(leerid: Leerid) -> None:
    ran = leerid("--help")
    assert ran.code == 0
    for command in ("check", "clients", "db", "demo", "keys", "schools", "serve", "staff", "worker"):
        assert command in ran.out


def test_help_loads_no_library_that_takes_time() -> None:
    heavy = "{'flask', 'sqlalchemy', 'authlib', 'gunicorn', 'alembic', 'argon2', 'cryptography'}"
    code = f"import sys, idp.cli; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("serve", "--config", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("serve",), "the database is at revision none"),
        (("worker",), "the database is at revision none"),
        (("schools", "list"), "run `leerid db upgrade` first"),
        (("db", "current"), "run `leerid db upgrade`"),
        (("clients", "show", "nobody"), "there is no application nobody"),
        (("keys", "withdraw", "rs256-0"), "no key rs256-0"),
        (("nonsense",), "No such command 'nonsense'"),
        (("demo", "--base-port", "80"), "80 is not in the range"),
    ],
)
def test_what_an_operator_can_mend_is_one_sentence(leerid: Leerid, words: tuple[str, ...], says: str) -> None:
    ran = leerid(*words)
    assert ran.code == 2
    assert says in ran.err
    assert ran.err.startswith("leerid: ")
    assert len(ran.err.strip().splitlines()) == 1
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("isuer = 'x'", "isuer: unknown setting; did you mean issuer?"),
        ("[database]\nurl = 'mysql://x/y'", "database.url"),
        ("[database]\nurl = 'nonsense'", "database.url"),
        ("[database]\nurl = 'sqlite:////proc/no/such/folder.db'", "No such file"),
        ("[database]\nurl = 'postgresql+psycopg://u:geheim@127.0.0.1:1/x'", "the database refuses"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is(
    leerid: Leerid, tmp_path: Path, line: str, says: str
) -> None:
    start = "issuer = 'https://id.example'\n" if "isuer" not in line else ""
    (tmp_path / "config.toml").write_text(start + line)
    ran = leerid("db", "upgrade")
    assert ran.code == 2
    assert says in ran.err
    assert "geheim" not in ran.err


def test_keys_are_made_once_and_are_private(leerid: Leerid, tmp_path: Path) -> None:
    made = leerid("keys", "new").out.splitlines()
    assert len(made) == 8
    assert {Path(path).stat().st_mode & 0o777 for path in made} == {0o400}
    again = leerid("keys", "new")
    assert (again.out, again.err) == ("", "every key is there\n")
    assert len(leerid("keys", "list").out.splitlines()) == 8


def test_keys_rotate_adds_and_takes_nothing_away(ready: Leerid) -> None:
    before = set(ready("keys", "list").out.splitlines())
    assert ready("keys", "rotate").code == 0
    assert ready("keys", "rotate", "--passwords").code == 0
    after = set(ready("keys", "list").out.splitlines())
    assert before < after
    assert {Path(name).parent.name for name in after - before} == {"signing", "sealing"}


def test_a_withdrawn_key_is_gone_at_once(ready: Leerid, tmp_path: Path) -> None:
    stolen = next((tmp_path / "keys" / "signing").glob("es256-*.json"))
    made = Path(ready("keys", "withdraw", stolen.stem).out.strip())
    assert made.exists()
    assert not stolen.exists()


def test_schools_are_added_listed_and_closed(ready: Leerid) -> None:
    assert ready("schools", "add", 2, "BRUSSEL-STAD - TEST School 2").code == 0
    assert ready("schools", "list").out == "2\tBRUSSEL-STAD - TEST School 2\n"
    again = ready("schools", "add", 2, "Another")
    assert (again.code, again.err) == (2, "leerid: school 2 is there already: BRUSSEL-STAD - TEST School 2\n")
    assert ready("schools", "close", 2).code == 0
    assert "closed" in ready("schools", "list").out


def test_the_first_beheerder_gets_a_temporary_password_shown_once(ready: Leerid, tmp_path: Path) -> None:
    ready("schools", "add", 2, "Brussel")
    told = dict(
        line.split(": ")
        for line in ready("staff", "add", "Els", "Verstraete", "--school", 2).out.splitlines()
    )
    assert told["username"] == "els.verstraete"
    assert ready("staff", "list").out == "els.verstraete\tEls Verstraete\tbeheerder 2\tno second factor\n"
    assert fits(tmp_path, told["username"], told["temporary password"])


def test_a_lost_password_of_staff_is_renewed(ready: Leerid, tmp_path: Path) -> None:
    ready("schools", "add", 2, "Brussel")
    ready("staff", "add", "Els", "Verstraete", "--school", 2)
    told = dict(line.split(": ") for line in ready("staff", "renew", "els.verstraete").out.splitlines())
    assert fits(tmp_path, "els.verstraete", told["temporary password"])


def fits(folder: Path, username: str, password: str) -> bool:
    vault = Vault(key_files.load(folder / "keys").sealing, Hashing(memory_kib=64, time_cost=1))
    with engine_for(f"sqlite:///{folder}/leerid.db") as engine, Session(engine) as db:
        account = by_sign_in_name(db, username)
        assert account is not None
        assert must_choose_password(account)
        return vault.check(account.sealed_secret, Secret(password), account.id, SecretKind.TEXT).ok


def roles(ready: Leerid, username: str) -> str:
    """What `staff list` says that somebody does."""
    rows = [line.split("\t") for line in ready("staff", "list").out.splitlines()]
    return next(row[2] for row in rows if row[0] == username)


def test_staff_is_appointed_and_revoked(ready: Leerid) -> None:
    for number in (2, 5):
        ready("schools", "add", number, f"School {number}")
    ready("staff", "add", "Els", "Verstraete", "--school", 2)
    assert ready("staff", "appoint", "els.verstraete", 5).code == 0
    assert roles(ready, "els.verstraete") == "beheerder 2, beheerder 5"
    assert ready("staff", "revoke", "els.verstraete", 2).code == 0
    assert roles(ready, "els.verstraete") == "beheerder 5"


def test_CV_19_after_the_last_beheerder_the_next_one_is_somebody_else(ready: Leerid, tmp_path: Path) -> None:
    """Who is the first is decided on this machine only, and whoever was it before gets nothing back."""
    ready("schools", "add", 2, "Brussel")
    first = dict(
        line.split(": ")
        for line in ready("staff", "add", "Els", "Verstraete", "--school", 2).out.splitlines()
    )
    ready("staff", "revoke", first["username"], 2)
    second = dict(
        line.split(": ")
        for line in ready("staff", "add", "Els", "Verstraete", "--school", 2).out.splitlines()
    )
    assert second["username"] != first["username"]
    assert (roles(ready, first["username"]), roles(ready, second["username"])) == ("-", "beheerder 2")
    assert standing(tmp_path, first["username"]) is Standing.INACTIVE
    assert not fits(tmp_path, second["username"], first["temporary password"])


def test_a_leerkracht_has_classes_and_the_last_ones_named_count(ready: Leerid) -> None:
    ready("schools", "add", 2, "Brussel")
    ready(
        "staff", "add", "An", "Maes", "--school", 2, "--role", "leerkracht", "--class", "1B", "--class", "1A"
    )
    assert roles(ready, "an.maes") == "leerkracht 2 (1A 1B)"
    ready("staff", "appoint", "an.maes", 2, "--role", "leerkracht", "--class", "1A", "--class", "3C")
    assert roles(ready, "an.maes") == "leerkracht 2 (1A 3C)"
    ready("staff", "appoint", "an.maes", 2)
    assert ready("staff", "revoke", "an.maes", 2, "--role", "leerkracht").code == 0
    assert roles(ready, "an.maes") == "beheerder 2"


def test_an_operator_works_at_no_school(ready: Leerid, tmp_path: Path) -> None:
    told = ready("staff", "add", "Jo", "Wouters", "--role", "operator")
    assert told.code == 0
    assert roles(ready, "jo.wouters") == "operator"
    assert ready("staff", "revoke", "jo.wouters", "--role", "operator").code == 0
    assert roles(ready, "jo.wouters") == "-"
    assert standing(tmp_path, "jo.wouters") is Standing.INACTIVE
    assert ready("staff", "appoint", "jo.wouters", "--role", "operator").code == 0
    assert standing(tmp_path, "jo.wouters") is Standing.ACTIVE


def standing(folder: Path, username: str) -> Standing:
    with engine_for(f"sqlite:///{folder}/leerid.db") as engine, Session(engine) as db:
        account = by_sign_in_name(db, username)
        assert account is not None
        return standing_of(account, datetime.now(UTC))


def test_what_staff_becomes_is_in_the_log_of_the_school(ready: Leerid, tmp_path: Path) -> None:
    ready("schools", "add", 2, "Brussel")
    ready("staff", "add", "An", "Maes", "--school", 2, "--role", "leerkracht", "--class", "1B")
    ready("staff", "revoke", "an.maes", 2)
    with engine_for(f"sqlite:///{tmp_path}/leerid.db") as engine, Session(engine) as db:
        found = db.scalars(select(AuditEvent).where(AuditEvent.school_number == 2).order_by(AuditEvent.id))
        assert [(event.what, event.detail) for event in found] == [
            ("staff:appointed", {"role": "leerkracht", "classes": ["1B"]}),
            ("staff:revoked", {"role": "leerkracht"}),
        ]


def test_a_lost_second_factor_is_taken_away_with_every_sign_in(ready: Leerid, tmp_path: Path) -> None:
    ready("schools", "add", 2, "Brussel")
    ready("staff", "add", "Els", "Verstraete", "--school", 2)
    ring = key_files.load(tmp_path / "keys").sealing
    before = datetime.now(UTC)
    with engine_for(f"sqlite:///{tmp_path}/leerid.db") as engine, Session(engine) as db:
        writing(db)
        account = by_sign_in_name(db, "els.verstraete")
        assert account is not None
        authenticator_app.add(db, ring, account.id, authenticator_app.new_secret(), 0, before)
        recovery_codes.make(db, b"key", account.id, before)
        db.commit()
    assert "\tsecond factor\n" in ready("staff", "list").out
    assert ready("staff", "reset-factor", "els.verstraete").code == 0
    assert "\tno second factor\n" in ready("staff", "list").out
    with engine_for(f"sqlite:///{tmp_path}/leerid.db") as engine, Session(engine) as db:
        account = by_sign_in_name(db, "els.verstraete")
        assert account is not None
        assert account.sign_ins_count_from > before
        assert recovery_codes.left(db, account.id) == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("staff", "add", "Els", "Verstraete", "--school", "9"), "there is no school 9"),
        (("staff", "appoint", "nobody", "2"), "there is no staff account nobody"),
        (("staff", "revoke", "els.verstraete", "5"), "has no role at school 5"),
        (("staff", "revoke", "els.verstraete"), "at which school has els.verstraete that role?"),
        (("staff", "revoke", "els.verstraete", "2", "--role", "leerkracht"), "has no leerkracht at school 2"),
        (("staff", "revoke", "els.verstraete", "--role", "operator"), "is no operator"),
        (("staff", "appoint", "els.verstraete"), "at which school is this beheerder?"),
        (("staff", "appoint", "els.verstraete", "2", "--role", "operator"), "an operator works at no school"),
        (
            ("staff", "appoint", "els.verstraete", "2", "--role", "leerkracht"),
            "which classes has this leerkracht?",
        ),
        (("staff", "appoint", "els.verstraete", "2", "--class", "1A"), "beheerder is not of one class"),
        (("staff", "add", "An", "Maes", "--school", "2", "--role", "leerkracht"), "which classes"),
        (("staff", "reset-factor", "els.verstraete"), "els.verstraete has no second factor"),
        (("schools", "close", "9"), "there is no school 9"),
    ],
)
def test_nothing_is_done_to_who_or_what_isnt_there(ready: Leerid, words: tuple[str, ...], says: str) -> None:
    ready("schools", "add", 2, "Brussel")
    ready("staff", "add", "Els", "Verstraete", "--school", 2)
    ran = ready(*words)
    assert ran.code == 2
    assert says in ran.err


def feed(folder: Path, *pupils: int | str, name: str = "feed.csv") -> Path:
    path = folder / name
    said = {"begin": "2020-09-01", "einde": "2150-08-31"}
    path.write_text(text_of([pupil(number, **said) for number in pupils]), encoding="utf-8")
    return path


def test_R89_a_feed_is_taken_in_and_the_same_one_changes_nothing(ready: Leerid, tmp_path: Path) -> None:
    today = feed(tmp_path, *range(1, 31), "?")
    looked = ready("import", today, "--dry-run")
    assert looked.code == 0
    assert "30 pupils at 1 schools (1 new), 0 unchanged, 1 lines not used" in looked.out
    assert "line 32, stamnummer: no number" in looked.out
    assert ready("schools", "list").out == ""
    done = ready("import", today, "--bad-rows", "bad.csv")
    assert done.code == 0
    assert "30  new pupils" in done.out
    assert "2 School 2: new school, 30 new pupils" in done.out
    assert "applied: 30 enrolments" in done.err
    assert ready("schools", "list").out == "2\tSchool 2\n"
    assert (tmp_path / "bad.csv").read_text().splitlines()[1] == "32;stamnummer;no_number;2;"
    again = ready("import", today)
    assert "30 unchanged" in again.out
    assert "applied: 0 enrolments" in again.err


def test_FT_24_a_feed_that_ends_too_much_stops_with_1_until_somebody_says_yes(
    ready: Leerid, tmp_path: Path
) -> None:
    ready("import", feed(tmp_path, *range(1, 31)))
    cut_off = feed(tmp_path, *range(1, 11))
    stopped = ready("import", cut_off)
    assert stopped.code == 1
    assert "20 of 30 enrolments would end" in stopped.out
    assert "STOPS: 20 of 30 would end" in stopped.out
    assert "run it again with --yes" in stopped.err
    assert ready("import", cut_off, "--dry-run").code == 1
    assert ready("import", cut_off, "--yes").code == 0
    assert "10 unchanged" in ready("import", cut_off).out


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (b"PK\x03\x04", (), "feed.csv: it isn't a zip file that can be read"),
        (b"PK\x03\x04", ("--format", "feed"), "a spreadsheet can't be imported: save it as CSV"),
        (b"naam;klas\n", (), "feed.csv: line 1, instellingsnummer: there is no column of this name"),
        (b"", (), "feed.csv: there is nothing in it"),
    ],
)
def test_OA_52_a_refused_feed_is_one_sentence_and_2(
    ready: Leerid, tmp_path: Path, content: bytes, options: tuple[str, ...], says: str
) -> None:
    (tmp_path / "feed.csv").write_bytes(content)
    ran = ready("import", "feed.csv", *options)
    assert ran.code == 2
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_clients_are_listed_shown_and_refused(ready: Leerid, tmp_path: Path) -> None:
    good = tmp_path / "clients" / "oefenapp.toml"
    good.write_text(
        'client_id = "oefenapp"\nname = "Oefenapp"\nscope = "openid"\n'
        f'client_secret_sha256 = "{"a" * 64}"\nredirect_uris = ["https://oefenapp.example/callback"]\n'
    )
    assert ready("clients", "list").out.startswith("oefenapp\tOefenapp\t")
    shown = ready("clients", "show", "oefenapp").out
    assert "redirect_uris: https://oefenapp.example/callback" in shown
    assert "a" * 64 not in shown
    good.write_text(good.read_text().replace("https:", "http:"))
    ran = ready("clients", "list")
    assert ran.code == 2
    assert "must be https" in ran.err


def test_serve_answers_and_ends_when_told(ready: Leerid, tmp_path: Path) -> None:
    issuer = (tmp_path / "config.toml").read_text().split('"')[1]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "idp.cli", "serve"], cwd=tmp_path, env=with_code(), stdout=log, stderr=log
        )
    try:
        assert wait_for(f"{issuer}/readyz").json()["status"] == "ok"
        # Somebody else on the same port is told so.
        second = ready("serve")
        assert second.code == 2
        assert "Address already in use" in second.err
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    for line in (tmp_path / "log").read_text().splitlines():
        assert line.startswith("{"), line


def test_worker_ends_when_told(ready: Leerid, tmp_path: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "idp.cli", "worker"],
        cwd=tmp_path,
        env=with_code(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    began = any("worker:cleared" in line for line in worker.stderr)  # reads until it is there
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    worker.stderr.close()
    assert began


def with_code() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parent.parent), "PATH": "/usr/bin:/bin"}


def wait_for(address: str) -> requests.Response:
    deadline = time.monotonic() + 60
    while True:
        try:
            return requests.get(address, timeout=5)
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "the server didn't start"
            time.sleep(0.1)


# The log


def test_OA_59_the_log_is_verified_and_what_is_wrong_named(ready: Leerid, tmp_path: Path) -> None:
    ready("schools", "add", 2, "Brussel")
    ready("staff", "add", "Michaël", "Somers", "--school", 2)
    linked = ready("log", "link")
    assert (linked.code, linked.out) == (0, "2 linked\n")
    whole = ready("log", "verify")
    assert (whole.code, whole.out) == (0, "")
    head = whole.err.split("the head is ")[1].split()[0]
    assert ready("log", "verify", "--head", head).code == 0
    elsewhere = ready("log", "verify", "--head", "0" * 64)
    assert (elsewhere.code, elsewhere.out) == (1, "the given head isn't in this chain\n")
    with engine_for(f"sqlite:///{tmp_path}/leerid.db") as engine, engine.connect() as connection:
        with unlocked(connection.execution_options(writing=True)):
            connection.execute(text("UPDATE audit_events SET what = 'nothing:happened' WHERE id = 1"))
        connection.commit()
    altered = ready("log", "verify")
    assert (altered.code, altered.out) == (1, "place 1: event 1: altered, or moved to another place\n")
