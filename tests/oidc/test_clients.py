"""The register of applications: what a registration may say, and when it is read again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from idp.oidc.clients import ClientFileError, ClientRegister
from idp.oidc.protocol import ApprovalPolicy, AuthMethod, PkcePolicy, SubjectType
from idp.oidc.registration import for_files, read
from idp.rules.account_types import Strength
from tests.support.provider import toml

GOOD: dict[str, Any] = {
    "client_id": "rekenrijk",
    "name": "Rekenrijk",
    "client_secret_sha256": "0" * 64,
    "redirect_uris": ["https://rekenrijk.example/callback"],
    "scope": "openid",
}

BY_KEY: dict[str, Any] = {"token_endpoint_auth_method": "private_key_jwt", "client_secret_sha256": None}


def written(folder: Path, **changes: Any) -> Path:
    table = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    path = folder / "rekenrijk.toml"
    path.write_text(toml(table), encoding="utf-8")
    return path


def refusal(folder: Path, **changes: Any) -> str:
    with pytest.raises(ClientFileError) as refused:
        read(written(folder, **changes))
    return str(refused.value)


def test_a_registration_says_little_and_gets_the_safe_choice_for_the_rest(tmp_path: Path) -> None:
    client = read(written(tmp_path))
    assert client.pkce is PkcePolicy.REQUIRED
    assert client.approval is ApprovalPolicy.NOTICE
    assert client.subject_type is SubjectType.PAIRWISE
    assert client.sector_identifier == "rekenrijk.example"
    assert client.token_endpoint_auth_method is AuthMethod.CLIENT_SECRET_BASIC
    assert not client.claims
    assert not client.may_refresh
    assert not client.first_party


def test_claims_keep_the_order_of_the_specification_and_their_purpose(tmp_path: Path) -> None:
    claims = {"family_name": "Voor je diploma", "given_name": "Om je te begroeten"}
    client = read(written(tmp_path, scope="openid profile", claims=claims))
    assert list(client.claims.items()) == [
        ("given_name", "Om je te begroeten"),
        ("family_name", "Voor je diploma"),
    ]


def test_a_minimum_acr_is_a_strength(tmp_path: Path) -> None:
    client = read(written(tmp_path, minimum_acr="urn:leerid:acr:basic"))
    assert client.minimum_strength is Strength.BASIC


def test_a_secret_may_not_be_made_yet(tmp_path: Path) -> None:
    assert read(written(tmp_path, client_secret_sha256="")).client_secret_sha256 == ""


def test_a_secret_does_not_print(tmp_path: Path) -> None:
    assert "0" * 64 not in repr(read(written(tmp_path)))


def test_OA_27_loopback_may_be_http(tmp_path: Path) -> None:
    uris = ["http://127.0.0.1:8003/callback", "http://localhost/cb", "http://[::1]:8003/cb"]
    assert read(written(tmp_path, redirect_uris=uris, sector_identifier="a.example")).redirect_uris == tuple(
        uris
    )


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"redirect_uri": ["https://a.example/"]}, "redirect_uri", "did you mean redirect_uris?"),
        ({"pcke": "required"}, "pcke", "did you mean pkce?"),
        ({"client_id": "andere"}, "client_id", "file's name"),
        ({"client_id": "Rekenrijk"}, "client_id", "small letters"),
        ({"name": None}, "name", "must be given"),
        ({"name": 7}, "name", "must be text"),
        ({"redirect_uris": []}, "redirect_uris", "at least one"),
        ({"redirect_uris": "https://a.example/"}, "redirect_uris", "list of texts"),
        ({"scope": "profile"}, "scope", "must hold openid"),
        ({"scope": "openid profil"}, "scope", "did you mean profile?"),
        ({"scope": "openid offline_access"}, "grant_types", "needs refresh_token"),
        ({"scope": "openid leerid:self"}, "scope", "first-party applications only"),
        ({"grant_types": ["password"]}, "grant_types", "unknown grant"),
        ({"grant_types": ["refresh_token"]}, "grant_types", "must hold one of authorization_code"),
        ({"response_types": ["token"]}, "response_types", "unknown response type"),
        ({"response_types": ["code id_token"]}, "response_types", "needs the grant implicit"),
        ({"grant_types": ["implicit"], "response_types": ["code"]}, "response_types", "needs the grant"),
        ({"default_max_age": "600"}, "default_max_age", "number of seconds"),
        ({"default_acr_values": ["urn:leerid:acr:basics"]}, "default_acr_values", "did you mean"),
        ({"resources": ["https://a.example/#x"]}, "resources", "fragment"),
        ({"request_uris": ["http://a.example/x#abc"]}, "request_uris", "https"),
        ({"pkce": "no"}, "pkce", "isn't one of required, optional"),
        ({"approval": "notce"}, "approval", "did you mean notice?"),
        ({"dashboard": "yes"}, "dashboard", "true or false"),
        ({"schools": ["123"]}, "schools", "list of instellingsnummers"),
        ({"schools": [True]}, "schools", "list of instellingsnummers"),
        ({"minimum_acr": "urn:leerid:acr:basics"}, "minimum_acr", "did you mean urn:leerid:acr:basic?"),
        ({"id_token_signed_response_alg": "none"}, "id_token_signed_response_alg", "isn't one of"),
        ({"id_token_signed_response_alg": "HS256"}, "id_token_signed_response_alg", "isn't one of"),
        ({"client_secret_sha256": None}, "client_secret_sha256", "must be given"),
        ({"client_secret_sha256": "geheim"}, "client_secret_sha256", "never the secret"),
        ({"token_endpoint_auth_method": "none"}, "client_secret_sha256", "uses no secret"),
        (
            {"token_endpoint_auth_method": "none", "client_secret_sha256": None, "pkce": "optional"},
            "pkce",
            "client without a secret",
        ),
        ({**BY_KEY}, "jwks", "must be given, or jwks_uri"),
        ({**BY_KEY, "jwks": {"keys": [{"kty": "EC"}]}, "jwks_uri": "https://a.example/k"}, "jwks", "exclude"),
        ({**BY_KEY, "jwks": {"keys": [{"kty": "oct", "k": "eA"}]}}, "jwks", "private or shared key"),
        ({**BY_KEY, "jwks": {"keys": []}}, "jwks", "must hold a list"),
        (
            {"scope": "openid profile", "claims": {"given_nam": "x"}},
            "claims.given_nam",
            "did you mean given_name?",
        ),
        ({"scope": "openid", "claims": {"given_name": "x"}}, "claims.given_name", "no scope"),
        ({"scope": "openid profile", "claims": {"given_name": " "}}, "claims.given_name", "purpose"),
        ({"logo_uri": "https://evil.example/x.png"}, "logo_uri", "beside the registration"),
        ({"logo_uri": "../keys/x.svg"}, "logo_uri", "beside the registration"),
    ],
)
def test_a_wrong_registration_names_its_file_its_key_and_the_reason(
    tmp_path: Path, changes: dict[str, Any], key: str, reason: str
) -> None:
    said = refusal(tmp_path, **changes)
    assert "rekenrijk.toml" in said
    assert f" {key}: " in said
    assert reason in said


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example/cb#top",
        "https://a.example/cb#",
        "https://user@a.example/cb",
        "https://user:pw@a.example/cb",
        "https://*.a.example/cb",
        "https://a.example/*",
        "http://a.example/cb",
        "http://10.0.0.1/cb",
        "https://10.0.0.1/cb",
        "https://192.168.1.1/cb",
        "https://169.254.169.254/latest",
        "https://2130706433/cb",
        "https://0x7f.1/cb",
        "https://0/cb",
        "https://127.1/cb",
        "https://[fd00::1]/cb",
        "https://[::ffff:10.0.0.1]/cb",
        "https://localhost/cb",
        "https://db.internal/cb",
        "https://printer.local/cb",
        "javascript://a.example/%0aalert(1)",
        "file:///etc/passwd",
        "ftp://a.example/cb",
        "custom-scheme:/cb",
        "//a.example/cb",
        "/callback",
        "https:a.example",
        "https:///cb",
        "https://",
        "https://A.example/cb",
        "HTTPS://a.example/cb",
        "https://a.example:99999/cb",
        "https://a.example/../cb",
        "https://a.example/%2e%2e/cb",
        "https://a.example/..;/cb",
        "https://a.example\\@b.example/cb",
        "https://a.example/c b",
        "https://a.example/cb\t",
        "https://a.example/cb\r\nX: y",
        "https://аpple.example/cb",
        'https://a.example/"onload="x',
        "https://a.example/" + "a" * 2000,
    ],
)
@pytest.mark.parametrize("key", ["redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri"])
def test_OA_27_a_hostile_address_is_refused(tmp_path: Path, key: str, uri: str) -> None:
    value: Any = [uri] if key.endswith("uris") else uri
    assert key in refusal(tmp_path, **{key: value})


def test_OA_27_more_than_ten_addresses_are_refused(tmp_path: Path) -> None:
    uris = [f"https://a.example/{each}" for each in range(11)]
    assert "at most 10" in refusal(tmp_path, redirect_uris=uris)


@pytest.mark.parametrize(
    "name",
    [
        "Reken\u202erijk",
        "Reken\u2066rijk",
        "Reken\u200brijk",
        "Reken\ufeffrijk",
        "Reken\nrijk",
        "Reken\x00rijk",
        "LeerID",
        "Leer ID",
        "L33rid".replace("3", "e"),
        "LееrID",
        "Schoolloket",
        "Sch00lloket",
        "leerlingl\u043eket",
        "Mijn LeerID",
        "x" * 61,
    ],
)
def test_OA_27_a_name_that_hides_or_pretends_is_refused(tmp_path: Path, name: str) -> None:
    assert "name" in refusal(tmp_path, name=name)


def test_our_own_portal_may_carry_our_name(tmp_path: Path) -> None:
    assert read(written(tmp_path, name="LeerID Leerlingloket", first_party=True)).first_party


@pytest.mark.parametrize("parameter", ["code", "state", "iss", "error", "error_description", "session_state"])
def test_OA_03_CV_12_an_address_with_a_parameter_of_our_answer_is_refused(
    tmp_path: Path, parameter: str
) -> None:
    said = refusal(tmp_path, redirect_uris=[f"https://a.example/cb?x=1&{parameter}=y"])
    assert f"already has the parameter {parameter}" in said


def test_PR_03_several_hosts_need_a_sector(tmp_path: Path) -> None:
    uris = ["https://a.example/cb", "https://b.example/cb"]
    assert "sector_identifier" in refusal(tmp_path, redirect_uris=uris)
    assert (
        read(written(tmp_path, redirect_uris=uris, sector_identifier="a.example")).sector_identifier
        == "a.example"
    )


def test_what_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rekenrijk.toml"
    path.write_bytes(b"client_id = \xff")
    with pytest.raises(ClientFileError, match="not valid TOML"):
        read(path)


class Seconds:
    """A clock of seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_changed_file_is_read_again_but_not_more_often_than_asked(tmp_path: Path) -> None:
    seconds = Seconds()
    written(tmp_path)
    register = ClientRegister(tmp_path, 5, seconds)
    written(tmp_path, name="Rekenrijk twee")
    assert [client.name for client in register.all()] == ["Rekenrijk"]
    seconds.now = 5
    assert [client.name for client in register.all()] == ["Rekenrijk twee"]


