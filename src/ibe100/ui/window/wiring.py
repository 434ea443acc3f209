"""What actions and pages of the window do: the catalogue, the menus, and who asks whom."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QMenu

from ibe100.models.scte35_marker import CueAction
from ibe100.ui.alarms.notification_view import NotificationView
from ibe100.ui.window.actions import Actions

if TYPE_CHECKING:
    from ibe100.ui.main_window import MainWindow

OPERATOR = "operator"
PROFILE_MENU = ("save_profile", "load_profile", "", "import_profile", "export_profile")
SAVED_LAYOUTS = "Layouts"
VIEW_MENU = (
    "dashboard",
    "multiview",
    "monitoring",
    "schedule",
    "cue_log",
    "as_run",
    "history",
    "",
    SAVED_LAYOUTS,
    "save_layout",
    "delete_layout",
    "reset_layout",
    "",
    "alarm_rules",
    "notifications",
    "machine",
    "",
    "palette",
    "keys",
)


def connect_commands(window: MainWindow) -> None:
    """Give every action its work."""
    window.actions_.connect_all(
        {
            "to_break": lambda: window.cue_panel.fire(CueAction.TO_BREAK),
            "back": lambda: window.cue_panel.fire(CueAction.BACK_TO_PROGRAMME),
            "disarm": window.cue_panel.disarm,
            "cue_choices": window.cue_panel.break_row.take_focus,
            "time_signal": lambda: window.cue_panel.prepare(CueAction.TIME_SIGNAL),
            "send_section": lambda: window.cue_panel.prepare(CueAction.SEND_SECTION),
            "splice_null": lambda: window.cue_panel.prepare(CueAction.SPLICE_NULL),
            "acknowledge": window.alarm_panel.acknowledge,
            "acknowledge_page": window.alarm_panel.acknowledge_page,
            "shelve": window.alarm_panel.shelve,
            "alarm_history": window.alarm_panel.history_requested.emit,
            "pin": window.cue_panel.target.pin.click,
            "run": window.stream_panel.run_button.click,
            "restart": lambda: window.desk.restart(window.selected_id()),
            "filter": window.stream_panel.filter_edit.setFocus,
            "machine": window.show_machine,
            "alarm_rules": window.show_alarm_rules,
            "notifications": lambda: NotificationView(window.client, OPERATOR, window).show(),
            "palette": window.show_palette,
            "keys": window.show_keys,
            "dashboard": lambda: window.docks.raise_page("dashboard"),
            "multiview": window.multiview.toggle,
            "monitoring": lambda: window.docks.raise_page("monitoring"),
            "schedule": lambda: window.docks.raise_page("schedule"),
            "cue_log": lambda: _search_cues(window),
            "as_run": lambda: window.docks.raise_page("as_run"),
            "timeline": lambda: _to_the_time_line(window),
            "plan_break": lambda: window.planning.plan(window.cue_panel.target_id),
            "import_breaks": window.planning.import_file,
            "undo": window.planning.undo,
            "history": lambda: window.docks.raise_page("history"),
            "mode": window.toggle_mode,
            "add": window.desk.add,
            "edit": lambda: window.desk.edit(window.selected_id()),
            "remove": window.stream_panel.remove_button.click,
            "save_profile": window.profiles.save,
            "load_profile": window.profiles.load,
            "import_profile": window.profiles.import_file,
            "export_profile": window.profiles.export,
            "card_back": lambda: window.card_order.shift(window.selected_id(), -1),
            "card_on": lambda: window.card_order.shift(window.selected_id(), 1),
            "choose_layout": window.layouts.choose,
            "save_layout": window.layouts.save,
            "delete_layout": window.layouts.delete,
            "reset_layout": window.layouts.reset,
            "quit": window.close,
        },
        window.select_number,
    )
    _fill(window.top_bar.profiles.menu(), window.actions_, PROFILE_MENU)
    saved = QMenu(SAVED_LAYOUTS, window)
    window.layouts.fill(saved)
    _fill(window.top_bar.view.menu(), window.actions_, VIEW_MENU, {SAVED_LAYOUTS: saved})


def connect_planning(window: MainWindow) -> None:
    """Whatever plans breaks goes to one desk."""
    desk, page = window.planning, window.schedule
    coming, timeline = window.cue_panel.coming, window.dashboard.timeline
    for place in (coming, page):
        place.plan_requested.connect(lambda: desk.plan(window.cue_panel.target_id))
        place.import_requested.connect(desk.import_file)
        place.edit_requested.connect(desk.edit)
    page.remove_requested.connect(desk.remove)
    page.undo_requested.connect(desk.undo)
    timeline.moved.connect(desk.move)
    timeline.edit_requested.connect(desk.edit)
    timeline.plan_requested.connect(desk.plan)
    desk.notice.connect(lambda level, words, undo: window.notices.post(level, words, undo=undo))


def connect_alarms(window: MainWindow) -> None:
    """What is done about an alarm goes to the services; its history is a tab of the history."""
    panel, client = window.alarm_panel, window.client
    rules, button = window.actions_["alarm_rules"], window.monitoring.counters.rules
    button.clicked.connect(rules.trigger)
    rules.enabledChanged.connect(button.setEnabled)
    button.setEnabled(rules.isEnabled())
    panel.acknowledge_requested.connect(lambda alarms: client.acknowledge(alarms, OPERATOR))
    panel.shelve_requested.connect(
        lambda alarm, minutes, reason: client.shelve(alarm, minutes, reason, OPERATOR)
    )
    panel.unshelve_requested.connect(lambda alarm: client.unshelve(alarm, OPERATOR))

    def show_history() -> None:
        window.history.tabs.setCurrentWidget(window.history.alarms)
        window.docks.raise_page("history")

    panel.history_requested.connect(show_history)


def connect_records(window: MainWindow) -> None:
    """History and as-run log are read when their page comes up."""

    def read_history() -> None:
        if window.client.is_bound:
            window.client.history().done.connect(window.history.show_records)

    window.history.wanted.connect(read_history)
    window.docks["history"].visibilityChanged.connect(lambda shown: read_history() if shown else None)
    window.docks["cue_log"].visibilityChanged.connect(
        lambda shown: window.cue_log.come_up() if shown else None
    )
    window.docks["as_run"].visibilityChanged.connect(lambda shown: window.as_run.come_up() if shown else None)
    window.as_run.notice.connect(window.notices.post)
    for plots in (window.monitoring.plots, window.history.sessions.plots):
        plots.notice.connect(window.notices.post)


def _to_the_time_line(window: MainWindow) -> None:
    window.docks.raise_page("dashboard")
    window.dashboard.timeline.setFocus()


def _search_cues(window: MainWindow) -> None:
    window.docks.raise_page("cue_log")
    window.cue_log.search.setFocus()


def connect_first_run(window: MainWindow) -> None:
    """What an empty console offers."""
    window.first_run.demo_requested.connect(window.desk.try_demo)
    window.first_run.add_requested.connect(window.desk.add)
    window.first_run.import_requested.connect(window.profiles.import_file)
    window.desk.adding_demo.connect(window.first_run.set_busy)
    window.stream_panel.add_requested.connect(window.desk.add)


def _fill(
    menu: QMenu | None,
    actions: Actions,
    names: tuple[str, ...],
    menus: Mapping[str, QMenu] = MappingProxyType({}),
) -> None:
    assert menu is not None
    for name in names:
        if name in menus:
            menu.addMenu(menus[name])
        elif name:
            menu.addAction(actions[name])
        else:
            menu.addSeparator()
