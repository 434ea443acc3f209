"""Cue panel: target, countdown, length and pre-roll, presets, buttons, receipts, and what comes next."""

from __future__ import annotations

import time

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from ibe100.models.cues.contract import Contract, Severity
from ibe100.models.scte35_marker import BreakEnd, CueAction, CueRequest, Direction, Readiness
from ibe100.models.stream_config import Scte35Options
from ibe100.models.stream_state import Tally
from ibe100.ui.cues.break_end_row import BreakEndRow
from ibe100.ui.cues.cue_buttons import STILL_ARMED, CueButtons
from ibe100.ui.cues.cue_details import CueDetails
from ibe100.ui.cues.cue_status import CueStatus
from ibe100.ui.cues.cue_target import CueTarget
from ibe100.ui.cues.cue_trigger import BREAK_ACTIONS, CueTrigger
from ibe100.ui.cues.latest_preview import LatestPreview
from ibe100.ui.cues.more_cues import MoreCues
from ibe100.ui.cues.planned_cues import PlannedCues
from ibe100.ui.cues.preset_bar import PresetBar
from ibe100.ui.cues.receipt_list import ReceiptList
from ibe100.ui.cues.rundown_view import RundownView
from ibe100.ui.cues.section_preview import CuePreviewView
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.schedule.next_events import NextEvents
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.choices import ChoiceRow
from ibe100.ui.widgets.timers import repeating
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import format_event_id

BREAK_CHOICES_S = (15, 30, 60, 90, 120)
PRE_ROLL_CHOICES_S = (0, 4, 6, 8, 10)
LONGEST_BREAK_S = 86_400.0
TICK_MS, TICKS_PER_PREVIEW, TICKS_PER_READINESS = 100, 10, 5
NO_STREAM = "no stream selected"


