"""Telling applications that a sign-in ended: the token, the delivery, and what is never connected to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from sqlalchemy import select

from idp.oidc import backchannel, outgoing
from idp.oidc.outgoing import LOOPBACK, Gate
from idp.oidc.records import LogoutNotice
from tests.oidc.listening import Application, listening
from tests.oidc.roads import id_token, through
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.relying_party import Asked, RelyingParty


@pytest.fixture
def application() -> Iterator[Application]:
    with listening() as made:
        yield made


def signed_in_and_out(provider: Provider, visitor: Visitor, *rps: RelyingParty) -> list[dict[str, Any]]:
    """One pupil uses each of these and signs out at the first; answers what the ID tokens said."""
    pupil = provider.people.pupil()
    tokens = []
    for rp in rps:
        left_for, asked = through(visitor, pupil, rp)
        tokens.append(id_token(rp, left_for, asked))
    told = [rp.verify_jwt(token) for rp, token in zip(rps, tokens, strict=True)]
    visitor.get(f"{provider.issuer}/end_session?id_token_hint={tokens[0]}")
    return told


def logout_tokens(application: Application) -> list[str]:
    return [each["form"]["logout_token"][0] for each in application.got]


def test_oidcc_backchannel_rp_initiated_logout(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    (told,) = signed_in_and_out(provider, visitor, rp)
    assert backchannel.deliver_due(provider.app) == 1
    (arrived,) = application.got
    assert arrived["type"] == "application/x-www-form-urlencoded"
    assert set(arrived["form"]) == {"logout_token"}
    claims = rp.verify_jwt(arrived["form"]["logout_token"][0])
    assert set(claims) == {"iss", "aud", "iat", "exp", "jti", "events", "sub", "sid"}
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert (claims["iss"], claims["aud"]) == (provider.issuer, rp.client_id)
    assert (claims["sub"], claims["sid"]) == (told["sub"], told["sid"])
    assert claims["exp"] - claims["iat"] == 120
    assert backchannel.deliver_due(provider.app) == 0, "once"


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_the_token_is_signed_as_the_client_registered(
    provider: Provider, visitor: Visitor, application: Application, alg: str
) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address, id_token_signed_response_alg=alg)
    signed_in_and_out(provider, visitor, rp)
    backchannel.deliver_due(provider.app)
    header = jwt.get_unverified_header(logout_tokens(application)[0])
    assert (header["alg"], header["typ"]) == (alg, "logout+jwt")


def test_OA_18_a_logout_token_is_no_id_token_hint(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    signed_in_and_out(provider, visitor, rp)
    backchannel.deliver_due(provider.app)
    token = logout_tokens(application)[0]
    assert visitor.get(f"{provider.issuer}/end_session?id_token_hint={token}").status == 400


def test_PR_02_two_applications_learn_nothing_in_common(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    first = provider.relying_party("eerste", backchannel_logout_uri=application.address)
    second = provider.relying_party("tweede", backchannel_logout_uri=application.address)
    silent = provider.relying_party("derde")
    signed_in_and_out(provider, visitor, first, second, silent)
    assert backchannel.deliver_due(provider.app) == 2
    one, other = (rp.verify_jwt(token) for rp, token in paired(application, first, second))
    for claim in ("sub", "sid", "jti", "aud"):
        assert one[claim] != other[claim]


def paired(application: Application, *rps: RelyingParty) -> list[tuple[RelyingParty, str]]:
    """Each token with the application it is for."""
    by_client = {
        jwt.decode(token, options={"verify_signature": False})["aud"]: token
        for token in logout_tokens(application)
    }
    return [(rp, by_client[rp.client_id]) for rp in rps]


def test_an_application_that_is_down_is_told_later(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    application.status = 503
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    signed_in_and_out(provider, visitor, rp)
    assert backchannel.deliver_due(provider.app) == 0
    assert backchannel.deliver_due(provider.app) == 0, "not at once"
    assert len(application.got) == 1
    application.status = 204
    provider.clock.move(seconds=11)
    assert backchannel.deliver_due(provider.app) == 1
    first, second = logout_tokens(application)
    assert rp.verify_jwt(first)["jti"] != rp.verify_jwt(second)["jti"]


def test_after_a_day_it_is_given_up(provider: Provider, visitor: Visitor, application: Application) -> None:
    application.status = 500
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    signed_in_and_out(provider, visitor, rp)
    for _ in range(40):
        backchannel.deliver_due(provider.app)
        provider.clock.move(hours=2)
    assert 5 < len(application.got) < 15
    with provider.reading() as db:
        assert db.scalars(select(LogoutNotice.gave_up_at)).one() is not None


def test_OA_24_a_redirect_is_not_followed(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    application.status = 307
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    signed_in_and_out(provider, visitor, rp)
    assert backchannel.deliver_due(provider.app) == 0
    assert len(application.got) == 1


def test_two_workers_tell_it_once(provider: Provider, visitor: Visitor, application: Application) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    signed_in_and_out(provider, visitor, rp)
    workers = [threading.Thread(target=backchannel.deliver_due, args=(provider.app,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(application.got) == 1


def test_an_application_that_does_not_answer_is_waited_for_once(
    provider: Provider, new_visitor: Any, application: Application
) -> None:
    application.status = 500
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    for _ in range(3):
        signed_in_and_out(provider, new_visitor(), rp)
    backchannel.deliver_due(provider.app)
    assert len(application.got) == 1


def test_a_logout_wakes_the_worker(provider: Provider, visitor: Visitor, application: Application) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    backchannel.wake.clear()
    signed_in_and_out(provider, visitor, rp)
    assert backchannel.wake.wait(5)


# However a session ends


def signed_in(provider: Provider, visitor: Visitor, rp: RelyingParty) -> dict[str, Any]:
    """A pupil uses this application; answers what the ID token said."""
    return rp.verify_jwt(id_token(rp, *through(visitor, provider.people.pupil(), rp)))


def told_of(rp: RelyingParty, provider: Provider, application: Application) -> list[str]:
    """The sign-ins whose end this application was told now."""
    application.got.clear()
    backchannel.deliver_due(provider.app)
    return [str(rp.verify_jwt(token)["sid"]) for token in logout_tokens(application)]


def test_CV_15_not_you_ends_the_first_pupil_in_every_application(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    first = signed_in(provider, visitor, rp)
    asked = rp.ask(prompt="login")
    page = visitor.get(asked.url)
    backchannel.wake.clear()
    visitor.submit(button="login-switch")
    assert backchannel.wake.wait(5)
    assert told_of(rp, provider, application) == [first["sid"]]
    visitor.page = page
    visitor.submit(button="login-switch")
    assert told_of(rp, provider, application) == [], "once"


def test_CV_15_not_you_outside_a_login_does_the_same(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    first = signed_in(provider, visitor, rp)
    token = visitor.get("/forgot").form("csrf_token").fields["csrf_token"]
    visitor.post("/switch", {"csrf_token": token})
    assert told_of(rp, provider, application) == [first["sid"]]


@pytest.mark.parametrize("minutes", [0, 45], ids=["used", "idle"])
def test_CV_15_another_card_ends_the_first_pupil_in_every_application(
    provider: Provider, visitor: Visitor, application: Application, minutes: int
) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    first = signed_in(provider, visitor, rp)
    provider.clock.move(minutes=minutes)
    second = provider.people.pupil("basic")
    visitor.get(second.card_path)
    assert told_of(rp, provider, application) == [], "a card proves nothing"
    visitor.submit(button="login-submit", password=second.password)
    assert told_of(rp, provider, application) == [first["sid"]]


def test_the_same_pupil_who_signs_in_once_more_stays_in_every_application(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    pupil = provider.people.pupil("basic")
    through(visitor, pupil, rp)
    visitor.get(pupil.card_path)
    visitor.submit(button="login-submit", password=pupil.password)
    assert told_of(rp, provider, application) == []


@pytest.mark.parametrize("how", ["idle", "another browser"])
def test_oidcc_rp_initiated_logout_of_a_sign_in_that_is_not_here_ends_it_by_its_hint(
    provider: Provider, visitor: Visitor, application: Application, how: str
) -> None:
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    tokens = rp.exchange(*code_and_question(provider, visitor, rp))
    sid = rp.verify_jwt(tokens.id_token)["sid"]
    if how == "idle":
        provider.clock.move(minutes=45)
    else:
        visitor.forget()
    address = f"{provider.issuer}/end_session?id_token_hint={tokens.id_token}"
    visitor.get(address)
    assert told_of(rp, provider, application) == [sid]
    assert rp.userinfo(tokens.access_token).status_code == 401
    visitor.get(address)
    assert told_of(rp, provider, application) == [], "once"


def code_and_question(provider: Provider, visitor: Visitor, rp: RelyingParty) -> tuple[str, Asked]:
    left_for, asked = through(visitor, provider.people.pupil(), rp)
    return rp.code(left_for, asked), asked


# What is never connected to

# As of a provider that is there to try things out, with its applications beside it.
GATE = Gate(allowed_hosts=LOOPBACK)


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
    ],
)
def test_OA_22_nothing_connects_into_a_private_network(host: str) -> None:
    with pytest.raises(outgoing.NotDelivered, match="address not allowed"):
        outgoing.post_form(f"https://{host}/backchannel", {"logout_token": "x"}, Gate())


def test_OA_22_a_name_that_leads_to_loopback_is_refused(
    monkeypatch: pytest.MonkeyPatch, application: Application
) -> None:
    """The name server's answer decides nothing: a name that isn't loopback's own may not lead there."""
    found = [(2, 1, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(outgoing.NotDelivered, match="address not allowed"):
        outgoing.post_form(
            application.address.replace("http://127.0.0.1", "https://rebound.example"), {}, GATE
        )
    assert application.got == []


def test_OA_24_a_server_that_says_nothing_is_given_up_in_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(outgoing.NotDelivered):
            outgoing.post_form(f"http://127.0.0.1:{silent.getsockname()[1]}/", {}, GATE)
        assert time.monotonic() - began < 5


# Applications that are down


def three(provider: Provider, *addresses: str) -> list[RelyingParty]:
    names = ("eerste", "tweede", "derde")
    return [
        provider.relying_party(name, backchannel_logout_uri=address)
        for name, address in zip(names, addresses, strict=False)
    ]


def test_FT_20_dead_applications_keep_no_other_waiting(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    """Two take the question and say nothing; the third has heard it long before they are given up."""
    with listening() as silent, listening() as mute:
        silent.silent = mute.silent = True
        rps = three(provider, silent.address, mute.address, application.address)
        signed_in_and_out(provider, visitor, *rps)
        began = time.monotonic()
        assert backchannel.deliver_due(provider.app, patience=1.5) == 1
        assert time.monotonic() - began < outgoing.SECONDS
        assert len(application.got) == 1
        assert wait_until(lambda: len(silent.got) == len(mute.got) == 1)


def test_FT_20_what_is_under_way_is_not_begun_once_more(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    application.silent = True
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    signed_in_and_out(provider, visitor, rp)
    for _ in range(3):
        assert backchannel.deliver_due(provider.app, patience=0.2) == 0
    assert len(application.got) == 1


def test_FT_20_signing_out_itself_waits_for_nobody(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    application.silent = True
    rp = provider.relying_party(backchannel_logout_uri=application.address)
    token = id_token(rp, *through(visitor, provider.people.pupil(), rp))
    began = time.monotonic()
    assert visitor.get(f"{provider.issuer}/end_session?id_token_hint={token}").status == 200
    assert time.monotonic() - began < outgoing.SECONDS


def wait_until(true: Callable[[], bool]) -> bool:
    ends_at = time.monotonic() + 5
    while not true() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return true()
