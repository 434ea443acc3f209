"""One stream as the console knows it: its place in the list, its runner, its clock, its state."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from ibe100.models.base import Value
from ibe100.models.cues.contract import Contract
from ibe100.models.errors import StorageError
from ibe100.models.messages import StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import FileInput, Scte35Options, StreamConfig
from ibe100.models.stream_state import SrtLink, StreamState, Tally
from ibe100.mpegts.pts_clock import PtsClock
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.streams.stream_secrets import without_secrets
from ibe100.tsduck.loopback_ports import LoopbackPorts
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.telemetry import InfluxSample
from ibe100.utils.atomic_write import atomic_write

BEHIND_S = 0.5
"""A line of the journal is taken within so long after it was written, unless the disk is slow."""
FRESH_S = 3.0
"""A sample is posted every second; older than this the stream is not known to be healthy."""


class RunFacts(Value):
    """What a later console must know to adopt a run: kept beside the runner's spec, without secrets."""

    config: StreamConfig
    number: int
    plan: StreamPlan
    ports: LoopbackPorts
    engine: str
    command: str
    session_id: int | None
    loop_first_pts: int | None = None
    loop_last_pts: int | None = None
    """PTS range of a file that is looped, when the probe has read it whole."""
    started_at: float = 0.0
    attempts_before: int = 0
    """A runner counts its attempts from 1: those of runners that died earlier in this session."""


class StreamRun:
    """Owned by the loop; `view` is a frozen value that any thread may read."""

    def __init__(self, entry: StreamEntry, link: RunnerLink, publish: Callable[[StreamView], None]) -> None:
        self.entry = entry
        self.link = link
        self.facts: RunFacts | None = None
        self.clock: PtsClock | None = None
        self.influx = InfluxSample()
        self.influx_at = float("-inf")
        self.srt_output: SrtLink | None = None
        """What the runner last said of an SRT output; None where the output is another, or not known."""
        self.in_break = False
        self.armed = False
        self.heartbeat_lost = ""
        """In words, while heartbeats are not seen on the output."""
        self.heartbeats_lost = 0
        self.last_fault = ""
        """The newest error line of the processor's log in this attempt."""
        self.seq = 0
        self._taking_since: float | None = None
        self._lag_s, self._taken_at = 0.0, float("-inf")
        self.wanted: Literal["run", "off"] = "off"
        self.view = StreamView(stream_id=entry.stream_id, number=entry.number, config=entry.config)
        self._publish = publish

    @property
    def stream_id(self) -> str:
        return self.entry.stream_id

    @property
    def name(self) -> str:
        """As it is said to the operator."""
        return self.entry.config.name

    @property
    def cue_options(self) -> Scte35Options:
        """The cue options of the command that runs; a later change of the configuration leaves them."""
        return self._running_config.scte35

    @property
    def contract(self) -> Contract | None:
        """The contract of the command that runs."""
        return self._running_config.contract

    @property
    def _running_config(self) -> StreamConfig:
        return self.entry.config if self.facts is None else self.facts.config

    def is_wanted(self) -> bool:
        """Whether the operator wants it to run; may change while anything is awaited."""
        return self.wanted == "run"

    def is_fresh(self) -> bool:
        """Whether packets were measured within the last seconds."""
        return time.monotonic() - self.influx_at < FRESH_S and self.influx.bitrate_bps > 0

    def taking(self, written_at: float) -> None:
        """A line of the journal, written at this wall time, is being taken."""
        self._taking_since = time.monotonic()
        self._lag_s = time.time() - written_at

    def taken(self) -> None:
        """The line was taken."""
        self._taking_since, self._taken_at = None, time.monotonic()

    def is_behind(self) -> bool:
        """Whether the journal tells of more than is taken so far: what it says is not known yet."""
        now = time.monotonic()
        if self._taking_since is not None:
            return self._lag_s + now - self._taking_since > BEHIND_S
        return self._lag_s > BEHIND_S and now - self._taken_at < BEHIND_S

    def update(self, **changes: Any) -> None:
        """Change the view, work out its tally, and tell everybody when anything is new."""
        view = self.view.model_copy(update=changes)
        view = view.model_copy(update={"tally": self._tally(view.state)})
        if view != self.view:
            self.view = view
            self._publish(view)

    def refresh(self) -> None:
        """Work out the tally anew after a cue."""
        self.update()

    def _tally(self, state: StreamState) -> Tally:
        match state:
            case StreamState.RUNNING if self.in_break:
                return Tally.IN_BREAK
            case StreamState.RUNNING if self.armed:
                return Tally.ARMED
            case StreamState.RUNNING:
                return Tally.ON_AIR
            case StreamState.STALLED | StreamState.WAITING:
                return Tally.NO_INPUT
            case StreamState.RETRYING | StreamState.FAILED:
                return Tally.FAULT
            case StreamState.PROBING | StreamState.STARTING | StreamState.STOPPING:
                return Tally.READY
            case _:
                return Tally.OFF

    def begin(self, facts: RunFacts) -> None:
        """A run is about to begin, or an earlier one is adopted."""
        self.facts = facts
        self.clock = self._new_clock()
        self.influx, self.influx_at = InfluxSample(), float("-inf")
        self.in_break = self.armed = False
        self.heartbeat_lost, self.heartbeats_lost = "", 0
        self.last_fault = ""
        self.update(
            engine=facts.engine,
            command=facts.command,
            session_id=facts.session_id,
            started_at=facts.started_at,
            break_ends_at=None,
        )

    def begin_attempt(self, attempt: int) -> None:
        """Another processor: a file's timestamps begin again, and old faults are not its own."""
        self.clock = self._new_clock()
        self.last_fault = ""
        self.update(attempt=attempt)

    def _new_clock(self) -> PtsClock:
        frame_pts = self.facts.plan.frame_pts if self.facts is not None else 0.0
        return PtsClock(frame_duration_pts=frame_pts or None)

    def save_facts(self) -> None:
        """Blocks on the disk. Raises StorageError."""
        assert self.facts is not None
        document = without_secrets(self.facts.config)
        text = self.facts.model_copy(update={"config": document}).model_dump_json(indent=1)
        path = facts_path(self.link.stream_dir)
        try:
            atomic_write(path, text.encode())
        except OSError as error:
            raise StorageError(f"the facts of the run {path} cannot be written: {error.strerror}") from error


def facts_path(stream_dir: Path) -> Path:
    """Where the facts of a run are kept."""
    return stream_dir / "run.json"


def read_facts(stream_dir: Path) -> RunFacts | None:
    """The facts of the last run; None where there are none that can be read."""
    with contextlib.suppress(OSError, ValidationError, json.JSONDecodeError):
        return RunFacts.model_validate_json(facts_path(stream_dir).read_bytes())
    return None


def loop_range(
    config: StreamConfig, plan: StreamPlan, report: StreamReport, whole: bool
) -> tuple[int, int] | None:
    """First and last PTS of a looped file that was read `whole`: no splice can lie outside of it."""
    if not (isinstance(config.input, FileInput) and config.input.loop and whole) or plan.time_pid is None:
        return None
    found = report.pid(plan.time_pid)
    if found is None or found.pts.jumps or found.pts.first is None or found.pts.last is None:
        return None
    return found.pts.first, found.pts.last
