"""Start and Stop of one stream: Start at once, Stop on the second press."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from ibe100.models.messages import StreamView
from ibe100.models.rights import Act
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.labels import set_kind
from ibe100.ui.widgets.permitted import PermittedButton
from ibe100.ui.widgets.timers import single_shot
from ibe100.ui.words.tooltips import set_tooltip

CONFIRM_MS = 4000


class RunButton(PermittedButton):
    """Button of one stream; to stop it wants a second press within CONFIRM_MS."""

    start_requested = pyqtSignal(str)
    stop_requested = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Act.RUN_STREAM, "Start", self._stream_id, parent)
        self._view: StreamView | None = None
        self._confirming = single_shot(self, CONFIRM_MS, self._refresh)
        self.clicked.connect(self._pressed)
        self._refresh()

    def show_stream(self, view: StreamView | None) -> None:
        """Set the stream of the button."""
        same_run = (
            self._view is not None
            and view is not None
            and view.stream_id == self._view.stream_id
            and view.state.is_active == self._view.state.is_active
        )
        self._view = view
        if not same_run:
            self._confirming.stop()
        self._refresh()

    def _stream_id(self) -> str:
        return "" if self._view is None else self._view.stream_id

    def _pressed(self) -> None:
        view = self._view
        if view is None:
            return
        if not view.state.is_active:
            self.start_requested.emit(view.stream_id)
        elif self._confirming.isActive():
            self._confirming.stop()
            self.stop_requested.emit(view.stream_id)
        else:
            self._confirming.start()
        self._refresh()

    def _refresh(self) -> None:
        view = self._view
        name = "" if view is None else view.config.name
        self.setEnabled(view is not None)
        if view is None or not view.state.is_active:
            self.setText("Start")
            self.setIcon(icon("play"))
            self.setAccessibleName(f"Start {name}".strip())
            set_kind(self, "")
        elif self._confirming.isActive():
            self.setText("Sure?")
            self.setIcon(icon("stop", Colour.TALLY_AMBER_TEXT))
            self.setAccessibleName(f"Press again to stop {name}")
            set_kind(self, "confirm")
        else:
            self.setText("Stop")
            self.setIcon(icon("stop"))
            self.setAccessibleName(f"Stop {name}")
            set_kind(self, "")
        set_tooltip(self, self.accessibleName())
