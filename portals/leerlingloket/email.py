"""A pupil's own e-mail address: the form, where the mail went, sending it again, taking the address away (R67-R74)."""

from __future__ import annotations

from flask import Flask, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from portals.kit.desk import wiring
from portals.kit.doors import access_token
from portals.kit.idp_api import Me, Refusal
from portals.kit.pages import come_back_to, render
from portals.leerlingloket.profile import show
from portals.leerlingloket.profile_api import EmailApi

LONGEST = 300
# The words of the API that the form has a sentence for.
PROBLEMS = frozenset({"empty", "no_at", "no_address"})


def install(app: Flask) -> None:
    app.add_url_rule("/profile/email", "email", ask)
    app.add_url_rule("/profile/email", "link_email", link, methods=["POST"])
    app.add_url_rule("/profile/email/sent", "email_sent", sent)
    app.add_url_rule("/profile/email/resend", "resend_email", resend, methods=["POST"])
    app.add_url_rule("/profile/email/remove", "ask_to_remove_email", ask_to_remove)
    app.add_url_rule("/profile/email/remove", "remove_email", remove, methods=["POST"])


def ask() -> Response:
    """Whoever signed in too long ago does so now, and not after typing."""
    me = whoever_is_here()
    if not me.may_link_email:
        return to_profile()
    address_book().begin()
    return form(me, typed=first_guess(me))


def link() -> Response:
    come_back_to(url_for("email", said="again"))
    typed = request.form.get("email", "")[:LONGEST]
    try:
        address = address_book().link(typed)
    except Refusal as refusal:
        return mend(typed, refusal)
    return to_profile(said="kept") if address is None else redirect(url_for("email_sent"), 303)


def mend(typed: str, refusal: Refusal) -> Response:
    """The form once more, with what was typed and what is wrong with it."""
    if refusal.status not in (400, 422):
        raise refusal
    problem = next((reason for reason in refusal.reasons if reason in PROBLEMS), "no_address")
    response = form(whoever_is_here(), typed, problem)
    response.status_code = 422
    return response


def form(me: Me, typed: str, problem: str = "") -> Response:
    said = request.args.get("said", "")
    return make_response(render("leerlingloket/email.html", me=me, typed=typed, problem=problem, said=said))


def first_guess(me: Me) -> str:
    """An address that was never proven may need one letter changed; a proven one is changed for another."""
    return me.pending_email or ""


def sent() -> Response:
    """The pop-up over the profile (R68); when nothing waits to be proven any more, the profile alone."""
    me = whoever_is_here()
    if me.pending_email is None:
        return to_profile()
    return make_response(show("leerlingloket/email_sent.html", me))


def resend() -> Response:
    try:
        address_book().send_again()
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        return to_profile()  # proven in the meantime, perhaps on a telephone
    return redirect(url_for("email_sent"), 303)


def ask_to_remove() -> Response:
    me = whoever_is_here()
    if me.email is None or not me.may_link_email:
        return to_profile()
    address_book().begin()
    return make_response(render("leerlingloket/email_remove.html", me=me))


def remove() -> Response:
    address_book().take_away()
    return to_profile(said="removed")


def whoever_is_here() -> Me:
    return wiring().api.me(access_token())


def address_book() -> EmailApi:
    return EmailApi(wiring().api, access_token())


def to_profile(said: str | None = None) -> Response:
    return redirect(url_for("profile", said=said), 303)
