"""A document in type: a summary, tables over pages, the fingerprint on each of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fpdf import FPDF

from ibe100.services.history.paper.fonts import CODE, TEXT, Letters

MARGIN_MM = 14.0
FOOT_MM = 12.0
SMALL_PT, ROW_PT, HEAD_PT, TITLE_PT = 6.5, 7.5, 11.0, 20.0
LINE_MM, ROW_MM = 3.4, 4.6
INK, MUTED, RULE = (20, 24, 31), (96, 104, 116), (205, 210, 217)


@dataclass(frozen=True, slots=True)
class PaperColumn:
    """A column of a table."""

    title: str
    width_mm: float
    align: Literal["L", "R"] = "L"


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A row: its cells, and lines below them across the page."""

    cells: tuple[str, ...]
    below: str = ""
    """Words on how it went, wrapped."""
    code: str = ""
    """Bytes in base64, wrapped, in letters of one width."""


class Document(FPDF):
    """A4 across; texts are shown whole where they are wrapped, and with `…` where a cell is too narrow."""

    def __init__(
        self, title: str, subtitle: str, fingerprint: str, texts: Iterable[str], folder: Path
    ) -> None:
        super().__init__(orientation="landscape", format="A4")
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(True, margin=MARGIN_MM + FOOT_MM)
        self.alias_nb_pages()
        self.letters = Letters(self, (title, subtitle, fingerprint, *texts), folder)
        self._title, self._subtitle, self._fingerprint = title, subtitle, fingerprint
        self.set_title(title)
        self.set_subject(fingerprint)
        self.set_creator("IBE-100")

    def footer(self) -> None:
        """The document, the fingerprint and the page."""
        self.set_draw_color(*RULE)
        top = self.h - MARGIN_MM - 5
        self.line(MARGIN_MM, top, self.w - MARGIN_MM, top)
        width = self.epw
        self.set_xy(MARGIN_MM, top + 1.5)
        # Where the number of pages comes in, the reader does not know yet how wide it is: on the left.
        self._font(SMALL_PT, colour=MUTED)
        self.cell(width * 0.14, LINE_MM, f"Page {self.page_no()} of {{nb}}")
        self.words(f"{self._title} · {self._subtitle}", width * 0.40, SMALL_PT, colour=MUTED)
        self.words(self._fingerprint, width * 0.46, SMALL_PT, colour=MUTED, align="R")

    def begin(self, facts: Sequence[tuple[str, str]]) -> None:
        """The first page: title, subtitle, then facts as name and text."""
        self.add_page()
        self.words(self._title, self.epw, TITLE_PT, bold=True, height_mm=10, new_line=True)
        self.words(self._subtitle, self.epw, HEAD_PT, colour=MUTED, height_mm=7, new_line=True)
        self.ln(3)
        for name, text in facts:
            self.words(name, 38, ROW_PT, colour=MUTED, height_mm=ROW_MM)
            self.paragraph(text, self.epw - 38, ROW_PT)
        self.ln(2)

    def heading(self, text: str, needs_mm: float = 20.0) -> None:
        """A heading that stays with what follows."""
        if self.will_page_break(needs_mm):
            self.add_page()
        self.ln(2)
        self.words(text, self.epw, HEAD_PT, bold=True, height_mm=7, new_line=True)

    def rows(self, columns: Sequence[PaperColumn], rows: Iterable[PaperRow]) -> None:
        """A table whose head stands on each page; a row stays on one page."""
        self._head(columns)
        for row in rows:
            below = self._wrapped(row.below, SMALL_PT, TEXT)
            code = self._wrapped(row.code, SMALL_PT - 1, CODE)
            needs_mm = ROW_MM + (len(below) + len(code)) * LINE_MM + 0.6
            if self.will_page_break(needs_mm):
                self.add_page()
                self._head(columns)
            self._cells(columns, row.cells)
            for line in below:
                self.words(line, self.epw, SMALL_PT, colour=MUTED, height_mm=LINE_MM, new_line=True)
            self._font(SMALL_PT - 1, colour=MUTED, family=CODE)
            for line in code:
                self.text(self.get_x() + 1, self.get_y() + LINE_MM * 0.7, line)
                self.ln(LINE_MM)
            self._rule()

    def paragraph(self, text: str, width_mm: float, size_pt: float) -> None:
        """Text, wrapped to `width_mm` from where the pen is."""
        left = self.get_x()
        for line in self._wrapped(text, size_pt, TEXT, width_mm) or [""]:
            self.set_x(left)
            self.words(line, width_mm, size_pt, height_mm=ROW_MM, new_line=True)

    def words(
        self,
        text: str,
        width_mm: float,
        size_pt: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
        height_mm: float = LINE_MM,
        align: Literal["L", "R"] = "L",
        new_line: bool = False,
    ) -> None:
        """One line of text in a box, cut with `…` where it is wider."""
        self._font(size_pt, bold=bold, colour=colour)
        text = self.letters.shown(text)
        x, y = self.get_x(), self.get_y()
        if self.letters.needs_shaping(text):
            # Only then: it takes many times as long.
            self.set_text_shaping(True)
            self.cell(width_mm, height_mm, self._fitting(text, width_mm - 2), align=align)
            self.set_text_shaping(False)
        elif text:
            text = self._fitting(text, width_mm - 2)
            left = 1.0 if align == "L" else width_mm - 1.0 - self._width(text)
            self.text(x + left, y + height_mm / 2 + self.font_size * 0.3, text)
        self.set_xy(*((MARGIN_MM, y + height_mm) if new_line else (x + width_mm, y)))

    def _font(
        self, size_pt: float, *, bold: bool = False, colour: tuple[int, int, int] = INK, family: str = TEXT
    ) -> None:
        self.set_font(family, "B" if bold else "", size_pt)
        self.set_text_color(*colour)

    def _fitting(self, text: str, width_mm: float) -> str:
        if self._width(text) <= width_mm:
            return text
        while text and self._width(f"{text}…") > width_mm:
            text = text[:-1]
        return f"{text}…"

    def _width(self, text: str) -> float:
        """Width in mm; of letters that are shaped too, by a slower way."""
        if self.letters.needs_shaping(text):
            return float(self.get_string_width(text))
        assert self.current_font is not None
        return self.current_font.get_text_width(text, self.font_size_pt, None)[1] / self.k

    def _head(self, columns: Sequence[PaperColumn]) -> None:
        for column in columns:
            self.words(
                column.title, column.width_mm, SMALL_PT, bold=True, height_mm=ROW_MM, align=column.align
            )
        self.ln(ROW_MM)
        self.set_draw_color(*INK)
        self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.ln(0.6)

    def _cells(self, columns: Sequence[PaperColumn], cells: Sequence[str]) -> None:
        for column, text in zip(columns, cells, strict=True):
            self.words(text, column.width_mm, ROW_PT, height_mm=ROW_MM, align=column.align)
        self.ln(ROW_MM)

    def _rule(self) -> None:
        self.set_draw_color(*RULE)
        self.line(MARGIN_MM, self.get_y() + 0.2, self.w - MARGIN_MM, self.get_y() + 0.2)
        self.ln(0.6)

    def _wrapped(self, text: str, size_pt: float, family: str, width_mm: float | None = None) -> list[str]:
        """Lines no wider than the page, or `width_mm`; broken at blanks where there are some."""
        if not text:
            return []
        self._font(size_pt, family=family)
        text, lines = self.letters.shown(text), []
        most = (self.epw if width_mm is None else width_mm) - 3
        while text:
            at = self._fits(text, most)
            if at < len(text):
                blank = text.rfind(" ", 1, at + 1)
                at = blank if blank > 0 else at
            lines.append(text[:at].rstrip())
            text = text[at:].lstrip()
        return lines

    def _fits(self, text: str, width_mm: float) -> int:
        """Number of characters that fit; one at least."""
        if self._width(text) <= width_mm:
            return len(text)
        low, high = 1, len(text)
        while low < high - 1:
            middle = (low + high) // 2
            if self._width(text[:middle]) <= width_mm:
                low = middle
            else:
                high = middle
        return low


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its heading."""

    heading: str
    columns: tuple[PaperColumn, ...]
    rows: tuple[PaperRow, ...]
    otherwise: str = ""
    """Words where there is no row."""
    on_new_page: bool = False


def made(
    title: str, subtitle: str, fingerprint: str, facts: Sequence[tuple[str, str]], sections: Sequence[Section]
) -> bytes:
    """The document as a file. Blocks for a second, and more where it is long."""
    texts = [text for fact in facts for text in fact]
    for section in sections:
        texts += [section.heading, section.otherwise]
        texts += [text for row in section.rows for text in (*row.cells, row.below)]
    with tempfile.TemporaryDirectory(prefix="ibe100-pdf-") as folder:
        pdf = Document(title, subtitle, fingerprint, texts, Path(folder))
        if pdf.letters.lacking:
            facts = [*facts, ("Characters", lacking_words(pdf.letters.lacking))]
        pdf.begin(facts)
        for section in sections:
            if section.on_new_page:
                pdf.add_page()
            pdf.heading(section.heading)
            if section.rows:
                pdf.rows(section.columns, section.rows)
            else:
                pdf.paragraph(section.otherwise, pdf.epw, ROW_PT)
        return bytes(pdf.output())


def lacking_words(lacking: frozenset[str]) -> str:
    """Say what is written by its number and where it is whole."""
    return (
        f"{len(lacking)} characters have no font on the machine that made this and are written by their "
        "number, as U+4E2D; the CSV and JSON files of the same days have them as they are"
    )
