"""The README's picture, from a running demonstration: `python -m tests.journeys.picture data/demo/demo.json`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

from PIL import Image

from tests.journeys import walks
from tests.journeys.conftest import Town, fresh
from tests.support.browser import running_chromium

GAP = 16
BESIDE = "#8a93a1"


def main(told: Path) -> None:
    town = Town(json.loads(told.read_text(encoding="utf-8")), told.parent)
    pupil = town.users("basic", pictures=True)[0]
    with running_chromium() as chromium, fresh(chromium) as context:
        tablet = context.new_page()
        tablet.set_viewport_size({"width": 560, "height": 720})
        tablet.goto(f"{town.issuer}/demo/cards")
        shots = [tablet.screenshot()]
        walks.open_card(tablet, town, pupil)
        for digit in pupil["digits"][:2]:
            tablet.locator(f"button[data-digit='{digit}']").click()
        tablet.wait_for_timeout(300)
        shots.append(tablet.screenshot())
        walks.click_pictures(tablet, pupil["digits"][2:])
        walks.at_the_dashboard(tablet, town)
        shots.append(tablet.screenshot())
    beside(shots).save(Path(__file__).with_name("screenshot.png"), optimize=True)


def beside(shots: list[bytes]) -> Image.Image:
    pictures = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    width = sum(each.width for each in pictures) + GAP * (len(pictures) + 1)
    sheet = Image.new("RGB", (width, pictures[0].height + 2 * GAP), BESIDE)
    left = GAP
    for each in pictures:
        sheet.paste(each, (left, GAP))
        left += each.width + GAP
    return sheet.quantize(128)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
