"""Buttons and actions of the window that the person at it may not use: disabled, with the reason."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from ibe100.models.rights import Act
from ibe100.ui.qt_models.seat_model import SeatModel
from ibe100.ui.widgets.permitted import PermittedButton

RefuseActions = Callable[[Callable[[Act], str]], object]
"""Takes the reason for which an act is refused, by the act."""


class Permissions(QObject):
    """Only shows what the services would refuse; they refuse it whatever is shown."""

    def __init__(self, window: QWidget, seat: SeatModel, refuse_actions: RefuseActions) -> None:
        super().__init__(window)
        self._window, self._seat, self._refuse_actions = window, seat, refuse_actions
        seat.changed.connect(self.apply)

    def apply(self) -> None:
        """Look at every button again; to be called as well when a stream is selected or a card is new."""
        for button in self._window.findChildren(PermittedButton):
            stream_id = None if button.stream_of is None else button.stream_of() or None
            button.set_refusal(self._seat.refusal(button.act, stream_id))
        self._refuse_actions(self._seat.refusal)
