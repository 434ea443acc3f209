"""The cue panel: target, readiness, duration and pre-roll, the buttons, what is next, receipts."""

from __future__ import annotations

import time

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from ibe100.models.contract import Severity
from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, Readiness
from ibe100.models.stream_state import Tally
from ibe100.ui.cue_latch import CueLatch
from ibe100.ui.formats import now
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.widgets.choice_row import ChoiceRow
from ibe100.ui.widgets.cue_buttons import CRASH_PAIR, PAIR, CueButtons
from ibe100.ui.widgets.cue_details import CueDetails
from ibe100.ui.widgets.cue_preview_view import CuePreviewView
from ibe100.ui.widgets.cue_status import CueStatus
from ibe100.ui.widgets.cue_target import CueTarget
from ibe100.ui.widgets.next_events import NextEvents
from ibe100.ui.widgets.receipt_list import ReceiptList

BREAK_CHOICES_S = (15, 30, 60, 90, 120)
PRE_ROLL_CHOICES_S = (0, 4, 6, 8, 10)
LONGEST_BREAK_S = 86_400.0
TICK_MS = 100
TICKS_PER_PREVIEW = 10
TICKS_PER_READINESS = 5
ACTIONS = (*PAIR, *CRASH_PAIR)
NO_TARGET = Readiness(ready=False, reasons=("no stream selected: choose one in the list",))


