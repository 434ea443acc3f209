"""Cues in the tags of an HLS input: asked for as ours at their place, once, and told where they cannot be."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any

import pytest

from alarm_rig import capture, running
from ibe100.models.actor import PLAYLIST
from ibe100.models.errors import CueRefused
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import decode, encode
from ibe100.services.audit_trail import acting
from ibe100.services.cues.passing import tag_cues
from ibe100.services.cues.passing.tag_cues import TagCues
from ibe100.services.streams.runner_facts import CueOnInput, CueTagged

NOW_PTS, LEAD_S = 1_000_000, 20.0


class StillClock:
    """The stream's clock, standing still."""

    def is_known(self, monotonic_s: float) -> bool:
        return True

    def ms_until(self, pts: int, monotonic_s: float) -> float:
        return (pts - NOW_PTS) * 1000 / PTS_HZ


class Bench:
    """A stream that asks for cues of its playlist's tags, and what is asked for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, from_tags: bool = True) -> None:
        facts = capture("builtin_ott").facts
        options = facts.config.scte35.model_copy(update={"from_tags": from_tags})
        config = facts.config.model_copy(update={"scte35": options})
        self.run = running(facts.model_copy(update={"config": config}))
        monkeypatch.setattr(type(self.run), "clock", StillClock())
        self.asked: list[CueRequest] = []
        self.actors: list[str] = []
        self.told: list[Message] = []
        self.refusals: list[str] = []
        self.cues = TagCues(self.fire, self.preview, self.told.append)

    async def fire(self, request: CueRequest) -> Cue:
        self.asked.append(request)
        self.actors.append(acting().name)
        return None  # type: ignore[return-value]

    async def preview(self, request: CueRequest) -> None:
        if self.refusals:
            raise CueRefused(self.refusals.pop())

    async def tag(self, ahead_s: float = LEAD_S, **said: Any) -> None:
        """A tag of the input that stands so far ahead, taken to its end."""
        given: dict[str, Any] = {"out": True, "section_base64": "", "duration_s": 30.0, "from_edge_s": None}
        given |= {"pts": NOW_PTS + round(ahead_s * PTS_HZ), "on_input": True, **said}
        self.cues.take(self.run, CueTagged(1, time.time(), 0.0, "EXT-X-CUE-OUT", **given))
        await asyncio.gather(*self.cues._work)

    @property
    def notices(self) -> list[str]:
        return [one.text for one in self.told if isinstance(one, NoticePosted)]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(tag_cues, "AGAIN_S", 0.001)
    return Bench(monkeypatch)


async def test_a_tag_without_a_section_is_asked_for_as_a_break_at_its_place(bench: Bench) -> None:
    await bench.tag()
    (out,) = bench.asked
    assert (out.action, out.duration_s) == (CueAction.TO_BREAK, 30.0)
    assert out.splice_at == pytest.approx(time.time() + LEAD_S, abs=5)
    await bench.tag(out=False, ahead_s=LEAD_S + 30, duration_s=None)
    assert bench.asked[1].action is CueAction.BACK_TO_PROGRAMME
    assert bench.actors == [PLAYLIST.name] * 2


async def test_a_section_in_a_tag_keeps_all_but_its_time(bench: Bench) -> None:
    given = splice_insert(77, True, pts_time=5, duration_pts=2_700_000)
    await bench.tag(section_base64=base64.b64encode(encode(given)).decode())
    (request,) = bench.asked
    assert request.action is CueAction.SEND_SECTION
    sent = decode(base64.b64decode(request.section))
    assert sent.splice_pts == NOW_PTS + round(LEAD_S * PTS_HZ)
    assert sent == splice_insert(77, True, pts_time=sent.splice_pts, duration_pts=2_700_000)


async def test_what_stands_too_near_for_the_pre_roll_goes_out_at_its_place(bench: Bench) -> None:
    await bench.tag(ahead_s=0.01)
    assert [(one.action, one.splice_at) for one in bench.asked] == [(CueAction.CRASH_OUT, None)]
    await bench.tag(out=False, ahead_s=-0.5)
    assert bench.asked[1].action is CueAction.CRASH_IN


async def test_what_is_too_late_is_told_and_not_sent(bench: Bench) -> None:
    await bench.tag(ahead_s=-5)
    assert bench.asked == []
    assert "its place in the media passed 5.0 s ago" in bench.notices[0]


async def test_two_notations_of_one_cue_are_one_cue(bench: Bench) -> None:
    await bench.tag()
    await bench.tag(ahead_s=LEAD_S + 0.5)
    await bench.tag(ahead_s=LEAD_S + 60)
    assert len(bench.asked) == 2


async def test_the_way_back_waits_until_the_way_out_has_gone(bench: Bench) -> None:
    bench.refusals = ["TO BREAK is on its way"] * 3
    await bench.tag(out=False)
    assert (len(bench.asked), bench.notices) == (1, [])


@pytest.mark.parametrize(
    "said",
    [{"on_input": False}, {"out": None}, {"pts": None}],
    ids=["return feed", "no direction", "no place"],
)
async def test_tags_that_say_too_little_are_left_out(bench: Bench, said: dict[str, Any]) -> None:
    await bench.tag(**said)
    assert bench.asked == []


async def test_a_stream_that_does_not_ask_or_has_sections_gets_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Bench(monkeypatch, from_tags=False)
    await silent.tag()
    assert silent.asked == []
    section = base64.b64encode(encode(splice_insert(1, True))).decode()
    bench.cues.take(bench.run, CueOnInput(1, time.time(), 0.0, section, 500))
    await bench.tag()
    assert bench.asked == []
