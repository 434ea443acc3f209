"""Buttons and actions of the window that the person at it may not use: disabled, with the reason."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from ibe100.ui.qt_models.seat_model import SeatModel
from ibe100.ui.widgets.permitted import PermittedButton
from ibe100.ui.window.actions import Actions


class Permissions(QObject):
    """Only shows what the services would refuse; they refuse it whatever is shown."""

    def __init__(self, window: QWidget, seat: SeatModel, actions: Actions) -> None:
        super().__init__(window)
        self._window, self._seat, self._actions = window, seat, actions
        seat.changed.connect(self.apply)

    def apply(self) -> None:
        """Look at every button again; to be called as well when a stream is selected or a card is new."""
        for button in self._window.findChildren(PermittedButton):
            stream_id = None if button.stream_of is None else button.stream_of() or None
            button.set_refusal(self._seat.refusal(button.act, stream_id))
        self._actions.set_refusals(self._seat.refusal)
