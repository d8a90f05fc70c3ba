"""An application looks at its registration, changes it and takes it away (RFC 7592)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from sqlalchemy import select

from idp.oidc.records import RegisteredClient
from idp.tokens.records import Approval, GrantFamily
from tests.oidc.dynamic.applicant import WEB, Applicant
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, Tokens

NOT_FOR_YOU = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


def changed(registered: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What an application sends to change something: all that it was told, but what is ours to say."""
    kept = {member: value for member, value in registered.items() if member not in NOT_FOR_YOU}
    return {member: value for member, value in {**kept, **changes}.items() if value is not None}


def signed_in(rp: RelyingParty, provider: Provider, scope: str = "openid profile offline_access") -> Tokens:
    pupil, visitor = provider.people.pupil("advanced"), Visitor(provider.origin)
    asked = rp.ask(scope=scope, prompt="consent")
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    visitor.submit(button="login-submit", password=pupil.password)
    page = visitor.submit(button="consent-allow")
    visitor.close()
    return rp.exchange(rp.code(page.left_for or "", asked), asked)


# Looking


def test_an_application_looks_at_its_registration(applicant: Applicant) -> None:
    registered = applicant.register()
    answer = applicant.manage("GET", registered)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    # We keep no secret that we could tell again.
    assert answer.json() == {
        member: value for member, value in registered.items() if member != "client_secret"
    }


def other_tokens(applicant: Applicant, registered: dict[str, Any]) -> list[str]:
    other = applicant.register(client_name="Telrijk")
    return [
        other["registration_access_token"],
        registered["client_secret"],
        registered["registration_access_token"][::-1],
        "x",
        "a" * 43,
    ]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_KC_CVE_2026_7571_only_its_own_token_manages_it(applicant: Applicant, method: str) -> None:
    registered = applicant.register()
    for bearer in other_tokens(applicant, registered):
        stolen = {**registered, "registration_access_token": bearer}
        answer = applicant.manage(method, stolen, json=changed(registered, client_name="Gestolen"))
        assert answer.status_code == 401
        assert answer.json() == {
            "error": "invalid_token",
            "error_description": "the token is not valid for this",
        }
    assert applicant.manage("GET", registered).json()["client_name"] == "Leesrijk"


def test_what_is_not_there_answers_like_a_wrong_token(applicant: Applicant) -> None:
    registered = applicant.register()
    here = registered["registration_client_uri"].rpartition("/")[0]
    told = set()
    for name in ("dyn-" + "0" * 32, "dyn-x", "schoolloket", "dyn-' OR 1=1"):
        answer = applicant.manage("GET", {**registered, "registration_client_uri": f"{here}/{name}"})
        told.add((answer.status_code, answer.text))
    assert len(told) == 1
    assert told.pop()[0] == 401


def test_it_is_no_access_token_and_an_access_token_is_none(applicant: Applicant) -> None:
    """CV-11: what opens one door opens no other."""
    registered = applicant.register()
    rp = applicant.party(registered)
    assert rp.userinfo(registered["registration_access_token"]).status_code == 401
    assert applicant.post(WEB, bearer=registered["registration_access_token"]).status_code == 401


# Changing


def test_a_change_says_everything_anew(applicant: Applicant) -> None:
    registered = applicant.register(contacts=["helpdesk@leesrijk.example"], default_max_age=600)
    wanted = changed(registered, client_name="Leesrijk 2", contacts=None, default_max_age=None)
    answer = applicant.manage("PUT", registered, json=wanted)
    assert answer.status_code == 200
    assert answer.json()["client_name"] == "Leesrijk 2"
    assert not {"contacts", "default_max_age"} & answer.json().keys()
    looked = applicant.manage("GET", registered).json()
    assert looked == {member: value for member, value in answer.json().items() if member != "client_secret"}
    assert looked["client_id_issued_at"] == registered["client_id_issued_at"]


def test_its_secret_stays_and_its_addresses_change(applicant: Applicant) -> None:
    registered = applicant.register()
    new = ["https://leesrijk.example/nieuw"]
    answer = applicant.manage("PUT", registered, json=changed(registered, redirect_uris=new)).json()
    assert answer["redirect_uris"] == new
    assert answer["client_secret"] == registered["client_secret"]
    page = Visitor(applicant.provider.origin).get(applicant.party(registered).ask().url)
    assert page.status == 400
    assert page.left_for is None
    rp = applicant.party({**registered, **answer})
    assert rp.try_exchange("x" * 43, "y" * 43).json()["error"] == "invalid_grant"


def test_from_a_key_to_a_secret_it_gets_one_and_back_it_has_none(applicant: Applicant) -> None:
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    by_key = applicant.register(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="EdDSA",
        jwks={"keys": [key]},
    )
    wanted = changed(by_key, token_endpoint_auth_method="client_secret_post", jwks=None)
    by_secret = applicant.manage("PUT", by_key, json=wanted).json()
    assert by_secret["client_secret"]
    rp = applicant.party(by_secret)
    assert rp.try_exchange("x" * 43, "y" * 43).json()["error"] == "invalid_grant"
    public = applicant.manage(
        "PUT", by_key, json=changed(by_secret, token_endpoint_auth_method="none")
    ).json()
    assert not {"client_secret", "client_secret_expires_at"} & public.keys()
    assert rp.try_exchange("x" * 43, "y" * 43).json()["error"] == "invalid_client"


