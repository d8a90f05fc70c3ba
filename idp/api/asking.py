"""What a request says, read once and checked against the view's own description: nothing unknown gets in (OA-09, OA-55)."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, cast

import jsonschema_rs
from flask import current_app, request

from idp.api.describing import Call, Schema
from idp.api.problems import Problem
from idp.web import strict_json

# NUL, which PostgreSQL doesn't take, and halves of characters, which nobody can write.
ODD = re.compile("[\\x00\\ud800-\\udfff]")


def the_body() -> dict[str, Any]:
    """The JSON object of this request. Raises Problem 400."""
    schema = call().body
    assert schema is not None, "the view says which body it takes"
    if request.mimetype != "application/json":
        raise Problem(415)
    try:
        found = strict_json.read(request.get_data())
    except ValueError:
        raise Problem(400, detail="no JSON") from None
    check(found, schema, "the body")
    return cast(dict[str, Any], found)


def the_query() -> dict[str, Any]:
    """The parameters behind the question mark, as text or as whole numbers. Raises Problem 400."""
    known = call().query
    found: dict[str, Any] = {}
    for name, values in request.args.lists():
        if name not in known or len(values) != 1:
            raise Problem(400, detail=f"{name[:40]}: unknown or repeated")
        found[name] = whole_number(values[0]) if known[name]["type"] == "integer" else values[0]
        check(found[name], known[name], name)
    return found


def call() -> Call:
    view: Any = current_app.view_functions[request.endpoint or ""]
    return cast(Call, view.call)


def whole_number(value: str) -> int | str:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else value


def check(value: Any, schema: Schema, where: str) -> None:
    try:
        error = next(validator(json.dumps(schema, sort_keys=True)).iter_errors(value), None)
    except ValueError:  # half a character, or deeper than anything here
        raise Problem(400, detail=f"{where}: not as described") from None
    if error is not None:
        place = "/".join(map(str, error.instance_path))
        raise Problem(400, detail=f"{place[:100] or where}: not as described")
    if not can_be_stored(value):
        raise Problem(400, detail=f"{where}: no text")


def can_be_stored(value: Any) -> bool:
    """Goes no deeper than the description, which the value fits."""
    match value:
        case str():
            return not ODD.search(value)
        case list():
            return all(map(can_be_stored, value))
        case dict():
            return all(map(can_be_stored, value.values()))
        case _:
            return True


@lru_cache(maxsize=256)
def validator(schema: str) -> Any:
    return jsonschema_rs.validator_for(json.loads(schema), validate_formats=True)
