"""Actions on layouts: save under a name, restore, delete, reset; the last one is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QMenu, QWidget

from ibe100.ui.qt_models.card_order import CardOrder
from ibe100.ui.qt_models.undo_stack import Change, Superseded
from ibe100.ui.streams.stream_panel import StreamPanel
from ibe100.ui.widgets.name_question import NameQuestion
from ibe100.ui.window.docks import ConsoleDocks
from ibe100.ui.window.layout_file import Layout, LayoutFile


class LayoutController(QObject):
    """Saves and restores docks, sizes and the order of the cards; `notice` with level and words."""

    changed = pyqtSignal(object)
    """Change for the undo stack."""
    notice = pyqtSignal(str, str)

    def __init__(
        self,
        window: QWidget,
        docks: ConsoleDocks,
        cards: CardOrder,
        streams: StreamPanel,
        path: Path | None,
    ) -> None:
        super().__init__(window)
        self._window, self._docks, self._cards, self._streams = window, docks, cards, streams
        self._file = LayoutFile(path)

    def restore_last(self) -> None:
        """Restore the layout the console was left with; without one the default stays."""
        last = self._file.read_last()
        if last is not None:
            self._put(last)

    def keep_last(self) -> None:
        """Keep the present layout for the next start."""
        self._file.write_last(self._present())

    def save(self) -> None:
        """Ask for a name and save the present layout under it."""
        self._ask("Save the layout", "Save", own=True, then=self.save_as)

    def choose(self) -> None:
        """Ask which saved layout to restore."""
        self._ask("Restore a layout", "Restore", own=False, then=self.bring)

    def delete(self) -> None:
        """Ask which saved layout to delete."""
        self._ask("Delete a layout", "Delete", own=False, then=self.remove)

    def save_as(self, name: str) -> None:
        """Save the present layout under `name`."""
        before, layout = self._file.read(name), self._present()
        if self._file.write(name, layout):
            self.changed.emit(self._kept(f"Layout {name} is saved.", name, before, layout))
        else:
            self.notice.emit(
                "error", f"Layout {name} could not be saved: the data folder cannot be written to."
            )

    def bring(self, name: str) -> None:
        """Restore the layout `name`; nothing of the streams changes."""
        before, layout = self._present(), self._file.read(name)
        if layout is None or not self._put(layout):
            self.notice.emit("warning", f"Layout {name} cannot be read any more: save it again.")
        else:
            self.changed.emit(self._arranged(f"Layout {name} is restored.", before))

    def remove(self, name: str) -> None:
        """Delete a saved layout."""
        before = self._file.read(name)
        if self._file.remove(name):
            self.changed.emit(self._kept(f"Layout {name} is deleted.", name, before, None))

    def reset(self) -> None:
        """Restore docks and cards as shipped."""
        before = self._present()
        self._docks.arrange()
        self._cards.reset()
        self._streams.set_list_open(False)
        self.changed.emit(self._arranged("The layout is as shipped.", before))

    def _arranged(self, words: str, before: Layout) -> Change:
        """Change of what is where; `before` is how it was."""

        def take_back() -> Change:
            present = self._present()
            self._put(before)
            return self._arranged(words, present)

        return Change(words, take_back)

    def _kept(self, words: str, name: str, before: Layout | None, after: Layout | None) -> Change:
        """Change of a saved layout; None where there is none."""

        def take_back() -> Change | Superseded:
            if self._file.read(name) != after:
                return Superseded(f"layout {name} was saved anew since.")
            if before is None:
                self._file.remove(name)
            else:
                self._file.write(name, before)
            return self._kept(words, name, after, before)

        return Change(words, take_back)

    def fill(self, menu: QMenu) -> None:
        """Fill a menu with the saved layouts each time it opens."""

        def list_names() -> None:
            menu.clear()
            names = self._file.names()
            for name in names:
                action = menu.addAction(name.replace("&", "&&"))
                assert action is not None
                action.triggered.connect(lambda _checked, chosen=name: self.bring(chosen))
            if not names:
                none_yet = menu.addAction("None saved yet")
                assert none_yet is not None
                none_yet.setEnabled(False)

        menu.aboutToShow.connect(list_names)

    def _ask(self, title: str, verb: str, *, own: bool, then: Callable[[str], None]) -> None:
        names = self._file.names()
        if not own and not names:
            self.notice.emit("info", "There are no saved layouts yet: save one in Set-up first.")
            return
        question = NameQuestion(title, verb, names, own=own, thing="layout", parent=self._window)
        question.answered.connect(then)
        question.open()

    def _present(self) -> Layout:
        return replace(
            self._docks.layout(),
            cards=self._cards.placed,
            card_size=self._cards.size,
            is_list_open=self._streams.is_list_open,
        )

    def _put(self, layout: Layout) -> bool:
        self._cards.place(layout.cards)
        self._cards.choose_size(layout.card_size)
        self._streams.set_list_open(layout.is_list_open)
        return self._docks.put(layout)
