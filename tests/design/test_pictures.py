"""The drawings: whole, alike, and complete in themselves."""

import re
from xml.etree import ElementTree as ET

import pytest

import templates

KEYS = ("ballon", "eend", "fiets", "huis", "kat", "paraplu", "raket", "slak", "trein", "appel", "vis", "wolk")
SVG = "{http://www.w3.org/2000/svg}"


def test_R6_every_picture_of_the_set_is_there() -> None:
    assert {drawing.stem for drawing in templates.pictures().glob("*.svg")} == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_R45_a_picture_is_well_formed_on_one_canvas_with_dark_outlines(key: str) -> None:
    root = ET.parse(templates.pictures() / f"{key}.svg").getroot()
    outline = root.find(f"{SVG}g")
    assert root.get("viewBox") == "0 0 96 96"
    assert outline is not None
    assert outline.get("stroke") == "#14181f"
    assert outline.get("stroke-linejoin") == "round"


@pytest.mark.parametrize("key", KEYS)
def test_PR_16_a_picture_asks_nobody_for_anything(key: str) -> None:
    drawing = (templates.pictures() / f"{key}.svg").read_text()
    without_namespace = drawing.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|href|url\(|<script|<style|<image|<use|style=|<!", without_namespace)


def test_PR_16_stylesheet_and_scripts_name_no_address() -> None:
    for file in templates.design_files().iterdir():
        if file.suffix in {".css", ".js"}:
            assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", file.read_text()), file.name


def test_OA_58_no_script_or_style_is_inline_and_no_script_makes_html_from_text() -> None:
    for page in (templates.folder() / "design").glob("*.html"):
        text = page.read_text()
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", text), (
            page.name
        )
    for script in templates.design_files().glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", script.read_text()
        )
