"""Who did what with my LeerID: everything of the last twelve months, staff as role and school, nothing of others (PR-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.accounts import history
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.clearing import clear_expired
from idp.schools.concerning import A_PAGE
from idp.schools.records import Enrolment
from idp.tokens.records import AccessToken, Approval
from tests.api.staff import Caller, signed_in
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.statements import counted

SCHOOL, ANOTHER = 2, 5
NAME = "BRUSSEL-STAD - TEST School 2"


@dataclass(frozen=True)
class Scene:
    """A pupil at the Leerlingloket, and the school's beheerder."""

    provider: Provider
    pupil: Made
    self_: Caller
    staff: Made
    desk: Caller

    def one(self, path: str = "") -> str:
        return f"/api/schools/{SCHOOL}/pupils/{self.pupil.number}{path}"

    def events(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.self_.told("/api/me/activity", **query)["events"]
        return found

    def kinds(self) -> list[str]:
        return [each["what"] for each in self.events()]

    def applications(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.self_.told("/api/me/activity")["applications"]
        return found


@pytest.fixture
def scene(provider: Provider) -> Scene:
    people = provider.people
    people.school(SCHOOL, NAME)
    pupil = people.pupil("advanced", school=SCHOOL, class_code="4WE")
    staff = people.staff(school=SCHOOL, given_name="Thomas", family_name="Vermeulen")
    return Scene(
        provider,
        pupil,
        signed_in(provider, pupil, "leerid:self"),
        staff,
        signed_in(provider, staff),
    )


def test_PR_12_a_sign_in_and_what_staff_did_are_there_at_once(scene: Scene) -> None:
    assert scene.kinds() == ["account:signed-in"]
    assert scene.desk.get(scene.one()).ok
    newest = scene.events()[0]
    assert newest["what"] == "pupil:viewed"
    assert newest["by"] == {"role": "beheerder", "school": NAME}
    wish = {"purpose": "renewal", "pupils": [scene.pupil.number]}
    renewal = (
        f"/api/schools/{SCHOOL}/renewals/"
        + scene.desk.post(f"/api/schools/{SCHOOL}/renewals", wish).json()["id"]
    )
    assert scene.desk.post(f"{renewal}/save", {}).ok
    scene.provider.clock.move(minutes=1)
    again = Scene(scene.provider, scene.pupil, comes_back(scene), scene.staff, scene.desk)
    assert again.kinds()[:2] == ["account:signed-in", "account:password-renewed"]


def comes_back(scene: Scene) -> Caller:
    """With a password that the pupil chose after the school's."""
    with scene.provider.db() as db:
        account = db.get_one(Account, scene.pupil.account_id)
        own, kind = Secret(scene.pupil.password), scene.pupil.secret_kind
        scene.provider.people.give_password(account, own, kind, temporary=False)
    return signed_in(scene.provider, scene.pupil, "leerid:self")


def test_PR_12_staff_have_a_role_and_a_school_and_never_a_name(scene: Scene) -> None:
    assert scene.desk.get(scene.one()).ok
    assert scene.desk.get(f"/api/schools/{SCHOOL}/cards.pdf", pupils=scene.pupil.number).ok
    teacher = scene.provider.people.staff(
        school=SCHOOL, role="leerkracht", classes=["4WE"], given_name="Sofie", family_name="Claeys"
    )
    assert signed_in(scene.provider, teacher).get(scene.one()).ok
    answer = scene.self_.get("/api/me/activity")
    told = answer.json()["events"]
    assert [(each["what"], each["by"] and each["by"]["role"]) for each in told] == [
        ("pupil:viewed", "leerkracht"),
        ("card:printed", "beheerder"),
        ("pupil:viewed", "beheerder"),
        ("account:signed-in", None),
    ]
    for secret in (
        "Thomas",
        "Vermeulen",
        "Sofie",
        "Claeys",
        scene.staff.username,
        str(scene.staff.account_id),
    ):
        assert secret not in answer.text


def test_OA_54_OA_57_PR_12_of_a_class_of_others_a_pupil_sees_only_that_it_was_printed(scene: Scene) -> None:
    others = [scene.provider.people.pupil("basic", school=SCHOOL) for _ in range(3)]
    numbers = [scene.pupil.number, *(each.number for each in others)]
    scene.desk.post(f"/api/schools/{SCHOOL}/selection", {"add": numbers})
    assert scene.desk.get(f"/api/schools/{SCHOOL}/cards.pdf").ok
    assert scene.desk.get(f"/api/schools/{SCHOOL}/pupils.xlsx").ok
    assert scene.kinds()[:2] == ["pupils:exported", "card:printed"]
    assert all(each["detail"] == {} for each in scene.events()[:2]), "not who else, nor how many"
    assert scene.desk.get(f"/api/schools/{SCHOOL}/pupils/{others[0].number}").ok
    assert scene.kinds()[0] == "pupils:exported", "what was done about another isn't told"


def test_OA_54_the_same_stamnummer_elsewhere_or_of_before_is_somebody_else(scene: Scene) -> None:
    """A stamnummer means something in its school only, and only since it is this pupil's."""
    people, clock = scene.provider.people, scene.provider.clock
    people.school(ANOTHER)
    people.pupil("basic", school=ANOTHER, pupil_number=scene.pupil.number)
    foreign = signed_in(scene.provider, people.staff(school=ANOTHER))
    assert foreign.get(f"/api/schools/{ANOTHER}/pupils/{scene.pupil.number}").ok
    assert foreign.get(f"/api/schools/{ANOTHER}/cards.pdf", pupils=scene.pupil.number).ok
    printed: dict[str, Any] = {"school_number": SCHOOL, "pupil_number": scene.pupil.number, "request_id": "-"}
    with scene.provider.db() as db:
        history.note(
            db, "card:printed", now=clock() - timedelta(days=90), actor_id=scene.staff.account_id, **printed
        )
        began = clock().date() - timedelta(days=30)
        mine = Enrolment.person_id == scene.pupil.person_id
        db.execute(update(Enrolment).where(mine).values(starts_on=began))
    assert scene.kinds() == ["account:signed-in"]
    with (
        scene.provider.db() as db
    ):  # an event that has the account says since when the number is this pupil's
        history.note(
            db,
            "pupil:viewed",
            now=clock() - timedelta(days=100),
            account_id=scene.pupil.account_id,
            **printed,
        )
    assert sorted(scene.kinds()) == ["account:signed-in", "card:printed", "pupil:viewed"]


def test_PR_12_twelve_months_and_no_more(scene: Scene) -> None:
    with scene.provider.db() as db:
        for days in (364, 366):
            history.note(
                db,
                "account:email-verified",
                now=scene.provider.clock() - timedelta(days=days),
                request_id="-",
                account_id=scene.pupil.account_id,
            )
    assert sorted(scene.kinds()) == ["account:email-verified", "account:signed-in"]


def test_PR_12_page_after_page_nothing_is_missed_or_told_twice(scene: Scene) -> None:
    many = A_PAGE * 2 + 5
    with scene.provider.db() as db:
        for number in range(many):
            history.note(
                db,
                "account:session-ended",
                now=scene.provider.clock(),
                request_id="-",
                account_id=scene.pupil.account_id,
                count=number,
            )
    counts: list[int] = []
    query: dict[str, int] = {}
    while True:
        told = scene.self_.told("/api/me/activity", **query)
        counts += [each["detail"]["count"] for each in told["events"] if "count" in each["detail"]]
        if told["next"] is None:
            break
        query = {"before": told["next"]}
    assert counts == list(range(many - 1, -1, -1))


def test_a_cursor_that_is_none_is_refused(scene: Scene) -> None:
    for before in ("-1", "x", "1.5", str(2**60)):
        assert scene.self_.get("/api/me/activity", before=before).status_code == 400


# Applications


def uses(scene: Scene, client_id: str, **registration: Any) -> str:
    """Signs in there; answers an access token."""
    application = scene.provider.relying_party(client_id, **registration)
    visitor = Visitor(scene.provider.origin)
    asked = application.ask(scope="openid profile leerid")
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=scene.pupil.username)
    page = visitor.submit(button="login-submit", password=scene.pupil.password)
    assert page.left_for is not None, page.text
    tokens = application.exchange(application.code(page.left_for, asked), asked)
    visitor.close()
    return tokens.access_token


def test_PR_12_PR_20_an_application_is_told_with_what_it_got_and_why(scene: Scene) -> None:
    assert scene.applications() == [], "the desk itself is LeerID"
    uses(
        scene,
        "rekenapp",
        name="Rekenrijk",
        claims={"given_name": "Om je te begroeten", "email": "Om te mailen"},
    )
    (told,) = scene.applications()
    assert told["name"] == "Rekenrijk"
    assert told["claims"] == [{"claim": "given_name", "purpose": "Om je te begroeten"}], "what it asked for"
    assert told["shares"] is True
    assert told["first_at"] <= told["last_at"]


def test_PR_12_an_application_stays_in_the_list_when_it_is_no_more_and_its_grant_was_cleared(
    scene: Scene,
) -> None:
    uses(scene, "rekenapp", claims={"given_name": "Om je te begroeten"})
    (told,) = scene.applications()
    scene.provider.unregister("rekenapp")
    scene.provider.clock.move(days=25)
    with scene.provider.reading() as db:
        clear_expired(db, scene.provider.settings, scene.provider.clock)
    again = Scene(
        scene.provider,
        scene.pupil,
        signed_in(scene.provider, scene.pupil, "leerid:self"),
        scene.staff,
        scene.desk,
    )
    assert again.applications() == [
        {
            "client_id": "rekenapp",
            "name": None,
            "first_at": told["first_at"],
            "last_at": told["last_at"],
            "claims": [{"claim": "given_name", "purpose": None}],
            "shares": False,
        }
    ]


def test_PR_20_ending_an_application_s_access_kills_its_tokens_and_asks_anew(scene: Scene) -> None:
    token = uses(scene, "rekenapp", name="Rekenrijk", claims={"given_name": "Om je te begroeten"})
    application = scene.provider.relying_party(
        "rekenapp", name="Rekenrijk", claims={"given_name": "Om je te begroeten"}, approval="notice"
    )
    with scene.provider.db() as db:
        db.add(
            Approval(
                account_id=scene.pupil.account_id,
                client_id="rekenapp",
                scopes=["openid"],
                claims=["given_name"],
                at=scene.provider.clock(),
            )
        )
    assert application.userinfo(token).status_code == 200
    assert scene.self_.ask("DELETE", "/api/me/applications/rekenapp/access").status_code == 204
    assert application.userinfo(token).status_code == 401
    (told,) = scene.applications()
    assert told["shares"] is False
    newest = scene.events()[0]
    assert (newest["what"], newest["detail"]) == ("account:application-ended", {"application": "rekenapp"})
    visitor = Visitor(scene.provider.origin)
    visitor.get(application.ask(scope="openid profile").url)
    visitor.submit(button="login-next", username=scene.pupil.username)
    page = visitor.submit(button="login-submit", password=scene.pupil.password)
    assert page.left_for is None, "the notice is shown again"
    assert "Rekenrijk" in page.text
    visitor.close()


def test_PR_20_only_ones_own_access_and_only_what_there_is(scene: Scene) -> None:
    token = uses(scene, "rekenapp")
    classmate = scene.provider.people.pupil("advanced", school=SCHOOL)
    other = signed_in(scene.provider, classmate, "leerid:self")
    for who, client_id in (
        (other, "rekenapp"),
        (scene.self_, "bestaat-niet"),
        (scene.self_, "leerlingloket"),
    ):
        answer = who.ask("DELETE", f"/api/me/applications/{client_id}/access")
        assert answer.status_code == 404, client_id
    assert scene.provider.relying_party("rekenapp").userinfo(token).status_code == 200
    assert scene.self_.get("/api/me/activity").ok, "and the desk stays open"
    with scene.provider.reading() as db:
        assert db.scalars(select(AccessToken.revoked_at)).all() == [None] * 4


# What it costs


def test_a_page_takes_a_fixed_number_of_questions_to_the_database(scene: Scene) -> None:
    assert scene.desk.get(scene.one()).ok
    with counted(scene.provider.engine) as few:
        assert len(scene.events()) == 2
    for _ in range(5):
        assert scene.desk.get(scene.one()).ok
    with counted(scene.provider.engine) as many:
        assert len(scene.events()) == 7
    assert len(many) == len(few) <= 11, few
    assert not any(statement.startswith(("INSERT", "UPDATE", "DELETE")) for statement in many)
