"""An application registers itself, and people sign in there (RFC 7591, OIDC Registration 1.0)."""

from __future__ import annotations

from typing import Any

import pytest

from idp.database import flask_database
from idp.oidc.clients import register
from idp.oidc.dynamic import registered as rows
from idp.oidc.dynamic.limits import limits
from idp.oidc.protocol import ApprovalPolicy, PkcePolicy
from idp.oidc.records import RegisteredClient
from tests.oidc.dynamic.applicant import WEB, Applicant, token
from tests.oidc.dynamic.shelf import Shelf
from tests.support.browser import Visitor
from tests.support.provider import Provider

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x02\x00\x00\x00\x90\x91h6"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'
OURS = (
    "client_id", "client_id_issued_at", "client_secret", "client_secret_expires_at",
    "registration_access_token", "registration_client_uri",
)  # fmt: skip
KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "een"}


def test_an_application_registers_itself_and_people_sign_in_there(applicant: Applicant) -> None:
    provider = applicant.provider
    rp = applicant.party(applicant.register())
    pupil, visitor = provider.people.pupil("advanced"), Visitor(provider.origin)
    asked = rp.ask(scope="openid profile email leerid")
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert "Leesrijk" in page.text
    assert "LeerID keek deze applicatie niet na" in page.text
    page = visitor.submit(button="consent-allow")
    tokens = rp.exchange(rp.code(page.left_for or "", asked), asked)
    assert rp.verify(tokens.id_token, asked.nonce)["sub"]
    about = rp.userinfo(tokens.access_token).json()
    assert about.keys() == {"sub", "given_name"}
    visitor.close()


def test_the_answer_says_what_was_registered_and_how_to_manage_it(applicant: Applicant) -> None:
    answer = applicant.try_to_register(
        contacts=["helpdesk@leesrijk.example"], client_uri="https://leesrijk.example/"
    )
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.json()
    assert said["client_secret_expires_at"] == 0
    assert said["registration_client_uri"] == f"{applicant.provider.issuer}/register/{said['client_id']}"
    assert said["client_id_issued_at"] == pytest.approx(applicant.provider.clock().timestamp(), abs=5)
    assert {key: value for key, value in said.items() if key not in OURS} == {
        "client_name": "Leesrijk",
        "client_uri": "https://leesrijk.example/",
        "contacts": ["helpdesk@leesrijk.example"],
        "application_type": "web",
        "redirect_uris": ["https://leesrijk.example/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "subject_type": "pairwise",
        "scope": "openid profile offline_access",
    }


def test_little_is_enough(applicant: Applicant) -> None:
    answer = applicant.post(
        {"redirect_uris": ["https://leesrijk.example/cb"]}, bearer=token(applicant.provider)
    )
    assert answer.status_code == 201
    assert answer.json()["client_name"] == "leesrijk.example"
    assert answer.json()["scope"] == "openid profile"  # nothing is remembered without the grant for it


def test_no_secret_is_kept(applicant: Applicant) -> None:
    said = applicant.register()
    with applicant.provider.reading() as db:
        (row,) = db.query(RegisteredClient).all()
        kept = repr([getattr(row, column.name) for column in row.__table__.columns])
    assert said["client_secret"] not in kept
    assert said["registration_access_token"] not in kept


def test_an_application_with_a_key_or_with_nothing_gets_no_secret(applicant: Applicant) -> None:
    by_key = applicant.register(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="EdDSA",
        jwks={"keys": [KEY]},
    )
    public = applicant.register(token_endpoint_auth_method="none")
    for said in (by_key, public):
        assert "client_secret" not in said
        assert "client_secret_expires_at" not in said
    assert by_key["jwks"] == {"keys": [KEY]}


def test_what_we_do_not_know_is_not_kept_and_not_answered(applicant: Applicant) -> None:
    said = applicant.register(software_statement="x.y.z", custom={"role": "beheerder"}, first_party=True)
    assert {"software_statement", "custom", "first_party"} & said.keys() == set()


@pytest.mark.parametrize("member", ["client_id", "client_secret", "registration_access_token"])
def test_nobody_chooses_a_name_or_a_secret(applicant: Applicant, member: str) -> None:
    assert applicant.register(**{member: "schoolloket"})[member] != "schoolloket"


def test_a_null_is_left_out(applicant: Applicant) -> None:
    said = {**WEB, "jwks": None, "contacts": None, "scope": None}
    answer = applicant.post(said, bearer=token(applicant.provider))
    assert answer.status_code == 201
    assert not {"jwks", "contacts"} & answer.json().keys()


def test_a_long_name_is_cut(applicant: Applicant) -> None:
    assert applicant.register(client_name="Lees " * 30)["client_name"].endswith("…")


def test_OA_27_what_it_gets_is_what_the_operator_allows(applicant: Applicant) -> None:
    """KC CVE-2026-15572: no scope, role or claim that it asks for by another name."""
    said = applicant.register(
        scope="openid profile email leerid leerid:school",
        claims={"school": "x"},
        approval="none",
        pkce="optional",
        dashboard=True,
        minimum_acr="",
        subject_type="public",
        first_party=True,
        schools=[1],
        resources=["https://api.leerid.example"],
    )
    assert said["scope"] == "openid profile"
    assert said["subject_type"] == "pairwise"
    with applicant.provider.reading() as db:
        found = rows.find(db, said["client_id"], limits(applicant.provider.settings))
    assert found is not None
    client = found.client
    assert client.claims.keys() == {"given_name"}
    assert client.approval is ApprovalPolicy.CONSENT
    assert client.pkce is PkcePolicy.REQUIRED
    assert client.dynamic
    assert not client.first_party
    assert not client.dashboard
    assert not client.resources


@pytest.mark.parametrize("address", ["http://localhost/cb", "http://127.0.0.1:8123/cb", "http://[::1]/cb"])
def test_OA_05_a_native_application_listens_on_its_own_machine(applicant: Applicant, address: str) -> None:
    said = applicant.register(
        application_type="native", token_endpoint_auth_method="none", redirect_uris=[address]
    )
    assert said["redirect_uris"] == [address]


def test_PR_01_two_applications_on_their_users_machine_are_two_sectors(applicant: Applicant) -> None:
    native: dict[str, Any] = {
        "application_type": "native",
        "token_endpoint_auth_method": "none",
        "redirect_uris": ["http://localhost/cb"],
    }
    ids = [applicant.register(**native)["client_id"] for _ in range(2)]
    with applicant.provider.reading() as db:
        found = [rows.find(db, each, limits(applicant.provider.settings)) for each in ids]
    assert [each.client.sector_identifier for each in found if each] == ids


# What is fetched


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("image/png", PNG),
        ("image/gif", b"GIF89a\x10\0\x10\0;"),
        ("image/jpeg", b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x10\0\x10\xff\xd9"),
        ("image/svg+xml; charset=utf-8", SVG),
    ],
)
def test_PR_16_a_logo_is_fetched_once_and_shown_by_us(
    applicant: Applicant, shelf: Shelf, kind: str, body: bytes
) -> None:
    address = shelf.put("/logo", kind, body)
    said = applicant.register(
        logo_uri=address,
        policy_uri="https://leesrijk.example/privacy",
        tos_uri="https://leesrijk.example/regels",
    )
    assert said["logo_uri"] == address
    visitor = Visitor(applicant.provider.origin)
    page = visitor.get(applicant.party(said).ask().url)
    path = f"/applications/{said['client_id']}/logo"
    assert f'src="{path}"' in page.html
    assert "https://leesrijk.example/privacy" in page.html
    assert "https://leesrijk.example/regels" in page.html
    answer = visitor.http.get(applicant.provider.origin + path)
    assert answer.content == body
    assert answer.headers["Content-Type"].startswith(kind.partition(";")[0])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert shelf.asked == ["/logo"]
    visitor.close()


