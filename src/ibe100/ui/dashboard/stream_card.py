"""Card of the dashboard: one stream at a glance."""

from __future__ import annotations

from PyQt6.QtCore import QPoint, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QApplication, QWidget

from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.ui.dashboard.card_facts import RATE, CardFacts, facts_of
from ibe100.ui.dashboard.card_head import CardHead
from ibe100.ui.dashboard.card_layout import BUTTON_WIDTH, card_places
from ibe100.ui.pictures.preview_pane import PreviewPane
from ibe100.ui.pictures.status_band import StatusBand
from ibe100.ui.pictures.stream_status import StreamStatus
from ibe100.ui.qt_models.card_order import CardSize
from ibe100.ui.qt_models.cue_list import short_receipt
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.sizes import RADIUS, on_text_size, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.error_lamps import ErrorLamps
from ibe100.ui.widgets.fitting import FittingLabel
from ibe100.ui.widgets.labels import set_kind
from ibe100.ui.widgets.run_button import RunButton
from ibe100.ui.words.return_feed import short_return
from ibe100.utils.timecode import format_clock

SELECTED_FRAME = 3
RATE_WIDTH = 80
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class StreamCard(QWidget):
    """Tally, picture, state with its countdown, figures, TR 101 290 lamps and last cue of a stream.

    Its parts stand where `card_places` puts them; nothing is laid out anew when their texts change.
    """

    chosen = pyqtSignal(str)
    dragged = pyqtSignal(str, QPoint)
    """Stream id and position of the pointer in global pixels."""

    def __init__(self, stream_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stream_id = stream_id
        self.is_selected = False
        self._size = CardSize.LARGE
        self._pressed_at: QPoint | None = None
        self._is_dragged = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.head = CardHead(self)
        self.pane = PreviewPane(self)
        self.pane.is_left_aligned = True
        self.facts = CardFacts(self)
        self.band = StatusBand(self)
        self.lamps = ErrorLamps(self)
        self.last = FittingLabel("muted", self)
        self.last.setAlignment(RIGHT)
        self.rate = FittingLabel("strong", self)
        self.rate.setAlignment(RIGHT)
        self.run_button = RunButton(self)
        on_text_size(self, StreamCard._place)

    @property
    def size_class(self) -> CardSize:
        """Size by which its parts are chosen."""
        return self._size

    def set_size_class(self, size: CardSize) -> None:
        """Choose the parts that the card shows."""
        if size is not self._size:
            self._size = size
            self._place()

    def show_row(
        self,
        row: StreamRow,
        status: StreamStatus,
        errors: dict[int, int | None],
        cue: Cue | None,
        came_back: ReturnReceipt | None = None,
    ) -> None:
        """Show the stream as of now; `came_back` is what the return feed says of `cue`, its newest."""
        self.head.show_row(row)
        self.band.show_status(status)
        if self._size is CardSize.COMPACT:
            figure = facts_of(row)[0].figure
            self.rate.show_wordings(f"{figure} {RATE}", figure)
        else:
            self.facts.show_row(row)
            self.last.show_wordings(*_last_wordings(cue, came_back))
            set_kind(self.last, _last_kind(cue, came_back))
        self.lamps.show_sums(errors)
        self.run_button.show_stream(row.view)
        self.setAccessibleName(f"Stream {row.view.number} {row.name}, {row.state_words}")

    def set_selected(self, selected: bool) -> None:
        """Draw the frame of the selected stream."""
        if self.is_selected != selected:
            self.is_selected = selected
            self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put the parts where they stand at this size."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        is_compact = self._size is CardSize.COMPACT
        places = card_places(self._size, self.width(), self.height())
        self.head.has_route, self.head.is_large = not is_compact, self._size is CardSize.LARGE
        self.head.setGeometry(places.head)
        self.pane.setGeometry(places.pane)
        self.band.setGeometry(places.band)
        self.facts.setVisible(places.facts is not None)
        if places.facts is not None:
            self.facts.is_beside = places.is_beside
            self.facts.setGeometry(places.facts)
        self.lamps.is_short = is_compact
        self.rate.setVisible(is_compact)
        self.last.setVisible(not is_compact)
        self.run_button.setVisible(places.has_button)
        foot, gap = places.foot, px(8)
        right = foot.right() + 1
        if places.has_button:
            right -= px(BUTTON_WIDTH)
            self.run_button.setGeometry(right, foot.top(), px(BUTTON_WIDTH), foot.height())
            right -= gap
        lamps = self.lamps.sizeHint().width()
        if is_compact:
            rate = min(px(RATE_WIDTH), max(0, right - foot.left()) * 6 // 10)
            self.rate.setGeometry(right - rate, foot.top(), rate, foot.height())
            self.lamps.setGeometry(foot.left(), foot.top(), right - rate - gap - foot.left(), foot.height())
        else:
            self.lamps.setGeometry(foot.left(), foot.top(), lamps, foot.height())
            left = foot.left() + lamps + gap
            self.last.setGeometry(left, foot.top(), max(0, right - left), foot.height())
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the card; of the selected one the frame, and the head tinted."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = px(SELECTED_FRAME) if self.is_selected else 1
        box = QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2)
        path = QPainterPath()
        path.addRoundedRect(box, px(RADIUS), px(RADIUS))
        painter.fillPath(path, shade(Colour.CARD))
        if self.is_selected:
            tint = QRectF(0, 0, self.width(), self.head.geometry().bottom() + px(3))
            painter.setClipRect(tint)
            painter.fillPath(path, shade(Colour.SELECTION))
            painter.setClipping(False)
        painter.setPen(QPen(shade(Colour.CHOSEN if self.is_selected else Colour.BORDER), width))
        painter.drawPath(path)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Select the stream."""
        self._pressed_at = None if event is None else event.globalPosition().toPoint()
        self.chosen.emit(self.stream_id)
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag the card once it is moved far enough."""
        if event is not None and self._pressed_at is not None:
            at = event.globalPosition().toPoint()
            if (
                self._is_dragged
                or (at - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
            ):
                self._is_dragged = True
                self.dragged.emit(self.stream_id, at)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Drop the card."""
        self._pressed_at, self._is_dragged = None, False
        super().mouseReleaseEvent(event)


def _last_kind(cue: Cue | None, came_back: ReturnReceipt | None) -> str:
    if cue is not None and cue.state in (CueState.FAILED, CueState.AIRED_LATE):
        return "strong"
    return "problem" if came_back is not None and came_back.state.is_fault else "muted"


def _last_wordings(cue: Cue | None, came_back: ReturnReceipt | None) -> tuple[str, ...]:
    """Receipt of the last cue, the longest wording first."""
    if cue is None:
        return "no cue yet", ""
    back = short_return(came_back)
    receipt = short_receipt(cue)
    whole = " · ".join(filter(None, (f"{format_clock(cue.requested_at)} {cue.action}", receipt, back)))
    short = " · ".join(filter(None, (receipt, back)))
    return whole, short, back or receipt, ""
