"""Details below the cue buttons: preview, next events, receipts, more cues; as tabs where room is short."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.labels import set_kind

ROOMY_HEIGHT = 320


class CueDetails(QWidget):
    """Tabs of pages; the first stands above the others where there is room.

    The last one has a preview of its own: while it is in front, the first gives it its room.
    """

    squeezed = pyqtSignal(bool)
    """True when the last page is in front and has little room."""

    def __init__(self, pages: tuple[tuple[str, QWidget], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages = pages
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(", ".join(title for title, _page in pages))
        bar = self.tabs.tabBar()
        assert bar is not None
        bar.setAccessibleName("Details of cues")
        bar.setExpanding(False)
        bar.setUsesScrollButtons(False)
        set_kind(bar, "narrow")
        for title, page in pages[1:]:
            self.tabs.addTab(page, title)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(pages[0][1])
        self._splitter.addWidget(self.tabs)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 1)
        scaled(self.setMinimumHeight, 90)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self.tabs.currentChanged.connect(self._make_room)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put the first page above the tabs or among them, as the height allows."""
        super().resizeEvent(event)
        title, first = self._pages[0]
        is_apart = self._splitter.count() == 2
        if self.height() >= ROOMY_HEIGHT and not is_apart:
            self._splitter.insertWidget(0, first)
            self._make_room()
        elif self.height() < ROOMY_HEIGHT and is_apart:
            current = self.tabs.currentIndex()
            self.tabs.insertTab(0, first, title)
            self.tabs.setCurrentIndex(current + 1)

    def show_page(self, page: QWidget) -> None:
        """Bring a page to the front."""
        if self.tabs.indexOf(page) >= 0:
            self.tabs.setCurrentWidget(page)

    def _make_room(self) -> None:
        is_last, is_apart = self.tabs.currentWidget() is self._pages[-1][1], self._splitter.count() == 2
        if is_apart:
            self._pages[0][1].setVisible(not is_last)
        self.squeezed.emit(is_last and not is_apart)
