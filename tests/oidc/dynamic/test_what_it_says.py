"""What an application may say of itself, as a table: everything else is refused (OA-03, OA-05, OA-22, OA-27)."""

from __future__ import annotations

from typing import Any

import pytest

from idp.oidc.client import Client
from idp.oidc.dynamic.limits import Limits
from idp.oidc.dynamic.said import client_of, heard
from idp.oidc.protocol import PkcePolicy
from idp.oidc.registration import Wrong
from tests.oidc.dynamic.applicant import WEB

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
BY_KEY: dict[str, Any] = {"token_endpoint_auth_method": "private_key_jwt"}
STRICT = Limits(
    scope=("openid", "profile", "offline_access"),
    claims=frozenset({"given_name"}),
    pkce=PkcePolicy.REQUIRED,
    legacy_flows=False,
    allowed_hosts=frozenset(),
)
LEGACY = Limits(
    scope=("openid", "profile"),
    claims=frozenset({"given_name", "name"}),
    pkce=PkcePolicy.OPTIONAL,
    legacy_flows=True,
    allowed_hosts=frozenset({"127.0.0.1"}),
)


def client(limits: Limits = STRICT, **changes: Any) -> Client:
    said = heard({**WEB, **changes}, limits)
    return client_of(said, "dyn-" + "0" * 32, "", limits, has_logo=False)


def refused(**changes: Any) -> Wrong:
    with pytest.raises(Wrong) as wrong:
        client(**changes)
    return wrong.value


@pytest.mark.parametrize(
    "address",
    [
        "https://leesrijk.example/cb#top",  # oidcc-redirect-uri-regfrag
        "https://leesrijk.example/cb#",
        "http://leesrijk.example/cb",
        "http://localhost/cb",  # only a native application
        "http://127.0.0.2/cb",
        "https://localhost/cb",
        "https://user@leesrijk.example/cb",
        "https://*.leesrijk.example/cb",
        "https://10.0.0.1/cb",
        "https://[fd00::1]/cb",
        "https://school.local/cb",
        "https://leesrijk.example/../cb",
        "https://leesrijk.example/cb?code=x",
        "https://leesrijk.example/cb?state=x",
        "https://leesrijk.example/cb?iss=x",
        "javascript://leesrijk.example/%0aalert(1)",
        "com.leesrijk.app:/cb",
        "custom",
        "",
        "https://leesrijk.example/\x00",
        "https://leesrijk.example/\ud800",
    ],
)
def test_OA_03_OA_05_OA_27_a_hostile_redirect_address(address: str) -> None:
    assert refused(redirect_uris=[address]).key == "redirect_uris"


@pytest.mark.parametrize(
    "value", [[], "https://leesrijk.example/", [7], [None], {}, 7, [["https://a.example/"]]]
)
def test_redirect_addresses_that_are_no_list_of_texts(value: Any) -> None:
    assert refused(redirect_uris=value).key == "redirect_uris"


def test_OA_27_more_than_ten_redirect_addresses() -> None:
    many = [f"https://leesrijk.example/{each}" for each in range(11)]
    assert refused(redirect_uris=many).key == "redirect_uris"


HOSTILE = (
    "http://leesrijk.example/x",
    "https://localhost/x",
    "http://localhost/x",
    "http://[::1]/x",
    "https://10.0.0.1/x",
    "https://192.168.0.1/x",
    "https://100.64.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://2130706433/x",
    "https://017700000001/x",
    "https://0x7f000001/x",
    "https://127.1/x",
    "https://0/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://[fd00::1]/x",
    "https://db.internal/x",
    "file:///etc/passwd",
    "gopher://leesrijk.example/x",
    "ftp://leesrijk.example/x",
    "//leesrijk.example/x",
    "https://user:pw@leesrijk.example/x",
)


