"""`leerid clients`: registrations are made, shown and removed, and tried out before pupils do."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Response, redirect, request

from idp.oidc.registration import read
from tests.support.command_line import CONFIG, Leerid, Ran, commands
from tests.support.provider import Provider
from tests.support.server import Port


@pytest.fixture
def leerid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Leerid:
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return commands(monkeypatch, capsys)


@pytest.fixture
def configured(leerid: Leerid, tmp_path: Path) -> Leerid:
    """With a configuration of its own."""
    (tmp_path / "clients").mkdir()
    config = CONFIG.format(port=8000, database=f"sqlite:///{tmp_path}/leerid.db")
    (tmp_path / "config.toml").write_text(config + "[registration]\nenabled = true\n")
    return leerid


@pytest.fixture
def ready(configured: Leerid) -> Leerid:
    assert configured("db", "upgrade").code == 0
    return configured


# Files

LEESRIJK = (
    "clients",
    "add",
    "leesrijk",
    "--name",
    "Leesrijk",
    "--redirect-uri",
    "https://leesrijk.example/cb",
)


def test_a_registration_is_written_with_a_secret_that_is_shown_once(
    configured: Leerid, tmp_path: Path
) -> None:
    ran = configured(
        *LEESRIJK, "--scope", "openid profile", "--claim", 'given_name=Om "dag" te zeggen', "--school", 7, "--refresh"
    )  # fmt: skip
    assert ran.code == 0, ran.err
    secret = ran.out.strip()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)
    path = tmp_path / "clients" / "leesrijk.toml"
    assert secret not in path.read_text()
    client = read(path)
    assert client.claims == {"given_name": 'Om "dag" te zeggen'}
    assert client.schools == {7}
    assert client.may_refresh
    assert tomllib.loads(path.read_text()).keys() == {
        "client_id", "name", "redirect_uris", "scope", "token_endpoint_auth_method", "grant_types", "approval",
        "schools", "client_secret_sha256", "claims",
    }  # fmt: skip


def test_one_with_a_key_gets_no_secret(configured: Leerid, tmp_path: Path) -> None:
    ran = configured(*LEESRIJK, "--method", "private_key_jwt", "--jwks-uri", "https://leesrijk.example/jwks")
    assert (ran.code, ran.out) == (0, "")
    assert "client_secret" not in (tmp_path / "clients" / "leesrijk.toml").read_text()


def test_what_is_not_said_is_asked(configured: Leerid, tmp_path: Path) -> None:
    ran = configured("clients", "add", "leesrijk", given="Leesrijk\nhttps://leesrijk.example/cb\n")
    assert ran.code == 0, ran.err
    assert read(tmp_path / "clients" / "leesrijk.toml").redirect_uris == ("https://leesrijk.example/cb",)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--redirect-uri", "http://leesrijk.example/"), "must be https"),
        (("--claim", "given_name"), "say what for"),
        (("--claim", "given_name=x"), "no scope of this client opens it"),
        (("--scope", "profile"), "must hold openid"),
        (("--policy-uri", "ftp://x"), "policy_uri"),
        (("--method", "private_key_jwt"), "jwks"),
    ],
)
def test_OA_27_a_wrong_registration_is_not_written(
    configured: Leerid, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    ran = configured(*LEESRIJK, *words)
    assert ran.code == 2
    assert says in ran.err
    assert list((tmp_path / "clients").iterdir()) == []


def test_a_registration_that_is_there_stays(configured: Leerid, tmp_path: Path) -> None:
    assert configured(*LEESRIJK).code == 0
    before = (tmp_path / "clients" / "leesrijk.toml").read_text()
    assert "is there already" in configured(*LEESRIJK).err
    assert (tmp_path / "clients" / "leesrijk.toml").read_text() == before


def test_a_file_claims_no_name_of_those_that_register_themselves(configured: Leerid) -> None:
    assert "register themselves" in configured("clients", "add", "dyn-x", "--name", "X", *LEESRIJK[5:]).err


# Applications that register themselves


def test_an_initial_access_token_is_shown_once_and_kept_as_a_digest(ready: Leerid, tmp_path: Path) -> None:
    ran = ready("clients", "token", "Uitgeverij Leesrijk", "--hours", "2")
    assert ran.code == 0, ran.err
    assert "for Uitgeverij Leesrijk: good once, until" in ran.err
    assert ran.out.strip().encode() not in (tmp_path / "leerid.db").read_bytes()
    assert "every time until" in ready("clients", "token", "Keuring", "--many").err


def test_no_token_where_nobody_can_register(ready: Leerid, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace("enabled = true", "enabled = false"))
    ran = ready("clients", "token", "Uitgeverij")
    assert ran.code == 2
    assert "registration.enabled is false" in ran.err


def provider_of(open_provider: Callable[..., Provider], config: Path) -> Provider:
    """One that runs on the database of this configuration, and the configuration that fits it."""
    database = f"sqlite:///{config.parent}/leerid.db"
    provider = open_provider(registration={"enabled": True}, database={"url": database})
    text = re.sub(r'issuer = ".*"', f'issuer = "{provider.issuer}"', config.read_text())
    config.write_text(text + f'[clients]\ndirectory = "{provider.clients_directory}"\n')
    return provider


def test_what_registered_itself_is_listed_shown_and_removed(
    ready: Leerid, open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    provider = provider_of(open_provider, tmp_path / "config.toml")
    headers = {"Authorization": f"Bearer {ready('clients', 'token', 'Uitgeverij').out.strip()}"}
    said = {"client_name": "Leesrijk", "redirect_uris": ["https://leesrijk.example/cb"]}
    registered = requests.post(f"{provider.issuer}/register", json=said, headers=headers, timeout=20).json()
    client_id = registered["client_id"]
    assert f"{client_id}\tLeesrijk\t" in ready("clients", "list").out
    shown = ready("clients", "show", client_id).out
    assert "with the token for Uitgeverij" in shown
    assert registered["client_secret"] not in shown
    assert "is removed" in ready("clients", "remove", client_id).out
    assert client_id not in ready("clients", "list").out
    headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    assert requests.get(registered["registration_client_uri"], headers=headers, timeout=20).status_code == 401
    assert "there is no application" in ready("clients", "remove", client_id).err


def test_a_file_is_removed_by_hand(ready: Leerid) -> None:
    assert "leesrijk.toml instead" in ready("clients", "remove", "leesrijk").err


# Trying one out


@dataclass
class Supplier:
    """An application of a supplier, in which everything can be wrong."""

    issuer: str
    origin: str = ""
    client_id: str = "leesrijk"
    callback: int = 400
    to_a_logout_token: int = 400
    frame_headers: dict[str, str] = field(default_factory=dict)
    begins_at: str = ""

    def app(self) -> Flask:
        app = Flask("supplier")

        @app.get("/callback")
        def callback() -> tuple[str, int]:
            return "", self.callback

        @app.post("/backchannel")
        def backchannel() -> tuple[str, int]:
            assert request.form.keys() == {"logout_token"}
            return "", self.to_a_logout_token

        @app.get("/frontchannel")
        def frontchannel() -> Response:
            assert request.args.keys() == {"iss", "sid"}
            return Response("", headers=self.frame_headers)

        @app.get("/begin")
        def begin() -> Any:
            assert request.args["iss"] == self.issuer
            return redirect(f"{self.begins_at or self.issuer}/authorize?client_id={self.client_id}")

        @app.get("/bye")
        def bye() -> str:
            return "Tot de volgende keer"

        return app

    def registration(self, **changes: Any) -> dict[str, Any]:
        return {
            "redirect_uris": [f"{self.origin}/callback"],
            "post_logout_redirect_uris": [f"{self.origin}/bye"],
            "backchannel_logout_uri": f"{self.origin}/backchannel",
            "frontchannel_logout_uri": f"{self.origin}/frontchannel",
            "initiate_login_uri": f"{self.origin}/begin",
            "policy_uri": f"{self.origin}/bye",
            **changes,
        }


@pytest.fixture
def supplier(provider: Provider) -> Iterator[Supplier]:
    port = Port()
    supplier = Supplier(provider.issuer, port.origin)
    port.serve(supplier.app())
    yield supplier
    port.close()


@pytest.fixture
def trying(leerid: Leerid, provider: Provider, tmp_path: Path) -> Leerid:
    """Runs `leerid clients test` beside a provider that runs."""
    (tmp_path / "config.toml").write_text(
        f'issuer = "{provider.issuer}"\n[server]\ninsecure_http = true\n'
        f'[clients]\ndirectory = "{provider.clients_directory}"\n'
    )

    def run(*words: str, given: str = "") -> Ran:
        return leerid("clients", "test", "leesrijk", *words, given=given)

    return run


def wrong(ran: Ran) -> list[str]:
    return [line.removeprefix("WRONG").strip() for line in ran.out.splitlines() if line.startswith("WRONG")]


def test_an_application_in_which_all_is_right(trying: Leerid, supplier: Supplier, provider: Provider) -> None:
    rp = provider.relying_party("leesrijk", **supplier.registration())
    ran = trying("--secret", str(rp.secret))
    assert wrong(ran) == []
    assert (ran.code, ran.err) == (0, "nothing to mend\n")
    for about in (
        "discovery", "secret", "token", "authorize", "redirect_uris", "post_logout_redirect_uris", "policy_uri",
        "backchannel_logout_uri", "frontchannel_logout_uri", "initiate_login_uri",
    ):  # fmt: skip
        assert f"good   {about}: " in ran.out


def test_a_secret_comes_from_the_input_as_well(
    trying: Leerid, supplier: Supplier, provider: Provider
) -> None:
    rp = provider.relying_party(
        "leesrijk", token_endpoint_auth_method="client_secret_post", **supplier.registration()
    )
    assert trying("--secret", "-", given=f"{rp.secret}\n").code == 0


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"callback": 404}, "redirect_uris: {origin}/callback answers 404: nobody could come back there"),
        ({"callback": 500}, "redirect_uris: {origin}/callback answers 500: nobody could come back there"),
        ({"to_a_logout_token": 200}, "anybody can sign people out"),
        (
            {"to_a_logout_token": 403},
            "answers 403 to a logout token, not 400: behind a login or a CSRF check?",
        ),
        ({"to_a_logout_token": 500}, "answers 500 to a logout token, not 400: is it there?"),
        ({"frame_headers": {"X-Frame-Options": "DENY"}}, "X-Frame-Options or frame-ancestors forbids it"),
        (
            {"frame_headers": {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'"}},
            "X-Frame-Options or frame-ancestors forbids it",
        ),
        ({"begins_at": "https://elders.example"}, "does not lead to"),
        ({"client_id": "andere"}, "initiate_login_uri: {origin}/begin asks as andere"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    trying: Leerid, supplier: Supplier, provider: Provider, about: dict[str, Any], says: str
) -> None:
    provider.relying_party("leesrijk", **supplier.registration())
    for name, value in about.items():
        setattr(supplier, name, value)
    ran = trying()
    assert (ran.code, ran.err) == (1, "1 to mend\n")
    assert len(wrong(ran)) == 1
    assert says.format(origin=supplier.origin) in wrong(ran)[0]


def test_a_page_that_says_who_may_frame_it_may_name_us(
    trying: Leerid, supplier: Supplier, provider: Provider
) -> None:
    supplier.frame_headers = {
        "Content-Security-Policy": f"frame-ancestors {provider.issuer}",
        "X-Frame-Options": "DENY",
    }
    provider.relying_party("leesrijk", **supplier.registration())
    assert trying().code == 0


def test_another_secret_is_told_from_a_good_one(
    trying: Leerid, supplier: Supplier, provider: Provider
) -> None:
    provider.relying_party("leesrijk", **supplier.registration())
    said = wrong(trying("--secret", "iets anders"))
    assert [each.partition(":")[0] for each in said] == ["secret", "token"]


def test_no_secret_yet_and_one_too_many(trying: Leerid, supplier: Supplier, provider: Provider) -> None:
    provider.relying_party("leesrijk", **supplier.registration(client_secret_sha256=""))
    assert "none was made yet" in wrong(trying())[0]
    provider.relying_party("leesrijk", **supplier.registration(token_endpoint_auth_method="none"))
    assert "registered for none" in wrong(trying("--secret", "x"))[0]


@pytest.mark.parametrize(
    ("jwks", "says"),
    [
        ({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}, "holds no public key for EdDSA"),
        (
            {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]},
            None,
        ),
    ],
)
def test_a_key_that_we_can_not_verify_with(
    trying: Leerid, supplier: Supplier, provider: Provider, jwks: dict[str, Any], says: str | None
) -> None:
    by_key = {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "EdDSA"}
    provider.relying_party("leesrijk", **supplier.registration(**by_key, jwks=jwks))
    ran = trying()
    assert ran.code == (1 if says else 0)
    assert (says or "good   jwks: holds 1 for EdDSA") in ran.out


def test_what_is_not_there_is_said_for_each_address(
    trying: Leerid, provider: Provider, supplier: Supplier
) -> None:
    """Nobody listens, and a provider that doesn't run."""
    nobody = "http://127.0.0.1:9"
    changes = {
        "redirect_uris": [f"{nobody}/callback"],
        "jwks_uri": f"{nobody}/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "backchannel_logout_uri": f"{nobody}/b",
        "frontchannel_logout_uri": f"{nobody}/f",
        "initiate_login_uri": f"{nobody}/i",
    }
    provider.relying_party("leesrijk", **supplier.registration(**changes))
    said = wrong(trying())
    assert [each.partition(":")[0] for each in said] == [
        "jwks_uri", "redirect_uris", "backchannel_logout_uri", "frontchannel_logout_uri", "initiate_login_uri",
    ]  # fmt: skip
    assert all("can't be reached" in each for each in said)


def test_a_provider_that_does_not_run(trying: Leerid, provider: Provider, tmp_path: Path) -> None:
    provider.relying_party("leesrijk")
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace(provider.issuer, "http://127.0.0.1:9"))
    assert "is LeerID running" in wrong(trying())[0]


def test_an_application_that_pushes_its_requests(
    trying: Leerid, supplier: Supplier, provider: Provider
) -> None:
    pushes = supplier.registration(require_pushed_authorization_requests=True)
    rp = provider.relying_party("leesrijk", **pushes)
    ran = trying("--secret", str(rp.secret))
    assert wrong(ran) == []
    assert f"good   authorize: LeerID sends people back to {supplier.origin}/callback" in ran.out
    assert "only who has the secret" in trying().out
