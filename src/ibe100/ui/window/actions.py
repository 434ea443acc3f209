"""Catalogue of the console's actions with their keys: for shortcuts, palette and overlay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget

from ibe100.models.rights import Act
from ibe100.ui.words.tooltips import set_tooltip

SELECTABLE = 9
ANYWHERE = frozenset({"F9", "F10"})
"""Keys of the console that work in its other windows too."""


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
    ActionSpec("cue_choices", "Choose length, pre-roll and end of the next break", "B"),
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
    ActionSpec("filter", "Filter streams", "Ctrl+F"),
    ActionSpec(
        "alarm_rules", "Alarm rules: delays, priorities, thresholds", set_up_only=True, act=Act.SET_RULES
    ),
    ActionSpec("notifications", "Notifications: recipients of alarms", act=Act.SET_NOTIFICATIONS),
    ActionSpec("machine", "Show the system: machine, console, processes"),
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
    ActionSpec("undo", "Undo the last change of the schedule", "Ctrl+Z"),
    ActionSpec("mode", "Switch between Operate and Set-up", "Ctrl+L"),
    ActionSpec("add", "Add a stream", "Ctrl+N", set_up_only=True, act=Act.SET_UP_STREAM),
    ActionSpec("edit", "Edit the selected stream", "Ctrl+E", set_up_only=True, act=Act.SET_UP_STREAM),
    ActionSpec("remove", "Delete the selected stream", set_up_only=True, act=Act.DELETE_STREAM),
    ActionSpec("save_profile", "Save the streams as a profile", "Ctrl+S", act=Act.SET_PROFILES),
    ActionSpec("load_profile", "Load a profile", "Ctrl+O", set_up_only=True, act=Act.SET_PROFILES),
    ActionSpec("import_profile", "Import a profile from a file", set_up_only=True, act=Act.SET_PROFILES),
    ActionSpec("export_profile", "Export a profile to a file", act=Act.SET_PROFILES),
    ActionSpec(
        "card_back", "Move the selected stream's card a place back", "Ctrl+Shift+Left", set_up_only=True
    ),
    ActionSpec("card_on", "Move the selected stream's card a place on", "Ctrl+Shift+Right", set_up_only=True),
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
    ActionSpec("quit", "Close the console", "Ctrl+Q"),
)

KEY_GROUPS: tuple[tuple[str, tuple[str | tuple[str, str], ...]], ...] = (
    (
        "Cues",
        (
            *("to_break", "back", "disarm"),
            ("hold F11", "CRASH OUT on the target stream"),
            ("hold F12", "CRASH IN on the target stream"),
            *("pin", "cue_choices", "time_signal", "send_section", "splice_null"),
            ("Ctrl Enter", "Send what is prepared under More cues"),
        ),
    ),
    ("Alarms", ("acknowledge", "acknowledge_page", "shelve")),
    (
        "Streams",
        ((f"1–{SELECTABLE}", "Select a stream"), "filter", "run", "add", "edit", "card_back", "card_on"),
    ),
    ("Planned breaks", ("plan_break", "timeline", "undo")),
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
        ("palette", "keys", "mode", "choose_layout", "save_profile", "load_profile", "lock", "quit"),
    ),
)
"""Groups of the overlay: actions by name, and keys that are no shortcuts (held, or of one page)."""
_SHOWN_AS = {"Left": "←", "Right": "→"}


class Actions(QObject):
    """Catalogue as QActions of the window.

    Single letters and digits are shortcuts like any other: a field that is being typed into takes them first.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._specs = {spec.name: spec for spec in CATALOGUE}
        self._actions: dict[str, QAction] = {}
        self._is_set_up = False
        self._refusals: dict[str, str] = {}
        for spec in CATALOGUE:
            self._actions[spec.name] = self._make(spec.text, spec.keys)
        self._selectors = [
            self._make(f"Select stream {number}", str(number)) for number in range(1, SELECTABLE + 1)
        ]

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def connect_all(self, targets: dict[str, Callable[[], object]], select: Callable[[int], object]) -> None:
        """Connect each action with its work; asserts that none is forgotten."""
        assert targets.keys() == self._actions.keys(), targets.keys() ^ self._actions.keys()
        for name, target in targets.items():
            self._actions[name].triggered.connect(lambda _checked=False, run=target: run())
        for number, action in enumerate(self._selectors, start=1):
            action.triggered.connect(lambda _checked=False, chosen=number: select(chosen))

    def set_set_up(self, set_up: bool) -> None:
        """Enable what changes streams or the layout (Set-up) or not (Operate)."""
        self._is_set_up = set_up
        self._refresh()

    def set_refusals(self, refusal: Callable[[Act], str]) -> None:
        """Disable what whoever is at the window may not do; the tooltip says why."""
        for spec in CATALOGUE:
            self._refusals[spec.name] = "" if spec.act is None else refusal(spec.act)
        self._refresh()

    def _refresh(self) -> None:
        for name, action in self._actions.items():
            refused = self._refusals.get(name, "")
            action.setEnabled((self._is_set_up or not self._specs[name].set_up_only) and not refused)
            set_tooltip(action, refused)

    def name_streams(self, names: dict[int, str]) -> None:
        """Name the selections after their streams; a number without a stream is not offered."""
        for number, action in enumerate(self._selectors, start=1):
            action.setText(f"Select stream {number} {names.get(number, '')}".strip())
            action.setVisible(number in names)

    def available(self) -> list[QAction]:
        """Actions that can be done now, for the palette."""
        everything = (*self._actions.values(), *self._selectors)
        return [action for action in everything if action.isEnabled() and action.isVisible()]

    def keys(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Groups of keys and what they do, for the overlay."""
        return [
            (title, [self._key_of(entry) if isinstance(entry, str) else entry for entry in entries])
            for title, entries in KEY_GROUPS
        ]

    def _key_of(self, name: str) -> tuple[str, str]:
        spec = self._specs[name]
        return " ".join(_SHOWN_AS.get(part, part) for part in spec.keys.split("+")), spec.text

    def _make(self, text: str, keys: str) -> QAction:
        context = Qt.ShortcutContext.WindowShortcut
        if keys in ANYWHERE:
            context = Qt.ShortcutContext.ApplicationShortcut
        action = QAction(text, self)
        if keys:
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(context)
        action.setAutoRepeat(False)
        self._window.addAction(action)
        return action
