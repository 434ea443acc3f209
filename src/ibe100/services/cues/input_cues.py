"""Cues that the inputs carry already: decoded, kept for the list, put on record as events of the stream."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict, deque
from collections.abc import Callable

from ibe100.database.metrics_store import MetricsStore
from ibe100.models.cues.input_cue import InputCue
from ibe100.models.messages import InputCueSeen, Message
from ibe100.models.metrics import ChangeKind, StreamChange
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.json_form import type_name
from ibe100.scte35.section import decode
from ibe100.scte35.summary import summary
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnInput, Fact
from ibe100.services.streams.runner_samples import Sample

KEPT = 200
"""The newest of each stream are kept."""
NOT_RECORDED = frozenset({"splice_null", "bandwidth_reservation"})
"""Heartbeats: shown, but not an event of the stream."""


class InputCues:
    """Lives on the loop; `recent` may be called from any thread."""

    def __init__(self, storage: MetricsStore, publish: Callable[[Message], None]) -> None:
        self._storage = storage
        self._publish = publish
        self._recent: dict[str, deque[InputCue]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._snapshots: dict[str, tuple[InputCue, ...]] = {}

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """Keep a cue of the input and publish it."""
        if not isinstance(fact, CueOnInput):
            return
        cue = read_cue(run.stream_id, fact)
        self._recent[run.stream_id].appendleft(cue)
        self._snapshots[run.stream_id] = tuple(self._recent[run.stream_id])
        if cue.command not in NOT_RECORDED:
            text = f"on the input, PID 0x{cue.splice_pid:04X}: {cue.command}, {cue.summary}"
            self._storage.record_change(
                StreamChange(stream_id=run.stream_id, at=cue.at, kind=ChangeKind.INPUT_CUE, text=text)
            )
        self._publish(InputCueSeen(cue=cue))

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Samples tell of no cues."""

    def recent(self, stream_id: str) -> tuple[InputCue, ...]:
        """The newest first, since this console was started."""
        return self._snapshots.get(stream_id, ())


def read_cue(stream_id: str, seen: CueOnInput) -> InputCue:
    """A section as it was seen; one that cannot be read says why."""
    try:
        section = decode(base64.b64decode(seen.section_base64, validate=True))
        command, words = type_name(section.command), summary(section)
    except (SpliceDecodeError, binascii.Error) as error:
        command, words = "damaged", str(error)
    return InputCue(
        stream_id=stream_id,
        at=seen.at,
        splice_pid=seen.splice_pid,
        command=command,
        summary=words,
        section_base64=seen.section_base64,
    )
