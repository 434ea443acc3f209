"""Recorders of the streams: told what to record, and what they say of it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ibe100.models.clips.clip import ClipSide
from ibe100.models.clips.plan import ClipPlan, ClipScope
from ibe100.models.errors import StorageError, StreamError
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.runner.recorder.order import ORDER, recorder_command
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerGone
from ibe100.services.streams.runner_samples import RecorderState
from ibe100.utils.atomic_write import atomic_write

SAID_S = 15.0
"""A recorder says how it stands every five seconds."""
LATE_S = 10.0
"""The newest record of a stream on air is not older."""
LOST_S = 10.0
"""For so long packets that were left out are told."""
OLD_RUNNER = "its runner is of an earlier version: restart the stream to record it"


def sides_of(config: StreamConfig, plan: ClipPlan) -> tuple[ClipSide, ...]:
    """Sides of a stream that are recorded; none where it is not to be."""
    match config.clips:
        case ClipScope.BOTH:
            return (ClipSide.OUTPUT, ClipSide.INPUT)
        case ClipScope.OFF:
            return ()
        case ClipScope.DEFAULT if not plan.enabled:
            return ()
    return (ClipSide.OUTPUT,)


@dataclass(slots=True)
class _Ordered:
    """What a stream's runner was told last, and what its recorder said since."""

    argv: list[str]
    run_at: float
    at_s: float
    trouble: str = ""
    said: RecorderState | None = None
    lost: int = 0
    lost_at_s: float = float("-inf")


class Recorders:
    """Lives on the loop; `order` is called again and again for each stream."""

    def __init__(self, rings: Path) -> None:
        self.rings = rings
        """Folder of the rings, one for each stream."""
        self._ordered: dict[str, _Ordered] = {}

    async def order(self, run: StreamRun, plan: ClipPlan) -> None:
        """Have recorded of a stream what is to be, if it is not told yet."""
        sides = sides_of(run.entry.config, plan)
        ring = self.rings / run.stream_id
        argv = recorder_command(ring, plan.ring_s, plan.keep_free_mb, sides) if sides else []
        run_at = 0.0 if run.record is None else run.record.started_at
        before = self._ordered.get(run.stream_id)
        if before is not None and (before.argv, before.run_at) == (argv, run_at) and not before.trouble:
            return
        if before is None and not argv and not (run.link.stream_dir / ORDER).exists():
            return  # it never was: most consoles record nothing
        now = _Ordered(argv, run_at, time.monotonic())
        self._ordered[run.stream_id] = now
        now.trouble = await self._tell(run, argv)

    async def _tell(self, run: StreamRun, argv: Sequence[str]) -> str:
        path = run.link.stream_dir / ORDER
        try:
            if argv:
                atomic_write(path, json.dumps({"argv": argv}).encode(), 0o600)
            else:
                path.unlink(missing_ok=True)
            await run.link.request({"cmd": "record"})
        except OSError as error:
            return f"{path} cannot be written: {error.strerror}"
        except RunnerGone:
            return ""  # the next one reads it by itself
        except (StreamError, StorageError) as error:
            return OLD_RUNNER if "no command 'record'" in str(error) else str(error)
        return ""

    def heard(self, stream_id: str, state: RecorderState) -> None:
        """Take what the runner says of a stream's recorder."""
        ordered = self._ordered.get(stream_id)
        if ordered is None:
            return
        lost = sum(side.lost for side in state.sides.values())
        if lost > ordered.lost:
            ordered.lost_at_s = time.monotonic()
        ordered.said, ordered.lost = state, lost

    def lost_packets(self, stream_id: str) -> int:
        """Packets that were left out since the recorder began."""
        ordered = self._ordered.get(stream_id)
        return 0 if ordered is None else ordered.lost

    def forget(self, stream_id: str) -> None:
        """The stream is not on the list any more."""
        self._ordered.pop(stream_id, None)

    def trouble(self, run: StreamRun, plan: ClipPlan) -> str:
        """Why a stream on air is not recorded as it should be; empty while it is."""
        ordered = self._ordered.get(run.stream_id)
        if run.view.state is not StreamState.RUNNING or not sides_of(run.entry.config, plan):
            return ""
        if ordered is None or ordered.trouble:
            return "" if ordered is None else ordered.trouble
        now_s, said = time.monotonic(), ordered.said
        heard_s = ordered.at_s if said is None else max(said.mono_s, ordered.at_s)
        if said is not None and said.error:
            return said.error
        if now_s - heard_s > SAID_S:
            return "its recorder says nothing"
        if said is None or said.mono_s < ordered.at_s:
            return ""
        faults = [f"{side}: {ring.error}" for side, ring in said.sides.items() if ring.error]
        if faults:
            return "; ".join(faults)
        output = said.sides.get(ClipSide.OUTPUT)
        if output is not None and said.at - output.newest_at > LATE_S and now_s - ordered.at_s > LATE_S:
            return "nothing of the output is recorded" if run.is_fresh() else ""
        if now_s - ordered.lost_at_s < LOST_S:
            return f"packets are left out: {ordered.lost} so far; this machine or its disk is too slow"
        return ""
