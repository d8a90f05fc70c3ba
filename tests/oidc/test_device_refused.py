"""What a board, a supplier or a pupil must not get out of the device grant (RFC 8628 section 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from sqlalchemy import func, select, update

from idp.accounts.records import Account
from idp.oidc.device import guessing, user_codes
from idp.tokens.records import AccessToken, DeviceGrant, GrantFamily
from tests.oidc.boards import (
    GRANT,
    Board,
    on_board,
    say_yes,
    sign_in,
    start,
    to_the_question,
    try_start,
    type_code,
)
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, read_tokens

NewVisitor = Callable[[], Visitor]


def count(provider: Provider, record: type[AccessToken] | type[GrantFamily] | type[DeviceGrant]) -> int:
    with provider.reading() as db:
        return db.scalar(select(func.count()).select_from(record)) or 0


def wrong_code(board: Board) -> str:
    """One that no device has."""
    first, rest = board.user_code[0], board.user_code[1:]
    return ("C" if first == "B" else "B") + rest


# Who may ask


def test_RFC_8628_3_1_only_an_application_that_registered_it(provider: Provider) -> None:
    rp = provider.relying_party()
    answer = try_start(rp)
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    assert rp.token(grant_type=GRANT, device_code="x" * 43).json()["error"] == "unauthorized_client"


def test_OA_11_an_application_proves_who_it_is(provider: Provider) -> None:
    rp = on_board(provider)
    rp.secret = "another"
    answer = try_start(rp)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    rp.secret, rp.method = None, "none"
    assert try_start(rp).status_code == 401
    assert count(provider, DeviceGrant) == 0


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": None, "client_id": "bordspel"}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": 'openid "x'}, "invalid_scope"),
        ({"scope": "openid\x00"}, "invalid_scope"),
        ({"scope": "openid " + "x" * 3000}, "invalid_request"),
        ({"resource": "https://elders.example/"}, "invalid_target"),
        ({"dpop_jkt": "te-kort"}, "invalid_request"),
    ],
)
def test_OA_09_a_question_that_is_wrong(provider: Provider, form: dict[str, str | None], error: str) -> None:
    answer = try_start(on_board(provider), **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert count(provider, DeviceGrant) == 0


def test_OA_09_nothing_is_read_from_an_address_or_read_twice(provider: Provider) -> None:
    rp = on_board(provider, token_endpoint_auth_method="none")
    address = f"{provider.issuer}/device_authorization"
    form = {"client_id": rp.client_id, "scope": "openid"}
    assert rp.http.post(address, params=form).status_code == 400
    assert rp.http.post(address, data=[*form.items(), ("scope", "openid")]).status_code == 400
    assert rp.http.post(address, json=form).status_code == 400
    assert rp.http.get(address).status_code == 405
    assert rp.http.post(address, data=form).status_code == 200


def test_OA_56_CV_26_a_device_gets_no_more_scope_than_was_registered(
    provider: Provider, visitor: Visitor
) -> None:
    board = start(on_board(provider, scope="openid profile"), scope="openid profile email leerid:school")
    say_yes(visitor, board, provider.people.pupil("advanced"))
    assert board.ask().json()["scope"] == "openid profile"


def test_a_typed_code_never_opens_a_portal(provider: Provider, visitor: Visitor) -> None:
    """Whoever talks a beheerder into typing a code would have a school's data for it."""
    rp = on_board(provider, first_party=True, scope="openid leerid:self leerid:school", claims={})
    board = start(rp, scope="openid leerid:self leerid:school")
    say_yes(visitor, board, provider.people.pupil("advanced"))
    assert board.ask().json()["scope"] == "openid"


