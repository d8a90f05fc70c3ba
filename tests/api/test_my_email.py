"""A pupil's own e-mail address, by the calls that the Leerlingloket makes."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from idp.accounts import lookup
from idp.accounts.records import Account, AuditEvent, OneTimeLink, Person
from idp.authentication import subjects
from idp.mail import budgets
from idp.mail.records import OutboxMail
from tests.api.staff import Caller, signed_in
from tests.authentication.doors import fail, is_in, say_name, say_password
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider

ADDRESS, OTHER = "ardalan@example.org", "anders@example.org"
HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}'


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced")


@pytest.fixture
def caller(provider: Provider, pupil: Made) -> Caller:
    return signed_in(provider, pupil, "leerid:self")


def link(caller: Caller, address: str = ADDRESS) -> requests.Response:
    return caller.ask("PUT", "/api/me/email", json={"email": address})


def drop(caller: Caller) -> requests.Response:
    return caller.ask("DELETE", "/api/me/email")


def shown(caller: Caller) -> tuple[Any, Any]:
    told = caller.told("/api/me")
    return told["email"], told["pending_email"]


def mails(provider: Provider, kind: str = "verify_email") -> list[OutboxMail]:
    with provider.reading() as db:
        wanted = select(OutboxMail).where(OutboxMail.kind == kind)
        return list(db.scalars(wanted.order_by(OutboxMail.created_at)))


def link_in(mail: OutboxMail) -> str:
    found = re.search(r"https?://\S+", mail.text)
    assert found is not None
    return found.group()


def prove(provider: Provider, address: str = ADDRESS) -> str:
    """In a browser where nobody is signed in, such as a telephone's. Answers the page."""
    mail = next(each for each in reversed(mails(provider)) if each.recipient == address)
    phone = Visitor(provider.origin)
    page = phone.get(link_in(mail))
    if page.status == 200:
        page = phone.submit(button="email-submit")
    phone.close()
    return page.text


def proven(provider: Provider, caller: Caller, address: str = ADDRESS) -> None:
    assert link(caller, address).status_code == 200
    assert "Je e-mailadres is bevestigd" in prove(provider, address)


def events(provider: Provider) -> list[str]:
    with provider.reading() as db:
        found = db.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    for each in found:
        assert "@" not in str(each.detail)
    return [each.what for each in found if each.what.startswith("account:email")]


# Linking a first one


def test_R67_R69_R72_an_address_is_noted_and_its_link_is_mailed(
    provider: Provider, pupil: Made, caller: Caller
) -> None:
    assert caller.told("/api/me/email") == {"email": None, "pending_email": None}
    assert link(caller, f" {ADDRESS} ").json() == {"sent_to": ADDRESS, "hours": 24}
    unproven = {"address": ADDRESS, "verified": False}
    assert shown(caller) == (unproven, ADDRESS)
    assert caller.told("/api/me/email") == {"email": unproven, "pending_email": ADDRESS}
    (mail,) = mails(provider)
    assert mail.recipient == ADDRESS
    assert "24 uur geldig" in mail.text
    assert pupil.username in mail.text
    assert "Je e-mailadres is bevestigd" in prove(provider)
    assert shown(caller) == ({"address": ADDRESS, "verified": True}, None)
    assert events(provider) == ["account:email-asked", "account:email-verified"]


def test_R20_R73_OA_66_an_unproven_address_serves_for_nothing(provider: Provider, caller: Caller) -> None:
    """Nor does it keep the one whose address it is from using it."""
    link(caller)
    with provider.reading() as db:
        assert lookup.by_verified_email(db, ADDRESS) is None
    owner = provider.people.pupil("advanced", email=ADDRESS)
    with provider.reading() as db:
        found = lookup.by_verified_email(db, ADDRESS)
        assert found is not None
        assert found.id == owner.account_id


def test_R73_nobody_signs_in_by_an_unproven_address(provider: Provider, pupil: Made, caller: Caller) -> None:
    link(caller)
    visitor = Visitor(provider.origin)
    visitor.get("/login")
    visitor.submit(button="login-next", username=ADDRESS)
    assert "Dat klopt niet." in visitor.submit(button="login-submit", password=pupil.password).text
    prove(provider)
    visitor.get("/login")
    visitor.submit(button="login-next", username=ADDRESS)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.left_for == f"{provider.settings.portals.leerlingloket}/login"
    visitor.close()


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"), ("ardalan", "no_at"), ("a@b", "no_address"), ("a b@example.org", "no_address"),
        ("a@example.org\r\nBcc: b@example.org", "no_address"), (HOSTILE + "@x.be", "no_address"),
        ("<a@example.org>", "no_address"), (f"a@{'x' * 300}.org", "no_address"),
    ],
)  # fmt: skip
def test_R67_what_is_no_address_is_refused_with_the_reason(
    provider: Provider, caller: Caller, typed: str, reason: str
) -> None:
    answer = link(caller, typed)
    assert answer.status_code == 422
    assert answer.json()["reasons"] == [reason]
    assert shown(caller) == (None, None)
    assert mails(provider) == []
    assert events(provider) == []


