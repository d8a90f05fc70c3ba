"""Signing out: who may end a session, and where that may lead."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from idp.authentication.records import BrowserSession
from tests.oidc.roads import error, id_token, through
from tests.support.browser import Page, Visitor
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

BYE = "https://oefenapp.example/bye"
NewVisitor = Callable[..., Visitor]


def application(provider: Provider, client_id: str = "oefenapp") -> RelyingParty:
    bye = BYE.replace("oefenapp", client_id)
    return provider.relying_party(client_id, post_logout_redirect_uris=[bye, f"{bye}?from=leerid"])


def signed_in(provider: Provider, visitor: Visitor, rp: RelyingParty) -> str:
    """A pupil signs in; answers the ID token."""
    return id_token(rp, *through(visitor, provider.people.pupil(), rp))


def logout(visitor: Visitor, rp: RelyingParty, **parameters: str | None) -> Page:
    given = {name: value for name, value in parameters.items() if value is not None}
    return visitor.get(f"{rp.issuer}/end_session" + (f"?{urlencode(given)}" if given else ""))


def is_signed_in(visitor: Visitor, rp: RelyingParty) -> bool:
    asked = rp.ask(prompt="none")
    page = visitor.get(asked.url)
    assert page.left_for is not None
    return "code" in rp.answer(page.left_for, asked)


def test_oidcc_rp_initiated_logout(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    page = logout(visitor, rp, id_token_hint=token, post_logout_redirect_uri=BYE, state="a b&c")
    assert page.left_for == f"{BYE}?state=a%20b%26c"
    assert visitor.cookie("leerid_session") is None
    asked = rp.ask(prompt="none")
    assert error(rp, visitor.get(asked.url), asked) == "login_required"


def test_oidcc_rp_initiated_logout_no_state(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    assert logout(visitor, rp, id_token_hint=token, post_logout_redirect_uri=BYE).left_for == BYE


def test_a_registered_address_with_a_query_gets_the_state_behind_it(
    provider: Provider, visitor: Visitor
) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    page = logout(visitor, rp, id_token_hint=token, post_logout_redirect_uri=f"{BYE}?from=leerid", state="s")
    assert page.left_for == f"{BYE}?from=leerid&state=s"


def test_an_expired_hint_will_do(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    provider.clock.move(minutes=25)
    assert logout(visitor, rp, id_token_hint=token, post_logout_redirect_uri=BYE).left_for == BYE


def test_a_hint_from_an_earlier_session_of_the_same_pupil_will_do(
    provider: Provider, visitor: Visitor
) -> None:
    pupil, rp = provider.people.pupil(), application(provider)
    token = id_token(rp, *through(visitor, pupil, rp))
    visitor.forget()
    through(visitor, pupil, rp)
    assert logout(visitor, rp, id_token_hint=token, post_logout_redirect_uri=BYE).left_for == BYE


@pytest.mark.parametrize("parameters", [{}, {"state": "only"}, {"client_id": "oefenapp"}], ids=str)
def test_oidcc_rp_initiated_logout_without_a_hint_asks_first(
    provider: Provider, visitor: Visitor, parameters: dict[str, str]
) -> None:
    """no-params, only-state: out after a yes, on our own page."""
    rp = application(provider)
    signed_in(provider, visitor, rp)
    page = logout(visitor, rp, **parameters)
    assert (page.status, page.left_for) == (200, None)
    assert is_signed_in(visitor, rp)
    visitor.page = page
    page = visitor.submit(button="logout-confirm")
    assert (page.status, page.left_for) == (200, None)
    assert page.title.startswith("Je bent afgemeld")
    assert not is_signed_in(visitor, rp)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    page = logout(visitor, rp, id_token_hint=token, state="x")
    assert (page.status, page.left_for) == (200, None)
    assert "Naar het Leerlingloket" in page.links
    assert not is_signed_in(visitor, rp)


def test_oidcc_rp_initiated_logout_no_id_token_hint(provider: Provider, visitor: Visitor) -> None:
    """An address that nobody vouches for leads nowhere, after a yes either."""
    rp = application(provider)
    signed_in(provider, visitor, rp)
    assert logout(visitor, rp, post_logout_redirect_uri=BYE, state="x").left_for is None
    assert visitor.submit(button="logout-confirm").left_for is None


def test_with_a_client_id_the_address_is_used_after_a_yes(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    signed_in(provider, visitor, rp)
    page = logout(visitor, rp, client_id="oefenapp", post_logout_redirect_uri=BYE, state="x")
    assert page.left_for is None
    assert "Oefenapp" in page.text
    assert "form-action 'self' https://oefenapp.example;" in page.headers["Content-Security-Policy"]
    assert visitor.submit(button="logout-confirm").left_for == f"{BYE}?state=x"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/bye",
        f"{BYE}/",
        f"{BYE}?added=1",
        f"{BYE}#x",
        "http://oefenapp.example/bye",
        "https://oefenapp.example:443/bye",
        "https://oefenapp.example@evil.example/bye",
        "https://oefenapp.example/callback",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        f"{BYE} ",
        "https://andere.example/bye",
    ],
)
def test_OA_04_a_bad_post_logout_redirect_uri_leads_nowhere(
    provider: Provider, visitor: Visitor, address: str
) -> None:
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri, -query-added; and another client's address."""
    rp = application(provider)
    application(provider, "andere")
    token = signed_in(provider, visitor, rp)
    for hint in ({"id_token_hint": token}, {"client_id": "oefenapp"}):
        page = logout(visitor, rp, post_logout_redirect_uri=address, **hint)
        assert (page.status, page.left_for, page.history) == (400, None, [])
    assert is_signed_in(visitor, rp)


