"""What axe finds wrong with a page in Chromium: WCAG 2.2 AA as far as a machine can tell, and best practice."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "reporter": "no-passes",
}


def assert_axe_finds_nothing(page: Page) -> None:
    """Raises AssertionError with the address and everything that was found."""
    is_there = page.evaluate("'axe' in window")
    reader = Axe("0") if is_there else Axe()  # a page reads its half megabyte once
    found = reader.run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
