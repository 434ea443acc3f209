"""Open alarms as a Qt table, the most severe and newest first."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from ibe100.models.alarm import Alarm, AlarmState, Severity
from ibe100.ui.formats import now, span_text, utc_text

ALARM_ROLE = int(Qt.ItemDataRole.UserRole) + 1
MACHINE = "console"
PRIORITY_COLUMN, FOR_COLUMN, STATE_COLUMN = 0, 2, 7
AWAITING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.CLEARED_UNACKNOWLEDGED})
STATE_WORDS = {
    AlarmState.UNACKNOWLEDGED: "UNACK",
    AlarmState.ACKNOWLEDGED: "acknowledged",
    AlarmState.CLEARED_UNACKNOWLEDGED: "cleared, unack",
    AlarmState.CLOSED: "closed",
}
SEVERITY_WORDS = {Severity.CRITICAL: "critical", Severity.MAJOR: "major", Severity.MINOR: "minor"}


def lasted(alarm: Alarm) -> str:
    """How long the condition has stood, or stood until it cleared."""
    return span_text((alarm.cleared_at or now()) - alarm.raised_at)


def state_words(alarm: Alarm) -> str:
    """The state, and by whom it was acknowledged."""
    if alarm.state is AlarmState.ACKNOWLEDGED and alarm.acknowledged_by:
        return f"ack {alarm.acknowledged_by} {utc_text(alarm.acknowledged_at)[:5]}"
    return STATE_WORDS[alarm.state]


COLUMNS: tuple[tuple[str, Callable[[Alarm], str]], ...] = (
    ("P", lambda alarm: ""),
    ("Raised (UTC)", lambda alarm: utc_text(alarm.raised_at)),
    ("For", lasted),
    ("Stream", lambda alarm: alarm.stream_name or MACHINE),
    ("Condition", lambda alarm: alarm.title),
    ("Value", lambda alarm: alarm.value or "–"),
    ("What to do", lambda alarm: alarm.what_to_do),
    ("State", state_words),
)


def _is_for_the_list(alarm: Alarm) -> bool:
    """An alarm that its root cause explains comes back by itself if it outlives that."""
    return alarm.state is not AlarmState.CLOSED and alarm.is_shown


class AlarmTableModel(QAbstractTableModel):
    """Every alarm that is not closed, shelved or explained by another."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._alarms: list[Alarm] = []

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of open alarms."""
        return 0 if parent.isValid() else len(self._alarms)

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
        """Text of a cell; the alarm itself under ALARM_ROLE."""
        if not 0 <= index.row() < len(self._alarms):
            return None
        alarm = self._alarms[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return COLUMNS[index.column()][1](alarm)
            case Qt.ItemDataRole.ToolTipRole:
                return COLUMNS[index.column()][1](alarm) or None
            case Qt.ItemDataRole.AccessibleTextRole:
                if index.column() == PRIORITY_COLUMN:
                    return f"priority {int(alarm.severity)}, {SEVERITY_WORDS[alarm.severity]}"
                return COLUMNS[index.column()][1](alarm)
            case _ if role == ALARM_ROLE:
                return alarm
        return None

    def alarms(self) -> tuple[Alarm, ...]:
        """All open alarms in order."""
        return tuple(self._alarms)

    def replace_all(self, alarms: Iterable[Alarm]) -> None:
        """The open alarms as of now."""
        wanted = tuple(alarms)
        kept = {alarm.alarm_id for alarm in wanted}
        for alarm in self.alarms():
            if alarm.alarm_id not in kept:
                self.put(alarm.model_copy(update={"state": AlarmState.CLOSED}))
        for alarm in wanted:
            self.put(alarm)

    def put(self, alarm: Alarm) -> None:
        """Add an alarm, bring it up to date, or drop it once it is closed, shelved or explained."""
        at = next((i for i, known in enumerate(self._alarms) if known.alarm_id == alarm.alarm_id), None)
        if at is not None and _rank(self._alarms[at]) == _rank(alarm) and _is_for_the_list(alarm):
            self._alarms[at] = alarm
            self.dataChanged.emit(self.index(at, 0), self.index(at, len(COLUMNS) - 1))
            return
        if at is not None:
            self.beginRemoveRows(QModelIndex(), at, at)
            del self._alarms[at]
            self.endRemoveRows()
        if _is_for_the_list(alarm):
            place = bisect_left([_rank(known) for known in self._alarms], _rank(alarm))
            self.beginInsertRows(QModelIndex(), place, place)
            self._alarms.insert(place, alarm)
            self.endInsertRows()

    def refresh_ages(self) -> None:
        """Repaint the running times."""
        if self._alarms:
            self.dataChanged.emit(
                self.index(0, FOR_COLUMN), self.index(len(self._alarms) - 1, FOR_COLUMN), [0]
            )

    def severities(self) -> dict[str, Severity]:
        """The worst condition that still stands, by stream."""
        worst: dict[str, Severity] = {}
        for alarm in self._alarms:
            if alarm.state is not AlarmState.CLEARED_UNACKNOWLEDGED:
                worst.setdefault(alarm.stream_id, alarm.severity)
        return worst

    def next_to_acknowledge(self) -> Alarm | None:
        """The first alarm that waits for the operator."""
        return next((alarm for alarm in self._alarms if alarm.state in AWAITING), None)

    def counts(self) -> dict[Severity, int]:
        """Open alarms by severity."""
        return {severity: sum(alarm.severity is severity for alarm in self._alarms) for severity in Severity}

    def awaiting_count(self) -> int:
        """Alarms that wait for the operator."""
        return sum(alarm.state in AWAITING for alarm in self._alarms)

    def flashes(self) -> bool:
        """An unacknowledged priority 1 is open: the only thing in the window that flashes."""
        return any(
            alarm.severity is Severity.CRITICAL and alarm.state is AlarmState.UNACKNOWLEDGED
            for alarm in self._alarms
        )


def _rank(alarm: Alarm) -> tuple[int, bool, float, int]:
    """Most severe first; what still stands before what has cleared; then the newest."""
    return (int(alarm.severity), alarm.cleared_at is not None, -alarm.raised_at, alarm.alarm_id)