@pytest.mark.parametrize("address", HOSTILE)
def test_OA_22_an_address_that_we_would_ask_is_refused_before_anybody_asks(address: str) -> None:
    for member in (
        "jwks_uri", "sector_identifier_uri", "backchannel_logout_uri", "frontchannel_logout_uri", "logo_uri",
        "initiate_login_uri", "client_uri", "policy_uri", "tos_uri",
    ):  # fmt: skip
        assert refused(**{member: address}).key == member
    assert refused(request_uris=[address]).key == "request_uris"


@pytest.mark.parametrize(
    "address", [each for each in HOSTILE if "localhost" not in each and "[::1]" not in each]
)
def test_OA_22_nor_by_a_native_application(address: str) -> None:
    assert refused(application_type="native", jwks_uri=address).key == "jwks_uri"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"application_type": "desktop"}, "application_type"),
        ({"client_name": "LeerID"}, "client_name: could be mistaken"),
        ({"client_name": "Schо0lloket"}, "client_name: may hold the letters"),
        ({"client_name": "ʟᴇᴇʀɪᴅ"}, "client_name: may hold the letters"),
        ({"client_name": "LeerlD"}, "client_name: could be mistaken"),
        ({"client_name": "Leer!D"}, "client_name: could be mistaken"),
        ({"client_name": "SchooIloket"}, "client_name: could be mistaken"),
        ({"client_name": "LeerlingIoket"}, "client_name: could be mistaken"),
        ({**BY_KEY, "jwks": {"keys": [KEY] * 21}}, "jwks: at most 20 keys"),
        ({"client_name": "Lees\u202erijk"}, "client_name: holds a character"),
        ({"client_name": "Lees\u200brijk"}, "client_name: holds a character"),
        ({"client_name": 7}, "client_name: must be text"),
        ({"client_name": ["Leesrijk"]}, "client_name: must be text"),
        ({"contacts": "helpdesk"}, "contacts"),
        ({"contacts": [str(each) for each in range(11)]}, "contacts"),
        ({"contacts": ["x" * 201]}, "contacts"),
        ({"software_id": "x" * 201}, "software_id"),
        ({"require_auth_time": "yes"}, "require_auth_time"),
        ({"grant_types": ["password"]}, "grant_types: password isn't one of"),
        ({"grant_types": ["client_credentials"]}, "grant_types"),
        ({"grant_types": ["implicit"]}, "grant_types"),
        ({"grant_types": ["refresh_token"]}, "grant_types"),
        ({"grant_types": [{}]}, "grant_types"),
        ({"response_types": ["id_token"]}, "response_types"),
        ({"response_types": ["code id_token"]}, "response_types"),
        ({"response_types": ["token"]}, "response_types"),
        ({"response_types": "code"}, "response_types"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_signing_alg": "HS256"}, "token_endpoint_auth_signing_alg"),
        ({"token_endpoint_auth_signing_alg": "none"}, "token_endpoint_auth_signing_alg"),
        ({"id_token_signed_response_alg": "none"}, "id_token_signed_response_alg"),
        ({"id_token_signed_response_alg": "HS256"}, "id_token_signed_response_alg"),
        ({"userinfo_signed_response_alg": "none"}, "userinfo_signed_response_alg"),
        ({"request_object_signing_alg": "none"}, "request_object_signing_alg"),
        ({"scope": ["openid"]}, "scope: must be text"),
        ({"default_max_age": -1}, "default_max_age"),
        ({"default_max_age": "60"}, "default_max_age"),
        ({"default_max_age": 10**30}, "default_max_age"),
        ({"default_max_age": 60.5}, "default_max_age"),
        ({"default_acr_values": ["level1"]}, "default_acr_values"),
        ({"initiate_login_uri": "http://leesrijk.example/x"}, "initiate_login_uri"),
        (
            {"redirect_uris": ["https://a.example/", "https://b.example/"]},
            "sector_identifier_uri: must be given",
        ),
        ({"frontchannel_logout_uri": "https://elders.example/"}, "frontchannel_logout_uri"),
        ({"post_logout_redirect_uris": ["https://leesrijk.example/#x"]}, "post_logout_redirect_uris"),
        ({"post_logout_redirect_uris": ["http://localhost/"]}, "post_logout_redirect_uris"),
        ({**BY_KEY}, "jwks: must be given"),
        (
            {**BY_KEY, "jwks": {"keys": [KEY]}, "jwks_uri": "https://leesrijk.example/jwks"},
            "jwks: and jwks_uri",
        ),
        ({**BY_KEY, "jwks": {"keys": []}}, "jwks"),
        ({**BY_KEY, "jwks": [KEY]}, "jwks"),
        ({**BY_KEY, "jwks": "x"}, "jwks"),
        ({**BY_KEY, "jwks": {"keys": [{**KEY, "d": "x"}]}}, "jwks: holds a private"),
        ({**BY_KEY, "jwks": {"keys": [{"kty": "oct", "k": "eA"}]}}, "jwks: holds a private"),
        ({**BY_KEY, "jwks": {"keys": [{**KEY, "n": 1.5}]}}, "jwks"),
        ({**BY_KEY, "jwks": {"keys": [{**KEY, "x": [[[[[[[["a"]]]]]]]]}]}}, "jwks: is nested too deeply"),
    ],
)
def test_OA_27_a_registration_that_can_not_be(changes: dict[str, Any], says: str) -> None:
    assert str(refused(**changes)).startswith(says)


