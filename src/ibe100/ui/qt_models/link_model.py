"""Connections to servers on other machines, as a window sees them: looked at four times a second."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from ibe100.models.console import Link

LOOK_MS = 250


class LinkModel(QObject):
    """Links as they were seen last; none where the services are in this process."""

    changed = pyqtSignal()
    """A server was lost, or is back."""
    looked = pyqtSignal()
    """Ages may have grown."""

    def __init__(self, read: Callable[[], tuple[Link, ...]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read = read
        self.links: tuple[Link, ...] = ()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_MS)

    @property
    def is_remote(self) -> bool:
        """True where the services are on other machines."""
        return bool(self.links)

    @property
    def lost(self) -> tuple[Link, ...]:
        """Links that are down."""
        return tuple(link for link in self.links if not link.is_up)

    def lost_link(self, stream_id: str) -> Link | None:
        """The link of a stream's server while it is down; None while it is up."""
        return next((link for link in self.lost if link.has(stream_id)), None)

    def look(self) -> None:
        """Look now."""
        before, self.links = self.links, self._read()
        if _states(before) != _states(self.links):
            self.changed.emit()
        if self.links:
            self.looked.emit()


def _states(links: tuple[Link, ...]) -> list[tuple[str, bool, float | None]]:
    return [(link.host, link.is_up, link.lost_at) for link in links]
