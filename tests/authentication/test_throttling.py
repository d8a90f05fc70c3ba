"""Wrong passwords: three ways in, each with its own count, so that nobody shuts a pupil out by failing in their name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from sqlalchemy import select, text

from idp.accounts import opaque, passwords
from idp.accounts.records import Account
from idp.authentication.counters import by_device
from idp.authentication.records import FailedName, FailureCounter
from tests.authentication.doors import (
    CLOSED,
    HELP,
    WAIT,
    WRONG,
    account_of,
    counted,
    events,
    fail,
    fail_past_waits,
    guess_at_once,
    hashing_is_busy,
    is_in,
    names_of_nobody,
    say_name,
    say_password,
    sign_in,
    sign_out,
)
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider

NewVisitor = Callable[..., Visitor]


def known_device(visitor: Visitor, pupil: Made) -> str:
    """Signs in once and out again; answers where this device's errors are counted from then on."""
    assert visitor.cookie("leerid_session") is None
    sign_in(visitor, pupil)
    sign_out(visitor)
    return by_device(opaque.digest(visitor.cookie("leerid_device") or "")).key


def at_ten_in_the_morning(provider: Provider) -> None:
    """So that no test of a minute or an hour goes past midnight."""
    provider.clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))


# What a page says


def test_a_wrong_password_is_told_shortly_and_without_blame(provider: Provider, visitor: Visitor) -> None:
    say_name(visitor, provider.people.pupil("basic").username)
    page = fail(visitor, 1)
    assert WRONG in page.text
    assert HELP not in page.text


def test_after_three_errors_the_page_says_whom_to_ask(provider: Provider, visitor: Visitor) -> None:
    say_name(visitor, provider.people.pupil("pictures").username)
    assert HELP not in fail(visitor, 2).text
    assert HELP in fail(visitor, 1).text


