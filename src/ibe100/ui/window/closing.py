"""Closing the window: streams are kept unless the operator says otherwise."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from ibe100.models.stream_state import StreamState
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.window.close_question import CloseChoice, CloseQuestion

STOP_REASON = "console closed"


class Closing(QObject):
    """Asks without blocking: the first close opens the question, its answer closes the window again."""

    def __init__(self, window: QWidget, streams: StreamListModel, client: ServiceClient) -> None:
        super().__init__(window)
        self._window, self._streams, self._client = window, streams, client
        self._is_settled = False
        self._waiting: set[str] = set()
        self.question: CloseQuestion | None = None

    def may_close(self) -> bool:
        """True when nothing runs or the operator has answered; otherwise the question is open."""
        running = self._running()
        if self._is_settled or not running or not self._client.is_bound:
            return True
        if self.question is None and not self._waiting:
            self.question = CloseQuestion(len(running), self._window)
            self.question.finished.connect(self._answered)
            self.question.open()
        return False

    def _running(self) -> list[str]:
        return [row.stream_id for row in self._streams.rows() if row.view.state.is_active]

    def _answered(self) -> None:
        question, self.question = self.question, None
        if question is None:
            return
        question.deleteLater()
        if question.choice is CloseChoice.KEEP:
            self._close()
        elif question.choice is CloseChoice.STOP:
            self._stop_all()

    def _stop_all(self) -> None:
        for stream_id in self._running():
            row = self._streams.row_of(stream_id)
            if row is None or row.view.state is StreamState.STOPPING:
                continue
            self._waiting.add(stream_id)
            self._stop(stream_id, row.name)
        if not self._waiting:
            self._close()

    def _stop(self, stream_id: str, name: str) -> None:
        call = self._client.ask(f"Stop {name}", lambda s: s.streams.stop(stream_id, STOP_REASON))
        call.then(lambda _view: self._stopped(stream_id))
        call.finished.connect(lambda: self._waiting.discard(stream_id))

    def _stopped(self, stream_id: str) -> None:
        self._waiting.discard(stream_id)
        if not self._waiting:
            self._close()

    def _close(self) -> None:
        self._is_settled = True
        self._window.close()
