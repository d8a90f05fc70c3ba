"""The parameters of a protocol request: each once, none from the wrong place, and bounded (OA-09)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from flask import request
from werkzeug.datastructures import MultiDict

from idp.oidc.errors import ClientError
from idp.oidc.protocol import ErrorCode
from idp.web.errors import ShownError

# Control characters, and what stands where bytes were no UTF-8: neither can be echoed as it came.
UNFIT = re.compile("[\x00-\x1f\x7f\ufffd]")
LONGEST = 2000
LONGER: Mapping[str, int] = {"claims": 4000, "id_token_hint": 8000}


@dataclass(frozen=True)
class Parameters:
    """What was sent. A parameter without a value counts as left out (RFC 6749 section 3.1)."""

    values: Mapping[str, str]
    repeated: frozenset[str] = field(default_factory=frozenset)

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def refuse_repeated(self) -> None:
        """RFC 6749 section 3.1: a parameter sent twice can be read in two ways, so it is read in none."""
        if self.repeated:
            raise ClientError(ErrorCode.INVALID_REQUEST, "a parameter was sent more than once")

    def refuse_too_long(self, *names: str) -> None:
        for name in names:
            if len(self.values.get(name, "")) > LONGER.get(name, LONGEST):
                raise ClientError(ErrorCode.INVALID_REQUEST, f"{name} is too long")

    def refuse_unfit(self, *names: str) -> None:
        """For what is echoed or kept: too long, or with a character that would not come back as it was."""
        self.refuse_too_long(*names)
        for name in names:
            if UNFIT.search(self.values.get(name, "")):
                raise ClientError(ErrorCode.INVALID_REQUEST, f"{name} holds a character that can't be used")

    def only(self, names: Collection[str]) -> Mapping[str, str]:
        return {name: value for name, value in self.values.items() if name in names}


def sent() -> Parameters:
    """Those of the current request: from the query of a GET, or from the form of a POST and nowhere else."""
    if request.method == "POST":
        if request.args:
            raise ShownError(400, "bad-request", "query parameters on a POST")
        return read(request.form)
    return read(request.args)


def read(given: MultiDict[str, str]) -> Parameters:
    values = {name: value for name, value in given.items() if value}
    return Parameters(values, frozenset(name for name, each in given.lists() if len(each) > 1))
