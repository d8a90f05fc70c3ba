"""The device grant (RFC 8628) with two libraries that know it: `openid-client`, and Debian's `oidc-agent` at a terminal."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.interop.conftest import Opening
from tests.interop.conversation import talking
from tests.interop.foreign import CLAIMS, HERE, need_node, node, surroundings
from tests.interop.house import past_the_rotation, sign_in
from tests.support.browser import Visitor
from tests.support.https import SecureProvider
from tests.support.needs import missing
from tests.support.people import Made

PROGRAMS = HERE / "programs"
SECRET = "a-secret-as-we-make-them_0123456789"
GRANTS = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]


@pytest.fixture(scope="module")
def house(open_one: Opening) -> Iterator[SecureProvider]:
    with open_one() as house:
        past_the_rotation(house)
        yield house


@pytest.fixture
def browser(house: SecureProvider) -> Visitor:
    """The pupil's own tablet, beside the device."""
    return house.visitor()


def environment(house: SecureProvider, client_id: str, **more: str) -> dict[str, str]:
    """For a device on which this application runs; registers it."""
    house.register(
        {
            "client_id": client_id,
            "name": client_id,
            "description": "Een applicatie op een toestel zonder toetsenbord.",
            "client_secret_sha256": hashlib.sha256(SECRET.encode()).hexdigest(),
            "grant_types": GRANTS,
            "response_types": [],
            "scope": "openid profile offline_access",
            "approval": "none",
            "claims": CLAIMS,
        }
    )
    known = {"ISSUER": house.issuer, "CLIENT_ID": client_id, "CLIENT_SECRET": SECRET}
    return {**surroundings(house), **known, **more}


def say_yes(browser: Visitor, page: str, code: str, pupil: Made) -> None:
    if "device-next" in browser.get(page).ids:
        browser.submit(button="device-next")
    assert code in sign_in(browser, pupil).text
    assert browser.submit(button="device-allow").status == 200


def test_openid_client_gets_a_pupil_signed_in_and_refreshes(
    house: SecureProvider, browser: Visitor, pupil: Made, tmp_path: Path
) -> None:
    need_node()
    command = node(PROGRAMS / "device.mjs", tmp_path)
    with talking(command, environment(house, "openid-client"), tmp_path) as device:
        shown = device.told()
        say_yes(browser, shown["page"], shown["code"], pupil)
        assert device.told()["given_name"] == pupil.given_name


def test_oidc_agent_gets_a_pupil_signed_in_and_refreshes(
    house: SecureProvider, browser: Visitor, pupil: Made, tmp_path: Path
) -> None:
    if shutil.which("oidc-agent") is None:
        missing("oidc-agent isn't there (Debian: oidc-agent-cli)")
    (tmp_path / ".config" / "oidc-agent").mkdir(parents=True)
    own = environment(house, "oidc-agent", HOME=str(tmp_path), OIDC_ENCRYPTION_PW="for-this-test-only")
    with talking(["sh", str(PROGRAMS / "agent.sh")], own, tmp_path) as device:
        code = ""
        while not code:
            code = "".join(re.findall(r"\b[B-Z]{4}-[B-Z]{4}\b", device.heard()))
        say_yes(browser, f"{house.issuer}/device?user_code={code}", code, pupil)
        while "correctly" not in device.heard():
            pass
        first, second = device.heard(), device.heard()
    assert first != second
    for token in (first, second):
        assert userinfo(house, token)["given_name"] == pupil.given_name


def userinfo(house: SecureProvider, token: str) -> dict[str, str]:
    answer = requests.get(
        f"{house.issuer}/userinfo",
        headers={"Authorization": f"Bearer {token}"},
        verify=str(house.authority.file),
        timeout=5,
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found