def test_PW_12_the_page_says_how_long_to_wait(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    say_name(visitor, pupil.username)
    provider.clock.stop()
    assert "Wacht nog 60 seconden en probeer opnieuw." in fail(visitor, 5).text
    provider.clock.move(seconds=45)
    page = say_password(visitor, pupil.password)
    assert "Wacht nog 15 seconden en probeer opnieuw." in page.text
    provider.clock.move(seconds=15)
    assert is_in(say_password(visitor, pupil.password), provider)


def test_waiting_costs_nothing_more(provider: Provider, visitor: Visitor) -> None:
    say_name(visitor, provider.people.pupil("basic").username)
    fail(visitor, 5)
    for _ in range(6):
        assert WAIT in say_password(visitor, "weer-fout").text
    assert counted(provider) == 5


# The ways in


def test_a_typed_name_waits_a_minute_after_five_and_a_quarter_after_eight(
    provider: Provider, visitor: Visitor
) -> None:
    say_name(visitor, provider.people.pupil("advanced").username)
    assert "Wacht nog 60 seconden" in fail(visitor, 5).text
    for number in range(3):
        provider.clock.move(seconds=61)
        page = say_password(visitor, f"weer-fout-{number}")
    assert "Wacht nog 15 minuten" in page.text


@pytest.mark.parametrize("kind", ["basic", "pictures"])
def test_ten_typed_errors_in_a_day_close_a_weak_password_until_tomorrow(
    provider: Provider, visitor: Visitor, kind: str
) -> None:
    at_ten_in_the_morning(provider)
    pupil = provider.people.pupil(kind)
    say_name(visitor, pupil.username)
    fail_past_waits(provider, visitor, 3)
    say_name(visitor, pupil.username)
    fail_past_waits(provider, visitor, 3, 10)
    say_name(visitor, pupil.username)
    fail_past_waits(provider, visitor, 3, 20)
    say_name(visitor, pupil.username)
    assert CLOSED in fail(visitor, 1).text
    assert CLOSED in say_password(visitor, pupil.password).text
    visitor.get(pupil.card_path)
    assert is_in(say_password(visitor, pupil.password), provider)
    provider.clock.set(datetime(2026, 3, 2, 23, 0, 1, tzinfo=UTC))  # midnight in Brussels
    visitor.forget()
    assert is_in(sign_in(visitor, pupil), provider)


def test_ten_typed_errors_in_a_day_do_not_close_an_own_password(provider: Provider, visitor: Visitor) -> None:
    at_ten_in_the_morning(provider)
    pupil = provider.people.pupil("advanced")
    for start in range(0, 12, 3):
        say_name(visitor, pupil.username)
        fail_past_waits(provider, visitor, 3, start)
    assert is_in(sign_in(visitor, pupil), provider)


def test_a_card_has_five_free_errors_and_then_short_waits(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    visitor.get(pupil.card_path)
    provider.clock.stop()
    assert WAIT not in fail(visitor, 5).text
    assert "Wacht nog 5 seconden" in fail(visitor, 1).text
    provider.clock.move(seconds=5)
    assert "Wacht nog 10 seconden" in fail(visitor, 1).text
    provider.clock.move(seconds=10)
    assert is_in(say_password(visitor, pupil.password), provider)


def test_a_known_device_has_five_free_errors_and_then_typing_as_its_last_resort(
    provider: Provider, visitor: Visitor
) -> None:
    """At a tablet that the class shares, a classmate may have used up what it had."""
    pupil = provider.people.pupil("advanced")
    device = known_device(visitor, pupil)
    say_name(visitor, pupil.username)
    provider.clock.stop()
    assert WAIT not in fail(visitor, 6).text
    assert (counted(provider, device), counted(provider, "typed")) == (6, 0)
    assert WAIT not in fail(visitor, 4, 10).text
    assert WAIT in fail(visitor, 1, 20).text
    assert (counted(provider, device), counted(provider, "typed")) == (6, 5)
    provider.clock.move(seconds=5)
    assert "Wacht nog 10 seconden" in fail(visitor, 1, 30).text
    provider.clock.move(seconds=10)
    assert is_in(say_password(visitor, pupil.password), provider)
    assert (counted(provider, device), counted(provider, "typed")) == (0, 5)


def test_thirty_errors_in_a_day_by_card_and_device_close_a_weak_password_until_tomorrow(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(throttle={"own_day_limit": 4, "typed_first_limit": 2})
    at_ten_in_the_morning(provider)
    pupil = provider.people.pupil("pictures")
    tablet, cardholder = Visitor(provider.issuer), Visitor(provider.issuer)
    known_device(tablet, pupil)
    cardholder.get(pupil.card_path)
    fail(cardholder, 2)
    say_name(tablet, pupil.username)
    fail(tablet, 2, 10)
    assert CLOSED in say_password(cardholder, pupil.password).text
    assert is_in(say_password(tablet, pupil.password), provider)  # by typing, which is open still
    provider.clock.set(datetime(2026, 3, 2, 23, 0, 1, tzinfo=UTC))  # midnight in Brussels
    cardholder.get(pupil.card_path)
    assert is_in(say_password(cardholder, pupil.password), provider)


@pytest.mark.parametrize("why", ["a new password", "three months"])
def test_a_device_is_known_while_its_sign_in_is_recent_and_the_password_the_same(
    provider: Provider, visitor: Visitor, why: str
) -> None:
    pupil = provider.people.pupil("basic")
    device = known_device(visitor, pupil)
    provider.clock.move(days=80)
    assert known_device(visitor, pupil) == device  # signing in again makes it last
    provider.clock.move(days=91 if why == "three months" else 80)
    if why == "a new password":
        with provider.db() as db:
            account = db.get_one(Account, pupil.account_id)
            passwords.hand_out(account, account.sealed_secret or "", account.secret_kind, provider.clock())
    say_name(visitor, pupil.username)
    fail(visitor, 1)
    assert counted(provider, "typed") == 1
    assert is_in(say_password(visitor, pupil.password), provider)
    sign_out(visitor)
    say_name(visitor, pupil.username)
    fail(visitor, 1)
    assert counted(provider, device) == 1


def test_PW_07_a_success_breaks_only_its_own_row(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    """Failures by typing, success by another way: the account's row keeps what was typed."""
    pupil = provider.people.pupil("basic")
    device = known_device(visitor, pupil)
    bully = new_visitor()
    say_name(bully, pupil.username)
    fail(bully, 3)
    say_name(visitor, pupil.username)
    fail(visitor, 2)
    assert is_in(say_password(visitor, pupil.password), provider)
    rows = {bucket: counted(provider, bucket) for bucket in ("typed", "account", "own", device)}
    assert rows == {"typed": 3, "account": 3, "own": 0, device: 0}


def test_success_clears_only_the_way_that_it_came_by(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    pupil = provider.people.pupil("basic")
    bully = new_visitor()
    say_name(bully, pupil.username)
    fail(bully, 5)
    visitor.get(pupil.card_path)
    fail(visitor, 2)
    assert is_in(say_password(visitor, pupil.password), provider)
    assert counted(provider, "typed") == 5
    assert counted(provider, f"card:{pupil.card_handle}") == 0
    assert counted(provider, "account") == 5
    assert WAIT in say_password(bully, pupil.password).text


# Many at once, and many together


def test_PW_01_CV_09_two_hundred_guesses_at_once_on_two_nodes_are_five(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("advanced")
    nodes = [provider.issuer, provider.another_node()]
    say_name(visitor, pupil.username)
    guesses = [f"raadsel-{number}" for number in range(200)]
    answers = guess_at_once(visitor, nodes, guesses)
    assert counted(provider) == 5
    assert sum("notice=wrong" in answer for answer in answers) == 5
    assert sum("notice=wait" in answer for answer in answers) == 195


def test_PW_01_CV_09_a_right_one_beyond_the_limit_is_not_accepted(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("advanced")
    say_name(visitor, pupil.username)
    fail(visitor, 5)
    guesses = [pupil.password if number % 2 else f"raadsel-{number}" for number in range(40)]
    answers = guess_at_once(visitor, [provider.issuer, provider.another_node()], guesses)
    assert all("notice=wait" in answer for answer in answers)
    assert visitor.cookie("leerid_session") is None


def test_PW_02_a_class_of_thirty_signs_in_within_three_minutes(
    provider: Provider, new_visitor: NewVisitor
) -> None:
    """One address, four errors in ten; nobody waits for another's errors, nor before an own sixth in a row."""
    at_ten_in_the_morning(provider)
    pupils = [provider.people.pupil("pictures" if number % 2 else "basic") for number in range(30)]
    for number, pupil in enumerate(pupils):
        visitor = new_visitor()
        visitor.get(pupil.card_path)
        for error in range(number % 3):  # none, one or two: 40 % of all tries
            page = say_password(visitor, f"{2222 + 40 * number + error}")
            assert WRONG in page.text
            assert WAIT not in page.text
        assert is_in(say_password(visitor, pupil.password), provider)
        provider.clock.move(seconds=2)


def test_PW_03_many_errors_and_a_sprayer_behind_one_address_block_nobody(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(throttle={"spray_accounts": 5, "address_names": 8})
    pupils = [provider.people.pupil("basic") for _ in range(24)]
    sprayer = Visitor(provider.issuer)
    for pupil in pupils[:12]:
        say_name(sprayer, pupil.username)
        assert WRONG in say_password(sprayer, "Zomer2026").text
    for number, pupil in enumerate(pupils):
        visitor = Visitor(provider.issuer)
        say_name(visitor, pupil.username)
        if number % 4 == 0:
            say_password(visitor, f"foutje{number}")
        assert is_in(say_password(visitor, pupil.password), provider)
    assert events(provider, "sign-in:spraying") == 1
    with provider.reading() as db:
        assert db.query(Account).filter(Account.protected_at.is_not(None)).count() == 0


def test_PW_04_a_bully_does_not_shut_a_classmate_out(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    """Six hundred guesses from the same address; the own device and the card go on at once."""
    at_ten_in_the_morning(provider)
    pupil = provider.people.pupil("basic")
    sign_in(visitor, pupil)
    bully = new_visitor()
    for _ in range(4):
        say_name(bully, pupil.username)
        guess_at_once(bully, [provider.issuer], [f"pest-{n}" for n in range(150)])
        provider.clock.move(minutes=16)
    visitor.get("/login")
    with_card = new_visitor()
    with_card.get(pupil.card_path)
    assert is_in(say_password(with_card, pupil.password), provider)
    visitor.forget()
    neither = new_visitor()
    say_name(neither, pupil.username)
    fail(bully, 5, 500)
    assert (
        WAIT in say_password(neither, pupil.password).text
        or CLOSED in say_password(neither, pupil.password).text
    )
    with provider.db() as db:
        passwords.unlock(db.get_one(Account, pupil.account_id), provider.clock())
    assert is_in(say_password(neither, pupil.password), provider)


def test_PW_05_a_flood_of_remote_guesses_leaves_device_and_card_open(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    pupil = provider.people.pupil("pictures")
    sign_in(visitor, pupil)
    remote = new_visitor()
    say_name(remote, pupil.username)
    guess_at_once(remote, [provider.issuer], [f"{n:04}" for n in range(300)])
    visitor.get(pupil.card_path)
    visitor.submit(button="login-switch")
    visitor.submit(button="login-next", username=pupil.username)
    assert is_in(say_password(visitor, pupil.password), provider)
    card = new_visitor()
    card.get(pupil.card_path)
    assert is_in(say_password(card, pupil.password), provider)


def test_PW_05_PW_07_protection_stops_typing_and_not_the_owner(
    open_provider: Callable[..., Provider],
) -> None:
    """As many guesses as it takes, from as far away as they may come."""
    provider = open_provider(throttle={"account_limit": 6, "typed_first_limit": 99, "typed_second_limit": 99})
    at_ten_in_the_morning(provider)
    pupil = provider.people.pupil("basic")
    owner, cardholder, remote = (Visitor(provider.issuer) for _ in range(3))
    known_device(owner, pupil)
    say_name(remote, pupil.username)
    guess_at_once(remote, [provider.issuer], [f"raadsel-{number}" for number in range(40)])
    assert account_of(provider, pupil).protected_at is not None
    assert not is_in(sign_in(Visitor(provider.issuer), pupil), provider)
    assert is_in(sign_in(owner, pupil), provider)
    cardholder.get(pupil.card_path)
    assert is_in(say_password(cardholder, pupil.password), provider)
    assert counted(provider, "protected:card") == counted(provider, "protected:device") == 0
    assert account_of(provider, pupil).protected_at is not None
    assert not is_in(sign_in(Visitor(provider.issuer), pupil), provider)


def test_PW_05_a_protected_pupil_goes_on_to_choose_a_password(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    with provider.db() as db:
        db.get_one(Account, pupil.account_id).protected_at = provider.clock()
    visitor.get(pupil.card_path)
    assert say_password(visitor, pupil.password).url.endswith("/new-password")
    page = visitor.submit(button="password-submit", new_password="Sprinkhaan-Op-Fietsvakantie7")
    assert is_in(page, provider)


@pytest.mark.parametrize("way", ["card", "device"])
def test_PW_07_under_protection_a_card_and_a_device_may_fail_ten_times_in_total(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, way: str
) -> None:
    """Whatever succeeds in between, and whatever other device it is; until the school unlocks."""
    at_ten_in_the_morning(provider)
    pupil = provider.people.pupil("advanced")
    tablets = [visitor, new_visitor()]
    if way == "device":
        for tablet in tablets:
            known_device(tablet, pupil)
    with provider.db() as db:
        db.get_one(Account, pupil.account_id).protected_at = provider.clock()

    def arrive(tablet: Visitor) -> None:
        tablet.get(pupil.card_path) if way == "card" else say_name(tablet, pupil.username)

    for tablet in tablets:
        arrive(tablet)
        fail(tablet, 5)
        provider.clock.move(minutes=1)
        if tablet is visitor:
            assert is_in(say_password(tablet, pupil.password), provider)
            sign_out(tablet)
    last = visitor if way == "device" else new_visitor()  # by now the first one is a known device
    arrive(last)
    assert not is_in(say_password(last, pupil.password), provider)
    assert counted(provider, f"protected:{way}") == 11
    with provider.db() as db:
        passwords.unlock(db.get_one(Account, pupil.account_id), provider.clock())
    assert is_in(say_password(last, pupil.password), provider)


def test_PW_05_when_the_device_has_nothing_left_the_card_goes_on(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(throttle={"protected_attempts": 2})
    pupil = provider.people.pupil("advanced")
    tablet = Visitor(provider.issuer)
    known_device(tablet, pupil)
    with provider.db() as db:
        db.get_one(Account, pupil.account_id).protected_at = provider.clock()
    say_name(tablet, pupil.username)
    fail(tablet, 2)
    assert WRONG in say_password(tablet, pupil.password).text
    tablet.get(pupil.card_path)
    assert is_in(say_password(tablet, pupil.password), provider)


def test_PW_06_CV_08_one_count_for_every_way_of_writing_a_name(
    provider: Provider, new_visitor: NewVisitor
) -> None:
    pupil = provider.people.pupil("advanced", username="ardalan.bhatti", email="ardalan@example.org")
    written = [
        "ardalan.bhatti",
        "Ardalan.BHATTI",
        "\uff41rdalan.bhatti",
        "ardalan@example.org",
        "ARDALAN@example.org",
    ]
    for number, name in enumerate(written):
        visitor = new_visitor()
        say_name(visitor, name)
        page = fail(visitor, 1, number)
    assert WAIT in page.text
    card = new_visitor()
    card.get(pupil.card_path)
    fail(card, 1, 20)
    assert counted(provider) == 6
    with provider.reading() as db:
        assert (
            len({row.subject for row in db.query(FailureCounter).filter(FailureCounter.bucket == "account")})
            == 1
        )


def test_PW_06_CV_08_signing_in_again_counts_with_the_rest(provider: Provider, visitor: Visitor) -> None:
    pupil, app = provider.people.pupil("advanced"), provider.relying_party()
    sign_in(visitor, pupil)
    visitor.get(app.ask(prompt="login").url)
    fail(visitor, 2)
    assert counted(provider) == 2


def test_PW_07_CV_08_after_a_hundred_in_a_row_nobody_types_this_name_any_more(
    open_provider: Callable[..., Provider],
) -> None:
    """Across ways, across midnight, and on another node; the hundredth is the last that is checked."""
    provider = open_provider(
        throttle={"account_limit": 8, "typed_first_wait_seconds": 0, "typed_day_limit": 3}
    )
    at_ten_in_the_morning(provider)
    pupil = provider.people.pupil("basic")
    first, other = Visitor(provider.issuer), Visitor(provider.another_node())
    other.at_home.add(provider.issuer)
    say_name(first, pupil.username)
    fail(first, 3)
    first.get(pupil.card_path)
    fail(first, 4)
    assert account_of(provider, pupil).protected_at is None
    provider.clock.move(days=1)
    say_name(other, pupil.username)
    fail(other, 1, 60)
    assert account_of(provider, pupil).protected_at is not None
    assert events(provider, "account:protected") == 1
    for visitor in (other, Visitor(provider.issuer)):
        say_name(visitor, pupil.username)
        assert not is_in(say_password(visitor, pupil.password), provider)
    with provider.db() as db:
        passwords.unlock(db.get_one(Account, pupil.account_id), provider.clock())
    assert is_in(say_password(visitor, pupil.password), provider)


def test_PW_07_a_bully_does_not_end_the_session_of_the_victim(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(throttle={"account_limit": 3})
    pupil = provider.people.pupil("basic")
    victim, bully = Visitor(provider.issuer), Visitor(provider.issuer)
    sign_in(victim, pupil)
    say_name(bully, pupil.username)
    fail(bully, 3)
    assert account_of(provider, pupil).protected_at is not None
    assert is_in(victim.get("/login"), provider)


def test_PW_08_one_guess_on_many_accounts_raises_one_alarm(
    provider: Provider, new_visitor: NewVisitor
) -> None:
    pupils = [
        provider.people.pupil("basic", given_name=f"Kind{'abcdefghijklmnopqrstuvw'[n]}") for n in range(23)
    ]
    for pupil in pupils[:20]:
        visitor = new_visitor()
        say_name(visitor, pupil.username)
        say_password(visitor, "Zomer2026!")
    assert events(provider, "sign-in:spraying") == 0
    for pupil in pupils[20:]:
        visitor = new_visitor()
        say_name(visitor, pupil.username)
        say_password(visitor, "Zomer2026!")
    assert events(provider, "sign-in:spraying") == 1


def test_many_names_from_one_address_close_typed_pictures_there(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(throttle={"address_names": 4})
    pictures, words = provider.people.pupil("pictures"), provider.people.pupil("basic")
    for number, name in enumerate(islice(names_of_nobody(provider, with_pictures=True), 5)):
        visitor = Visitor(provider.issuer)
        say_name(visitor, name)
        say_password(visitor, f"{3000 + number}")
    assert events(provider, "sign-in:address-closed") == 1
    visitor = Visitor(provider.issuer)
    say_name(visitor, pictures.username)
    assert CLOSED in say_password(visitor, pictures.password).text
    visitor.get(pictures.card_path)
    assert is_in(say_password(visitor, pictures.password), provider)
    assert is_in(sign_in(Visitor(provider.issuer), words), provider)
    provider.clock.move(minutes=15, seconds=1)
    assert is_in(sign_in(Visitor(provider.issuer), pictures), provider)


def test_PW_02_only_typed_pictures_that_stay_wrong_count_for_an_address(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(throttle={"address_names": 2})
    words = [provider.people.pupil("basic").username for _ in range(3)]
    for name in (*words, *islice(names_of_nobody(provider, with_pictures=False), 3)):
        visitor = Visitor(provider.issuer)
        say_name(visitor, name)
        fail(visitor, 1)
    for pupil in [provider.people.pupil("pictures") for _ in range(3)]:
        with_card, slip = Visitor(provider.issuer), Visitor(provider.issuer)
        with_card.get(pupil.card_path)
        fail(with_card, 1)
        say_name(slip, pupil.username)
        fail(slip, 1)
        assert is_in(say_password(slip, pupil.password), provider)
    with provider.reading() as db:
        assert list(db.scalars(select(FailedName))) == []
    assert events(provider, "sign-in:address-closed") == 0


# When something is the matter


def test_PW_11_without_the_count_nobody_signs_in(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    say_name(visitor, pupil.username)
    with provider.db() as db:
        db.execute(text("ALTER TABLE failure_counters RENAME TO failure_counters_away"))
    try:
        page = say_password(visitor, pupil.password)
        assert page.status == 503
        assert visitor.cookie("leerid_session") is None
    finally:
        with provider.db() as db:
            db.execute(text("ALTER TABLE failure_counters_away RENAME TO failure_counters"))
    say_name(visitor, pupil.username)
    assert is_in(say_password(visitor, pupil.password), provider)


def test_PW_18_a_guess_that_was_never_checked_is_given_back(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(hashing={"at_once": 1, "queue_seconds": 0.5})
    pupil = provider.people.pupil("basic")
    visitor = Visitor(provider.issuer)
    say_name(visitor, pupil.username)
    with hashing_is_busy(provider):
        page = say_password(visitor, pupil.password)
    assert page.status == 503
    assert page.headers["Retry-After"]
    assert counted(provider) == counted(provider, "typed") == 0
    say_name(visitor, pupil.username)
    assert is_in(say_password(visitor, pupil.password), provider)


def test_PW_15_a_moved_password_fails_and_is_noted(provider: Provider, visitor: Visitor) -> None:
    one, other = provider.people.pupil("basic"), provider.people.pupil("basic")
    with provider.db() as db:
        first, second = db.get_one(Account, one.account_id), db.get_one(Account, other.account_id)
        first.sealed_secret, second.sealed_secret = second.sealed_secret, first.sealed_secret
    for pupil, password in ((one, one.password), (one, other.password), (other, other.password)):
        say_name(visitor, pupil.username)
        assert WRONG in say_password(visitor, password).text
    assert events(provider, "account:secret-tampered") == 3


def test_failures_of_before_a_renewal_no_longer_count(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    say_name(visitor, pupil.username)
    assert WAIT in fail(visitor, 5).text
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        passwords.hand_out(account, account.sealed_secret or "", account.secret_kind, provider.clock())
    assert is_in(say_password(visitor, pupil.password), provider)


def test_a_clock_that_was_set_back_makes_nobody_wait_longer(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    say_name(visitor, pupil.username)
    fail(visitor, 5)
    provider.clock.distance -= timedelta(hours=3)
    visitor.get(pupil.card_path)
    assert is_in(say_password(visitor, pupil.password), provider)
