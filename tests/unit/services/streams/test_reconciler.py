"""The reconciler, on corrections that only note what is asked of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.inputs.plan_fit import PlanFit
from ibe100.services.streams.reconciler import Reconciler
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.utils.places import Place, Places


class Noted:
    """Corrections as they are asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def is_busy(self, run: StreamRun) -> bool:
        return False

    async def bring_back(self, run: StreamRun) -> None:
        self.asked.append("bring back")

    async def plan_anew(self, run: StreamRun) -> None:
        self.asked.append("plan anew")

    async def pass_on(self, run: StreamRun) -> None:
        self.asked.append("pass on")

    async def replan(self, run: StreamRun) -> None:
        self.asked.append("replan")

    async def take_off(self, run: StreamRun) -> None:
        self.asked.append("take off")

    async def keep_wish(self, run: StreamRun) -> None:
        self.asked.append("keep wish")

    async def rest(self, run: StreamRun) -> None:
        self.asked.append("rest")


async def test_nothing_is_set_right_while_another_console_may_own_the_folder(tmp_path: Path) -> None:
    """It may have stopped what this one still wants."""
    data = tmp_path / "data"
    data.mkdir()
    places, noted = Places(Place(data)), Noted()
    entry = StreamEntry(stream_id="one", number=1, config=StreamConfig(name="One"))
    run = StreamRun(entry, RunnerLink(data / "one"), lambda _view: None)
    run.want("run")
    run.wish_kept("run")
    run.enter(StreamState.STOPPED, "by another console")
    reconciler = Reconciler(lambda: [run], noted, PlanFit(), places)
    away = data.rename(tmp_path / "away")
    data.mkdir()
    assert places.look()
    await reconciler.look()
    await asyncio.sleep(0)
    assert noted.asked == []
    data.rmdir()
    away.rename(data)
    assert not places.look()
    await reconciler.look()
    await asyncio.sleep(0)
    assert noted.asked == ["bring back"]
    await reconciler.close()
