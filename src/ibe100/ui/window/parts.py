"""Parts of the console's window: models, panels, pages, docks, controllers."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import QMainWindow

from ibe100.models.console import Seat
from ibe100.models.scte35_marker import CueAction
from ibe100.models.settings.sound import SoundPlan
from ibe100.ui.access.permissions import Permissions
from ibe100.ui.access.sign_in import SignIn
from ibe100.ui.actions.actions import Actions
from ibe100.ui.actions.application_events import ApplicationEvents
from ibe100.ui.actions.cue_keys import CueKeys
from ibe100.ui.actions.focus_return import FocusReturn
from ibe100.ui.actions.typed_ahead import TypedAhead
from ibe100.ui.actions.typing_keys import TypingKeys
from ibe100.ui.actions.wheel_guard import WheelGuard
from ibe100.ui.alarms.alarm_panel import AlarmPanel
from ibe100.ui.alarms.alarm_sound import AlarmSound
from ibe100.ui.cues.countdown_bars import ESC, SHIFT_ESC
from ibe100.ui.cues.cue_panel import CuePanel
from ibe100.ui.dashboard.break_timeline import BreakTimeline
from ibe100.ui.dashboard.dashboard import Dashboard, scrolled
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.monitoring.monitoring import MonitoringPanel
from ibe100.ui.pictures.listen_bar import ListenBar
from ibe100.ui.pictures.listening import Listening
from ibe100.ui.pictures.preview_demand import PreviewDemand
from ibe100.ui.pictures.sound_output import SoundOutput
from ibe100.ui.qt_models.card_order import CardOrder
from ibe100.ui.qt_models.console_state import ConsoleState
from ibe100.ui.qt_models.link_model import LinkModel
from ibe100.ui.qt_models.seat_model import SeatModel
from ibe100.ui.qt_models.shortcomings import NOT_UP
from ibe100.ui.qt_models.undo_stack import UndoStack
from ibe100.ui.records.as_run_page import AsRunPage
from ibe100.ui.records.cue_log_page import CueLogPage
from ibe100.ui.records.history_page import HistoryPage
from ibe100.ui.schedule.schedule_controller import ScheduleController
from ibe100.ui.schedule.schedule_page import SchedulePage
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.streams.stream_controller import StreamController
from ibe100.ui.streams.stream_panel import StreamPanel
from ibe100.ui.themes.appearance import APPEARANCE_FILE, AppearanceController
from ibe100.ui.widgets.choices import describe_choice, widen_list
from ibe100.ui.window.closing import Closing
from ibe100.ui.window.docks import ConsoleDocks
from ibe100.ui.window.first_run import FirstRunPage, StartingPage, StartPages
from ibe100.ui.window.layout_controller import LayoutController
from ibe100.ui.window.link_banner import TopArea
from ibe100.ui.window.multiview_controller import MultiviewController
from ibe100.ui.window.notice_bar import NoticeBar
from ibe100.ui.window.profile_controller import ProfileController
from ibe100.ui.window.status_bar import ConsoleStatusBar
from ibe100.ui.window.table_columns import COLUMNS_FILE, TableColumns
from ibe100.ui.window.top_bar import TopBar


class Parts:
    """Builds every part as a child of `window`; `wiring` connects them."""

    def __init__(
        self,
        window: QMainWindow,
        client: ServiceClient,
        bridge: EventBridge,
        *,
        subtitle: str,
        layout_file: Path | None,
    ) -> None:
        self.client, self.bridge = client, bridge
        self.events = ApplicationEvents(window)
        # Before there is a widget that the wheel could change.
        self.wheel_guard = WheelGuard(self.events)
        self.state = state = ConsoleState(bridge, window)
        self.card_order = CardOrder(state.streams, window)
        self.actions = Actions(window)
        self.seat = SeatModel(
            lambda: client.read(lambda s: s.console.seat(), Seat()),
            lambda act, stream_id: client.read(lambda s: s.console.refusal(act, stream_id), ""),
            window,
        )
        self.links = LinkModel(lambda: client.read(lambda s: s.links(), ()), window)
        self._build_panels(subtitle)
        self._build_pages()
        self.docks = ConsoleDocks(window, self.alarm_panel.height_in)
        self._add_docks()
        self._guard_input(window)
        self.undo = UndoStack(window)
        self.stream_controller = StreamController(window, state.streams, client)
        self.profile_controller = ProfileController(window, client, self.typed_ahead)
        self.schedule_controller = ScheduleController(window, state.streams, state.schedule, client)
        self.multiview_controller = MultiviewController(
            window, state, self.card_order, client, self.cue_panel
        )
        self.layout_controller = LayoutController(
            window, self.docks, self.card_order, self.stream_panel, layout_file
        )
        look = None if layout_file is None else layout_file.with_name(APPEARANCE_FILE)
        self.appearance = AppearanceController(window, look)
        self.listening = Listening(client, SoundOutput(window), window)
        self.listen_bar = ListenBar(self.listening, state.streams.words)
        self.status.addPermanentWidget(self.listen_bar)
        columns = None if layout_file is None else layout_file.with_name(COLUMNS_FILE)
        self.table_columns = TableColumns(window, columns)
        self.sound = AlarmSound(
            state.alarms,
            lambda: client.read(lambda s: s.settings.sound(), SoundPlan()),
            window,
        )
        self.closing = Closing(window, state.streams, client, self.links)
        self.permissions = Permissions(window, self.seat, self.actions.set_refusals)
        self._preview_demand = PreviewDemand(client, "dashboard", self.dashboard.in_sight, window)

    def _guard_input(self, window: QMainWindow) -> None:
        """Take keys, wheel and focus where they would be in the way of a cue; the keys of cues come first."""
        pressed = {
            Qt.Key.Key_F7: self.cue_panel.planned.fire_step,
            Qt.Key.Key_F9: lambda: self.cue_panel.fire(CueAction.TO_BREAK),
            Qt.Key.Key_F10: lambda: self.cue_panel.fire(CueAction.BACK_TO_PROGRAMME),
        }
        panel = self.cue_panel
        self.cue_keys = CueKeys(
            self.events, pressed, panel.buttons.take_key, panel.disarm, panel.say_still_armed
        )
        self.typed_ahead = TypedAhead(self.events)
        for on_show in (widen_list, describe_choice):
            self.events.take(on_show, QEvent.Type.Show)
        self.typing_keys = typing = TypingKeys(self.events, window)
        panel.status.disarm.key_now = lambda: SHIFT_ESC if typing.takes_escape() else ESC
        self.focus = FocusReturn(self.events, window, self.stream_panel.list, self.docks.is_in_sight)

    def _build_panels(self, subtitle: str) -> None:
        state, client = self.state, self.client
        self.top_bar = TopBar(state.streams, subtitle)
        self.top_area = TopArea(self.top_bar, self.links)
        self.notices = NoticeBar()
        self.status = ConsoleStatusBar(state.streams, self.notices)
        self.stream_panel = StreamPanel(state.streams)
        self.cue_panel = CuePanel(state.streams, state.cues, state.schedule, client)
        self.sign_in = SignIn(self.seat, state, self.cue_panel, client)
        self.timeline = BreakTimeline(state.streams, state.cues, state.schedule)
        self.alarm_panel = AlarmPanel(
            state.alarms,
            lambda: client.read(lambda s: s.alarms.rate(), 0),
            lambda: state.shortcomings() if client.is_bound else NOT_UP,
            scrolled(self.timeline, "Break time line"),
        )

    def _build_pages(self) -> None:
        state, client = self.state, self.client
        self.starting = StartingPage()
        self.first_run = FirstRunPage()
        self.dashboard = Dashboard(
            state.streams, state.cues, state.schedule, state.confidence, self.card_order
        )
        self.start_pages = StartPages(self.starting, self.first_run, self.dashboard)
        self.monitoring = MonitoringPanel(state.streams, state.log, client)
        self.schedule = SchedulePage(state.streams, state.schedule)
        self.cue_log = CueLogPage(state.streams, state.cues, client)
        self.as_run = AsRunPage(client)
        self.history = HistoryPage(client)

    def _add_docks(self) -> None:
        docks = self.docks
        docks.add("streams", "Streams", self.stream_panel)
        docks.add("dashboard", "Dashboard", self.start_pages, page=True)
        docks.add("monitoring", "Monitoring", self.monitoring, page=True)
        docks.add("schedule", "Schedule", self.schedule, page=True)
        docks.add("cue_log", "Cue log", self.cue_log, page=True)
        docks.add("as_run", "As-run", self.as_run, page=True)
        docks.add("history", "History", self.history, page=True)
        docks.add("cues", "SCTE-35 cues", self.sign_in.stack)
        docks.add("alarms", "Alarms", self.alarm_panel)
