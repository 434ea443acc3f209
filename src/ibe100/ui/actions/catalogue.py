"""Catalogue of the actions: name, words, key, and what it asks of mode and rights."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.models.rights import Act

SELECTABLE = 9


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """Entry of the catalogue."""

    name: str
    text: str
    keys: str = ""
    set_up_only: bool = False
    act: Act | None = None
    """Act that it begins with a dialog or at once, where a key press alone would say nothing."""


CATALOGUE: tuple[ActionSpec, ...] = (
    ActionSpec("to_break", "TO BREAK on the target stream", "F9"),
    ActionSpec("back", "BACK TO PROGRAMME on the target stream", "F10"),
    ActionSpec("disarm", "Disarm the armed cue", "Esc"),
    ActionSpec("fire_step", "Fire the next step of the target's rundown", "F7"),
    ActionSpec("edit_presets", "Edit presets of cues", act=Act.SET_PRESETS),
    ActionSpec("edit_rundown", "Edit the rundown of the target stream", act=Act.PLAN_BREAKS),
    ActionSpec("cue_choices", "Choose length, pre-roll and end of the next break", "B"),
    ActionSpec("longer_break", "Make the break on air 10 s longer", "Ctrl+F9"),
    ActionSpec("shorter_break", "Make the break on air 10 s shorter", "Ctrl+Shift+F9"),
    ActionSpec("time_signal", "Prepare a time_signal for the target stream", "Ctrl+T"),
    ActionSpec("send_section", "Prepare a section made elsewhere for the target stream", "Ctrl+I"),
    ActionSpec("splice_null", "Prepare a splice_null for the target stream", "Ctrl+H"),
    ActionSpec("acknowledge", "Acknowledge the next alarm", "A"),
    ActionSpec("acknowledge_page", "Acknowledge all alarms on the page", "Shift+A"),
    ActionSpec("shelve", "Shelve or unshelve the selected alarm", "S"),
    ActionSpec("alarm_history", "Show the history of alarms"),
    ActionSpec("pin", "Pin or unpin the cue target", "P"),
    ActionSpec("run", "Start, or ask to stop, the selected stream", "Ctrl+R"),
    ActionSpec("restart", "Restart the selected stream"),
    ActionSpec("retry", "Retry now, where the selected stream would try again later"),
    ActionSpec("start_all", "Start all streams in the list, after a list of them"),
    ActionSpec("stop_all", "Stop all streams in the list, after a list of them"),
    ActionSpec("listen", "Listen to the selected stream, or no longer", "Ctrl+M"),
    ActionSpec("filter", "Filter streams", "Ctrl+F"),
    ActionSpec(
        "alarm_rules", "Alarm rules: delays, priorities, thresholds", set_up_only=True, act=Act.SET_RULES
    ),
    ActionSpec("notifications", "Notifications: recipients of alarms", act=Act.SET_NOTIFICATIONS),
    ActionSpec("machine", "Show the system: machine, console, processes"),
    ActionSpec("hosts", "Show the hosts: load, streams, fencing"),
    ActionSpec("settings", "Settings", "Ctrl+,"),
    ActionSpec("users", "Users and tokens: who may sign in"),
    ActionSpec("backups", "Backups: make, prove, restore"),
    ActionSpec("contracts", "Contracts with distributors"),
    ActionSpec("about", "About: versions, licences, support bundle"),
    ActionSpec("mute", "Mute alarm sounds for 15 minutes, or end that", "M"),
    ActionSpec("palette", "Find a command", "Ctrl+K"),
    ActionSpec("keys", "Show all keys", "?"),
    ActionSpec("dashboard", "Show the dashboard", "Ctrl+1"),
    ActionSpec("multiview", "Show the multiview on a screen of its own, or leave it", "F8"),
    ActionSpec("monitoring", "Show monitoring", "Ctrl+2"),
    ActionSpec("schedule", "Show the schedule", "Ctrl+3"),
    ActionSpec("cue_log", "Search the cue log", "Ctrl+G"),
    ActionSpec("as_run", "Show the as-run log", "Ctrl+4"),
    ActionSpec("history", "Show history", "Ctrl+5"),
    ActionSpec("timeline", "Choose and re-time planned breaks on the time line", "T"),
    ActionSpec("plan_break", "Plan a break on the target stream", "Ctrl+B", act=Act.PLAN_BREAKS),
    ActionSpec("import_breaks", "Import planned breaks from a file", act=Act.PLAN_BREAKS),
    ActionSpec("undo", "Undo the last change", "Ctrl+Z"),
    ActionSpec("redo", "Make the change again that was undone", "Ctrl+Shift+Z"),
    ActionSpec("mode", "Switch between Operate and Set-up", "Ctrl+L"),
    ActionSpec("add", "Add a stream", "Ctrl+N", set_up_only=True, act=Act.SET_UP_STREAM),
    ActionSpec("paste", "Take the address or file on the clipboard: stream, breaks, profile", "Ctrl+V"),
    ActionSpec("edit", "Edit the selected stream", "Ctrl+E", set_up_only=True, act=Act.SET_UP_STREAM),
    ActionSpec(
        "duplicate", "Duplicate the selected stream", "Ctrl+D", set_up_only=True, act=Act.SET_UP_STREAM
    ),
    ActionSpec("deleted_streams", "Deleted streams: bring one back"),
    ActionSpec("remove", "Delete the selected stream", set_up_only=True, act=Act.DELETE_STREAM),
    ActionSpec("save_profile", "Save the streams as a profile", "Ctrl+S", act=Act.SET_PROFILES),
    ActionSpec("load_profile", "Load a profile", "Ctrl+O", set_up_only=True, act=Act.SET_PROFILES),
    ActionSpec("import_profile", "Import a profile from a file", set_up_only=True, act=Act.SET_PROFILES),
    ActionSpec("export_profile", "Export a profile to a file", act=Act.SET_PROFILES),
    ActionSpec(
        "card_back", "Move the selected stream's card a place back", "Ctrl+Shift+Left", set_up_only=True
    ),
    ActionSpec("card_on", "Move the selected stream's card a place on", "Ctrl+Shift+Right", set_up_only=True),
    ActionSpec("cards_auto", "Cards: as large as all streams fit"),
    ActionSpec("cards_large", "Cards: large"),
    ActionSpec("cards_medium", "Cards: medium"),
    ActionSpec("cards_compact", "Cards: compact"),
    ActionSpec("choose_layout", "Restore a saved layout", "Ctrl+Shift+L"),
    ActionSpec("save_layout", "Save the layout under a name", set_up_only=True),
    ActionSpec("delete_layout", "Delete a saved layout", set_up_only=True),
    ActionSpec("reset_layout", "Reset the layout", set_up_only=True),
    ActionSpec("lock", "Lock the console: cues and changes wait for a sign-in", "Ctrl+Alt+L"),
    ActionSpec("hand_over", "Hand the console over to another person"),
    ActionSpec("sign_out", "Sign out of the console"),
    ActionSpec("theme_dark", "Theme: dark, for a control room"),
    ActionSpec("theme_light", "Theme: light, for a bright gallery"),
    ActionSpec("theme_high_contrast", "Theme: high contrast"),
    ActionSpec("text_larger", "Text larger", "Ctrl++"),
    ActionSpec("text_smaller", "Text smaller", "Ctrl+-"),
    ActionSpec("text_normal", "Text in its normal size", "Ctrl+0"),
    ActionSpec("quit", "Close the console", "Ctrl+Q"),
)

KEY_GROUPS: tuple[tuple[str, tuple[str | tuple[str, str], ...]], ...] = (
    (
        "Cues",
        (
            *("to_break", "back", "disarm"),
            ("Shift Esc", "Disarm the armed cue, whatever is in front"),
            "fire_step",
            ("hold F11", "CRASH OUT on the target stream"),
            ("hold F12", "CRASH IN on the target stream"),
            *(
                "longer_break",
                "shorter_break",
                "pin",
                "cue_choices",
                "time_signal",
                "send_section",
                "splice_null",
            ),
            ("Ctrl Enter", "Send what is prepared under More cues"),
        ),
    ),
    ("Alarms", ("acknowledge", "acknowledge_page", "shelve", "mute")),
    (
        "Streams",
        (
            (f"1–{SELECTABLE}", "Select a stream"),
            "filter",
            "run",
            "listen",
            "add",
            "paste",
            "edit",
            "duplicate",
            "card_back",
            "card_on",
        ),
    ),
    ("Planned breaks", ("plan_break", "timeline")),
    (
        "Pages",
        ("dashboard", "monitoring", "schedule", "as_run", "history", "cue_log", "multiview"),
    ),
    (
        "Plots",
        (
            ("+ − ← →", "Zoom and move a plot that has the focus"),
            ("Home", "Show the whole range of the plot again"),
            ("[ ]", "Go from event to event in the plot"),
        ),
    ),
    (
        "Console",
        (
            "palette",
            "keys",
            "settings",
            "undo",
            "redo",
            "mode",
            "choose_layout",
            "save_profile",
            "load_profile",
            *("text_larger", "text_smaller", "text_normal"),
            "lock",
            "quit",
        ),
    ),
)
"""Groups of the overlay: actions by name, and keys that are no shortcuts (held, or of one page)."""
