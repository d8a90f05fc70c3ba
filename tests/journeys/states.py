"""The way to every state of every page, as somebody with a browser gets there."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, select

from idp.oidc.records import PendingAuthorization
from tests.journeys import walks
from tests.journeys.conftest import Town

Way = Callable[[Page, Town], None]
WAYS: dict[str, Way] = {}

WRONG_WORD = "zeker-niet-juist-0"


def way_to(state: str) -> Callable[[Way], Way]:
    def keep(way: Way) -> Way:
        WAYS[state] = way
        return way

    return keep


# Applications that no demonstration has: each for the one page that only it brings up.


@dataclass(frozen=True)
class Guest:
    client_id: str
    more: str = ""

    def move_in(self, town: Town) -> None:
        registration = f"""
            client_id = "{self.client_id}"
            name = "Leesplezier met een lange naam voor de tweede graad"
            description = "Lees boeken die bij jou passen."
            client_secret_sha256 = "{hashlib.sha256(b"nobody signs in with it").hexdigest()}"
            redirect_uris = ["{self.address(town)}"]
            scope = "openid profile email leerid"
            {self.more}
            [claims]
            given_name = "Om je te begroeten"
            school = "Om boeken van je school te tonen"
            email = "Om je te zeggen dat een boek terug moet"
        """
        (town.clients / f"{self.client_id}.toml").write_text(registration)

    def address(self, town: Town) -> str:
        return f"{town.sample_app}/callback"

    def ask(self, town: Town, **more: str) -> str:
        challenge = hashlib.sha256(b"v" * 43).digest()
        question = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.address(town),
            "scope": "openid profile email leerid",
            "state": "s",
            "nonce": "n",
            "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{town.issuer}/authorize?{urlencode(question | more)}"


TELLS = Guest("leesplezier-meldt", 'approval = "notice"\npolicy_uri = "https://leesplezier.example/privacy"')
ASKS = Guest(
    "leesplezier-vraagt", 'approval = "consent"\ntos_uri = "https://leesplezier.example/voorwaarden"'
)
QUIET = Guest("leesplezier-zwijgt", 'approval = "none"')
GUESTS = (TELLS, ASKS, QUIET)


# Who is who


def with_pictures(town: Town, number: int) -> dict[str, Any]:
    return town.users("basic", pictures=True)[number]


def newcomer(town: Town, number: int) -> dict[str, Any]:
    """With a temporary password of the school."""
    return town.users("advanced", "must-choose")[-number]


def in_state(town: Town, kind: str, state: str) -> dict[str, Any]:
    return town.users(kind, state)[0]


def come_in(page: Page, town: Town, pupil: dict[str, Any]) -> None:
    walks.open_card(page, town, pupil)
    if "digits" in pupil:
        walks.click_pictures(page, pupil["digits"])
    else:
        walks.type_password(page, pupil["password"])
    walks.at_the_dashboard(page, town)


def enter_with(page: Page, town: Town, username: str) -> None:
    come_in(page, town, town.user(username))


# The demonstration


def straight_to(path: str, page: Page, town: Town) -> None:
    page.goto(town.issuer + path)


for state, path in {
    "demo": "/demo",
    "demo cards": "/demo/cards",
    "demo cards of a school": "/demo/cards/5",
    "demo design": "/design",
    "provider landing": "/",
    "provider accessibility": "/accessibility",
    "provider forgotten password": "/forgot",
    "provider error 404": "/nothing-here",
    "provider nothing to end": "/end_session",
    "provider mail link gone": "/verify-email/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "provider mail link done": "/verify-email/done",
    "provider login over": "/login/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/password",
    "provider unknown application": "/authorize?client_id=nobody&response_type=code",
    "provider application with a wrong address": "/authorize?client_id=rekenrijk&redirect_uri=https://x.example/",
}.items():
    WAYS[state] = partial(straight_to, path)


@way_to("demo mailbox with a mail")
def mailbox(page: Page, town: Town) -> None:
    ask_for_a_mail(page, town, newcomer(town, 1))
    page.goto(f"{town.issuer}/demo/mailbox")
    expect(page.locator("article").first).to_be_visible()


# The provider: name and password


@way_to("provider name")
def name(page: Page, town: Town) -> None:
    page.goto(town.sample_app)
    page.locator("#sign-in").click()
    expect(page.locator("#login-next")).to_be_visible()


@way_to("provider name left empty")
def name_left_empty(page: Page, town: Town) -> None:
    name(page, town)
    page.locator("form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
    page.locator("#login-next").click()
    expect(page.locator(".field-error")).to_be_visible()


@way_to("provider name, somebody else is signed in")
def name_while_signed_in(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 10))
    page.goto(QUIET.ask(town, prompt="login"))
    page.get_by_role("link", name="Wijzig gebruikersnaam").click()
    expect(page.locator("#login-switch")).to_be_visible()


@way_to("provider password")
def password(page: Page, town: Town) -> None:
    walks.open_card(page, town, town.user("abdulghani.bogdan"))
    expect(page.locator("[type=password]")).to_be_visible()


@way_to("provider password shown")
def password_shown(page: Page, town: Town) -> None:
    password(page, town)
    page.locator("#password").fill("34mij1")
    page.locator("[data-reveal]").click()


@way_to("provider password of a long name")
def password_of_a_long_name(page: Page, town: Town) -> None:
    type_a_long_name(page, town, "[data-reveal]")


@way_to("provider pictures of a long name")
def pictures_of_a_long_name(page: Page, town: Town) -> None:
    type_a_long_name(page, town, "button[data-digit]")


def type_a_long_name(page: Page, town: Town, wanted: str) -> None:
    """Nobody has such a name, so the name itself decides which page comes: it is varied until it is this one."""
    for number in range(30):
        walks.type_name(page, town, f"pieter-alexander.vandenbroucke-vanderstraeten{number}")
        if page.locator(wanted).count():
            return
    raise AssertionError(f"no long name led to {wanted}")


@way_to("provider password wrong")
def password_wrong(page: Page, town: Town) -> None:
    password(page, town)
    walks.type_password(page, WRONG_WORD)
    expect(page.locator(".field-error")).to_be_visible()


@way_to("provider password of who is blocked")
def password_of_who_is_blocked(page: Page, town: Town) -> None:
    pupil = in_state(town, "advanced", "blocked")
    walks.open_card(page, town, pupil)
    walks.type_password(page, pupil["password"])
    expect(page.locator(".field-error")).to_be_visible()


@way_to("provider stops: temporary password over")
def temporary_over(page: Page, town: Town) -> None:
    pupil = in_state(town, "advanced", "temporary-expired")
    walks.open_card(page, town, pupil)
    walks.type_password(page, pupil["password"])
    expect(page.locator(".notice-warn")).to_be_visible()


@way_to("provider stops: inactive")
def inactive(page: Page, town: Town) -> None:
    pupil = in_state(town, "basic", "inactive")
    walks.type_name(page, town, pupil["username"])
    walks.type_password(page, pupil["password"])
    expect(page.locator(".notice-warn")).to_be_visible()


# The provider: pictures


@way_to("provider pictures")
def pictures(page: Page, town: Town) -> None:
    walks.open_card(page, town, with_pictures(town, 11))
    expect(page.locator("button[data-digit]").first).to_be_visible()


@way_to("provider pictures filled and shown")
def pictures_filled(page: Page, town: Town) -> None:
    pictures(page, town)
    for digit in "4729":
        page.locator(f"button[data-digit='{digit}']").click()
    page.locator("[data-pad-show]").click()


@way_to("provider pictures wrong")
def pictures_wrong(page: Page, town: Town) -> None:
    walks.open_card(page, town, with_pictures(town, 11))
    click_wrongly(page, town, 11)
    expect(page.locator(".field-error").first).to_be_visible()


@way_to("provider pictures wrong, and wait")
def pictures_wait(page: Page, town: Town) -> None:
    walks.open_card(page, town, with_pictures(town, 12))
    for _ in range(8):
        click_wrongly(page, town, 12)
        if page.locator(".field-error").filter(has_text="Wacht nog").count():
            return
    raise AssertionError("nobody says to wait")


def click_wrongly(page: Page, town: Town, number: int) -> None:
    right = with_pictures(town, number)["digits"]
    walks.click_pictures(page, "1357" if right != "1357" else "2468")


@way_to("provider pictures, the same pupil is signed in")
def pictures_while_signed_in(page: Page, town: Town) -> None:
    pupil = with_pictures(town, 13)
    come_in(page, town, pupil)
    walks.open_card(page, town, pupil)
    expect(page.locator("#login-switch")).to_be_visible()


# The provider: an own password, an e-mail address


@way_to("provider choose a password")
def choose(page: Page, town: Town) -> None:
    pupil = newcomer(town, 2)
    walks.open_card(page, town, pupil)
    walks.type_password(page, pupil["password"])
    expect(page.locator("#new_password")).to_be_visible()


@way_to("provider choose a password: good")
def choose_good(page: Page, town: Town) -> None:
    choose(page, town)
    page.locator("#new_password").press_sequentially(walks.OWN_PASSWORD)
    expect(page.locator("[data-praise]")).to_be_visible()


@way_to("provider choose a password: too short")
def choose_too_short(page: Page, town: Town) -> None:
    choose(page, town)
    page.locator("#new_password").fill("ardalan")
    page.locator("#password-submit").click()
    expect(page.locator(".field-error")).to_be_visible()


def offered_an_address(page: Page, town: Town, pupil: dict[str, Any]) -> None:
    walks.open_card(page, town, pupil)
    walks.type_password(page, pupil["password"])
    expect(page.locator("#new_password, .field-error").first).to_be_visible()
    if page.locator("#new_password").count() == 0:  # chosen in an earlier walk
        walks.type_password(page, walks.OWN_PASSWORD)
    else:
        page.locator("#new_password").fill(walks.OWN_PASSWORD)
        page.locator("#password-submit").click()
    expect(page.locator("#email-skip")).to_be_visible()


@way_to("provider e-mail offered")
def email_offered(page: Page, town: Town) -> None:
    offered_an_address(page, town, newcomer(town, 3))


@way_to("provider e-mail invalid")
def email_invalid(page: Page, town: Town) -> None:
    offered_an_address(page, town, newcomer(town, 4))
    page.locator("form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
    page.locator("#email").fill("geen adres")
    page.locator("#email-submit").click()
    expect(page.locator(".field-error")).to_be_visible()


@way_to("provider mail sent")
def mail_sent(page: Page, town: Town) -> None:
    ask_for_a_mail(page, town, newcomer(town, 5))


@way_to("provider mail link")
def mail_link(page: Page, town: Town) -> None:
    ask_for_a_mail(page, town, newcomer(town, 6))
    page.goto(f"{town.issuer}/demo/mailbox")
    page.locator("article a[href*='/verify-email/']").first.click()
    expect(page.locator("#email-submit")).to_be_visible()


def ask_for_a_mail(page: Page, town: Town, pupil: dict[str, Any]) -> None:
    offered_an_address(page, town, pupil)
    page.locator("#email").fill(f"{pupil['username']}.met.een.lang.adres@postbus-voor-leerlingen.example")
    page.locator("#email-submit").click()
    expect(page.locator("#go-on")).to_be_visible()


# The provider: applications


@way_to("provider tells what an application gets")
def tells(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 10))
    page.goto(TELLS.ask(town))
    expect(page.locator("#consent-allow")).to_be_enabled()


@way_to("provider asks whether an application may")
def asks(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 10))
    page.goto(ASKS.ask(town))
    expect(page.locator("#consent-allow")).to_be_enabled()


@way_to("provider answers with a form")
def form_post(page: Page, town: Town) -> None:
    """It moves on by itself; here its script stays away, as for whoever has none."""
    come_in(page, town, with_pictures(town, 10))
    page.route("**/autosubmit*.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(QUIET.ask(town, response_mode="form_post"))
    expect(page.locator("#onward")).to_be_visible()


@way_to("provider asks a stronger password")
def too_weak(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 10))
    page.goto(
        QUIET.ask(
            town, claims='{"id_token":{"acr":{"essential":true,"values":["urn:leerid:acr:two-factor"]}}}'
        )
    )
    expect(page.locator("#too-weak-back")).to_be_visible()


@way_to("provider confirms signing out")
def sign_out_asked(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 10))
    page.goto(f"{town.issuer}/end_session?client_id=rekenrijk")
    expect(page.locator("#logout-confirm")).to_be_visible()


@way_to("provider signed out")
def signed_out(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 14))
    page.goto(f"{town.issuer}/end_session")
    page.locator("#logout-confirm").click()
    expect(page.locator("#farewell-next")).to_be_visible()


@way_to("provider refuses a form without its token")
def form_refused(page: Page, town: Town) -> None:
    page.goto(f"{town.issuer}/login")
    page.locator("main [name=csrf_token]").evaluate("field => { field.value = 'another' }")
    page.locator("#username").fill("mila.janssens")
    page.locator("#login-next").click()
    expect(page.locator("#fault-number")).to_be_visible()


# Practising the pictures


@way_to("provider practice")
def practice(page: Page, town: Town) -> None:
    page.goto(f"{town.issuer}/practice?row=4729&back=/login")


@way_to("provider practice, almost")
def practice_almost(page: Page, town: Town) -> None:
    practice(page, town)
    page.locator("#pictures").fill("4728")
    page.locator("#practice-submit").click()
    expect(page.get_by_text("Bijna! Probeer nog eens.")).to_be_visible()


@way_to("provider practice, well done")
def practice_well(page: Page, town: Town) -> None:
    practice(page, town)
    page.locator("#pictures").fill("4729")
    page.locator("#practice-submit").click()
    expect(page.locator("#practice-again")).to_be_visible()


# The Leerlingloket


def at_the_pupils_desk(path: str, page: Page, town: Town) -> None:
    page.goto(town.leerlingloket + path)


WAYS["leerlingloket landing"] = partial(at_the_pupils_desk, "/")
WAYS["leerlingloket error 404"] = partial(at_the_pupils_desk, "/nothing-here")
WAYS["leerlingloket sign-in over"] = partial(at_the_pupils_desk, "/callback?state=x&code=y")


@way_to("leerlingloket dashboard with its menu")
def dashboard(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 15))
    page.get_by_role("button", name="Favoriet: Rekenrijk").click()
    page.locator("header summary").click()


@way_to("leerlingloket what an application gets")
def what_it_gets(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 15))
    page.get_by_role("link", name="Wat krijgt deze toepassing van mij?").first.click()
    expect(page.locator("#open-application")).to_be_visible()


@way_to("leerlingloket is somebody still there")
def still_there(page: Page, town: Town) -> None:
    page.clock.install()
    come_in(page, town, with_pictures(town, 15))
    page.wait_for_load_state()  # the script that waits for nobody has begun to
    page.clock.fast_forward("29:05")
    expect(page.get_by_role("alertdialog")).to_be_visible()


@way_to("leerlingloket profile")
def profile(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 15))
    page.goto(f"{town.leerlingloket}/profile")


@way_to("leerlingloket profile of a pupil in two schools")
def profile_in_two_schools(page: Page, town: Town) -> None:
    enter_with(page, town, "inaya.elidrissi")
    page.goto(f"{town.leerlingloket}/profile")


@way_to("leerlingloket profile with an address that isn't verified")
def profile_unverified(page: Page, town: Town) -> None:
    enter_with(page, town, "jonas.debacker")
    page.goto(f"{town.leerlingloket}/profile")


@way_to("leerlingloket signed out")
def left(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 16))
    walks.sign_out(page)
    expect(page.locator("h1")).to_contain_text("afgemeld")


@way_to("leerlingloket stopped at the provider")
def stopped(page: Page, town: Town) -> None:
    """A pupil who doesn't want to, and comes back with that answer."""
    answer = {"error": "access_denied", "state": state_asked_by(page, town), "iss": town.issuer}
    page.goto(f"{town.leerlingloket}/callback?{urlencode(answer)}")


def state_asked_by(page: Page, town: Town) -> str:
    """The browser carries only the number of what the desk asked (RFC 9126): the provider knows the rest."""
    page.goto(f"{town.leerlingloket}/login")
    parked = select(PendingAuthorization.parameters).order_by(PendingAuthorization.created_at.desc())
    engine = create_engine(town.database_url or f"sqlite:///{town.data / 'leerid.db'}")
    with engine.connect() as connection:
        asked = connection.scalars(parked.limit(1)).one()
    engine.dispose()
    return str(asked["state"])


# Rekenrijk


@way_to("rekenrijk landing")
def sums_landing(page: Page, town: Town) -> None:
    page.goto(town.sample_app)


@way_to("rekenrijk refused")
def sums_refused(page: Page, town: Town) -> None:
    page.goto(f"{town.sample_app}/callback?code=x")


@way_to("rekenrijk sum wrong, and what it knows")
def sums_wrong(page: Page, town: Town) -> None:
    come_in(page, town, with_pictures(town, 18))
    walks.open_rekenrijk(page)
    page.locator("#answer").fill("999")
    page.locator("#check").click()
    page.locator("summary").click()
