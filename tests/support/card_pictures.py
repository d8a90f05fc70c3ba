"""The pictures of the printed cards, made from the drawings of the pad: `python -m tests.support.card_pictures`.

A PDF could hold the drawings themselves, but reading them again for every document takes longer than the rest of it.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

import templates
from tests.support.browser import running_chromium

# 25 mm, the largest tile of a card, at 300 dots an inch.
PIXELS = 300
# Black lines and a few plain colours with their edges: no eye misses the others.
COLOURS = 48
# Each in a frame of its own: one thing to look for on the pad.
STYLE = """
body { margin: 0 }
svg { box-sizing: border-box; display: block; width: 100vw; height: 100vh; padding: 6vw; border: 1vw solid #a0a8b2;
      border-radius: 10vw }
"""


def main() -> None:
    with running_chromium() as browser:
        for drawing in sorted(templates.pictures().glob("*.svg")):
            target = templates.card_pictures() / f"{drawing.stem}.png"
            target.write_bytes(small(photographed(browser, drawing)))


def photographed(browser: Browser, drawing: Path) -> bytes:
    page = browser.new_page(viewport={"width": PIXELS, "height": PIXELS})
    svg = drawing.read_text(encoding="utf-8")
    page.set_content(f"<style>{STYLE}</style>{svg}")
    taken = page.screenshot()
    page.close()
    return taken


def small(png: bytes) -> bytes:
    with Image.open(BytesIO(png)) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    out = BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
