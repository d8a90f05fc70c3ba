"""A mail from its template: a subject and twins of text and HTML, in the language of whom it is for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from idp.mail import outbox
from idp.web.pages import render
from templates.translations import LANGUAGES


def write(
    db: Session,
    kind: str,
    to: str,
    *,
    language: str | None,
    now: datetime,
    expires_at: datetime | None = None,
    **values: Any,
) -> None:
    """Puts the mail `templates/mail/<kind>` in the outbox, in the transaction that causes it.

    The first line of the text is the subject. `language` is what its reader chose; None is Dutch. Works outside of a request
    as well. After `expires_at` (what it says has no use any more) it isn't sent.
    """
    with speaking(language):
        subject, _, text = render(f"mail/{kind}.txt", **values).partition("\n")
        html = render(f"mail/{kind}.html", subject=subject, **values)
    outbox.put(db, kind, to, subject, text.lstrip("\n"), html, now, expires_at)


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Templates speak `language` for a while, and then again whatever the page around it speaks."""
    before = g.get("locale")
    g.locale = language if language in LANGUAGES else "nl"
    try:
        yield
    finally:
        if before is None:
            g.pop("locale")
        else:
            g.locale = before
