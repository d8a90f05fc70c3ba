"""Each test makes an application of its own: what Werkzeug compiles for an address is compiled once for all of them.

That is most of the time that making one takes. What is kept depends on the address alone, and not on the application.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.routing.rules import Rule, RulePart

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

    read: dict[Any, tuple[list[RulePart], Rule]] = {}
    reading = Rule._parse_rule

    def read_once(self: Rule, rule: str) -> Iterable[RulePart]:
        key = (rule, *self.map.converters.values())
        if key not in read:
            blank = Rule(rule)
            blank.map, blank._trace, blank._converters = self.map, [], {}
            read[key] = (list(reading(blank, rule)), blank)
        parts, like = read[key]
        self._trace.extend(like._trace)
        self._converters.update(like._converters)
        self.arguments.update(like.arguments)
        return parts

    Rule._parse_rule = read_once  # type: ignore[method-assign]
