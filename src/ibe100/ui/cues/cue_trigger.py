"""Path from a press of a button to a cue: latch, readiness, request, answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, pyqtSignal

from ibe100.models.rights import act_of
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState, Readiness
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.service_client import ServiceClient

if TYPE_CHECKING:
    from ibe100.services.ports import Services

BREAK_ACTIONS = (CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME, CueAction.CRASH_OUT, CueAction.CRASH_IN)
NO_SERVICES = Readiness(ready=False, reasons=("the services are still starting; wait a moment",))
NO_TARGET = Readiness(ready=False, reasons=("no stream selected: choose one in the list",))
HOLD_S = 1.5
"""Seconds within which a button makes one cue, receipt or not: a double click is one cue."""
PENDING = frozenset({CueState.REQUESTED, CueState.ARMED, CueState.SENT})
Button = tuple[str, CueAction]


@dataclass(slots=True)
class CueLatch:
    """Lets one press through at a time, by stream and action; times are monotonic seconds."""

    _in_flight: set[Button] = field(default_factory=set)
    _pressed_at: dict[Button, float] = field(default_factory=dict)

    def press(self, button: Button, cue: Cue | None, monotonic_s: float, wall_s: float) -> bool:
        """Let a press through and latch the button; False if it is latched already."""
        if self.is_latched(button, cue, monotonic_s, wall_s):
            return False
        self._in_flight.add(button)
        self._pressed_at[button] = monotonic_s
        return True

    def in_flight(self, stream_id: str) -> tuple[CueAction, float] | None:
        """Action of a stream that is not answered yet, and when it was pressed (monotonic)."""
        for button in self._in_flight:
            if button[0] == stream_id:
                return button[1], self._pressed_at[button]
        return None

    def answered(self, button: Button) -> None:
        """Note that the services have taken the cue; from here its state holds the latch."""
        self._in_flight.discard(button)

    def refused(self, button: Button) -> None:
        """Free the button at once: nothing went out."""
        self._in_flight.discard(button)
        self._pressed_at.pop(button, None)

    def is_latched(self, button: Button, cue: Cue | None, monotonic_s: float, wall_s: float) -> bool:
        """True while a press is ignored; `cue` is the newest of this stream and action."""
        if button in self._in_flight:
            return True
        if monotonic_s - self._pressed_at.get(button, float("-inf")) < HOLD_S:
            return cue is None or cue.state is not CueState.CANCELLED
        if cue is None:
            return False
        if cue.state is CueState.SEEN:
            return cue.splice_at is not None and cue.splice_at > wall_s
        return cue.state in PENDING


class CueTrigger(QObject):
    """Fires cues. `changed` when a latch or the readiness may differ."""

    refused = pyqtSignal(object, str, str)
    """Action, name of the stream, and why."""
    ignored = pyqtSignal(object, str)
    """Action whose button was pressed once more while its cue is on its way, and why that made no second."""
    changed = pyqtSignal()

    def __init__(self, client: ServiceClient, cues: CueListModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client, self._cues = client, cues
        self._latch = CueLatch()
        self.ready: dict[CueAction, Readiness] = dict.fromkeys(CueAction, NO_TARGET)

    def read_readiness(self, row: StreamRow | None) -> None:
        """Read which cues can go out on the target now."""
        if row is None:
            self.ready = dict.fromkeys(CueAction, NO_TARGET)
        else:
            self.ready = {action: self._readiness(row.stream_id, action) for action in CueAction}

    def is_latched(self, stream_id: str, action: CueAction) -> bool:
        """True while a press is ignored: a cue of this button is on its way, or was fired a moment ago."""
        button = (stream_id, action)
        return self._latch.is_latched(button, self._pending(button), time.monotonic(), time.time())

    def being_recorded(self, stream_id: str) -> tuple[CueAction, float] | None:
        """Cue of a stream that is not on disk yet, and for how many seconds it has been waiting."""
        found = self._latch.in_flight(stream_id)
        return None if found is None else (found[0], time.monotonic() - found[1])

    def fire(
        self,
        row: StreamRow | None,
        action: CueAction,
        request: CueRequest | None,
        send: Callable[[Services], Coroutine[Any, Any, Cue]] | None = None,
    ) -> None:
        """Send `request`; `ignored` while the button is latched, refused with the reason where it cannot go.

        With `send` the services are asked for it in that way.
        """
        stream_id = "" if row is None else row.stream_id
        if self.is_latched(stream_id, action):
            self.ignored.emit(action, f"{action} was pressed already: one press is one cue")
            return
        self.read_readiness(row)
        readiness = self.ready[action]
        if row is None or request is None or not readiness.ready:
            self.refused.emit(action, row.name if row else "", "; ".join(readiness.reasons))
            return
        button = (stream_id, action)
        self._latch.press(button, self._pending(button), time.monotonic(), time.time())
        self._client.ask(str(action), send or (lambda s: s.cues.fire(request))).then(
            lambda cue: self._fired(button, cue), lambda words: self._refused(button, row.name, words)
        )
        self.changed.emit()

    def _readiness(self, stream_id: str, action: CueAction) -> Readiness:
        ready = self._client.read(lambda s: s.cues.readiness(stream_id, action), NO_SERVICES)
        refusal = self._client.read(lambda s: s.console.refusal(act_of(action), stream_id), "")
        return Readiness(ready=False, reasons=(refusal, *ready.reasons)) if refusal else ready

    def _pending(self, button: Button) -> Cue | None:
        """Cue that holds the latch: break cues go one at a time, other cues may overtake each other."""
        return self._cues.latest(*button) if button[1] in BREAK_ACTIONS else None

    def _fired(self, button: Button, cue: Cue) -> None:
        self._latch.answered(button)
        self._cues.put(cue)

    def _refused(self, button: Button, name: str, words: str) -> None:
        self._latch.refused(button)
        self.refused.emit(button[1], name, words)
        self.changed.emit()
