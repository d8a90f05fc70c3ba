"""`openid-client` registers itself and is a relying party at once: with a code, and by the flows of a certification."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.oidc.dynamic import initial_tokens
from tests.interop.conftest import Opening
from tests.interop.conversation import talking
from tests.interop.foreign import HERE, need_node, node, surroundings
from tests.interop.house import past_the_rotation, sign_in
from tests.support.browser import Visitor
from tests.support.https import SecureProvider
from tests.support.people import Made

ORIGIN = "https://zelfstandig.example"


@pytest.fixture(scope="module")
def house(open_one: Opening) -> Iterator[SecureProvider]:
    """One where a supplier may register an application, and where the flows of long ago are on."""
    need_node()
    registering = {"enabled": True, "scope": "openid profile", "claims": "given_name"}
    with open_one(registration=registering, clients={"legacy_flows": True}) as house:
        past_the_rotation(house)
        yield house


@pytest.fixture
def browser(house: SecureProvider) -> Visitor:
    return house.visitor()


def initial_access_token(house: SecureProvider) -> str:
    with house.db() as db:
        return initial_tokens.make(db, "Uitgeverij", house.clock(), house.clock() + timedelta(hours=1))


@pytest.mark.parametrize("flow", ["code", "hybrid", "implicit"])
def test_it_registers_and_signs_a_pupil_in(
    house: SecureProvider, browser: Visitor, pupil: Made, tmp_path: Path, flow: str
) -> None:
    environment = {
        **surroundings(house),
        "ISSUER": house.issuer,
        "ORIGIN": ORIGIN,
        "FLOW": flow,
        "INITIAL_ACCESS_TOKEN": initial_access_token(house),
    }
    with talking(node(HERE / "programs" / "register.mjs", tmp_path), environment, tmp_path) as program:
        browser.get(program.heard())
        assert "Zelfstandig" in sign_in(browser, pupil).text
        left_for = browser.submit(button="consent-allow").left_for
        assert left_for is not None
        program.say(left_for)
        found = program.told()
    assert found["registered"]["client_name"] == "Zelfstandig"
    assert found["pupil"]["given_name"] == pupil.given_name
