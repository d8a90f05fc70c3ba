"""A pupil's profile, and the e-mail address on it, as the manual shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from idp.accounts.records import Account
from idp.mail.records import OutboxMail
from idp.schools.records import School
from tests.portals.desks import Desks, finish_login, open_desks, sign_in
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

ADDRESS, OTHER = "ardalan.bhatti@mail.be", "ardalan@thuis.example"
AGAIN = "Stuur verificatie e-mail opnieuw"
NOT_YET = (
    "Dit e-mailadres is nog niet geverifieerd en kan nog niet gebruikt worden om je wachtwoord te herstellen."
)
WHY = "Met een e-mailadres kan je gemakkelijk je wachtwoord herstellen indien je dit bent vergeten."
SENT = "We hebben een e-mail verzonden naar je e-mailadres om het te verifiëren."
WHERE_TO = (
    f"We hebben de aanvraag goed ontvangen. Er is een e-mail verzonden naar {ADDRESS} met een verificatie link. "
    "Indien je binnen de 5 minuten geen e-mail ontvangen hebt, zoek dan even in je spamfolder of die daar niet is terecht "
    "gekomen. De verificatie link is 24 uur geldig."
)


def ardalan(desks: Desks, kind: str = "advanced", email: str | None = None) -> Made:
    people = desks.provider.people
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    return people.pupil(
        kind,
        given_name="Ardalan",
        family_name="Bhatti",
        school=2,
        pupil_number=32890,
        active_until=date(2035, 8, 31),
        email=email,
    )


@pytest.fixture
def home(desks: Desks) -> str:
    return desks.leerlingloket.origin


def come_in(desks: Desks, visitor: Visitor, who: Made) -> Page:
    sign_in(visitor, who, desks.leerlingloket.origin + "/login")
    return visitor.get(desks.leerlingloket.origin + "/profile")


def type_address(visitor: Visitor, address: str) -> Page:
    visitor.get("/profile/email")
    return visitor.submit(button="email-submit", email=address)


def mails(desks: Desks) -> list[OutboxMail]:
    with desks.provider.reading() as db:
        return list(db.scalars(select(OutboxMail).order_by(OutboxMail.created_at)))


def prove(desks: Desks) -> None:
    """The newest mail's link, opened on a telephone."""
    found = re.search(r"https?://\S+/verify-email/\S+", mails(desks)[-1].text)
    assert found is not None
    phone = desks.visitor()
    phone.get(found.group())
    assert "bevestigd" in phone.submit(button="email-submit").text
    phone.close()


# What there is to read


