"""The letters of the printed cards, cut from the DejaVu fonts: `python -m tests.support.card_fonts`.

Whole fonts would be four times as large. What stays are the scripts a name in a Flemish school may be written in.
"""

from __future__ import annotations

from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font  # type: ignore[import-untyped]

import templates

DEJAVU = Path("/usr/share/fonts/truetype/dejavu")  # Debian: fonts-dejavu-core, which tests need anyway

LATIN = [(0x20, 0x7E), (0xA0, 0x24F), (0x2010, 0x2027), (0x2030, 0x203A), (0x20A0, 0x20BF), (0xFFFD, 0xFFFD)]
OTHER_SCRIPTS = [
    (0x250, 0x36F),  # phonetic letters, combining marks
    (0x370, 0x52F),  # Greek, Cyrillic
    (0x531, 0x5F4),  # Armenian, Hebrew
    (0x600, 0x6FF),  # Arabic
    (0x10A0, 0x10FF),  # Georgian
    (0x1E00, 0x1FFF),  # Latin with more marks (Vietnamese), Greek with breathings
    (0x200C, 0x200D),  # joiners
    (0x2070, 0x209F),
    (0x2100, 0x218F),
    (0x2190, 0x21FF),  # arrows
    (0x2600, 0x27BF),  # symbols, dingbats
    (0xFB00, 0xFB4F),  # ligatures, Hebrew with points
    (0xFB50, 0xFDFF),  # Arabic forms
    (0xFE70, 0xFEFC),
    (0x1F600, 0x1F64F),  # faces
]
FONTS = {
    "DejaVuSans.ttf": [*LATIN, *OTHER_SCRIPTS],
    "DejaVuSans-Bold.ttf": [*LATIN, *OTHER_SCRIPTS],
    "DejaVuSansMono-Bold.ttf": LATIN,
}


def main() -> None:
    for name, ranges in FONTS.items():
        cut(DEJAVU / name, templates.card_fonts() / name, ranges)


def cut(source: Path, target: Path, ranges: list[tuple[int, int]]) -> None:
    options = Options(
        hinting=False,
        notdef_outline=True,
        recalc_timestamp=False,
        drop_tables=["FFTM", "MATH", "kern", "gasp"],
        layout_features=["*"],
        name_IDs=["*"],
    )
    font = load_font(str(source), options)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in ranges for code in range(first, last + 1)])
    subsetter.subset(font)
    save_font(font, str(target), options)


if __name__ == "__main__":
    main()
