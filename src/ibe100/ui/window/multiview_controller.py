"""Actions on the multiview: show it on a screen of its own, leave it."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QGuiApplication, QScreen
from PyQt6.QtWidgets import QWidget

from ibe100.ui.cues.cue_panel import CuePanel
from ibe100.ui.pictures.multiview import Multiview
from ibe100.ui.pictures.preview_demand import PreviewDemand
from ibe100.ui.qt_models.card_order import CardOrder
from ibe100.ui.qt_models.console_state import ConsoleState
from ibe100.ui.service_client import ServiceClient


class MultiviewController(QObject):
    """Owns the multiview; keeps no reference to the window, so that both go when the window goes."""

    def __init__(
        self,
        window: QWidget,
        state: ConsoleState,
        order: CardOrder,
        client: ServiceClient,
        cue_panel: CuePanel,
    ) -> None:
        super().__init__(window)
        self.view = Multiview(
            state.streams, state.cues, state.confidence, order, lambda: cue_panel.target_id, window
        )
        self.view.left.connect(self.leave)
        self._looking = PreviewDemand(client, "multiview", self.view.in_sight, self)

    def toggle(self) -> None:
        """Show the multiview, or leave it."""
        if self.view.isVisible():
            self.leave()
        else:
            self.show()

    def show(self) -> None:
        """Show the multiview on a full screen, on another than the console's if there is one."""
        screen = self._other_screen()
        if screen is not None:
            self.view.setGeometry(screen.geometry())
        self.view.showFullScreen()
        self.view.activateWindow()

    def leave(self) -> None:
        """Hide the multiview; the console has the keys again."""
        self.view.hide()
        console = self.view.parentWidget()
        if console is not None:
            console.activateWindow()

    def _other_screen(self) -> QScreen | None:
        console = self.view.parentWidget()
        own = None if console is None else console.screen()
        others = [screen for screen in QGuiApplication.screens() if screen is not own]
        return others[0] if others else own