def test_R55_R56_both_blocks(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    page = come_in(desks, visitor, pupil)
    for words in (
        "LeerID-accountgegevens",
        f"Gebruikersnaam {pupil.username}",
        "Wachtwoord ••••••••••",
        "E-mailadres",
        "LeerID creatiedatum",
        "School",
        "BRUSSEL-STAD - TEST School 2",
        "Instellingsnummer 2",
        "Stamnummer 32890",
        "Ingeschreven tot 31 augustus 2035",
    ):
        assert words in page.text
    assert pupil.password not in page.html


def test_R55_the_creation_date_is_written_out(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    # Already the 22nd here.
    made = desks.provider.clock().replace(year=2023, month=2, day=21, hour=23, minute=30)
    with desks.provider.db() as db:
        db.execute(update(Account).where(Account.id == pupil.account_id).values(created_at=made))
    assert "LeerID creatiedatum 22 februari 2023" in come_in(desks, visitor, pupil).text


def test_R56_several_schools_each_have_their_block_that_folds(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    desks.provider.people.school(31245, "Basisschool De Vlinder")
    with desks.provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        desks.provider.people.enrol(db, account, 31245, "2A", date(2035, 6, 30))
    page = come_in(desks, visitor, pupil)
    assert "TEST School 2" in page.text
    assert "Basisschool De Vlinder" in page.text
    assert "Ingeschreven tot 30 juni 2035" in page.text
    assert page.html.count('<details class="fold"') == 2
    assert page.html.count('<details class="fold" open>') == 1


def test_R56_without_a_school_it_says_so(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    with desks.provider.db() as db:
        db.execute(update(School).where(School.number == 2).values(closed_at=desks.provider.clock()))
    assert "Je bent nu in geen enkele school ingeschreven." in come_in(desks, visitor, pupil).text


@pytest.mark.parametrize("kind", ["basic", "pictures"])
def test_R4_R17_R54_a_basic_pupil_only_reads_and_is_told_whom_to_ask(
    desks: Desks, visitor: Visitor, home: str, kind: str
) -> None:
    page = come_in(desks, visitor, ardalan(desks, kind))
    assert "Vraag het aan je leerkracht." in page.text
    assert {form.action for form in page.forms} == {"/logout", "/language"}
    assert "Aanpassen" not in page.text
    assert "Voeg een e-mailadres toe" not in page.text
    for path in ("/profile/email", "/profile/email/remove", "/profile/email/sent"):
        assert visitor.get(home + path).url == home + "/profile"


def test_R57_password_and_address_can_be_changed_and_the_password_at_the_provider(
    desks: Desks, visitor: Visitor, home: str
) -> None:
    page = come_in(desks, visitor, ardalan(desks, email=ADDRESS))
    assert page.links["Aanpassen Wachtwoord"] == desks.provider.issuer + "/password"
    assert page.links["Aanpassen E-mailadres"] == home + "/profile/email"
    assert f"E-mailadres {ADDRESS}" in page.text
    assert NOT_YET not in page.text


def test_R57_R58_without_an_address_there_is_one_to_add(desks: Desks, visitor: Visitor, home: str) -> None:
    page = come_in(desks, visitor, ardalan(desks))
    assert page.links["Voeg een e-mailadres toe."] == home + "/profile/email"
    assert WHY in page.text
    assert "Aanpassen E-mailadres" not in page.links
    assert "geverifieerd" not in page.text


def test_the_profile_leads_to_who_did_what(desks: Desks, visitor: Visitor, home: str) -> None:
    for kind in ("basic", "advanced"):
        page = come_in(desks, visitor, desks.provider.people.pupil(kind, school=2))
        (way,) = (url for text, url in page.links.items() if text.startswith("Wie deed wat met mijn LeerID?"))
        assert way == home + "/activity"
        visitor.submit("/logout")


# Adding an address


def test_R67_the_form(desks: Desks, visitor: Visitor, home: str) -> None:
    come_in(desks, visitor, ardalan(desks))
    page = visitor.get("/profile/email")
    assert page.title.startswith("Voeg een e-mailadres toe")
    assert page.links["Annuleer"] == page.links["Terug naar overzicht"] == home + "/profile"
    form = page.form("email-submit")
    (email,) = (each for each in form.inputs if each.get("name") == "email")
    assert (email["type"], email["autocomplete"], email["value"]) == ("email", "email", "")
    for words in ("Voeg een e-mailadres toe", "E-mailadres", "Annuleer", "Bevestig e-mailadres", WHY):
        assert words in page.text


def test_R68_R69_R70_the_pop_up_says_where_the_mail_went(desks: Desks, visitor: Visitor, home: str) -> None:
    come_in(desks, visitor, ardalan(desks))
    page = type_address(visitor, ADDRESS)
    assert page.url == home + "/profile/email/sent"
    assert "Pas je e-mailadres aan" in page.text
    assert f"{SENT} {WHERE_TO}" in page.text
    assert f'<b class="address">{ADDRESS}</b>' in page.html
    assert '<dialog class="dialog" id="email-sent" aria-labelledby="email-sent-title" open>' in page.html
    assert page.links["Ga terug naar je profiel"] == home + "/profile"
    assert '<a class="dialog-close" href="/profile" aria-label="Sluit">' in page.html
    assert "LeerID-accountgegevens" in page.text, "it lies over the profile"
    assert [mail.recipient for mail in mails(desks)] == [ADDRESS]
    assert ADDRESS not in page.url


def test_R71_until_it_is_proven_there_is_a_banner_with_two_ways(
    desks: Desks, visitor: Visitor, home: str
) -> None:
    come_in(desks, visitor, ardalan(desks))
    type_address(visitor, ADDRESS)
    page = visitor.get(home + "/profile")
    assert "Je e-mailadres is nog niet geverifieerd" in page.text
    assert (
        f"We hebben een e-mail verstuurd naar {ADDRESS} om te bevestigen dat het e-mailadres aan je LeerID-profiel wordt "
        "gekoppeld. Je moet deze instructies eerst uitvoeren alvorens je dit e-mailadres kan gebruiken om je wachtwoord te "
        "herstellen." in page.text
    )
    assert page.form("resend-banner").action == "/profile/email/resend"
    assert page.links["Kies een ander e-mailadres"] == home + "/profile/email"
    assert page.text.count(AGAIN) == 2
    prove(desks)
    page = visitor.get(home + "/profile")
    assert "niet geverifieerd" not in page.text
    assert f"E-mailadres {ADDRESS}" in page.text


def test_R72_R73_until_it_is_proven_the_row_says_what_it_cannot_do(
    desks: Desks, visitor: Visitor, home: str
) -> None:
    come_in(desks, visitor, ardalan(desks))
    type_address(visitor, ADDRESS)
    page = visitor.get(home + "/profile")
    assert f"{ADDRESS} Aanpassen E-mailadres {NOT_YET} {AGAIN}" in page.text
    assert page.links["Aanpassen E-mailadres"] == home + "/profile/email"


@pytest.mark.parametrize("button", ["resend-banner", "resend"])
def test_R71_R72_the_mail_is_sent_again(desks: Desks, visitor: Visitor, home: str, button: str) -> None:
    come_in(desks, visitor, ardalan(desks))
    type_address(visitor, ADDRESS)
    visitor.get(home + "/profile")
    page = visitor.submit(button=button)
    assert page.url == home + "/profile/email/sent"
    assert SENT in page.text
    assert [mail.recipient for mail in mails(desks)] == [ADDRESS, ADDRESS]


def test_R71_a_page_that_stayed_open_while_the_link_was_clicked(
    desks: Desks, visitor: Visitor, home: str
) -> None:
    come_in(desks, visitor, ardalan(desks))
    type_address(visitor, ADDRESS)
    prove(desks)
    page = visitor.submit(button="resend")
    assert page.url == home + "/profile"
    assert "niet geverifieerd" not in page.text
    assert len(mails(desks)) == 1
    assert visitor.get(home + "/profile/email/sent").url == home + "/profile", "nothing waits any more"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Vul je e-mailadres in."),
        ("ardalan.bhatti", "In een e-mailadres staat een @. Kijk het nog eens na."),
        ("ardalan@mail", "Dit is geen e-mailadres. Kijk het nog eens na."),
        ("\"'><img src=x onerror=alert(1)>@mail.be", "Dit is geen e-mailadres. Kijk het nog eens na."),
        ("a@b.be\x00", "Dit is geen e-mailadres. Kijk het nog eens na."),
        ("x" * 5000, "In een e-mailadres staat een @. Kijk het nog eens na."),
    ],
)
def test_R67_OA_58_what_was_typed_is_given_back_with_what_is_wrong(
    desks: Desks, visitor: Visitor, typed: str, said: str
) -> None:
    come_in(desks, visitor, ardalan(desks))
    page = type_address(visitor, typed)
    assert page.status == 422
    assert page.title.startswith("Fout:")
    assert said in page.text
    assert page.form("email-submit").fields["email"] == typed[:300]
    assert "<img" not in page.html
    assert mails(desks) == []


# Changing it, or taking it away


def test_R74_an_address_that_was_never_proven_is_mended_in_the_form(
    desks: Desks, visitor: Visitor, home: str
) -> None:
    come_in(desks, visitor, ardalan(desks))
    type_address(visitor, "ardalan.bhatti@mial.be")
    page = visitor.get("/profile/email")
    assert page.title.startswith("Pas je e-mailadres aan")
    assert page.form("email-submit").fields["email"] == "ardalan.bhatti@mial.be"
    type_address(visitor, ADDRESS)
    page = visitor.get(home + "/profile")
    assert ADDRESS in page.text
    assert "mial" not in page.text


def test_R74_a_proven_address_stays_on_the_profile_until_the_other_one_is(
    desks: Desks, visitor: Visitor, home: str
) -> None:
    come_in(desks, visitor, ardalan(desks, email=ADDRESS))
    page = visitor.get("/profile/email")
    assert f"Nu is dit je e-mailadres: {ADDRESS}." in page.text
    assert page.form("email-submit").fields["email"] == ""
    type_address(visitor, OTHER)
    page = visitor.get(home + "/profile")
    assert f"E-mailadres {ADDRESS} Aanpassen E-mailadres Nieuw e-mailadres: {OTHER} {NOT_YET}" in page.text
    assert f"We hebben een e-mail verstuurd naar {OTHER}" in page.text
    prove(desks)
    page = visitor.get(home + "/profile")
    assert f"E-mailadres {OTHER}" in page.text
    assert ADDRESS not in page.text
    assert (mails(desks)[-1].kind, mails(desks)[-1].recipient) == ("email_changed", ADDRESS)


def test_R74_the_own_address_once_more_changes_nothing(desks: Desks, visitor: Visitor) -> None:
    come_in(desks, visitor, ardalan(desks, email=ADDRESS))
    page = type_address(visitor, ADDRESS)
    assert "Dit is al je e-mailadres. Er is niets veranderd." in page.text
    assert mails(desks) == []


def test_PR_22_a_pupil_takes_the_address_away_after_one_more_question(
    desks: Desks, visitor: Visitor, home: str
) -> None:
    come_in(desks, visitor, ardalan(desks, email=ADDRESS))
    page = visitor.get(visitor.get("/profile/email").links["Verwijder mijn e-mailadres"])
    assert ADDRESS in page.text
    assert "dan moet je een nieuw vragen aan je school" in page.text
    assert page.links["Annuleer"] == home + "/profile"
    page = visitor.submit(button="remove-submit")
    assert "Je e-mailadres is verwijderd." in page.text
    assert page.links["Voeg een e-mailadres toe."]
    assert [(mail.kind, mail.recipient) for mail in mails(desks)] == [("email_changed", ADDRESS)]
    assert visitor.get(home + "/profile/email/remove").url == home + "/profile", "nothing to take away"


# Who is still there


@pytest.fixture
def earlier(open_provider: Callable[..., Provider], tmp_path: Path) -> Iterator[Desks]:
    """Where it is six minutes ago. A desk looks at a clock of its own, so what it holds is good for an hour."""
    hour = {"access_seconds": 3600, "id_token_seconds": 3600}
    with open_desks(open_provider, tmp_path, tokens=hour) as opened:
        opened.provider.clock.move(minutes=-6)
        yield opened


def test_R67_who_signed_in_long_ago_does_so_before_typing(earlier: Desks) -> None:
    """RFC 9470: the form asks, so that nothing is typed in vain."""
    visitor, pupil = earlier.visitor(), ardalan(earlier)
    come_in(earlier, visitor, pupil)
    earlier.provider.clock.move(minutes=6)
    asked = visitor.get("/profile/email")
    assert asked.url.startswith(earlier.provider.issuer)
    assert "login-submit" in asked.ids
    page = finish_login(visitor, pupil, asked)
    assert page.url == earlier.leerlingloket.origin + "/profile/email"
    assert SENT in visitor.submit(button="email-submit", email=ADDRESS).text
    visitor.close()


def test_R67_who_takes_long_to_type_signs_in_again_and_nothing_is_sent_by_itself(earlier: Desks) -> None:
    visitor, pupil = earlier.visitor(), ardalan(earlier)
    come_in(earlier, visitor, pupil)
    visitor.get("/profile/email")
    earlier.provider.clock.move(minutes=6)
    asked = visitor.submit(button="email-submit", email=ADDRESS)
    assert "login-submit" in asked.ids
    page = finish_login(visitor, pupil, asked)
    assert "Je bent opnieuw aangemeld. Vul je e-mailadres nog eens in." in page.text
    assert ADDRESS not in page.url
    assert mails(earlier) == []
    visitor.close()


def test_R71_sending_again_asks_nobody_to_sign_in(earlier: Desks) -> None:
    visitor = earlier.visitor()
    come_in(earlier, visitor, ardalan(earlier))
    type_address(visitor, ADDRESS)
    earlier.provider.clock.move(minutes=6)
    visitor.get(earlier.leerlingloket.origin + "/profile")
    assert SENT in visitor.submit(button="resend").text
    assert len(mails(earlier)) == 2
    visitor.close()


def test_OA_32_no_other_site_changes_an_address(desks: Desks, visitor: Visitor, home: str) -> None:
    come_in(desks, visitor, ardalan(desks, email=ADDRESS))
    for path in ("/profile/email", "/profile/email/resend", "/profile/email/remove"):
        assert visitor.post(home + path, {"email": OTHER}).status == 403
    assert mails(desks) == []
