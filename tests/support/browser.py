"""Two browsers: `Visitor`, which knows no JavaScript, and Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
from playwright.sync_api import Browser, sync_playwright

# Chromium without the window around the page: a new visitor costs it a third.
CHROMIUM = Path("/usr/bin/chromium-headless-shell")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
MOST_REDIRECTS = 20


@dataclass
class Form:
    """A form as it stands on a page, with the values it already holds."""

    action: str
    method: str
    attributes: dict[str, str]
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # id -> name, value
    inputs: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Page:
    """What came back, after following every redirect that stays on sites that are really there."""

    url: str
    response: requests.Response
    history: list[requests.Response]
    left_for: str | None  # a redirect to a site that isn't there: an application's redirect address, say

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def headers(self) -> Any:
        return self.response.headers

    @cached_property
    def parsed(self) -> PageParser:
        return read(self.html)

    @property
    def text(self) -> str:
        """What a reader sees, with white space made single."""
        return " ".join("".join(self.parsed.texts).split())

    @property
    def title(self) -> str:
        return " ".join("".join(self.parsed.title).split())

    @property
    def links(self) -> dict[str, str]:
        """Text of a link -> its full address."""
        return {" ".join(text.split()): urljoin(self.url, href) for href, text in self.parsed.links}

    @property
    def ids(self) -> set[str]:
        return self.parsed.ids

    @property
    def forms(self) -> list[Form]:
        return self.parsed.forms

    def form(self, which: str | None = None) -> Form:
        """The form that holds a button or field with id or name `which`, or whose action or id it is; else the only one."""
        if which is None:
            own = [form for form in self.forms if form.attributes.get("action") != "/language"]
            assert len(own) == 1, f"{len(own)} forms on {self.url}: say which\n{self.text[:500]}"
            return own[0]
        for form in self.forms:
            known = {form.action, form.attributes.get("id", ""), urlsplit(form.action).path, *form.buttons}
            if which in known or any(which in (each.get("id"), each.get("name")) for each in form.inputs):
                return form
        raise AssertionError(f"no form with {which} on {self.url} ({self.status})\n{self.text[:500]}")


class Visitor:
    """A browser without JavaScript: cookies, forms, redirects. `at_home` are the origins that are really there."""

    def __init__(self, *at_home: str, agent: str = "Mozilla/5.0 (tests)") -> None:
        self.at_home = set(at_home)
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["User-Agent"] = agent
        self.page: Page | None = None

    def get(self, url: str, **options: Any) -> Page:
        return self.go("GET", self.full(url), **options)

    def post(self, url: str, data: Any = None, **options: Any) -> Page:
        """A POST of anything at all; `submit` is what a person does."""
        return self.go("POST", self.full(url), data=data, **options)

    def submit(self, form: Form | str | None = None, button: str | None = None, **fields: str | None) -> Page:
        """Sends a form of the page we are on, with its hidden fields. A keyword fills a field in; None leaves it out.

        `form` is a form, or a name that `Page.form` understands. `button` is the id of the button to press; without
        one it is the first, as when a person presses Enter.
        """
        assert self.page is not None, "no page yet"
        found = form if isinstance(form, Form) else self.page.form(form or button)
        values = {**found.fields, **self.pressed(found, button)}
        for name, value in fields.items():
            values.pop(name, None)
            if value is not None:
                values[name] = value
        target = urljoin(self.page.url, found.action or self.page.url)
        headers = browser_headers(self.page, target)
        if found.method == "GET":
            return self.go("GET", target.split("?")[0], params=values)
        if origin(target) not in self.at_home:
            raise AssertionError(f"the form leads to {target}, where nobody is; read it with Page.form")
        return self.go("POST", target, data=values, headers=headers)

    def pressed(self, form: Form, button: str | None) -> dict[str, str]:
        if button is not None:
            assert button in form.buttons, f"no button {button}, but {sorted(form.buttons)}"
        name, value = form.buttons[button] if button else next(iter(form.buttons.values()), ("", ""))
        return {name: value} if name else {}

    def full(self, url: str) -> str:
        if url.startswith("/"):
            return urljoin(self.page.url if self.page else min(self.at_home), url)
        return url

    def go(self, method: str, url: str, **options: Any) -> Page:
        history: list[requests.Response] = []
        response = self.http.request(method, url, allow_redirects=False, **options)
        while response.is_redirect:
            history.append(response)
            assert len(history) < MOST_REDIRECTS, (
                f"too many redirects, last to {response.headers['Location']}"
            )
            url = urljoin(url, response.headers["Location"])
            if origin(url) not in self.at_home:
                return self.at(Page(url, response, history, left_for=url))
            # 303 always, and 302 in every browser, is followed with GET; 307 and 308 would repeat a password.
            assert response.status_code in (301, 302, 303), response.status_code
            response = self.http.get(url, allow_redirects=False)
        return self.at(Page(response.url, response, history, left_for=None))

    def at(self, page: Page) -> Page:
        if page.left_for is None:
            self.page = page
        return page

    def cookie(self, name: str) -> str | None:
        return next((each.value for each in self.http.cookies if each.name == name), None)

    def forget(self) -> None:
        """Clears the cookies, as a shared tablet does overnight."""
        self.http.cookies.clear()

    def close(self) -> None:
        self.http.close()


class PageParser(HTMLParser):
    """Reads forms, links, ids and texts from HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.title: list[str] = []
        self.ids: set[str] = set()
        self.silent: list[str] = []
        self.form: Form | None = None
        self.select: str | None = None
        self.textarea: str | None = None
        self.inside_title = False
        self.inside_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        match tag:
            case "script" | "style" | "template":
                self.silent.append(tag)
            case "title":
                self.inside_title = True
            case "a" if "href" in given:
                self.links.append((given["href"], ""))
                self.inside_link = True
            case "form":
                self.form = Form(given.get("action", ""), given.get("method", "get").upper(), given)
                self.forms.append(self.form)
            case "input" | "select" | "textarea" | "button":
                self.control(tag, given)
            case "option":
                self.option(given)

    def control(self, tag: str, given: dict[str, str]) -> None:
        form = self.form_of(given)
        if form is None:
            return
        kind = given.get("type", "submit" if tag == "button" else "text").lower()
        form.inputs.append({"tag": tag, **given})
        name = given.get("name", "")
        if kind in ("submit", "image"):
            form.buttons[given.get("id") or f"button {len(form.buttons)}"] = (name, given.get("value", ""))
        elif tag == "select":
            self.select = name
        elif tag == "textarea":
            self.textarea = name
            form.fields[name] = ""
        elif kind in ("checkbox", "radio"):
            if "checked" in given and name:
                form.fields[name] = given.get("value", "on")
        elif name and kind not in ("button", "reset"):
            form.fields[name] = given.get("value", "")

    def form_of(self, given: dict[str, str]) -> Form | None:
        """A control belongs to the form around it, or to the one its `form` attribute names."""
        if "form" in given:
            return next((form for form in self.forms if form.attributes.get("id") == given["form"]), None)
        return self.form

    def option(self, given: dict[str, str]) -> None:
        if self.form is None or not self.select:
            return
        if "selected" in given or self.select not in self.form.fields:
            self.form.fields[self.select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "script" | "style" | "template" if self.silent:
                self.silent.pop()
            case "title":
                self.inside_title = False
            case "a":
                self.inside_link = False
            case "form":
                self.form = None
            case "select":
                self.select = None
            case "textarea":
                self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if self.inside_title:
            self.title.append(data)
            return
        if self.textarea and self.form is not None:
            self.form.fields[self.textarea] += data
        if self.inside_link:
            href, text = self.links[-1]
            self.links[-1] = (href, text + data)
        self.texts.append(data)


def read(html: str) -> PageParser:
    parser = PageParser()
    parser.feed(html)
    parser.close()
    return parser


def browser_headers(page: Page, target: str) -> dict[str, str]:
    """What browsers say about where a form was; without a referrer they don't name its origin either."""
    silent = page.headers.get("Referrer-Policy") == "no-referrer"
    return {
        "Origin": "null" if silent else origin(page.url),
        "Sec-Fetch-Site": "same-origin" if origin(target) == origin(page.url) else "cross-site",
        "Sec-Fetch-Mode": "navigate",
    }


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def parameters(url: str) -> dict[str, str]:
    """The query's parameters, or the fragment's."""
    parts = urlsplit(url)
    return dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True))


class NoChromium(Exception):
    """There is no Chromium to start."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        raise NoChromium(f"{CHROMIUM} isn't there (Debian: apt-get install chromium-headless-shell)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()
