"""Scenes of the console: its pages, and the dialogs that its actions open."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PyQt6.QtWidgets import QApplication, QDialog, QWidget

from cut_text import cut_text, out_of_place
from ibe100.ui.main_window import MainWindow

PAGES = ("dashboard", "monitoring", "schedule", "cue_log", "as_run", "history")
DIALOGS = (
    *("keys", "palette", "machine", "alarm_rules", "notifications", "add", "edit", "plan_break", "shelve"),
    *("save_profile", "save_layout", "deleted_streams", "settings", "about"),
)
"""Actions that open a dialog; those that are not there are passed over."""
TURNS = 12
"""Turns of the event loop that a long text may take until it has its height."""


def settled(
    root: QWidget, faults: Callable[[QWidget], list[str]], wait: Callable[[int], object]
) -> list[str]:
    """Faults of a layout that has come to rest; `wait` lets Qt work for so many milliseconds."""
    for _ in range(TURNS):
        found = faults(root)
        if not found:
            return []
        wait(20)
    return found


def faults_of(root: QWidget) -> list[str]:
    """Everything that is cut or out of place."""
    return cut_text(root) + out_of_place(root)


def pages(window: MainWindow, wait: Callable[[int], object]) -> Iterator[tuple[str, QWidget]]:
    """Show page after page."""
    for page in PAGES:
        window.parts.docks.raise_page(page)
        wait(50)
        yield page, window


def dialogs(window: MainWindow, wait: Callable[[int], object]) -> Iterator[tuple[str, QWidget]]:
    """Open dialog after dialog, and close each."""
    names = set(window.parts.actions._actions)
    for name in DIALOGS:
        if name not in names or not window.parts.actions[name].isEnabled():
            continue
        window.parts.actions[name].trigger()
        wait(200)
        for dialog in _opened(window):
            yield name, dialog
            dialog.close()
            wait(10)


def _opened(window: MainWindow) -> list[QWidget]:
    tops = [top for top in QApplication.topLevelWidgets() if top is not window and top.isVisible()]
    return [top for top in tops if isinstance(top, QDialog) or top.isWindow()]
