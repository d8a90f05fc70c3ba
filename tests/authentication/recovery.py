"""The road from a lost password to a new one, as the tests of this room walk it."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select

from idp.accounts.records import Account, AuditEvent
from idp.authentication.records import RecoveryRequest
from idp.authentication.views.recovery_mails import answer_waiting
from idp.mail.records import OutboxMail
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

ADDRESS = "ardalan@example.org"
NEW = "Olifant-Op-Bergpad-29"
SENT = "Als dit LeerID een bevestigd e-mailadres heeft, krijg je zo meteen een mail."
GONE = "Deze link werkt niet meer"


def ask(visitor: Visitor, typed: str) -> Page:
    """Says that the password of this name or address is lost."""
    visitor.get("/forgot")
    return visitor.submit(button="forgot-submit", username=typed)


def answer(provider: Provider) -> int:
    """What the worker does in its next round."""
    return answer_waiting(provider.app)


def mails(provider: Provider, kind: str = "reset_password") -> list[OutboxMail]:
    with provider.reading() as db:
        found = select(OutboxMail).where(OutboxMail.kind == kind)
        return list(db.scalars(found.order_by(OutboxMail.created_at, OutboxMail.recipient)))


def links_in(mail: OutboxMail) -> list[str]:
    """The links of a mail, in both of its twins."""
    found = re.findall(r"https?://\S+", mail.text)
    assert all(f'href="{link}"' in mail.html for link in found)
    assert mail.html.count("href=") == len(found)
    return found


def mailed(provider: Provider, visitor: Visitor, typed: str) -> str:
    """The link of whoever lost a password, from the newest mail."""
    ask(visitor, typed)
    assert answer(provider) == 1
    (link,) = links_in(mails(provider)[-1])
    return link


def choose(visitor: Visitor, password: str = NEW) -> Page:
    return visitor.submit(button="password-submit", new_password=password)


def reset(visitor: Visitor, link: str, password: str = NEW) -> Page:
    visitor.get(link)
    return choose(visitor, password)


def is_reset(page: Page) -> bool:
    return page.url.endswith("/reset/done")


def waiting(provider: Provider) -> int:
    with provider.reading() as db:
        return db.scalar(select(func.count()).select_from(RecoveryRequest)) or 0


def change(provider: Provider, who: Made, **columns: Any) -> Made:
    with provider.db() as db:
        account = db.get_one(Account, who.account_id)
        for name, value in columns.items():
            setattr(account, name, value)
    return who


def details(provider: Provider, what: str) -> list[dict[str, Any]]:
    with provider.reading() as db:
        return list(db.scalars(select(AuditEvent.detail).where(AuditEvent.what == what)))
