"""What could not be delivered is there for the operators: why, and to whom behind a mask; never what a mail said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from idp.clearing import clear_expired
from idp.database import writing
from idp.mail import outbox
from idp.oidc.records import LogoutNotice
from tests.api.staff import Caller, signed_in
from tests.api.test_imports import an_operator
from tests.support.provider import Provider

UNDELIVERED = "/api/operators/undelivered"


@pytest.fixture
def operator(provider: Provider) -> Caller:
    return signed_in(provider, an_operator(provider))


def given_up(
    provider: Provider,
    error: str | None,
    *,
    kind: str = "verify_email",
    ago: timedelta = timedelta(),
    expires: timedelta | None = None,
) -> None:
    """A mail that was given up so long ago, an hour after it was written and tried once."""
    gave_up = provider.clock() - ago
    written = gave_up - timedelta(hours=1)
    until = written + expires if expires else None
    with provider.db() as db:
        number = outbox.put(
            db, kind, "thomas.peeters@ond.vlaanderen.be", "Geheim", "Geheim", "", written, until
        )
        db.flush()
        (letter,) = outbox.due(db, provider.clock())
        outbox.take(db, letter, gave_up)
        outbox.give_up(db, number, gave_up, error)


def given_up_notice(provider: Provider, client_id: str, *, ago: timedelta = timedelta()) -> None:
    at = provider.clock() - ago
    with provider.db() as db:
        db.add(
            LogoutNotice(
                id=uuid4(),
                client_id=client_id,
                subject="a-subject",
                sid="a-session",
                created_at=at - timedelta(hours=24),
                due_at=at,
                tries=9,
                gave_up_at=at,
            )
        )


def told(operator: Caller) -> Any:
    return operator.told(UNDELIVERED)


def test_where_everything_arrives_there_is_nothing(provider: Provider, operator: Caller) -> None:
    assert told(operator) == {"mails": [], "notices": [], "waiting": {"mails": 0, "since": None}}


def test_a_mail_that_was_given_up_says_why_and_shows_no_address(provider: Provider, operator: Caller) -> None:
    given_up(provider, "refused SMTPRecipientsRefused 550")
    answer = operator.get(UNDELIVERED)
    (mail,) = answer.json()["mails"]
    assert mail.pop("gave_up_at") > mail.pop("created_at")
    assert mail == {
        "kind": "verify_email",
        "recipient": "t*****s@ond.vlaanderen.be",
        "tries": 1,
        "why": "refused",
        "error": "SMTPRecipientsRefused 550",
    }
    assert "thomas" not in answer.text
    assert "Geheim" not in answer.text


@pytest.mark.parametrize(
    ("error", "expires", "why"),
    [
        ("refused SMTPDataError 554", None, "refused"),
        ("refused SMTPDataError 554", timedelta(hours=24), "refused"),
        ("later SMTPRecipientsRefused 452", None, "later"),
        ("away TimeoutError", None, "away"),
        ("away TimeoutError", timedelta(minutes=60), "expired"),
        (None, timedelta(minutes=60), "expired"),
        (None, None, "away"),  # each worker that tried it died
    ],
)
def test_why_it_was_given_up(
    provider: Provider, operator: Caller, error: str | None, expires: timedelta | None, why: str
) -> None:
    given_up(provider, error, expires=expires)
    assert [mail["why"] for mail in told(operator)["mails"]] == [why]


def test_FT_20_an_application_that_never_heard_of_a_signing_out(provider: Provider, operator: Caller) -> None:
    provider.relying_party("leesplezier", name="Leesplezier")
    given_up_notice(provider, "leesplezier", ago=timedelta(days=2))
    given_up_notice(provider, "unregistered-since", ago=timedelta(days=1))
    answer = operator.get(UNDELIVERED)
    notices = answer.json()["notices"]
    assert [(each["application"], each["tries"]) for each in notices] == [
        ("unregistered-since", 9),
        ("Leesplezier", 9),
    ], "newest first"
    assert "a-subject" not in answer.text


def test_PR_08_they_are_there_for_thirty_days_and_cleared_after_that(
    provider: Provider, operator: Caller
) -> None:
    provider.relying_party("leesplezier")
    for days in (29, 31):
        given_up(provider, "away TimeoutError", ago=timedelta(days=days))
        given_up_notice(provider, "leesplezier", ago=timedelta(days=days))
    before = told(operator)
    assert (len(before["mails"]), len(before["notices"])) == (1, 1)
    with provider.reading() as db:
        cleared = clear_expired(db, provider.settings, provider.clock)
    assert (cleared["outbox_mails"], cleared["logout_notices"]) == (1, 1)
    assert told(operator) == before


def test_a_mail_that_still_waits_is_counted_and_not_listed(provider: Provider, operator: Caller) -> None:
    first = provider.clock() - timedelta(hours=2)
    with provider.db() as db:
        for at in (provider.clock(), first):
            outbox.put(db, "verify_email", "thomas@example.org", "Hallo", "", "", at)
    answer = told(operator)
    assert answer["mails"] == []
    assert answer["waiting"] == {"mails": 2, "since": first.isoformat(timespec="seconds")}


def test_a_mail_that_arrived_is_nobodys_business(provider: Provider, operator: Caller) -> None:
    with provider.db() as db:
        number = outbox.put(db, "verify_email", "thomas@example.org", "Hallo", "", "", provider.clock())
        db.flush()
        writing(db)
        outbox.mark_sent(db, number, provider.clock())
    assert told(operator) == {"mails": [], "notices": [], "waiting": {"mails": 0, "since": None}}
