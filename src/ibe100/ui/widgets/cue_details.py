"""Below the cue buttons: what would go out, what comes next, receipts; as tabs where room is short."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

ROOMY_HEIGHT = 380


class CueDetails(QWidget):
    """The first page stands above the others, or is a tab like them when the panel is low."""

    def __init__(self, pages: tuple[tuple[str, QWidget], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages = pages
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("What would go out, next events, receipts")
        bar = self.tabs.tabBar()
        assert bar is not None
        bar.setAccessibleName("Details of cues")
        bar.setExpanding(False)
        bar.setUsesScrollButtons(False)
        for title, page in pages[1:]:
            self.tabs.addTab(page, title)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(pages[0][1])
        self._splitter.addWidget(self.tabs)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 1)
        self.setMinimumHeight(120)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Apart or together, as the height allows."""
        super().resizeEvent(event)
        title, first = self._pages[0]
        is_apart = self._splitter.count() == 2
        if self.height() >= ROOMY_HEIGHT and not is_apart:
            self._splitter.insertWidget(0, first)
            first.show()
        elif self.height() < ROOMY_HEIGHT and is_apart:
            current = self.tabs.currentIndex()
            self.tabs.insertTab(0, first, title)
            self.tabs.setCurrentIndex(current + 1)
