"""The API's description for whoever builds a portal (OpenAPI 3.1), written beside the views that it describes."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
NUMBER = {"type": "integer"}
DATE = {"type": "string", "format": "date"}


def thing(**properties: Any) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def several(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def or_null(kind: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [kind, {"type": "null"}]}


def one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


ENROLMENT = thing(
    school_name=TEXT,
    school_number=NUMBER,
    pupil_number=NUMBER,
    administrative_group=TEXT,
    until=DATE,
    **{"class": TEXT},
)
APPOINTMENT = thing(
    school_number=NUMBER, school_name=TEXT, role=one_of("beheerder", "leerkracht"), pupils=NUMBER
)
ME = thing(
    username=TEXT,
    kind=one_of("basic", "advanced", "staff"),
    password_kind=one_of("text", "pictures"),
    given_name=TEXT,
    family_name=TEXT,
    initials=TEXT,
    greeting=TEXT,
    email=or_null(thing(address=TEXT, verified=FLAG)),
    created_on=DATE,
    must_choose_password=FLAG,
    may_choose_password=FLAG,
    may_link_email=FLAG,
    enrolments=several(ENROLMENT),
    last_sign_in_at=or_null({"type": "string", "format": "date-time"}),
    staff=several(APPOINTMENT),
)
APPLICATION = thing(
    client_id=TEXT,
    name=TEXT,
    description=TEXT,
    logo=or_null({"type": "string", "format": "uri"}),
    open_url={"type": "string", "format": "uri"},
    claims=several(thing(claim=TEXT, purpose=TEXT)),
)
PROBLEM = thing(type=TEXT, title=TEXT, status=NUMBER, foutnummer=TEXT)


def call(summary: str, answer: str, scopes: list[str]) -> dict[str, Any]:
    return {
        "get": {
            "summary": summary,
            "security": [{"token": [scope]} for scope in scopes],
            "responses": {
                "200": {
                    "description": "OK",
                    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer}"}}},
                },
                "401": {"$ref": "#/components/responses/Problem"},
                "403": {"$ref": "#/components/responses/Problem"},
            },
        }
    }


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "LeerID portals",
        "version": "1",
        "description": "For LeerID's own portals: an access token with the scope `leerid:self` or `leerid:school`.",
    },
    "paths": {
        "/api/me": call("Who is signed in", "Me", ["leerid:self", "leerid:school"]),
        "/api/me/applications": call("The applications on the dashboard", "Applications", ["leerid:self"]),
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {"Me": ME, "Applications": thing(applications=several(APPLICATION)), "Problem": PROBLEM},
        "responses": {
            "Problem": {
                "description": "Refused (RFC 9457); `foutnummer` finds it in the logs",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        },
    },
}
