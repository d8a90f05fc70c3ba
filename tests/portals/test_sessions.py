"""A desk's session: sealed, small, and over when the provider says so."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from idp.accounts.records import Account
from idp.tokens.records import GrantFamily
from portals.kit import session
from portals.kit.session import SealedCookie
from portals.leerlingloket.app import create_app
from tests.portals.desks import Desks, desk_settings, open_desks, private, session_cookie, sign_in
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.server import Port


def signed_in(desks: Desks, visitor: Visitor, **about: str) -> Made:
    pupil = desks.provider.people.pupil("basic", school=2, **about)  # type: ignore[arg-type]
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    return pupil


def is_in(desks: Desks, visitor: Visitor) -> bool:
    return "Jouw applicaties met LeerID" in visitor.get(desks.leerlingloket.origin + "/").text


def test_the_browser_can_not_read_its_cookie(desks: Desks, visitor: Visitor) -> None:
    signed_in(desks, visitor)
    sealed = base64.urlsafe_b64decode(session_cookie(visitor, "leerlingloket"))
    assert b"access" not in sealed
    assert b"eyJ" not in sealed


def test_the_cookie_is_for_this_desk_only(desks: Desks, visitor: Visitor) -> None:
    answer = visitor.http.get(desks.leerlingloket.origin + "/login", allow_redirects=False)
    attributes = answer.headers["Set-Cookie"]
    assert "HttpOnly" in attributes
    assert "SameSite=Lax" in attributes
    assert "Path=/" in attributes
    assert "Domain" not in attributes


def test_OA_36_with_https_the_cookie_has_the_host_prefix(desks: Desks, tmp_path: Path) -> None:
    settings = desk_settings(
        desks.provider, "leerlingloket", "https://loket.example", "secret", tmp_path / "."
    )
    answer = create_app(settings).test_client().get("/", base_url="https://loket.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-leerlingloket_session=")
    assert "Secure" in cookie
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("change", ["cut", "flip", "empty", "other key", "garbage"])
def test_a_changed_cookie_is_no_session(desks: Desks, visitor: Visitor, change: str) -> None:
    signed_in(desks, visitor)
    value = session_cookie(visitor, "leerlingloket")
    forged = {
        "cut": value[:-8],
        "flip": value[:60] + ("A" if value[60] != "A" else "B") + value[61:],
        "empty": "",
        "other key": Fernet(Fernet.generate_key()).encrypt(b'{"tokens":{}}').decode(),
        "garbage": "%s<script>",
    }[change]
    answer = visitor.http.get(
        desks.leerlingloket.origin + "/", headers={"Cookie": f"leerlingloket_session={forged}"}
    )
    assert answer.status_code == 200
    assert "Klik" in answer.text


def test_OA_36_a_cookie_that_is_there_twice_is_no_session(desks: Desks, visitor: Visitor) -> None:
    signed_in(desks, visitor)
    value = session_cookie(visitor, "leerlingloket")
    fresh = desks.visitor().http
    twice = {"Cookie": f"leerlingloket_session={value}; leerlingloket_session={value}"}
    assert "Klik" in fresh.get(desks.leerlingloket.origin + "/", headers=twice).text
    once = {"Cookie": f"leerlingloket_session={value}"}
    assert "Jouw applicaties" in fresh.get(desks.leerlingloket.origin + "/", headers=once).text


def test_CV_23_an_older_key_still_opens_and_the_first_one_seals() -> None:
    old, new = b"o" * 32, b"n" * 32
    app = Flask("keys")
    before = SealedCookie("s", [old], https=False).seal.encrypt(json.dumps({"form": "x"}).encode())
    rotated = SealedCookie("s", [new, old], https=False)
    with app.test_request_context(headers={"Cookie": f"s={before.decode()}"}) as context:
        assert rotated.open_session(app, context.request)["form"] == "x"
    assert Fernet(base64.urlsafe_b64encode(new)).decrypt(rotated.seal.encrypt(b"{}")) == b"{}"


def test_OA_35_the_token_of_forms_changes_with_the_sign_in(desks: Desks, visitor: Visitor) -> None:
    before = visitor.get(desks.leerlingloket.origin + "/").form("/language").fields["csrf_token"]
    signed_in(desks, visitor)
    after = visitor.get(desks.leerlingloket.origin + "/").form("/language").fields["csrf_token"]
    assert before != after
    assert visitor.post(desks.leerlingloket.origin + "/logout", {"csrf_token": before}).status == 403


def test_CV_15_the_next_pupil_on_the_same_tablet_meets_nothing_of_the_first(
    desks: Desks, visitor: Visitor
) -> None:
    signed_in(desks, visitor, given_name="Ilias", family_name="El Amrani")
    visitor.submit("/logout")
    assert "Ilias" not in visitor.get(desks.leerlingloket.origin + "/").html
    page = sign_in(
        visitor,
        desks.provider.people.pupil("basic", school=2, given_name="Jade", family_name="Claes"),
        desks.leerlingloket.origin + "/login",
    )
    assert "Claes Jade" in page.text
    for path in ("/", "/profile"):
        assert "Ilias" not in visitor.get(desks.leerlingloket.origin + path).html


def test_CV_15_cleared_cookies_leave_nothing_at_the_desk(desks: Desks, visitor: Visitor) -> None:
    signed_in(desks, visitor, given_name="Ilias")
    visitor.forget()
    assert "Klik hier" in visitor.get(desks.leerlingloket.origin + "/").text


def test_CV_07_a_session_that_ended_at_the_provider_is_over_at_the_next_page(
    desks: Desks, visitor: Visitor
) -> None:
    pupil = signed_in(desks, visitor)
    with desks.provider.db() as db:
        now = desks.provider.clock()
        db.execute(update(Account).where(Account.id == pupil.account_id).values(sign_ins_count_from=now))
    page = visitor.get(desks.leerlingloket.origin + "/profile")
    assert page.url.startswith(desks.provider.issuer)
    assert "login-next" in page.ids


def test_CV_07_a_blocked_pupil_is_out_at_the_next_page(desks: Desks, visitor: Visitor) -> None:
    pupil = signed_in(desks, visitor)
    with desks.provider.db() as db:
        db.execute(
            update(Account).where(Account.id == pupil.account_id).values(blocked_at=desks.provider.clock())
        )
    assert "Jouw applicaties" not in visitor.get(desks.leerlingloket.origin + "/").text


def test_a_taken_back_grant_is_asked_again_without_the_pupil_noticing(desks: Desks, visitor: Visitor) -> None:
    signed_in(desks, visitor)
    revoke_all(desks)
    page = visitor.get(desks.leerlingloket.origin + "/profile")
    assert page.url == desks.leerlingloket.origin + "/profile"
    assert len(page.history) > 2


def test_a_sign_in_that_is_taken_back_twice_in_a_row_does_not_go_round_for_ever(desks: Desks) -> None:
    tokens = session.Tokens("sub", "access", None, "id_token", 0, 0)
    with desks.leerlingloket.app.test_request_context():
        assert not session.goes_round(now=1000.0), "nobody was in"
        session.hold(tokens)
        assert not session.goes_round(now=1000.0)
        session.hold(tokens)
        assert session.goes_round(now=1005.0)
        session.hold(tokens)
        assert not session.goes_round(now=1060.0)
        assert session.tokens() is None


def revoke_all(desks: Desks) -> None:
    with desks.provider.db() as db:
        db.execute(update(GrantFamily).values(revoked_at=desks.provider.clock()))


# Renewing a token that is about to end


def test_OA_12_each_page_renews_and_the_old_refresh_token_is_replaced(
    open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    with open_desks(open_provider, tmp_path, tokens={"access_seconds": 20}) as desks:
        visitor = desks.visitor()
        signed_in(desks, visitor)
        cookies = set()
        for _ in range(3):
            page = visitor.get(desks.leerlingloket.origin + "/profile")
            assert page.history == [], "without leaving the page"
            assert page.status == 200
            cookies.add(session_cookie(visitor, "leerlingloket"))
        assert len(cookies) == 3
        with desks.provider.reading() as db:
            assert [family.revoked_at for family in db.scalars(select(GrantFamily))] == [None]


def test_OA_12_tabs_that_renew_at_once_use_the_refresh_token_once(
    open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    with open_desks(open_provider, tmp_path, tokens={"access_seconds": 20}) as desks:
        visitor = desks.visitor()
        signed_in(desks, visitor)
        cookie = {"Cookie": f"leerlingloket_session={session_cookie(visitor, 'leerlingloket')}"}

        def open_tab(_: int) -> int:
            fresh = desks.visitor().http
            return fresh.get(
                desks.leerlingloket.origin + "/profile", headers=cookie, allow_redirects=False
            ).status_code

        with ThreadPoolExecutor(6) as tabs:
            assert set(tabs.map(open_tab, range(6))) == {200}
        with desks.provider.reading() as db:
            assert [family.revoked_at for family in db.scalars(select(GrantFamily))] == [None]


def test_OA_12_a_renewal_that_is_refused_signs_in_again(
    open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    with open_desks(open_provider, tmp_path, tokens={"access_seconds": 20}) as desks:
        visitor = desks.visitor()
        signed_in(desks, visitor)
        revoke_all(desks)
        page = visitor.get(desks.leerlingloket.origin + "/profile")
        assert page.url == desks.leerlingloket.origin + "/profile"
        assert page.history != []


# When the provider is away


def test_a_provider_that_is_away_is_a_friendly_page_with_a_number(
    desks: Desks, visitor: Visitor, tmp_path: Path
) -> None:
    signed_in(desks, visitor)
    cookie = {"Cookie": f"leerlingloket_session={session_cookie(visitor, 'leerlingloket')}"}
    client = away(desks, tmp_path)
    for path in ("/", "/profile", "/login"):
        answer = client.get(path, headers=cookie)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "LeerID is even niet bereikbaar" in answer.text
        assert answer.headers["X-Request-Id"] in answer.text


def test_signing_out_while_the_provider_is_away_ends_it_here_and_says_so(
    desks: Desks, visitor: Visitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    signed_in(desks, visitor)
    token = visitor.get(desks.leerlingloket.origin + "/").form("/logout").fields["csrf_token"]
    cookie = {"Cookie": f"leerlingloket_session={session_cookie(visitor, 'leerlingloket')}"}
    client = away(desks, tmp_path)
    answer = client.post("/logout", headers=cookie, data={"csrf_token": token})
    assert answer.status_code == 503
    assert "Je bent nog niet overal afgemeld" in answer.text
    assert "sign-out:not-given-back" in caplog.messages
    left = answer.headers["Set-Cookie"].split(";")[0]
    assert "Klik" in client.get("/", headers={"Cookie": left}).text


def away(desks: Desks, folder: Path) -> FlaskClient:
    """The same desk with the same keys, and a provider at an address where nobody is."""
    port = Port()
    nowhere = port.origin
    port.close()
    (folder / "away").mkdir()
    settings = desk_settings(
        desks.provider, "leerlingloket", desks.leerlingloket.origin, "secret", folder / "away", issuer=nowhere
    )
    private(settings.cookie_key_file, (folder / "leerlingloket.cookies").read_text(encoding="ascii"))
    return create_app(settings).test_client(use_cookies=False)
