"""Streams as a Qt list: one row each, updated in place."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QSortFilterProxyModel, Qt, pyqtSignal

from ibe100.models.alarms.alarm import Severity
from ibe100.models.console import Link
from ibe100.models.messages import StreamView
from ibe100.models.stream_config import describe_input, describe_output
from ibe100.models.stream_state import StreamState, Tally, Telemetry
from ibe100.ui.qt_models.error_latch import ErrorLatch
from ibe100.ui.words.tooltips import plain_tooltip
from ibe100.utils.timecode import format_clock, format_countdown, format_span
from ibe100.utils.units import megabits

ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
HISTORY_SAMPLES = 120
FRESH_S = 3.5
AGED_S = 1.0
AGING_SHARE = 8
FLOWING = frozenset({StreamState.RUNNING, StreamState.STARTING})


@dataclass(slots=True)
class StreamRow:
    """Everything the console knows about one stream; changed on the Qt thread only."""

    view: StreamView
    telemetry: Telemetry | None = None
    measured_at: float = float("-inf")
    """Moment the last sample reached the window (monotonic)."""
    bitrates: deque[int] = field(default_factory=lambda: deque(maxlen=HISTORY_SAMPLES))
    errors: ErrorLatch = field(default_factory=ErrorLatch)
    """TR 101 290 errors of the last seconds, held long enough to be seen."""
    severity: Severity | None = None
    """Severity of the worst open alarm."""
    is_cue_target: bool = False
    """Cues go to it, and it is pinned or is not the selected stream: to be flagged wherever it is shown."""
    shown_at: float = float("-inf")
    """Moment the row was last repainted (monotonic)."""
    known: StreamView | None = None
    """View as its server told it last, while that does not answer; `view` says UNKNOWN then."""
    lost_at: float | None = None
    """Wall clock since when its server does not answer."""

    @property
    def stream_id(self) -> str:
        """The stream's stable id."""
        return self.view.stream_id

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.view.config.name

    @property
    def route(self) -> str:
        """Input and output of the stream."""
        return f"{describe_input(self.view.config.input)} → {describe_output(self.view.config.output)}"

    def fresh(self) -> Telemetry | None:
        """The last sample, unless it is too old to be shown as live."""
        if self.view.state not in FLOWING or time.monotonic() - self.measured_at > FRESH_S:
            return None
        return self.telemetry

    @property
    def tally_words(self) -> str:
        """The tally; NO INPUT with its age."""
        lost_at = self.view.input_lost_at
        if self.view.tally is Tally.UNKNOWN and self.lost_at is not None:
            return f"{self.view.tally} {format_span(time.time() - self.lost_at)}"
        if self.view.tally is Tally.NO_INPUT and lost_at is not None:
            return f"{self.view.tally} {format_span(time.time() - lost_at)}"
        return str(self.view.tally)

    @property
    def state_words(self) -> str:
        """Tally, or the state where that says more, with what is left until its next try."""
        view = self.view
        if view.tally not in (Tally.OFF, Tally.FAULT):
            return self.tally_words
        if view.output_trouble is not None:
            return f"OUTPUT {view.output_trouble.upper()}"
        return " ".join(filter(None, (str(view.state), self.retry_words)))

    @property
    def retry_words(self) -> str:
        """When the next try begins; empty where none is waited for."""
        left_s = (self.view.retry_at or 0.0) - time.time()
        return f"in {format_countdown(left_s)}" if left_s > 0 else ""


