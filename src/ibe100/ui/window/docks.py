"""The docks of the window and their default places."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from ibe100.ui.themes.sizes import on_text_size, px
from ibe100.ui.window.layout_file import LAYOUT_VERSION, Layout, SideSizes

SIDE_WIDTH, CUE_WIDTH = 280, 400
UNTITLED = frozenset({"streams", "alarms"})
"""Docks that say what they are in their own first line."""
SPLIT_CURSORS = frozenset({Qt.CursorShape.SplitHCursor, Qt.CursorShape.SplitVCursor})
LOCKED = QDockWidget.DockWidgetFeature.NoDockWidgetFeatures
FREE = QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetFloatable


class ConsoleDocks(QObject):
    """Docks: streams left, alarms below the pages in the middle, cues right; the sides keep their sizes."""

    def __init__(self, window: QMainWindow, alarm_height: Callable[[int], int]) -> None:
        """`alarm_height`: height of the alarms by the height of the window, unless it was dragged."""
        super().__init__(window)
        self._window, self._alarm_height = window, alarm_height
        self._chosen: SideSizes | None = None
        self._docks: dict[str, QDockWidget] = {}
        self._pages: list[str] = []
        window.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)

    def add(self, name: str, title: str, widget: QWidget, *, page: bool = False) -> QDockWidget:
        """Add a dock; pages share the middle as tabs."""
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"dock_{name}")
        dock.setAccessibleName(title)
        dock.setWidget(widget)
        self._docks[name] = dock
        dock.installEventFilter(self)
        if page:
            self._pages.append(name)
        return dock

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def all(self) -> tuple[QDockWidget, ...]:
        """Every dock."""
        return tuple(self._docks.values())

    def arrange(self) -> None:
        """Put all docks into the default layout."""
        self._chosen = None
        window, docks = self._window, self._docks
        for dock in docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        first = docks[self._pages[0]]
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["streams"])
        window.splitDockWidget(docks["streams"], first, Qt.Orientation.Horizontal)
        # Before the pages are tabs: what is split off a tab becomes a tab itself.
        window.splitDockWidget(first, docks["alarms"], Qt.Orientation.Vertical)
        for name in self._pages[1:]:
            window.tabifyDockWidget(first, docks[name])
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docks["cues"])
        for dock in docks.values():
            dock.show()
        self.raise_page(self._pages[0])
        on_text_size(self, ConsoleDocks.fit)

    def fit(self) -> None:
        """Keep the widths of the side docks; the middle takes the rest."""
        window, docks = self._window, self._docks
        width, height = window.width(), window.height()
        sides = self._chosen or _default_sides(width, self._alarm_height(height))
        panel = docks["streams"].widget()
        streams = sides.streams
        if panel is not None:  # a rail, or a list that was dragged to be wider
            streams = min(max(streams, panel.minimumWidth()), panel.maximumWidth())
        window.resizeDocks(
            [docks["streams"], docks[self._pages[0]], docks["cues"]],
            [streams, max(200, width - streams - sides.cues), sides.cues],
            Qt.Orientation.Horizontal,
        )
        window.resizeDocks(
            [docks[self._pages[0]], docks["alarms"]],
            [height - sides.alarms, sides.alarms],
            Qt.Orientation.Vertical,
        )

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Remember the size a side is dragged to, to keep it when the window grows or shrinks."""
        if event is not None and event.type() == QEvent.Type.Resize:
            is_dragged = bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)
            if is_dragged and self._window.cursor().shape() in SPLIT_CURSORS:
                docks = self._docks
                self._chosen = SideSizes(
                    docks["streams"].width(), docks["cues"].width(), docks["alarms"].height()
                )
        return False

    def raise_page(self, name: str) -> None:
        """Bring a dock to the front."""
        self._docks[name].show()
        self._docks[name].raise_()

    def set_locked(self, locked: bool) -> None:
        """Lock the docks (Operate) or not (Set-up)."""
        for name, dock in self._docks.items():
            dock.setFeatures(LOCKED if locked else FREE)
            old = dock.titleBarWidget()
            if locked and (name in self._pages or name in UNTITLED):
                dock.setTitleBarWidget(QWidget(dock))
            else:
                dock.setTitleBarWidget(None)
            if old is not None:
                old.deleteLater()
        self.name_tab_bars()

    def name_tab_bars(self) -> None:
        """Name the tab bars of docks, which Qt makes itself."""
        for bar in self._window.findChildren(QTabBar):
            bar.setAccessibleName("Pages")
            bar.setDrawBase(False)
            bar.setExpanding(False)

    def is_in_sight(self, widget: QWidget) -> bool:
        """True unless the widget is on a page behind the tab of another."""
        place: QWidget | None = widget
        while place is not None and not isinstance(place, QDockWidget):
            place = place.parentWidget()
        return place is None or not place.visibleRegion().isEmpty()

    def layout(self) -> Layout:
        """Layout as it is now, without the cards."""
        window = self._window
        return Layout(window.saveGeometry(), window.saveState(LAYOUT_VERSION), self._chosen)

    def put(self, layout: Layout) -> bool:
        """Restore a layout; False when Qt cannot read it, and the docks stay as they are."""
        self._chosen = layout.sides
        self._window.restoreGeometry(layout.geometry)
        return self._window.restoreState(layout.docks, LAYOUT_VERSION)


def _default_sides(width: int, alarms: int) -> SideSizes:
    side, cue = (SIDE_WIDTH - 16, CUE_WIDTH - 56) if width < px(1400) else (SIDE_WIDTH, CUE_WIDTH)
    return SideSizes(px(side), px(cue), alarms)