class CuePanel(QWidget):
    """Fires and disarms cues and shows receipts; follows the selection unless it is pinned."""

    refused = pyqtSignal(str, str)
    """What was asked for, and why not."""
    refusal_over = pyqtSignal(str, str)
    """A refusal that was told of and does not hold any more."""

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
        self._trigger = CueTrigger(client, cues, self)
        self._target_id = ""
        self._selected_id = ""
        self._ticks = 0
        self._was_in_break = False
        self._breaches: tuple[str, ...] = ()
        self._contract: Contract | None = None
        """Contract of the target when its pre-roll was set."""
        self._pre_rolls: dict[str, tuple[Contract | None, float]] = {}
        """Pre-roll chosen for earlier targets, and the contract it was chosen under."""
        self._breaks: dict[str, tuple[Scte35Options, float, BreakEnd]] = {}
        """Break and its end as chosen for earlier targets, and the options they were chosen under."""
        self._options: Scte35Options | None = None
        """Options of the target when it became that."""
        self.setProperty("kind", "panel")
        scaled(self.setMinimumWidth, 340)
        self._refusals: dict[CueAction, tuple[str, str]] = {}
        """Refusals that hold, by action, as they were told."""
        self.target = CueTarget()
        self.status = CueStatus()
        self.break_row = ChoiceRow("Break, s", "Break of", BREAK_CHOICES_S, 60, own_up_to=LONGEST_BREAK_S)
        self.pre_roll_row = ChoiceRow("Pre-roll, s", "Pre-roll of", PRE_ROLL_CHOICES_S, 0)
        self.break_end_row = BreakEndRow(self._trigger, self._row, self.break_row.value)
        self.presets = PresetBar()
        self.buttons = CueButtons()
        self.preview = CuePreviewView()
        self.receipts = ReceiptList(cues, client)
        self.coming = NextEvents(streams, cues, schedule)
        self.more = MoreCues()
        self.rundown = RundownView()
        self.planned = PlannedCues(self, client, self._trigger, self._row, self.presets, self.rundown)
        pages = (("Receipts", self.receipts), ("Next", self.coming), ("Section", self.preview))
        self.details = CueDetails((*pages, ("Rundown", self.rundown), ("More", self.more)))
        self._pair_preview = LatestPreview(client, self.preview, self._pair_request, self)
        self._more_preview = LatestPreview(client, self.more.preview, self._more_request, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 4)
        rows = (self.break_row, self.pre_roll_row, self.break_end_row, self.presets)
        for widget in (self.target, self.status, *rows, self.buttons):
            layout.addWidget(widget)
        layout.addWidget(self.details, 1)

    def _connect(self) -> None:
        self.buttons.fire_requested.connect(self.fire)
        self.status.disarm_requested.connect(self.disarm)
        self.target.pin_toggled.connect(self._pin_toggled)
        self.preview.action_changed.connect(self._pair_preview.ask)
        for spared in (self.presets, self.break_row, self.break_end_row):
            self.details.squeezed.connect(spared.setHidden)
        self.more.changed.connect(self._more_changed)
        self.more.send_requested.connect(self.send_more)
        self._more_preview.settled.connect(self._refresh_more)
        for row in (self.break_row, self.pre_roll_row, self.break_end_row):
            row.changed.connect(self._ask_previews)
        self._trigger.refused.connect(self._was_refused)
        self._trigger.ignored.connect(lambda _action, words: self.buttons.say(words))
        self._trigger.changed.connect(self._refresh)
        self._cues.cue_changed.connect(self.status.note)
        self._cues.cue_changed.connect(self._refresh)
        self._streams.rowsRemoved.connect(self._refresh)
        self._timer = repeating(self, TICK_MS, self._tick)
        self._timer.start()
        self._refresh()

    @property
    def target_id(self) -> str:
        """The stream the cues go to; empty when there is none."""
        return self._target_id

    @property
    def busy_words(self) -> str:
        """Reason for which no new stream takes the target's place by itself; empty where one may."""
        row = self._row()
        if row is None or self.target.pin.isChecked():
            return ""
        is_on_its_way = any(self._trigger.is_latched(self._target_id, action) for action in BREAK_ACTIONS)
        if row.view.tally in (Tally.IN_BREAK, Tally.ARMED) or is_on_its_way:
            return f"cues stay with {row.view.number} {row.name}, whose break is not over"
        return ""

    def select(self, stream_id: str) -> None:
        """Follow the selection in the list of streams."""
        self._selected_id = stream_id
        if not self.target.pin.isChecked():
            self._aim(stream_id)
        self._flag_target()

    def fire(self, action: CueAction) -> None:
        """Send a cue to the target, unless the button is latched or no cue can go out."""
        row = self._row()
        fault = self.break_row.fault if action.traits.direction is Direction.OUT else ""
        if row is not None and fault:
            self._was_refused(action, row.name, fault)
            return
        self.break_row.leave()
        self._trigger.fire(row, action, None if row is None else self._request(row.stream_id, action))

    def prepare(self, action: CueAction) -> None:
        """Open the page of the other cues for this action."""
        self.details.show_page(self.more)
        self.more.choose(action)

    def send_more(self) -> None:
        """Send the prepared cue: exactly the one whose section is shown."""
        request = self._more_request()
        if isinstance(request, str):
            self.refused.emit(str(self.more.action), request)
        elif request != self._more_preview.shown:
            self.refused.emit(str(self.more.action), "its section is not shown yet; look at it, then send")
        else:
            self._trigger.fire(self._row(), self.more.action, request)

    def disarm(self) -> None:
        """Call off the target's cue: disarmed while it is armed, withdrawn once it is announced."""
        self.buttons.unsay()
        cue = self._cues.can_be_called_off(self._target_id, time.time())
        if cue is not None:
            self._client.ask("Disarm", lambda s: s.cues.cancel(cue.cue_id)).then(self._cues.put)
            return
        latest = self._cues.latest(self._target_id)
        if latest is not None and not latest.state.is_final and (latest.splice_at or 0) > time.time():
            self.refused.emit("Disarm", f"{latest.action} can be called off no longer")

    def say_still_armed(self) -> None:
        """Say that Esc went to what was in front, where the target's cue could be called off."""
        cue = self._cues.can_be_called_off(self._target_id, time.time())
        if cue is not None:
            self.buttons.say(f"{cue.action} {STILL_ARMED}")

    def _request(self, stream_id: str, action: CueAction) -> CueRequest:
        leaves = action.traits.direction is Direction.OUT
        duration = self.break_row.value() if leaves else None
        pre_roll = 0.0 if action.traits.splices == "at once" else self.pre_roll_row.value()
        returns = self.break_end_row.value() if leaves else None
        return CueRequest(
            stream_id=stream_id, action=action, duration_s=duration, pre_roll_s=pre_roll, returns=returns
        )

    def _pair_request(self) -> CueRequest | str:
        row, action = self._row(), self.preview.action
        if row is None:
            return NO_STREAM
        fault = self.break_row.fault if action is CueAction.TO_BREAK else ""
        return fault or self._request(row.stream_id, action)

    def _more_request(self) -> CueRequest | str:
        row = self._row()
        return NO_STREAM if row is None else self.more.request(row.stream_id, self.pre_roll_row.value())

    def _pin_toggled(self, pinned: bool) -> None:
        if not pinned:
            self._aim(self._selected_id)
        self._flag_target()

    def _flag_target(self) -> None:
        """Flag the target wherever streams are shown, unless it is simply the selected one."""
        is_apart = self.target.pin.isChecked() or self._target_id != self._selected_id
        self._streams.set_cue_target(self._target_id if is_apart else "")
        self._refresh()

    def _aim(self, stream_id: str) -> None:
        if stream_id == self._target_id:
            return
        self._pre_rolls[self._target_id] = self._contract, self.pre_roll_row.value()
        if self._options is not None:
            self._breaks[self._target_id] = self._options, self.break_row.value(), self.break_end_row.value()
        self._target_id = stream_id
        row = self._row()
        self._options = None if row is None else row.view.config.scte35
        if row is not None:
            options = row.view.config.scte35
            own = options, options.break_duration_s, options.returns
            chosen = self._breaks.get(stream_id, own)
            _options, length_s, returns = chosen if chosen[0] == options else own
            self.break_row.set_value(length_s)
            self.break_end_row.set_value(returns)
            self._take_contract(row.view.config.contract)
        self.receipts.show_stream(stream_id)
        for action in tuple(self._refusals):
            self._end_refusal(action)
        self.buttons.unsay()
        self._read_readiness()
        self._refresh()
        self._ask_previews()

    def _was_refused(self, action: object, name: str, words: str) -> None:
        """Tell of a press that did nothing: near the buttons, and in the notices for who looks elsewhere."""
        told = (f"{action} on {name}" if name else str(action)), words
        if isinstance(action, CueAction):
            self._end_refusal(action)
            if action in BREAK_ACTIONS:
                self.buttons.say(words, f"{action} was refused: {words}")
            self._trigger.read_readiness(self._row())
            if words in self._reasons(action):
                self._refusals[action] = told
        self.refused.emit(*told)

    def _end_refusal(self, action: CueAction) -> None:
        if action in self._refusals:
            what, words = self._refusals.pop(action)
            self.refusal_over.emit(what, words)
            if self.buttons.said == words:
                self.buttons.unsay()

    def _reasons(self, action: CueAction) -> str:
        """Reasons for which this action cannot be had now."""
        fault = self.break_row.fault if action.traits.direction is Direction.OUT else ""
        return "; ".join(filter(None, (fault, *self._trigger.ready[action].reasons)))

    def _take_contract(self, contract: Contract | None) -> None:
        """Set the pre-roll chosen for this stream under this contract, else the one the contract asks."""
        self._contract = contract
        before, chosen = self._pre_rolls.get(self._target_id, (None, None))
        if chosen is None or before != contract:
            asked_s = self._client.read(
                lambda s: s.contracts.default_pre_roll_s(contract, CueAction.TO_BREAK), 0.0
            )
            longer = (choice for choice in sorted(PRE_ROLL_CHOICES_S) if choice >= asked_s)
            chosen = next(longer, asked_s)
        self.pre_roll_row.set_value(chosen)

    def _row(self) -> StreamRow | None:
        return self._streams.row_of(self._target_id)

    def _read_readiness(self) -> None:
        row = self._row()
        self._trigger.read_readiness(row)
        if row is not None and row.view.config.contract != self._contract:
            self._take_contract(row.view.config.contract)
        self._breaches = ()
        if row is not None:
            config = row.view.config
            findings = self._client.read(lambda s: s.contracts.lint(config, None), ())
            self._breaches = tuple(found.words for found in findings if found.severity is Severity.BREACH)

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % TICKS_PER_READINESS == 0:
            self._read_readiness()
        self._refresh()
        if self._ticks % TICKS_PER_PREVIEW == 0:
            self._ask_previews()

    def _ask_previews(self) -> None:
        if self.more.isVisible():
            self._more_preview.ask()
        if not self.more.isVisible() or self.preview.isVisible():
            self._pair_preview.ask()

    def _more_changed(self) -> None:
        self._more_preview.ask()
        self._refresh_more()

    def _refresh(self) -> None:
        row = self._row()
        in_break = row is not None and row.view.tally is Tally.IN_BREAK
        if in_break is not self._was_in_break:
            self._was_in_break = in_break
            self.preview.choose(CueAction.BACK_TO_PROGRAMME if in_break else CueAction.TO_BREAK)
        self.target.show_row(row, self._streams.row_of(self._selected_id))
        latest = self._cues.latest(self._target_id)
        came_back = None if latest is None else self._cues.return_of(latest.cue_id)
        self.status.show_cue(
            row,
            latest,
            came_back,
            self._trigger.being_recorded(self._target_id),
            idle=self._would_go_out(),
        )
        self.receipts.show_feed(None if row is None else row.view.return_feed)
        self.break_end_row.show_break(self.break_row.value())
        ready = {action: self._trigger.ready[action] for action in BREAK_ACTIONS}
        if row is not None:
            ready[CueAction.TO_BREAK] = self._hold_against_contract(row, ready[CueAction.TO_BREAK])
        if fault := self.break_row.fault:
            for action in (CueAction.TO_BREAK, CueAction.CRASH_OUT):
                ready[action] = Readiness(ready=False, reasons=(fault, *ready[action].reasons))
        latched = {
            action: self._latched_words(None if latest is None else latest.can_be_called_off_until)
            for action in ready
            if self._trigger.is_latched(self._target_id, action)
        }
        self.buttons.show_state(ready, latched, self._out_words(), self._how())
        for action, (_what, words) in tuple(self._refusals.items()):
            if words not in self._reasons(action):
                self._end_refusal(action)
        self.planned.refresh()
        self._refresh_more()

    def _how(self) -> str:
        pre_roll = self.pre_roll_row.value()
        return f"{pre_roll:g} s pre-roll" if pre_roll else "immediate"

    def _out_words(self) -> tuple[str, ...]:
        length = self.break_row.value()
        warning = self._client.read(lambda s: s.cues.break_warning(length), "")
        words = f"{length:g} s · {self._how()}"
        if warning:
            return f"{words} ▲ {warning}", f"{words} ▲ unusual"
        if self._breaches:
            return f"{words} ▲ contract: {'; '.join(self._breaches)}", f"{words} ▲ breaks contract", words
        return (words,)

    def _latched_words(self, until: float | None) -> str:
        left = 0.0 if until is None else until - time.time()
        return f"latched · {left:.1f} s" if left > 0 else "latched"

    def _would_go_out(self) -> tuple[str, str]:
        """When a TO BREAK would splice and the event id it would have, where the preview knows."""
        shown, answer = self._pair_preview.shown, self._pair_preview.answer
        if shown is None or answer is None or shown.stream_id != self._target_id:
            return "", ""
        when = "at once" if answer.splice_at is None else format_clock(answer.splice_at)
        is_new = answer.splice_event_id is not None and shown.action.traits.event_id == "new"
        next_id = f"next {format_event_id(answer.splice_event_id)}" if is_new else ""
        if answer.cut is None:
            return f"would splice {when}", next_id
        return f"would splice {when} · {next_id}".removesuffix(" · "), answer.cut.words

    def _hold_against_contract(self, row: StreamRow, ready: Readiness) -> Readiness:
        """Readiness of TO BREAK as it is chosen: not ready where the contract would have it refused."""
        contract, chosen = row.view.config.contract, (self.break_row.value(), self.pre_roll_row.value())
        faults = self._client.read(lambda s: s.contracts.break_faults(contract, *chosen), ())
        return Readiness(ready=ready.ready and not faults, reasons=(*ready.reasons, *faults))

    def _refresh_more(self) -> None:
        action = self.more.action
        self.more.show_state(
            self._trigger.ready[action],
            is_previewed=self._more_preview.shown is not None
            and self._more_preview.shown == self._more_request(),
            is_latched=self._trigger.is_latched(self._target_id, action),
        )
