"""The automatic return at the end of a break: asked for once, by whoever comes first."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from ibe100.models.actor import AUTOMATIC_RETURN, Actor
from ibe100.models.errors import CueRefused
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.profile import StreamEntry
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueRequest, CueState
from ibe100.models.stream_config import Scte35Options, StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.scte35 import encode, splice_insert, to_base64
from ibe100.services.audit_trail import acting
from ibe100.services.cues.breaks import BreakLedger
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.draft import REPLACED
from ibe100.services.cues.on_air import automatic_resume as cue_resume
from ibe100.services.cues.on_air.automatic_resume import AutomaticResume
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.streams.runner_samples import InfluxPost
from ibe100.tsduck.telemetry import InfluxSample
from ibe100.utils import tasks
from ibe100.utils.wall_clock import WallClock

BREAK_S = 0.2
POLL_S = 0.01
BACK = to_base64(encode(splice_insert(7, False)))


class Bench:
    """A stream in a break that is to be returned from in a moment, and what is asked for it."""

    def __init__(self) -> None:
        self.asked: list[CueRequest] = []
        self.previewed: list[CueRequest] = []
        self.notices: list[Message] = []
        self.refusal = ""
        self.bugs = 0
        self.cache, self.breaks = CueCache(), BreakLedger()
        self.began = time.time()
        self.actors: list[Actor] = []
        out = self.cue(1, CueAction.TO_BREAK, CueState.SPLICED, splice_at=self.began, duration_s=BREAK_S)
        self.breaks.spliced(out.model_copy(update={"returns": BreakEnd.CUE}), Scte35Options())
        self.returns = AutomaticResume(
            self.cache,
            self.breaks,
            self.fire,
            self.preview,
            self.notices.append,
            WallClock(lambda _step_s: None),
        )
        entry = StreamEntry(stream_id="one", number=1, config=StreamConfig(name="One"))
        self.run = StreamRun(entry, RunnerLink(Path("nowhere")), lambda _view: None)
        self.run.enter(StreamState.RUNNING, "")
        influx = InfluxSample(bitrate_bps=2_000_000, null_bps=100_000)
        self.run.measure(InfluxPost(time.time(), time.monotonic(), influx))

    def cue(self, number: int, action: CueAction, state: CueState, **values: Any) -> Cue:
        given: dict[str, Any] = {"session_id": None, "requested_by": "anna", "requested_at": self.began}
        given |= {"splice_event_id": 7, "section_base64": BACK, **values}
        return Cue(cue_id=number, stream_id="one", action=action, state=state, **given)

    def back(self, state: CueState, reason: str = "") -> None:
        """A return for the very end of the break, asked for by somebody else."""
        splice_at = self.began + BREAK_S
        action = CueAction.BACK_TO_PROGRAMME
        self.cache.put(self.cue(2, action, state, splice_at=splice_at, pts_time=9, reason=reason))

    async def fire(self, request: CueRequest) -> Cue:
        self.asked.append(request)
        self.actors.append(acting())
        if self.bugs:
            self.bugs -= 1
            raise ZeroDivisionError("a bug")
        if self.refusal:
            raise CueRefused(self.refusal)
        cue = self.cue(3, request.action, CueState.SENT)
        self.cache.put(cue)
        return cue

    async def preview(self, request: CueRequest) -> None:
        self.previewed.append(request)
        if self.refusal:
            raise CueRefused(self.refusal)

    async def see_the_end(self, asked: int = 0) -> None:
        """Follow the break beyond its end, and until a return was asked for so often."""
        self.returns.follow(self.run)
        while time.time() < self.began + BREAK_S or len(self.asked) < asked:
            await asyncio.sleep(POLL_S)
        for _ in range(10):
            await asyncio.sleep(POLL_S)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks often, and gives up late: a machine that is busy elsewhere is no fault."""
    monkeypatch.setattr(cue_resume, "POLL_S", POLL_S)
    monkeypatch.setattr(cue_resume, "LATEST_S", 60.0)


async def test_it_is_asked_for_when_the_announced_duration_is_over() -> None:
    bench = Bench()
    await bench.see_the_end(asked=1)
    assert [one.action for one in bench.asked] == [CueAction.BACK_TO_PROGRAMME]
    assert bench.actors == [AUTOMATIC_RETURN]
    await bench.returns.close()


async def test_it_is_not_asked_for_again_while_the_return_of_the_schedule_is_on_its_way() -> None:
    bench = Bench()
    bench.back(CueState.ARMED)
    await bench.see_the_end()
    assert bench.asked == []
    await bench.returns.close()


async def test_a_return_that_is_refused_is_on_record_once_and_told_when_it_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cue_resume, "LATEST_S", BREAK_S)
    bench = Bench()
    bench.refusal = "no event ids are left"
    await bench.see_the_end(asked=1)
    while not bench.notices:
        await asyncio.sleep(0.05)
    assert len(bench.asked) == 1
    (given_up,) = bench.notices
    assert isinstance(given_up, NoticePosted)
    assert "was not sent at the end of its duration: no event ids are left" in given_up.text
    await bench.returns.close()


async def test_a_return_that_was_disarmed_is_not_sent_behind_the_back_of_who_disarmed_it() -> None:
    bench = Bench()
    bench.back(CueState.CANCELLED, "disarmed by the operator")
    await bench.see_the_end()
    assert bench.asked == []
    await bench.returns.close()


async def test_one_that_was_replaced_by_a_return_that_failed_is_asked_for_anew() -> None:
    bench = Bench()
    bench.back(CueState.CANCELLED, f"{REPLACED} BACK TO PROGRAMME")
    await bench.see_the_end(asked=1)
    assert len(bench.asked) == 1
    await bench.returns.close()


async def test_an_error_ends_no_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PAUSES_S", (0.0, 0.0))
    bench = Bench()
    bench.bugs = 1
    await bench.see_the_end(asked=2)
    assert len(bench.asked) == 2, "begun again"
    assert bench.cache.recent("one")[0].state is CueState.SENT
    await bench.returns.close()


async def test_a_return_that_cannot_be_sent_is_told_as_missing_until_the_break_is_over() -> None:
    bench = Bench()
    bench.refusal = "no null packets"
    await bench.see_the_end()
    async with asyncio.timeout(10):
        while bench.run.return_due is None or bench.refusal not in bench.run.return_due[1]:
            await asyncio.sleep(POLL_S)
    assert bench.run.return_due == (bench.began + BREAK_S, bench.refusal)
    bench.breaks.spliced(bench.cue(9, CueAction.BACK_TO_PROGRAMME, CueState.SPLICED), Scte35Options())
    bench.returns.follow(bench.run)
    assert bench.run.return_due is None
    await bench.returns.close()


async def test_a_return_that_was_disarmed_is_not_missing() -> None:
    bench = Bench()
    bench.back(CueState.CANCELLED)
    await bench.see_the_end()
    assert bench.run.return_due is None
    await bench.returns.close()
