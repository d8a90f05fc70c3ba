"""What was said, kept to be shown: one entry for each request and its answer. Never the secret."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests


@dataclass(frozen=True)
class Message:
    """A request, its answer, and what can be read in the tokens that came."""

    title: str
    asked: str
    sent: Mapping[str, Any] = field(default_factory=dict)
    status: str = ""
    answer: str = ""
    tokens: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    at: float = field(default_factory=time.time)


def of(title: str, answered: requests.Response, sent: Mapping[str, Any]) -> Message:
    told = content(answered)
    return Message(
        title,
        asked=f"{answered.request.method} {answered.request.url}",
        sent=sent,
        status=f"{answered.status_code} {answered.reason}",
        answer=pretty(told) if isinstance(told, Mapping) else answered.text,
        tokens={name: taken_apart(value) for name, value in jwts(told)},
    )


def content(answered: requests.Response) -> Any:
    """The object that it holds; nothing when it holds none."""
    try:
        told = answered.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def jwts(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in told.items() if isinstance(value, str) and value.count(".") == 2]


def taken_apart(token: str) -> str:
    """Header and claims of a JWT, unverified: to look at, never to trust."""
    header, claims, _signature = token.split(".")
    return f"{pretty(part(header))}\n{pretty(part(claims))}"


def part(encoded: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError:
        return "(unreadable)"


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
