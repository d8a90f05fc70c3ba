"""The demonstration's mailbox: every kind of mail, as its reader would get it, with links that can be clicked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from idp.demo import views
from idp.mail import outbox
from idp.mail.records import OutboxMail
from tests.mail.test_letters import KINDS, Read, written
from tests.support.browser import Visitor
from tests.support.provider import Provider


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_of_each_kind_is_there_with_its_links(provider: Provider, visitor: Visitor, kind: str) -> None:
    views.install(provider.app)
    mail = written(provider, kind, KINDS[kind])
    page = visitor.get("/demo/mailbox")
    assert mail.subject in page.text
    assert mail.recipient in page.text
    shown = "".join(page.text.split())
    for line in mail.text.splitlines():
        assert "".join(line.split()) in shown, line
    assert "<img src=https://elsewhere.example" not in page.html
    for link in Read(mail.html).links:
        assert f'href="{link}"' in page.html


def test_a_mail_that_really_went_shows_no_link_any_more(provider: Provider, visitor: Visitor) -> None:
    views.install(provider.app)
    written(provider, "verify_email", KINDS["verify_email"])
    with provider.db() as db:
        outbox.mark_sent(db, db.scalars(select(OutboxMail.id)).one(), provider.clock())
    page = visitor.get("/demo/mailbox")
    assert "wat erin stond, is gewist" in page.text
    assert "/verify-email/" not in page.html


def test_an_empty_mailbox_says_how_to_get_a_mail(provider: Provider, visitor: Visitor) -> None:
    views.install(provider.app)
    assert "Nog geen mails" in visitor.get("/demo/mailbox").text
