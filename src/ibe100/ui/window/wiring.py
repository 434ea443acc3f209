"""Connections between the parts of the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QWidget

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.alarms.remedy import Remedy
from ibe100.models.messages import NoticePosted
from ibe100.ui.actions.actions import NEEDS_SET_UP
from ibe100.ui.widgets.timers import single_shot
from ibe100.ui.window.action_work import connect_actions
from ibe100.ui.window.dialogs import Dialogs
from ibe100.ui.window.menus.bar_menus import fill_menus
from ibe100.ui.window.parts import Parts

if TYPE_CHECKING:
    from ibe100.services.ports import Services


def connect(parts: Parts, dialogs: Dialogs, quit_console: Callable[[], object]) -> None:
    """Connect all parts with each other; the window starts in Operate."""
    _connect_streams(parts)
    _connect_start_pages(parts)
    _connect_top_bar(parts, dialogs)
    _connect_notices(parts)
    _connect_schedule(parts)
    _connect_alarms(parts)
    _connect_monitoring(parts)
    _connect_records(parts)
    _connect_person(parts)
    _connect_links(parts)
    _connect_look_and_sound(parts)
    connect_actions(parts, dialogs, quit_console)
    fill_menus(parts)


def _connect_streams(parts: Parts) -> None:
    panel, controller = parts.stream_panel, parts.stream_controller
    panel.width_changed.connect(parts.docks.fit)
    for place in (panel, parts.dashboard):
        place.start_requested.connect(controller.start)
        place.stop_requested.connect(controller.stop)
    panel.retry_requested.connect(controller.retry)
    panel.add_requested.connect(controller.add)
    panel.edit_requested.connect(controller.edit)
    panel.remove_requested.connect(controller.remove)
    for chosen in (parts.dashboard.chosen, parts.multiview_controller.view.chosen):
        chosen.connect(panel.select)
    controller.added.connect(lambda stream_id: _select_new(parts, stream_id))
    parts.multiview_controller.view.number_chosen.connect(panel.select_number)
    for show in (parts.dashboard.select, parts.cue_panel.select, parts.monitoring.show_stream):
        panel.selected.connect(show)
    panel.selected.connect(parts.listening.select)


def _select_new(parts: Parts, stream_id: str) -> None:
    """Select a stream that is new, unless the keys of a break on air would go to it then."""
    busy = parts.cue_panel.busy_words
    if not busy:
        parts.stream_panel.select(stream_id)
    elif stream_id != parts.stream_panel.selected_id():
        row = parts.state.streams.row_of(stream_id)
        name = "The new stream" if row is None else row.name
        parts.notices.post("info", f"{name} is in the list and not selected: {busy}.")


def _connect_start_pages(parts: Parts) -> None:
    """Let the page in front and the selected stream follow from the list of streams."""
    streams, panel = parts.state.streams, parts.stream_panel
    first_run, controller = parts.first_run, parts.stream_controller

    def choose_page() -> None:
        if parts.client.is_bound:
            are_any = streams.rowCount() > 0
            parts.start_pages.show_streams(are_any=are_any)
            window = panel.window()
            if not are_any and window is not None and window.focusWidget() is panel.list:
                first_run.demo.setFocus()

    def select_first() -> None:
        rows = streams.rows()
        if panel.current() is None and rows:
            panel.select(rows[0].stream_id)

    for changed in (parts.state.is_known, streams.rowsInserted, streams.rowsRemoved):
        changed.connect(choose_page)
    for grown in (parts.state.is_known, streams.rowsInserted):
        grown.connect(select_first)
    first_run.demo_requested.connect(controller.try_demo)
    first_run.add_requested.connect(controller.add)
    first_run.profile_requested.connect(parts.profile_controller.load)
    first_run.import_requested.connect(parts.profile_controller.import_file)
    controller.adding_demo.connect(first_run.set_busy)


def _connect_top_bar(parts: Parts, dialogs: Dialogs) -> None:
    bar = parts.top_bar

    def set_set_up(set_up: bool) -> None:
        parts.docks.set_locked(not set_up)
        parts.stream_panel.set_can_edit(set_up)
        parts.dashboard.set_can_place(set_up)
        parts.actions.set_set_up(set_up)
        if set_up:
            parts.notices.withdraw_reason(NEEDS_SET_UP)

    bar.set_up_toggled.connect(set_set_up)
    set_set_up(False)
    parts.bridge.machine_measured.connect(bar.show_health)
    bar.system.clicked.connect(dialogs.show_machine)
    bar.palette_requested.connect(dialogs.show_palette)
    bar.keys_requested.connect(dialogs.show_keys)


def _connect_notices(parts: Parts) -> None:
    post = parts.notices.post

    def post_fact(notice: NoticePosted) -> None:
        row = parts.state.streams.row_of(notice.stream_id)
        text = notice.text if row is None or row.name in notice.text else f"{row.name}: {notice.text}"
        post(notice.level, text, notice.at)

    parts.bridge.notice_posted.connect(post_fact)
    for failed in (parts.client.refused, parts.client.bug):
        failed.connect(lambda what, words: post("error", f"{what}: {words}"))
    parts.cue_panel.refused.connect(lambda what, words: post("warning", f"{what}: {words}"))
    parts.cue_panel.refusal_over.connect(lambda what, words: parts.notices.withdraw(f"{what}: {words}"))
    for changing in (parts.stream_controller, parts.schedule_controller, parts.undo):
        changing.notice.connect(lambda level, words, undo: post(level, words, undo=undo))
    for changed in (
        parts.stream_controller.changed,
        parts.schedule_controller.changed,
        parts.layout_controller.changed,
    ):
        changed.connect(parts.undo.push)
    parts.listening.refused.connect(lambda words: post("warning", f"No sound: {words}"))
    parts.undo.over.connect(parts.notices.withdraw)
    parts.undo.changed.connect(lambda: _name_undo(parts))
    plots = (parts.monitoring.plots, parts.history.sessions.plots)
    for saying in (parts.layout_controller, parts.appearance, parts.profile_controller, parts.as_run, *plots):
        saying.notice.connect(post)


def _name_undo(parts: Parts) -> None:
    """Say in menu, palette and keys what undo and redo would do."""
    for name, verb, words in (
        ("undo", "Undo", parts.undo.undo_words or "nothing to undo"),
        ("redo", "Do again", parts.undo.redo_words or "nothing to do again"),
    ):
        parts.actions[name].setText(f"{verb}: {words.removesuffix('.')}".replace("&", "&&"))


def _connect_schedule(parts: Parts) -> None:
    controller, page = parts.schedule_controller, parts.schedule
    for place in (parts.cue_panel.coming, page):
        place.plan_requested.connect(lambda: controller.plan(parts.cue_panel.target_id))
        place.import_requested.connect(controller.import_file)
        place.edit_requested.connect(controller.edit)
    page.plan_at_requested.connect(controller.plan)
    page.remove_requested.connect(controller.remove)
    page.undo_requested.connect(parts.undo.undo)
    page.moved.connect(controller.move)
    page.early_requested.connect(controller.send_early)
    page.fix_requested.connect(controller.settle)
    page.accept_requested.connect(controller.accept)
    page.export_requested.connect(controller.export_day)
    page.conflicts.buttons_made.connect(parts.permissions.apply)
    timeline = parts.timeline
    timeline.moved.connect(controller.move)
    timeline.edit_requested.connect(controller.edit)
    timeline.plan_requested.connect(controller.plan)


def _connect_alarms(parts: Parts) -> None:
    panel, client, history = parts.alarm_panel, parts.client, parts.history

    def show_history() -> None:
        history.tabs.setCurrentWidget(history.alarms)
        parts.docks.raise_page("history")

    def acknowledge(alarm_ids: Sequence[int]) -> None:
        async def each(services: Services) -> None:
            for alarm_id in alarm_ids:
                await services.alarms.acknowledge(alarm_id)

        client.ask("Acknowledge", each)

    def shelve(alarm_id: int, minutes: float, reason: str) -> None:
        client.ask("Shelve", lambda s: s.alarms.shelve(alarm_id, minutes, reason))

    def unshelve(alarm_id: int) -> None:
        client.ask("Unshelve", lambda s: s.alarms.unshelve(alarm_id))

    panel.acknowledge_requested.connect(acknowledge)
    panel.shelve_requested.connect(shelve)
    panel.unshelve_requested.connect(unshelve)
    panel.history_requested.connect(show_history)
    panel.remedy_requested.connect(lambda alarm: _begin_remedy(parts, alarm))
    panel.height_changed.connect(parts.docks.fit)


def _begin_remedy(parts: Parts, alarm: Alarm) -> None:
    streams = parts.stream_controller
    match alarm.remedy:
        case Remedy.START:
            streams.start(alarm.stream_id)
        case Remedy.RETRY:
            streams.retry(alarm.stream_id)
        case Remedy.EDIT:
            streams.edit(alarm.stream_id)
        case Remedy.BACK_UP:
            parts.client.ask("Backup", lambda s: s.backups.make())


def _connect_monitoring(parts: Parts) -> None:
    page, client = parts.monitoring, parts.client

    def ask_command(stream_id: str) -> None:
        client.ask("Command", lambda s: s.streams.command(stream_id)).then(
            lambda command: page.show_command(stream_id, command),
            lambda words: page.show_command(stream_id, f"# {words}"),
        )

    def reset_counters(stream_id: str) -> None:
        client.ask("Reset counters", lambda s: s.monitoring.reset_counters(stream_id))

    page.command_wanted.connect(ask_command)
    page.reset_requested.connect(reset_counters)
    parts.bridge.input_cue_seen.connect(page.input_cues.take)
    rules, button = parts.actions["alarm_rules"], page.counters.rules
    button.clicked.connect(rules.trigger)
    rules.enabledChanged.connect(button.setEnabled)
    button.setEnabled(rules.isEnabled())


def _connect_person(parts: Parts) -> None:
    """Follow who is at the window, and what they may do to the selected stream and to new ones."""
    seat, bar = parts.seat, parts.top_bar
    seat.changed.connect(lambda: bar.show_seat(seat.seat))
    parts.sign_in.notice.connect(parts.notices.post)
    parts.sign_in.left.connect(bar.operate.click)
    parts.stream_panel.selected.connect(parts.permissions.apply)
    for changed in (parts.state.is_known, parts.state.streams.rowsInserted):
        changed.connect(seat.look)
    parts.state.is_known.connect(parts.permissions.apply)
    # Once for all streams that come together: each look goes through the whole window.
    look_soon = single_shot(parts.docks, 0, parts.permissions.apply)
    parts.state.streams.rowsInserted.connect(lambda: look_soon.start())


def _connect_links(parts: Parts) -> None:
    """Show streams of a server that does not answer as unknown, and what would act there as dead."""
    links, starting = parts.links, parts.starting

    def show() -> None:
        parts.state.streams.set_lost(links.lost_link)
        parts.seat.look()
        parts.permissions.apply()
        if links.is_remote and not parts.state.streams.rowCount():
            starting.show_link(links.links)

    links.changed.connect(show)


def _connect_look_and_sound(parts: Parts) -> None:
    """Follow what of the look is not the style's, and show where alarms are not heard."""

    def follow() -> None:
        look = parts.appearance.look
        parts.top_bar.clock.show_frames(look.clock_frames)
        parts.alarm_panel.set_flashing(look.flashing)

    parts.appearance.changed.connect(follow)
    follow()
    parts.top_bar.sound.follow(parts.sound)


def _connect_records(parts: Parts) -> None:
    """Read records when their page comes to the front; the keyboard stays with no page behind it."""
    for dock in parts.docks.all():
        # Once the page in front is laid out.
        dock.visibilityChanged.connect(lambda _shown: QTimer.singleShot(0, parts.focus.leave_hidden))
    for _page, name, read in _records(parts):
        parts.docks[name].visibilityChanged.connect(lambda shown, read=read: read() if shown else None)


def read_records_in_front(parts: Parts) -> None:
    """Read the page of records that is in front: the services are up, or up again."""
    for page, _name, read in _records(parts):
        if page.isVisible():
            read()


def _records(parts: Parts) -> tuple[tuple[QWidget, str, Callable[[], object]], ...]:
    """Pages that show records, the docks they stand in, and how they are read."""
    history = parts.history
    return (
        (history, "history", history.read),
        (history.alarms, "history", history.alarms.read),
        (parts.cue_log, "cue_log", parts.cue_log.reload),
        (parts.as_run, "as_run", parts.as_run.reload),
    )
