"""From Qt to the services: the only way out. Requests are coroutines; results come back as signals."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from ibe100.models.errors import OperatorError, StreamError
from ibe100.models.scte35_marker import CueAction, CueRequest, Readiness
from ibe100.models.stream_config import StreamConfig, StreamInput

if TYPE_CHECKING:
    from ibe100.mpegts.stream_report import StreamReport
    from ibe100.services.ports import Services

log = logging.getLogger(__name__)
Result = TypeVar("Result")
Work = Callable[["Services"], Coroutine[Any, Any, Any]]
NOT_READY = Readiness(ready=False, reasons=("the services are still starting; wait a moment",))
BUG_WORDS = "an error in the console itself; it is in the log, and the streams are not touched"


class CoroutineRunner(Protocol):
    """What the client needs of the background loop."""

    def submit(self, coro: Coroutine[Any, Any, Result], /) -> Future[Result]: ...


class Call(QObject):
    """One request on its way: `done` with the result, or `refused` with words for the operator."""

    done = pyqtSignal(object)
    refused = pyqtSignal(str)
    finished = pyqtSignal()


class ServiceClient(QObject):
    """All that the widgets may ask of the services; nothing here blocks the Qt thread.

    A refusal nobody handles inline is posted through `refused(what, words)`; a bug always through `bug`.
    """

    refused = pyqtSignal(str, str)
    bug = pyqtSignal(str, str)
    _settled = pyqtSignal(object, str, object)

    def __init__(self, runner: CoroutineRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._services: Services | None = None
        self._open: set[Call] = set()
        # Queued also on the Qt thread: a caller connects to the Call before anything is delivered.
        self._settled.connect(self._deliver, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def bind(self, services: Services | None) -> None:
        """Set when the services are up, None when they go."""
        self._services = services

    @property
    def is_bound(self) -> bool:
        """The services are up."""
        return self._services is not None

    @property
    def has_open_calls(self) -> bool:
        """A request has not come back yet."""
        return bool(self._open)

    def readiness(self, stream_id: str, action: CueAction) -> Readiness:
        """Whether this cue can go out now."""
        return NOT_READY if self._services is None else self._services.cues.readiness(stream_id, action)

    def engines(self) -> Call:
        """Result: the processors there are, in words."""
        return self._ask("engines", lambda s: s.engine.engines())

    def add_stream(self, config: StreamConfig, *, start: bool = False) -> Call:
        """Result: StreamView of the new stream, started if so wished."""

        async def add(services: Services) -> object:
            view = await services.streams.add(config)
            return await services.streams.start(view.stream_id) if start else view

        return self._ask(f"Add {config.name}", add)

    def change_stream(self, stream_id: str, config: StreamConfig) -> Call:
        """Result: StreamView."""
        return self._ask(f"Change {config.name}", lambda s: s.streams.change(stream_id, config))

    def remove_stream(self, stream_id: str, name: str) -> Call:
        """Result: None."""
        return self._ask(f"Delete {name}", lambda s: s.streams.remove(stream_id))

    def probe(self, source: StreamInput) -> Call:
        """Result: StreamReport."""
        return self._ask("Probe", lambda s: s.streams.probe(source))

    def preview_command(self, config: StreamConfig, report: StreamReport | None) -> Call:
        """Result: str, secrets masked."""
        return self._ask("Command preview", lambda s: s.streams.preview_command(config, report))

    def command(self, stream_id: str) -> Call:
        """Result: str, secrets masked."""
        return self._ask("Command", lambda s: s.streams.command(stream_id))

    def start_stream(self, stream_id: str, name: str) -> Call:
        """Result: StreamView."""
        return self._ask(f"Start {name}", lambda s: s.streams.start(stream_id))

    def stop_stream(self, stream_id: str, name: str, reason: str = "operator") -> Call:
        """Result: StreamView."""
        return self._ask(f"Stop {name}", lambda s: s.streams.stop(stream_id, reason))

    def restart_stream(self, stream_id: str, name: str) -> Call:
        """Result: StreamView."""
        return self._ask(f"Restart {name}", lambda s: s.streams.restart(stream_id))

    def preview_cue(self, request: CueRequest) -> Call:
        """Result: CuePreview."""
        return self._ask("Cue preview", lambda s: s.cues.preview(request))

    def fire(self, request: CueRequest) -> Call:
        """Result: Cue, SENT or ARMED."""
        return self._ask(str(request.action), lambda s: s.cues.fire(request))

    def cancel_cue(self, cue_id: int) -> Call:
        """Result: Cue, CANCELLED."""
        return self._ask("Disarm", lambda s: s.cues.cancel(cue_id))

    def acknowledge(self, alarm_id: int, who: str) -> Call:
        """Result: None."""
        return self._ask("Acknowledge", lambda s: s.monitoring.acknowledge(alarm_id, who))

    def reset_counters(self, stream_id: str) -> Call:
        """Result: None."""
        return self._ask("Reset counters", lambda s: s.monitoring.reset_counters(stream_id))

    def profile_names(self) -> Call:
        """Result: tuple of names."""
        return self._ask("Profiles", lambda s: s.profiles.names())

    def save_profile(self, name: str) -> Call:
        """Result: Path of the file."""
        return self._ask(f"Save profile {name}", lambda s: s.profiles.save(name))

    def load_profile(self, name: str) -> Call:
        """Result: Profile."""
        return self._ask(f"Load profile {name}", lambda s: s.profiles.load(name))

    def import_profile(self, path: Path) -> Call:
        """Result: Profile."""
        return self._ask(f"Import {path.name}", lambda s: s.profiles.import_file(path))

    def export_profile(self, name: str, path: Path) -> Call:
        """Result: None."""
        return self._ask(f"Export profile {name}", lambda s: s.profiles.export_file(name, path))

    def history(self) -> Call:
        """Result: (sessions, cues, audit records), newest first."""

        async def read(services: Services) -> object:
            history = services.history
            return await history.sessions(), await history.cues(), await history.audit()

        return self._ask("History", read)

    def _ask(self, what: str, work: Work) -> Call:
        call = Call(self)
        self._open.add(call)
        services = self._services
        if services is None:
            self._settled.emit(call, what, StreamError("the services are not up yet; try again in a moment"))
            return call
        future = self._runner.submit(work(services))
        future.add_done_callback(lambda settled: self._settled.emit(call, what, _outcome(settled)))
        return call

    def _deliver(self, call: Call, what: str, outcome: object) -> None:
        self._open.discard(call)
        match outcome:
            case OperatorError():
                if call.receivers(call.refused):
                    call.refused.emit(str(outcome))
                else:
                    self.refused.emit(what, str(outcome))
            case CancelledError():
                log.info("%s was cancelled", what)
            case BaseException():
                log.error("%s failed with a bug", what, exc_info=outcome)
                call.refused.emit(BUG_WORDS)
                self.bug.emit(what, BUG_WORDS)
            case _:
                call.done.emit(outcome)
        call.finished.emit()
        call.deleteLater()


def _outcome(future: Future[Any]) -> object:
    if future.cancelled():
        return CancelledError()
    return future.exception() or future.result()