# Where old applications are served


def test_old_response_types_are_there_with_the_switch_only() -> None:
    asked = {"grant_types": ["authorization_code", "implicit"], "response_types": ["code", "token id_token"]}
    assert client(LEGACY, **asked).response_types == ("code", "id_token token")
    assert refused(**asked).key == "grant_types"


@pytest.mark.parametrize(
    ("grants", "types"),
    [
        (["authorization_code"], ["code id_token"]),
        (["implicit"], ["code"]),
        (["implicit"], ["code id_token"]),
        (["authorization_code"], ["id_token"]),
    ],
)
def test_KC_CVE_2026_7571_a_response_type_needs_its_grant(grants: list[str], types: list[str]) -> None:
    with pytest.raises(Wrong, match="response_types"):
        client(LEGACY, grant_types=grants, response_types=types)


def test_PKCE_may_be_optional_for_a_conformance_run_but_not_without_a_secret() -> None:
    assert client(LEGACY).pkce is PkcePolicy.OPTIONAL
    assert client(LEGACY, token_endpoint_auth_method="none").pkce is PkcePolicy.REQUIRED


def test_a_host_that_the_operator_names_may_be_named() -> None:
    assert client(LEGACY, jwks_uri="https://127.0.0.1:8443/jwks").jwks_uri
    assert client(LEGACY, redirect_uris=["https://127.0.0.1:8443/cb"]).redirect_uris


def test_third_party_login_begins_at_https_even_there() -> None:
    with pytest.raises(Wrong, match="initiate_login_uri: must be https"):
        client(LEGACY, initiate_login_uri="http://127.0.0.1/begin")


def test_a_device_needs_no_redirect_address() -> None:
    device = "urn:ietf:params:oauth:grant-type:device_code"
    asked: dict[str, Any] = {
        "grant_types": [device],
        "redirect_uris": None,
        "token_endpoint_auth_method": "none",
    }
    assert client(**asked).response_types == ()


def test_what_the_operator_takes_away_is_gone_at_the_next_look() -> None:
    said = heard(WEB, LEGACY)
    before = client_of(said, "dyn-x", "", LEGACY, has_logo=False)
    after = client_of(said, "dyn-x", "", STRICT, has_logo=False)
    assert before.claims.keys() == {"name", "given_name"}
    assert after.claims.keys() == {"given_name"}
    assert after.pkce is PkcePolicy.REQUIRED


