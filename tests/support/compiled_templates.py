"""Templates that were compiled once, for every application in this process."""

from __future__ import annotations

from functools import cache
from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """Kept in memory, each with the checksum of its source."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


def share(app: Flask) -> None:
    """Among all applications of its kind: what compiling makes depends on the filters that they have."""
    app.jinja_env.bytecode_cache = of_kind(app.import_name)


@cache
def of_kind(_: str) -> CompiledTemplates:
    return CompiledTemplates()
