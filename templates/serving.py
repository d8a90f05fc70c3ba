"""The static files as each application serves them: from its own origin, under an address that changes with the content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Response, send_from_directory

import templates

STATIC_PATH = "/static"


def design_url(name: str) -> str:
    """The address of a file in design/static, with a fingerprint of its content."""
    return f"{STATIC_PATH}/{name}?v={fingerprint(name)}"


def picture_url(key: str) -> str:
    """The address of one of the pictures of the picture password, such as `fiets`."""
    return design_url(f"pictures/{key}.svg")


@cache
def fingerprint(name: str) -> str:
    root, path = where(name)
    return hashlib.sha256((root / path).read_bytes()).hexdigest()[:12]


def where(name: str) -> tuple[Path, str]:
    folder, _, rest = name.partition("/")
    return (templates.pictures(), rest) if folder == "pictures" else (templates.design_files(), name)


def serve(name: str) -> Response:
    """The view of `/static/<path:name>`; what lies outside of the two folders is not found."""
    response = send_from_directory(*where(name))
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
