"""What the provider asks more for: a recent sign-in, a second factor; and each way in which its API says no."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, request
from werkzeug.datastructures import MultiDict

from portals.kit import pages, session
from portals.kit.files import pass_on
from portals.kit.idp_api import (
    ApiDown,
    ApiRefused,
    IdpApi,
    NotAllowed,
    NotThere,
    Refusal,
    StepUpNeeded,
)
from portals.schoolloket.renewals import kept_ticks
from tests.portals.desks import Desks, finish_login, open_desks, pushed, session_cookie, sign_in
from tests.portals.pressing import passwords, press
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.server import Port

SCHOOL = 2


@pytest.fixture
def desks(open_provider: Callable[..., Provider], tmp_path: Path) -> Iterator[Desks]:
    """Where it is eleven minutes ago. A desk looks at a clock of its own, so what it holds is good for an hour."""
    hour = {"access_seconds": 3600, "id_token_seconds": 3600}
    with open_desks(open_provider, tmp_path, tokens=hour) as opened:
        opened.provider.clock.move(minutes=-11)
        yield opened


def test_after_ten_minutes_a_file_asks_to_sign_in_again_and_comes_back_to_its_page(
    desks: Desks, visitor: Visitor
) -> None:
    """RFC 9470: with everything that was asked still in its place; the file itself is one click further."""
    staff = desks.provider.people.staff(school=SCHOOL)
    home = f"{desks.schoolloket.origin}/schools/{SCHOOL}"
    sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    log = visitor.get(f"{home}/log?what=pupils:listed")
    assert visitor.http.get(log.links["Download als CSV"]).headers["Content-Type"].startswith("text/csv")
    desks.provider.clock.move(minutes=11)
    asked = visitor.get(log.links["Download als CSV"])
    assert asked.url.startswith(desks.provider.issuer)
    assert "login-submit" in asked.ids, "who is there is known: only the password is asked"
    page = finish_login(visitor, staff, asked)
    assert page.url == f"{home}/log?what=pupils%3Alisted&said=table"
    assert "Je bent opnieuw aangemeld." in page.text
    file = visitor.http.get(page.links["Download nu het logboek"])
    assert file.headers["Content-Type"].startswith("text/csv")


def test_who_steps_back_from_signing_in_again_is_still_signed_in(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, desks.provider.people.staff(school=SCHOOL), desks.schoolloket.origin + "/login")
    desks.provider.clock.move(minutes=11)
    visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/log.csv")
    assert visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/log").status == 200


def test_a_sign_in_that_does_not_help_does_not_go_round_for_ever(desks: Desks) -> None:
    with desks.schoolloket.app.test_request_context():
        session.hold(tokens(began_at=1000))
        assert session.asks_anew("/a", now=1002.5), "single sign-on brought an old sign-in: ask"
        session.hold(tokens(began_at=1003))
        assert not session.asks_anew("/a", now=1004.0), "just done, and it didn't help"
        assert session.tokens() is not None, "they stay signed in"
        assert session.asks_anew("/b", now=1004.0), "another page may ask more"
        assert session.asks_anew("/a", now=1700.0)


def tokens(began_at: int) -> session.Tokens:
    return session.Tokens("sub", "access", None, "id_token", began_at, began_at + 300)


def test_where_a_second_factor_is_required_the_provider_is_asked_for_it(
    open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    with open_desks(open_provider, tmp_path, staff={"second_factor": "required"}) as desks:
        with desks.schoolloket.app.test_request_context(f"/schools/{SCHOOL}/log?what=log:read"):
            error = StepUpNeeded(None, "urn:leerid:acr:two-factor")
            answer = desks.schoolloket.app.make_response(desks.schoolloket.app.handle_user_exception(error))
        asked = pushed(desks.provider, answer.headers["Location"])
        assert asked["acr_values"] == "urn:leerid:acr:two-factor"
        assert "max_age" not in asked


# A renewal: what was proposed and ticked is still there after signing in again


def test_after_ten_minutes_new_passwords_are_shown_only_after_signing_in_again(
    desks: Desks, visitor: Visitor
) -> None:
    """And saving asks once more when it takes long: with the ticks as they were, and nothing saved by itself."""
    desks.provider.clock.move(minutes=-11)
    people = desks.provider.people
    staff = people.staff(school=SCHOOL)
    for number in (601, 602):
        people.pupil("basic", school=SCHOOL, pupil_number=number)
    sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    press(visitor, "select-everybody")
    desks.provider.clock.move(minutes=11)
    asked = press(visitor, "renew")
    assert "login-submit" in asked.ids
    preview = finish_login(visitor, staff, asked)
    assert "/renewals/" in preview.url
    assert "LEERLINGEN ZONDER E-MAILADRES Totaal aantal rijen: 2" in preview.text
    desks.provider.clock.move(minutes=11)
    asked = press(visitor, "save-renewal", untick=[602])
    assert "login-submit" in asked.ids
    again = finish_login(visitor, staff, asked)
    assert again.url == f"{preview.url}?without=602"
    assert passwords(again) == passwords(preview)
    boxes = [each for each in again.form("save-renewal").inputs if each.get("name") == "pupil"]
    assert [(each["value"], "checked" in each) for each in boxes] == [("601", True), ("602", False)]
    assert "1 LeerID heeft een nieuw wachtwoord" in press(visitor, "save-renewal").text


def test_when_too_many_were_unticked_to_remember_the_page_says_so(desks: Desks) -> None:
    with desks.schoolloket.app.test_request_context("/schools/2/renewals"):
        shown = ".".join(str(number) for number in range(10_000, 10_030))
        assert kept_ticks(MultiDict({"shown": shown})) == {"again": "yes"}
        assert kept_ticks(MultiDict({"shown": "1.2.3", "pupil": "2"})) == {"without": "1.3"}
        assert kept_ticks(MultiDict({"shown": "1", "pupil": "1"})) == {}


# Where somebody comes back to


def where(desks: Desks, path: str, method: str = "GET", come_back_to: str | None = None) -> str:
    with desks.schoolloket.app.test_request_context(path, method=method):
        if come_back_to is not None:
            pages.come_back_to(come_back_to)
        return pages.here()


def test_a_page_comes_back_with_its_question_and_a_form_to_the_page_above(desks: Desks) -> None:
    one = "/schools/2/renewals/3f0f5a1e-3c1c-4df3-a0f9-3a2b1c5d7e9f"
    assert where(desks, "/schools/2?q=El%20Amrani&page=2") == "/schools/2?q=El%20Amrani&page=2"
    assert where(desks, f"{one}/save", "POST") == one
    assert where(desks, "/schools/2/renewals", "POST") == "/schools/2"
    assert where(desks, "/schools/2/pupils/5/edit", "POST") == "/schools/2/pupils/5/edit"
    assert where(desks, "/logout", "POST") == "/"
    assert where(desks, f"{one}/cards.pdf", come_back_to=f"{one}?said=x") == f"{one}?said=x"


@pytest.mark.parametrize(
    "path",
    [
        "/callback?code=secret&state=x",
        "/login?target_link_uri=//evil.example",
        "/nothing?code=secret",
        "/logged-out?state=x",
    ],
)
def test_OA_04_what_came_with_somebody_elses_question_is_not_repeated(desks: Desks, path: str) -> None:
    assert where(desks, path) in ("/", "/nothing")


def test_OA_04_a_page_to_come_back_to_is_always_one_of_this_desk(desks: Desks) -> None:
    for elsewhere in ("//evil.example", "https://evil.example/", "/\\evil.example", "/%2e%0a\n"):
        assert where(desks, "/schools/2", come_back_to=elsewhere) == "/"


def test_a_question_that_is_too_long_for_the_cookie_is_left_behind(desks: Desks, visitor: Visitor) -> None:
    staff = desks.provider.people.staff(school=SCHOOL)
    home = f"{desks.schoolloket.origin}/schools/{SCHOOL}"
    page = sign_in(visitor, staff, f"{home}/log?actor={'x' * 50}&from=2026-01-01&to={'9' * 150}")
    assert page.url == f"{home}/log"


def test_the_cookie_stays_small_however_often_somebody_is_asked(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, desks.provider.people.staff(school=SCHOOL), desks.schoolloket.origin + "/login")
    desks.provider.clock.move(minutes=11)
    log = f"{desks.schoolloket.origin}/schools/{SCHOOL}/log"
    for which in range(5):
        for length in (150, 400):
            asked = visitor.get(
                f"{log}.csv?actor={which}{'x' * 45}&from=2026-01-01&to=2026-01-01&more={'y' * length}"
            )
            assert "login-submit" in asked.ids
    assert len("__Host-schoolloket_session=" + session_cookie(visitor, "schoolloket")) < 4096


# The API's answers


@pytest.fixture
def answering() -> Iterator[tuple[IdpApi, dict[str, Response]]]:
    """A provider that answers what it is told to, and keeps what it was asked."""
    app, answers, port = Flask("provider"), dict[str, Response](), Port()

    @app.route("/<path:path>", methods=["GET", "POST", "DELETE"])
    def answer(path: str) -> Response:
        answers["asked"] = Response(request.get_data(), content_type=request.content_type)
        answers["query"] = Response(request.query_string)
        return answers["next"]

    port.serve(app)
    yield IdpApi(port.origin), answers
    port.close()


def problem(status: int, *reasons: str, challenge: str = "") -> Response:
    told = {"type": "urn:leerid:problem:not-possible", "status": status, "reasons": list(reasons)}
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return Response(json.dumps(told), status, headers, content_type="application/problem+json")


INVALID = 'Bearer realm="leerid", error="invalid_token"'
TOO_OLD = 'Bearer realm="leerid", error="insufficient_user_authentication", max_age="600"'
TOO_WEAK = 'Bearer realm="leerid", error="insufficient_user_authentication", acr_values="urn:a"'
NOES: list[tuple[Response, type[Exception]]] = [
    (problem(401), ApiRefused),
    (problem(401, challenge=INVALID), ApiRefused),
    (problem(401, challenge="Bearer; ==,,,"), ApiRefused),
    (problem(401, challenge=TOO_OLD), StepUpNeeded),
    (problem(403), NotAllowed),
    (problem(404), NotThere),
    *((problem(status, "taken"), Refusal) for status in (400, 409, 410, 413, 422, 429)),
    (Response("no problem at all", 409), Refusal),
    (problem(415), ApiDown),
    (problem(500), ApiDown),
    (Response(status=302, headers={"Location": "https://evil.example/"}), ApiDown),
    (Response("<html>", 200), ApiDown),
]


def test_each_no_of_the_api_is_known(answering: tuple[IdpApi, dict[str, Response]]) -> None:
    api, answers = answering
    for answer, expected in NOES:
        answers["next"] = answer
        with pytest.raises(expected):
            api.post("/x", "token", {})


def test_a_refusal_has_its_reasons_and_a_step_up_its_wish(
    answering: tuple[IdpApi, dict[str, Response]],
) -> None:
    api, answers = answering
    answers["next"] = problem(422, "taken", "too_long")
    with pytest.raises(Refusal) as refused:
        api.get("/x", "token")
    assert (refused.value.status, refused.value.kind) == (422, "not-possible")
    assert refused.value.reasons == ("taken", "too_long")
    for challenge, wish in ((TOO_OLD, (600, "")), (TOO_WEAK, (None, "urn:a"))):
        answers["next"] = problem(401, challenge=challenge)
        with pytest.raises(StepUpNeeded) as needed:
            api.get("/x", "token")
        assert (needed.value.max_age, needed.value.acr) == wish


def test_what_is_asked_goes_as_it_is(answering: tuple[IdpApi, dict[str, Response]]) -> None:
    api, answers = answering
    answers["next"] = Response(status=204)
    assert api.post("/x", "token", {"é": [1]}) is None
    assert json.loads(answers["asked"].data) == {"é": [1]}
    assert api.send("/x", "token", b"a;b", "text/csv") is None
    assert (answers["asked"].data, answers["asked"].mimetype) == (b"a;b", "text/csv")
    api.delete("/x", "token")
    answers["next"] = Response("[]")
    assert api.get("/x", "token", {"q": "a b&c", "empty": "", "absent": None}) == []
    assert answers["query"].data == b"q=a+b%26c&empty="


def test_a_file_goes_through_in_pieces_and_a_page_never(
    answering: tuple[IdpApi, dict[str, Response]],
) -> None:
    api, answers = answering
    content = b"%PDF" + bytes(200_000)
    named = {"Content-Disposition": 'attachment; filename="kaartjes.pdf"'}
    answers["next"] = Response(content, 200, named, content_type="application/pdf")
    passed = pass_on(api.file("/x", "token"))
    assert passed.headers["Content-Disposition"] == named["Content-Disposition"]
    assert passed.headers["Content-Length"] == str(len(content))
    given = list(passed.iter_encoded())
    assert b"".join(given) == content
    assert len(given) > 1
    answers["next"] = Response("<script>", 200, content_type="text/html")
    with pytest.raises(ApiDown):
        api.file("/x", "token")
