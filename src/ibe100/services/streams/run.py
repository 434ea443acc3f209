"""A stream as the console knows it: its place in the list, its runner, its clock, its state."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Literal, Protocol, TypeAlias

from ibe100.models.cues.contract import Contract
from ibe100.models.cues.return_receipt import ReturnFeedView
from ibe100.models.messages import StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import Scte35Options, StreamConfig
from ibe100.models.stream_state import OutputTrouble, SrtLink, StreamState
from ibe100.mpegts.pts_clock import PtsClock
from ibe100.services.streams.measured_output import MeasuredOutput
from ibe100.services.streams.run_record import RunRecord
from ibe100.services.streams.runner_facts import JournalLag
from ibe100.services.streams.runner_link import RunnerLink, RunnerStatus
from ibe100.services.streams.runner_samples import (
    FirstPackets,
    InfluxPost,
    Measurement,
    PicturesSeen,
    SeenPictures,
)
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.telemetry import InfluxSample

Desired: TypeAlias = Literal["run", "off"]
At: TypeAlias = float | None


class Runs(Protocol):
    """The streams of this console; `ibe100.services.stream_service`."""

    def run_of(self, stream_id: str) -> StreamRun:
        """The stream of this id. Raises StreamError when it does not exist."""

    def streams(self) -> tuple[StreamView, ...]:
        """Streams in the order of their numbers; safe from any thread."""


class StreamRun:
    """State of a stream, owned by the loop; `view` is a frozen value that any thread may read.

    Nobody sets a field from outside: whoever knows of a change calls the method that is named after it.
    """

    def __init__(self, entry: StreamEntry, link: RunnerLink, publish: Callable[[StreamView], None]) -> None:
        self.link: Final = link
        self.stream_id: Final = entry.stream_id
        self._publish = publish
        self._entry = entry
        self._wanted: Desired = "off"
        self._wish_on_record, self._wish_was_refused = True, False
        self._view = StreamView(stream_id=entry.stream_id, number=entry.number, config=entry.config)
        self._record: RunRecord | None = None
        self._measured = MeasuredOutput()
        self._srt_output: SrtLink | None = None
        self._in_break = self._armed = False
        self._heartbeat_lost, self._heartbeats_lost = "", 0
        self._return_due: tuple[float, str] | None = None
        self._cue_seen_at: float | None = None
        self._last_fault = ""
        self._passes = self._doubt = ""
        self._seq = 0
        self._lag = JournalLag()

    @property
    def entry(self) -> StreamEntry:
        return self._entry

    @property
    def view(self) -> StreamView:
        return self._view

    @property
    def is_ours(self) -> bool:
        """True while this host owns it: only then anything may be done about it here."""
        return self._view.owner is None

    @property
    def name(self) -> str:
        """Name for the operator."""
        return self._entry.config.name

    @property
    def record(self) -> RunRecord | None:
        """The present run, or the last one; None for a stream that never ran."""
        return self._record

    @property
    def clock(self) -> PtsClock | None:
        """The clock of this attempt's timestamps."""
        return self._measured.clock

    @property
    def influx(self) -> InfluxSample:
        """The last measurement of the output."""
        return self._measured.influx

    @property
    def pictures(self) -> SeenPictures | None:
        """Pictures of the video at which decoding can begin; None where none were seen."""
        return self._measured.pictures

    @property
    def srt_output(self) -> SrtLink | None:
        """The connection of an SRT output; None where the output is another, or nothing is known of it."""
        return self._srt_output

    @property
    def heartbeat_lost(self) -> str:
        """Number of missing heartbeats as text, while they are not seen on the output; else empty."""
        return self._heartbeat_lost

    @property
    def return_due(self) -> tuple[float, str] | None:
        """Wall clock at which a return to programme was due that is not on the output, and why; else None."""
        return self._return_due

    @property
    def cue_seen_at(self) -> float | None:
        """Wall clock at which the newest cue, heartbeats aside, was on the output; None without one."""
        return self._cue_seen_at

    @property
    def last_fault(self) -> str:
        """Newest error line of the processor's log in this attempt."""
        return self._last_fault

    @property
    def has_break(self) -> bool:
        """True while it is in a break, or a cue waits to go out."""
        return self._in_break or self._armed

    @property
    def passes(self) -> str:
        """Reason why the input is passed on without cues now; empty while its plan fits it."""
        return self._passes

    @property
    def without_cues(self) -> str:
        """Reason why no cue may go in now: its plan does not fit the input; empty while it does."""
        return self._passes or self._doubt

    @property
    def seq(self) -> int:
        """Sequence number of the last line of the journal that was taken."""
        return self._seq

    @property
    def cue_options(self) -> Scte35Options:
        """The cue options of the command that runs; a later change of the configuration leaves them."""
        return self._running_config.scte35

    @property
    def contract(self) -> Contract | None:
        """The contract of the command that runs."""
        return self._running_config.contract

    @property
    def _plan(self) -> StreamPlan | None:
        return None if self._record is None else self._record.plan

    @property
    def _running_config(self) -> StreamConfig:
        return self._entry.config if self._record is None else self._record.config

    @property
    def wanted(self) -> Desired:
        return self._wanted

    @property
    def wish_on_record(self) -> bool:
        """True when the operator's wish stands in the database and in the stream's folder."""
        return self._wish_on_record

    def is_wanted(self) -> bool:
        """True while the operator wants it to run; may change while anything is awaited."""
        return self._wanted == "run" and self.is_ours

    def is_fresh(self) -> bool:
        """True when packets were measured within the last seconds."""
        return self._measured.is_fresh()

    def is_behind(self) -> bool:
        """True while the journal holds more than is taken so far."""
        return self._lag.is_behind()

    def lose(self, owner: str) -> None:
        """Another host owns it from now on, or none does."""
        self._record = None
        self._measured.forget()
        self._wish_on_record, self._in_break, self._armed = True, False, False
        self.gain(self._entry, self._wanted, owner)

    def show_as(self, view: StreamView) -> None:
        """Show a stream of another host as that one tells it."""
        self._entry = self._entry.model_copy(update={"config": view.config, "number": view.number})
        self._show(view)

    def gain(self, entry: StreamEntry, wanted: Desired, owner: str | None = None) -> None:
        """This host owns it from now on, or an `owner`, and nothing is known of it yet."""
        self._entry, self._wanted = entry, wanted
        view = StreamView(stream_id=entry.stream_id, number=entry.number, config=entry.config)
        self._show(view.model_copy(update={"owner": owner}))

    def want(self, wanted: Desired) -> None:
        """The operator wants it to run, or to be off."""
        self._wanted = wanted
        self._wish_on_record = False

    def wish_kept(self, wanted: Desired) -> None:
        """Note which wish stands on record; by now another may hold."""
        self._wish_on_record, self._wish_was_refused = wanted == self._wanted, False

    def wish_refused(self) -> bool:
        """It could not be put on record; whether that is news."""
        was_refused, self._wish_was_refused = self._wish_was_refused, True
        return not was_refused

    def configure(self, entry: StreamEntry) -> None:
        """Take another configuration; what runs goes on with the old one."""
        self._entry = entry
        self._update(config=entry.config)

    def enter(
        self,
        state: StreamState,
        reason: str,
        *,
        attempt: int | None = None,
        input_lost_at: float | None = None,
        retry_at: float | None = None,
    ) -> None:
        """The stream is in `state` from now on."""
        self._update(
            state=state,
            reason=reason,
            attempt=self._view.attempt if attempt is None else attempt,
            input_lost_at=input_lost_at,
            retry_at=retry_at,
            output_trouble=None if state.is_ended else self._view.output_trouble,
        )

    def enter_as(self, status: RunnerStatus) -> None:
        """The stream is as its runner says it is now."""
        self._passes = status.passes
        assert status.state is not None, "a runner that has only its source is not adopted"
        self.enter(
            status.state,
            status.reason,
            attempt=status.attempt,
            input_lost_at=status.input_lost_at,
            retry_at=status.retry_at,
        )

    def wait_for_input(self, reason: str) -> None:
        """Wait for the live input: there is no run yet."""
        is_news = self._view.state is not StreamState.WAITING
        lost_at = time.time() if is_news else self._view.input_lost_at
        self.enter(StreamState.WAITING, reason, input_lost_at=lost_at)
        self._update(started_at=None, session_id=None)

    def look_at(self, retry_at: float | None) -> None:
        """When a stream that waits for its input looks again; None while it does."""
        if self._view.state is StreamState.WAITING:
            self._update(retry_at=retry_at)

    def note_flow(self, flows: bool, since: float) -> None:
        """Between two states of its runner: nothing comes out since a wall time, or packets do again."""
        if self._view.state is StreamState.RUNNING and self._view.output_trouble is None:
            self._update(input_lost_at=None if flows else since)

    def note_output(self, trouble: OutputTrouble | None) -> None:
        """Nothing leaves by the output, or something does again: it is not the input then that is lost."""
        lost_at = self._view.input_lost_at
        is_running = self._view.state is StreamState.RUNNING
        self._update(output_trouble=trouble, input_lost_at=None if trouble and is_running else lost_at)

    def begin(self, record: RunRecord) -> None:
        """A run is about to begin, or an earlier one is adopted."""
        self._record = record
        self._measured.forget()
        self._measured.set_anew(record.plan.frame_pts)
        self._in_break = self._armed = False
        self._heartbeat_lost, self._heartbeats_lost = "", 0
        self._return_due = None
        self._last_fault = ""
        self._update(
            engine=record.engine,
            command=record.command,
            session_id=record.session_id,
            started_at=record.started_at,
            **dict.fromkeys(("break_ends_at", "break_announced_end", "break_began_at")),
        )

    def replan(self, record: RunRecord) -> None:
        """The run goes on by another plan; a break on air goes on too."""
        self._record = record
        self._update(command=record.command)

    def begin_attempt(self, attempt: int, passes: str) -> None:
        """Begin with another processor: timestamps of a file begin again, old faults are not its own.

        `passes`: why it passes the input on without cues; empty for one that takes cues.
        """
        self._passes = passes
        self._measured.set_anew(0.0 if self._plan is None else self._plan.frame_pts)
        self._last_fault = ""
        self._update(attempt=attempt, output_trouble=None)

    def doubt(self, misfit: str) -> None:
        """The plan does not fit the input, and another is being made; empty once that is over."""
        self._doubt = misfit

    def count_attempts_on(self, before: int) -> None:
        """Count on from `before`: another runner counts its attempts of this session from 1."""
        assert self._record is not None
        self._record = self._record.model_copy(update={"attempts_before": before})

    def resume_after(self, seq: int) -> None:
        """The journal is taken up to this line."""
        self._seq = seq

    def taking(self, seq: int, written_at: float) -> None:
        """A line of the journal, written at this wall time, is being taken."""
        self._seq = seq
        self._lag.taking(written_at)

    def taken(self) -> None:
        """The line was taken."""
        self._lag.taken()

    def measure(self, post: InfluxPost) -> Measurement:
        """Take what was measured on the output, and set the clock by it."""
        return self._measured.measure(post, self._plan)

    def see_pictures(self, pictures: PicturesSeen) -> None:
        """Take the pictures that were seen on the output."""
        self._measured.see(pictures, self._plan)

    def begin_clock(self, first: FirstPackets) -> None:
        """Set the clock by the first packets of a processor, until it posts itself."""
        self._measured.begin(first, self._plan)

    def processor_ended(self) -> None:
        """Forget the measurement: nothing is known of the output until the next processor is measured."""
        self._measured.forget()

    def note_srt_output(self, link: SrtLink | None) -> None:
        """A receiver came or went, or was measured."""
        self._srt_output = link

    def note_fault(self, text: str) -> None:
        """The processor printed an error."""
        self._last_fault = text

    def miss_heartbeats(self, count: int) -> None:
        """Count heartbeats that were not seen on the output."""
        self._heartbeats_lost += count
        self._heartbeat_lost = f"{self._heartbeats_lost} since the stream was started"

    def see_heartbeat(self) -> None:
        """Heartbeats are on the output again, or none is sent any more."""
        self._heartbeat_lost = ""

    def await_return(self, due: tuple[float, str] | None) -> None:
        """Note a return that is due since a wall time and not on the output, with the reason; or none."""
        self._return_due = due

    def see_cue(self, at: float) -> None:
        """Note a cue on the output at this wall time, of this run or an earlier one."""
        self._cue_seen_at = max(at, self._cue_seen_at or at)

    def arm(self, armed: bool) -> None:
        """A cue waits to go out, or none does any more."""
        self._armed = armed
        self._update()

    def show_break(self, in_break: bool, ends_at: At, announced_end: At = None, began_at: At = None) -> None:
        """A break is on air until `ends_at` (wall time; None without a known end), or the programme is."""
        self._in_break = in_break
        self._update(break_ends_at=ends_at, break_announced_end=announced_end, break_began_at=began_at)

    def show_return_feed(self, feed: ReturnFeedView | None) -> None:
        """The return feed as it is now; None where none is watched."""
        self._update(return_feed=feed)

    def _update(self, **changes: object) -> None:
        """Change the view, work out its tally, and tell everybody when anything is new."""
        view = self._view.model_copy(update=changes)
        self._show(view.model_copy(update={"tally": view.tally_while(self._in_break, self._armed)}))

    def _show(self, view: StreamView) -> None:
        if view != self._view:
            self._view = view
            self._publish(view)
