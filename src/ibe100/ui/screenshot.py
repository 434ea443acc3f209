"""Picture of the window, saved once it has settled."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from ibe100.models.stream_state import StreamState
from ibe100.ui.main_window import MainWindow
from ibe100.ui.service_session import ServiceSession

log = logging.getLogger(__name__)
CHECK_MS = 100
QUIET_S = 1.5
LONGEST_S = 30.0
PASSING = frozenset({StreamState.PROBING, StreamState.STARTING, StreamState.STOPPING})


class Screenshot(QObject):
    """Takes one picture; `taken` with the exit code: 1 when the services failed or it was not written."""

    taken = pyqtSignal(int)

    def __init__(self, window: MainWindow, path: Path, session: ServiceSession) -> None:
        super().__init__(window)
        self._window, self._path = window, path
        self._began = self._changed_at = time.monotonic()
        self._states: tuple[object, ...] = ()
        self._failed = False
        session.failed.connect(self._services_failed)
        self._timer = QTimer(self)
        self._timer.setInterval(CHECK_MS)
        self._timer.timeout.connect(self._check)
        self._timer.start()

    def _services_failed(self, _words: str) -> None:
        self._failed = True

    def _check(self) -> None:
        at = time.monotonic()
        if at - self._began > LONGEST_S or self._failed or self._is_settled(at):
            self._timer.stop()
            self._take()

    def _is_settled(self, at: float) -> bool:
        rows = self._window.parts.state.streams.rows()
        states = tuple((row.stream_id, row.view.state, row.view.tally) for row in rows)
        if states != self._states:
            self._states, self._changed_at = states, at
        if not self._window.parts.client.is_bound or self._window.parts.client.has_open_calls:
            return False
        if any(row.view.state in PASSING for row in rows):
            return False
        if any(row.view.state is StreamState.RUNNING and row.fresh() is None for row in rows):
            return False
        if any(self._is_awaited(row.stream_id) for row in rows):
            return False
        return at - self._changed_at >= QUIET_S

    def _is_awaited(self, stream_id: str) -> bool:
        """True while the first picture of a stream is on its way."""
        confidence = self._window.parts.state.confidence
        preview = confidence.preview(stream_id)
        return preview.is_on and not preview.problem and confidence.picture(stream_id) is None

    def _take(self) -> None:
        saved = self._window.grab().save(str(self._path), "PNG")
        if not saved:
            log.error("the picture could not be written to %s", self._path)
        self.taken.emit(0 if saved and not self._failed else 1)
