"""Cues on their way when the machine's clock is set keep their splice, at another time of the clock."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from ibe100.models.scte35_marker import Cue, CueState
from ibe100.services.cues.breaks import BreakLedger
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.streams.run import Runs, StreamRun

_log = logging.getLogger(__name__)


def move_with_clock(
    step_s: float, runs: Runs, cache: CueCache, ledger: CueLedger, breaks: BreakLedger
) -> None:
    """Move the wall clock times of open cues and open breaks by what the clock was set by."""
    on_their_way = cache.unfinished()
    for cue in on_their_way:
        ledger.keep(_moved(cue, step_s))
        ledger.record(ledger.now(cue))
    for run in open_breaks(runs, breaks):
        current = breaks.open_break(run.stream_id)
        for cue in cache.recent(run.stream_id):
            # On record its times stay as they were seen; the end of its duration is counted from these.
            is_over = cue.state is CueState.SPLICED
            if is_over and current is not None and cue.splice_event_id == current.splice_event_id:
                ledger.keep(_moved(cue, step_s))
    breaks.clock_was_set(step_s)
    _log.warning(
        "the clock of this machine was set by %+.1f s, or it slept; %d cues on their way keep their splice",
        step_s,
        len(on_their_way),
    )


def open_breaks(runs: Runs, breaks: BreakLedger) -> Iterator[StreamRun]:
    """The streams with a break that no cue of ours has returned from."""
    for view in runs.streams():
        if breaks.open_break(view.stream_id) is not None:
            yield runs.run_of(view.stream_id)


def _moved(cue: Cue, step_s: float) -> Cue:
    times = {"splice_at": cue.splice_at, "sent_at": cue.sent_at}
    return cue.model_copy(update={name: at + step_s for name, at in times.items() if at is not None})
