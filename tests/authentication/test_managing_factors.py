"""The page where staff look after their second factor: only for who showed it, and not long ago."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from idp.accounts import factors as factors_at_rest
from tests.authentication.doors import is_in, sign_in
from tests.authentication.factor_doors import (
    REQUIRED,
    Sent,
    code_of,
    codes_on,
    details,
    enrol,
    factors,
    recovery_rows,
    say_code,
    say_recovery_code,
    secret_on,
    send_at_once,
    sign_in_fully,
    step_of,
    way_back,
)
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

OpenProvider = Callable[..., Provider]
NewVisitor = Callable[..., Visitor]
MANAGE = "/second-factor"


@pytest.fixture
def provider(open_provider: OpenProvider) -> Provider:
    return open_provider(staff=REQUIRED)


def remove_path(page: Page) -> str:
    found = re.search(r'href="(/second-factor/remove/[0-9a-f-]{36})"', page.html)
    assert found is not None, page.text
    return found.group(1)


def add_app(provider: Provider, visitor: Visitor, who: Made) -> Page:
    visitor.get(MANAGE)
    page = visitor.submit(button="factor-add-app")
    with_app = replace(who, totp_secret=secret_on(page))
    return say_code(visitor, code_of(provider, with_app))


def press(visitor: Visitor, path: str, **data: str) -> Page:
    """A POST with a good token of this browser, from whichever page it is on."""
    assert visitor.page is not None
    token = visitor.page.form("csrf_token").fields["csrf_token"]
    return visitor.post(path, {"csrf_token": token, **data})


# Who may


def test_who_is_not_signed_in_signs_in_and_comes_back(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    assert step_of(visitor.get(MANAGE)) == "name"
    visitor.submit(button="login-next", username=els.username)
    visitor.submit(button="login-submit", password=els.password)
    page = say_code(visitor, code_of(provider, els))
    assert page.url == provider.issuer + MANAGE
    assert page.links["Terug naar het Schoolloket"] == provider.settings.portals.schoolloket


def test_a_pupil_has_nothing_there(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.pupil("advanced"))
    assert visitor.get(MANAGE).status == 403


def test_CV_46_with_a_password_alone_nothing_is_added_or_taken_away(
    open_provider: OpenProvider, new_visitor: NewVisitor
) -> None:
    provider = open_provider()
    els = provider.people.staff()
    thief = new_visitor(provider.origin)
    assert is_in(sign_in(thief, els), provider)  # before the owner had a factor
    thief.get(MANAGE)
    els = provider.people.give_app(els)
    factor = factors(provider, els)[0].id
    for path in ("", "/add", "/recovery-codes", f"/remove/{factor}"):
        page = press(thief, MANAGE + path, kind="totp") if path else thief.get(MANAGE)
        assert step_of(page) == "password"
    assert step_of(thief.get(f"{MANAGE}/remove/{factor}")) == "password"
    assert [each.id for each in factors(provider, els)] == [factor]
    assert recovery_rows(provider, els) == []
    thief.submit(button="login-submit", password=els.password)
    assert thief.page is not None
    assert step_of(thief.page) == "second-factor"


def test_CV_46_a_sign_in_of_a_while_ago_is_not_enough(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    assert visitor.get(MANAGE).url == provider.issuer + MANAGE
    provider.clock.move(minutes=10, seconds=1)
    page = press(visitor, f"{MANAGE}/recovery-codes")
    assert step_of(page) == "password"
    assert recovery_rows(provider, els) == []
    visitor.submit(button="login-submit", password=els.password)
    assert say_code(visitor, code_of(provider, els)).url == provider.issuer + MANAGE


def test_nobody_takes_away_anothers(provider: Provider, visitor: Visitor) -> None:
    els, an = provider.people.staff(totp=True), provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    add_app(provider, visitor, els)
    theirs = factors(provider, an)[0].id
    assert visitor.get(f"{MANAGE}/remove/{theirs}").status == 404
    visitor.get(MANAGE)
    press(visitor, f"{MANAGE}/remove/{theirs}")
    assert len(factors(provider, an)) == 1
    assert len(factors(provider, els)) == 2


def test_OA_33_a_form_from_elsewhere_changes_nothing(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    factor = factors(provider, els)[0].id
    for path in ("/add", "/recovery-codes", f"/remove/{factor}"):
        assert visitor.post(provider.issuer + MANAGE + path, {"kind": "totp"}).status == 403


# What may be done


def test_an_app_more_is_added_and_the_sign_in_goes_on(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    before = visitor.cookie("leerid_session")
    page = add_app(provider, visitor, els)
    assert "Je tweede stap is toegevoegd." in page.text
    assert len(factors(provider, els)) == 2
    assert visitor.cookie("leerid_session") == before
    assert len(details(provider, "account:signed-in")) == 1


def test_OA_35_the_first_factor_makes_the_sign_in_stronger_under_another_cookie(
    open_provider: OpenProvider, new_visitor: NewVisitor
) -> None:
    provider = open_provider()
    els, visitor = provider.people.staff(), new_visitor(provider.origin)
    sign_in(visitor, els)
    before = visitor.cookie("leerid_session")
    page = visitor.get(MANAGE)
    assert "Je hebt nog geen tweede stap." in page.text
    page = add_app(provider, visitor, els)
    assert step_of(page) == "recovery-codes"
    page = visitor.submit(button="factor-codes-kept")
    assert page.url.startswith(provider.issuer + MANAGE)
    assert visitor.cookie("leerid_session") != before
    rp = provider.relying_party()
    asked = rp.ask()
    code = rp.code(way_back(visitor.get(asked.url)), asked)
    claims = rp.verify(rp.exchange(code, asked).id_token, asked.nonce)
    assert claims["acr"] == "urn:leerid:acr:two-factor"


def test_the_last_one_stays_where_one_is_required(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    page = visitor.get(MANAGE)
    assert "/remove/" not in page.html
    factor = factors(provider, els)[0].id
    assert "enige tweede stap" in visitor.get(f"{MANAGE}/remove/{factor}").text
    assert "enige tweede stap" in press(visitor, f"{MANAGE}/remove/{factor}").text
    assert len(factors(provider, els)) == 1


def test_one_of_two_is_taken_away_and_other_sign_ins_end(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    els = provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    provider.clock.move(seconds=30)
    elsewhere = new_visitor()
    sign_in_fully(provider, elsewhere, els)
    add_app(provider, visitor, els)
    visitor.get(remove_path(visitor.get(MANAGE)))
    page = visitor.submit(button="factor-remove")
    assert "Verwijderd." in page.text
    assert len(factors(provider, els)) == 1
    assert details(provider, "factor:removed") == [{"kind": "totp"}]
    assert step_of(elsewhere.get(MANAGE)) == "name"
    assert visitor.get(MANAGE).status == 200


def test_OA_65_of_two_that_go_at_once_one_stays_where_one_is_required(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    add_app(provider, visitor, els)
    page = visitor.get(MANAGE)
    token = page.form("csrf_token").fields["csrf_token"]
    cookies = visitor.http.cookies.get_dict()
    sent: list[Sent] = [
        (f"{MANAGE}/remove/{each.id}", page.url, {"csrf_token": token}, cookies)
        for each in factors(provider, els)
    ]
    ends = send_at_once(sent, provider.origin, provider.another_node())
    assert sorted(each.split("told=")[1] for each in ends) == ["last", "removed"]
    assert len(factors(provider, els)) == 1


def test_the_last_one_takes_the_recovery_codes_along_where_it_is_optional(
    open_provider: OpenProvider, new_visitor: NewVisitor
) -> None:
    provider = open_provider()
    els, visitor = provider.people.staff(), new_visitor(provider.origin)
    sign_in(visitor, els)
    add_app(provider, visitor, els)
    visitor.submit(button="factor-codes-kept")
    visitor.get(remove_path(visitor.get(MANAGE)))
    visitor.submit(button="factor-remove")
    assert factors(provider, els) == []
    assert recovery_rows(provider, els) == []


def test_new_recovery_codes_end_the_old_ones(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    els = provider.people.staff()
    sign_in(visitor, els)
    els, old = enrol(provider, visitor, els)
    visitor.submit(button="factor-codes-kept")
    visitor.get(MANAGE)
    new = codes_on(visitor.submit(button="factor-new-codes"))
    page = visitor.submit(button="factor-codes-kept")
    assert "Je nieuwe herstelcodes werken." in page.text
    assert not set(old) & set(new)
    lost = new_visitor()
    sign_in(lost, els)
    assert step_of(say_recovery_code(lost, old[0])) == "second-factor"
    assert step_of(say_recovery_code(lost, new[0])) == "recovery-used"


def test_who_leaves_half_way_changes_nothing(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    visitor.get(MANAGE)
    page = visitor.submit(button="factor-add-app")
    assert visitor.get(page.links["Annuleer"]).url.startswith(provider.issuer + MANAGE)
    url = page.url
    visitor.get("/end_session")
    visitor.submit(button="logout-confirm")
    assert step_of(visitor.get(url)) == "name"
    assert len(factors(provider, els)) == 1


def test_at_an_ip_address_passkeys_are_not_offered(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in_fully(provider, visitor, els)
    assert "factor-add-passkey" not in visitor.get(MANAGE).ids
    assert "factor-passkey" not in visitor.submit(button="factor-add-app").ids


def test_the_room_answers_whether_somebody_has_one(provider: Provider) -> None:
    els, an = provider.people.staff(totp=True), provider.people.staff()
    with provider.reading() as db:
        assert factors_at_rest.has_factor(db, els.account_id)
        assert not factors_at_rest.has_factor(db, an.account_id)
