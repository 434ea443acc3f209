"""Work of each action of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_list import ManyAct
from ibe100.ui.cues.break_end_row import STEP_S
from ibe100.ui.qt_models.card_order import CardSize
from ibe100.ui.settings.sections import ABOUT, BACKUPS, CONTRACTS, USERS
from ibe100.ui.themes.sizes import NORMAL_TEXT
from ibe100.ui.themes.tokens import Theme
from ibe100.ui.window.dialogs import Dialogs
from ibe100.ui.window.parts import Parts


def connect_actions(parts: Parts, dialogs: Dialogs, quit_console: Callable[[], object]) -> None:
    """Connect each action with its work."""
    cues, alarms, streams, docks = parts.cue_panel, parts.alarm_panel, parts.stream_panel, parts.docks
    layouts, profiles, breaks = parts.layout_controller, parts.profile_controller, parts.schedule_controller

    def go_to(page: str) -> Callable[[], None]:
        return lambda: docks.raise_page(page)

    def go_to_timeline() -> None:
        docks.raise_page("alarms")
        alarms.unfold()
        parts.timeline.setFocus()

    def search_cues() -> None:
        docks.raise_page("cue_log")
        parts.cue_log.search.setFocus()

    parts.actions.connect_all(
        {
            "to_break": lambda: cues.fire(CueAction.TO_BREAK),
            "back": lambda: cues.fire(CueAction.BACK_TO_PROGRAMME),
            "disarm": cues.disarm,
            "fire_step": cues.planned.fire_step,
            "edit_presets": cues.planned.edit_presets,
            "edit_rundown": cues.planned.edit_rundown,
            "cue_choices": cues.break_row.take_focus,
            "longer_break": lambda: cues.break_end_row.change(STEP_S),
            "shorter_break": lambda: cues.break_end_row.change(-STEP_S),
            "time_signal": lambda: cues.prepare(CueAction.TIME_SIGNAL),
            "send_section": lambda: cues.prepare(CueAction.SEND_SECTION),
            "splice_null": lambda: cues.prepare(CueAction.SPLICE_NULL),
            "acknowledge": alarms.acknowledge,
            "acknowledge_page": alarms.acknowledge_page,
            "shelve": alarms.shelve,
            "alarm_history": alarms.history_requested.emit,
            "pin": cues.target.pin.click,
            "run": streams.run_button.click,
            "restart": lambda: parts.stream_controller.restart(streams.selected_id()),
            "retry": lambda: parts.stream_controller.retry(streams.selected_id()),
            "start_all": lambda: dialogs.context_menus.ask_all(ManyAct.START),
            "stop_all": lambda: dialogs.context_menus.ask_all(ManyAct.STOP),
            "listen": parts.listening.toggle,
            "filter": streams.open_filter,
            "machine": dialogs.show_machine,
            "alarm_rules": dialogs.show_alarm_rules,
            "notifications": dialogs.show_notifications,
            "settings": dialogs.settings.open,
            "users": lambda: dialogs.settings.open(USERS),
            "backups": lambda: dialogs.settings.open(BACKUPS),
            "contracts": lambda: dialogs.settings.open(CONTRACTS),
            "about": lambda: dialogs.settings.open(ABOUT),
            "mute": parts.sound.toggle_mute,
            "palette": dialogs.show_palette,
            "keys": dialogs.show_keys,
            "dashboard": go_to("dashboard"),
            "multiview": parts.multiview_controller.toggle,
            "monitoring": go_to("monitoring"),
            "schedule": go_to("schedule"),
            "cue_log": search_cues,
            "as_run": go_to("as_run"),
            "history": go_to("history"),
            "timeline": go_to_timeline,
            "plan_break": lambda: breaks.plan(cues.target_id),
            "import_breaks": breaks.import_file,
            "undo": parts.undo.undo,
            "redo": parts.undo.redo,
            "mode": parts.top_bar.toggle_mode,
            "add": parts.stream_controller.add,
            "paste": dialogs.intake.paste,
            "edit": lambda: parts.stream_controller.edit(streams.selected_id()),
            "duplicate": lambda: parts.stream_controller.duplicate(streams.selected_id()),
            "hosts": dialogs.show_hosts,
            "deleted_streams": dialogs.show_deleted_streams,
            "remove": streams.remove_button.click,
            "save_profile": profiles.save,
            "load_profile": profiles.load,
            "import_profile": profiles.import_file,
            "export_profile": profiles.export,
            "card_back": lambda: parts.card_order.shift(streams.selected_id(), -1),
            "card_on": lambda: parts.card_order.shift(streams.selected_id(), 1),
            "cards_auto": lambda: parts.card_order.choose_size(CardSize.AUTO),
            "cards_large": lambda: parts.card_order.choose_size(CardSize.LARGE),
            "cards_medium": lambda: parts.card_order.choose_size(CardSize.MEDIUM),
            "cards_compact": lambda: parts.card_order.choose_size(CardSize.COMPACT),
            "choose_layout": layouts.choose,
            "save_layout": layouts.save,
            "delete_layout": layouts.delete,
            "reset_layout": layouts.reset,
            "lock": parts.sign_in.lock,
            "hand_over": parts.sign_in.hand_over,
            "sign_out": parts.sign_in.sign_out,
            "theme_dark": lambda: parts.appearance.choose(Theme.DARK),
            "theme_light": lambda: parts.appearance.choose(Theme.LIGHT),
            "theme_high_contrast": lambda: parts.appearance.choose(Theme.HIGH_CONTRAST),
            "text_larger": lambda: parts.appearance.step_text_size(1),
            "text_smaller": lambda: parts.appearance.step_text_size(-1),
            "text_normal": lambda: parts.appearance.choose_text_size(NORMAL_TEXT),
            "quit": quit_console,
        },
        streams.select_number,
    )
