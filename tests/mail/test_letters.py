"""Each kind of mail: its twins say the same, and nothing in it tells anybody that it was opened (PR-16, CV-36)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import templates
from idp.authentication.views import letters
from idp.mail.delivery import deliver_due
from idp.mail.records import OutboxMail
from tests.mail.letters import ARDALAN
from tests.support.mail_server import MailServer, html_of, text_of
from tests.support.provider import Provider

MAILS = Path(templates.__file__).parent / "mail"
HOSTILE = "<img src=https://elsewhere.example/pixel onerror=alert(1)> & {{ 7 * 7 }}"
OURS = "https://id.leerid.example"
MOMENT = "at"

# What each is written with. A new kind belongs here.
KINDS: dict[str, dict[str, Any]] = {
    "verify_email": {
        "given_name": HOSTILE,
        "username": "ardalan.bhatti",
        "link": f"{OURS}/verify-email/abc",
        "hours": 24,
    },
    "email_changed": {"given_name": HOSTILE, "username": "ardalan.bhatti", "dropped": False},
    "email_removed": {"given_name": HOSTILE, "username": "ardalan.bhatti", "school": HOSTILE},
    "reset_password": {
        "minutes": 60,
        "ways": [
            {"given_name": name, "username": f"pupil{number}", "link": f"{OURS}/reset/{number}"}
            for number, name in enumerate(("Emre", HOSTILE))
        ],
    },
    "password_changed": {"given_name": HOSTILE, "username": "ardalan.bhatti", MOMENT: None},
}


class Read(HTMLParser):
    """The words of a mail as HTML, and what a mail program would fetch or open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str | None] = []
        self.in_body = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_body = self.in_body or tag == "body"
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        if self.in_body:
            self.words += data.split()


def written(provider: Provider, kind: str, values: Mapping[str, Any]) -> OutboxMail:
    """As a view or the worker writes it."""
    now = provider.clock()
    given = {name: now if name == MOMENT else value for name, value in values.items()}
    with provider.app.app_context(), provider.db() as db:
        letters.write(db, kind, ARDALAN, language=None, now=now, **given)
    with provider.reading() as db:
        return db.scalars(select(OutboxMail)).one()


def test_every_kind_of_mail_is_in_the_table() -> None:
    assert {each.stem for each in MAILS.iterdir() if each.suffix in (".txt", ".html")} == set(KINDS)
    assert all((MAILS / f"{kind}{twin}").is_file() for kind in KINDS for twin in (".txt", ".html"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_twins_say_the_same(provider: Provider, kind: str) -> None:
    mail = written(provider, kind, KINDS[kind])
    assert Read(mail.html).words == mail.text.split()
    assert (mail.kind, mail.recipient) == (kind, ARDALAN)
    assert 10 < len(mail.subject) < 78
    assert "{" not in mail.text.replace(HOSTILE, "")


@pytest.mark.parametrize("kind", KINDS)
def test_PR_16_a_mail_fetches_nothing_and_its_links_are_ours(provider: Provider, kind: str) -> None:
    html = written(provider, kind, KINDS[kind]).html
    read = Read(html)
    assert read.tags <= {"html", "head", "meta", "title", "body", "p", "a", "ul", "li", "strong", "br"}
    assert read.attributes <= {"lang", "charset", "href"}
    assert re.findall(r"url\(|@import", html) == []
    given = [value for name, value in KINDS[kind].items() if name == "link"]
    assert read.links == given + [way["link"] for way in KINDS[kind].get("ways", [])]


@pytest.mark.parametrize("kind", KINDS)
def test_CV_36_a_name_is_text_in_both_twins_when_it_arrives(
    post: Provider, running: MailServer, kind: str
) -> None:
    mail = written(post, kind, KINDS[kind])
    assert deliver_due(post.app) == 1
    (arrived,) = running.mails
    assert arrived["Subject"] == mail.subject
    assert [part.get_content_type() for part in arrived.walk()][-2:] == ["text/plain", "text/html"]
    assert HOSTILE in text_of(arrived)
    assert "<img" not in html_of(arrived)
    assert "&lt;img src=https://elsewhere.example/pixel" in html_of(arrived)
