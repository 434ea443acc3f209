"""Open alarms as a Qt table, the most severe and newest first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal

from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.ui.qt_models.alarm_groups import AlarmRow, HiddenAlarm, grouped, hidden_alarms
from ibe100.ui.words.tooltips import plain_tooltip
from ibe100.utils.timecode import format_clock, format_span

ALARM_ROLE = int(Qt.ItemDataRole.UserRole) + 1
ROW_ROLE = ALARM_ROLE + 1
MACHINE = "console"
PRIORITY_COLUMN, FOR_COLUMN, STREAM_COLUMN, CONDITION_COLUMN = 0, 2, 3, 4
REMEDY_COLUMN, STATE_COLUMN = 7, 8
AGED = [int(Qt.ItemDataRole.DisplayRole)]
"""Roles that are told to have changed when nothing has but the time."""
AWAITING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.CLEARED_UNACKNOWLEDGED})
STATE_WORDS = {
    AlarmState.UNACKNOWLEDGED: "UNACK",
    AlarmState.ACKNOWLEDGED: "acknowledged",
    AlarmState.CLEARED_UNACKNOWLEDGED: "cleared, unack",
    AlarmState.CLOSED: "closed",
}
SEVERITY_WORDS = {Severity.CRITICAL: "critical", Severity.MAJOR: "major", Severity.MINOR: "minor"}


def lasted(alarm: Alarm) -> str:
    """Time for which the condition has stood, or stood until it cleared."""
    return format_span((alarm.cleared_at or time.time()) - alarm.raised_at)


def state_words(alarm: Alarm) -> str:
    """State of an alarm, and who acknowledged it."""
    if alarm.state is AlarmState.ACKNOWLEDGED and alarm.acknowledged_by:
        return f"ack {alarm.acknowledged_by} {format_clock(alarm.acknowledged_at)[:5]}"
    return STATE_WORDS[alarm.state]


def condition_words(row: AlarmRow) -> str:
    """Title of an alarm; with the number of alarms it explains, or indented below its cause."""
    if row.cause:
        return f"      {row.alarm.title}"
    if not row.followers:
        return row.alarm.title
    return f"{'▾' if row.is_expanded else '▸'} {row.alarm.title}  +{row.followers}"


def what_to_do(row: AlarmRow) -> str:
    """Advice for an alarm; for one that follows from another, its cause."""
    return f"Follows from: {row.cause}" if row.cause else row.alarm.what_to_do


COLUMNS: tuple[tuple[str, Callable[[AlarmRow], str]], ...] = (
    ("P", lambda row: ""),
    ("Raised (UTC)", lambda row: format_clock(row.alarm.raised_at)),
    ("For", lambda row: lasted(row.alarm)),
    ("Stream", lambda row: row.alarm.stream_name or MACHINE),
    ("Condition", condition_words),
    ("Value", lambda row: row.alarm.value or "–"),
    ("What to do", what_to_do),
    ("", lambda row: str(row.remedy or "")),
    ("State", lambda row: "grouped" if row.cause else state_words(row.alarm)),
)


class AlarmTableModel(QAbstractTableModel):
    """Alarms neither closed nor shelved; those that follow from another are below it, once expanded."""

    hidden_changed = pyqtSignal()

    def __init__(
        self, parent: QObject | None = None, number_of: Callable[[str], int | None] = lambda stream_id: None
    ) -> None:
        """`number_of` a stream, by its id; None where it is in no list."""
        super().__init__(parent)
        self.last_cleared: Alarm | None = None
        """The alarm that was closed last since the window has been open."""
        self._number_of = number_of
        self._open: dict[int, Alarm] = {}
        self._expanded: set[int] = set()
        self._rows: list[AlarmRow] = []
        self._hidden: list[HiddenAlarm] = []

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of rows on screen."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Column titles."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][0]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text of a cell; the alarm itself under ALARM_ROLE, its row under ROW_ROLE."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(self._hint(row, index.column())) or None
            case Qt.ItemDataRole.AccessibleTextRole:
                if index.column() == PRIORITY_COLUMN:
                    return f"priority {int(row.alarm.severity)}, {SEVERITY_WORDS[row.alarm.severity]}"
                return self._text(row, index.column())
            case _ if role == ALARM_ROLE:
                return row.alarm
            case _ if role == ROW_ROLE:
                return row
        return None

    def _hint(self, row: AlarmRow, column: int) -> str:
        if column == CONDITION_COLUMN:
            alarm = row.alarm
            cause = f"Likely cause: {alarm.cause}" if alarm.cause else ""
            return "\n".join(filter(None, (alarm.title, alarm.value, cause)))
        return self._text(row, column)

    def _text(self, row: AlarmRow, column: int) -> str:
        return self.stream_words(row.alarm) if column == STREAM_COLUMN else COLUMNS[column][1](row)

    def stream_words(self, alarm: Alarm) -> str:
        """Number and name of the stream of an alarm, or that it is the console itself."""
        number = self._number_of(alarm.stream_id)
        return alarm.stream_name or MACHINE if number is None else f"{number} {alarm.stream_name}"

    def alarms(self) -> tuple[Alarm, ...]:
        """Alarms on screen, in order."""
        return tuple(row.alarm for row in self._rows)

    def hidden_alarms(self) -> tuple[HiddenAlarm, ...]:
        """Alarms that are shelved or follow from another."""
        return tuple(self._hidden)

    def replace_all(self, alarms: Iterable[Alarm]) -> None:
        """Replace all by the open alarms as of now."""
        self._open = {alarm.alarm_id: alarm for alarm in alarms if alarm.state is not AlarmState.CLOSED}
        self._arrange()

    def put(self, alarm: Alarm) -> None:
        """Add an alarm, bring it up to date, or drop it once it is closed."""
        self.put_all((alarm,))

    def put_all(self, alarms: Iterable[Alarm]) -> None:
        """Bring several alarms that changed together up to date."""
        for alarm in alarms:
            self._take(alarm)
        self._arrange()

    def _take(self, alarm: Alarm) -> None:
        if alarm.state is AlarmState.CLOSED:
            self._open.pop(alarm.alarm_id, None)
            self.last_cleared = alarm if alarm.cleared_at is not None else self.last_cleared
            self._expanded.discard(alarm.alarm_id)
        else:
            self._open[alarm.alarm_id] = alarm

    def set_expanded(self, alarm_id: int, expanded: bool) -> None:
        """Show what follows from an alarm, or hide it."""
        (self._expanded.add if expanded else self._expanded.discard)(alarm_id)
        self._arrange()

    def _arrange(self) -> None:
        """Change only the rows that differ, so that selection and scroll position stay."""
        wanted = grouped(self._open.values(), self._expanded)
        ids = {row.alarm.alarm_id for row in wanted}
        for at in reversed(range(len(self._rows))):
            if self._rows[at].alarm.alarm_id not in ids:
                self._take_out(at)
        for at, row in enumerate(wanted):
            self._place(at, row)
        kept = hidden_alarms(self._open.values())
        if kept != self._hidden:
            self._hidden = kept
            self.hidden_changed.emit()

    def _place(self, at: int, row: AlarmRow) -> None:
        later = range(at, len(self._rows))
        old = next((i for i in later if self._rows[i].alarm.alarm_id == row.alarm.alarm_id), None)
        if old == at:
            if self._rows[at] != row:
                self._rows[at] = row
                self.dataChanged.emit(self.index(at, 0), self.index(at, len(COLUMNS) - 1))
            return
        if old is not None:
            self._take_out(old)
        self.beginInsertRows(QModelIndex(), at, at)
        self._rows.insert(at, row)
        self.endInsertRows()

    def _take_out(self, at: int) -> None:
        self.beginRemoveRows(QModelIndex(), at, at)
        del self._rows[at]
        self.endRemoveRows()

    def refresh_ages(self) -> None:
        """Repaint the running times."""
        if self._rows:
            last = self.index(len(self._rows) - 1, FOR_COLUMN)
            self.dataChanged.emit(self.index(0, FOR_COLUMN), last, AGED)

    def _shown(self) -> list[Alarm]:
        return [row.alarm for row in self._rows if not row.cause]

    def severities(self) -> dict[str, Severity]:
        """Severity of the worst condition that still stands, by stream."""
        worst: dict[str, Severity] = {}
        for alarm in self._shown():
            if alarm.state is not AlarmState.CLEARED_UNACKNOWLEDGED:
                worst.setdefault(alarm.stream_id, alarm.severity)
        return worst

    def next_to_acknowledge(self) -> Alarm | None:
        """First alarm that waits for the operator."""
        return next((alarm for alarm in self._shown() if alarm.state in AWAITING), None)

    def counts(self) -> dict[Severity, int]:
        """Open alarms by severity."""
        shown = self._shown()
        return {severity: sum(alarm.severity is severity for alarm in shown) for severity in Severity}

    def awaiting_count(self) -> int:
        """Number of alarms that wait for the operator."""
        return sum(alarm.state in AWAITING for alarm in self._shown())

    def flashes(self) -> bool:
        """True while an unacknowledged priority 1 is open: the only thing in the window that flashes."""
        return any(
            alarm.severity is Severity.CRITICAL and alarm.state is AlarmState.UNACKNOWLEDGED
            for alarm in self._shown()
        )
