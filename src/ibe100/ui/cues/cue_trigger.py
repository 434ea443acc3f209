"""From a press to a cue: latched, held against what is ready, asked of the services, answered."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, pyqtSignal

from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, Readiness
from ibe100.ui.cues.cue_latch import Button, CueLatch
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.words.formats import now

BREAK_ACTIONS = (CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME, CueAction.CRASH_OUT, CueAction.CRASH_IN)
NO_TARGET = Readiness(ready=False, reasons=("no stream selected: choose one in the list",))


class CueTrigger(QObject):
    """`refused` with what and why; `changed` whenever a latch or the readiness may be another."""

    refused = pyqtSignal(str, str)
    changed = pyqtSignal()

    def __init__(self, client: ServiceClient, cues: CueListModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client, self._cues = client, cues
        self._latch = CueLatch()
        self.ready: dict[CueAction, Readiness] = dict.fromkeys(CueAction, NO_TARGET)

    def look(self, row: StreamRow | None) -> None:
        """Ask what can go out on the target now."""
        if row is None:
            self.ready = dict.fromkeys(CueAction, NO_TARGET)
        else:
            self.ready = {action: self._client.readiness(row.stream_id, action) for action in CueAction}

    def is_latched(self, stream_id: str, action: CueAction) -> bool:
        """Whether a press is swallowed: a cue of this button is on its way, or was pressed a moment ago."""
        button = (stream_id, action)
        return self._latch.is_latched(button, self._pending(button), time.monotonic(), now())

    def being_recorded(self, stream_id: str) -> tuple[CueAction, float] | None:
        """The cue of a stream that is not on disk yet, and for how many seconds that has been so."""
        found = self._latch.in_flight(stream_id)
        return None if found is None else (found[0], time.monotonic() - found[1])

    def fire(self, row: StreamRow | None, action: CueAction, request: CueRequest | None) -> None:
        """Send `request`; nothing while its button is latched, words where it cannot go."""
        stream_id = "" if row is None else row.stream_id
        if self.is_latched(stream_id, action):
            return
        self.look(row)
        readiness = self.ready[action]
        if row is None or request is None or not readiness.ready:
            self.refused.emit(f"{action} on {row.name}" if row else str(action), "; ".join(readiness.reasons))
            return
        button = (stream_id, action)
        self._latch.press(button, self._pending(button), time.monotonic(), now())
        call = self._client.fire(request)
        call.done.connect(lambda cue: self._fired(button, cue))
        call.refused.connect(lambda words: self._refused(button, row.name, words))
        self.changed.emit()

    def _pending(self, button: Button) -> Cue | None:
        """The cue that holds the latch: a break has one at a time, other cues may overtake each other."""
        return self._cues.latest(*button) if button[1] in BREAK_ACTIONS else None

    def _fired(self, button: Button, cue: Cue) -> None:
        self._latch.answered(button)
        self._cues.put(cue)

    def _refused(self, button: Button, name: str, words: str) -> None:
        self._latch.refused(button)
        self.refused.emit(f"{button[1]} on {name}", words)
        self.changed.emit()
