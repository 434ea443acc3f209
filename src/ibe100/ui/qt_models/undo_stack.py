"""Undo stack of the console: changes of streams, schedule, layouts and alarm rules, the last first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from PyQt6.QtCore import QObject, pyqtSignal

MOST_CHANGES = 100


class Answer(Protocol):
    """Request on its way, as `ServiceClient.ask` returns it."""

    def then(self, done: Callable[[Any], object], refused: Callable[[str], object]) -> object:
        """Pass on the result, or the words of a refusal."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """Outcome of an undo that is not made, for another has changed the thing since."""

    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Change that was made, in words for a notice, and what takes it back.

    `take_back` returns the change that makes it again, nothing where it cannot be made again, or a request
    with either, or with Superseded.
    """

    words: str
    take_back: Callable[[], Answer | Change | Superseded | None]


class UndoStack(QObject):
    """Takes changes back, the last first, and makes them again.

    One that is refused stays, to be tried once its reason is gone; one that is superseded goes. While a
    request is under way a second one waits for nothing: it is not made.
    """

    changed = pyqtSignal()
    notice = pyqtSignal(str, str, object)
    """Level, words, and the undo (None where there is none)."""
    over = pyqtSignal(str)
    """Words of a change that does not hold any more: taken back, or to be taken back by nobody."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self._is_busy = False

    @property
    def undo_words(self) -> str:
        """Change that `undo` would take back; empty without any."""
        return self._done[-1].words if self._done else ""

    @property
    def redo_words(self) -> str:
        """Change that `redo` would make again; empty without any."""
        return self._undone[-1].words if self._undone else ""

    def push(self, change: Change) -> None:
        """Take a change that was made, and tell it with an offer to undo it."""
        self._undone.clear()
        self._keep(change)
        self.notice.emit("info", change.words, lambda: self.undo_one(change))

    def undo(self) -> None:
        """Take the last change back."""
        if self._done:
            self.undo_one(self._done[-1])
        else:
            self.notice.emit("info", "There is nothing to undo.", None)

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        if not self._undone:
            self.notice.emit("info", "There is nothing to do again.", None)
            return
        self._take(self._undone, self._undone[-1], self._done, "Done again")

    def undo_one(self, change: Change) -> None:
        """Take back one change, which need not be the last: its notice offers that."""
        if change in self._done:
            self._take(self._done, change, self._undone, "Undone")

    def _take(self, source: list[Change], change: Change, target: list[Change], verb: str) -> None:
        if self._is_busy:
            return

        def settled(outcome: object) -> None:
            self._is_busy = False
            if change in source:
                source.remove(change)
            if source is self._done:
                self.over.emit(change.words)
            if isinstance(outcome, Superseded):
                self.notice.emit("warning", f"Not undone: {outcome.words}", None)
            else:
                if isinstance(outcome, Change):
                    target.append(Change(change.words, outcome.take_back))
                self.notice.emit("info", f"{verb}: {change.words}", None)
            self.changed.emit()

        def refused(words: str) -> None:
            self._is_busy = False
            self.notice.emit("warning", f"Not undone: {change.words} {words[:1].upper()}{words[1:]}", None)

        self._is_busy = True
        answer = change.take_back()
        if answer is None or isinstance(answer, Change | Superseded):
            settled(answer)
        else:
            answer.then(settled, refused)

    def _keep(self, change: Change) -> None:
        self._done.append(change)
        del self._done[:-MOST_CHANGES]
        self.changed.emit()
