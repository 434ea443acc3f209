"""The docks of the window, their default places, and the saved layout."""

from __future__ import annotations

import logging
from dataclasses import astuple, dataclass
from pathlib import Path

from PyQt6.QtCore import QByteArray, QEvent, QObject, QSettings, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

log = logging.getLogger(__name__)
LAYOUT_VERSION = 2
SIDE_WIDTH, CUE_WIDTH, ALARM_HEIGHT = 280, 372, 240
SMALL_HEIGHT = 800
SPLIT_CURSORS = frozenset({Qt.CursorShape.SplitHCursor, Qt.CursorShape.SplitVCursor})
LOCKED = QDockWidget.DockWidgetFeature.NoDockWidgetFeatures
FREE = QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetFloatable


@dataclass(frozen=True, slots=True)
class SideSizes:
    """Pixels: width of the streams, width of the cues, height of the alarms."""

    streams: int
    cues: int
    alarms: int


class ConsoleDocks(QObject):
    """Streams left, pages in the middle, cues right, alarms below; the sides keep their sizes."""

    def __init__(self, window: QMainWindow, settings_file: Path | None) -> None:
        super().__init__(window)
        self._window = window
        self._chosen: SideSizes | None = None
        self._file = settings_file
        self._docks: dict[str, QDockWidget] = {}
        self._pages: list[str] = []
        window.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)

    def add(self, name: str, title: str, widget: QWidget, *, page: bool = False) -> QDockWidget:
        """A dock; pages share the middle as tabs."""
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

    def arrange(self) -> None:
        """The default layout."""
        self._chosen = None
        window, docks = self._window, self._docks
        for dock in docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        first = docks[self._pages[0]]
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["streams"])
        window.splitDockWidget(docks["streams"], first, Qt.Orientation.Horizontal)
        for name in self._pages[1:]:
            window.tabifyDockWidget(first, docks[name])
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docks["cues"])
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks["alarms"])
        for dock in docks.values():
            dock.show()
        self.raise_page(self._pages[0])
        self.fit()

    def fit(self) -> None:
        """Side docks keep their widths, the middle takes the rest."""
        window, docks = self._window, self._docks
        width, height = window.width(), window.height()
        sides = self._chosen or _default_sides(width, height)
        window.resizeDocks(
            [docks["streams"], docks[self._pages[0]], docks["cues"]],
            [sides.streams, max(200, width - sides.streams - sides.cues), sides.cues],
            Qt.Orientation.Horizontal,
        )
        window.resizeDocks(
            [docks[self._pages[0]], docks["alarms"]],
            [height - sides.alarms, sides.alarms],
            Qt.Orientation.Vertical,
        )

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """A side that is dragged to another size keeps it when the window grows or shrinks."""
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
        """Operate: docks stay where they are."""
        for name, dock in self._docks.items():
            dock.setFeatures(LOCKED if locked else FREE)
            old = dock.titleBarWidget()
            if locked and name in self._pages:
                dock.setTitleBarWidget(QWidget(dock))
            else:
                dock.setTitleBarWidget(None)
            if old is not None:
                old.deleteLater()
        self.name_tab_bars()

    def name_tab_bars(self) -> None:
        """Qt makes the tab bars of docks itself; give them names and keyboard focus."""
        for bar in self._window.findChildren(QTabBar):
            bar.setAccessibleName("Pages")
            bar.setDrawBase(False)
            bar.setExpanding(False)

    def is_in_sight(self, widget: QWidget) -> bool:
        """Whether it is on no page that lies behind the tab of another."""
        place: QWidget | None = widget
        while place is not None and not isinstance(place, QDockWidget):
            place = place.parentWidget()
        return place is None or not place.visibleRegion().isEmpty()

    def save(self) -> None:
        """Write the layout; nothing without a file."""
        if self._file is None:
            return
        settings = QSettings(str(self._file), QSettings.Format.IniFormat)
        settings.setValue("layout/version", LAYOUT_VERSION)
        chosen = self._chosen
        settings.setValue("layout/sides", [] if chosen is None else list(astuple(chosen)))
        settings.setValue("layout/geometry", self._window.saveGeometry())
        settings.setValue("layout/state", self._window.saveState(LAYOUT_VERSION))
        settings.sync()
        if settings.status() is not QSettings.Status.NoError:
            log.warning("the layout could not be saved to %s", self._file)

    def restore(self) -> bool:
        """Read the layout of this version; False if there is none and the default stands."""
        if self._file is None or not self._file.exists():
            return False
        settings = QSettings(str(self._file), QSettings.Format.IniFormat)
        geometry, state = settings.value("layout/geometry"), settings.value("layout/state")
        if settings.value("layout/version", 0, int) != LAYOUT_VERSION:
            return False
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        self._chosen = _sides(settings.value("layout/sides"))
        self._window.restoreGeometry(geometry)
        return self._window.restoreState(state, LAYOUT_VERSION)


def _default_sides(width: int, height: int) -> SideSizes:
    side, cue = (SIDE_WIDTH - 16, CUE_WIDTH - 24) if width < 1400 else (SIDE_WIDTH, CUE_WIDTH)
    return SideSizes(side, cue, 150 if height < SMALL_HEIGHT else ALARM_HEIGHT)


def _sides(saved: object) -> SideSizes | None:
    """As it was saved; None where the file holds anything else."""
    if not isinstance(saved, list) or len(saved) != 3 or not all(str(size).isdigit() for size in saved):
        return None
    return SideSizes(*(int(size) for size in saved))
