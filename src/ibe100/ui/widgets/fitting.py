"""Windows, lines and words that give way by rule where there is no room, instead of being cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QLabel, QLayout, QScrollArea, QSizePolicy, QWidget

from ibe100.ui.words.tooltips import set_tooltip

Step = Callable[[bool], object]
FRAME = QSize(4, 36)
"""Room that window managers take around a window."""


def room_of(window: QWidget) -> QSize:
    """The largest size of a window on its screen, its frame and title bar left out."""
    screen = window.screen()
    assert screen is not None
    return screen.availableGeometry().size() - FRAME


def first_that_fits(wordings: Sequence[str], metrics: QFontMetrics, width: int) -> str:
    """The first wording that fits `width`; the last one ends in … where not even that does."""
    for words in wordings:
        if metrics.horizontalAdvance(words) <= width:
            return words
    return metrics.elidedText(wordings[-1], Qt.TextElideMode.ElideRight, max(0, width)) if wordings else ""


def fit(layout: QLayout, width: int, steps: Sequence[Step]) -> None:
    """Undo all steps (False), then take them one after the other (True) until the layout fits `width`."""
    for step in steps:
        step(False)
    for step in steps:
        layout.invalidate()
        if layout.minimumSize().width() <= width:
            return
        step(True)


class TallArea(QScrollArea):
    """Area as large as what is in it, which scrolls where its window has no room for that."""

    def __init__(self, inside: QWidget, accessible_name: str) -> None:
        super().__init__()
        self._inside = inside
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(accessible_name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inside)

    def sizeHint(self) -> QSize:
        """Size of what is in it."""
        return self._inside.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Width of what is in it, and of the scroll bar beside it."""
        bar = self.verticalScrollBar()
        beside = 0 if bar is None else bar.sizeHint().width()
        return QSize(self._inside.minimumSizeHint().width() + beside, super().minimumSizeHint().height())


class FittingLabel(QLabel):
    """Line of text in several wordings, the longest first; it shows the first that fits."""

    def __init__(self, kind: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wordings: tuple[str, ...] = ("",)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        if kind:
            self.setProperty("kind", kind)

    def show_wordings(self, *wordings: str) -> None:
        """Show the first of these that fits; the longest is in the tooltip where it is not shown."""
        if wordings != self._wordings:
            self._wordings = wordings
            self.setText(wordings[0])

    def shown_text(self) -> str:
        """The wording that is on screen."""
        return first_that_fits(self._wordings, self.fontMetrics(), self.contentsRect().width())

    def minimumSizeHint(self) -> QSize:
        """Room for the shortest wording."""
        width = self.fontMetrics().horizontalAdvance(self._wordings[-1])
        return QSize(width, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """Room for the shortest wording: what more there is comes from the layout."""
        return self.minimumSizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the wording that fits."""
        painter = QPainter(self)
        shown = self.shown_text()
        set_tooltip(self, "" if shown == self.text() else self.text())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.setFont(self.font())
        painter.drawText(self.contentsRect(), int(self.alignment()), shown)
