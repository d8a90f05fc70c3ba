"""3rd-Party-Init OP: the address where an application lets a sign-in begin."""

from __future__ import annotations

import pytest

from tests.certification.houses import Houses
from tests.certification.registrant import Registrant
from tests.support.https import SecureProvider

ADDRESS = "https://keuring.example/begin"


@pytest.fixture
def house(houses: Houses) -> SecureProvider:
    return houses.opened_up


def test_oidcc_3rd_party_init_login(registrant: Registrant) -> None:
    told = registrant.register(initiate_login_uri=ADDRESS)
    assert told["initiate_login_uri"] == ADDRESS
    answer = registrant.manage(registrant.rp.http.get, told)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["initiate_login_uri"] == ADDRESS


def test_oidcc_3rd_party_init_login_nohttps(registrant: Registrant) -> None:
    answer = registrant.attempt(initiate_login_uri=ADDRESS.replace("https", "http"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
