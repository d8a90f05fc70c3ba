"""Rendering a page: the shared templates, in the language of this browser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from flask import Flask, g, has_request_context, render_template, request
from jinja2 import FileSystemLoader

import templates
from idp.web.cookies import Cookie, read
from templates.serving import STATIC_PATH, design_url, picture_url, serve
from templates.translations import LANGUAGES, translations

BRUSSELS = ZoneInfo("Europe/Brussels")


def install(app: Flask, **globals_: Any) -> None:
    app.jinja_loader = FileSystemLoader(templates.folder())
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations(locale()).gettext(text),
        lambda one, many, n: translations(locale()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.filters.update(long_date=long_date, moment=moment)
    app.jinja_env.globals.update(
        design_url=design_url,
        picture_url=picture_url,
        languages=list(LANGUAGES.items()),
        language_url="/language",
        accessibility_url="/accessibility",
        application_name="LeerID",
        **globals_,
    )
    app.context_processor(lambda: {"locale": locale(), "language_return_to": here()})
    app.add_url_rule(f"{STATIC_PATH}/<path:name>", "design", serve)


def render(template: str, **values: Any) -> str:
    return render_template(template, **values)


def locale() -> str:
    """nl, en or fr: what the person chose, else what the application asked (`ui_locales`), else Dutch.

    Not the browser's own preference: tablets in Flemish schools are often set to English, their pupils aren't.
    """
    if "locale" not in g:
        chosen = read(Cookie.LANGUAGE)
        g.locale = chosen if chosen in LANGUAGES else "nl"
    return str(g.locale)


def prefer(locales: Sequence[str]) -> None:
    """The first language in `locales` (BCP 47 tags) that we have, unless the person chose one."""
    if read(Cookie.LANGUAGE) in LANGUAGES:
        return
    spoken = [tag.split("-")[0].lower() for tag in locales]
    g.locale = next((tag for tag in spoken if tag in LANGUAGES), "nl")


def lead_on(origins: Sequence[str]) -> None:
    """Where a form on this page may end up: browsers hold a page's `form-action` against each redirect that follows."""
    g.form_action = tuple(origins)


def show_frames_of(origins: Sequence[str]) -> None:
    """Whose pages this one shows in a frame; without a word of it, nobody's."""
    g.frame_src = tuple(origins) or ("'none'",)


def stand_in_frames() -> None:
    """For an answer that other sites' pages are meant to show in a frame: there must be nothing on it to press."""
    g.frame_ancestors = "*"


def local_path(address: str | None, fallback: str = "/") -> str:
    """`address` when it is a path of this site, else `fallback`: never a way to another host (OA-04)."""
    if not address or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return fallback
    if any(ord(character) <= 32 or character == "\\" for character in address):
        return fallback
    return quote(address, safe="/?&=%-._~:+,;@!$'()*#")


def long_date(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(BRUSSELS).date()
    return format_date(value, "d MMMM y", locale=locale()) if value else ""


def moment(value: datetime | None) -> str:
    pattern = {"en": "d MMMM y 'at' HH:mm", "fr": "d MMMM y 'à' HH:mm"}.get(locale(), "d MMMM y 'om' HH:mm")
    return format_datetime(value.astimezone(BRUSSELS), pattern, locale=locale()) if value else ""


def here() -> str:
    """This page's own path with its query: where the language switch returns to."""
    if not has_request_context():  # a mail, from behind the pages
        return ""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path
