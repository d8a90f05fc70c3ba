"""The authorization endpoint's happy roads, named after the certification's modules."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from sqlalchemy import select

from idp.oidc.records import PendingAuthorization
from idp.schools.switched_off import switched_off
from tests.oidc.roads import error, id_token, sign_in, through, told, way_back_of_last_login
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.statements import counted, verbs

NewVisitor = Callable[..., Visitor]


def as_form(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_oidcc_server_the_code_flow(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil("advanced"), provider.relying_party()
    left_for, asked = through(visitor, pupil, rp)
    tokens = rp.exchange(rp.code(left_for, asked), asked)
    claims = rp.verify(tokens.id_token, asked.nonce)
    assert claims["acr"] == "urn:leerid:acr:password"
    assert "name" not in claims


def test_oidcc_prompt_none_logged_in(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    first = told(rp, *through(visitor, pupil, rp))
    provider.clock.move(seconds=3)
    asked = rp.ask(prompt="none")
    page = visitor.get(asked.url)
    assert page.left_for is not None
    again = told(rp, page.left_for, asked)
    assert (again["sub"], again["auth_time"]) == (first["sub"], first["auth_time"])


def test_oidcc_prompt_none_not_logged_in(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party()
    asked = rp.ask(prompt="none", state="s" * 128)
    page = visitor.get(asked.url)
    assert error(rp, page, asked) == "login_required"
    assert visitor.cookie("leerid_session") is None
    assert [each.status_code for each in page.history] == [303]


def test_oidcc_prompt_login(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    first = told(rp, *through(visitor, pupil, rp))
    provider.clock.move(seconds=3)
    asked = rp.ask(prompt="login")
    assert visitor.get(asked.url).left_for is None, "the sign-in page shows"
    page = sign_in(visitor, pupil)
    assert page.left_for is not None
    assert told(rp, page.left_for, asked)["auth_time"] > first["auth_time"]


def test_OA_68_prompt_login_holds_when_the_browser_skips_the_login(
    provider: Provider, visitor: Visitor
) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    through(visitor, pupil, rp)
    provider.clock.move(seconds=3)
    parked = visitor.get(rp.ask(prompt="login").url)
    again = visitor.get(way_back_of_last_login(provider))
    assert again.left_for is None
    assert "login-submit" in again.ids or "login-next" in again.ids, parked.url


def test_oidcc_max_age_1(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    first = told(rp, *through(visitor, pupil, rp))
    provider.clock.move(seconds=2)
    asked = rp.ask(max_age="1")
    assert visitor.get(asked.url).left_for is None
    provider.clock.move(seconds=30)  # a slow typist is not asked again and again
    page = sign_in(visitor, pupil)
    assert page.left_for is not None
    assert told(rp, page.left_for, asked)["auth_time"] >= first["auth_time"] + 2


def test_oidcc_max_age_10000(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    first = told(rp, *through(visitor, pupil, rp))
    provider.clock.move(seconds=3)
    asked = rp.ask(max_age="10000")
    page = visitor.get(asked.url)
    assert page.left_for is not None
    assert told(rp, page.left_for, asked)["auth_time"] == first["auth_time"]


def test_OA_68_max_age_0_asks(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    through(visitor, pupil, rp)
    provider.clock.move(seconds=1)
    assert visitor.get(rp.ask(max_age="0").url).left_for is None
    asked = rp.ask(max_age="0", prompt="none")
    assert error(rp, visitor.get(asked.url), asked) == "login_required"


def test_oidcc_id_token_hint(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    token = id_token(rp, *through(visitor, pupil, rp))
    provider.clock.move(minutes=20)  # it expired, and still tells whose it was
    asked = rp.ask(prompt="none", id_token_hint=token)
    left_for = visitor.get(asked.url).left_for
    assert left_for is not None
    rp.code(left_for, asked)


def test_OA_68_a_hint_of_another_pupil(provider: Provider, visitor: Visitor, new_visitor: NewVisitor) -> None:
    an, jan = provider.people.pupil(username="an.een"), provider.people.pupil(username="jan.twee")
    rp = provider.relying_party()
    token = id_token(rp, *through(new_visitor(), an, rp))
    through(visitor, jan, rp)
    provider.clock.move(seconds=3)
    silent = rp.ask(prompt="none", id_token_hint=token)
    assert error(rp, visitor.get(silent.url), silent) == "login_required"
    asked = rp.ask(id_token_hint=token)
    assert visitor.get(asked.url).left_for is None, "An is asked for"
    assert error(rp, sign_in(visitor, jan), asked) == "login_required"


@pytest.mark.parametrize(
    "parameters",
    [
        {"display": "page"},
        {"display": "popup"},
        {"login_hint": "jan.peeters"},
        {"login_hint": "x" * 300},
        {"ui_locales": "fr-BE nl en"},
        {"ui_locales": "x" * 200},
        {"claims_locales": "se"},
        {"extra": "foobar"},
        {"acr_values": "urn:leerid:acr:basic 1 2"},
        {"nonce": None},
        {"scope": "email openid unknown_scope"},
        {"state": None},
        {"prompt": ""},
    ],
    ids=lambda each: next(iter(each)),
)
def test_oidcc_what_is_optional_or_unknown_does_not_fail(
    provider: Provider, visitor: Visitor, parameters: dict[str, str | None]
) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    left_for, asked = through(visitor, pupil, rp, **parameters)
    answer = rp.answer(left_for)
    assert answer["iss"] == provider.issuer
    assert answer.get("state", "") == asked.state
    tokens = rp.exchange(answer["code"], asked)
    claims = rp.verify(tokens.id_token, asked.nonce or None)
    assert claims["acr"].startswith("urn:leerid:acr:")


def test_oidcc_acr_values_answers_one_that_was_asked(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    left_for, asked = through(visitor, pupil, rp, acr_values="urn:leerid:acr:basic urn:leerid:acr:picture")
    claims = rp.verify(rp.exchange(rp.code(left_for, asked), asked).id_token, asked.nonce)
    assert claims["acr"] == "urn:leerid:acr:basic"


def test_oidcc_ui_locales_choose_the_language_of_the_page(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party()
    page = visitor.get(rp.ask(ui_locales="fr-BE en").url)
    assert '<html lang="fr"' in page.html


def test_oidcc_login_hint_fills_in_the_name(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party()
    page = visitor.get(rp.ask(login_hint='jan"><script>alert(1)</script>').url)
    assert page.form("login-next").fields["username"] == 'jan"><script>alert(1)</script>'
    assert "<script>alert" not in page.html


@pytest.mark.parametrize("hint", ["jan\x07peeters", 255 * "x"])
def test_what_can_not_be_a_name_fills_in_nothing(provider: Provider, visitor: Visitor, hint: str) -> None:
    page = visitor.get(provider.relying_party().ask(login_hint=hint).url)
    assert page.form("login-next").fields["username"] == ""


def test_the_longest_name_is_filled_in_whole(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get(provider.relying_party().ask(login_hint=254 * "x").url)
    assert page.form("login-next").fields["username"] == 254 * "x"


def test_oidcc_ensure_post_request_succeeds(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    asked = rp.ask()
    visitor.post(
        f"{provider.issuer}/authorize", as_form(asked.url), headers={"Origin": "https://oefenapp.example"}
    )
    page = sign_in(visitor, pupil)
    assert page.left_for is not None
    rp.code(page.left_for, asked)


def test_a_cross_site_post_meets_its_session_again(provider: Provider, visitor: Visitor) -> None:
    """SameSite=Lax keeps the cookies off the POST itself; the GET that follows brings them."""
    pupil, rp = provider.people.pupil(), provider.relying_party()
    through(visitor, pupil, rp)
    asked = rp.ask(prompt="none")
    cookies = dict(visitor.http.cookies)
    visitor.forget()
    answer = visitor.http.post(f"{provider.issuer}/authorize", as_form(asked.url), allow_redirects=False)
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers, "a request without cookies must not replace them"
    visitor.http.cookies.update(cookies)
    page = visitor.get(answer.headers["Location"])
    assert page.left_for is not None
    rp.code(page.left_for, asked)


def test_a_code_works_once_and_the_way_back_is_answered_once(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    asked = rp.ask()
    visitor.get(asked.url)
    way_back = way_back_of_last_login(provider)
    assert sign_in(visitor, pupil).left_for is not None
    page = visitor.get(way_back)
    assert (page.status, page.left_for) == (400, None)
    assert page.title.startswith("Deze stap is al gedaan")


def test_OA_29_CV_32_a_parked_request_is_for_the_browser_that_began_it(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    visitor.get(rp.ask().url)
    way_back = way_back_of_last_login(provider)
    other = new_visitor()
    through(other, pupil, rp)
    page = other.get(way_back)
    assert (page.status, page.left_for) == (400, None)


def test_OA_29_CV_32_a_posted_request_is_for_the_first_browser_that_comes(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    rp = provider.relying_party()
    answer = visitor.http.post(f"{provider.issuer}/authorize", as_form(rp.ask().url), allow_redirects=False)
    assert "login-next" in visitor.get(answer.headers["Location"]).ids
    assert new_visitor().get(answer.headers["Location"]).status == 400


def test_a_parked_request_is_good_for_an_hour(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party()
    visitor.get(rp.ask().url)
    provider.clock.move(minutes=61)
    assert visitor.get(way_back_of_last_login(provider)).status == 400


def test_CV_26_a_pupil_of_another_school_is_sent_back(provider: Provider, visitor: Visitor) -> None:
    here, elsewhere = provider.people.pupil(school=111111), provider.people.pupil(school=222222)
    rp = provider.relying_party(schools=[111111])
    left_for, asked = through(visitor, here, rp)
    rp.code(left_for, asked)
    visitor.forget()
    left_for, asked = through(visitor, elsewhere, rp)
    assert rp.answer(left_for, asked)["error"] == "access_denied"


def test_a_pupil_who_is_not_sure_enough_gets_a_clear_page_and_a_way_back(
    provider: Provider, visitor: Visitor
) -> None:
    pupil, strict = (
        provider.people.pupil("pictures"),
        provider.relying_party(minimum_acr="urn:leerid:acr:basic"),
    )
    through(visitor, pupil, provider.relying_party("andere"))
    asked = strict.ask()
    page = visitor.get(asked.url)
    assert (page.left_for, page.status) == (None, 403)
    assert page.title.startswith("Je kan hier nog niet in")
    assert error(strict, visitor.submit(button="too-weak-back"), asked) == "unmet_authentication_requirements"


def test_another_pupil_may_be_sure_enough(provider: Provider, visitor: Visitor) -> None:
    weak, strong = provider.people.pupil("pictures"), provider.people.pupil("advanced")
    strict = provider.relying_party(minimum_acr="urn:leerid:acr:basic")
    through(visitor, weak, provider.relying_party("andere"))
    asked = strict.ask()
    visitor.get(asked.url)
    page = visitor.submit(button="too-weak-other")
    assert page.left_for is None
    page = sign_in(visitor, strong)
    assert page.left_for is not None
    strict.code(page.left_for, asked)


def test_essential_acr_that_nobody_here_has_is_told(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party()
    asked = rp.ask(claims='{"id_token":{"acr":{"essential":true,"values":["urn:other"]}}}')
    assert error(rp, visitor.get(asked.url), asked) == "unmet_authentication_requirements"


def test_the_hot_path_asks_little_of_the_database(provider: Provider, visitor: Visitor) -> None:
    """With a live session: who is it, did they stop sharing (PR-20), the grant, the code; and one commit that writes."""
    pupil, rp = provider.people.pupil(), provider.relying_party()
    switched_off(provider.app).clock = lambda: 0.0  # read once, and not again every three seconds
    through(visitor, pupil, rp)
    asked = rp.ask(endpoint=f"{provider.issuer}/authorize")
    with counted(provider.engine) as seen:
        assert visitor.get(asked.url).left_for is not None
    assert verbs(seen) == ["SELECT", "SELECT", "INSERT", "INSERT"], seen


def test_OA_07_the_same_challenge_again_is_noticed(
    provider: Provider, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    _, asked = through(visitor, pupil, rp)
    assert "authorize:challenge-repeated" not in caplog.messages
    assert visitor.get(asked.url).left_for is not None
    assert "authorize:challenge-repeated" in caplog.messages


def test_no_code_and_no_state_in_the_logs(
    provider: Provider, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "leerid")
    pupil, rp = provider.people.pupil(), provider.relying_party()
    left_for, asked = through(visitor, pupil, rp)
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "/authorize" in logged
    for secret in (rp.code(left_for, asked), asked.state, asked.nonce, pupil.password):
        assert secret not in logged


def test_of_two_answers_at_once_one_has_a_code(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    through(visitor, pupil, rp)
    form = as_form(rp.ask().url)
    for _ in range(3):
        posted = visitor.http.post(f"{provider.issuer}/authorize", form, allow_redirects=False)
        way_back = posted.headers["Location"]
        with ThreadPoolExecutor(6) as pool:
            cookies = dict(visitor.http.cookies)
            ask = partial(
                requests.get, f"{provider.issuer}{way_back}", cookies=cookies, allow_redirects=False
            )
            answers = [each.result() for each in [pool.submit(ask) for _ in range(6)]]
        codes = [each for each in answers if "code=" in each.headers.get("Location", "")]
        assert len(codes) == 1
        assert {each.status_code for each in answers} <= {303, 400}


def test_what_nobody_reads_is_not_kept(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party()
    visitor.post(f"{provider.issuer}/authorize", {**as_form(rp.ask().url), "junk": "x" * 100_000})
    with provider.reading() as db:
        (kept,) = db.scalars(select(PendingAuthorization.parameters))
        assert "junk" not in kept
