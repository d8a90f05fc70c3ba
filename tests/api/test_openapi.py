"""The API's own description says what the API says."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
import requests

from idp.api.describing import written
from tests.api.tokens import token_for
from tests.portals.desks import Desks


def get(desks: Desks, path: str, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(desks.provider.issuer + path, headers=headers, timeout=10).json()


@pytest.mark.parametrize("kind", ["pictures", "advanced", "staff"])
def test_answers_fit_their_description(desks: Desks, kind: str) -> None:
    document = get(desks, "/api/openapi.json")
    people = desks.provider.people
    who = people.staff(school=2) if kind == "staff" else people.pupil(kind, school=2)
    token = token_for(desks, who)
    schemas = document["components"]["schemas"]
    for path, answer in (("/api/me", "Me"), ("/api/me/applications", "Applications")):
        described = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        assert jsonschema_rs.is_valid(described, get(desks, path, token)), answer
    assert jsonschema_rs.is_valid(schemas["Problem"], get(desks, "/api/me"))


def test_every_address_of_the_api_is_described(desks: Desks) -> None:
    document = get(desks, "/api/openapi.json")
    rules = desks.provider.app.url_map.iter_rules()
    routes = {written(rule) for rule in rules if rule.rule.startswith("/api/")}
    assert routes - {"/api/openapi.json", "/api/{path}"} == set(document["paths"])