def test_PR_03_a_sector_names_the_addresses_that_belong_to_it(applicant: Applicant, shelf: Shelf) -> None:
    addresses = ["https://a.leesrijk.example/cb", "https://b.leesrijk.example/cb"]
    sector = shelf.put_list("/sector.json", [*addresses, "https://c.leesrijk.example/cb"])
    said = applicant.register(redirect_uris=addresses, sector_identifier_uri=sector, subject_type="pairwise")
    assert said["sector_identifier_uri"] == sector
    with applicant.provider.reading() as db:
        found = rows.find(db, said["client_id"], limits(applicant.provider.settings))
    assert found is not None
    assert found.client.sector_identifier == "127.0.0.1"


def test_oidcc_3rd_party_init_login_an_address_to_begin_at_is_kept(applicant: Applicant) -> None:
    said = applicant.register(initiate_login_uri="https://leesrijk.example/begin")
    assert said["initiate_login_uri"] == "https://leesrijk.example/begin"
    assert applicant.manage("GET", said).json()["initiate_login_uri"] == "https://leesrijk.example/begin"


# Initial access tokens


def test_an_initial_access_token_is_good_once(applicant: Applicant) -> None:
    bearer = token(applicant.provider)
    assert applicant.post(WEB, bearer=bearer).status_code == 201
    again = applicant.post(WEB, bearer=bearer)
    assert again.status_code == 401
    assert again.json()["error"] == "invalid_token"
    assert 'error="invalid_token"' in again.headers["WWW-Authenticate"]


def test_one_for_a_conformance_run_is_good_until_it_expires(applicant: Applicant) -> None:
    bearer = token(applicant.provider, once=False)
    assert [applicant.post(WEB, bearer=bearer).status_code for _ in range(3)] == [201, 201, 201]
    applicant.provider.clock.move(hours=2)
    assert applicant.post(WEB, bearer=bearer).status_code == 401


def test_a_mistake_in_what_is_said_does_not_spend_it(applicant: Applicant) -> None:
    bearer = token(applicant.provider)
    assert (
        applicant.post({**WEB, "redirect_uris": ["http://leesrijk.example/"]}, bearer=bearer).status_code
        == 400
    )
    assert applicant.post(WEB, bearer=bearer).status_code == 201


def test_an_old_one_is_no_longer_good(applicant: Applicant) -> None:
    bearer = token(applicant.provider)
    applicant.provider.clock.move(hours=1, seconds=1)
    assert applicant.post(WEB, bearer=bearer).status_code == 401


def test_without_the_switch_nobody_registers(provider: Provider) -> None:
    assert Applicant(provider).post(WEB, bearer=token(provider)).status_code == 404
    assert (
        "registration_endpoint"
        not in Applicant(provider).http.get(f"{provider.issuer}/.well-known/openid-configuration").json()
    )


def test_a_worker_knows_it_too(applicant: Applicant) -> None:
    """It asks outside of any request, and keeps no connection for that."""
    app, client_id = applicant.provider.app, applicant.register()["client_id"]
    found = register(app).get(client_id)
    assert found is not None
    assert found.name == "Leesrijk"
    with app.app_context():
        assert register(app).get(client_id) == found
        assert register(app).get("dyn-" + "0" * 32) is None
        assert flask_database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
