"""Receipts of one return feed, and a view of the feed itself, made of what its watcher tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ibe100.models.cues.return_receipt import FeedState, ReturnFeedView, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import Cue
from ibe100.models.stream_config import ReturnInput
from ibe100.scte35.comparison import is_splice_null
from ibe100.services.return_feed.expected_cues import ExpectedCues
from ibe100.services.return_feed.feed_breaks import FeedBreaks
from ibe100.services.return_feed.feed_log import FeedLog
from ibe100.services.return_feed.tables import read_tables
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnOutput, CueTagged
from ibe100.services.streams.runner_samples import PlaylistRead
from ibe100.tsduck.telemetry import SpliceEvent

LOST_AFTER_S = 5.0
"""A feed that comes back sooner, as after a restart of its watcher, was not lost."""
SILENT_AFTER_S = 3.0
"""A sample with packets comes every second."""
START_PATIENCE_S = 30.0
"""HLS may need this long until the first packets: tsp 3.45 waits on in vain when there is no playlist yet."""
HEARTBEATS_MISSED = 4
"""So many intervals without a splice_null, where they came back before, are no jitter."""
FAULT_AFTER_S = 3.0
"""Tables are read one after another: a PMT may come this much later than the PAT."""


KINDS = {"hls": "playlist", "dash": "manifest"}


class FeedReceipts:
    """Used on the loop only; the listener of a `WatcherProcess`."""

    def __init__(
        self, run: StreamRun, source: ReturnInput, window_s: float, changed: Callable[[ReturnReceipt], None]
    ) -> None:
        self.run = run
        self.source = source
        self.window_s = window_s
        self._changed = changed
        self._log = FeedLog(KINDS.get(source.kind, ""))
        self._expected = ExpectedCues(self._log)
        self._state = FeedState.STARTING
        self._reason = ""
        self._since = time.time()
        self._packets_at = 0.0
        self._faulty_since: float | None = None
        self._heartbeat_at: float | None = None
        """Time at which a splice_null came back last; a distributor may also keep them to itself."""
        self._is_caught_up = False
        self._told_by = ""
        self._latency_s: float | None = None
        self._was_missed = False
        """A cue did not come back, by packets or by tags."""
        self._breaks = FeedBreaks(run, self._expected, window_s)

    def cue(self, cue: Cue, known: ReturnReceipt | None) -> None:
        """A cue of the stream took a step; `known` is its receipt so far."""
        if self._expected.is_open(cue.cue_id):
            self._tell(self._expected.progress(cue))
        elif known is None and cue.seen and cue.seen_at is not None:
            receipt = ReturnReceipt(
                cue_id=cue.cue_id,
                stream_id=cue.stream_id,
                left_at=cue.seen_at,
                ends_at=cue.seen_at + self.window_s,
                expected=cue.seen,
            )
            self._changed(receipt)
            self.look_for(cue, receipt)

    def look_for(self, cue: Cue, receipt: ReturnReceipt) -> None:
        """A receipt that is open, of now or of an earlier console."""
        if (sent_pid := self._sent_pid()) is not None:
            self._tell(self._expected.expect(cue, receipt, sent_pid))

    def feed_state(self, state: FeedState, reason: str, at: float) -> None:
        """Take the state of the watcher's runner."""
        if state is FeedState.WATCHING:
            self._packets_at = at
            self._log.flows(at)
        else:
            self._log.stopped(at)
            self._breaks.forget()
        if state is FeedState.STARTING and self._state is FeedState.LOST:
            return  # until packets come it is as lost as before
        self._enter(state, reason or self._reason, at)

    def packets_came(self, at: float) -> None:
        """A sample with packets in it."""
        self._packets_at = max(self._packets_at, at)
        if self._log.flows_since is None:
            self._log.flows(at)
            self._enter(FeedState.WATCHING, "", at)

    def _enter(self, state: FeedState, reason: str, at: float) -> None:
        if state is not self._state:
            self._since = at
        self._state, self._reason = state, reason

    def section_came(self, cue: CueOnOutput) -> None:
        """A section of SCTE 35 was in the feed."""
        if is_splice_null(cue.section_base64):
            self._heartbeat_at = cue.at
        self._log.cue_came(cue.at, cue.splice_pid)
        self._breaks.take(cue)
        self._tell(self._expected.arrived(cue.at, cue.section_base64, cue.splice_pid))

    def tag_came(self, tag: CueTagged) -> None:
        """A tag of the feed's playlist or an event message told of a cue."""
        self._told_by = tag.form
        self._log.other_tags += 1
        self._breaks.tagged(tag)
        self._tell(self._expected.tagged(tag))

    def playlist_read(self, read: PlaylistRead) -> None:
        """The feed's playlist goes on: its media comes, in whatever form."""
        self._latency_s = None if read.latency_s is None else round(read.latency_s)
        self._breaks.in_segments(read.target_s)
        self.packets_came(read.at)

    def splice_announced(self, event: SpliceEvent) -> None:
        """The monitor of the feed told of an event."""
        self._breaks.announced(event)
        self._tell(self._expected.announced(event))

    def tables_came(self, sections: Sequence[str]) -> None:
        """PAT and PMTs as they are now."""
        self._log.tables_changed(time.time(), read_tables(sections))

    def input_cue(self, section_base64: str) -> None:
        """A cue of our input, which may come back as well."""
        self._breaks.input_cue(section_base64)

    def caught_up(self) -> None:
        """Begin to judge: from now on a cue that does not come is missing."""
        self._is_caught_up = True

    def tick(self, now: float) -> None:
        """Judge what only time tells, and bring the view up to date."""
        if self._log.flows_since is not None and now - self._packets_at > SILENT_AFTER_S:
            # The watcher of a UDP feed waits for packets without an end.
            self._log.stopped(self._packets_at)
            self._breaks.forget()
            self._enter(FeedState.LOST, "no packets come", self._packets_at)
        if self._is_caught_up:
            for receipt in self._expected.due(now):
                self._was_missed = self._was_missed or receipt.state is ReturnState.MISSING
                self._changed(receipt)
        self.run.show_return_feed(self._view(now))

    def give_up(self, reason: str) -> None:
        """Nobody watches any more."""
        for receipt in self._expected.give_up(reason):
            self._changed(receipt)
        self.run.show_return_feed(None)

    def _view(self, now: float) -> ReturnFeedView:
        shown, reason = self._state, self._reason
        before = self.run.view.return_feed
        if shown in (FeedState.LOST, FeedState.STARTING):
            was = before.state if before is not None else FeedState.STARTING
            patience_s = START_PATIENCE_S if was is FeedState.STARTING else LOST_AFTER_S
            is_lost = was is FeedState.LOST or now - self._since >= patience_s
            shown = FeedState.LOST if is_lost else was
            reason = (reason or "nothing comes from it") if is_lost else ""
        elif shown is FeedState.WATCHING:
            reason = ""
        cue_pids = self._log.tables.cue_pids if shown is FeedState.WATCHING else ()
        view = ReturnFeedView(state=shown, reason=reason, cue_pids=cue_pids, fault=self._fault(now))
        if shown is not FeedState.WATCHING:
            return view
        told = {"told_by": self._told_by, "latency_s": self._latency_s}
        return view.model_copy(update={**told, **self._breaks.found(now)})

    def _fault(self, now: float) -> str:
        """Fault of its tables that has lasted some seconds, or of what does not come in spite of them."""
        sent_pid, flows_since = self._sent_pid(), self._log.flows_since
        fault = None if sent_pid is None or flows_since is None else self._log.tables.fault(sent_pid)
        if self._log.kind and (self._told_by or not self._was_missed):
            fault = None  # where tags may tell the cues, a PID need not
        if fault is None:
            self._faulty_since = None
            return self._missed_heartbeats(now)
        if self._faulty_since is None:
            self._faulty_since = now
        return fault.words if now - self._faulty_since >= FAULT_AFTER_S else ""

    def _missed_heartbeats(self, now: float) -> str:
        """They came back, still leave us, and do not come back any more: cues will not either."""
        interval_s = self.run.cue_options.heartbeat_interval_s
        flows_since = self._log.flows_since
        if interval_s is None or self._heartbeat_at is None or flows_since is None or self.run.heartbeat_lost:
            return ""
        # While the feed was away nothing could come, and what was on its way then has still to come.
        silent_s = now - max(self._heartbeat_at, flows_since)
        if silent_s <= HEARTBEATS_MISSED * interval_s + FAULT_AFTER_S:
            return ""
        return (
            f"splice_null leaves every {interval_s:g} s and does not come back any more, "
            "though the PMT there names its PID rightly: the sections are dropped"
        )

    def _sent_pid(self) -> int | None:
        return self.run.record.plan.splice_pid if self.run.record is not None else None

    def _tell(self, receipt: ReturnReceipt | None) -> None:
        if receipt is not None:
            self._changed(receipt)
