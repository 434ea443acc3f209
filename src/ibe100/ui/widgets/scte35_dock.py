"""The cue panel: target, readiness, duration and pre-roll, the two big buttons, receipts."""

from __future__ import annotations

import time

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, Readiness
from ibe100.ui.cue_latch import CueLatch
from ibe100.ui.formats import now
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.widgets.choice_row import ChoiceRow
from ibe100.ui.widgets.cue_button import CueButton
from ibe100.ui.widgets.cue_preview_view import CuePreviewView
from ibe100.ui.widgets.cue_status import CueStatus
from ibe100.ui.widgets.cue_target import CueTarget
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.receipt_list import ReceiptList

BREAK_CHOICES_S = (15, 30, 60, 90, 120)
PRE_ROLL_CHOICES_S = (0, 4, 6, 8, 10)
LONGEST_BREAK_S = 86_400.0
TICK_MS = 100
TICKS_PER_PREVIEW = 10
TICKS_PER_READINESS = 5
MOST_REASONS = 3
NO_TARGET = Readiness(ready=False, reasons=("no stream selected: choose one in the list",))


class CuePanel(QWidget):
    """Fires, disarms and shows receipts; follows the selection unless it is pinned."""

    refused = pyqtSignal(str, str)

    def __init__(
        self,
        streams: StreamListModel,
        cues: CueListModel,
        client: ServiceClient,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._streams, self._cues, self._client = streams, cues, client
        self._latch = CueLatch()
        self._target_id = ""
        self._selected_id = ""
        self._ticks = 0
        self._ready = NO_TARGET
        self._previewing = False
        self._preview_is_stale = False
        self.setProperty("kind", "panel")
        self.setMinimumWidth(344)
        self.target = CueTarget()
        self.status = CueStatus()
        self.reasons = label("", "muted", wrap=True)
        self.break_row = ChoiceRow("Break s", "Break of", BREAK_CHOICES_S, 60, own_up_to=LONGEST_BREAK_S)
        self.pre_roll_row = ChoiceRow("Pre-roll s", "Pre-roll of", PRE_ROLL_CHOICES_S, 0)
        self.to_break = CueButton("TO BREAK", "exit-to-app", "F9", filled=True)
        self.back = CueButton("BACK TO\nPROGRAMME", "location-enter", "F10", filled=False)
        self.preview = CuePreviewView()
        self.receipts = ReceiptList(cues)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.to_break, 1)
        buttons.addWidget(self.back, 1)
        lower = QSplitter()
        lower.setOrientation(lower.orientation().Vertical)
        lower.setChildrenCollapsible(False)
        lower.addWidget(self.preview)
        lower.addWidget(self.receipts)
        lower.setStretchFactor(0, 3)
        lower.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        for widget in (self.target, self.status, self.break_row, self.pre_roll_row):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addWidget(self.reasons)
        layout.addWidget(lower, 1)

    def _connect(self) -> None:
        self.to_break.clicked.connect(lambda: self.fire(CueAction.TO_BREAK))
        self.back.clicked.connect(lambda: self.fire(CueAction.BACK_TO_PROGRAMME))
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
        self._ask_readiness()
        if row is None or not self._ready.ready:
            self.refused.emit(str(action), "; ".join(self._ready.reasons))
            return
        button = (row.stream_id, action)
        if not self._latch.press(button, self._cues.latest(*button), time.monotonic(), now()):
            return
        call = self._client.fire(self._request(row.stream_id, action))
        call.done.connect(lambda cue: self._fired(button, cue))
        call.refused.connect(lambda words: self._refused(button, row.name, words))
        self._refresh()

    def disarm(self) -> None:
        """Take back the target's armed cue."""
        cue = self._cues.armed(self._target_id)
        if cue is not None:
            self._client.cancel_cue(cue.cue_id).done.connect(self._cues.put)

    def _request(self, stream_id: str, action: CueAction) -> CueRequest:
        duration = self.break_row.value() if action is CueAction.TO_BREAK else None
        return CueRequest(
            stream_id=stream_id, action=action, duration_s=duration, pre_roll_s=self.pre_roll_row.value()
        )

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
        self._ready = NO_TARGET if row is None else self._client.readiness(row.stream_id)

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % TICKS_PER_READINESS == 0:
            self._ask_readiness()
        self._refresh()
        if self._ticks % TICKS_PER_PREVIEW == 0:
            self._ask_preview()

    def _refresh(self) -> None:
        row = self._row()
        readiness = self._ready
        self.target.show_row(row)
        self.status.show_cue(row, self._cues.latest(self._target_id))
        _show_reasons(self.reasons, readiness, muted=row is None)
        for button, action in ((self.to_break, CueAction.TO_BREAK), (self.back, CueAction.BACK_TO_PROGRAMME)):
            key = (self._target_id, action)
            latched = self._latch.is_latched(key, self._cues.latest(*key), time.monotonic(), now())
            button.show_state(self._detail(latched, readiness), latched=latched, ready=readiness.ready)

    def _detail(self, latched: bool, readiness: Readiness) -> str:
        if latched:
            return "latched"
        if not readiness.ready:
            return "not now"
        pre_roll = self.pre_roll_row.value()
        return f"{pre_roll:g} s pre-roll" if pre_roll else "immediate"

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


def _show_reasons(shown: QLabel, readiness: Readiness, *, muted: bool) -> None:
    if readiness.ready:
        shown.setText("✓ A cue can go out now")
        set_kind(shown, "muted")
    else:
        words = [f"▲ {reason}" for reason in readiness.reasons]
        rest = len(words) - MOST_REASONS
        shown.setText("\n".join([*words[:MOST_REASONS], *([f"and {rest} more"] if rest > 0 else [])]))
        shown.setToolTip("\n".join(words))
        set_kind(shown, "muted" if muted else "problem")
