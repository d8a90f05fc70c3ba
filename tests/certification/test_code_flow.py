"""The modules about codes: those of Basic and Hybrid."""

from __future__ import annotations

import pytest

from tests.certification.plans import PLANS
from tests.certification.run import Run, certification_client

code_flows = pytest.mark.parametrize("plan", [p for p in PLANS if "code" in p.words], ids=str)
no_id_token_at_the_front = pytest.mark.parametrize(
    "plan", [p for p in PLANS if "id_token" not in p.words], ids=str
)
id_token_at_the_front = pytest.mark.parametrize("plan", [p for p in PLANS if "id_token" in p.words], ids=str)


@no_id_token_at_the_front
def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(run: Run) -> None:
    assert "nonce" not in run.happy(nonce=None).claims


@id_token_at_the_front
def test_oidcc_ensure_request_without_nonce_fails(run: Run) -> None:
    page, asked = run.visit(nonce=None)
    assert run.refusal(page, asked) == "invalid_request"


@code_flows
def test_oidcc_codereuse(run: Run) -> None:
    answer, _ = run.answered()
    run.buy(answer["code"])
    assert_spent(run, answer["code"])


@code_flows
def test_oidcc_codereuse_30seconds(run: Run) -> None:
    """And what the code had bought opens nothing any more."""
    answer, _ = run.answered()
    bought = run.buy(answer["code"])
    assert run.rp.userinfo(bought["access_token"]).status_code == 200
    run.house.clock.move(seconds=30)
    assert_spent(run, answer["code"])
    assert run.rp.userinfo(bought["access_token"]).status_code == 401


def assert_spent(run: Run, code: str) -> None:
    again = run.rp.try_exchange(code, None)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@code_flows
def test_oidcc_server_client_secret_post(run: Run) -> None:
    run.rp = certification_client(run.house, run.plan, token_endpoint_auth_method="client_secret_post")
    run.happy()


@code_flows
def test_oidcc_refresh_token(run: Run) -> None:
    assert "refresh_token" in run.rp.metadata["grant_types_supported"]
    flow = run.happy(scope="openid offline_access", prompt="consent")
    before, refresh_token = flow.claims, flow.bought["refresh_token"]
    other = certification_client(run.house, run.plan)
    stolen = other.try_refresh(refresh_token)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert stolen.headers["Content-Type"].startswith("application/json")
    run.house.clock.move(seconds=2)
    answer = run.rp.try_refresh(refresh_token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    after = run.rp.verify(answer.json()["id_token"])
    for claim in ("iss", "sub", "aud", "auth_time"):
        assert after[claim] == before[claim]
    assert after.get("azp") == before.get("azp")
    assert after["iat"] > before["iat"]
    assert run.rp.userinfo(answer.json()["access_token"]).json()["sub"] == before["sub"]
