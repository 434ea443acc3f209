"""Way from Qt to the services, the only one: requests are coroutines, answers come back on the Qt thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import SecretStr
from PyQt6.QtCore import QObject, Qt, pyqtSignal

from ibe100.models.errors import NotAllowed, OperatorError, SecondPersonNeeded, StreamError

if TYPE_CHECKING:
    from ibe100.services.ports import Services

log = logging.getLogger(__name__)
Result = TypeVar("Result")
Otherwise = TypeVar("Otherwise")
BUG_WORDS = "an error in the console itself; it is in the log, and the streams are not touched"


class CoroutineRunner(Protocol):
    """The background loop, as far as the client needs it."""

    def submit(self, coro: Coroutine[Any, Any, Result], /) -> Future[Result]: ...


class Call(QObject, Generic[Result]):
    """One request on its way: `done` with the result, or `refused` with words for the operator."""

    done = pyqtSignal(object)
    refused = pyqtSignal(str)
    finished = pyqtSignal()

    def then(
        self,
        done: Callable[[Result], object],
        refused: Callable[[str], object] | None = None,
        *,
        owner: QObject | None = None,
    ) -> Call[Result]:
        """Pass the result on; without `refused` a refusal becomes a notice of the window.

        Nothing is passed on once `owner` is deleted: a dialog may be closed before the answer is there.
        """
        self.done.connect(done)
        if refused is not None:
            self.refused.connect(refused)
        if owner is not None:
            owner.destroyed.connect(self._forget)
        return self

    def _forget(self) -> None:
        for signal in (self.done, self.refused):
            if self.receivers(signal):
                signal.disconnect()
        self.refused.connect(log.info)  # else it would become a notice of the window


class ServiceClient(QObject):
    """Submits coroutines to the background loop; nothing here blocks the Qt thread.

    A refusal nobody handles inline is posted through `refused(what, words)`; a bug always through `bug`.
    """

    refused = pyqtSignal(str, str)
    bug = pyqtSignal(str, str)
    second_needed = pyqtSignal(object, str, str)
    """Call, what it is, and why: to be answered by `confirm` or `call_off`."""
    _settled = pyqtSignal(object, str, object)

    def __init__(self, runner: CoroutineRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._services: Services | None = None
        self._open: dict[Call[Any], Callable[[Services], Coroutine[Any, Any, Any]]] = {}
        """Work of each call that is not answered."""
        # Queued also on the Qt thread: a caller connects to the Call before anything is delivered.
        self._settled.connect(self._deliver, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def bind(self, services: Services | None) -> None:
        """Set the services when they are up, None when they go."""
        self._services = services

    @property
    def is_bound(self) -> bool:
        """True while the services are up."""
        return self._services is not None

    @property
    def has_open_calls(self) -> bool:
        """True while a request is not answered."""
        return bool(self._open)

    def ask(self, what: str, work: Callable[[Services], Coroutine[Any, Any, Result]]) -> Call[Result]:
        """Have `work` done by the services, on their loop; a refusal is posted under `what`."""
        call = Call[Result](self)
        self._open[call] = work
        self._submit(call, what, lambda services: services.console.do(work(services)))
        return call

    def confirm(self, call: Call[Any], what: str, name: str, password: SecretStr) -> None:
        """Have the work of a call done with a second person, as `second_needed` asked for."""
        work = self._open[call]
        self._submit(call, what, lambda services: services.console.do_with(work(services), name, password))

    def call_off(self, call: Call[Any], what: str) -> None:
        """End a call that `second_needed` told of: nobody confirmed it."""
        self._settled.emit(call, what, NotAllowed("no second person has confirmed it"))

    def _submit(
        self, call: Call[Any], what: str, begin: Callable[[Services], Coroutine[Any, Any, Any]]
    ) -> None:
        services = self._services
        if services is None:
            self._settled.emit(call, what, StreamError("the services are not up yet; try again in a moment"))
            return
        future = self._runner.submit(begin(services))
        future.add_done_callback(lambda settled: self._settled.emit(call, what, _outcome(settled)))

    def read(self, port: Callable[[Services], Result], otherwise: Otherwise) -> Result | Otherwise:
        """Read at once what a port gives from any thread; `otherwise` while the services start."""
        return otherwise if self._services is None else port(self._services)

    def _deliver(self, call: Call[Any], what: str, outcome: object) -> None:
        if isinstance(outcome, SecondPersonNeeded) and self.receivers(self.second_needed):
            self.second_needed.emit(call, what, str(outcome))
            return
        self._open.pop(call, None)
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
