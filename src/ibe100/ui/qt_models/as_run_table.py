"""As-run log of a day as a Qt table; ten thousand rows are shown at once."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from ibe100.models.cues.as_run import AsRunRow
from ibe100.models.scte35_marker import CueState, shown_state
from ibe100.ui.themes.enterprise_theme import figures, sans
from ibe100.ui.themes.sizes import SCALE
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.words.return_feed import short_return
from ibe100.ui.words.tooltips import plain_tooltip
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import UNKNOWN, event_id_hint, format_event_id

AS_RUN_ROLE = int(Qt.ItemDataRole.UserRole) + 1
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
STATE_COLOURS = {
    CueState.FAILED: Colour.ALARM_MAGENTA_TEXT,
    CueState.AIRED_LATE: Colour.ALARM_MAGENTA_TEXT,
    CueState.REFUSED: Colour.ALARM_YELLOW_TEXT,
}


def late_text(row: AsRunRow) -> str:
    """Lateness as `+12 ms · 0.3 fr`; early is negative."""
    if row.lateness_ms is None:
        return UNKNOWN
    frames = "" if row.lateness_frames is None else f" · {row.lateness_frames:+.1f} fr"
    return f"{row.lateness_ms:+.0f} ms{frames}"


def _seconds_text(milliseconds: float | None) -> str:
    return UNKNOWN if milliseconds is None else f"{milliseconds / 1000:.2f}"


def _offset_text(offset_ms: float | None) -> str:
    """Distance from the IDR as `+240 ms`; before it is negative."""
    return UNKNOWN if offset_ms is None else f"{offset_ms:+.0f} ms" if round(offset_ms) else "0 ms"


COLUMNS: tuple[tuple[str, Callable[[AsRunRow], str], bool], ...] = (
    ("Due (UTC)", lambda row: format_clock(row.due_at, milliseconds=True), True),
    ("Stream", lambda row: row.stream_name, False),
    ("Action", lambda row: str(row.cue.action), False),
    ("Event", lambda row: format_event_id(row.cue.splice_event_id), True),
    ("State", lambda row: shown_state(row.cue.action, row.cue.state), False),
    ("Scheduled", lambda row: format_clock(row.cue.scheduled_at), True),
    ("Asked", lambda row: format_clock(row.cue.requested_at), True),
    ("Sent", lambda row: format_clock(row.cue.sent_at, milliseconds=True), True),
    ("Seen", lambda row: format_clock(row.cue.seen_at, milliseconds=True), True),
    ("Late", late_text, True),
    ("Pre-roll s", lambda row: _seconds_text(row.cue.pre_roll_ms), True),
    ("From IDR", lambda row: _offset_text(row.cue.idr_offset_ms), True),
    ("Return feed", lambda row: short_return(row.came_back), False),
    ("Reason, receipt", lambda row: row.cue.reason or row.receipt, False),
)
EVENT_COLUMN, STATE_COLUMN, SCHEDULED_COLUMN, LATE_COLUMN, IDR_COLUMN, RETURN_COLUMN = 3, 4, 5, 9, 11, 12
VALUES: dict[int, Callable[[AsRunRow], float | None]] = {
    0: lambda row: row.due_at,
    LATE_COLUMN: lambda row: row.lateness_ms,
    IDR_COLUMN: lambda row: row.cue.idr_offset_ms,
}
"""Numbers by which rows are ordered; other columns are by their words."""


class AsRunTableModel(QAbstractTableModel):
    """Rows of a log that match the text, in their order."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[AsRunRow, ...] = ()
        self._rows: list[AsRunRow] = []
        self._needle = ""

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of rows that match the text."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Column titles, aligned as their columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if COLUMNS[section][2] else LEFT
        return COLUMNS[section][0] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text of a cell; the row itself under AS_RUN_ROLE."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row, (_title, text, is_number) = self._rows[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return text(row)
            case Qt.ItemDataRole.ToolTipRole:
                is_event = index.column() == EVENT_COLUMN
                return plain_tooltip(event_id_hint(row.cue.splice_event_id) if is_event else text(row))
            case Qt.ItemDataRole.EditRole:
                return VALUES[index.column()](row) if index.column() in VALUES else None
            case Qt.ItemDataRole.TextAlignmentRole:
                return RIGHT if is_number else LEFT
            case Qt.ItemDataRole.FontRole:
                return (figures if is_number else sans)(SCALE)
            case Qt.ItemDataRole.ForegroundRole if index.column() == STATE_COLUMN:
                colour = STATE_COLOURS.get(row.cue.state)
                return None if colour is None else shade(colour)
            case _ if role == AS_RUN_ROLE:
                return row
        return None

    def show_rows(self, rows: tuple[AsRunRow, ...]) -> None:
        """Show another log."""
        self._all = rows
        self._choose()

    def show_text(self, text: str) -> None:
        """Keep only rows that hold `text` in one of their cells, in any case."""
        self._needle = text.strip().casefold()
        self._choose()

    def _choose(self) -> None:
        self.beginResetModel()
        self._rows = [row for row in self._all if not self._needle or self._needle in _haystack(row)]
        self.endResetModel()


def _haystack(row: AsRunRow) -> str:
    return " ".join(text(row) for _title, text, _is_number in COLUMNS).casefold()
