"""Fonts of a PDF: Inter and JetBrains Mono, and for what Inter lacks the fonts of this machine.

Each is cut down to the characters of the document before anything else is done with it: a font as it comes
takes seconds. No font for every script is shipped (Noto CJK alone has 20 MB): fontconfig names one, and where
there is none the character is written as its number.
"""

from __future__ import annotations

import io
import logging
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import fontpkg
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, TTLibError
from fontTools.varLib.instancer import instantiateVariableFont
from fpdf import FPDF

TEXT, CODE = "Inter", "JetBrains Mono"
WEIGHTS = {"": 400, "B": 650}
BASICS = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("–…·×±≥≤°µ")
"""In every document."""
MOST_FALLBACKS = 12
_ASKING_S = 5.0
_CAPS = 14
"""Optical size of Inter for text."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font of the machine: a file, and its number in a collection."""

    path: str
    number: int


class Letters:
    """Fonts added to a document, and its texts made printable by them."""

    def __init__(self, pdf: FPDF, texts: Iterable[str], folder: Path) -> None:
        """`folder` is for files while the document is made. Blocks for a second."""
        wanted = frozenset("".join(texts)) | BASICS
        wanted = frozenset(one for one in wanted if one.isprintable())
        inter = wanted & covered(_shipped(TEXT))
        for style, weight in WEIGHTS.items():
            _add(pdf, TEXT, style, cut(_shipped(TEXT), inter, weight), folder)
        _add(pdf, CODE, "", cut(_shipped(CODE), BASICS, WEIGHTS[""]), folder)
        missing = set(wanted - inter)
        self.families: list[str] = []
        while missing and len(self.families) < MOST_FALLBACKS:
            found = font_for(min(missing))
            has = frozenset(missing) & covered(found) if found is not None else frozenset[str]()
            if found is None or not has:
                missing.discard(min(missing))
                continue
            family = f"fallback {len(self.families)}"
            try:
                data = cut(found, has, None)
            except (TTLibError, OSError, KeyError, ValueError, AssertionError) as error:
                _log.warning("the font %s cannot be used in a PDF: %s", found.path, error)
                data = b""
            if data:
                for style in WEIGHTS:
                    _add(pdf, family, style, data, folder)
                self.families.append(family)
                inter |= has
            missing -= has
        self._known = inter
        self._beyond_inter = inter - covered(_shipped(TEXT))
        self.lacking = frozenset(wanted - inter)
        """Characters that no font here has."""
        pdf.set_fallback_fonts(self.families, exact_match=False)

    def shown(self, text: str) -> str:
        """`text` with the number of a character (`U+4E2D`) where no font has it, on one line."""
        if text.isascii() and text.isprintable():
            return text
        return "".join(
            one if one in self._known else " " if not one.isprintable() else f"U+{ord(one):04X}"
            for one in text
        )

    def needs_shaping(self, text: str) -> bool:
        """Say whether letters of `text` depend on each other, or run from right to left."""
        return not self._beyond_inter.isdisjoint(text)


@lru_cache(maxsize=2)
def _shipped(family: str) -> FontFile:
    return FontFile(str(fontpkg.path(family)), 0)


@lru_cache(maxsize=32)
def covered(font: FontFile) -> frozenset[str]:
    """Characters that a font has; none where it cannot be read."""
    try:
        with TTFont(font.path, fontNumber=font.number, lazy=True) as opened:
            return frozenset(chr(code) for code in opened.getBestCmap() or ())
    except (TTLibError, OSError) as error:
        _log.warning("the font %s cannot be read: %s", font.path, error)
        return frozenset()


@lru_cache(maxsize=64)
def cut(font: FontFile, characters: frozenset[str], weight: int | None) -> bytes:
    """A font with these characters only: at a weight of ours, or None with how its letters join."""
    with TTFont(font.path, fontNumber=font.number, lazy=True) as opened:
        options = Options(notdef_outline=True, hinting=False)
        options.drop_tables += ["FFTM"]
        if weight is not None:
            # Latin, Greek and Cyrillic stand by themselves: to go through these takes longer than all else.
            options.drop_tables += ["GSUB", "GPOS", "GDEF", "STAT"]
        subsetter = Subsetter(options)
        subsetter.populate(text="".join(characters))
        subsetter.subset(opened)
        if "fvar" in opened:
            wanted = {"wght": weight or 400, "opsz": _CAPS}
            axes = {axis.axisTag: wanted.get(axis.axisTag, axis.defaultValue) for axis in opened["fvar"].axes}
            instantiateVariableFont(opened, axes, inplace=True)
        data = io.BytesIO()
        opened.save(data)
        return data.getvalue()


@lru_cache(maxsize=512)
def font_for(character: str) -> FontFile | None:
    """A font of this machine that has the character, as fontconfig chooses it; None without one."""
    program = shutil.which("fc-match")
    if program is None:
        return None
    pattern = f"sans-serif:charset={ord(character):x}"
    command = [program, "--format", "%{file}\n%{index}", pattern]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_ASKING_S, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("fontconfig cannot be asked for a font: %s", error)
        return None
    path, _, index = told.partition("\n")
    # Above 16 bits fontconfig counts the instances of a variable font.
    font = FontFile(path, int(index or 0) & 0xFFFF) if path else None
    return font if font is not None and character in covered(font) else None


def _add(pdf: FPDF, family: str, style: str, data: bytes, folder: Path) -> None:
    path = folder / f"{family} {style}.ttf"
    path.write_bytes(data)
    pdf.add_font(family, style, path)
