"""Signing in on a board that has no keyboard, from its two codes to its tokens (RFC 8628)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.tokens import approvals
from idp.tokens.families import revoke_application
from idp.tokens.records import Approval, DeviceGrant, GrantFamily
from idp.tokens.uses import uses_of
from tests.oidc.boards import GRANT, on_board, say_yes, sign_in, start, to_the_question, try_start, type_code
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.proving import Prover
from tests.support.relying_party import read_tokens


def test_RFC_8628_3_2_a_device_gets_a_code_to_show_and_a_code_to_keep(provider: Provider) -> None:
    rp = on_board(provider)
    answer = try_start(rp)
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
    }
    assert re.fullmatch("[BCDFGHJKLMNPRSTVXZ]{4}-[BCDFGHJKLMNPRSTVXZ]{4}", body["user_code"])
    assert len(body["device_code"]) == 43
    assert body["verification_uri"] == f"{provider.issuer}/device"
    assert body["verification_uri_complete"] == f"{provider.issuer}/device?user_code={body['user_code']}"
    assert (body["expires_in"], body["interval"]) == (900, 5)
    with provider.reading() as db:
        stored = db.query(DeviceGrant).one()
        assert body["device_code"] not in repr(vars(stored))
        assert body["user_code"].replace("-", "") not in repr(vars(stored))


def test_RFC_8628_a_code_is_typed_and_the_board_is_signed_in(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", given_name="Noor")
    board = start(on_board(provider))
    assert board.told() == "authorization_pending"

    page = to_the_question(visitor, board, pupil)
    assert page.title.startswith("Is dit jouw toestel?")
    for words in (board.user_code, "Bordspel", "Noor", "Je voornaam", "in een bericht"):
        assert words in page.text
    page = visitor.submit(button="device-allow")
    assert "Gelukt" in page.title

    tokens = read_tokens(board.ask())
    claims = board.rp.verify(tokens.id_token)
    assert claims["acr"] == "urn:leerid:acr:password"
    assert "nonce" not in claims
    about = board.rp.userinfo(tokens.access_token).json()
    assert about == {"sub": claims["sub"], "given_name": "Noor"}
    assert board.rp.refresh(tokens).access_token != tokens.access_token


@pytest.mark.parametrize("kind", ["basic", "pictures", "advanced"])
def test_RFC_8628_every_kind_of_pupil_can(provider: Provider, visitor: Visitor, kind: str) -> None:
    pupil = provider.people.pupil(kind)
    board = start(on_board(provider))
    say_yes(visitor, board, pupil)
    assert board.ask().status_code == 200


def test_RFC_8628_a_teacher_can_for_the_whole_class(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    say_yes(visitor, board, provider.people.staff(given_name="Els"))
    tokens = read_tokens(board.ask())
    assert board.rp.userinfo(tokens.access_token).json()["given_name"] == "Els"


def test_RFC_8628_a_newcomer_chooses_a_password_on_the_way(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    board = start(on_board(provider))
    to_the_question(visitor, board, pupil)
    page = visitor.submit(button="password-submit", new_password="nijlpaard-fiets-42")
    assert board.user_code in page.text, f"{page.url}: {page.text[:200]}"
    visitor.submit(button="device-allow")
    assert board.ask().status_code == 200


def test_RFC_8628_3_3_1_an_address_that_holds_the_code_asks_just_as_much(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("advanced")
    board = start(on_board(provider))
    visitor.get(board.page_with_code)
    page = sign_in(visitor, pupil)
    assert "device-allow" in page.form("device-allow").buttons
    assert board.user_code in page.text, "the person is asked to compare it"
    assert board.told() == "authorization_pending", "coming by was no yes"


def test_RFC_8628_who_is_signed_in_already_is_only_asked(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced")
    rp = on_board(provider)
    say_yes(visitor, start(rp), pupil)
    board = start(rp)
    page = type_code(visitor, board)
    assert "device-allow" in page.form("device-allow").buttons, "asked again, whatever was approved before"
    visitor.submit(button="device-allow")
    assert board.ask().status_code == 200


@pytest.mark.parametrize("typed", ["{small}", " {halves} ", "{spaced}", "{dotted}", "{wide}"])
def test_RFC_8628_6_1_a_code_may_be_typed_as_people_do(
    provider: Provider, visitor: Visitor, typed: str
) -> None:
    board = start(on_board(provider))
    bare = board.user_code.replace("-", "")
    page = type_code(
        visitor,
        board,
        typed.format(
            small=bare.lower(),
            halves=board.user_code,
            spaced=" ".join(bare),
            dotted=bare[:4] + "." + bare[4:],
            wide="".join(chr(ord(letter) + 0xFEE0) for letter in bare),
        ),
    )
    assert "login-next" in page.form("login-next").buttons


def test_RFC_8628_3_5_a_no_is_told_to_the_device(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    to_the_question(visitor, board, provider.people.pupil("advanced"))
    page = visitor.submit(button="device-deny")
    assert "mag niet verder" in page.title
    assert board.told() == "access_denied"
    assert board.told() == "access_denied"
    with provider.reading() as db:
        assert db.query(GrantFamily).count() == 0


def test_RFC_8628_3_5_a_device_that_asks_too_soon_is_told_to_slow_down(provider: Provider) -> None:
    board = start(on_board(provider))
    assert board.told() == "authorization_pending"
    assert board.told() == "slow_down"
    provider.clock.move(seconds=6)
    assert board.told() == "slow_down", "five seconds more from then on"
    provider.clock.move(seconds=15)
    assert board.told() == "authorization_pending"


def test_RFC_8628_3_5_a_device_that_waits_as_told_is_never_told_to_slow_down(provider: Provider) -> None:
    board = start(on_board(provider))
    for _ in range(3):
        assert board.told() == "authorization_pending"
        provider.clock.move(seconds=board.interval)


def test_RFC_8628_3_5_a_code_that_nobody_typed_in_time_is_over(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider))
    provider.clock.move(seconds=board.expires_in + 1)
    assert board.told() == "expired_token"
    assert "te oud" in type_code(visitor, board).text


def test_RFC_8628_3_5_what_was_approved_in_time_is_not_given_too_late(
    provider: Provider, visitor: Visitor
) -> None:
    board = start(on_board(provider))
    say_yes(visitor, board, provider.people.pupil("advanced"))
    provider.clock.move(minutes=16)
    assert board.told() == "expired_token"


def test_a_device_can_be_turned_down_while_its_question_stands_open(
    provider: Provider, visitor: Visitor, new_visitor: Callable[[], Visitor]
) -> None:
    """Two people at one board: the first answer counts."""
    one, other = provider.people.pupil("advanced"), provider.people.pupil("advanced")
    board = start(on_board(provider))
    second = new_visitor()
    to_the_question(visitor, board, one)
    to_the_question(second, board, other)
    visitor.submit(button="device-deny")
    page = second.submit(button="device-allow")
    assert "te oud" in page.text
    assert board.told() == "access_denied"


# How long it lasts, and what is told of it


def test_with_offline_access_the_board_stays_when_the_telephone_signs_out(
    provider: Provider, visitor: Visitor
) -> None:
    board = start(on_board(provider))
    to_the_question(visitor, board, provider.people.pupil("advanced"))
    assert "blijft aangemeld" in visitor.page.text  # type: ignore[union-attr]
    visitor.submit(button="device-allow")
    tokens = read_tokens(board.ask())
    visitor.get("/end_session")
    visitor.submit(button="logout-confirm")
    assert board.rp.try_refresh(tokens.refresh_token).status_code == 200


def test_without_offline_access_the_board_is_signed_out_with_it(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider), scope="openid profile")
    page = to_the_question(visitor, board, provider.people.pupil("advanced"))
    assert "ook afgemeld" in page.text
    visitor.submit(button="device-allow")
    tokens = read_tokens(board.ask())
    visitor.get("/end_session")
    visitor.submit(button="logout-confirm")
    assert board.rp.try_refresh(tokens.refresh_token).status_code == 400
    assert board.rp.userinfo(tokens.access_token).status_code == 401


def test_PR_12_a_board_is_told_among_the_applications_that_got_something(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("advanced")
    board = start(on_board(provider))
    say_yes(visitor, board, pupil)
    with provider.reading() as db:
        grant = db.query(GrantFamily).one()
        assert (grant.account_id, grant.client_id) == (pupil.account_id, "bordspel")
        assert grant.released == ["given_name"]
        assert grant.offline
        (use,) = uses_of(
            db, pupil.account_id, since=provider.clock() - timedelta(days=1), now=provider.clock()
        )
        assert (use.client_id, use.claims, use.shares) == ("bordspel", ("given_name",), True)


def test_PR_20_whoever_stops_the_application_stops_the_board(provider: Provider, visitor: Visitor) -> None:
    """And may let it in again, also where no page stood before."""
    pupil = provider.people.pupil("advanced")
    rp = on_board(provider)
    board = start(rp)
    say_yes(visitor, board, pupil)
    tokens = read_tokens(board.ask())
    with provider.db() as db:
        revoke_application(db, pupil.account_id, rp.client_id, provider.clock())
        approvals.withdraw(db, pupil.account_id, rp.client_id, provider.clock())
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.try_refresh(tokens.refresh_token).status_code == 400
    again = start(rp)
    type_code(visitor, again)
    visitor.submit(button="device-allow")
    assert again.ask().status_code == 200


def test_PR_20_a_yes_is_remembered_where_the_application_asks_consent(
    provider: Provider, visitor: Visitor
) -> None:
    board = start(on_board(provider, approval="consent"))
    say_yes(visitor, board, provider.people.pupil("advanced"))
    assert board.ask().status_code == 200
    with provider.reading() as db:
        said = db.query(Approval).one()
        assert said.claims == ["given_name"]
        assert set(said.scopes) == {"openid", "profile", "offline_access"}


# Other ways of asking


def test_RFC_8707_a_device_may_ask_for_a_resource(provider: Provider, visitor: Visitor) -> None:
    rp = on_board(provider, resources=["https://punten.example/"])
    board = start(rp, resource="https://punten.example/")
    say_yes(visitor, board, provider.people.pupil("advanced"))
    tokens = read_tokens(board.ask())
    assert tokens.access_token.count(".") == 2
    assert rp.userinfo(tokens.access_token).status_code == 401


def test_RFC_9449_a_device_may_bind_its_tokens_to_a_key(provider: Provider, visitor: Visitor) -> None:
    prover, thief = Prover(provider.clock), Prover(provider.clock)
    rp = on_board(provider, token_endpoint_auth_method="none")
    board = start(rp, dpop_jkt=prover.jkt)
    say_yes(visitor, board, provider.people.pupil("advanced"))
    form = {"grant_type": GRANT, "device_code": board.device_code}
    assert thief.token(rp, **form).json()["error"] in ("invalid_dpop_proof", "invalid_grant")
    tokens = read_tokens(prover.token(rp, **form))
    assert tokens.raw["token_type"] == "DPoP"
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert prover.userinfo(rp, tokens.access_token).status_code == 200
    refreshing = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    assert thief.token(rp, **refreshing).status_code == 400
    assert prover.token(rp, **refreshing).status_code == 200


def test_an_application_that_lives_on_boards_only_needs_no_redirect_address(
    provider: Provider, visitor: Visitor
) -> None:
    rp = on_board(provider)
    file = provider.clients_directory / "bordspel.toml"
    kept = [line for line in file.read_text().splitlines() if not line.startswith('"redirect_uris"')]
    file.write_text("\n".join(kept) + "\n")
    board = start(rp)
    say_yes(visitor, board, provider.people.pupil("advanced"))
    assert board.ask().status_code == 200


def test_a_public_client_of_a_kiosk_says_only_who_it_is(provider: Provider, visitor: Visitor) -> None:
    board = start(on_board(provider, token_endpoint_auth_method="none"))
    say_yes(visitor, board, provider.people.pupil("advanced"))
    assert board.ask().status_code == 200


def test_OA_45_a_kiosk_in_a_browser_may_ask_by_script(provider: Provider) -> None:
    rp = on_board(provider, token_endpoint_auth_method="none")
    address = f"{provider.issuer}/device_authorization"
    form = {"client_id": rp.client_id, "scope": "openid"}
    answer = rp.http.post(address, data=form, headers={"Origin": "https://kiosk.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    preflight = rp.http.options(address, headers={"Origin": "https://kiosk.example"})
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, POST"


def test_discovery_says_where_devices_ask(provider: Provider) -> None:
    metadata = on_board(provider).metadata
    assert metadata["device_authorization_endpoint"] == f"{provider.issuer}/device_authorization"
    assert GRANT in metadata["grant_types_supported"]
