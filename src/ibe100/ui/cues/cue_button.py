"""Large cue button: its action, its key, and what a press does or why it does nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ibe100.ui.themes.enterprise_theme import mono, sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import (
    BODY,
    HEADING,
    RADIUS,
    RADIUS_SHAPE,
    SCALE,
    STATE,
    TARGET_HEIGHT,
    px,
    scaled,
)
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.words.tooltips import set_tooltip

WIDTH = 144
_IN_BRACKETS = re.compile(r" \([^()]*\)")
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
WRAPPED = int(LEFT) | int(Qt.TextFlag.TextWordWrap)


def fitting(variants: Sequence[str], font: QFont, room: QRect) -> str:
    """The first of several ways to say a thing that fits into a room; the last, where none does."""
    metrics = QFontMetrics(font)
    for words in variants:
        needed = metrics.boundingRect(QRect(0, 0, room.width(), 1000), WRAPPED, words)
        if needed.height() <= room.height() and needed.width() <= room.width():
            return words
    return variants[-1] if variants else ""


def short_reasons(reason: str) -> tuple[str, ...]:
    """A reason in full and in fewer words: `the stream is in a break already; …` as `in a break already`.

    What is left is still a sentence: `TO BREAK (event 0x1) is on its way; …` without what is in brackets.
    """
    bare = _IN_BRACKETS.sub("", reason)
    clause = bare[: min((at for mark in ";:" if (at := bare.find(mark)) > 0), default=len(bare))].strip()
    short = clause.removeprefix("the stream is ").removeprefix("the stream ").removesuffix(" in the stream")
    return reason, clause, short


class CueButton(QAbstractButton):
    """One of the pair TO BREAK and BACK TO PROGRAMME: steel, with a fill only while it is latched."""

    def __init__(self, title: str, icon_name: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self._icon_name, self._key = icon_name, key
        self._details: tuple[str, ...] = ("",)
        self._latched = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scaled(self.setFixedHeight, TARGET_HEIGHT)
        scaled(self.setMinimumWidth, WIDTH)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{' '.join(title.split())}, key {key}")

    @property
    def is_latched(self) -> bool:
        """A press is ignored now."""
        return self._latched

    @property
    def detail(self) -> str:
        """What the button says besides its action, as it fits now."""
        return fitting(self._details, sans(SCALE), self._detail_room())

    def show_state(self, *details: str, latched: bool, ready: bool) -> None:
        """Show what a press does now, or why nothing; `details` say it in ever fewer words."""
        if (details, latched, ready) != (self._details, self._latched, self.isEnabled()):
            self._details, self._latched = details, latched
            if not ready and self.hasFocus():
                self.clearFocus()  # Qt would hand it to the next button, which is another cue
            self.setEnabled(ready)
            self.setAccessibleDescription(details[0])
            set_tooltip(self, details[0])
            self.update()

    def sizeHint(self) -> QSize:
        """The biggest target in the window."""
        return QSize(px(WIDTH), px(TARGET_HEIGHT))

    def _detail_room(self) -> QRect:
        top = px(44 if "\n" in self.text() else 32)
        return QRect(px(46), top, self.width() - px(54), self.height() - top - px(4))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint box, icon, title, key cap and detail."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill, ink, edge = self._colours()
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        pen = QPen(shade(edge), px(2) if self._latched or self.isDown() else px(1))
        if not self.isEnabled():
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(shade(fill))
        painter.drawRoundedRect(box, px(RADIUS), px(RADIUS))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._latched:
            painter.setPen(QPen(shade(Colour.INK), px(2)))
            painter.drawRoundedRect(box.adjusted(px(3), px(3), -px(3), -px(3)), px(4), px(4))
        elif self.isEnabled() and not self.isDown():
            strip = QRectF(box.left(), box.top(), box.width(), px(4))
            painter.fillRect(strip, shade(Colour.TALLY_AMBER_EDGE))
        painter.translate(0, px(2) if self.isDown() else 0)
        self._paint_words(painter, ink)

    def _paint_words(self, painter: QPainter, ink: Colour) -> None:
        has_two_lines = "\n" in self.text()
        height = px(36 if has_two_lines else 24)
        size = px(20)
        top = px(10)
        pixmap = icon_pixmap(
            "timer-sand" if self._latched else self._icon_name, ink, size, self.devicePixelRatioF()
        )
        painter.drawPixmap(px(14), top + (height - size) // 2, pixmap)
        painter.setPen(shade(ink))
        room = QRect(px(42), top, self.width() - px(48), height)
        title = sans(HEADING if has_two_lines else STATE, bold=True)
        if QFontMetrics(title).boundingRect(room, 0, self.text()).width() > room.width():
            title = sans(BODY, bold=True)  # another font than ours is wider
        painter.setFont(title)
        painter.drawText(room, LEFT, self.text())
        room = self._detail_room()
        cap_top = room.top() + px(4) if room.height() < px(32) else room.center().y() - px(9)
        cap = QRect(px(12), cap_top, px(30), px(18))
        painter.setPen(QPen(shade(ink), 1))
        painter.drawRoundedRect(cap, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
        painter.setFont(mono(SCALE, bold=True))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, self._key)
        painter.setFont(sans(SCALE))
        painter.drawText(room, WRAPPED, self.detail)

    def _colours(self) -> tuple[Colour, Colour, Colour]:
        """Fill, ink and edge."""
        if not self.isEnabled():
            return Colour.PANEL, Colour.TEXT_MUTED, Colour.BORDER_STRONG
        if self._latched:
            return Colour.TALLY_AMBER, Colour.INK, Colour.TALLY_AMBER_EDGE
        if self.isDown():
            return Colour.WINDOW, Colour.TEXT, Colour.TEXT
        return Colour.HOVER if self.underMouse() else Colour.RAISED, Colour.TEXT, Colour.BORDER_STRONG
