"""Each test makes applications of its own: their addresses are worked out once for all that have the same ones.

That was most of the time that making an application took.
"""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from flask import Flask
from werkzeug.routing import Map, Rule, RuleFactory


class SharedMap(Map):
    """Reads its rules when it is first asked. What comes of them depends on the rules alone, not on the application."""

    ready: ClassVar[dict[tuple[Any, ...], Map]] = {}
    one_at_a_time = threading.Lock()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.rules: list[Rule] = []

    def add(self, rulefactory: RuleFactory) -> None:
        self.rules.extend(rulefactory.get_rules(self))
        self._remap = True

    def update(self) -> None:
        if not self._remap:
            return
        with self.one_at_a_time:
            like = self.prepared((*self.converters.values(), *map(said, self.rules)))
            self._matcher, self._rules_by_endpoint = like._matcher, like._rules_by_endpoint
            self._remap = False

    def prepared(self, key: tuple[Any, ...]) -> Map:
        if key not in self.ready:
            made = Map(converters=self.converters)
            for rule in self.rules:
                rule.map = None  # type: ignore[assignment]  # a rule that was added later makes a new map of them all
                made.add(rule)
            made.update()
            self.ready[key] = made
        return self.ready[key]


def said(rule: Rule) -> tuple[Any, ...]:
    """Whatever an application says of an address."""
    return (
        *(rule.rule, rule.endpoint, rule.redirect_to, rule.subdomain, rule.host, rule.strict_slashes),
        *(rule.merge_slashes, rule.build_only, rule.alias, rule.websocket, repr(rule.defaults)),
        *(frozenset(rule.methods or ()), getattr(rule, "provide_automatic_options", None)),
    )


def share() -> None:
    Flask.url_map_class = SharedMap
