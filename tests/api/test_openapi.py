"""The API's own description says what the API says."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.api.tokens import token_for
from tests.portals.desks import Desks


def get(desks: Desks, path: str, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(desks.provider.issuer + path, headers=headers, timeout=10).json()


def assert_fits(value: Any, schema: dict[str, Any], where: str = "") -> None:
    """The part of JSON Schema that the document uses."""
    if "oneOf" in schema:
        schema = next(each for each in schema["oneOf"] if (each["type"] == "null") == (value is None))
    kinds: dict[str, type[Any]] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    assert type(value) is kinds[schema["type"]], where
    assert value in schema.get("enum", [value]), where
    if schema["type"] == "object":
        assert set(value) == set(schema["required"]) == set(schema["properties"]), where
        for key, each in value.items():
            assert_fits(each, schema["properties"][key], f"{where}.{key}")
    if schema["type"] == "array":
        for each in value:
            assert_fits(each, schema["items"], f"{where}[]")


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
        assert described == {"$ref": f"#/components/schemas/{answer}"}
        assert_fits(get(desks, path, token), schemas[answer], answer)
    assert_fits(get(desks, "/api/me"), schemas["Problem"], "Problem")


def test_every_address_of_the_api_is_described(desks: Desks) -> None:
    document = get(desks, "/api/openapi.json")
    routes = {rule.rule for rule in desks.provider.app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert routes - {"/api/openapi.json", "/api/<path:anything>"} == set(document["paths"])
