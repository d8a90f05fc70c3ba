"""A throw-away site that shows templates of the design room exactly as an application would: same files, same headers."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined

import templates
from idp.rules.picture_passwords import PICTURES
from tests.support import small_server

# What every application sends: nothing inline, nobody else's origin, and only strings we made become scripts.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
RECEIVED = b'<!doctype html><title>ok</title><link rel="icon" href="/design/favicon.svg">'
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def environment(pages: Mapping[str, str]) -> Environment:
    """Jinja with null translations: every text shows its Dutch message."""
    loader = ChoiceLoader([DictLoader(pages), FileSystemLoader(templates.folder())])
    env = Environment(
        loader=loader, autoescape=True, extensions=["jinja2.ext.i18n"], undefined=StrictUndefined
    )
    env.trim_blocks = env.lstrip_blocks = True
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(
        design_url=lambda name: f"/design/{name}",
        picture_url=lambda key: f"/pictures/{key}.svg",
        csrf_token=lambda: secrets.token_urlsafe(16),
        locale="nl",
        languages=[("nl", "Nederlands"), ("en", "English"), ("fr", "Français")],
        language_url="/language",
        language_return_to="/sheet",
        application_name="LeerID Leerlingloket",
        home_url="/sheet",
        help_url="/help",
        accessibility_url="/accessibility",
        picture_set=PICTURES,
    )
    return env


@dataclass(frozen=True)
class Site:
    """Where it listens, and what was posted to it."""

    url: str
    posted: list[dict[str, list[str]]] = field(default_factory=list)


class _Answer(small_server.Answer):
    def __init__(self, env: Environment, posted: list[dict[str, list[str]]], *args: Any) -> None:
        self.env, self.posted = env, posted
        super().__init__(*args)

    def do_GET(self) -> None:
        folder, _, name = urlsplit(self.path).path.strip("/").partition("/")
        if folder == "design":
            self._send((templates.design_files() / name).read_bytes(), KINDS["." + name.rsplit(".", 1)[1]])
        elif folder == "pictures":
            self._send((templates.pictures() / name).read_bytes(), KINDS[".svg"])
        else:
            page = {"sheet": "design/sheet.html"}.get(folder, f"{folder}.html")
            self._send(self.env.get_template(page).render().encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.posted.append(parse_qs(self.rfile.read(length).decode(), keep_blank_values=True))
        self._send(RECEIVED, "text/html; charset=utf-8")

    def _send(self, body: bytes, kind: str) -> None:
        self.say(200, kind, body, Content_Security_Policy=CONTENT_SECURITY_POLICY)


@contextmanager
def serving(pages: Mapping[str, str]) -> Iterator[Site]:
    posted: list[dict[str, list[str]]] = []
    with small_server.serving(partial(_Answer, environment(pages), posted)) as url:
        yield Site(url, posted)
