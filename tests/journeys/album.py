"""A journey's states, one after the other: each is read by axe in every look, and kept as pictures to look at afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys import looks

PICTURES = {"wide": (looks.WIDE, "light"), "narrow": (looks.NARROW, "dark")}


@dataclass
class Album:
    folder: Path

    def keep(self, page: Page, name: str) -> None:
        """Leaves the page as it was: wide and light, with the cursor where it stood."""
        page.emulate_media(reduced_motion="reduce")  # a colour that is on its way to another is neither
        looks.assert_sound(page)
        for look, (size, scheme) in PICTURES.items():
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=self.folder / f"{name} {look}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(looks.WIDE)
