"""Saying that a password is lost: one page, and one answer for everybody (R5, R16, OA-37)."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from idp.accounts import opaque
from idp.accounts.lookup import readable
from idp.authentication import known_devices, recovering, subjects
from idp.authentication.recovering import Asked
from idp.authentication.views.arriving import Notice
from idp.authentication.views.showing import notice_here
from idp.database import writing
from idp.mail import budgets
from idp.web.cookies import Cookie, read
from idp.web.pages import local_path, locale, render
from idp.web.request import db, now, request_id, settings, wiring
from idp.web.waking import wake_worker_after

help_pages = Blueprint("help", __name__)


@help_pages.get("/forgot")
def forgot() -> str:
    return render("idp/forgot.html", back=way_back(request.args.get("back")), notice=notice_here())


@help_pages.post("/forgot")
def ask_for_mail() -> Response:
    """Whoever it is about, the same row is written; the worker finds out the rest (OA-38)."""
    back, typed = way_back(request.form.get("back")), readable(request.form.get("username", ""))
    if not typed:
        return redirect(url_for("help.forgot", back=back, notice=Notice.EMPTY), 303)
    writing(db())
    if may_ask():
        recovering.ask(db(), Asked(typed, locale(), request_id(), now()))
        wake_worker_after(db())
    return redirect(url_for("help.asked", back=back), 303)


@help_pages.get("/forgot/sent")
def asked() -> str:
    minutes = settings().mail.recovery_minutes
    return render("idp/forgot_sent.html", back=way_back(request.args.get("back")), minutes=minutes)


def may_ask() -> bool:
    """OA-46: not without end from one place; whoever asks too often sees the same page.

    The name that was typed has no part in it, so that nothing is learnt about it.
    """
    place = subjects.of_recoveries_from(wiring().keys.lookup, request.remote_addr or "")
    return has_room_of_its_own() or budgets.spend(db(), {place: budgets.FOR_NETWORK}, now())


def has_room_of_its_own() -> bool:
    """A browser in which somebody signed in before doesn't depend on what others at the same school ask."""
    cookie = read(Cookie.DEVICE)
    device = opaque.digest(cookie) if cookie else None
    if device is None or not known_devices.is_known(db(), device, now()):
        return False
    browser = subjects.of_recoveries_in(wiring().keys.lookup, device)
    return budgets.spend(db(), {browser: budgets.FOR_BROWSER}, now())


def way_back(asked: str | None) -> str:
    return local_path(asked, fallback=url_for("login.plain"))
