"""What a registration may not say, and who may not register (RFC 7591 section 3.2.2)."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from idp.oidc.protocol import GrantType
from idp.settings import SettingsError
from tests.oidc.dynamic.applicant import WEB, Applicant, token
from tests.oidc.dynamic.shelf import Shelf
from tests.support.provider import Provider

DEVICE_CODE = GrantType.DEVICE_CODE.value


def refused(applicant: Applicant, **changes: Any) -> tuple[str, str]:
    answer = applicant.try_to_register(**changes)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.json()
    assert said["error_description"].isascii()
    return said["error"], said["error_description"]


def test_OA_27_the_name_of_an_application_that_pupils_know(applicant: Applicant) -> None:
    applicant.provider.relying_party("oefenapp")
    for name in ("Oefenapp", "O.e.f.e.n.a.p.p", "0efenapp", "Öefenapp"):
        assert refused(applicant, client_name=name)[1] == "client_name: is the name of another application"


def test_OA_27_the_name_of_another_supplier_s_application(applicant: Applicant) -> None:
    applicant.register()
    other = token(applicant.provider, label="Iemand anders")
    for name in ("Leesrijk", "LeesrIjk", "Lees rijk"):
        said = {**WEB, "client_name": name, "redirect_uris": ["https://elders.example/callback"]}
        answer = applicant.post(said, bearer=other)
        assert answer.json()["error_description"] == "client_name: is the name of another application", name


CODES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"redirect_uris": ["https://leesrijk.example/cb#top"]}, "invalid_redirect_uri"),
    ({"redirect_uris": []}, "invalid_redirect_uri"),
    ({"initiate_login_uri": "http://leesrijk.example/x"}, "invalid_client_metadata"),
    ({"jwks_uri": "https://10.0.0.1/"}, "invalid_client_metadata"),
    ({"client_name": "LeerID"}, "invalid_client_metadata"),
    ({"default_max_age": 10**30}, "invalid_client_metadata"),
)


def test_the_code_of_an_error_is_that_of_RFC_7591(applicant: Applicant) -> None:
    for changes, code in CODES:
        assert refused(applicant, **changes)[0] == code, changes


def test_PR_03_the_sector_of_an_application_that_pupils_know(applicant: Applicant) -> None:
    applicant.provider.relying_party("oefenapp")
    at_its_host = ["https://oefenapp.example/uploads/kaper.html"]
    assert refused(applicant, redirect_uris=at_its_host)[1].startswith("sector_identifier_uri: is of another")


def test_PR_03_the_sector_of_another_supplier_s_application(applicant: Applicant) -> None:
    """A redirect address proves nothing: a device's grant and logout tokens go elsewhere, and both tell `sub`."""
    applicant.register()
    other = token(applicant.provider, label="Iemand anders")
    stolen = {**WEB, "client_name": "Ander spel", "backchannel_logout_uri": "https://elders.example/out"}
    answer = applicant.post(stolen, bearer=other)
    assert answer.json()["error_description"].startswith("sector_identifier_uri: is of another application")
    assert applicant.try_to_register(client_name="Leesrijk 2").status_code == 201  # its own supplier may


def test_PR_03_the_sector_of_an_application_without_a_host(applicant: Applicant) -> None:
    board = applicant.register(client_name="Bord", redirect_uris=None, grant_types=[DEVICE_CODE])
    named = [f"https://{board['client_id']}/callback"]
    assert refused(applicant, redirect_uris=named)[1].startswith(
        "redirect_uris: no host's name begins with dyn-"
    )


def test_PR_03_a_list_that_names_nobody_proves_nothing(applicant: Applicant, shelf: Shelf) -> None:
    empty = shelf.put_list("/leeg.json", [])
    said = {"redirect_uris": None, "grant_types": [DEVICE_CODE], "sector_identifier_uri": empty}
    assert refused(applicant, **said)[1] == "sector_identifier_uri: proves nothing without redirect_uris"


def test_OA_15_a_key_that_we_could_not_believe(applicant: Applicant) -> None:
    by_key = {"token_endpoint_auth_method": "private_key_jwt"}
    short = {"kty": "RSA", "e": "AQAB", "n": "x" * 342}  # 2048 bits
    curve = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    for key in (short, curve, {"kty": "RSA"}, {**short, "n": 7}):
        code, reason = refused(applicant, **by_key, jwks={"keys": [key]})
        assert (code, reason.partition(" (")[0]) == (
            "invalid_client_metadata",
            "jwks: holds no public key for RS256",
        )


# What is fetched


def test_a_logo_that_is_no_small_picture(applicant: Applicant, shelf: Shelf) -> None:
    for kind, body in (("text/html", b"<h1>Logo</h1>"), ("image/png", b"\x89PNG\r\n\x1a\n" + b"x" * 70_000)):
        code, reason = refused(applicant, logo_uri=shelf.put("/logo", kind, body))
        assert (code, reason) == ("invalid_client_metadata", "logo_uri: no picture could be had there")
    code, reason = refused(applicant, logo_uri=shelf.put("/logo", "image/png", b"GIF89a"))
    assert (code, reason) == ("invalid_client_metadata", "logo_uri: must be a png, jpeg, gif or svg picture")


def test_oidcc_registration_sector_bad(applicant: Applicant, shelf: Shelf) -> None:
    others = shelf.put_list("/others", ["https://elders.example/cb"])
    code, reason = refused(applicant, sector_identifier_uri=others)
    assert (code, reason) == (
        "invalid_client_metadata",
        "sector_identifier_uri: does not name each of the redirect_uris",
    )


