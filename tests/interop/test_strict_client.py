"""`openid-client` at its strictest: keys for secrets, pushed or signed requests, tokens bound to a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.interop.conftest import Opening
from tests.interop.conversation import talking
from tests.interop.foreign import CLAIMS, HERE, need_node, node, surroundings
from tests.interop.house import past_the_rotation, sign_in
from tests.support.browser import Visitor
from tests.support.https import SecureProvider
from tests.support.people import Made

ORIGIN = "https://strict.example"
RESOURCE = "https://leermiddelen.example/api"
KEY = ECKey.generate_key("P-256", {"kid": "of-the-application", "alg": "ES256", "use": "sig"})
ASKINGS: dict[str, dict[str, Any]] = {
    "pushed": {"require_pushed_authorization_requests": True},
    "signed": {"require_signed_request_object": True, "request_object_signing_alg": "ES256"},
}


@pytest.fixture(scope="module")
def house(open_one: Opening) -> Iterator[SecureProvider]:
    need_node()
    with open_one() as house:
        past_the_rotation(house)  # what a client signs has its own time, which must be ours
        yield house


@pytest.fixture
def browser(house: SecureProvider) -> Visitor:
    return house.visitor()


@pytest.mark.parametrize("asking", ASKINGS)
def test_it_is_understood(
    house: SecureProvider, browser: Visitor, pupil: Made, tmp_path: Path, asking: str
) -> None:
    house.register(
        {
            "client_id": asking,
            "name": "Streng",
            "description": "Een applicatie die niets aan het toeval overlaat.",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": {"keys": [KEY.as_dict(private=False)]},
            "redirect_uris": [f"{ORIGIN}/callback"],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "resources": [RESOURCE],
            "dpop_bound_access_tokens": True,
            "scope": "openid profile",
            "approval": "none",
            "claims": CLAIMS,
            **ASKINGS[asking],
        }
    )
    environment = {
        **surroundings(house),
        "ISSUER": house.issuer,
        "CLIENT_ID": asking,
        "ORIGIN": ORIGIN,
        "ASKING": asking,
        "RESOURCE": RESOURCE,
        "KEY": json.dumps(KEY.as_dict(private=True)),
    }
    with talking(node(HERE / "programs" / "strict.mjs", tmp_path), environment, tmp_path) as program:
        browser.get(program.heard())
        left_for = sign_in(browser, pupil).left_for
        assert left_for is not None
        program.say(left_for)
        found = program.told()
    assert [kind.lower() for kind in found["types"]] == ["dpop"] * 3
    assert found["first"] == found["second"]
    assert found["first"]["given_name"] == pupil.given_name
    assert found["known"]["active"] is True
    assert found["known"]["cnf"]["jkt"] == found["own"]["cnf"]["jkt"]
    assert found["forgotten"] == {"active": False}
    assert (found["own"]["sub"], found["own"]["aud"]) == (asking, RESOURCE)
