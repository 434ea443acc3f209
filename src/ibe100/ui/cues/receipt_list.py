"""Last receipts of the target: state, action, event id, latency, reason of a failure, and what came back."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from ibe100.models.cues.return_receipt import ReturnFeedView, ReturnReceipt
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.ui.clips.clip_button import ClipButton
from ibe100.ui.qt_models.cue_list import (
    CUE_ROLE,
    RETURN_ROLE,
    CueListModel,
    CuesOfStream,
    receipt_words,
    state_words,
)
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.enterprise_theme import mono, sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import SCALE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.labels import ElidedLabel, label, set_kind
from ibe100.ui.words.return_feed import MARKS as RETURN_MARKS
from ibe100.ui.words.return_feed import feed_words
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import format_event_id

ROW_HEIGHT = 40
RETURN_HEIGHT = 17
"""Height of the line that a return feed adds, in pixels."""
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
STATE_MARKS: dict[CueState, tuple[str, Colour]] = {
    CueState.REQUESTED: ("progress-clock", Colour.TEXT_SECOND),
    CueState.REFUSED: ("cancel", Colour.ALARM_YELLOW_TEXT),
    CueState.ARMED: ("timer-sand", Colour.TALLY_AMBER_TEXT),
    CueState.CANCELLED: ("undo-variant", Colour.TEXT_SECOND),
    CueState.SENT: ("send", Colour.TALLY_AMBER_TEXT),
    CueState.SEEN: ("check-decagram-outline", Colour.TEXT),
    CueState.SPLICED: ("check-decagram", Colour.TEXT),
    CueState.FAILED: ("close-octagon", Colour.ALARM_MAGENTA_TEXT),
    CueState.AIRED_LATE: ("clock-alert", Colour.ALARM_MAGENTA_TEXT),
}


class ReceiptDelegate(QStyledItemDelegate):
    """Row of two lines: cue and time, then receipt; a third where a return feed is watched."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Two lines, and one more for a return feed."""
        return QSize(
            px(200), px(ROW_HEIGHT) + (px(RETURN_HEIGHT) if index.data(RETURN_ROLE) is not None else 0)
        )

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint icon, state, action, event id; receipt below."""
        cue = index.data(CUE_ROLE)
        if painter is None or not isinstance(cue, Cue):
            return
        painter.save()
        box = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, shade(Colour.SELECTION))
        painter.setPen(shade(Colour.BORDER))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        icon_name, colour = STATE_MARKS[cue.state]
        device = painter.device()
        ratio = 1.0 if device is None else device.devicePixelRatioF()
        painter.drawPixmap(
            box.left() + px(7), box.top() + px(5), icon_pixmap(icon_name, colour, px(15), ratio)
        )
        upper = QRect(box.left() + px(28), box.top() + px(2), box.width() - px(34), px(ROW_HEIGHT) // 2 - 1)
        lower = upper.translated(0, px(ROW_HEIGHT) // 2 - px(2))
        painter.setFont(mono(SCALE))
        painter.setPen(shade(Colour.TEXT_SECOND))
        when = format_clock(cue.requested_at)
        event = format_event_id(cue.splice_event_id)
        painter.drawText(upper, RIGHT, event)
        painter.drawText(lower, RIGHT, when)
        metrics = painter.fontMetrics()
        painter.setFont(sans(SCALE, bold=True))
        painter.setPen(shade(colour))
        _elided(
            painter,
            upper.adjusted(0, 0, -metrics.horizontalAdvance(event) - px(8), 0),
            f"{state_words(cue)} {cue.action}",
        )
        painter.setFont(sans(SCALE))
        painter.setPen(
            shade(colour if cue.state in (CueState.FAILED, CueState.AIRED_LATE) else Colour.TEXT_SECOND)
        )
        _elided(
            painter, lower.adjusted(0, 0, -metrics.horizontalAdvance(when) - px(8), 0), receipt_words(cue)
        )
        came_back = index.data(RETURN_ROLE)
        if isinstance(came_back, ReturnReceipt):
            _paint_return(painter, lower.translated(0, px(RETURN_HEIGHT)), came_back, ratio)
        painter.restore()


class ReceiptList(QWidget):
    """List of the receipts of one stream."""

    def __init__(self, cues: CueListModel, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filter = CuesOfStream(self)
        self._filter.setSourceModel(cues)
        self.list = QListView()
        self.list.setModel(self._filter)
        self.list.setItemDelegate(ReceiptDelegate(self.list))
        self.list.setAccessibleName("Last receipts of the target stream")
        scaled(self.list.setMinimumHeight, ROW_HEIGHT)
        self.feed = ElidedLabel("", "muted")
        self.feed.setAccessibleName("Return feed of the target stream")
        self.feed.hide()
        self.empty = label("No cue yet: its receipt appears here, read from the output.", "muted", wrap=True)
        self.clip = ClipButton(client)
        self.clip.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addWidget(self.feed)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.clip)
        selection = self.list.selectionModel()
        assert selection is not None
        selection.currentChanged.connect(self._chosen)
        for signal in (self._filter.rowsInserted, self._filter.rowsRemoved, self._filter.layoutChanged):
            signal.connect(self._count)
        # A receipt that gets its third line is higher from then on.
        cues.return_changed.connect(lambda _: self.list.scheduleDelayedItemsLayout())
        self._count()

    def show_stream(self, stream_id: str) -> None:
        """Show another stream."""
        self._filter.show_stream(stream_id)
        self._count()

    def show_feed(self, feed: ReturnFeedView | None) -> None:
        """Show the state of the stream's return feed; None where it has none."""
        words, kind = feed_words(feed)
        self.feed.setVisible(bool(words))
        self.feed.setText(words)
        set_kind(self.feed, kind)

    def _chosen(self, index: QModelIndex) -> None:
        cue = index.data(CUE_ROLE)
        self.clip.setVisible(isinstance(cue, Cue))
        self.clip.show_cue(cue if isinstance(cue, Cue) else None)

    def _count(self) -> None:
        self.empty.setVisible(self._filter.rowCount() == 0)


def _paint_return(painter: QPainter, room: QRect, receipt: ReturnReceipt, ratio: float) -> None:
    name, colour = RETURN_MARKS[receipt.state]
    painter.drawPixmap(room.left() - px(20), room.top() + px(3), icon_pixmap(name, colour, px(13), ratio))
    painter.setPen(shade(colour if receipt.state.is_fault else Colour.TEXT_SECOND))
    _elided(painter, room, receipt.words)


def _elided(painter: QPainter, room: QRect, text: str) -> None:
    shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
