"""A new registration as a file: checked before it is written, with a secret that is told once and not kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp.oidc import registration
from idp.oidc.client import ClientFileError
from idp.oidc.protocol import AuthMethod
from idp.oidc.registration import Hosts, Wrong
from idp.tokens.secrets import digest, new_value


@dataclass(frozen=True)
class Written:
    path: Path
    secret: str | None


def write(directory: Path, table: Mapping[str, Any], hosts: Hosts) -> Written:
    """What is empty in `table` is left out. Raises ClientFileError; then no file was made."""
    said = {key: list(each) if isinstance(each, tuple) else each for key, each in table.items() if each}
    path = directory / f"{said['client_id']}.toml"
    secret = new_value() if said.get("token_endpoint_auth_method") in BY_SECRET else None
    if secret is not None:
        said["client_secret_sha256"] = digest(secret)
    try:
        registration.parse(said, path, hosts)
        with path.open("x", encoding="utf-8") as file:
            file.write(toml(said))
    except Wrong as wrong:
        raise ClientFileError(f"{path}: {wrong}") from None
    except FileExistsError:
        raise ClientFileError(f"{path}: is there already") from None
    return Written(path, secret)


BY_SECRET = (None, AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST)


def toml(table: Mapping[str, Any]) -> str:
    """Tables come last: what follows one in a file belongs to it."""
    plain = [f"{key} = {value_of(each)}" for key, each in table.items() if not isinstance(each, Mapping)]
    inner = [
        "\n".join((f"\n[{key}]", *(f"{name} = {value_of(value)}" for name, value in each.items())))
        for key, each in table.items()
        if isinstance(each, Mapping)
    ]
    return "\n".join((*plain, *inner)) + "\n"


def value_of(value: Any) -> str:
    """A text, a number, true or false, or a list of them: JSON writes these as TOML does."""
    return json.dumps(value, ensure_ascii=False)
