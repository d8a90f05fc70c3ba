"""`leerid`: what an operator does, and what it says when it can't."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy.orm import Session

from idp import key_files
from idp.accounts.credentials import Vault
from idp.accounts.lookup import by_sign_in_name
from idp.accounts.secret import Secret
from idp.accounts.standing import must_choose_password
from idp.cli import main
from idp.rules.account_types import SecretKind
from idp.settings import Hashing
from tests.support.databases import engine_for
from tests.support.ports import free_port

CONFIG = """
issuer = "http://127.0.0.1:{port}"
[database]
url = "{database}"
[server]
port = {port}
workers = 1
insecure_http = true
[hashing]
memory_kib = 64
time_cost = 1
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Leerid = Callable[..., Ran]


@pytest.fixture
def leerid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Leerid:
    """Runs the command in a folder with a configuration."""
    config = CONFIG.format(port=free_port(), database=f"sqlite:///{tmp_path}/leerid.db")
    (tmp_path / "config.toml").write_text(config)
    (tmp_path / "clients").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["leerid", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        return Ran(int(left.value.code or 0), captured.out, captured.err)

    return run


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
    assert len(made) == 7
    assert {Path(path).stat().st_mode & 0o777 for path in made} == {0o400}
    again = leerid("keys", "new")
    assert (again.out, again.err) == ("", "every key is there\n")
    assert len(leerid("keys", "list").out.splitlines()) == 7


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
    assert ready("staff", "list").out == "els.verstraete\tEls Verstraete\tbeheerder 2\n"
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


def test_staff_is_appointed_and_dismissed(ready: Leerid) -> None:
    for number in (2, 5):
        ready("schools", "add", number, f"School {number}")
    ready("staff", "add", "Els", "Verstraete", "--school", 2)
    assert ready("staff", "appoint", "els.verstraete", 5).code == 0
    assert ready("staff", "list").out.endswith("beheerder 2, beheerder 5\n")
    assert ready("staff", "dismiss", "els.verstraete", 2).code == 0
    assert ready("staff", "list").out.endswith("\tbeheerder 5\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("staff", "add", "Els", "Verstraete", "--school", "9"), "there is no school 9"),
        (("staff", "appoint", "nobody", "2"), "there is no staff account nobody"),
        (("staff", "dismiss", "els.verstraete", "5"), "has no role at school 5"),
        (("schools", "close", "9"), "there is no school 9"),
    ],
)
def test_nothing_is_done_to_who_or_what_isnt_there(ready: Leerid, words: tuple[str, ...], says: str) -> None:
    ready("schools", "add", 2, "Brussel")
    ready("staff", "add", "Els", "Verstraete", "--school", 2)
    ran = ready(*words)
    assert ran.code == 2
    assert says in ran.err


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
