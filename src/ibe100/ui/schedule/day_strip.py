"""Strip over a whole day: every break as a mark, and the span that the lanes show as a frame."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PyQt6.QtCore import QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.models.cues.recurrence import DAY_S
from ibe100.ui.schedule.day_items import DayItem, ItemKind
from ibe100.ui.schedule.day_paint import EDGE, DayScale, around, paint_times
from ibe100.ui.themes.sizes import RADIUS_STRIP, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.timecode import format_clock

HEIGHT, HEAD = 48, 20
STEPS = {Qt.Key.Key_Left: -0.25, Qt.Key.Key_Right: 0.25, Qt.Key.Key_PageUp: -1.0, Qt.Key.Key_PageDown: 1.0}
COLOURS = {
    ItemKind.CONFLICT: Colour.TEXT,
    ItemKind.ARMED: Colour.TALLY_AMBER_EDGE,
    ItemKind.RUNNING: Colour.TALLY_AMBER_EDGE,
    ItemKind.FAILED: Colour.ALARM_MAGENTA,
    ItemKind.PLANNED: Colour.LINE,
    ItemKind.COMING: Colour.LINE,
}


class DayStrip(QWidget):
    """Emits `window_wanted` with the moment at which the lanes are to begin."""

    window_wanted = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._begins, self._span_s, self._first = 0.0, DAY_S, 0.0
        self._marks: list[tuple[float, int, ItemKind]] = []
        self._lanes = 1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scaled(self.setFixedHeight, HEIGHT)
        self.setAccessibleName("The whole day, and what the lanes show of it")
        set_tooltip(self, "Click or drag to show another part of the day · ← → PgUp PgDn move it")

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(px(300), px(HEIGHT))

    def show_items(self, day_begins: float, items: Sequence[DayItem], lanes: Sequence[str]) -> None:
        """Show the breaks of a day on as many thin lanes as there are streams."""
        at = {stream_id: lane for lane, stream_id in enumerate(lanes)}
        self._begins, self._lanes = day_begins, max(1, len(lanes))
        self._marks = [(item.begins, at[item.stream_id], item.kind) for item in items if item.stream_id in at]
        self.update()

    def show_window(self, first: float, span_s: float) -> None:
        """Frame what the lanes show."""
        self._first, self._span_s = first, span_s
        said = f"{format_clock(first)[:5]} to {format_clock(first + span_s)[:5]} UTC"
        self.setAccessibleDescription(f"The lanes show {said}")
        self.update()

    def _scale(self) -> DayScale:
        return DayScale(self._begins, self._begins + DAY_S, EDGE, self.width() - px(EDGE))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint times, marks, conflicts taller than the others, and the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(shade(Colour.CHOSEN if self.hasFocus() else Colour.BORDER))
        painter.setBrush(shade(Colour.CARD))
        radius = px(RADIUS_STRIP)
        painter.drawRoundedRect(around(QRectF(self.rect()), -0.5), radius, radius)
        scale = self._scale()
        paint_times(painter, scale, 0, px(HEAD), time.time())
        for kind, boxes in self._boxes(scale).items():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade(COLOURS.get(kind, Colour.BORDER_STRONG)))
            painter.drawRects(*boxes)
        if self._span_s < DAY_S:
            left, right = scale.x(self._first), scale.x(self._first + self._span_s)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(shade(Colour.CHOSEN), 2))
            frame = QRectF(left, px(HEAD) - 1, right - left, px(HEIGHT) - px(HEAD) - 2)
            painter.drawRoundedRect(frame, radius, radius)

    def _boxes(self, scale: DayScale) -> dict[ItemKind, list[QRect]]:
        """Marks of each kind, none twice in one place."""
        room = px(HEIGHT) - px(HEAD) - px(6)
        places: dict[ItemKind, set[tuple[int, int]]] = {}
        for begins, lane, kind in self._marks:
            if begins >= self._begins:
                y = 0 if kind is ItemKind.CONFLICT else int(lane / self._lanes * (room - px(3)))
                places.setdefault(kind, set()).add((int(scale.x(begins)), px(HEAD) + px(2) + y))
        return {
            kind: [QRect(x, y, px(4), room if kind is ItemKind.CONFLICT else px(3)) for x, y in found]
            for kind, found in places.items()
        }

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Show the part of the day around the mouse."""
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._want(self._scale().moment(event.position().x()) - self._span_s / 2)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag the frame."""
        self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move the frame."""
        if event is not None and event.key() in STEPS:
            self._want(self._first + STEPS[Qt.Key(event.key())] * self._span_s)
        else:
            super().keyPressEvent(event)

    def _want(self, first: float) -> None:
        self.window_wanted.emit(min(max(first, self._begins), self._begins + DAY_S - self._span_s))