def test_a_bad_change_is_not_taken_and_a_mended_one_is(tmp_path: Path) -> None:
    written(tmp_path)
    register = ClientRegister(tmp_path, 0)
    written(tmp_path, pkce="maybe")
    assert register.get("rekenrijk") is not None
    written(tmp_path, name="Gemaakt", pkce="required")
    client = register.get("rekenrijk")
    assert client is not None
    assert client.name == "Gemaakt"


def test_CV_07_a_removed_file_is_a_removed_application(tmp_path: Path) -> None:
    path = written(tmp_path)
    register = ClientRegister(tmp_path, 0)
    path.unlink()
    assert register.get("rekenrijk") is None


def second(folder: Path, **changes: Any) -> Path:
    """Another registration beside it."""
    table = {**GOOD, "client_id": "leesrijk", "name": "Leesrijk", **changes}
    path = folder / "leesrijk.toml"
    path.write_text(toml(table), encoding="utf-8")
    return path


def test_CV_07_a_removed_file_is_a_removed_application_whatever_is_wrong_with_another(tmp_path: Path) -> None:
    path = written(tmp_path)
    second(tmp_path)
    register = ClientRegister(tmp_path, 0)
    second(tmp_path, pkce="maybe")
    path.unlink()
    assert [client.client_id for client in register.all()] == ["leesrijk"]


