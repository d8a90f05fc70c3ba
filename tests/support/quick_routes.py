"""Each test makes an application of its own: what Werkzeug compiles for an address is compiled once for all of them.

That is most of the time that making one takes. What is kept depends on the address alone, and not on the application.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing.rules import Rule

Builder = Callable[..., tuple[str, str]]


def compile_once() -> None:
    compiled: dict[Any, Builder] = {}
    compiling = Rule._compile_builder

    def once(self: Rule, append_unknown: bool = True) -> Builder:
        key = (tuple(self._trace), repr(self.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compiling(self, append_unknown)
        return compiled[key]

    Rule._compile_builder = once  # type: ignore[method-assign]