@pytest.mark.parametrize("kind", ["basic", "pictures"])
def test_R17_R54_a_basic_pupil_has_no_such_calls(provider: Provider, kind: str) -> None:
    caller = signed_in(provider, provider.people.pupil(kind), "leerid:self")
    answers = (caller.get("/api/me/email"), link(caller), caller.post("/api/me/email/resend"), drop(caller))
    assert [each.status_code for each in answers] == [403] * 4
    assert mails(provider) == []


def test_OA_55_OA_66_CV_34_nobody_calls_an_address_proven(provider: Provider, caller: Caller) -> None:
    for body in ({"email": ADDRESS, "verified": True}, {"email": ADDRESS, "email_verified": True}, {}):
        assert caller.ask("PUT", "/api/me/email", json=body).status_code == 400
    assert shown(caller) == (None, None)


# Changing it


def test_R74_a_proven_address_stays_in_use_until_the_new_one_is_proven(
    provider: Provider, caller: Caller
) -> None:
    proven(provider, caller)
    assert link(caller, OTHER).json() == {"sent_to": OTHER, "hours": 24}
    assert shown(caller) == ({"address": ADDRESS, "verified": True}, OTHER)
    with provider.reading() as db:
        assert lookup.by_verified_email(db, ADDRESS) is not None
        assert lookup.by_verified_email(db, OTHER) is None
    assert mails(provider, "email_changed") == [], "nothing changed yet"
    prove(provider, OTHER)
    assert shown(caller) == ({"address": OTHER, "verified": True}, None)


def test_R74_the_old_address_hears_that_it_was_replaced(
    provider: Provider, pupil: Made, caller: Caller
) -> None:
    proven(provider, caller)
    proven(provider, caller, OTHER)
    (notice,) = mails(provider, "email_changed")
    assert notice.recipient == ADDRESS
    for written in (notice.text, notice.html):
        assert pupil.username in written
        assert "Er is nu een ander e-mailadres aan gekoppeld." in written
        assert "Vertel het dan meteen aan je school." in written
        assert OTHER not in written, "where the account went is not told to who may have lost it"
        assert "http" not in written
    assert events(provider).count("account:email-verified") == 2


def test_R74_asking_for_the_own_address_sends_nothing_and_ends_the_question(
    provider: Provider, caller: Caller
) -> None:
    proven(provider, caller)
    link(caller, OTHER)
    assert link(caller, ADDRESS.upper()).json() == {"sent_to": None, "hours": 24}
    assert shown(caller) == ({"address": ADDRESS, "verified": True}, None)
    assert "Deze link werkt niet meer" in prove(provider, OTHER)
    assert [mail.recipient for mail in mails(provider)] == [ADDRESS, OTHER]


def test_PW_29_another_address_makes_the_first_mail_worthless(provider: Provider, caller: Caller) -> None:
    link(caller)
    link(caller, OTHER)
    assert "Deze link werkt niet meer" in prove(provider, ADDRESS)
    assert shown(caller)[1] == OTHER
    assert "bevestigd" in prove(provider, OTHER)


# Sending it again


def test_R71_R72_the_mail_is_sent_again_and_the_link_before_it_is_dead(
    provider: Provider, caller: Caller
) -> None:
    link(caller)
    first = link_in(mails(provider)[0])
    provider.clock.move(minutes=6)
    assert caller.post("/api/me/email/resend").json() == {"sent_to": ADDRESS, "hours": 24}
    assert [mail.recipient for mail in mails(provider)] == [ADDRESS, ADDRESS]
    assert events(provider) == ["account:email-asked"], "an address was given once"
    assert requests.get(first, timeout=10).status_code == 404
    assert "bevestigd" in prove(provider)


def test_R71_nothing_to_prove_is_nothing_to_send(provider: Provider, caller: Caller) -> None:
    assert caller.post("/api/me/email/resend").status_code == 409
    proven(provider, caller)
    assert caller.post("/api/me/email/resend").status_code == 409
    assert len(mails(provider)) == 1


def test_R69_after_a_day_the_pupil_asks_for_another_mail(
    provider: Provider, pupil: Made, caller: Caller
) -> None:
    link(caller)
    provider.clock.move(hours=24, minutes=1)
    assert "Deze link werkt niet meer" in prove(provider)
    again = signed_in(provider, pupil, "leerid:self")
    assert shown(again) == ({"address": ADDRESS, "verified": False}, ADDRESS)
    assert again.post("/api/me/email/resend").status_code == 200
    assert "bevestigd" in prove(provider)


