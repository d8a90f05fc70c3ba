"""What each call takes and answers, said once beside its view: requests are checked by it, and OpenAPI 3.1 is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask
from werkzeug.routing import Rule

from idp.web.forms import open_to_other_sites

View = TypeVar("View", bound=Callable[..., Any])
Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
DATE: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
URI: Schema = {"type": "string", "format": "uri"}
IDENTIFIER: Schema = {"type": "string", "format": "uuid"}
# A stamnummer, an instellingsnummer or a page: positive, and small enough for every database's integer.
COUNTED: Schema = {"type": "integer", "minimum": 0, "maximum": 2_147_483_647}


def thing(*, may_have: Mapping[str, Schema] | None = None, **properties: Schema) -> Schema:
    """An object with exactly these properties; `may_have` are those that may be absent."""
    return {
        "type": "object",
        "properties": {**properties, **(may_have or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def several(items: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": items, **({"maxItems": most} if most is not None else {})}


def or_null(kind: Schema) -> Schema:
    return {"oneOf": [kind, {"type": "null"}]}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def text(longest: int, shortest: int = 0) -> Schema:
    return {"type": "string", "minLength": shortest, "maxLength": longest}


@dataclass(frozen=True)
class File:
    """An answer that is no JSON: its media type."""

    media_type: str


@dataclass(frozen=True)
class Call:
    """One view, described."""

    summary: str
    answer: Schema | File | None
    scopes: tuple[str, ...]
    status: int = 200
    body: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()
    media_type: str = "application/json"  # of the body; several with a comma between them


def described(
    summary: str,
    answer: Schema | File | None,
    *,
    scopes: Iterable[str],
    status: int = 200,
    body: Schema | None = None,
    query: Mapping[str, Schema] | None = None,
    refusals: Iterable[int] = (),
    media_type: str = "application/json",
) -> Callable[[View], View]:
    """Describes the view. `answer` None: no content, so say status 204. `query`: the parameters it knows, all optional.

    A view that is called with a token needs no form's token: a foreign site has no access token of anybody's.
    """
    call = Call(summary, answer, tuple(scopes), status, body, query or {}, tuple(refusals), media_type)

    def describe(view: View) -> View:
        view.call = call  # type: ignore[attr-defined]
        return open_to_other_sites(view)

    return describe


def calls(app: Flask) -> Iterable[tuple[Rule, str, Call]]:
    """Each described address with its method, in the order of the addresses."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        call = getattr(app.view_functions.get(rule.endpoint), "call", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if call is not None:
                yield rule, method, call


PROBLEM = thing(
    type=TEXT,
    title=TEXT,
    status=NUMBER,
    foutnummer=TEXT,
    may_have={"detail": TEXT, "reasons": several(TEXT), "max_age": NUMBER},
)


def document(app: Flask) -> Schema:
    """OpenAPI 3.1 of everything that is described."""
    paths: dict[str, Schema] = {}
    for rule, method, call in calls(app):
        paths.setdefault(written(rule), {})[method.lower()] = operation(rule, method, call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LeerID portals",
            "version": "1",
            "description": "For LeerID's own portals: an access token with the scope `leerid:self` or `leerid:school`.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "portal": {"type": "http", "scheme": "basic"},
            },
            "schemas": {"Problem": PROBLEM},
            "responses": {
                "Problem": {
                    "description": "Refused (RFC 9457); `foutnummer` finds it in the logs",
                    "content": {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                    },
                }
            },
        },
    }


def operation(rule: Rule, method: str, call: Call) -> Schema:
    ok: Schema = {"description": "OK"}
    match call.answer:
        case File(media_type):
            ok["content"] = {media_type: {"schema": {"type": "string", "format": "binary"}}}
        case dict():
            ok["content"] = {"application/json": {"schema": call.answer}}
        case None:
            pass
    refusals = {401, 403, *call.refusals}
    if call.query or call.body:
        refusals.add(400)
    if call.body:
        refusals.update({413, 415})
    if rule.arguments:
        refusals.add(404)
    found: Schema = {
        "operationId": f"{method.lower()}_{rule.endpoint.rpartition('.')[2]}",
        "summary": call.summary,
        # A call for which nobody needs to be signed in is one that a portal makes for itself.
        "security": [{"token": [scope]} for scope in call.scopes] or [{"portal": []}],
        "parameters": [*path_parameters(rule), *query_parameters(call)],
        "responses": {
            str(call.status): ok,
            **{str(status): {"$ref": "#/components/responses/Problem"} for status in sorted(refusals)},
        },
    }
    if call.body is not None:
        kinds = call.media_type.split(", ")
        found["requestBody"] = {"required": True, "content": {each: {"schema": call.body} for each in kinds}}
    return found


# As Flask writes it: `<int:number>`, or `<handle>`.
IN_PATH = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
KINDS: Mapping[str, Schema] = {"int": COUNTED, "uuid": IDENTIFIER}
# Of words the name says more than the kind.
WORDS: Mapping[str, Schema] = {"client_id": {"type": "string", "pattern": "^[a-z0-9._-]{1,100}$"}}


def path_parameters(rule: Rule) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": WORDS.get(name) or KINDS.get(kind, TEXT)}
        for kind, name in IN_PATH.findall(rule.rule)
    ]


def query_parameters(call: Call) -> list[Schema]:
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in call.query.items()
    ]


def written(rule: Rule) -> str:
    """OpenAPI writes `{number}`."""
    return IN_PATH.sub(r"{\g<name>}", rule.rule)
