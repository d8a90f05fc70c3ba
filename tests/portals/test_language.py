"""The language of whoever is signed in: chosen once, spoken at both desks and in mails."""

from __future__ import annotations

from sqlalchemy import update

from idp.accounts.records import Account
from tests.portals.desks import Desks, sign_in
from tests.support.browser import Visitor
from tests.support.people import Made


def chosen(desks: Desks, who: Made) -> str | None:
    with desks.provider.reading() as db:
        return db.get_one(Account, who.account_id).language


def choose_before(desks: Desks, who: Made, language: str) -> None:
    """On another device, long ago."""
    with desks.provider.db() as db:
        db.execute(update(Account).where(Account.id == who.account_id).values(language=language))


def speaks(page_html: str) -> str:
    return page_html.partition('<html lang="')[2][:2]


def test_what_a_pupil_chooses_is_kept_for_mails_and_other_devices(desks: Desks, visitor: Visitor) -> None:
    pupil = desks.provider.people.pupil("advanced", school=2)
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    assert chosen(desks, pupil) is None
    page = visitor.submit("/language", language="en")
    assert speaks(page.html) == "en"
    assert chosen(desks, pupil) == "en"


def test_pages_speak_what_somebody_chose_before(desks: Desks, visitor: Visitor) -> None:
    """The choice was made after this sign-in began, so no cookie of here knows it."""
    pupil = desks.provider.people.pupil("advanced", school=2)
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    choose_before(desks, pupil, "fr")
    for path in ("/", "/profile", "/profile/email"):
        page = visitor.get(desks.leerlingloket.origin + path)
        assert speaks(page.html) == "fr", path
        assert 'value="fr" lang="fr" aria-label="FR, Français" aria-current="true"' in " ".join(
            page.html.split()
        )


def test_what_was_chosen_on_this_device_wins(desks: Desks, visitor: Visitor) -> None:
    pupil = desks.provider.people.pupil("advanced", school=2)
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    visitor.submit("/language", language="en")
    choose_before(desks, pupil, "fr")
    assert speaks(visitor.get(desks.leerlingloket.origin + "/").html) == "en"


def test_staff_are_spoken_to_as_they_wish_too(desks: Desks, visitor: Visitor) -> None:
    staff = desks.provider.people.staff(school=2)
    home = desks.schoolloket.origin
    sign_in(visitor, staff, home + "/login")
    choose_before(desks, staff, "fr")
    assert speaks(visitor.get(home + "/schools/2").html) == "fr"
    assert speaks(visitor.get(home + "/schools/2/pupils/99999").html) == "fr", (
        "also where something isn't there"
    )
    visitor.get(home + "/schools")
    visitor.submit("/language", language="en")
    assert chosen(desks, staff) == "en"


def test_a_visitor_chooses_for_this_device_only(desks: Desks, visitor: Visitor) -> None:
    pupil = desks.provider.people.pupil("advanced", school=2)
    visitor.get(desks.leerlingloket.origin + "/")
    assert speaks(visitor.submit("/language", language="en").html) == "en"
    assert chosen(desks, pupil) is None


def test_FT_the_language_changes_while_the_provider_is_down(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, desks.provider.people.pupil("advanced"), desks.leerlingloket.origin + "/login")
    token = visitor.get("/").form("/language").fields["csrf_token"]
    desks.provider.ports[0].close()
    answer = visitor.http.post(
        desks.leerlingloket.origin + "/language",
        data={"language": "en", "csrf_token": token, "return_to": "/profile"},
        allow_redirects=False,
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/profile")
    assert answer.cookies["leerlingloket_language"] == "en"


def test_FT_the_language_changes_after_the_sign_in_ended(desks: Desks, visitor: Visitor) -> None:
    pupil = desks.provider.people.pupil("advanced")
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    visitor.get("/")
    with desks.provider.db() as db:
        ended = update(Account).where(Account.id == pupil.account_id)
        db.execute(ended.values(sign_ins_count_from=desks.provider.clock()))
    visitor.submit("/language", language="en")
    assert visitor.cookie("leerlingloket_language") == "en"
    assert chosen(desks, pupil) is None