def test_OA_25_devices_that_prove_nothing_don_t_fill_the_table(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "ASKED_BY_NETWORK", 3)
    public = on_board(provider, token_endpoint_auth_method="none")
    assert [try_start(public).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = try_start(public)
    assert refused.json() == {"error": "slow_down"}
    assert refused.headers["Retry-After"] == "60"
    assert count(provider, DeviceGrant) == 3
    provider.clock.move(minutes=11)
    assert try_start(public).status_code == 200
    proven = on_board(provider)
    assert [try_start(proven).status_code for _ in range(5)] == [200] * 5, "who proves itself is not counted"


# The device's own code


def test_a_device_code_that_never_was(provider: Provider) -> None:
    board = start(on_board(provider))
    assert board.told(device_code="x" * 43) == "invalid_grant"
    assert board.told(device_code="x") == "invalid_grant"
    assert board.told(device_code=board.user_code) == "invalid_grant"
    assert board.told(device_code=None) == "invalid_request"


def test_OA_06_a_device_code_of_another_application(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    thief = provider.relying_party("dief", grant_types=[GRANT], response_types=[], scope="openid")
    say_yes(visitor, board, provider.people.pupil("advanced"))
    stolen = thief.token(grant_type=GRANT, device_code=board.device_code)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert board.ask().status_code == 200, "nothing was burnt"


def test_OA_06_a_second_use_ends_what_the_first_got(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    say_yes(visitor, board, provider.people.pupil("advanced"))
    tokens = read_tokens(board.ask())
    assert board.rp.userinfo(tokens.access_token).status_code == 200
    assert board.told() == "invalid_grant"
    assert board.rp.userinfo(tokens.access_token).status_code == 401
    assert board.rp.try_refresh(tokens.refresh_token).status_code == 400


def test_CV_07_who_was_blocked_since_gets_nothing(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced")
    board = start(on_board(provider))
    say_yes(visitor, board, pupil)
    with provider.db() as db:
        db.execute(
            update(Account)
            .where(Account.id == pupil.account_id)
            .values(sign_ins_count_from=provider.clock() + timedelta(seconds=1))
        )
    assert board.told() == "invalid_grant"


def test_CV_07_an_application_that_is_gone_has_no_devices(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    provider.unregister("bordspel")
    assert board.ask().status_code == 401
    assert "klopt niet" in type_code(visitor, board).text


def test_CV_07_an_application_that_may_not_any_more(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    provider.relying_party("bordspel")
    assert "klopt niet" in type_code(visitor, board).text
    assert visitor.get(f"/device/board?user_code={board.user_code}").status == 404


def test_RFC_8707_2_2_a_device_collects_nothing_for_another_resource(
    provider: Provider, visitor: Visitor
) -> None:
    resources = ["https://punten.example/", "https://rapport.example/"]
    board = start(on_board(provider, resources=resources), resource=resources[0])
    say_yes(visitor, board, provider.people.pupil("advanced"))
    assert board.told(resource=resources[1]) == "invalid_target"
    assert board.ask(resource=resources[0]).status_code == 200


def test_RFC_9449_a_device_that_named_a_key_must_show_it(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider), dpop_jkt="k" * 43)
    say_yes(visitor, board, provider.people.pupil("advanced"))
    answer = board.ask()
    assert answer.status_code == 400
    assert "access_token" not in answer.json()


# Whom the person lets in


@pytest.mark.parametrize("answer", [None, "deny", "yes"])
def test_only_a_yes_is_a_yes(provider: Provider, visitor: Visitor, answer: str | None) -> None:
    board = start(on_board(provider))
    to_the_question(visitor, board, provider.people.pupil("advanced"))
    visitor.submit("device-allow", answer=answer)
    assert board.told() == "access_denied"


def test_OA_32_a_page_elsewhere_can_t_say_yes(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    page = to_the_question(visitor, board, provider.people.pupil("advanced"))
    fields = page.form("device-allow").fields
    without = {name: value for name, value in fields.items() if name != "csrf_token"}
    assert visitor.post("/device/confirm", without | {"answer": "allow"}).status == 403
    from_elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elders.example"}
    answered = visitor.post("/device/confirm", fields | {"answer": "allow"}, headers=from_elsewhere)
    assert answered.status == 403
    assert board.told() == "authorization_pending"


def test_CV_15_a_page_that_another_pupil_read_says_nothing_for_the_next(
    provider: Provider, visitor: Visitor
) -> None:
    board = start(on_board(provider))
    page = to_the_question(visitor, board, provider.people.pupil("advanced"))
    read_by_first = page.form("device-allow").fields
    visitor.get("/end_session")
    visitor.submit(button="logout-confirm")
    second = provider.people.pupil("advanced", given_name="Tweede")
    page = to_the_question(visitor, board, second)
    now = page.form("device-allow").fields
    stale = read_by_first | {"csrf_token": now["csrf_token"], "answer": "allow"}
    page = visitor.post("/device/confirm", stale)
    assert "Tweede" in page.text, "asked again"
    assert board.told() == "authorization_pending"


def test_nobody_says_yes_without_signing_in(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    type_code(visitor, board)
    page = visitor.get(f"/device/confirm?user_code={board.user_code}")
    assert "device-allow" not in page.ids
    token = page.form("login-next").fields["csrf_token"]
    visitor.post(
        "/device/confirm",
        {"csrf_token": token, "user_code": board.user_code, "answer": "allow", "sid": ""},
    )
    assert board.told() == "authorization_pending"


def test_a_device_is_answered_once(provider: Provider, visitor: Visitor, new_visitor: NewVisitor) -> None:
    """Two pupils press yes at once: one of them is signed in on the board, and one grant exists."""
    board, second = start(on_board(provider)), new_visitor()
    to_the_question(visitor, board, provider.people.pupil("advanced"))
    to_the_question(second, board, provider.people.pupil("advanced"))
    visitor.submit(button="device-allow")
    assert "klopt niet" in second.submit(button="device-allow").text
    assert count(provider, GrantFamily) == 1


def test_a_strength_that_the_application_needs(provider: Provider, visitor: Visitor) -> None:
    say_yes(visitor, start(on_board(provider)), provider.people.pupil("basic"))
    board = start(on_board(provider, minimum_acr="urn:leerid:acr:password"))
    page = type_code(visitor, board)
    assert page.status == 403
    assert "sterker wachtwoord" in page.text
    assert board.told() == "authorization_pending", "somebody else may get in"
    visitor.submit(button="device-other")
    sign_in(visitor, provider.people.pupil("advanced"))
    visitor.submit(button="device-allow")
    provider.clock.move(seconds=6)
    assert board.ask().status_code == 200


def test_a_school_that_doesn_t_use_the_application(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider, schools=[111111]))
    page = to_the_question(visitor, board, provider.people.pupil("advanced", school=123456))
    assert page.status == 403
    assert "Je school gebruikt Bordspel niet" in page.text
    assert board.told() == "authorization_pending"


def test_a_school_that_switched_it_off_while_the_question_stood_open(
    provider: Provider, visitor: Visitor
) -> None:
    board = start(on_board(provider))
    to_the_question(visitor, board, provider.people.pupil("advanced", school=123456))
    on_board(provider, schools=[111111])
    assert "Je school gebruikt Bordspel niet" in visitor.submit(button="device-allow").text
    assert count(provider, GrantFamily) == 0


def test_a_sign_in_that_is_too_old_for_the_application(provider: Provider, visitor: Visitor) -> None:
    rp = on_board(provider, default_max_age=60)
    pupil = provider.people.pupil("advanced")
    say_yes(visitor, start(rp), pupil)
    provider.clock.move(minutes=5)
    page = type_code(visitor, start(rp))
    assert "login-submit" in page.ids, "the password once more"


# Guessing


def test_RFC_8628_5_1_wrong_codes_of_a_browser_and_its_network_are_counted(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    board = start(on_board(provider))
    for _ in range(guessing.FOR_BROWSER):
        assert "klopt niet" in type_code(visitor, board, wrong_code(board)).text
    page = type_code(visitor, board)
    assert page.status == 429
    assert "Te vaak een foute code" in page.text, "the right one too"
    assert visitor.get(board.page_with_code).status == 429
    assert visitor.get(f"/device/confirm?user_code={board.user_code}").status == 429
    assert "login-next" in type_code(new_visitor(), board).ids, "another browser goes on"
    provider.clock.move(minutes=10, seconds=1)
    later = start(board.rp)
    assert "login-next" in type_code(visitor, later).ids


def test_RFC_8628_5_1_a_network_where_many_are_wrong_is_asked_to_sign_in_first(
    provider: Provider, new_visitor: NewVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "FOR_NETWORK", 3)
    board, pupil = start(on_board(provider)), provider.people.pupil("advanced")
    for _ in range(3):
        type_code(new_visitor(), board, wrong_code(board))
    visitor = new_visitor()
    page = type_code(visitor, board)
    assert page.status == 429
    assert "Meld je eerst aan" in page.text
    visitor.submit(button="device-sign-in")
    page = sign_in(visitor, pupil)
    assert "device-next" in page.ids
    page = visitor.submit(button="device-next", user_code=board.user_code)
    assert "device-allow" in page.ids, "a school is one address: whoever signs in answers for themselves"


def test_RFC_8628_5_1_an_account_has_no_more_tries_with_another_browser(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    rp, pupil = on_board(provider), provider.people.pupil("advanced")
    say_yes(visitor, start(rp), pupil)
    board, second = start(rp), new_visitor()
    say_yes(second, start(rp), pupil)
    for _ in range(guessing.FOR_ACCOUNT):
        type_code(visitor, board, wrong_code(board))
    assert type_code(visitor, board).status == 429
    assert type_code(second, board).status == 429


@pytest.mark.parametrize(
    "typed", ["", "  ", "BCDF", "BCDF-GHJ1", "AEIO-UAEI", "é" * 8, "B" * 500, "\x00" * 8]
)
def test_what_can_t_be_a_code_is_no_guess(provider: Provider, visitor: Visitor, typed: str) -> None:
    board = start(on_board(provider))
    for _ in range(guessing.FOR_BROWSER + 1):
        page = type_code(visitor, board, typed)
        assert page.status == 400
    assert "login-next" in type_code(visitor, board).ids


def test_a_code_has_the_bits_that_section_5_1_asks() -> None:
    assert len(user_codes.LETTERS) ** user_codes.LENGTH > 2**32
    assert not set(user_codes.LETTERS) & set("AEIOUY"), "no words"
    assert not set(user_codes.LETTERS) & set("QW"), "no look-alikes"


def test_a_stolen_table_tells_no_codes(provider: Provider) -> None:
    """There are few enough codes to try them all against a plain digest."""
    code = start(on_board(provider)).user_code.replace("-", "")
    with provider.reading() as db:
        stored = db.scalar(select(DeviceGrant.user_code))
    assert stored == user_codes.digest(provider.keys.lookup, code)
    assert stored != user_codes.digest(b"another key", code)


# The board's page


def test_the_board_shows_its_code_until_somebody_answered(provider: Provider, visitor: Visitor) -> None:
    rp = on_board(provider)
    board = start(rp)
    room, address = visitor, f"/device/board?user_code={board.user_code}"
    page = room.get(address)
    assert page.status == 200
    for words in (board.user_code, "Bordspel", provider.issuer.removeprefix("http://") + "/device"):
        assert words in page.text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page.html
    assert states(rp, board) == "waiting"


def states(rp: RelyingParty, board: Board) -> str:
    answer = rp.http.get(f"{rp.issuer}/device/board/state", params={"user_code": board.user_code})
    return str(answer.json()["state"])


@pytest.mark.parametrize(
    ("press", "state", "words"),
    [("device-allow", "approved", "Gelukt!"), ("device-deny", "denied", "Iemand zei nee")],
)
def test_the_board_says_what_came_of_it(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, press: str, state: str, words: str
) -> None:
    rp = on_board(provider)
    board, room = start(rp), new_visitor()
    pupil = provider.people.pupil("advanced", given_name="Noor", family_name="Peeters")
    to_the_question(visitor, board, pupil)
    visitor.submit(button=press)
    for _ in range(2):
        page = room.get(f"/device/board?user_code={board.user_code}")
        assert words in page.title
        assert "refresh" not in page.html
        assert states(rp, board) == state
        for private in ("Noor", "Peeters", pupil.username):
            assert private not in page.html
        board.ask()


def test_the_board_says_when_its_code_is_too_old(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    provider.clock.move(minutes=16)
    page = visitor.get(f"/device/board?user_code={board.user_code}")
    assert "te oud" in page.title
    assert states(board.rp, board) == "expired"


def test_RFC_8628_5_1_the_board_is_no_way_to_guess_and_goes_not_dark(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where too many were wrong every code looks alike, so that a bored pupil stops no board of the school."""
    monkeypatch.setattr(guessing, "FOR_NETWORK", 3)
    board = start(on_board(provider))
    wrong = wrong_code(board)
    for _ in range(3):
        assert new_visitor().get(f"/device/board?user_code={wrong}").status == 404
    right, other = (visitor.get(f"/device/board?user_code={code}") for code in (board.user_code, wrong))
    assert right.status == other.status == 200
    assert without(right.text, board.user_code) == without(other.text, wrong)
    assert "Bordspel" not in right.text
    assert states(board.rp, board) == "waiting"


def without(text: str, code: str) -> str:
    """As it is seen, and as it is read aloud."""
    return text.replace(code, "").replace(" ".join(code.replace("-", "")), "")


def test_a_board_that_looks_every_few_seconds_keeps_nobody_signed_in(
    provider: Provider, visitor: Visitor
) -> None:
    pupil: Made = provider.people.pupil("advanced")
    rp = on_board(provider)
    say_yes(visitor, start(rp), pupil)
    for _ in range(4):
        provider.clock.move(minutes=9)
        visitor.get(f"/device/board?user_code={start(rp).user_code}")
    assert "login-next" in type_code(visitor, start(rp)).ids, "idle for more than half an hour"


def test_OA_34_the_question_stands_in_no_frame(provider: Provider, visitor: Visitor) -> None:
    page = to_the_question(visitor, start(on_board(provider)), provider.people.pupil("advanced"))
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


def test_a_page_elsewhere_can_not_close_a_school(provider: Provider) -> None:
    """Pictures of another site with wrong codes in their addresses count for nobody, and tell nothing."""
    board = start(on_board(provider))
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    address = f"{provider.origin}/device/board/state"
    for _ in range(guessing.FOR_NETWORK + 1):
        requests.get(address, params={"user_code": wrong_code(board)}, headers=elsewhere, timeout=5)
    told = [
        requests.get(address, params={"user_code": board.user_code}, headers=headers, timeout=5).json()
        for headers in (elsewhere, {"Sec-Fetch-Site": "same-origin"})
    ]
    assert told == [{"state": "gone"}, {"state": "waiting"}]