def test_oidcc_rp_initiated_logout_modified_and_bad_id_token_hint(
    provider: Provider, visitor: Visitor
) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    header, payload, signature = token.split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    forged = [
        f"{unsigned}.{payload}.",
        f"{unsigned}.{payload}.{signature}",
        f"{header}.{payload}.{'A' * len(signature)}",
        f"{header}.{payload}.",
        "x",
    ]
    for each in forged:
        page = logout(visitor, rp, id_token_hint=each, post_logout_redirect_uri=BYE)
        assert (page.status, page.left_for) == (400, None)
    assert is_signed_in(visitor, rp)


def test_a_hint_and_a_client_id_that_disagree_are_refused(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    application(provider, "andere")
    token = signed_in(provider, visitor, rp)
    page = logout(visitor, rp, id_token_hint=token, client_id="andere", post_logout_redirect_uri=BYE)
    assert (page.status, page.left_for) == (400, None)


def test_OA_41_a_hint_of_another_pupil_asks_first(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    rp = application(provider)
    theirs = signed_in(provider, new_visitor(), rp)
    signed_in(provider, visitor, rp)
    page = logout(visitor, rp, id_token_hint=theirs, post_logout_redirect_uri=BYE)
    assert page.left_for is None
    assert is_signed_in(visitor, rp)
    visitor.page = page
    assert visitor.submit(button="logout-confirm").left_for == BYE
    assert not is_signed_in(visitor, rp)


def test_OA_41_no_site_signs_anybody_out(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    signed_in(provider, visitor, rp)
    visitor.get(f"{provider.issuer}/end_session")
    assert visitor.submit(button="logout-confirm", csrf_token=None).status == 403
    foreign = visitor.post(
        f"{provider.issuer}/end_session/confirm", {"state": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status == 403
    posted = visitor.post(f"{provider.issuer}/end_session", {}, headers={"Origin": "https://evil.example"})
    assert "logout-confirm" in posted.ids
    assert is_signed_in(visitor, rp)


def test_whoever_is_not_signed_in_is_sent_on(provider: Provider, visitor: Visitor) -> None:
    """A logout after the session ended by itself: nothing to ask, no loop."""
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    visitor.forget()
    assert (
        logout(visitor, rp, id_token_hint=token, post_logout_redirect_uri=BYE, state="s").left_for
        == f"{BYE}?state=s"
    )
    page = logout(visitor, rp)
    assert page.title.startswith("Je bent afgemeld")
    assert logout(visitor, rp, client_id="oefenapp", post_logout_redirect_uri=BYE).left_for is None


def test_a_posted_logout_works(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    page = visitor.post(
        f"{provider.issuer}/end_session",
        {"id_token_hint": token, "post_logout_redirect_uri": BYE, "state": "s"},
        headers={"Origin": "https://oefenapp.example"},
    )
    assert page.left_for == f"{BYE}?state=s"


@pytest.mark.parametrize("twice", ["state", "client_id", "id_token_hint", "post_logout_redirect_uri"])
def test_OA_09_a_parameter_that_comes_twice_is_refused(
    provider: Provider, visitor: Visitor, twice: str
) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    given = {"id_token_hint": token, "post_logout_redirect_uri": BYE, "client_id": "oefenapp", "state": "s"}
    page = visitor.get(f"{provider.issuer}/end_session?{urlencode([*given.items(), (twice, given[twice])])}")
    assert (page.status, page.left_for) == (400, None)


def test_the_session_and_what_hung_on_it_are_dead(provider: Provider, visitor: Visitor) -> None:
    """Tokens die with it; those with offline_access live on, as their application asked."""
    pupil, rp, offline = provider.people.pupil(), application(provider), application(provider, "andere")
    left_for, asked = through(visitor, pupil, rp)
    tokens = rp.exchange(rp.code(left_for, asked), asked)
    left_for, asked = through(visitor, pupil, offline, scope="openid offline_access")
    kept = offline.exchange(offline.code(left_for, asked), asked)
    session = visitor.cookie("leerid_session") or ""
    logout(visitor, rp, id_token_hint=tokens.id_token)
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert offline.refresh(kept).access_token
    visitor.http.cookies.set("leerid_session", session)
    assert not is_signed_in(visitor, rp)
    with provider.reading() as db:
        assert db.scalars(select(BrowserSession.ended_at)).one() is not None


def test_PR_23_the_next_child_finds_nothing(provider: Provider, visitor: Visitor) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    page = logout(visitor, rp, id_token_hint=token)
    assert page.headers["Clear-Site-Data"] == '"cache"'
    assert page.headers["Cache-Control"] == "no-store"


def test_OA_58_CV_35_what_an_application_sends_is_no_markup_on_the_logout_page(
    provider: Provider, visitor: Visitor
) -> None:
    rp = application(provider)
    signed_in(provider, visitor, rp)
    hostile = '"><script>alert(1)</script>'
    page = logout(visitor, rp, client_id="oefenapp", state=hostile)
    assert page.form("logout-confirm").fields["state"] == hostile
    assert "<script>alert" not in page.html


def test_OA_18_a_refused_hint_is_one_warning(
    provider: Provider, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    rp = application(provider)
    token = signed_in(provider, visitor, rp)
    caplog.clear()
    logout(visitor, rp, id_token_hint=token[:-4])
    visitor.get(rp.ask(id_token_hint=token[:-4]).url)
    assert [each.message for each in caplog.records if each.levelname == "WARNING"] == ["hint:refused"] * 2
    assert token[:-4] not in caplog.text
