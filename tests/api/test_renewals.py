"""New passwords over the API: shown before they are saved, saved in steps, and known to nobody afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from idp.accounts.records import Account, AuditEvent
from idp.api import renewals
from idp.mail.records import OutboxMail
from tests.api.renewing import SCHOOL, Desk, desk_of
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider


@pytest.fixture
def desk(provider: Provider) -> Desk:
    return desk_of(provider)


def events(provider: Provider) -> list[AuditEvent]:
    with provider.reading() as db:
        about_school = AuditEvent.school_number == SCHOOL
        return list(db.scalars(select(AuditEvent).where(about_school).order_by(AuditEvent.id)))


def signs_in(provider: Provider, username: str, password: str) -> str:
    """Where a sign-in with these ends: the text of the page."""
    visitor = Visitor(provider.origin)
    visitor.get(provider.relying_party("probeer").ask().url)
    visitor.submit(button="login-next", username=username)
    page = visitor.submit(button="login-submit", password=password)
    visitor.close()
    return "in" if page.left_for else page.text


def seed_pupils(provider: Provider) -> dict[str, Made]:
    """The three of the manual (001:240-262)."""
    people = provider.people
    return {
        "bockstal": people.pupil(
            "advanced", given_name="Amani", family_name="Bockstal", school=SCHOOL, pupil_number=80240
        ),
        "bhatti": people.pupil(
            "advanced", given_name="Ardalan", family_name="Bhatti", school=SCHOOL, pupil_number=32890
        ),
        "boeren": people.pupil(
            "advanced", given_name="Butrint", family_name="Boeren", school=SCHOOL, pupil_number=47727,
            username="butrint.boeren1", email="tijs.boerens@ond.vlaanderen.be",
        ),
    }  # fmt: skip


def test_R101_R102_R105_the_manuals_three_are_shown_before_anything_is_saved(
    provider: Provider, desk: Desk
) -> None:
    seed_pupils(provider)
    told = desk.look(desk.propose([80240, 32890, 47727, 11]))
    assert (told["purpose"], told["state"], told["done"], told["total"]) == ("renewal", "proposed", 0, 2)
    assert [(row["given_name"], row["pupil_number"], row["username"]) for row in told["rows"]] == [
        ("Ardalan", 32890, "ardalan.bhatti"),
        ("Amani", 80240, "amani.bockstal"),
    ]
    for row in told["rows"]:
        assert len(row["password"]) == 8
        assert (row["account_kind"], row["secret_kind"]) == ("advanced", "text")
        assert (row["ticked"], row["done"], row["is_new"]) == (True, False, False)
    assert told["with_email"] == [
        {
            "pupil_number": 47727,
            "given_name": "Butrint",
            "family_name": "Boeren",
            "username": "butrint.boeren1",
            "email": "t*****s@ond.vlaanderen.be",
        }
    ]
    assert told["left_out"] == [
        {"pupil_number": 11, "given_name": "", "family_name": "", "reason": "not_found"}
    ]


def test_R103_R107_R109_after_saving_the_same_passwords_are_told_and_open(
    provider: Provider, desk: Desk
) -> None:
    pupils = seed_pupils(provider)
    renewal = desk.propose([80240, 32890, 47727])
    shown = {row["pupil_number"]: row["password"] for row in desk.look(renewal)["rows"]}
    assert signs_in(provider, "ardalan.bhatti", pupils["bhatti"].password) == "in"
    assert desk.save(renewal) == {"done": 2, "total": 2, "state": "saved"}
    told = desk.look(renewal)
    assert {row["pupil_number"]: row["password"] for row in told["rows"]} == shown
    assert all(row["done"] for row in told["rows"])
    assert "Pas je wachtwoord aan" in signs_in(provider, "ardalan.bhatti", shown[32890])
    assert signs_in(provider, "butrint.boeren1", pupils["boeren"].password) == "in"


def test_R103_a_row_can_be_unticked(provider: Provider, desk: Desk) -> None:
    pupils = seed_pupils(provider)
    renewal = desk.propose([80240, 32890])
    assert desk.save(renewal, [80240])["total"] == 1
    rows = {row["pupil_number"]: row for row in desk.look(renewal)["rows"]}
    assert (rows[80240]["ticked"], rows[80240]["done"]) == (True, True)
    assert (rows[32890]["ticked"], rows[32890]["done"], rows[32890]["password"]) == (False, False, "")
    assert signs_in(provider, "ardalan.bhatti", pupils["bhatti"].password) == "in"


def test_R84_R85_the_selection_of_this_sign_in_is_renewed(provider: Provider, desk: Desk) -> None:
    seed_pupils(provider)
    desk.post("selection", {"add": [32890, 80240]})
    assert len(desk.look(desk.propose("selected"))["rows"]) == 2
    another = desk_of(provider)
    refused = another.post("renewals", {"purpose": "renewal", "pupils": "selected"})
    assert (refused.status_code, refused.json()["reasons"]) == (422, ["nobody"])


def test_R6_the_kind_of_basic_passwords_is_chosen_until_it_is_saved(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    renewal = desk.propose([pupil.number], basic_secret="text")
    assert desk.post(f"{renewal}/basic-secret", {"basic_secret": "pictures"}).status_code == 204
    told = desk.look(renewal)
    assert (told["basic_secret"], told["rows"][0]["secret_kind"]) == ("pictures", "pictures")
    assert len(told["rows"][0]["password"]) == 4
    desk.save(renewal)
    assert desk.post(f"{renewal}/basic-secret", {"basic_secret": "text"}).status_code == 409
    assert desk.look(renewal)["rows"][0]["secret_kind"] == "pictures"


def test_R2_a_class_is_activated(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.enrolled_only(given_name="Jade", family_name="Maes", school=SCHOOL)
    renewal = desk.renew([pupil.pupil_number], "activation")
    (row,) = desk.look(renewal)["rows"]
    assert (row["username"], row["is_new"], row["account_kind"]) == ("jade.maes", True, "basic")
    assert signs_in(provider, "jade.maes", row["password"]) == "in"
    told = desk.get(f"pupils/{pupil.pupil_number}").json()
    assert told["account"]["card_address"].startswith(f"{provider.issuer}/k/")


def test_R94_R97_a_username_and_a_password_change_together(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    renewal = desk.propose([pupil.number], new_username="zonne.bloem")
    assert desk.look(renewal)["new_username"] == "zonne.bloem"
    desk.save(renewal)
    (row,) = desk.look(renewal)["rows"]
    assert signs_in(provider, "zonne.bloem", row["password"]) == "in"


def test_R21_R22_R23_a_username_that_can_not_be_is_refused_with_the_reason(
    provider: Provider, desk: Desk
) -> None:
    provider.people.pupil("basic", username="iemand.anders")
    pupil = provider.people.pupil("basic", school=SCHOOL)
    refused = {"a@b": ["has_at"], "x" * 51: ["too_long"], "": ["empty"], "iemand.anders": ["taken"]}
    for username, reasons in refused.items():
        wish = {"purpose": "renewal", "pupils": [pupil.number], "new_username": username}
        answer = desk.post("renewals", wish)
        assert (answer.status_code, answer.json()["reasons"]) == (422, reasons)


def test_R106_R114_R115_PW_25_removing_an_address_gives_a_password_and_tells_the_address(
    provider: Provider, desk: Desk
) -> None:
    pupil = seed_pupils(provider)["boeren"]
    renewal = desk.renew([47727], "email_removal")
    (row,) = desk.look(renewal)["rows"]
    with provider.reading() as db:
        (mail,) = db.scalars(select(OutboxMail)).all()
        account = db.get_one(Account, pupil.account_id)
    assert (account.email, account.temporary_until is None) == (None, False)
    assert mail.recipient == "tijs.boerens@ond.vlaanderen.be"
    for part in (mail.subject, mail.text, mail.html):
        assert row["password"] not in part
        assert "e-mailadres" in part
    for part in (mail.text, mail.html):
        assert "butrint.boeren1" in part
        assert "(2)" in part
    told = desk.get("pupils/47727").json()
    assert (told["account"]["email"], told["account"]["must_choose_password"]) == (None, True)
    assert "Pas je wachtwoord aan" in signs_in(provider, "butrint.boeren1", row["password"])


def test_PW_22_what_is_dropped_changes_nothing_and_is_gone(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    renewal = desk.propose([pupil.number])
    assert desk.delete(renewal).status_code == 204
    answers = [desk.get(renewal), desk.delete(renewal), desk.post(f"{renewal}/save")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert signs_in(provider, pupil.username, pupil.password) == "in"


def test_R95_PW_22_OA_55_a_posted_password_is_refused(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    renewal = desk.propose([pupil.number])
    posted: list[tuple[str, dict[str, Any]]] = [
        ("renewals", {"purpose": "renewal", "pupils": [pupil.number], "password": "abc123"}),
        ("renewals", {"purpose": "renewal", "pupils": [pupil.number], "passwords": {"1": "abc123"}}),
        (f"{renewal}/basic-secret", {"basic_secret": "text", "password": "abc123"}),
        (f"{renewal}/save", {"pupils": [pupil.number], "password": "abc123"}),
        (f"{renewal}/save", {"pupils": [pupil.number], "seed": "00" * 32}),
    ]
    assert [desk.post(path, body).status_code for path, body in posted] == [400] * len(posted)
    assert signs_in(provider, pupil.username, pupil.password) == "in"


def test_OA_61_everything_is_witnessed_without_a_password(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    renewal = desk.propose([pupil.number])
    desk.look(renewal)
    desk.save(renewal)
    desk.delete(desk.propose([pupil.number]))
    found = events(provider)
    assert [event.what for event in found] == [
        "renewal:proposed", "renewal:viewed", "account:password-renewed", "renewal:saved",
        "renewal:proposed", "renewal:cancelled",
    ]  # fmt: skip
    assert found[0].detail["pupils"] == [pupil.number]
    assert found[2].pupil_number == pupil.number
    assert all(event.actor_id and event.school_number == SCHOOL for event in found)


def test_it_answers_at_once_what_takes_several_steps(provider: Provider, desk: Desk) -> None:
    """Each call works for about a second and says how far it is; the first one doesn't do them all."""
    numbers = provider.people.many(30, school=SCHOOL)
    renewal = desk.propose(numbers)
    with pytest.MonkeyPatch.context() as hurry:
        hurry.setattr(renewals, "STEP_SECONDS", 0.0)
        answer = desk.post(f"{renewal}/save").json()
    assert answer["state"] == "saving"
    assert 0 < answer["done"] < answer["total"] == 30
    assert desk.look(renewal)["state"] == "saving"
    assert desk.save(renewal) == {"done": 30, "total": 30, "state": "saved"}
