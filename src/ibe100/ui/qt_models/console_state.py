"""State of the console: Qt models fed by the event bridge."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.messages import CueSeen, StreamLogged
from ibe100.ui.event_bridge import EventBridge, Snapshot
from ibe100.ui.qt_models.alarm_table import AlarmTableModel
from ibe100.ui.qt_models.confidence_model import ConfidenceModel
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.log_table import MOST_LINES, LogTableModel
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.shortcomings import shortcomings
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.utils.units import format_pid

LOG_BATCH_MS = 100
ALARM_BATCH_MS = 50
ALARM_AGE_MS = 1000
STREAM_AGE_MS = 100


class ConsoleState(QObject):
    """Streams, cues, alarms, planned breaks, log lines; changed by facts and samples, never by a click."""

    is_known = pyqtSignal()

    def __init__(self, bridge: EventBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.streams = StreamListModel(self)
        self.cues = CueListModel(self)
        self.alarms = AlarmTableModel(self, self.streams.number)
        self.log = LogTableModel(self)
        self.schedule = ScheduleModel(self)
        self.confidence = ConfidenceModel(self)
        self._machine: MachineHealth | None = None
        self._lines: list[StreamLogged] = []
        bridge.connected.connect(self._take_over)
        bridge.stream_changed.connect(self.streams.put)
        bridge.stream_removed.connect(self.streams.remove)
        bridge.telemetry_measured.connect(self.streams.measure)
        bridge.stream_removed.connect(self.confidence.forget)
        bridge.picture_taken.connect(self.confidence.take_picture)
        bridge.levels_measured.connect(self.confidence.take_levels)
        bridge.preview_changed.connect(self.confidence.take_preview)
        bridge.cue_changed.connect(self.cues.put)
        bridge.return_receipt_changed.connect(self.cues.put_return)
        bridge.alarm_changed.connect(self._alarm_changed)
        bridge.schedule_changed.connect(self.schedule.take)
        bridge.stream_logged.connect(self._logged)
        bridge.cue_seen.connect(self._cue_seen)
        bridge.machine_measured.connect(self._measured)
        self._log_timer = QTimer(self)
        self._log_timer.setInterval(LOG_BATCH_MS)
        self._log_timer.setSingleShot(True)
        self._log_timer.timeout.connect(self._write_lines)
        self._alarms: dict[int, Alarm] = {}
        self._alarm_timer = QTimer(self)
        self._alarm_timer.setInterval(ALARM_BATCH_MS)
        self._alarm_timer.setSingleShot(True)
        self._alarm_timer.timeout.connect(self._show_alarms)
        for interval_ms, grow_older in (
            (ALARM_AGE_MS, self.alarms.refresh_ages),
            (STREAM_AGE_MS, self.streams.refresh_aged),
        ):
            timer = QTimer(self)
            timer.timeout.connect(grow_older)
            timer.start(interval_ms)

    def shortcomings(self) -> tuple[str, ...]:
        """List what is not as it should be, though no alarm says so."""
        return shortcomings(self.streams.rows(), self.alarms.hidden_alarms(), self._machine)

    def _measured(self, health: MachineHealth) -> None:
        self._machine = health

    def _take_over(self, snapshot: Snapshot) -> None:
        self.streams.replace_all(snapshot.streams)
        self.alarms.replace_all(snapshot.alarms)
        for receipt in reversed(snapshot.return_receipts):
            self.cues.put_return(receipt)
        self.cues.put_all(snapshot.cues)
        self.schedule.replace_all(snapshot.breaks)
        for preview in snapshot.previews:
            self.confidence.take_preview(preview)
        self.streams.set_severity(self.alarms.severities())
        self.is_known.emit()

    def _alarm_changed(self, alarm: Alarm) -> None:
        """Show the first change at once, and those that follow within a moment together."""
        self._alarms[alarm.alarm_id] = alarm
        if not self._alarm_timer.isActive():
            self._show_alarms()
            self._alarm_timer.start()

    def _show_alarms(self) -> None:
        alarms, self._alarms = self._alarms, {}
        if not alarms:
            return
        self.alarms.put_all(alarms.values())
        self.streams.set_severity(self.alarms.severities())

    def _logged(self, line: StreamLogged) -> None:
        self._lines.append(line)
        if len(self._lines) >= MOST_LINES:
            self._write_lines()
        elif not self._log_timer.isActive():
            self._log_timer.start()

    def _cue_seen(self, seen: CueSeen) -> None:
        whose = "ours" if seen.ours else "not ours"
        text = f"SCTE-35 on the output, {whose}, PID {format_pid(seen.splice_pid)}: {seen.section_base64}"
        self._logged(StreamLogged(stream_id=seen.stream_id, at=seen.at, level="info", text=text))

    def _write_lines(self) -> None:
        lines, self._lines = self._lines, []
        if lines:
            self.log.append(lines)
