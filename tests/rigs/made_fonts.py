"""Makes the fonts that the tests' windows are drawn with, so that no layout depends on those of the machine.

They bear the names that the console prefers last, and are about as wide as those; every sign is a box.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

ASCENT, DESCENT = 928, 236
"""Thousandths of the size, as the widths."""
SIGNS = (*range(0x20, 0x0530), *range(0x2000, 0x2C00))
NARROW, WIDE = "iljftrI1|!.,:;'()[] ·", "mwMWQO@%&#+=<>~—…→←"
MADE = (
    ("DejaVu Sans", "Regular", lambda sign: 320 if sign in NARROW else 800 if sign in WIDE else 580),
    ("DejaVu Sans", "Bold", lambda sign: 360 if sign in NARROW else 880 if sign in WIDE else 640),
    ("DejaVu Sans Mono", "Regular", lambda _: 602),
    ("DejaVu Sans Mono", "Bold", lambda _: 602),
)


def made_fonts(cache: Path) -> Path:
    """The fontconfig file below `cache` that names the folder of the made fonts, and no other."""
    folder = cache / "fonts" / hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    settings = folder / "fonts.conf"
    if not settings.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for family, style, width in MADE:
            _put(folder / f"{family} {style}.ttf", _font(family, style, width))
        text = f"<dir>{folder}</dir><cachedir>{folder / 'cache'}</cachedir>"
        # As distributions set it; without a word glyphs are fitted to whole pixels.
        text += '<match target="font"><edit name="hintstyle"><const>hintslight</const></edit></match>'
        _put(settings, lambda path: path.write_text(f"<fontconfig>{text}</fontconfig>"))
    return settings


def _put(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all: others may be making the same."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    write(unfinished)
    unfinished.rename(path)


def _font(family: str, style: str, width: Callable[[str], int]) -> Callable[[Path], object]:
    # Takes a third of a second, which most runs need not spend.
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    def box(width: int) -> object:
        pen = TTGlyphPen(None)
        pen.moveTo((50, 0))
        for corner in ((50, 700), (width - 50, 700), (width - 50, 0)):
            pen.lineTo(corner)
        pen.closePath()
        return pen.glyph()

    widths = {sign: width(chr(sign)) for sign in SIGNS}
    glyphs = {".notdef": 600} | {f"box{wide}": wide for wide in set(widths.values())}
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({sign: f"box{wide}" for sign, wide in widths.items()})
    builder.setupGlyf({name: box(wide) for name, wide in glyphs.items()})
    builder.setupHorizontalMetrics({name: (wide, 50) for name, wide in glyphs.items()})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=-DESCENT)
    builder.setupNameTable({"familyName": family, "styleName": style})
    builder.setupOS2(
        usWeightClass=700 if style == "Bold" else 400,
        usWinAscent=ASCENT,
        usWinDescent=DESCENT,
        sTypoAscender=ASCENT,
        sTypoDescender=-DESCENT,
    )
    builder.setupPost()
    return builder.save
