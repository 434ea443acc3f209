"""Lanes of a day: one per stream, with its breaks, which mouse and keys choose and move."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from ibe100.ui.schedule.day_items import DayItem, Lane
from ibe100.ui.schedule.day_paint import (
    EDGE,
    HEAD,
    NAMES,
    ROW,
    DayScale,
    around,
    box_of,
    paint_grid,
    paint_item,
    paint_name,
    paint_now,
    paint_times,
)
from ibe100.ui.themes.sizes import on_text_size, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.timers import repeating, single_shot
from ibe100.ui.words.tooltips import plain_tooltip
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import counted

REPAINT_MS = 1000
SET_DOWN_MS = 700
"""Pause after the last arrow key before the break is planned where it then is."""
LEAST_DRAG_PX = 4
STEP_S, WIDE_STEP_S = 1.0, 10.0
ARROWS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
NEIGHBOURS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
PAGES = {Qt.Key.Key_PageUp: -1.0, Qt.Key.Key_PageDown: 1.0}


class DayLanes(QAbstractScrollArea):
    """Emits `chosen` (item or None), `moved` (break, moment), `plan_requested` (stream, moment), and others.

    `window_wanted` carries the moment at which the lanes are to begin, `zoomed` a step.
    """

    chosen = pyqtSignal(object)
    moved = pyqtSignal(int, float)
    edit_requested = pyqtSignal(int)
    remove_requested = pyqtSignal(int)
    plan_requested = pyqtSignal(str, float)
    window_wanted = pyqtSignal(float)
    zoomed = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lanes: list[Lane] = []
        self._first, self._span_s = 0.0, 3600.0
        self._chosen: tuple[int, float] | None = None
        self._carried_s = 0.0
        self._pressed: QPointF | None = None
        self._painted: QPixmap | None = None
        """The lanes as they were last painted; now is drawn over them each second."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Breaks of the day by stream")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scaled(self.setMinimumHeight, HEAD + 2 * ROW)
        self._set_down = single_shot(self, SET_DOWN_MS, self.set_down)
        self._timer = repeating(self, REPAINT_MS, self._tick)
        self._timer.start()
        on_text_size(self, DayLanes._arrange)

    def sizeHint(self) -> QSize:
        """One lane per stream."""
        return QSize(px(400), px(HEAD) + px(ROW) * max(2, len(self._lanes)) + px(EDGE))

    def _tick(self) -> None:
        viewport = self.viewport()
        if viewport is not None and self.isVisible():
            viewport.update()

    def repaint_soon(self) -> None:
        """Paint the lanes anew."""
        self._painted = None
        viewport = self.viewport()
        if viewport is not None:
            viewport.update()

    def show_items(self, items: Sequence[DayItem], streams: Sequence[tuple[str, str]]) -> None:
        """Show breaks that are in the order of their times on lanes of (stream, name)."""
        by_stream: dict[str, list[DayItem]] = {stream_id: [] for stream_id, _name in streams}
        for item in items:
            if item.stream_id in by_stream:
                by_stream[item.stream_id].append(item)
        self._lanes = [Lane.of(stream_id, name, by_stream[stream_id]) for stream_id, name in streams]
        if self.current() is None:
            self._choose(None)
        self._arrange()

    def show_window(self, first: float, span_s: float) -> None:
        """Show the lanes from a moment on."""
        self._first, self._span_s = first, span_s
        self.repaint_soon()

    def current(self) -> DayItem | None:
        """The chosen break as it is planned."""
        found = (item for lane in self._lanes for item in lane.items if item.key == self._chosen)
        return next(found, None)

    def choose(self, break_id: int) -> None:
        """Choose a break by its number, and bring it into sight."""
        for lane in self._lanes:
            for item in lane.items:
                if item.break_id == break_id:
                    self._choose(item)
                    return

    def carried_to(self) -> float | None:
        """Moment to which the chosen break is being moved; None while it is not."""
        item = self.current()
        return None if item is None or not self._carried_s else item.begins + self._carried_s

    def set_down(self) -> None:
        """Plan the chosen break where it has been moved to."""
        self._set_down.stop()
        item, at = self.current(), self.carried_to()
        self._carried_s = 0.0
        if item is not None and at is not None:
            self.moved.emit(item.break_id, at)
        self.repaint_soon()

    def put_back(self) -> None:
        """Leave the chosen break where it was."""
        self._set_down.stop()
        self._carried_s = 0.0
        self.chosen.emit(self.current())
        self.repaint_soon()

    def scale(self) -> DayScale:
        """The scale as it is drawn now."""
        viewport = self.viewport()
        width = 0 if viewport is None else viewport.width()
        right = max(px(NAMES) + px(10), width - px(EDGE))
        return DayScale(self._first, self._first + self._span_s, px(NAMES), right)

    def place_of(self, break_id: int) -> QRectF:
        """Room in which a break is drawn; empty where it is not."""
        for number, lane in enumerate(self._lanes):
            for place, item in self._shown(lane):
                if item.break_id == break_id:
                    return box_of(item, self.scale(), self._top(number), is_lower=place in lane.lower)
        return QRectF()

    def _choose(self, item: DayItem | None) -> None:
        if self._carried_s:
            self.set_down()
        self._chosen = None if item is None else item.key
        if item is not None:
            self._bring_into_sight(item)
        said = "" if item is None else f"{item.title}, {format_clock(item.begins)}, {item.kind.value}"
        self.setAccessibleDescription(said)
        self.chosen.emit(item)
        self.repaint_soon()

    def _bring_into_sight(self, item: DayItem) -> None:
        if not self._first <= item.begins <= self._first + self._span_s * 0.95:
            self.window_wanted.emit(item.begins - self._span_s / 4)
        number = next(at for at, lane in enumerate(self._lanes) if lane.stream_id == item.stream_id)
        bar, viewport = self.verticalScrollBar(), self.viewport()
        if bar is not None and viewport is not None:
            room = viewport.height() - px(HEAD)
            bar.setValue(min(max(bar.value(), px(ROW) * (number + 1) - room), px(ROW) * number))

    def _arrange(self) -> None:
        bar, viewport = self.verticalScrollBar(), self.viewport()
        if bar is not None and viewport is not None:
            bar.setRange(0, max(0, px(HEAD) + px(ROW) * len(self._lanes) + px(EDGE) - viewport.height()))
            bar.setPageStep(viewport.height() - px(HEAD))
            bar.setSingleStep(px(ROW))
        self.repaint_soon()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Scroll as far as there are lanes."""
        super().resizeEvent(event)
        self._arrange()

    def _scrolled(self) -> int:
        bar = self.verticalScrollBar()
        return 0 if bar is None else bar.value()

    def _top(self, number: int) -> int:
        return px(HEAD) + px(ROW) * number - self._scrolled()

    def _shown(self, lane: Lane) -> list[tuple[int, DayItem]]:
        return lane.between(self._first, self._first + self._span_s)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the lanes in sight, then the head above them."""
        viewport = self.viewport()
        if viewport is None:
            return
        if self._painted is None:
            self._painted = self._paint_lanes(viewport)
        painter = QPainter(viewport)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._painted)
        scale, now = self.scale(), time.time()
        bottom = min(viewport.height(), self._top(len(self._lanes)))
        paint_now(painter, scale, px(HEAD) - px(4), bottom, now)
        painter.fillRect(0, 0, viewport.width(), px(HEAD) - 1, shade(Colour.CARD))
        paint_times(painter, scale, 0, px(HEAD), now)

    def _paint_lanes(self, viewport: QWidget) -> QPixmap:
        """Paint all but the head and now, which move each second."""
        ratio = viewport.devicePixelRatioF()
        painted = QPixmap(viewport.size() * ratio)
        painted.setDevicePixelRatio(ratio)
        painted.fill(shade(Colour.CARD))
        painter = QPainter(painted)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale, height = self.scale(), viewport.height()
        paint_grid(painter, scale, px(HEAD), min(height, self._top(len(self._lanes))))
        first = max(0, self._scrolled() // px(ROW))
        for number in range(first, min(len(self._lanes), first + height // px(ROW) + 2)):
            self._paint_lane(painter, scale, number)
        painter.end()
        return painted

    def _paint_lane(self, painter: QPainter, scale: DayScale, number: int) -> None:
        lane, top = self._lanes[number], self._top(number)
        painter.setPen(shade(Colour.BORDER))
        painter.drawLine(0, top + px(ROW), int(scale.right) + px(EDGE), top + px(ROW))
        shown = self._shown(lane)
        paint_name(painter, top, lane.name, f"{counted(len(shown), 'break')} in sight")
        for at, (place, item) in enumerate(shown):
            is_chosen, is_lower = item.key == self._chosen, place in lane.lower
            drawn = item
            if is_chosen and self._carried_s:
                drawn = replace(item, begins=item.begins + self._carried_s, ends=item.ends + self._carried_s)
            # Beside a lower break stand the titles of those above.
            beside = (one for where, one in shown[at + 1 :] if is_lower or where not in lane.lower)
            later = next(beside, None)
            free_until = scale.right + px(EDGE) if later is None else scale.x(later.begins) - px(4)
            box = box_of(drawn, scale, top, is_lower=is_lower)
            below = not is_lower and place + 1 not in lane.lower
            paint_item(painter, drawn, box, free_until, chosen=is_chosen, below=below)

    def item_at(self, place: QPointF) -> DayItem | None:
        """The break under the mouse."""
        number = int((place.y() - px(HEAD) + self._scrolled()) // px(ROW))
        if place.y() < px(HEAD) or not 0 <= number < len(self._lanes):
            return None
        lane, scale, top = self._lanes[number], self.scale(), self._top(number)
        found = [
            item
            for at, item in self._shown(lane)
            if around(box_of(item, scale, top, is_lower=at in lane.lower), px(3)).contains(place)
        ]
        return found[-1] if found else None

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Choose a break, and pick it up."""
        if event is not None:
            item = self.item_at(event.position())
            self._choose(item)
            is_left = event.button() is Qt.MouseButton.LeftButton
            self._pressed = event.position() if item is not None and item.can_move and is_left else None

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Move the break in whole seconds, never into the past."""
        if event is None or self._pressed is None:
            return
        x, from_x, scale = event.position().x(), self._pressed.x(), self.scale()
        if abs(x - from_x) >= px(LEAST_DRAG_PX) or self._carried_s:
            self._carry(scale.moment(x) - scale.moment(from_x))
            self._set_down.stop()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Set the break down."""
        if self._pressed is not None:
            self._pressed = None
            self.set_down()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Edit the break under the mouse, or plan one there."""
        self._pressed = None
        if event is None:
            return
        item, at = self.item_at(event.position()), round(self.scale().moment(event.position().x()))
        number = int((event.position().y() - px(HEAD) + self._scrolled()) // px(ROW))
        if item is not None:
            self.edit_requested.emit(item.break_id)
        elif 0 <= number < len(self._lanes) and at > time.time() and event.position().x() > px(NAMES):
            self.plan_requested.emit(self._lanes[number].stream_id, float(at))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Choose breaks with up and down, move the chosen one with left and right."""
        if event is None or not self._take_key(event):
            super().keyPressEvent(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        key, item = Qt.Key(event.key()), self.current()
        wide = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in ARROWS and item is not None:
            if item.can_move:
                self._carry(self._carried_s + ARROWS[key] * (WIDE_STEP_S if wide else STEP_S))
                self._set_down.start()
        elif key in NEIGHBOURS:
            self._go(NEIGHBOURS[key])
        elif key in PAGES:
            self.window_wanted.emit(self._first + PAGES[key] * self._span_s)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoomed.emit(1 if key == Qt.Key.Key_Minus else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            if self._carried_s:
                self.set_down()
            else:
                self.edit_requested.emit(item.break_id)
        elif key == Qt.Key.Key_Delete and item is not None:
            self.remove_requested.emit(item.break_id)
        elif key == Qt.Key.Key_Escape and self._carried_s:
            self.put_back()
        else:
            return False
        return True

    def _go(self, by: int) -> None:
        """Choose the next break by its time, or the one before; the first to come where none is chosen."""
        items = sorted((item for lane in self._lanes for item in lane.items), key=lambda one: one.begins)
        keys = [item.key for item in items]
        if not items:
            return
        if self._chosen in keys:
            at = keys.index(self._chosen) + by
        else:
            at = bisect_left(items, max(time.time(), self._first), key=lambda item: item.begins)
        self._choose(items[min(max(at, 0), len(items) - 1)])

    def _carry(self, by_s: float) -> None:
        item = self.current()
        if item is not None:
            self._carried_s = max(round(item.begins + by_s), round(time.time()) + 1) - item.begins
            self.chosen.emit(item)
            self.repaint_soon()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Paint other lanes."""
        self.repaint_soon()

    def changeEvent(self, event: QEvent | None) -> None:
        """Paint in the colours of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.repaint_soon()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Set down what was moved by keys."""
        if self._carried_s and self._pressed is None:
            self.set_down()
        super().focusOutEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom with Ctrl; scroll the lanes otherwise."""
        if event is None or not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        self.zoomed.emit(-1 if event.angleDelta().y() > 0 else 1)
        event.accept()

    def event(self, event: QEvent | None) -> bool:
        """Take Escape while a break is moved."""
        if event is not None and event.type() == QEvent.Type.ShortcutOverride and self._carried_s:
            event.accept()
            return True
        return super().event(event)

    def viewportEvent(self, event: QEvent | None) -> bool:
        """Say what is under the mouse."""
        if isinstance(event, QHelpEvent):
            item = self.item_at(QPointF(event.pos()))
            words = "" if item is None else item.words
            QToolTip.showText(event.globalPos(), plain_tooltip(words), self)
            return True
        return super().viewportEvent(event)
