"""A section on the output whose cue was given up on: it is told, and how the stream then stands."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, cast

import pytest

from ibe100.models.messages import Message, NoticePosted
from ibe100.models.profile import StreamEntry
from ibe100.models.scte35_marker import Cue, CueAction, CueState, Direction
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.scte35 import encode, splice_insert, splice_null, to_base64
from ibe100.services.cues.breaks import BreakLedger
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.cues.receipts import CueReceipts
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnOutput
from ibe100.services.streams.runner_link import RunnerLink

OUT = to_base64(encode(splice_insert(7, True)))
IN = to_base64(encode(splice_insert(7, False)))
NULL = to_base64(encode(splice_null()))
ASKED_AT = time.time() - 10


class Bench:
    """A stream on air, the cues it had, and what is said when sections are seen on its output."""

    def __init__(self, *cues: Cue) -> None:
        self.cache, self.breaks, self.said = CueCache(), BreakLedger(), list[Message]()
        for cue in cues:
            self.cache.put(cue)
        ledger = cast("CueLedger", self)
        self.again: list[Cue] = []
        self.receipts = CueReceipts(
            self.cache, ledger, self.breaks, self.said.append, lambda _run: None, self.again.append
        )
        entry = StreamEntry(stream_id="one", number=1, config=StreamConfig(name="One"))
        self.run = StreamRun(entry, RunnerLink(Path("nowhere")), lambda _view: None)
        self.run.enter(StreamState.RUNNING, "")

    def move(self, cue: Cue, state: CueState, **changes: object) -> Cue:
        """As the ledger does, without a disk."""
        self.cache.put(cue.moved_to(state, **changes))
        return self.now(cue.cue_id)

    def now(self, cue_id: int) -> Cue:
        found = self.cache.get(cue_id)
        assert found is not None
        return found

    def sees(self, section: str, after_s: float = 1.0) -> list[str]:
        """What is said of a section that was on the output so long after the cues were asked for."""
        self.receipts.seen(self.run, CueOnOutput(1, ASKED_AT + after_s, 0.0, section, 500))
        return [message.text for message in self.said if isinstance(message, NoticePosted)]


def cue(number: int, action: CueAction, state: CueState, section: str, **values: Any) -> Cue:
    return Cue(
        cue_id=number,
        stream_id="one",
        session_id=None,
        action=action,
        state=state,
        requested_by="anna",
        requested_at=ASKED_AT,
        splice_event_id=7,
        section_base64=section,
        **values,
    )


FAILED_OUT = cue(1, CueAction.TO_BREAK, CueState.FAILED, OUT)


@pytest.mark.parametrize("state", [CueState.FAILED, CueState.CANCELLED])
async def test_what_airs_all_the_same_is_told_and_on_record(state: CueState) -> None:
    bench = Bench(cue(1, CueAction.TO_BREAK, state, OUT, reason="not seen in 2 s", sent_at=ASKED_AT))
    (text,) = bench.sees(OUT, after_s=4.0)
    assert text.startswith(f"event 0x00000007 was {state} and aired all the same: do not fire it again")
    late = bench.now(1)
    assert (late.state, late.seen, late.seen_base64) == (CueState.AIRED_LATE, 1, OUT)
    assert (late.seen_at, late.latency_ms) == (ASKED_AT + 4.0, 4000.0)
    assert late.reason == f"it was {state} (not seen in 2 s), and aired after that"
    assert bench.sees(OUT, after_s=5.0) == [text], "its repeats are counted, and not told"
    assert (bench.now(1).seen, bench.now(1).seen_at) == (2, ASKED_AT + 4.0)


async def test_a_cue_called_off_that_comes_again_before_its_splice_is_to_be_withdrawn_again() -> None:
    ahead = {"pts_time": 90_000, "splice_at": time.time() + 60, "sent_at": ASKED_AT, "sent": 1}
    bench = Bench(cue(1, CueAction.TO_BREAK, CueState.CANCELLED, OUT, **ahead))
    assert bench.sees(OUT) == []
    assert [one.cue_id for one in bench.again] == [1]
    assert (bench.now(1).state, bench.now(1).seen) == (CueState.CANCELLED, 1)


async def test_nothing_is_told_of_bytes_that_others_have_as_well() -> None:
    failed_null = cue(1, CueAction.SPLICE_NULL, CueState.FAILED, NULL)
    assert Bench(failed_null).sees(NULL) == [], "a heartbeat has the same bytes"
    failed_in = cue(1, CueAction.CRASH_IN, CueState.FAILED, IN)
    second_in = cue(2, CueAction.CRASH_IN, CueState.SPLICED, IN)
    assert Bench(failed_in, second_in).sees(IN) == [], "the second try went out"
    assert Bench(FAILED_OUT).sees(OUT, after_s=-1.0) == [], "it was there before the cue was asked for"


async def test_a_break_that_began_all_the_same_is_open_unless_a_later_cue_has_ended_it() -> None:
    bench = Bench(FAILED_OUT)
    bench.sees(OUT)
    await asyncio.sleep(0.01)
    assert bench.breaks.open_break("one") is not None
    section = cue(2, CueAction.SEND_SECTION, CueState.SPLICED, IN, direction=Direction.IN)
    returned = Bench(FAILED_OUT, section)
    returned.sees(OUT)
    await asyncio.sleep(0.01)
    assert returned.breaks.open_break("one") is None