class CuePanel(QWidget):
    """Fires, disarms and shows receipts; follows the selection unless it is pinned."""

    refused = pyqtSignal(str, str)

    def __init__(
        self,
        streams: StreamListModel,
        cues: CueListModel,
        schedule: ScheduleModel,
        client: ServiceClient,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._streams, self._cues, self._client = streams, cues, client
        self._latch = CueLatch()
        self._target_id = ""
        self._selected_id = ""
        self._ticks = 0
        self._ready: dict[CueAction, Readiness] = dict.fromkeys(ACTIONS, NO_TARGET)
        self._was_in_break = False
        self._breaches: tuple[str, ...] = ()
        self._previewing = False
        self._preview_is_stale = False
        self.setProperty("kind", "panel")
        self.setMinimumWidth(344)
        self.target = CueTarget()
        self.status = CueStatus()
        self.break_row = ChoiceRow("Break s", "Break of", BREAK_CHOICES_S, 60, own_up_to=LONGEST_BREAK_S)
        self.pre_roll_row = ChoiceRow("Pre-roll s", "Pre-roll of", PRE_ROLL_CHOICES_S, 0)
        self.buttons = CueButtons()
        self.preview = CuePreviewView()
        self.receipts = ReceiptList(cues)
        self.coming = NextEvents(streams, cues, schedule)
        pages = (("Would go out", self.preview), ("Next events", self.coming), ("Receipts", self.receipts))
        self.details = CueDetails(pages)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        for widget in (self.target, self.status, self.break_row, self.pre_roll_row, self.buttons):
            layout.addWidget(widget)
        layout.addWidget(self.details, 1)

    def _connect(self) -> None:
        self.buttons.fire_requested.connect(self.fire)
        self.status.disarm_requested.connect(self.disarm)
        self.target.pin_toggled.connect(self._pin_toggled)
        self.preview.action_changed.connect(self._ask_preview)
        self.break_row.changed.connect(self._ask_preview)
        self.pre_roll_row.changed.connect(self._ask_preview)
        self._cues.cue_changed.connect(self._refresh)
        self._streams.rowsRemoved.connect(self._refresh)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._refresh()

    @property
    def target_id(self) -> str:
        """The stream the cues go to; empty when there is none."""
        return self._target_id

    def select(self, stream_id: str) -> None:
        """The list's selection changed."""
        self._selected_id = stream_id
        if not self.target.pin.isChecked():
            self._aim(stream_id)

    def fire(self, action: CueAction) -> None:
        """Send a cue to the target, unless the button is latched or no cue can go out."""
        row = self._row()
        button = (self._target_id, action)
        if self._is_latched(action):
            return
        self._ask_readiness()
        readiness = self._ready[action]
        if row is None or not readiness.ready:
            self.refused.emit(f"{action} on {row.name}" if row else str(action), "; ".join(readiness.reasons))
            return
        self._latch.press(button, self._cues.latest(*button), time.monotonic(), now())
        call = self._client.fire(self._request(row.stream_id, action))
        call.done.connect(lambda cue: self._fired(button, cue))
        call.refused.connect(lambda words: self._refused(button, row.name, words))
        self._refresh()

    def disarm(self) -> None:
        """Take back the target's armed cue."""
        cue = self._cues.armed(self._target_id)
        if cue is not None:
            self._client.cancel_cue(cue.cue_id).done.connect(self._cues.put)
            return
        latest = self._cues.latest(self._target_id)
        if latest is not None and not latest.state.is_final and (latest.splice_at or 0) > now():
            self.refused.emit("Disarm", f"{latest.action} has been sent and cannot be taken back any more")

    def _request(self, stream_id: str, action: CueAction) -> CueRequest:
        duration = self.break_row.value() if action.leaves else None
        pre_roll = 0.0 if action.is_immediate else self.pre_roll_row.value()
        return CueRequest(stream_id=stream_id, action=action, duration_s=duration, pre_roll_s=pre_roll)

    def _fired(self, button: tuple[str, CueAction], cue: Cue) -> None:
        self._latch.answered(button)
        self._cues.put(cue)

    def _refused(self, button: tuple[str, CueAction], name: str, words: str) -> None:
        self._latch.refused(button)
        self.refused.emit(f"{button[1]} on {name}", words)
        self._refresh()

    def _pin_toggled(self, pinned: bool) -> None:
        if not pinned:
            self._aim(self._selected_id)

    def _aim(self, stream_id: str) -> None:
        if stream_id == self._target_id:
            return
        self._target_id = stream_id
        row = self._row()
        if row is not None:
            self.break_row.set_value(row.view.config.scte35.break_duration_s)
        self.receipts.show_stream(stream_id)
        self._ask_readiness()
        self._refresh()
        self._ask_preview()

    def _row(self) -> StreamRow | None:
        return self._streams.row_of(self._target_id)

    def _ask_readiness(self) -> None:
        row = self._row()
        if row is None:
            self._ready, self._breaches = dict.fromkeys(ACTIONS, NO_TARGET), ()
            return
        findings = self._client.lint(row.view.config, None)
        self._breaches = tuple(found.words for found in findings if found.severity is Severity.BREACH)
        self._ready = {action: self._client.readiness(row.stream_id, action) for action in ACTIONS}

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % TICKS_PER_READINESS == 0:
            self._ask_readiness()
        self._refresh()
        if self._ticks % TICKS_PER_PREVIEW == 0:
            self._ask_preview()

    def _refresh(self) -> None:
        row = self._row()
        in_break = row is not None and row.view.tally is Tally.IN_BREAK
        if in_break is not self._was_in_break:
            self._was_in_break = in_break
            self.preview.choose(CueAction.BACK_TO_PROGRAMME if in_break else CueAction.TO_BREAK)
        self.target.show_row(row)
        self.status.show_cue(row, self._cues.latest(self._target_id))
        pre_roll = self.pre_roll_row.value()
        how = f"{pre_roll:g} s pre-roll" if pre_roll else "immediate"
        latched = {action for action in ACTIONS if self._is_latched(action)}
        self.buttons.show_state(self._ready, latched, how)
        self.buttons.show_reasons(self._ready, latched, self._breaches, muted=row is None)

    def _is_latched(self, action: CueAction) -> bool:
        key = (self._target_id, action)
        return self._latch.is_latched(key, self._cues.latest(*key), time.monotonic(), now())

    def _ask_preview(self) -> None:
        row = self._row()
        if row is None or not self._client.is_bound:
            self.preview.show_problem("no stream selected" if row is None else "services are starting")
            return
        self._preview_is_stale = self._previewing
        if self._previewing:
            return
        self._previewing = True
        call = self._client.preview_cue(self._request(row.stream_id, self.preview.action))
        call.done.connect(self._preview_came)
        call.refused.connect(self.preview.show_problem)
        call.finished.connect(self._preview_finished)

    def _preview_came(self, preview: CuePreview) -> None:
        if not self._preview_is_stale:
            self.preview.show_preview(preview)

    def _preview_finished(self) -> None:
        self._previewing = False
        if self._preview_is_stale:
            self._ask_preview()
