"""Templates that were compiled once, for every application in this process."""

from __future__ import annotations

from functools import cache

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """Kept in memory. Jinja2 itself checks that the source is still the same."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


def share(app: Flask) -> None:
    """Among all applications of its kind: what compiling makes depends on the filters that they have."""
    app.jinja_env.bytecode_cache = of_kind(app.import_name)


@cache
def of_kind(_: str) -> CompiledTemplates:
    return CompiledTemplates()
