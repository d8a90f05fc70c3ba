"""Who is in the demonstration, with the plain passwords that no real provider keeps: one file, readable by its owner."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    username: str
    password: str
    kind: str
    state: str
    given_name: str
    family_name: str
    schools: list[int]
    group: str = ""
    class_code: str = ""
    pictures: bool = False
    email: str = ""
    email_verified: bool = False
    handle: str = ""
    featured: bool = False
    role: str = ""
    classes: list[str] = field(default_factory=list)
    totp_secret: str = ""

    @property
    def is_staff(self) -> bool:
        return self.kind == "staff"


def write(path: Path, entries: Iterable[Entry]) -> None:
    write_private_json(path, [asdict(entry) for entry in entries])


def read(path: Path) -> list[Entry]:
    return [Entry(**each) for each in json.loads(path.read_text(encoding="utf-8"))]


def write_private_json(path: Path, content: object) -> None:
    """Beside it first, then in its place: nobody ever reads half of it."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    draft.replace(path)