# Taking it away


def test_PR_22_a_dropped_address_is_gone_and_its_owner_hears_it(
    provider: Provider, pupil: Made, caller: Caller
) -> None:
    proven(provider, caller)
    link(caller, OTHER)
    assert drop(caller).status_code == 204
    assert shown(caller) == (None, None)
    (notice,) = mails(provider, "email_changed")
    assert notice.recipient == ADDRESS
    assert "Er is nu geen e-mailadres meer waarmee je je wachtwoord kan herstellen." in notice.text
    assert pupil.username in notice.html
    assert "Deze link werkt niet meer" in prove(provider, OTHER)
    with provider.reading() as db:
        assert db.scalars(select(OneTimeLink)).all() == []
        assert db.get_one(Account, pupil.account_id).email_folded is None
    assert events(provider)[-1] == "account:email-dropped"


def test_OA_46_an_unproven_address_gets_nothing_but_the_link(provider: Provider, caller: Caller) -> None:
    link(caller)
    assert drop(caller).status_code == 204
    assert drop(caller).status_code == 204, "gone is gone"
    assert mails(provider, "email_changed") == []
    assert events(provider) == ["account:email-asked", "account:email-dropped"]


# Who asks, and how often


def test_after_five_minutes_an_address_changes_only_after_signing_in_again(
    provider: Provider, caller: Caller
) -> None:
    """RFC 9470: at a tablet that was left open, nobody takes an account over."""
    link(caller)
    provider.clock.move(minutes=4, seconds=30)
    assert caller.get("/api/me/email").status_code == 200
    provider.clock.move(minutes=1)
    for answer in (caller.get("/api/me/email"), link(caller, OTHER), drop(caller)):
        assert answer.status_code == 401
        assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]
        assert answer.json()["max_age"] == 300
    assert shown(caller)[1] == ADDRESS
    assert caller.post("/api/me/email/resend").status_code == 200, "this takes nothing over"


def test_OA_46_beyond_the_budget_the_answer_is_the_same_and_no_mail_goes(
    provider: Provider, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [link(caller).json() for _ in range(2)]
    good = link_in(mails(provider)[-1])
    with caplog.at_level(logging.WARNING, "leerid.security"):
        answers.append(caller.post("/api/me/email/resend").json())
    assert answers == [{"sent_to": ADDRESS, "hours": 24}] * 3
    assert len(mails(provider)) == 2
    assert "mail:over-budget" in caplog.text
    assert ADDRESS not in caplog.text
    assert requests.get(good, timeout=10).status_code == 200, "what is in the mailbox still works"


def test_OA_46_beyond_the_budget_another_address_is_noted_and_the_old_link_is_dead(
    provider: Provider, caller: Caller
) -> None:
    for number in range(5):
        link(caller, f"adres{number}@example.org")
    last = link_in(mails(provider)[-1])
    assert link(caller, OTHER).json() == {"sent_to": OTHER, "hours": 24}
    assert len(mails(provider)) == 5
    assert shown(caller) == ({"address": OTHER, "verified": False}, OTHER)
    assert requests.get(last, timeout=10).status_code == 404


def test_OA_46_all_pupils_at_the_desk_are_not_one_place(provider: Provider, caller: Caller) -> None:
    """The desk's server asks for each of them: what a school may use up in an hour would be all that there is for all."""
    place = subjects.of_mails_from(provider.keys.lookup, "127.0.0.1")
    with provider.db() as db:
        while budgets.spend(db, {place: budgets.FOR_NETWORK}, provider.clock()):
            pass
    link(caller)
    caller.post("/api/me/email/resend")
    assert [each.recipient for each in mails(provider)] == [ADDRESS, ADDRESS]


def test_OA_66_an_address_of_somebody_else_tells_nothing(provider: Provider, caller: Caller) -> None:
    """Brothers and sisters may share one; and who else has it isn't to be heard from any answer."""
    provider.people.pupil("advanced", email=ADDRESS)
    known, unknown = link(caller), link(caller, OTHER)
    assert (known.status_code, known.json()["hours"]) == (unknown.status_code, unknown.json()["hours"])
    assert set(known.json()) == set(unknown.json())
    assert known.headers.keys() == unknown.headers.keys()
    link(caller)
    assert "bevestigd" in prove(provider)
    assert shown(caller) == ({"address": ADDRESS, "verified": True}, None)
    with provider.reading() as db:
        assert lookup.by_verified_email(db, ADDRESS) is None, "now the username is asked (R20)"
    first, second = mails(provider)[0], mails(provider)[1]
    assert first.subject == second.subject
    assert mails(provider, "email_changed") == []


def test_OA_65_many_changes_at_once_leave_one_link(provider: Provider, caller: Caller) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: link(caller, f"a{n}@example.org"), range(6)))
    assert {each.status_code for each in answers} == {200}
    with provider.reading() as db:
        (only,) = db.scalars(select(OneTimeLink)).all()
        address = only.email
    assert shown(caller) == ({"address": address, "verified": False}, address)
    assert len(mails(provider)) == 5


