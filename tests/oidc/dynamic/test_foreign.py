"""A library that shares no code with us registers itself, signs a pupil in and looks at its registration: pyoidc."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from oic.exception import RegistrationError
from oic.oic import Client
from oic.oic.message import AuthorizationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD

from tests.oidc.dynamic.applicant import WEB, token
from tests.support.browser import Visitor
from tests.support.provider import Provider

ADDRESS = WEB["redirect_uris"][0]


@pytest.fixture
def house(open_provider: Callable[..., Provider]) -> Provider:
    """This library knows no PKCE."""
    return open_provider(registration={"enabled": True, "pkce": "optional"})


def registered(house: Provider, **said: object) -> Any:
    library: Any = Client(client_authn_method=CLIENT_AUTHN_METHOD)
    library.provider_config(house.issuer)
    library.redirect_uris = [ADDRESS]
    library.base_url = "https://leesrijk.example/"  # where it would put request objects
    # Its own `register` would encode the initial access token once more; the rest is as it does it.
    asked = library.create_registration_request(redirect_uris=[ADDRESS], client_name="Leesrijk", **said)
    headers = {"Authorization": f"Bearer {token(house)}", "Content-Type": "application/json"}
    endpoint = library.provider_info["registration_endpoint"]
    answer = library.http_request(endpoint, "POST", data=asked.to_json(), headers=headers)
    library.handle_registration_info(answer)
    return library


def test_pyoidc_registers_itself_and_signs_a_pupil_in(house: Provider) -> None:
    library = registered(house, response_types=["code"])
    pupil, visitor = house.people.pupil("advanced"), Visitor(house.origin)
    asked = {"redirect_uri": ADDRESS, "scope": "openid profile", "state": "s" * 20, "nonce": "n" * 20}
    request = library.construct_AuthorizationRequest(request_args={**asked, "response_type": "code"})
    visitor.get(request.request(library.authorization_endpoint))
    visitor.submit(button="login-next", username=pupil.username)
    visitor.submit(button="login-submit", password=pupil.password)
    page = visitor.submit(button="consent-allow")
    visitor.close()
    answer = library.parse_response(AuthorizationResponse, info=page.left_for, sformat="urlencoded")
    tokens = library.do_access_token_request(
        state=answer["state"],
        request_args={"code": answer["code"], "redirect_uri": ADDRESS},
        authn_method="client_secret_basic",
    )
    about = library.do_user_info_request(token=tokens["access_token"])
    assert tokens["id_token"]["nonce"] == "n" * 20
    assert about["sub"] == tokens["id_token"]["sub"]
    assert about["given_name"] == pupil.given_name


def test_pyoidc_reads_its_registration(house: Provider) -> None:
    library = registered(house)
    own = library.client_id
    found = library.registration_read()
    assert found["client_id"] == own
    assert found["redirect_uris"] == [ADDRESS]


def test_pyoidc_understands_a_refusal(house: Provider) -> None:
    with pytest.raises(RegistrationError) as refused:
        registered(house, grant_types=["password"])
    assert "grant_types: password isn't one of" in str(refused.value)
