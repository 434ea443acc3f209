"""Window of the console: the frame around its parts."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QGuiApplication, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QMainWindow

from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.enterprise_theme import unstyled
from ibe100.ui.themes.sizes import LEAST_WINDOW
from ibe100.ui.widgets.fitting import room_of
from ibe100.ui.widgets.focus_ring import FocusRing
from ibe100.ui.widgets.timers import single_shot
from ibe100.ui.window.dialogs import Dialogs
from ibe100.ui.window.parts import Parts
from ibe100.ui.window.wiring import connect, read_records_in_front

DEFAULT_SIZE = QSize(1600, 1000)
SETTLED_MS = 150


class MainWindow(QMainWindow):
    """Window that is shown at once; `services_opened` and `services_failed` say how the start went."""

    retry_requested = pyqtSignal()
    closed = pyqtSignal()
    restart_requested = pyqtSignal()
    """Close and start again, without a question: streams go on."""

    def __init__(
        self,
        client: ServiceClient,
        bridge: EventBridge,
        *,
        title_suffix: str = "",
        layout_file: Path | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle(f"IBE-100 {title_suffix}".strip())
        subtitle = title_suffix or "operator console"
        with unstyled():
            self.parts = Parts(self, client, bridge, subtitle=subtitle, layout_file=layout_file)
        # Laying out and styling everything anew takes too long to follow the pointer that drags an edge.
        self._resized = single_shot(self, SETTLED_MS, self._fit_text)
        self.dialogs = Dialogs(self, self.parts, self._restart)
        self.setMenuWidget(self.parts.top_area)
        self.setStatusBar(self.parts.status)
        self.setMinimumSize(LEAST_WINDOW)
        self.resize(self._first_size())
        self._fit_text()
        self.parts.docks.arrange()
        self.parts.layout_controller.restore_last()
        self.parts.stream_panel.list.setFocus()
        connect(self.parts, self.dialogs, self.close)
        self.parts.state.is_known.connect(self._known)
        self.closed.connect(self.parts.listening.close)
        self.parts.starting.retry_requested.connect(self.retry_requested)
        self._focus_ring = FocusRing(self)

    def _first_size(self) -> QSize:
        """Size of the first window: never beyond the screen it opens on, its frame and title bar included."""
        if QGuiApplication.platformName() == "offscreen":
            return DEFAULT_SIZE
        return DEFAULT_SIZE.boundedTo(room_of(self)).expandedTo(LEAST_WINDOW)

    def services_opened(self) -> None:
        """Show that the services are up."""
        self.parts.links.look()
        self.parts.seat.look()
        self.parts.status.services.setText(
            "Services: elsewhere" if self.parts.links.is_remote else "Services: up"
        )
        if not self.parts.links.is_remote:
            self._read_first()

    def _known(self) -> None:
        """Read the records of a server on another machine: it answers, or does again."""
        if self.parts.links.is_remote:
            self._read_first()

    def _read_first(self) -> None:
        read_records_in_front(self.parts)
        self.parts.client.ask("engines", lambda s: s.engine.engines()).then(self._show_engines)

    def services_failed(self, words: str) -> None:
        """Show why the services did not start, or why they ended."""
        self.parts.status.services.setText("Services: down")
        self.parts.start_pages.show_failure(words)
        self.parts.docks.raise_page("dashboard")

    def showEvent(self, event: QShowEvent | None) -> None:
        """Choose the text size that fits before anything is painted."""
        super().showEvent(event)
        self._fit_text()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give the pages what the window gains; the sides keep their sizes."""
        super().resizeEvent(event)
        self.parts.alarm_panel.set_window_height(self.height())
        self.parts.docks.fit()
        self._resized.start()

    def _fit_text(self) -> None:
        self.parts.appearance.fit_to(self.size())

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab through what is in sight only: Qt keeps the pages behind the tabs in the chain."""
        began = self.focusWidget()
        while super().focusNextPrevChild(next):
            reached = self.focusWidget()
            if reached is None or reached is began or self.parts.docks.is_in_sight(reached):
                return True
        return False

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Ask what becomes of running streams, then go."""
        if event is None:
            return
        if not self.parts.closing.may_close():
            event.ignore()
            return
        self.parts.multiview_controller.view.hide()
        self.parts.layout_controller.keep_last()
        event.accept()
        self.closed.emit()

    def _restart(self) -> None:
        self.parts.layout_controller.keep_last()
        self.restart_requested.emit()

    def _show_engines(self, engines: tuple[str, ...]) -> None:
        used = engines[0] if engines else "no processor found"
        has_tsduck = any(name.startswith("tsduck") for name in engines)
        words = used if has_tsduck else f"{used} in use; TSDuck is not installed"
        self.parts.status.engines.setText(words)
        self.parts.first_run.engines.setText(f"Processor: {words}.")
