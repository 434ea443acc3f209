"""Runners are told what to record, once; what their recorders say becomes words for an alarm."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ibe100.models.clips.clip import ClipSide
from ibe100.models.clips.plan import ClipPlan, ClipScope
from ibe100.models.errors import StreamError
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.clips.recorders import OLD_RUNNER, Recorders, sides_of
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.streams.runner_samples import RecorderSide, RecorderState

ON = ClipPlan(enabled=True)


class Link(RunnerLink):
    """A runner that answers as the test says."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[Mapping[str, Any]] = []
        self.refusal = ""

    async def request(self, command: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(command)
        if self.refusal:
            raise StreamError(self.refusal)
        return {"ok": True}


@pytest.fixture
def link(tmp_path: Path) -> Link:
    return Link(tmp_path)


def stream(link: Link, scope: ClipScope = ClipScope.DEFAULT) -> StreamRun:
    entry = StreamEntry(stream_id="a", number=1, config=StreamConfig(name="A", clips=scope))
    run = StreamRun(entry, link, lambda _: None)
    run.enter(StreamState.RUNNING, "")
    return run


def said(error: str = "", *, lost: int = 0, ring_error: str = "") -> RecorderState:
    side = RecorderSide(time.time(), 1000, lost, ring_error)
    return RecorderState(time.time(), time.monotonic() + 0.001, {ClipSide.OUTPUT: side}, error)


@pytest.mark.parametrize(
    ("scope", "enabled", "sides"),
    [
        (ClipScope.DEFAULT, False, ()),
        (ClipScope.DEFAULT, True, (ClipSide.OUTPUT,)),
        (ClipScope.OFF, True, ()),
        (ClipScope.OUTPUT, False, (ClipSide.OUTPUT,)),
        (ClipScope.BOTH, False, (ClipSide.OUTPUT, ClipSide.INPUT)),
    ],
)
def test_a_stream_says_otherwise_than_the_settings(
    scope: ClipScope, enabled: bool, sides: tuple[ClipSide, ...]
) -> None:
    assert sides_of(StreamConfig(name="A", clips=scope), ClipPlan(enabled=enabled)) == sides


async def test_a_runner_is_told_once_and_again_when_it_is_to_be_otherwise(link: Link, tmp_path: Path) -> None:
    recorders, run = Recorders(tmp_path / "ring"), stream(link)
    for _ in range(3):
        await recorders.order(run, ON)
    assert len(link.asked) == 1
    order = json.loads((tmp_path / "recorder.json").read_bytes())["argv"]
    assert order[-4:] == [str(tmp_path / "ring" / "a"), "120", "2000", "output=@clip"]

    await recorders.order(run, ClipPlan())

    assert len(link.asked) == 2
    assert not (tmp_path / "recorder.json").exists()


async def test_where_nothing_is_recorded_nobody_is_asked(link: Link, tmp_path: Path) -> None:
    await Recorders(tmp_path / "ring").order(stream(link), ClipPlan())
    assert link.asked == []


async def test_an_older_runner_is_named_and_asked_again(link: Link, tmp_path: Path) -> None:
    recorders, run = Recorders(tmp_path / "ring"), stream(link)
    link.refusal = "no command 'record'; there are status, stop"
    await recorders.order(run, ON)
    assert recorders.trouble(run, ON) == OLD_RUNNER

    link.refusal = ""
    await recorders.order(run, ON)

    assert recorders.trouble(run, ON) == ""


async def test_what_a_recorder_says_is_told(link: Link, tmp_path: Path) -> None:
    recorders, run = Recorders(tmp_path / "ring"), stream(link)
    await recorders.order(run, ON)
    recorders.heard("a", said())
    assert recorders.trouble(run, ON) == ""

    recorders.heard("a", said(ring_error="No space left on device"))
    assert recorders.trouble(run, ON) == "output: No space left on device"
    recorders.heard("a", said("the recorder ended (killed by SIGKILL)"))
    assert recorders.trouble(run, ON) == "the recorder ended (killed by SIGKILL)"
    recorders.heard("a", said(lost=128))
    assert recorders.trouble(run, ON).startswith("packets are left out: 128 so far")
    assert recorders.lost_packets("a") == 128

    run.enter(StreamState.STOPPED, "")
    assert recorders.trouble(run, ON) == "", "what is off is not recorded"