def test_a_bad_file_keeps_its_application_as_it_was_and_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path)
    second(tmp_path)
    register = ClientRegister(tmp_path, 0)
    second(tmp_path, name="Anders", pkce="maybe")
    written(tmp_path, name="Rekenrijk twee")
    for _ in range(3):
        assert {client.name for client in register.all()} == {"Rekenrijk twee", "Leesrijk"}
    assert len([line for line in caplog.messages if line == "clients:refused"]) == 1


def test_a_file_that_is_not_read_well_is_read_again_without_being_touched(tmp_path: Path) -> None:
    """A logo that comes after the registration that names it."""
    register = ClientRegister(tmp_path, 0)
    written(tmp_path, logo_uri="rekenrijk.svg")
    assert register.get("rekenrijk") is None
    (tmp_path / "rekenrijk.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    assert register.get("rekenrijk") is not None


def test_who_comes_while_another_looks_waits_when_nothing_may_be_old(tmp_path: Path) -> None:
    register = ClientRegister(tmp_path, 0)
    with ThreadPoolExecutor(1) as other, register.looking:
        asked = other.submit(register.get, "rekenrijk")
        written(tmp_path)
        with pytest.raises(TimeoutError):
            asked.result(timeout=0.1)
        register.looking.release()
        assert asked.result(timeout=5) is not None
        register.looking.acquire()


def test_who_comes_while_another_looks_takes_what_is_known_when_it_may_be_old(tmp_path: Path) -> None:
    seconds = Seconds()
    register = ClientRegister(tmp_path, 5, seconds)
    written(tmp_path)
    seconds.now = 5
    with register.looking:
        assert register.get("rekenrijk") is None
    assert register.get("rekenrijk") is not None


def test_a_provider_does_not_start_with_a_bad_registration(tmp_path: Path) -> None:
    written(tmp_path, pkce="maybe")
    with pytest.raises(ClientFileError, match="pkce"):
        ClientRegister(tmp_path, 5)


def test_a_host_that_the_configuration_names_may_be_named(tmp_path: Path) -> None:
    """For tests over https on this machine; by itself no registration may."""
    written(tmp_path, redirect_uris=["https://localhost:8443/cb"], jwks_uri="https://localhost:8443/jwks")
    named = ClientRegister(tmp_path, 0, hosts=for_files("Localhost id.leerid.test"))
    assert named.get("rekenrijk") is not None
    with pytest.raises(ClientFileError, match="names no public host"):
        ClientRegister(tmp_path, 0)
    with pytest.raises(ClientFileError, match="must be https"):
        read(written(tmp_path, redirect_uris=["http://leerid.test/cb"]), for_files("leerid.test"))


def test_no_file_claims_the_name_of_an_application_that_registers_itself(tmp_path: Path) -> None:
    path = tmp_path / "dyn-x.toml"
    path.write_text(toml({**GOOD, "client_id": "dyn-x"}), encoding="utf-8")
    with pytest.raises(ClientFileError, match="register themselves"):
        read(path)
