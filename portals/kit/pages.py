"""A page of a desk: the shared templates, in the language of this browser."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from flask import Flask, current_app, g, render_template, request
from jinja2 import FileSystemLoader
from werkzeug.wrappers import Response

import templates
from portals.kit.desk import Desk, settings, wiring
from portals.kit.idp_api import Me
from portals.kit.session import form_token
from portals.kit.settings import PortalSettings
from templates.serving import STATIC_PATH, design_url, picture_url, serve
from templates.translations import LANGUAGES, translations

BRUSSELS = ZoneInfo("Europe/Brussels")
YEAR = 365 * 24 * 3600
TINTS = 6
# Ways in and out: nobody comes back to them.
ONE_WAY = frozenset({"login", "callback", "logout", "logged_out", "language"})


def install(app: Flask, desk: Desk, settings: PortalSettings) -> None:
    app.jinja_loader = FileSystemLoader(templates.folder())
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations(locale()).gettext(text),
        lambda one, many, n: translations(locale()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        long_date=long_date, moment=moment, short_moment=short_moment, time_of_day=time_of_day, tint=tint
    )
    app.jinja_env.globals.update(
        design_url=design_url,
        picture_url=picture_url,
        csrf_token=form_token,
        languages=list(LANGUAGES.items()),
        language_url="/language",
        accessibility_url=f"{settings.issuer}/accessibility",
        application_name=desk.title,
        home_url="/",
    )
    app.context_processor(lambda: {"locale": locale(), "language_return_to": here()})
    app.add_url_rule(f"{STATIC_PATH}/<path:name>", "design", serve)


def render(template: str, **values: Any) -> str:
    """With `me` in its values, in the language of whoever that is."""
    speak_as_wished(values.get("me"))
    return render_template(template, **values)


def speak_as_wished(me: Me | None) -> None:
    """What somebody chose before, anywhere; unless they chose something on this device."""
    if me is not None and me.language in LANGUAGES and not chosen_language():
        g.locale = me.language


def locale() -> str:
    """What the person chose, else Dutch; not the browser's preference, which in schools is seldom the pupil's."""
    if "locale" not in g:
        g.locale = chosen_language() or "nl"
    return str(g.locale)


def chosen_language() -> str:
    """The language to ask of the provider: only one that this person chose here."""
    chosen = request.cookies.get(language_cookie(), "")
    return chosen if chosen in LANGUAGES else ""


def follow_language(response: Response, wanted: str) -> None:
    """The language that a person chose at the provider, for who chose none here."""
    if wanted in LANGUAGES and not chosen_language():
        keep_language(response, wanted)


def keep_language(response: Response, language: str) -> None:
    response.set_cookie(
        language_cookie(),
        language,
        max_age=YEAR,
        secure=settings().https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget_language(response: Response) -> Response:
    """It was the choice of whoever signs out here, and is kept with their account."""
    name = language_cookie()
    if name in request.cookies:
        response.delete_cookie(name, secure=settings().https, httponly=True, samesite="Lax", path="/")
    return response


def speak(language: str) -> None:
    """For this page; unless something was chosen on this device."""
    if language in LANGUAGES and not chosen_language():
        g.locale = language


def language_cookie() -> str:
    name = f"{wiring().desk.name}_language"
    return f"__Host-{name}" if settings().https else name


def local_path(address: str | None) -> str:
    """`address` when it is a path of this desk, else `/`: never a way to another host (OA-04)."""
    if not address or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return "/"
    if any(ord(character) <= 32 or character == "\\" for character in address):
        return "/"
    return quote(address, safe="/?&=%-._~:+,;@!$'()*")


def here() -> str:
    """The page to come back to after a sign-in or a change of language.

    For a form it is the nearest page above: what was sent is never sent again by itself. What arrives with somebody
    else's question, such as a sign-in, isn't repeated.
    """
    if "come_back_to" in g:
        return local_path(g.come_back_to)
    if request.endpoint in ONE_WAY:
        return "/"
    if request.method not in ("GET", "HEAD"):
        return page_above(request.path)
    return with_question(request.path, request.query_string.decode("ascii", "replace"))


def come_back_to(path: str) -> None:
    """For a view whose own address is no page to come back to, such as a file's."""
    g.come_back_to = path


def with_question(path: str, question: str) -> str:
    if not question:
        return path
    if request.url_rule is None:  # nothing is there, so nothing is known about what came along
        return "/"
    return local_path(f"{path}?{question}")


def page_above(path: str) -> str:
    """The page at `path`, or else the nearest one that its address is under."""
    addresses = current_app.url_map.bind("")
    while path != "/" and not addresses.test(path, "GET"):
        path = path.rpartition("/")[0] or "/"
    return path


def long_date(value: date) -> str:
    """22 februari 2023 (R55)."""
    return format_date(value, "d MMMM y", locale=locale())


def moment(value: datetime) -> str:
    """22 februari 2023 om 14:35, as clocks in Belgium say it."""
    pattern = {"en": "d MMMM y 'at' HH:mm", "fr": "d MMMM y 'à' HH:mm"}.get(locale(), "d MMMM y 'om' HH:mm")
    return format_datetime(value, pattern, tzinfo=BRUSSELS, locale=locale())


def short_moment(value: datetime) -> str:
    """22/02/2023 14:35:07, for a table."""
    return format_datetime(value, "dd/MM/yyyy HH:mm:ss", tzinfo=BRUSSELS, locale=locale())


def time_of_day(value: datetime) -> str:
    return format_datetime(value, "HH:mm", tzinfo=BRUSSELS, locale=locale())


def tint(name: str) -> int:
    """One of the six pale colours, always the same for the same name."""
    return sum(name.encode()) % TINTS + 1