class StreamListModel(QAbstractListModel):
    """Streams in the order of their numbers."""

    groups_changed = pyqtSignal()
    """A stream came, went, or was put into another group."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[StreamRow] = []
        self._cue_target_id = ""
        self._lost_link: Callable[[str], Link | None] = lambda _stream_id: None

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of streams."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text for search and screen readers; the row itself under ROW_ROLE."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{row.view.number} {row.name}"
            case Qt.ItemDataRole.AccessibleTextRole:
                group = f", group {row.view.config.group}" if row.view.config.group else ""
                aim = ", cues go here" if row.is_cue_target else ""
                return f"{row.view.number} {row.name}, {row.state_words}, {_rate_words(row)}{aim}{group}"
            case Qt.ItemDataRole.ToolTipRole:
                reason = f"\n{row.view.reason}" if row.view.reason else ""
                return plain_tooltip(f"{row.name}\n{row.route}{reason}")
            case _ if role == ROW_ROLE:
                return row
        return None

    def rows(self) -> tuple[StreamRow, ...]:
        """All rows in order."""
        return tuple(self._rows)

    def row_of(self, stream_id: str) -> StreamRow | None:
        """The row of a stream, None when it is gone."""
        return next((row for row in self._rows if row.stream_id == stream_id), None)

    def row_numbered(self, number: int) -> StreamRow | None:
        """The row by the stream's number."""
        return next((row for row in self._rows if row.view.number == number), None)

    def name(self, stream_id: str) -> str:
        """Name of a stream; its id when it is gone."""
        row = self.row_of(stream_id)
        return stream_id if row is None else row.name

    def number(self, stream_id: str) -> int | None:
        """Number of a stream; None when it is gone."""
        row = self.row_of(stream_id)
        return None if row is None else row.view.number

    def words(self, stream_id: str) -> str:
        """Number and name of a stream."""
        row = self.row_of(stream_id)
        return "stream not in the list" if row is None else f"{row.view.number} {row.name}"

    def replace_all(self, views: Iterable[StreamView]) -> None:
        """Replace all by the list as of now; rows that stay keep their measurements."""
        wanted = {view.stream_id: view for view in views}
        for row in self.rows():
            if row.stream_id not in wanted:
                self.remove(row.stream_id)
        for view in wanted.values():
            self.put(view)

    def set_lost(self, lost_link: Callable[[str], Link | None]) -> None:
        """Show streams as unknown whose server does not answer: `lost_link` gives its link then."""
        self._lost_link = lost_link
        for row in self._rows:
            self.put(row.known or row.view)

    def put(self, view: StreamView) -> None:
        """Add a stream or bring it up to date."""
        link = self._lost_link(view.stream_id)
        known, lost_at = (None, None) if link is None else (view, link.lost_at or time.time())
        self._put(view if link is None else _unknown(view, link), known, lost_at)

    def _put(self, view: StreamView, known: StreamView | None, lost_at: float | None) -> None:
        at = self._position(view.stream_id)
        if at is not None and self._rows[at].view.number == view.number:
            row = self._rows[at]
            if not view.state.is_active:
                row.bitrates.clear()
                row.telemetry = None
                row.errors = ErrorLatch()
            is_moved = row.view.config.group != view.config.group
            row.view, row.known, row.lost_at = view, known, lost_at
            self._changed(at)
            if is_moved:
                self.groups_changed.emit()
            return
        if at is not None:
            self.remove(view.stream_id)
        place = sum(row.view.number < view.number for row in self._rows)
        self.beginInsertRows(QModelIndex(), place, place)
        is_target = view.stream_id == self._cue_target_id
        row = StreamRow(view, is_cue_target=is_target, known=known, lost_at=lost_at)
        self._rows.insert(place, row)
        self.endInsertRows()
        self.groups_changed.emit()

    def remove(self, stream_id: str) -> None:
        """Drop a stream from the list."""
        at = self._position(stream_id)
        if at is not None:
            self.beginRemoveRows(QModelIndex(), at, at)
            del self._rows[at]
            self.endRemoveRows()
            self.groups_changed.emit()

    def measure(self, telemetry: Telemetry) -> None:
        """Take the latest sample of a stream."""
        at = self._position(telemetry.stream_id)
        if at is not None:
            row = self._rows[at]
            if row.telemetry is None or telemetry.monotonic_s != row.telemetry.monotonic_s:
                row.measured_at = time.monotonic()
                row.bitrates.append(telemetry.bitrate_bps)
                row.errors.take(telemetry.counters, row.measured_at)
            row.telemetry = telemetry
            self._changed(at)

    def set_severity(self, severities: dict[str, Severity]) -> None:
        """Mark the streams that have open alarms."""
        for at, row in enumerate(self._rows):
            severity = severities.get(row.stream_id)
            if severity is not row.severity:
                row.severity = severity
                self._changed(at)

    def set_cue_target(self, stream_id: str) -> None:
        """Flag the stream that cues go to; with an empty id none is flagged."""
        self._cue_target_id = stream_id
        for at, row in enumerate(self._rows):
            is_target = row.stream_id == stream_id
            if is_target is not row.is_cue_target:
                row.is_cue_target = is_target
                self._changed(at)

    def refresh_aged(self) -> None:
        """Repaint what depends on the time (age of samples, countdowns) of rows not shown for a second.

        To be called ten times a second: 64 rows at once would hold the main thread for 25 ms.
        """
        oldest = time.monotonic() - AGED_S
        aged = sorted((row.shown_at, at) for at, row in enumerate(self._rows) if row.shown_at <= oldest)
        for _, at in aged[: 1 + len(self._rows) // AGING_SHARE]:
            self._changed(at)

    def _position(self, stream_id: str) -> int | None:
        return next((at for at, row in enumerate(self._rows) if row.stream_id == stream_id), None)

    def _changed(self, at: int) -> None:
        self._rows[at].shown_at = time.monotonic()
        self.dataChanged.emit(self.index(at), self.index(at))


class StreamFilter(QSortFilterProxyModel):
    """Rows whose number, name, state, input or output holds the text, and the selected one.

    That one stays whatever is typed, and whatever its state becomes: Qt would select another in its place,
    and the cues would go there.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._needle = ""
        self._selected_id = ""

    def set_text(self, text: str) -> None:
        """Keep only rows that hold `text`, in any case."""
        self._needle = text.strip().casefold()
        self.invalidate()

    def set_selected(self, stream_id: str) -> None:
        """Keep this stream in the list."""
        if stream_id != self._selected_id:
            self._selected_id = stream_id
            if self._needle:
                self.invalidate()

    @property
    def matches(self) -> int:
        """Number of rows that hold the text."""
        model = self.sourceModel()
        rows = 0 if model is None else model.rowCount()
        return sum(self._holds_text(at) for at in range(rows))

    @property
    def has_text(self) -> bool:
        """True while something is filtered for."""
        return bool(self._needle)

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:
        """True for rows that hold the text, and for the selected one."""
        if self._holds_text(source_row):
            return True
        return self._row(source_row).stream_id == self._selected_id

    def _holds_text(self, source_row: int) -> bool:
        if not self._needle:
            return True
        row = self._row(source_row)
        haystack = f"{row.view.number} {row.name} {row.view.config.group} {row.state_words} {row.route}"
        return self._needle in haystack.casefold()

    def _row(self, source_row: int) -> StreamRow:
        model = self.sourceModel()
        assert model is not None
        row: StreamRow = model.index(source_row, 0).data(ROW_ROLE)
        return row


def _rate_words(row: StreamRow) -> str:
    sample = row.fresh()
    return "no measurement" if sample is None else f"{megabits(sample.bitrate_bps)} Mb/s"


def _unknown(view: StreamView, link: Link) -> StreamView:
    """The view of a stream whose server does not answer: what it was, and nothing that counts on."""
    at = "" if link.known_at is None else f" at {format_clock(link.known_at)}"
    changes = {
        "tally": Tally.UNKNOWN,
        "reason": f"no connection; it was {view.tally}{at}",
        "output_trouble": None,
        **dict.fromkeys(("input_lost_at", "retry_at", "started_at", "break_ends_at", "break_announced_end")),
    }
    return view.model_copy(update=changes)