def test_PR_03_a_sector_that_is_no_list(applicant: Applicant, shelf: Shelf) -> None:
    values: tuple[Any, ...] = ({}, "https://leesrijk.example/callback", [7], None, [])
    for value in values:
        sector = shelf.put_list("/sector", value)
        assert refused(applicant, sector_identifier_uri=sector)[0] == "invalid_client_metadata", value


def test_OA_26_what_is_behind_an_address_is_not_told(applicant: Applicant, shelf: Shelf) -> None:
    """Not there, not a list, nobody who listens: one sentence."""
    told = {
        refused(applicant, sector_identifier_uri=address)[1]
        for address in (
            shelf.origin + "/nothing",
            shelf.put("/page", "text/html", b"x"),
            shelf.put("/bad", "application/json", b"{"),
            "http://127.0.0.1:9/x",
            "https://nergens.invalid/x",
        )
    }
    assert told == {"sector_identifier_uri: no list of addresses could be had there"}


def test_nothing_is_fetched_for_a_registration_that_is_wrong_anyway(
    applicant: Applicant, shelf: Shelf
) -> None:
    refused(
        applicant, sector_identifier_uri=shelf.origin + "/s", logo_uri=shelf.origin + "/l", grant_types=["x"]
    )
    assert shelf.asked == []


def test_OA_25_one_waits_at_a_slow_address_and_not_all_our_threads(
    applicant: Applicant, shelf: Shelf
) -> None:
    shelf.open.clear()
    said = {**WEB, "sector_identifier_uri": shelf.put_list("/sector", WEB["redirect_uris"])}
    bearer, other = token(applicant.provider), token(applicant.provider)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(applicant.post, said, bearer=bearer)
        wait_until(lambda: shelf.asked == ["/sector"])
        again = [applicant.post(said, bearer=bearer) for _ in range(3)]
        assert [answer.status_code for answer in again] == [429] * 3
        assert applicant.post({**WEB, "client_name": "Telrijk"}, bearer=other).status_code == 201
        shelf.open.set()
        assert first.result().status_code == 201
    assert shelf.asked == ["/sector"]


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Who may, and how


NO_TOKENS = (None, "", "Bearer", "Bearer ", "Basic eDp4", "Bearer x y", "Bearer ümlaut", "Bearer " + "a" * 43)


def test_nobody_registers_without_an_initial_access_token(applicant: Applicant) -> None:
    for header in NO_TOKENS:
        headers = {} if header is None else {"Authorization": header.encode()}
        answer = applicant.http.post(f"{applicant.provider.origin}/register", json=WEB, headers=headers)
        assert answer.status_code in (400, 401), header
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_address_is_no_token(applicant: Applicant) -> None:
    bearer = token(applicant.provider)
    url = f"{applicant.provider.origin}/register?access_token={bearer}"
    assert applicant.http.post(url, json=WEB).status_code == 400


NO_OBJECTS = (
    b"",
    b"{",
    b"[]",
    b'"x"',
    b"null",
    b"7",
    b"[" * 60_000,
    b'{"redirect_uris": ["https://leesrijk.example/cb"], "redirect_uris": []}',
    b'{"jwks": {"keys": [], "keys": []}}',
    b'{"default_max_age": NaN}',
    b'{"default_max_age": 1' + b"0" * 5000 + b"}",
    b'{"client_name": "\xff\xfe"}',
    b'{"redirect_uris": ["https://leesrijk.example/cb"]} {}',
    '{"redirect_uris": ["https://leesrijk.example/cb"]}'.encode("utf-16"),
    b'\xef\xbb\xbf{"redirect_uris": ["https://leesrijk.example/cb"]}',
)


def test_OA_09_a_body_that_is_not_one_json_object(applicant: Applicant) -> None:
    headers = {"Authorization": f"Bearer {token(applicant.provider)}", "Content-Type": "application/json"}
    for body in NO_OBJECTS:
        answer = applicant.http.post(f"{applicant.provider.origin}/register", data=body, headers=headers)
        assert answer.status_code == 400, body[:99]
        assert answer.json()["error"] == "invalid_client_metadata", body[:99]


def test_a_body_of_another_type_or_size(applicant: Applicant) -> None:
    headers = {"Authorization": f"Bearer {token(applicant.provider)}"}
    url = f"{applicant.provider.origin}/register"
    assert applicant.http.post(url, data=WEB, headers=headers).status_code == 400
    assert applicant.http.post(url, json={"x": "y" * 70_000}, headers=headers).status_code == 413


def test_another_method_is_told_in_json(applicant: Applicant) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = applicant.http.request(method, f"{applicant.provider.origin}/register")
        assert answer.status_code == 405, method
        assert answer.headers["Allow"] == "POST"
        assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "setting",
    [{"scope": "openid leerid:school"}, {"scope": "opnid"}, {"claims": "given_nam"}, {"pkce": "no"}],
)
def test_a_limit_that_is_misspelt_stops_the_provider(
    open_provider: Callable[..., Provider], setting: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match=f"registration.{next(iter(setting))}: "):
        open_provider(registration={"enabled": True, **setting})


def test_OA_47_names_that_nobody_can_have_are_not_kept(provider: Provider) -> None:
    """Whatever begins like one of theirs could otherwise fill our memory, a megabyte each."""
    for number in range(5):
        long = f"dyn-{number}" + "a" * 5000
        answer = requests.post(f"{provider.origin}/authorize", data={"client_id": long}, timeout=5)
        assert answer.status_code == 400
    assert provider.app.extensions["leerid.registration"].known.found == {}
