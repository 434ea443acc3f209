"""The console's window: docks around the pages, wired to the models and the services."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QResizeEvent
from PyQt6.QtWidgets import QMainWindow, QStackedWidget

from ibe100.models.messages import NoticePosted
from ibe100.ui.alarms.alarm_panel import AlarmPanel
from ibe100.ui.alarms.alarm_rules_view import AlarmRulesView
from ibe100.ui.cues.cue_panel import CuePanel
from ibe100.ui.dashboard.dashboard import Dashboard
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.monitoring.monitoring import MonitoringPanel
from ibe100.ui.pictures.preview_demand import Looking
from ibe100.ui.qt_models.card_order import CardOrder
from ibe100.ui.qt_models.console_state import ConsoleState
from ibe100.ui.records.as_run_page import AsRunPage
from ibe100.ui.records.cue_log_page import CueLogPage
from ibe100.ui.records.history_page import HistoryPage
from ibe100.ui.schedule.schedule_desk import ScheduleDesk
from ibe100.ui.schedule.schedule_page import SchedulePage
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.streams.stream_desk import StreamDesk
from ibe100.ui.streams.stream_panel import StreamPanel
from ibe100.ui.window.actions import Actions
from ibe100.ui.window.closing import Closing
from ibe100.ui.window.command_palette import CommandPalette
from ibe100.ui.window.cue_keys import CueKeys
from ibe100.ui.window.docks import ConsoleDocks
from ibe100.ui.window.first_run import FirstRunPage, StartingPage
from ibe100.ui.window.key_overlay import KeyOverlay
from ibe100.ui.window.layout_desk import LayoutDesk
from ibe100.ui.window.machine_view import MachineView
from ibe100.ui.window.multiview_desk import MultiviewDesk
from ibe100.ui.window.notice_bar import NoticeBar
from ibe100.ui.window.profile_desk import ProfileDesk
from ibe100.ui.window.status_bar import ConsoleStatusBar
from ibe100.ui.window.top_bar import TopBar
from ibe100.ui.window.wiring import (
    connect_alarms,
    connect_commands,
    connect_first_run,
    connect_planning,
    connect_records,
)

DEFAULT_SIZE = QSize(1600, 1000)
LEAST_SIZE = QSize(1180, 680)


class MainWindow(QMainWindow):
    """Shown at once; `services_opened` and `services_failed` tell it how the start went."""

    retry_requested = pyqtSignal()
    closed = pyqtSignal()

    def __init__(
        self,
        client: ServiceClient,
        bridge: EventBridge,
        *,
        title_suffix: str = "",
        layout_file: Path | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle(f"IBE-100 {title_suffix}".strip())
        self.client, self._bridge = client, bridge
        self.state = ConsoleState(bridge, self)
        self.actions_ = Actions(self)
        self.desk = StreamDesk(self, self.state.streams, client)
        self.profiles = ProfileDesk(self, client)
        self.planning = ScheduleDesk(self, self.state.streams, self.state.schedule, client)
        self.top_bar = TopBar(self.state.streams, title_suffix or "operator console")
        self.notices = NoticeBar()
        self.stream_panel = StreamPanel(self.state.streams)
        self.card_order = CardOrder(self.state.streams, self)
        self.dashboard = Dashboard(
            self.state.streams, self.state.cues, self.state.schedule, self.state.confidence, self.card_order
        )
        self._looking = Looking(client, "dashboard", self.dashboard.in_sight, self)
        self.first_run = FirstRunPage()
        self.starting = StartingPage()
        self.monitoring = MonitoringPanel(self.state.streams, self.state.log, client)
        self.history = HistoryPage(client)
        self.cue_log = CueLogPage(self.state.streams, self.state.cues, client)
        self.as_run = AsRunPage(client)
        self.schedule = SchedulePage(self.state.streams, self.state.schedule)
        self.cue_panel = CuePanel(self.state.streams, self.state.cues, self.state.schedule, client)
        self.alarm_panel = AlarmPanel(self.state.alarms, client.alarm_rate)
        self.cue_keys = CueKeys(self, self.cue_panel.buttons.take_key)
        self.multiview = MultiviewDesk(self, self.state, self.card_order, client, self.cue_panel)
        self.pages = QStackedWidget()
        self.docks = ConsoleDocks(self)
        self.layouts = LayoutDesk(self, self.docks, self.card_order, layout_file)
        self.closing = Closing(self, self.state.streams, client)
        self._lay_out()
        self._connect()
        connect_planning(self)
        connect_alarms(self)
        connect_records(self)
        connect_first_run(self)
        connect_commands(self)
        self._set_set_up(False)

    def _lay_out(self) -> None:
        self.setMenuWidget(self.top_bar)
        self.status = ConsoleStatusBar(self.state.streams, self.notices)
        self.setStatusBar(self.status)
        for page in (self.starting, self.first_run, self.dashboard):
            self.pages.addWidget(page)
        self.docks.add("streams", "Streams", self.stream_panel)
        self.docks.add("dashboard", "Dashboard", self.pages, page=True)
        self.docks.add("monitoring", "Monitoring", self.monitoring, page=True)
        self.docks.add("schedule", "Schedule", self.schedule, page=True)
        self.docks.add("cue_log", "Cue log", self.cue_log, page=True)
        self.docks.add("as_run", "As-run", self.as_run, page=True)
        self.docks.add("history", "History", self.history, page=True)
        self.docks.add("cues", "SCTE-35 cues", self.cue_panel)
        self.docks.add("alarms", "Alarms", self.alarm_panel)
        self.setMinimumSize(LEAST_SIZE)
        self.resize(DEFAULT_SIZE)
        self.docks.arrange()
        self.layouts.restore_last()
        self.stream_panel.list.setFocus()

    def _connect(self) -> None:
        streams, client = self.state.streams, self.client
        self.state.is_known.connect(self._state_known)
        streams.rowsInserted.connect(self._choose_page)
        streams.rowsRemoved.connect(self._choose_page)
        streams.rowsInserted.connect(self._select_something)
        self._bridge.notice_posted.connect(self._notice_posted)
        client.refused.connect(lambda what, words: self.notices.post("error", f"{what}: {words}"))
        client.bug.connect(lambda what, words: self.notices.post("error", f"{what}: {words}"))
        for cues in (self.cue_panel, self.cue_keys):
            cues.refused.connect(lambda what, words: self.notices.post("warning", f"{what}: {words}"))
        for panel in (self.stream_panel, self.dashboard):
            panel.start_requested.connect(self.desk.start)
            panel.stop_requested.connect(self.desk.stop)
        self.stream_panel.selected.connect(self._selected)
        self.dashboard.chosen.connect(self.stream_panel.select)
        self.multiview.view.chosen.connect(self.stream_panel.select)
        self.multiview.view.number_chosen.connect(self.select_number)
        self.stream_panel.edit_requested.connect(self.desk.edit)
        self.stream_panel.remove_requested.connect(self.desk.remove)
        self.starting.retry_requested.connect(self.retry_requested)
        self.desk.added.connect(self.stream_panel.select)
        self.layouts.notice.connect(self.notices.post)
        self.profiles.notice.connect(self.notices.post)
        self.monitoring.reset_requested.connect(client.reset_counters)
        self.monitoring.command_wanted.connect(self._ask_command)
        self.desk.notice.connect(lambda level, words, undo: self.notices.post(level, words, undo=undo))
        self.top_bar.set_up_toggled.connect(self._set_set_up)
        self._bridge.input_cue_seen.connect(self.monitoring.input_cues.take)
        self._bridge.machine_measured.connect(self.top_bar.machine.show_health)
        self.top_bar.machine.opened.connect(self.show_machine)
        self.top_bar.palette_requested.connect(self.show_palette)
        self.top_bar.keys_requested.connect(self.show_keys)

    def services_opened(self) -> None:
        """The ports can be used; the snapshot follows."""
        self.status.services.setText("Services: up")
        self.client.engines().done.connect(self._show_engines)

    def services_failed(self, words: str) -> None:
        """Why they did not start, or why they ended."""
        self.status.services.setText("Services: down")
        self.top_bar.engine.setText("services are down")
        self.starting.show_failure(words)
        self.pages.setCurrentWidget(self.starting)
        self.docks.raise_page("dashboard")

    def show_keys(self) -> None:
        """The key overlay."""
        KeyOverlay(self.actions_.keys(), self).show()

    def show_machine(self) -> None:
        """The whole system."""
        names = {row.stream_id: row.name for row in self.state.streams.rows()}
        view = MachineView(lambda stream_id: names.get(stream_id, stream_id), self)
        self._bridge.machine_measured.connect(view.show_health)
        if self.top_bar.machine.health is not None:
            view.show_health(self.top_bar.machine.health)
        view.show()

    def show_alarm_rules(self) -> None:
        """Delays, priorities and thresholds of alarms."""
        names = {row.stream_id: row.name for row in self.state.streams.rows()}
        AlarmRulesView(self.client, names, self).show()

    def show_palette(self) -> None:
        """The command palette."""
        self.actions_.name_streams({row.view.number: row.name for row in self.state.streams.rows()})
        palette = CommandPalette(self.actions_.available(), self)
        palette.show()
        palette.edit.setFocus()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """The pages take what the window gains; the sides keep their sizes."""
        super().resizeEvent(event)
        self.docks.fit()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes through what is in sight: Qt keeps the pages behind the tabs in the chain."""
        began = self.focusWidget()
        while super().focusNextPrevChild(next):
            reached = self.focusWidget()
            if reached is None or reached is began or self.docks.is_in_sight(reached):
                return True
        return False

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Ask what becomes of running streams, then go."""
        if event is None:
            return
        if not self.closing.may_close():
            event.ignore()
            return
        self.multiview.view.hide()
        self.layouts.keep_last()
        event.accept()
        self.closed.emit()

    def _state_known(self) -> None:
        self._choose_page()
        self._select_something()

    def _choose_page(self) -> None:
        if self.client.is_bound:
            is_empty = self.state.streams.rowCount() == 0
            self.pages.setCurrentWidget(self.first_run if is_empty else self.dashboard)
            if is_empty and self.focusWidget() is self.stream_panel.list:
                self.first_run.demo.setFocus()

    def _select_something(self) -> None:
        rows = self.state.streams.rows()
        if self.stream_panel.current() is None and rows:
            self.stream_panel.select(rows[0].stream_id)

    def _selected(self, stream_id: str) -> None:
        self.dashboard.select(stream_id)
        self.cue_panel.select(stream_id)
        self.monitoring.show_stream(stream_id)

    def select_number(self, number: int) -> None:
        """Select a stream by its number."""
        row = self.state.streams.row_numbered(number)
        if row is not None:
            self.stream_panel.select(row.stream_id)

    def selected_id(self) -> str:
        """The selected stream; empty when there is none."""
        row = self.stream_panel.current()
        return "" if row is None else row.stream_id

    def _ask_command(self, stream_id: str) -> None:
        call = self.client.command(stream_id)
        call.done.connect(lambda command: self.monitoring.show_command(stream_id, command))
        call.refused.connect(lambda words: self.monitoring.show_command(stream_id, f"# {words}"))

    def _show_engines(self, engines: tuple[str, ...]) -> None:
        used = engines[0] if engines else "no processor found"
        has_tsduck = any(name.startswith("tsduck") for name in engines)
        words = used if has_tsduck else f"{used} in use; TSDuck is not installed"
        self.top_bar.engine.setText(f"engine: {used}")
        self.status.engines.setText(words)
        self.first_run.engines.setText(f"Processor: {words}.")

    def _notice_posted(self, notice: NoticePosted) -> None:
        row = self.state.streams.row_of(notice.stream_id)
        text = notice.text if row is None or row.name in notice.text else f"{row.name}: {notice.text}"
        self.notices.post(notice.level, text, notice.at)

    def toggle_mode(self) -> None:
        """From Operate to Set-up and back."""
        (self.top_bar.set_up if self.top_bar.operate.isChecked() else self.top_bar.operate).click()

    def _set_set_up(self, set_up: bool) -> None:
        self.docks.set_locked(not set_up)
        self.stream_panel.set_can_edit(set_up)
        self.dashboard.set_can_place(set_up)
        self.actions_.set_set_up(set_up)
