"""Person at the window, as the services say; looked at twice a second, for a role can be taken meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from ibe100.models.console import Seat
from ibe100.models.rights import Act

LOOK_MS = 500


class SeatModel(QObject):
    """Seat as it was seen last; `changed` when somebody came, went or may do other things."""

    changed = pyqtSignal()

    def __init__(
        self,
        read: Callable[[], Seat],
        refusal: Callable[[Act, str | None], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._read, self._refusal = read, refusal
        self.seat = Seat()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_MS)

    @property
    def is_taken(self) -> bool:
        """True while somebody acts here; nobody has to sign in where it is not asked for."""
        return bool(self.seat.person) or not self.seat.asks_sign_in

    def look(self) -> None:
        """Look now."""
        seat = self._read()
        if seat != self.seat:
            self.seat = seat
            self.changed.emit()

    def refusal(self, act: Act, stream_id: str | None = None) -> str:
        """Reason for which whoever is here may not do this; else empty. Without a stream, by the role."""
        return self._refusal(act, stream_id)
