"""The way to every state of the pages for staff: the Schoolloket's, the operators', and the provider's second step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.journeys import desk, pupil_states, walks
from tests.journeys.conftest import Town
from tests.journeys.desk import CITY, PRIMARY
from tests.journeys.feeds import OF_THIS_YEAR, feed_of
from tests.journeys.states import WAYS, way_to, with_pictures
from tests.schools.imports.feeds import pupil as pupil_line
from tests.support.totp import STEP, code_at

ELS, KARIM, NOOR, JORIS = "els.verstraete", "karim.bakkali", "noor.willems", "joris.lemmens"
BOGDAN, BHATTI, BOEREN, BOGAERT, BEUKEN = 60351, 32890, 47727, 93504, 70246
DE_BACKER, MAES, WOUTERS, CLAES = 51022, 51047, 51063, 51088
JANSSENS, LEAVER = 1204, 18_029


# Signing in once for many pages: each time takes a second.

STAYS_SECONDS = 240  # well within what counts as recent, and before any token is renewed
badges: dict[tuple[str, str], tuple[float, Any]] = {}
apps: dict[str, str] = {}
used_steps: dict[str, int] = {}


def as_staff(page: Page, town: Town, username: str, path: str = "/schools") -> None:
    at, cookies = badges.get((town.schoolloket, username), (0.0, []))
    if time.monotonic() - at < STAYS_SECONDS:
        page.context.add_cookies(cookies)
    else:
        enter(page, town, username)
        badges[town.schoolloket, username] = time.monotonic(), page.context.cookies()
    page.goto(town.schoolloket + path)


def enter(page: Page, town: Town, username: str) -> None:
    desk.sign_in(page, town, username)
    if secret := secret_of(town, username):
        page.locator("#code").fill(next_code(secret))
        page.locator("#factor-submit").click()
    page.wait_for_url(f"{town.schoolloket}/**")


def secret_of(town: Town, username: str) -> str:
    return apps.get(town.schoolloket + username) or town.employee(username).get("totp_secret", "")


def next_code(secret: str) -> str:
    """A code counts once; the one that comes next counts already."""
    step = max(int(time.time()) // STEP, used_steps.get(secret, 0) + 1)
    used_steps[secret] = step
    return code_at(secret, datetime.fromtimestamp(step * STEP, UTC))


def at_school(path: str, page: Page, town: Town, *, school: int = CITY, who: str = ELS) -> None:
    as_staff(page, town, who, f"/schools/{school}{path}")


for state, address in {
    "list": "",
    "list filtered": "?status=none&group=2e+lj+1e+gr+Mechanica-elektriciteit",
    "list without anybody": "?q=niemand+heet+zo",
    "list, nobody selected": "?said=nobody",
    "list, signed in anew for a file": "?said=workbook",
    "pupil": f"/pupils/{BOGDAN}",
    "pupil with a password of the school": f"/pupils/{BHATTI}",
    "pupil with an address": f"/pupils/{BOEREN}",
    "pupil with an address that isn't verified": f"/pupils/{DE_BACKER}",
    "pupil whose password is over": f"/pupils/{MAES}",
    "pupil who is blocked": f"/pupils/{WOUTERS}",
    "pupil who is protected": f"/pupils/{CLAES}",
    "pupil without an account": f"/pupils/{BOGAERT}",
    "pupil who isn't there": "/pupils/999999",
    "edit, the password is over": f"/pupils/{BOGDAN}/edit?renewal={uuid4()}",
    "passwords over": f"/renewals/{uuid4()}",
    "applications": "/applications",
    "log": "/log",
    "log without anything": "/log?from=2020-01-01&to=2020-01-02",
    "log with a mistake": "/log?from=gisteren",
    "log, unknown number": "/log?fault=7K3QF-2MXRA",
}.items():
    WAYS[f"schoolloket {state}"] = partial(at_school, address)


# Arriving


@way_to("schoolloket landing")
def landing(page: Page, town: Town) -> None:
    page.goto(town.schoolloket)


@way_to("schoolloket choice of a school, with the menu")
def choice(page: Page, town: Town) -> None:
    as_staff(page, town, ELS)
    page.locator("header summary").click()


@way_to("schoolloket with a pupil at the door")
def pupil_at_school(page: Page, town: Town) -> None:
    pupil = with_pictures(town, 17)
    page.goto(f"{town.schoolloket}/login")
    page.locator("#username").fill(pupil["username"])
    page.locator("#login-next").click()
    walks.click_pictures(page, pupil["digits"])
    expect(page.locator("h1")).to_contain_text("voor scholen")


# The list and one pupil


@way_to("schoolloket list of a teacher")
def teachers_list(page: Page, town: Town) -> None:
    at_school("", page, town, school=PRIMARY, who=NOOR)


@way_to("schoolloket list with a selection and a menu")
def selection(page: Page, town: Town) -> None:
    at_school("", page, town)
    if desk.selected(page) == 0:
        desk.tick(page, "Daan Aerts")
    page.locator("summary").filter(has_text="Excel").click()


@way_to("schoolloket refused to a teacher")
def refused(page: Page, town: Town) -> None:
    at_school("/log", page, town, school=PRIMARY, who=NOOR)
    expect(page.locator("#fault-number")).to_be_visible()


@way_to("schoolloket pupil with a remark")
def remark(page: Page, town: Town) -> None:
    at_school(f"/pupils/{BEUKEN}", page, town)
    page.locator(".card-remark summary").first.click()


@way_to("schoolloket pupil renewed")
def renewed(page: Page, town: Town) -> None:
    edit_generated(page, town, CLAES)
    secret = desk.shown(page)
    page.locator("#save").click()
    expect(page.locator("#download-card")).to_be_visible()
    town.learn("noah.claes", secret)


@way_to("schoolloket edit")
def edit(page: Page, town: Town) -> None:
    at_school(f"/pupils/{BOEREN}/edit", page, town)
    page.locator(".remark summary").click()


@way_to("schoolloket edit, a username that is taken")
def edit_taken(page: Page, town: Town) -> None:
    at_school(f"/pupils/{BEUKEN}/edit", page, town)
    page.locator(".rename summary").click()
    page.locator("#username").fill("ardalan.bhatti")
    page.locator("#save").click()
    expect(page.locator("[data-problem=taken]")).to_be_visible()


def edit_generated(page: Page, town: Town, number: int) -> None:
    at_school(f"/pupils/{number}/edit", page, town)
    desk.generate(page)


WAYS["schoolloket edit, a new password"] = partial(edit_generated, number=BHATTI)


@way_to("schoolloket edit, new pictures")
def edit_pictures(page: Page, town: Town) -> None:
    at_school(f"/pupils/{JANSSENS}/edit", page, town, school=PRIMARY)
    desk.generate(page)
    expect(page.locator("#new-password img").first).to_be_visible()


@way_to("schoolloket edit, without the address")
def edit_removal(page: Page, town: Town) -> None:
    at_school(f"/pupils/{BOEREN}/edit", page, town)
    page.locator("#remove-email").click()
    expect(page.locator("#new-password")).to_be_visible()


# New passwords


def proposal(
    page: Page, town: Town, numbers: Iterable[int], purpose: str = "renewal", school: int = CITY
) -> None:
    as_staff(page, town, ELS)
    wanted = [("purpose", purpose), *(("pupil", str(number)) for number in numbers)]
    page.goto(desk.post(page, f"{town.schoolloket}/schools/{school}/renewals", wanted).url)


def saved(page: Page, town: Town) -> None:
    secrets = desk.secrets_in(page.locator(".table-wanted"))
    desk.save(page)
    for username, secret in secrets.items():
        town.learn(username, secret)


@way_to("schoolloket new passwords before saving")
def preview(page: Page, town: Town) -> None:
    proposal(page, town, (BOGDAN, BHATTI, BOEREN, BOGAERT))
    page.locator(".table-wanted tbody input").first.uncheck()


@way_to("schoolloket new passwords, nobody ticked")
def preview_of_nobody(page: Page, town: Town) -> None:
    proposal(page, town, [BOGDAN])
    page.locator(".table-wanted tbody input").uncheck()
    page.locator("#save-renewal").click()
    expect(page.locator(".notice-bad")).to_be_visible()


@way_to("schoolloket new passwords for nobody")
def preview_without_rows(page: Page, town: Town) -> None:
    proposal(page, town, (BOEREN, WOUTERS))


@way_to("schoolloket new passwords saved")
def result(page: Page, town: Town) -> None:
    proposal(page, town, (MAES, CLAES, BOEREN, BOGAERT))
    saved(page, town)


@way_to("schoolloket new passwords saved and handed out")
def result_handed_out(page: Page, town: Town) -> None:
    proposal(page, town, [MAES])
    saved(page, town)
    page.locator("#all-handed-out").click()
    expect(page.get_by_text("Genoteerd")).to_be_visible()


def new_class(page: Page, town: Town) -> None:
    at_school("?class=1B&status=none", page, town, school=PRIMARY)
    numbers = page.locator("tbody input[name=pupil]").evaluate_all("boxes => boxes.map((box) => box.value)")
    proposal(page, town, map(int, numbers[:2]), "activation", PRIMARY)
    page.get_by_role("radio", name="Afbeeldingen").check()
    page.locator("#apply-basic-secret").click()
    expect(page.locator(".table-wanted img").first).to_be_visible()


WAYS["schoolloket activation before saving"] = new_class


@way_to("schoolloket activation saved")
def activated(page: Page, town: Town) -> None:
    new_class(page, town)
    saved(page, town)


# The log


@way_to("schoolloket log, number looked up")
def looked_up(page: Page, town: Town) -> None:
    at_school("/pupils/999999", page, town)
    number = page.locator("#fault-number").inner_text().strip()
    page.goto(f"{town.schoolloket}/schools/{CITY}/log?fault={number}")
    expect(page.locator("#lookup [role=status]")).to_be_visible()


# The operators' pages


def at_the_operators(page: Page, town: Town) -> None:
    as_staff(page, town, JORIS, "/operators")


WAYS["operators feeds"] = at_the_operators
WAYS["operators nothing undelivered"] = partial(as_staff, username=JORIS, path="/operators/undelivered")


@way_to("operators no file chosen")
def no_feed(page: Page, town: Town) -> None:
    at_the_operators(page, town)
    page.locator("form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
    page.locator("#send-feed").click()
    expect(page.locator(".field-error")).to_be_visible()


def feed(make: Callable[[], bytes], page: Page, town: Town) -> None:
    as_staff(page, town, JORIS)
    desk.send_feed(page, town, make())
    if page.locator("details.fold").count():
        page.locator("details.fold summary").click()


def with_mistakes() -> bytes:
    wrong = pupil_line("zes", PRIMARY, **OF_THIS_YEAR)
    return feed_of(PRIMARY, pupil_line(99_001, PRIMARY, **OF_THIS_YEAR), wrong)


WAYS["operators feed with mistakes"] = partial(feed, with_mistakes)
WAYS["operators feed that ends a lot"] = partial(feed, lambda: feed_of(PRIMARY, first=20))
WAYS["operators feed refused"] = partial(feed, lambda: b"geen;enkele;kolom\n1;2;3\n")


@way_to("operators feed applied")
def applied(page: Page, town: Town) -> None:
    feed(lambda: feed_of(PRIMARY, left=LEAVER), page, town)
    desk.apply_feed(page)


@way_to("schoolloket pupil who is inactive")
def pupil_left(page: Page, town: Town) -> None:
    applied(page, town)
    at_school(f"/pupils/{LEAVER}", page, town, school=PRIMARY)
    expect(page.locator(".account-status")).to_contain_text("Inactief")


# The provider's second step


@way_to("provider second step asked")
def step_asked(page: Page, town: Town) -> None:
    desk.sign_in(page, town, KARIM)
    expect(page.locator("#factor-submit")).to_be_visible()


@way_to("provider second step wrong")
def step_wrong(page: Page, town: Town) -> None:
    step_asked(page, town)
    page.locator("#code").fill("geen code")
    page.locator("#factor-submit").click()
    expect(page.locator(".field-error")).to_be_visible()


@way_to("provider second step by a recovery code")
def step_by_paper(page: Page, town: Town) -> None:
    step_asked(page, town)
    page.locator("#factor-recovery").click()
    expect(page.locator("#factor-back")).to_be_visible()


def managing(page: Page, town: Town, who: str) -> None:
    as_staff(page, town, who)
    page.goto(f"{town.issuer}/second-factor")
    expect(page.locator("#factor-add-app")).to_be_visible()


WAYS["provider second step, none yet"] = partial(managing, who=JORIS)


@way_to("provider second step, an app to add")
def adding(page: Page, town: Town) -> None:
    managing(page, town, JORIS)
    page.locator("#factor-add-app").click()
    page.locator("details.fold summary").click()
    expect(page.locator("#factor-secret")).to_be_visible()


@way_to("provider second step, recovery codes")
def recovery_codes(page: Page, town: Town) -> None:
    """New ones each time, for whoever has the app already."""
    managing(page, town, JORIS)
    if page.locator("#factor-new-codes").count():
        page.locator("#factor-new-codes").click()
    else:
        adding(page, town)
        secret = page.locator("#factor-secret").inner_text().replace(" ", "")
        apps[town.schoolloket + JORIS] = secret
        page.locator("#code").fill(next_code(secret))
        page.locator("#factor-submit").click()
        del badges[town.schoolloket, JORIS]  # from here on a password alone is too little
    expect(page.locator("#recovery-codes")).to_be_visible()


@way_to("provider second step, one is there")
def one_factor(page: Page, town: Town) -> None:
    recovery_codes(page, town)
    page.locator("#factor-codes-kept").click()
    expect(page.locator(".factor-remove")).to_be_visible()


@way_to("provider second step, one to remove")
def removing(page: Page, town: Town) -> None:
    one_factor(page, town)
    page.locator(".factor-remove").click()
    expect(page.locator(".factor-remove")).to_have_count(0)


@way_to("provider signed in by a recovery code")
def by_recovery_code(page: Page, town: Town) -> None:
    recovery_codes(page, town)
    code = page.locator("#recovery-codes li").first.inner_text()
    page.locator("#factor-codes-kept").click()
    page.context.clear_cookies()
    desk.sign_in(page, town, JORIS)
    page.locator("#factor-recovery").click()
    page.locator("#code").fill(code)
    page.locator("#factor-submit").click()
    expect(page.locator("#recovery-left")).to_be_visible()


def with_the_pupils_pages() -> list[str]:
    """Every state that a page of LeerID can be in, by name."""
    return pupil_states.every_state()
