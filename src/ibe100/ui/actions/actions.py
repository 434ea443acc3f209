"""Catalogue of the actions as QActions of the window: for shortcuts, palette and overlay."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget

from ibe100.models.rights import Act
from ibe100.ui.actions.catalogue import CATALOGUE, KEY_GROUPS, SELECTABLE
from ibe100.ui.words.tooltips import set_tooltip

NEEDS_SET_UP = "Switch to Set-up first (Ctrl+L)"
_SHOWN_AS = {"Left": "←", "Right": "→", "-": "−"}


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
            refused = self.refusal(name)
            action.setEnabled(not refused)
            set_tooltip(action, refused)

    def refusal(self, name: str) -> str:
        """Reason for which an action cannot be done now; empty where it can."""
        if refused := self._refusals.get(name, ""):
            return refused
        return "" if self._is_set_up or not self._specs[name].set_up_only else NEEDS_SET_UP

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
        return " ".join(_SHOWN_AS.get(part, part) for part in _parts(spec.keys)), spec.text

    def _make(self, text: str, keys: str) -> QAction:
        action = QAction(text, self)
        if keys:
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(False)
        self._window.addAction(action)
        return action


def _parts(keys: str) -> list[str]:
    """Keys that are pressed together: `Ctrl++` is Ctrl and +."""
    return [part or "+" for part in keys.removesuffix("+").split("+")]
