"""Restarts that wait for the end of a break, and how long a restart takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ibe100.models.errors import StreamError
from ibe100.models.messages import Message, NoticePosted, StreamStateChanged, StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig, UdpInput
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.changes.restarts import Restarts
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink

LIVE = StreamConfig(name="News", input=UdpInput(port=5000))


class Rig:
    """One stream on air, and restarts that hear of it."""

    def __init__(self, tmp_path: Path) -> None:
        self.restarted: list[str] = []
        self.said: list[str] = []
        self.now = 100.0
        self.refusal = ""
        self.restarts = Restarts(self.restart, self.take, lambda: self.now)
        self.run = StreamRun(
            StreamEntry(stream_id="news", number=1, config=LIVE), RunnerLink(tmp_path / "news"), self.show
        )
        self.run.enter(StreamState.RUNNING, "")

    async def restart(self, stream_id: str) -> None:
        if self.refusal:
            raise StreamError(self.refusal)
        self.restarted.append(stream_id)

    def take(self, message: Message) -> None:
        if isinstance(message, NoticePosted):
            self.said.append(message.text)

    def show(self, view: StreamView) -> None:
        self.restarts.hear(StreamStateChanged(stream=view))


async def settle() -> None:
    for _turn in range(5):
        await asyncio.sleep(0)


async def test_it_waits_for_the_end_of_the_break_and_is_made_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.run.show_break(True, 1000.0)
    for _twice in range(2):
        rig.restarts.wait(rig.run)
    await settle()
    rig.run.show_break(True, 1001.0)
    await settle()
    assert rig.restarted == []
    rig.run.show_break(False, None)
    await settle()
    assert rig.restarted == ["news"]


async def test_a_stream_that_is_stopped_or_called_off_is_not_restarted(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.run.show_break(True, 1000.0)
    rig.restarts.wait(rig.run)
    rig.restarts.call_off("news")
    rig.restarts.wait(rig.run)
    rig.run.enter(StreamState.STOPPED, "stopped by olga")
    rig.run.show_break(False, None)
    await settle()
    assert rig.restarted == []
    assert rig.said == ["News was stopped: no restart after the break."]


async def test_a_restart_that_is_refused_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.refusal = "the input is gone"
    rig.run.show_break(True, 1000.0)
    rig.restarts.wait(rig.run)
    await settle()
    rig.run.show_break(False, None)
    await settle()
    assert rig.said == ["News was not restarted after its break: the input is gone"]


async def test_the_last_restart_says_how_long_the_next_takes(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    assert rig.restarts.seconds("news", LIVE) > rig.restarts.seconds("demo", StreamConfig(name="Demo"))
    rig.restarts.begin("news")
    rig.run.enter(StreamState.STOPPED, "restart")
    rig.now += 2.5
    rig.run.enter(StreamState.RUNNING, "")
    assert rig.restarts.seconds("news", LIVE) == 2.5
