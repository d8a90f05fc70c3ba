"""`leerid demo`, the real thing: five servers from an empty folder, and everything that was promised about them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.browser import Visitor
from tests.support.ports import free_ports, is_free

CODE = Path(__file__).parent.parent.parent
START_SECONDS = 240  # a loaded machine hashes slowly


@dataclass
class Shown:
    """A demonstration that said "ready"."""

    process: subprocess.Popen[str]
    folder: Path
    base_port: int
    said: list[str]
    at_ready: dict[str, Any]

    def told(self, key: str) -> str:
        return str(self.at_ready[key])

    def user(self, username: str) -> dict[str, Any]:
        return next(user for user in self.at_ready["users"] if user["username"] == username)


@contextmanager
def shown(folder: Path, base_port: int) -> Iterator[Shown]:
    command = [sys.executable, "-m", "idp.cli", "demo", "--data", str(folder), "--base-port", str(base_port)]
    with (folder.parent / "demo.log").open("a") as log:
        process = subprocess.Popen(command, cwd=CODE, stdout=subprocess.PIPE, stderr=log, text=True)
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if said[-1] == "ready":
                break
        assert "ready" in said, (folder.parent / "demo.log").read_text()[-2000:]
        # Written before "ready" was said, so it is there and whole.
        yield Shown(process, folder, base_port, said, json.loads((folder / "demo.json").read_text()))
    finally:
        watchdog.cancel()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("show") / "demo-data"


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[Shown]:
    with shown(folder, free_ports(5)) as demo:
        yield demo


def test_demo_json_tells_where_everything_is(first: Shown) -> None:
    ports = [f"http://127.0.0.1:{first.base_port + which}" for which in range(5)]
    told = ("issuer", "leerlingloket", "schoolloket", "sample_app", "try_it")
    assert [first.told(key) for key in told] == ports
    assert first.told("mailbox") == f"{ports[0]}/demo/mailbox"
    assert (first.folder / "demo.json").stat().st_mode & 0o777 == 0o600
    assert (first.folder / "people.json").stat().st_mode & 0o777 == 0o600


def test_demo_json_tells_who_there_is(first: Shown) -> None:
    users = first.at_ready["users"]
    assert len(users) > 200
    assert {"username", "password", "kind", "school", "card_url", "state"} <= set.intersection(
        *map(set, users)
    )
    assert first.user("mila.janssens")["digits"] == "4738"
    assert first.user("abdulghani.bogdan")["password"] == "34mij1"
    staff = {each["username"]: each for each in first.at_ready["staff"]}
    assert list(staff)[:2] == ["els.verstraete", "karim.bakkali"]
    assert staff["karim.bakkali"]["totp_secret"]
    assert staff["noor.willems"]["role"] == "leerkracht"
    assert staff["joris.lemmens"]["role"] == "operator"


def test_demo_json_tells_the_clients_with_their_secrets(first: Shown) -> None:
    clients = {each["client_id"]: each for each in first.at_ready["clients"]}
    assert set(clients) == {"leerlingloket", "schoolloket", "rekenrijk", "proefapp"}
    for client in clients.values():
        assert set(client) == {"client_id", "client_secret", "redirect_uris", "pkce"}
        secret = first.folder / "secrets" / f"{client['client_id']}.secret"
        assert secret.read_text().strip() == client["client_secret"]
        assert secret.stat().st_mode & 0o777 == 0o400
    assert clients["rekenrijk"]["redirect_uris"] == [f"{first.told('sample_app')}/callback"]


def test_the_first_screen_says_what_to_try(first: Shown) -> None:
    screen = "\n".join(first.said)
    for address in ("/demo", "/demo/cards", "/demo/mailbox", "/developers"):
        assert f"{first.told('issuer')}{address}" in screen
    assert first.told("schoolloket") in screen
    assert first.told("sample_app") in screen


@pytest.mark.parametrize(
    "page", ["/demo", "/demo/cards", "/demo/cards/2", "/demo/cards/5", "/demo/mailbox", "/design"]
)
def test_its_own_pages_answer(first: Shown, page: str) -> None:
    answer = requests.get(first.told("issuer") + page, timeout=30)
    assert answer.status_code == 200, answer.text[:300]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "style=" not in answer.text


def test_R41_a_schools_cards_are_by_group_and_then_by_name(first: Shown) -> None:
    html = requests.get(first.told("issuer") + "/demo/cards/2", timeout=30).text
    assert html.index("Amani Bockstal") < html.index("Ardalan Bhatti")
    assert html.count('class="paper-card"') > 180


def test_a_school_that_isnt_there_has_no_cards(first: Shown) -> None:
    assert requests.get(first.told("issuer") + "/demo/cards/9", timeout=30).status_code == 404


def test_R35_a_card_and_four_pictures_open_the_pupils_own_desk(first: Shown) -> None:
    visitor = Visitor(*(first.told(key) for key in ("issuer", "leerlingloket")))
    mila = first.user("mila.janssens")
    page = visitor.get(mila["card_url"])
    assert "Mila J." in page.text
    page = visitor.submit(button="login-submit", password=mila["digits"])
    assert page.url.startswith(first.told("leerlingloket"))
    assert "Jouw applicaties met LeerID" in page.text
    assert "Rekenrijk" in page.text
    visitor.close()


def test_a_pupil_signs_in_at_the_sample_application(first: Shown) -> None:
    visitor = Visitor(*(first.told(key) for key in ("issuer", "sample_app")))
    visitor.get(first.told("sample_app") + "/login")
    visitor.submit(button="login-next", username="abdulghani.bogdan")
    page = visitor.submit(button="login-submit", password="34mij1")
    if "consent-allow" in page.html:
        page = visitor.submit(button="consent-allow")
    assert page.url.startswith(first.told("sample_app"))
    assert "Abdulghani" in page.text
    visitor.close()


def test_a_beheerder_signs_in_at_the_schoolloket(first: Shown) -> None:
    visitor = Visitor(*(first.told(key) for key in ("issuer", "schoolloket")))
    els = first.at_ready["staff"][0]
    visitor.get(first.told("schoolloket") + "/login")
    visitor.submit(button="login-next", username=els["username"])
    page = visitor.submit(button="login-submit", password=els["password"])
    assert page.url.startswith(first.told("schoolloket"))
    assert "BRUSSEL-STAD - TEST School 2" in page.text
    visitor.close()


def test_a_port_in_use_is_said_in_one_sentence(first: Shown, tmp_path: Path) -> None:
    before = [first.base_port - each for each in (1, 2, 3)]
    # The last of four ports when nobody has the ones before it, as another test may.
    base_port = min(before) if all(map(is_free, before)) else first.base_port
    command = [
        sys.executable,
        "-m",
        "idp.cli",
        "demo",
        "--data",
        str(tmp_path),
        "--base-port",
        str(base_port),
    ]
    refused = subprocess.run(command, cwd=CODE, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert f"port {first.base_port} is in use" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_second_start_keeps_its_data_and_sigterm_ends_everything(first: Shown) -> None:
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(timeout=60) == 0
    assert all(is_free(first.base_port + which) for which in range(5))

    with shown(first.folder, free_ports(5)) as second:
        assert {**first.user("mila.janssens"), "card_url": ""} == {
            **second.user("mila.janssens"),
            "card_url": "",
        }
        assert second.user("mila.janssens")["card_url"].startswith(second.told("issuer"))
        assert len(second.at_ready["users"]) == len(first.at_ready["users"])
        secrets = [[each["client_secret"] for each in demo.at_ready["clients"]] for demo in (first, second)]
        assert secrets[0] == secrets[1]
        assert requests.get(second.told("issuer") + "/demo", timeout=30).status_code == 200
        base_port = second.base_port
        second.process.kill()  # even killed outright, it leaves no server behind
        second.process.wait(timeout=60)
        deadline = threading.Event()
        for _ in range(300):
            if all(is_free(base_port + which) for which in range(5)):
                break
            deadline.wait(0.1)
        assert all(is_free(base_port + which) for which in range(5))
