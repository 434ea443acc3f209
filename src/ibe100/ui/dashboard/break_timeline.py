"""Time line with the breaks of all streams: past, running and planned ones, which can be dragged."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ibe100.ui.dashboard.break_spans import BreakSpan, SpanKind, break_spans, planned_spans
from ibe100.ui.dashboard.time_scale import AHEAD_CHOICES_S, BACK_S, TimeScale
from ibe100.ui.dashboard.timeline_keys import ARROWS, CTRL, PLACED, SHIFT, STEPS_S, WORDS, ZOOMS, neighbour
from ibe100.ui.dashboard.timeline_paint import EDGE, HEAD, NAMES, ROW, paint_frame, paint_head, paint_span
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.themes.sizes import on_text_size, px
from ibe100.ui.widgets.timers import repeating, single_shot
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.timecode import format_clock

TOGETHER_MS = 100
REPAINT_MS = 1000
LEAST_DRAG_PX = 4
LEAST_GRIP_PX = 10


@dataclass(slots=True)
class _Drag:
    """Planned break that is being dragged."""

    span: BreakSpan
    line: int
    from_x: float
    moved_s: float = 0.0


class BreakTimeline(QWidget):
    """Emits `moved` (break, moment), `edit_requested` (break), `plan_requested` (stream, moment)."""

    moved = pyqtSignal(int, float)
    edit_requested = pyqtSignal(int)
    plan_requested = pyqtSignal(str, float)

    def __init__(
        self,
        streams: StreamListModel,
        cues: CueListModel,
        schedule: ScheduleModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._streams, self._cues, self._schedule = streams, cues, schedule
        self._ahead_s = AHEAD_CHOICES_S[1]
        self._drag: _Drag | None = None
        self._chosen: int | None = None
        """The planned break that the keys act on."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Break time line: five minutes back, and ahead")
        set_tooltip(self, WORDS)
        streams.rowsInserted.connect(self._resize)
        streams.rowsRemoved.connect(self._resize)
        for signal in (cues.cue_changed, schedule.changed, schedule.conflicts_changed):
            signal.connect(self._update_soon)
        self._soon = single_shot(self, TOGETHER_MS, self.update)
        self._timer = repeating(self, REPAINT_MS, self.update)
        self._timer.start()
        self._resize()

    def _update_soon(self) -> None:
        """Paint once for cues that change together."""
        if not self._soon.isActive():
            self._soon.start()

    def sizeHint(self) -> QSize:
        """One line per stream."""
        return QSize(px(300), px(HEAD) + px(ROW) * max(1, self._streams.rowCount()) + px(EDGE))

    def scale(self) -> TimeScale:
        """The scale as of now."""
        return TimeScale(time.time(), self._ahead_s, px(NAMES) + px(EDGE), self.width() - px(EDGE))

    def spans(self, row: StreamRow, at: float) -> list[BreakSpan]:
        """Spans drawn for a stream."""
        breaks = self._schedule.of_stream(row.stream_id)
        planned = planned_spans(breaks, self._schedule.conflict, at - BACK_S, at + self._ahead_s)
        return [*break_spans(self._cues.of_stream(row.stream_id), row.view.break_ends_at, at), *planned]

    def span_at(self, place: QPointF) -> tuple[int, BreakSpan] | None:
        """Line and span of the planned break under the mouse."""
        line, scale = int((place.y() - px(HEAD)) // px(ROW)), self.scale()
        rows = self._streams.rows()
        if not 0 <= line < len(rows) or place.y() < px(HEAD):
            return None
        for span in reversed(self.spans(rows[line], scale.now)):
            left, right = scale.x(span.begins), scale.x(span.ends)
            slack = max(0.0, (px(LEAST_GRIP_PX) - (right - left)) / 2)
            if span.break_id is not None and left - slack <= place.x() <= right + slack:
                return line, span
        return None

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint frame, streams, breaks, then the head, which stays in sight while the lines are scrolled."""
        scale = self.scale()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rows = self._streams.rows()
        paint_frame(painter, self.rect(), scale, [f"{row.view.number} {row.name}" for row in rows])
        shown = self.rect() if event is None else event.rect()
        first = max(0, (shown.top() - px(HEAD)) // px(ROW))
        for line, row in enumerate(rows[first : max(0, (shown.bottom() - px(HEAD)) // px(ROW) + 1)], first):
            top = px(HEAD) + px(ROW) * line
            spans = sorted(self.spans(row, scale.now), key=lambda span: span.begins)
            for place, span in enumerate(spans):
                is_held = self._drag is not None and span == self._drag.span
                if span.ends >= scale.begins and span.begins <= scale.ends and not is_held:
                    is_chosen = (
                        self.hasFocus() and span.break_id is not None and span.break_id == self._chosen
                    )
                    later = spans[place + 1 :]
                    free_until = scale.x(later[0].begins) if later else scale.right
                    paint_span(painter, scale, span, top, free_until=free_until, ringed=is_chosen)
        paint_head(painter, self.rect(), scale, self.visibleRegion().boundingRect().top())
        if self._drag is not None:
            held, by = self._drag.span, self._drag.moved_s
            held_now = BreakSpan(
                0, SpanKind.PLANNED, held.begins + by, held.ends + by, format_clock(held.begins + by)
            )
            paint_span(painter, scale, held_now, px(HEAD) + px(ROW) * self._drag.line, free_until=math.inf)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Pick up a planned break."""
        found = None if event is None else self.span_at(event.position())
        if found is not None:
            self._chosen = found[1].break_id
        if event is not None and event.button() is Qt.MouseButton.LeftButton and found and found[1].can_move:
            self._drag = _Drag(found[1], found[0], event.position().x())
            self.grabKeyboard()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag the break in whole seconds, never into the past."""
        if event is None:
            return
        if self._drag is None:
            found = self.span_at(event.position())
            grip = Qt.CursorShape.SizeHorCursor if found and found[1].can_move else Qt.CursorShape.ArrowCursor
            self.setCursor(grip)
            return
        scale = self.scale()
        self._carry(scale.moment(event.position().x()) - scale.moment(self._drag.from_x))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Drop the break."""
        drag = self._drag
        self._put_back()
        if event is None or drag is None or drag.span.break_id is None:
            return
        if abs(event.position().x() - drag.from_x) >= px(LEAST_DRAG_PX):
            self.moved.emit(drag.span.break_id, drag.span.begins + drag.moved_s)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Edit the break under the mouse, or plan one there."""
        self._put_back()
        if event is None:
            return
        found, rows = self.span_at(event.position()), self._streams.rows()
        line, scale = int((event.position().y() - px(HEAD)) // px(ROW)), self.scale()
        if found is not None and found[1].break_id is not None:
            self.edit_requested.emit(found[1].break_id)
        elif 0 <= line < len(rows) and event.position().x() > scale.x(scale.now):
            self.plan_requested.emit(rows[line].stream_id, float(round(scale.moment(event.position().x()))))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Choose and move breaks with the arrows; Enter drops or edits, Escape cancels the move."""
        if event is None or not self._take_key(Qt.Key(event.key()), event.modifiers()):
            super().keyPressEvent(event)

    def _take_key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        step_s = STEPS_S.get(modifiers & (SHIFT | CTRL))
        if key in ARROWS and step_s is not None:
            self._nudge(ARROWS[key] * step_s)
        elif key in ARROWS:
            self._put_back()
            found = neighbour(self._planned(), self._chosen, ARROWS[key])
            self._chosen = None if found is None else found[1].break_id
        elif key in ZOOMS:
            self.zoom(ZOOMS[key])
        elif key in PLACED and self._drag is not None:
            held = self._drag
            self._put_back()
            if held.span.break_id is not None:
                self.moved.emit(held.span.break_id, held.span.begins + held.moved_s)
        elif key in PLACED and self._chosen is not None:
            self.edit_requested.emit(self._chosen)
        elif key == Qt.Key.Key_Escape and self._drag is not None:
            self._put_back()
        else:
            return False
        self.update()
        return True

    def _planned(self) -> list[tuple[int, BreakSpan]]:
        """Line and span of every planned break in sight."""
        at = time.time()
        spans = (
            (line, span) for line, row in enumerate(self._streams.rows()) for span in self.spans(row, at)
        )
        return [found for found in spans if found[1].break_id is not None]

    def _nudge(self, by_s: float) -> None:
        """Move the chosen break by keys; it stays planned as it was until Enter."""
        if self._drag is None:
            found = next((one for one in self._planned() if one[1].break_id == self._chosen), None)
            if found is None or not found[1].can_move:
                return
            self._drag = _Drag(found[1], found[0], self.scale().x(found[1].begins))
        self._carry(self._drag.moved_s + by_s)

    def _carry(self, by_s: float) -> None:
        """Move by whole seconds, never into the past."""
        if self._drag is not None:
            begins = self._drag.span.begins
            self._drag.moved_s = max(round(begins + by_s), round(time.time()) + 1) - begins
            self.update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Cancel a move by keys."""
        self._put_back()
        super().focusOutEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom with Ctrl."""
        if event is None or event.modifiers() != Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        self.zoom(-1 if event.angleDelta().y() > 0 else 1)
        event.accept()

    def zoom(self, steps: int) -> None:
        """Show more of the time ahead (positive), or less."""
        at = AHEAD_CHOICES_S.index(self._ahead_s) + steps
        self._ahead_s = AHEAD_CHOICES_S[min(max(at, 0), len(AHEAD_CHOICES_S) - 1)]
        self.update()

    def event(self, event: QEvent | None) -> bool:
        """Show what is under the mouse as a tooltip; take Escape while a break is moved."""
        if event is not None and event.type() == QEvent.Type.ShortcutOverride and self._drag is not None:
            event.accept()
            return True
        if event is not None and event.type() == QEvent.Type.ToolTip:
            place = self.mapFromGlobal(self.cursor().pos())
            found = self.span_at(QPointF(place))
            one = (
                None if found is None or found[1].break_id is None else self._schedule.get(found[1].break_id)
            )
            if found is not None and one is not None:
                words = f"{one.title} · {format_clock(found[1].begins)} UTC · {one.duration_s:g} s"
                QToolTip.showText(
                    self.cursor().pos(), "\n".join([words, self._schedule.conflict(one.break_id)]).strip()
                )
                return True
        return super().event(event)

    def _put_back(self) -> None:
        if self._drag is not None:
            self._drag = None
            self.releaseKeyboard()
            self.update()

    def _resize(self) -> None:
        on_text_size(self, lambda line: line.setFixedHeight(line.sizeHint().height()))
        self.update()