# What is kept


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({}, "Leesrijk"),
        ({"client_name": "  Lees rijk "}, "Lees rijk"),
        ({"client_name": ""}, "leesrijk.example"),
        ({"client_name": "x" * 60}, "x" * 60),
        ({"client_name": "x" * 61}, "x" * 59 + "…"),
    ],
)
def test_its_name_is_short_and_never_empty(said: dict[str, Any], name: str) -> None:
    assert client(**said).name == name
    nameless: dict[str, Any] = {
        "client_name": None,
        "redirect_uris": None,
        "token_endpoint_auth_method": "none",
    }
    device = ["urn:ietf:params:oauth:grant-type:device_code"]
    assert client(**nameless, grant_types=device).name == "Applicatie"


@pytest.mark.parametrize(
    ("said", "scope"),
    [
        ({}, ("openid", "profile", "offline_access")),
        ({"scope": ""}, ("openid", "profile", "offline_access")),
        ({"grant_types": None}, ("openid", "profile")),
        ({"scope": "openid"}, ("openid",)),
        ({"scope": "offline_access"}, ("openid", "offline_access")),
        ({"scope": "offline_access", "grant_types": ["authorization_code"]}, ("openid",)),
        ({"scope": "email leerid profile"}, ("openid", "profile")),
    ],
)
def test_OA_56_its_scopes_are_those_asked_that_may_be_had(
    said: dict[str, Any], scope: tuple[str, ...]
) -> None:
    assert client(**said).scope == scope


@pytest.mark.parametrize(
    ("said", "sector"),
    [
        ({}, "leesrijk.example"),
        ({"sector_identifier_uri": "https://uitgever.example/x"}, "uitgever.example"),
        ({"application_type": "native", "redirect_uris": ["http://[::1]/cb"]}, "dyn-" + "0" * 32),
    ],
)
def test_PR_03_its_sector_is_its_host_or_what_names_it(said: dict[str, Any], sector: str) -> None:
    assert client(**said).sector_identifier == sector


def test_it_is_known_to_have_registered_itself() -> None:
    assert client().dynamic


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("contacts", ["help\u202edesk"]),
        ("software_id", "x\x00"),
        ("software_version", "\ud800"),
        ("jwks", {"keys": [{**KEY, "k\u200bid": "x"}]}),
        ("jwks", {"keys": [{**KEY, "kid": "\x07"}]}),
        ("jwks", {"keys": [{**KEY, "n": 2**53 + 1}]}),
        ("jwks", {"keys": [KEY] * 3, "deep": [[[[[[1]]]]]]}),
    ],
)
def test_nothing_is_kept_that_does_not_show_what_it_is(member: str, value: Any) -> None:
    assert refused(**{member: value}).key == member


def test_what_is_just_large_or_deep_enough() -> None:
    said = heard({**WEB, "jwks": {"keys": [{**KEY, "n": 2**53, "x5c": [[["a"]]]}]}}, STRICT)
    assert said["jwks"]["keys"][0]["n"] == 2**53
    assert heard({**WEB, "contacts": [f"{each}" * 200 for each in range(10)]}, STRICT)["contacts"]


def test_lists_are_kept_without_repeating_themselves() -> None:
    assert heard({**WEB, "contacts": ["a", "a", "b"]}, STRICT)["contacts"] == ["a", "b"]
    assert "contacts" not in heard(WEB, STRICT)


def test_that_a_sign_in_has_its_moment_is_kept() -> None:
    assert heard({**WEB, "require_auth_time": True}, STRICT)["require_auth_time"] is True


@pytest.mark.parametrize(
    "member", ["request_uris", "backchannel_logout_uri", "jwks_uri", "initiate_login_uri"]
)
def test_OA_22_only_people_come_back_to_a_native_application(member: str) -> None:
    address = "http://127.0.0.1/x#y" if member == "request_uris" else "http://127.0.0.1/x"
    value = [address] if member == "request_uris" else address
    home = ["http://127.0.0.1/cb"]
    assert refused(application_type="native", redirect_uris=home, **{member: value}).key == member


def test_a_request_may_stand_at_an_address_with_its_digest() -> None:
    address = "https://leesrijk.example/r#" + "a" * 43
    assert client(request_uris=[address]).request_uris == (address,)