def test_OA_65_PW_27_proving_and_dropping_at_once_end_in_one_of_both(
    provider: Provider, pupil: Made, caller: Caller
) -> None:
    """And never wait for one another: each holds the account before the link."""
    for _ in range(2):
        link(caller)
        with ThreadPoolExecutor(2) as pool:
            proving, dropping = pool.submit(prove, provider), pool.submit(drop, caller)
            assert dropping.result().status_code == 204
            proving.result()
        assert shown(caller) == (None, None)


# Nobody's name in somebody else's field (OA-39)


def test_OA_39_CV_42_who_gives_anothers_name_or_address_locks_nobody_out(
    provider: Provider, pupil: Made, caller: Caller
) -> None:
    """An address that isn't proven is nobody's; a name is never an address, nor an address a name."""
    proven(provider, caller)
    bully = provider.people.pupil("advanced", school=2)
    theirs = signed_in(provider, bully, "leerid:self")
    assert link(theirs, pupil.username).status_code == 422
    assert link(theirs).status_code == 200
    els = signed_in(provider, provider.people.staff(school=2))
    for name in (ADDRESS, ADDRESS.replace("@", "\uff20"), pupil.username.upper()):
        answer = els.post(f"/api/schools/2/pupils/{bully.number}/username", {"username": name})
        assert answer.status_code in (409, 422), name
    remote = Visitor(provider.issuer)
    say_name(remote, bully.username)
    fail(remote, 12)
    for name in (ADDRESS, pupil.username):
        owner = Visitor(provider.issuer)
        say_name(owner, name)
        assert is_in(say_password(owner, pupil.password), provider), name
        owner.close()
    remote.close()


# What is written


def test_OA_43_CV_14_the_link_names_the_issuer_whatever_host_was_asked(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider()
    caller = signed_in(provider, provider.people.pupil("advanced"), "leerid:self")
    for header in ("X-Forwarded-Host", "X-Forwarded-Server", "Forwarded", "X-Original-Host"):
        value = "host=boos.example" if header == "Forwarded" else "boos.example"
        answer = caller.ask(
            "PUT", "/api/me/email", json={"email": f"{header.lower()}@example.org"}, headers={header: value}
        )
        assert answer.status_code == 200
    refused = caller.ask("PUT", "/api/me/email", json={"email": ADDRESS}, headers={"Host": "boos.example"})
    assert refused.status_code == 400
    assert len(mails(provider)) == 4
    for mail in mails(provider):
        assert link_in(mail).startswith(f"{provider.issuer}/verify-email/")
        assert "boos.example" not in mail.text + mail.html


def test_OA_58_CV_36_hostile_names_and_addresses_are_words_in_a_mail(
    provider: Provider, pupil: Made, caller: Caller
) -> None:
    with provider.db() as db:
        db.execute(update(Person).where(Person.id == pupil.person_id).values(given_name=HOSTILE))
    proven(provider, caller, "o'hara&co=x@example.org")
    proven(provider, caller, OTHER)
    written = [*mails(provider), *mails(provider, "email_changed")]
    assert len(written) == 3
    for mail in written:
        assert "<img" not in mail.html
        assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in mail.html
        assert "\n" not in mail.subject


def test_PW_28_the_database_has_digests_only(provider: Provider, caller: Caller) -> None:
    link(caller)
    token = link_in(mails(provider)[0]).rpartition("/")[2]
    with provider.reading() as db:
        (row,) = db.scalars(select(OneTimeLink)).all()
        assert token not in repr(vars(row))
        assert len(row.digest) == 64
        assert not [each for each in db.scalars(select(AuditEvent)) if token in repr(vars(each))]


def test_R69_the_mail_speaks_the_pupils_language(provider: Provider, pupil: Made, caller: Caller) -> None:
    assert caller.ask("PUT", "/api/me/language", json={"language": "en"}).status_code == 204
    assert caller.told("/api/me")["language"] == "en"
    link(caller)
    (mail,) = mails(provider)
    assert mail.subject != "Bevestig je e-mailadres voor LeerID"
    assert '<html lang="en">' in mail.html


def test_a_language_that_we_do_not_speak_is_refused(provider: Provider, caller: Caller) -> None:
    for body in ({"language": "de"}, {"language": ""}, {"language": None}, {}):
        assert caller.ask("PUT", "/api/me/language", json=body).status_code == 400
    assert caller.told("/api/me")["language"] is None
