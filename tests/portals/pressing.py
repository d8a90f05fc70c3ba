"""Pressing a button as a browser does it, in a form of many boxes of one name; and reading the passwords that come of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from urllib.parse import urljoin

from tests.support.browser import Form, Page, Visitor, browser_headers

NOTHING: Mapping[str, str] = MappingProxyType({})


def press(
    visitor: Visitor, button: str, fields: Mapping[str, str] = NOTHING, *, untick: Collection[int] = ()
) -> Page:
    """Sends the form of the page we are on, with `fields` instead of what the form holds by those names."""
    page = visitor.page
    assert page is not None, "no page yet"
    form = page.form(button)
    pressed = next(each for each in form.inputs if each.get("id") == button)
    target = urljoin(page.url, pressed.get("formaction") or form.action)
    held = ticked(form, {str(number) for number in untick})
    values = [(name, value) for name, value in held if name not in fields] + [*fields.items()]
    if pressed.get("name"):
        values.append((pressed["name"], pressed.get("value", "")))
    return visitor.post(target, values, headers=browser_headers(page, target))


def ticked(form: Form, untick: Collection[str]) -> list[tuple[str, str]]:
    """Everything that a form would send, in its order, but for these boxes."""
    values = []
    for each in form.inputs:
        kind, name, value = each.get("type", "text"), each.get("name", ""), each.get("value", "")
        boxed = kind in ("checkbox", "radio")
        if not name or each["tag"] != "input" or (boxed and "checked" not in each):
            continue
        if not (boxed and value in untick):
            values.append((name, value))
    return values


def passwords(page: Page) -> dict[str, str]:
    """As the page shows them: stamnummer -> password, pictures by their digits."""
    found = {}
    for row in re.findall(r"<tr role=\"row\">.*?</tr>", page.html, re.DOTALL):
        number = re.search(r"\((\d+)\)", re.sub("<[^>]*>", "", row))
        text = re.search(r"new-password\">([^<]+)<", row)
        digits = re.findall(r"<span class=\"mono\">(\d)</span>", row)
        if number and (text or digits):
            found[number[1]] = text[1] if text else "".join(digits)
    return found
