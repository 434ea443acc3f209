"""Closing the window: streams are kept unless the operator says otherwise."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.qt_models.link_model import LinkModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.window.close_question import CloseChoice, CloseQuestion
from ibe100.utils.timecode import format_clock

STOP_REASON = "console closed"
MOST_NAMED = 6


class Closing(QObject):
    """Asks without blocking: the first close opens the question, its answer closes the window again."""

    def __init__(
        self, window: QWidget, streams: StreamListModel, client: ServiceClient, links: LinkModel
    ) -> None:
        super().__init__(window)
        self._window, self._streams, self._client, self._links = window, streams, client, links
        self._is_settled = False
        self._waiting: set[str] = set()
        self.question: CloseQuestion | None = None

    def may_close(self) -> bool:
        """True when nothing runs or the operator has answered; otherwise the question is open."""
        running = self._running()
        if self._links.is_remote:
            return True  # the streams are those of a server, which goes on
        if self._is_settled or not running or not self._client.is_bound:
            return True
        if self.question is None and not self._waiting:
            self.question = CloseQuestion(len(running), self._breaks(), self._window)
            self.question.finished.connect(self._answered)
            self.question.open()
        return False

    def _running(self) -> list[str]:
        return [row.stream_id for row in self._streams.rows() if row.view.state.is_active]

    def _breaks(self) -> list[str]:
        """Streams whose break is not over, the first few by name: stopping them ends it, or loses its cue."""
        rows = [row for row in self._streams.rows() if row.view.tally in (Tally.IN_BREAK, Tally.ARMED)]
        words = [_break_words(row) for row in rows[:MOST_NAMED]]
        more = len(rows) - MOST_NAMED
        return [*words, f"and {more} more in a break or armed"] if more > 0 else words

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


def _break_words(row: StreamRow) -> str:
    """`2 Sport 1 HD is in a break until 21:04:30 UTC: stopping it ends the break.`"""
    who = f"{row.view.number} {row.name}"
    if row.view.tally is Tally.ARMED:
        return f"{who} has a cue armed: stopping it loses the cue."
    ends = row.view.break_ends_at or row.view.break_announced_end
    until = "" if ends is None else f" until {format_clock(ends)} UTC"
    return f"{who} is in a break{until}: stopping it ends the break."
