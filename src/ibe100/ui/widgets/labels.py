"""Labels: one that elides with a tooltip, and the console's kinds of text."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy, QWidget

from ibe100.ui.themes.enterprise_theme import figures
from ibe100.ui.themes.sizes import px
from ibe100.ui.words.tooltips import set_tooltip

NUMBERS = ("number", "countdown")
"""Endings of kinds whose digits are of one width."""


class ElidedLabel(QLabel):
    """Label of one line that ends in … when there is no room; the whole text is in the tooltip."""

    def __init__(self, text: str = "", kind: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if kind:
            self.setProperty("kind", kind)
        if kind.endswith(NUMBERS):
            self.setFont(figures())

    def minimumSizeHint(self) -> QSize:
        """Almost nothing: the text is elided."""
        return QSize(px(20), super().minimumSizeHint().height())

    def shown_text(self) -> str:
        """The text as it fits now."""
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the text that fits."""
        painter = QPainter(self)
        shown = self.shown_text()
        set_tooltip(self, self.text() if shown != self.text() else "")
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.setFont(self.font())
        painter.drawText(self.contentsRect(), int(self.alignment()), shown)


class TwoLineLabel(QLabel):
    """Label of two lines where there is room, else one; longer text ends in …, whole in the tooltip."""

    LINES = 2

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", kind)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """Always the same height, so that nothing jumps."""
        return QSize(px(20), self.LINES * self.fontMetrics().lineSpacing())

    def minimumSizeHint(self) -> QSize:
        """One line, as narrow as need be."""
        return QSize(px(20), self.fontMetrics().lineSpacing())

    def lines(self) -> list[str]:
        """The text as it is broken now."""
        most = min(self.LINES, max(1, self.height() // self.fontMetrics().lineSpacing()))
        return wrapped(self.text(), self.font(), self.width(), most)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the lines from the top."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.setFont(self.font())
        lines = "\n".join(self.lines())
        set_tooltip(self, self.text())
        painter.drawText(self.contentsRect(), int(Qt.AlignmentFlag.AlignTop), lines)


def wrapped(text: str, font: QFont, width: int, most_lines: int = 2) -> list[str]:
    """Break a text between words; what is too long ends in …."""
    metrics, lines = QFontMetrics(font), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if metrics.horizontalAdvance(longer) <= width or not lines[-1] or len(lines) == most_lines:
            lines[-1] = longer
        else:
            lines.append(word)
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, width) for line in lines if line]


def label(text: str, kind: str = "", *, wrap: bool = False) -> QLabel:
    """A plain label; `kind` is looked up by the style sheet (title, muted, number …)."""
    built = QLabel(text)
    built.setTextFormat(Qt.TextFormat.PlainText)
    built.setWordWrap(wrap)
    if kind:
        built.setProperty("kind", kind)
    if kind.endswith(NUMBERS):
        built.setFont(figures())
    return built


def set_kind(widget: QWidget, kind: str) -> None:
    """Change how the style sheet draws a widget."""
    if widget.property("kind") != kind:
        widget.setProperty("kind", kind)
        restyle(widget)


def restyle(widget: QWidget) -> None:
    """Have the style sheet look at a widget's properties again."""
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