CAN_NOT_BE: tuple[dict[str, Any], ...] = (
    {"client_id": None},
    {"client_id": "dyn-" + "0" * 32},
    {"client_id": "schoolloket"},
    {"client_secret": "mijn eigen geheim"},
    {"client_secret": ["x"]},
    {"registration_access_token": "x"},
    {"registration_client_uri": "https://leesrijk.example/"},
    {"client_secret_expires_at": 0},
    {"client_id_issued_at": 0},
    {"redirect_uris": ["http://leesrijk.example/"]},
    {"grant_types": ["client_credentials"]},
    {"client_name": "LeerID"},
)


def test_a_change_that_can_not_be_changes_nothing(applicant: Applicant) -> None:
    registered = applicant.register()
    for changes in CAN_NOT_BE:
        answer = applicant.manage("PUT", registered, json=changed(registered, **changes))
        assert answer.status_code == 400, changes
    looked = applicant.manage("GET", registered).json()
    assert looked == {member: value for member, value in registered.items() if member != "client_secret"}


def test_PR_03_a_change_moves_no_application_to_another_sector(applicant: Applicant) -> None:
    registered = applicant.register()
    wanted = changed(registered, redirect_uris=["https://rekenrijk.example/callback"])
    answer = applicant.manage("PUT", registered, json=wanted)
    assert answer.status_code == 400
    assert "would change the sector" in answer.json()["error_description"]


def test_OA_27_a_change_widens_nothing(applicant: Applicant) -> None:
    registered = applicant.register(scope="openid")
    wanted = changed(registered, scope="openid profile email leerid:school", first_party=True)
    assert applicant.manage("PUT", registered, json=wanted).json()["scope"] == "openid profile"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_another_method_is_refused(applicant: Applicant, method: str) -> None:
    answer = applicant.manage(method, applicant.register(), json={})
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, PUT, DELETE"


# Taking away


def test_CV_07_a_deleted_application_has_nothing_any_more(applicant: Applicant) -> None:
    provider = applicant.provider
    registered = applicant.register()
    other = applicant.register(client_name="Telrijk")
    rp = applicant.party(registered)
    tokens = signed_in(rp, provider)
    others = signed_in(applicant.party(other), provider)
    answer = applicant.manage("DELETE", registered)
    assert answer.status_code == 204
    assert answer.content == b""
    assert applicant.manage("GET", registered).status_code == 401
    assert applicant.manage("DELETE", registered).status_code == 401
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.try_refresh(tokens.refresh_token).json()["error"] == "invalid_client"
    assert Visitor(provider.origin).get(rp.ask().url).status == 400
    assert applicant.party(other).userinfo(others.access_token).status_code == 200
    with provider.reading() as db:
        families = select(GrantFamily.revoked_at).where(GrantFamily.client_id == registered["client_id"])
        assert all(db.scalars(families).all())  # ended, and kept: its pupils may read what it got
        approvals = select(Approval.client_id).where(Approval.client_id == registered["client_id"])
        assert db.scalars(approvals).all() == []
        assert db.get(RegisteredClient, registered["client_id"]) is None


def test_CV_07_another_node_knows_within_seconds(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(registration={"enabled": True}, clients={"reload_seconds": 600})
    applicant, other = Applicant(provider), provider.another_node()
    registered = applicant.register()
    tokens = signed_in(applicant.party(registered), provider)
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    assert requests.get(f"{other}/userinfo", headers=headers, timeout=20).status_code == 200
    applicant.manage("DELETE", registered)
    # This node forgot it; that one still knows the application, but nothing that it was given is good.
    assert Visitor(provider.origin).get(applicant.party(registered).ask().url).status == 400
    assert requests.get(f"{other}/userinfo", headers=headers, timeout=20).status_code == 401


def test_a_change_is_known_here_at_once(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(registration={"enabled": True}, clients={"reload_seconds": 600})
    applicant = Applicant(provider)
    registered = applicant.register()
    rp = applicant.party(registered)
    visitor = Visitor(provider.origin)
    assert "Leesrijk" in visitor.get(rp.ask().url).text
    applicant.manage("PUT", registered, json=changed(registered, client_name="Telrijk"))
    assert "Telrijk" in visitor.get(rp.ask().url).text


def test_CV_07_deleted_while_somebody_reads_what_it_gets(applicant: Applicant) -> None:
    provider = applicant.provider
    registered = applicant.register()
    pupil, visitor = provider.people.pupil("advanced"), Visitor(provider.origin)
    visitor.get(applicant.party(registered).ask().url)
    visitor.submit(button="login-next", username=pupil.username)
    visitor.submit(button="login-submit", password=pupil.password)
    applicant.manage("DELETE", registered)
    page = visitor.submit(button="consent-allow")
    assert page.status == 400
    assert page.left_for is None
    visitor.close()


def test_CV_07_deleted_between_a_code_and_its_tokens(applicant: Applicant) -> None:
    provider = applicant.provider
    registered = applicant.register(token_endpoint_auth_method="none")
    rp = applicant.party(registered)
    pupil, visitor = provider.people.pupil("advanced"), Visitor(provider.origin)
    asked = rp.ask()
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    visitor.submit(button="login-submit", password=pupil.password)
    page = visitor.submit(button="consent-allow")
    visitor.close()
    code = rp.code(page.left_for or "", asked)
    applicant.manage("DELETE", registered)
    answer = rp.try_exchange(code, asked.verifier)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
