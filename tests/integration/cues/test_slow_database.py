"""A disk that takes its time for every COMMIT: nothing stands still, and no cue is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from ibe100.database.database import Database
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.services import scte35_service
from services_rig import asked, console, fired, looped, on_air

COMMIT_S = 0.7
HICCUP_S = 0.4


@contextlib.contextmanager
def slow_commits() -> Iterator[None]:
    """The listener stays: to take it away while a commit goes through the listeners breaks that commit."""
    is_slow = threading.Event()

    def wait(connection: Connection) -> None:
        if is_slow.is_set():
            time.sleep(COMMIT_S)

    event.listen(Engine, "commit", wait)
    is_slow.set()
    yield
    is_slow.clear()


async def longest_pause(until: asyncio.Event) -> float:
    """How long the loop did not come round at worst, seconds."""
    longest = 0.0
    while not until.is_set():
        began = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - began)
    return longest


async def test_a_cue_at_once_that_a_hanging_disk_records_late_is_not_sent(
    tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scte35_service, "LATEST_AT_ONCE_S", COMMIT_S / 2)
    async with contextlib.AsyncExitStack() as stack:
        application = await stack.enter_async_context(console(tmp_path / "data"))
        stream_id = await on_air(application, looped(media))
        stack.enter_context(slow_commits())
        cue = await application.cues.fire(asked(stream_id, CueAction.TO_BREAK))
        assert (cue.state, cue.sent) == (CueState.FAILED, 0)
        assert "not sent late" in cue.reason


async def test_cues_go_out_once_and_are_proved_while_each_commit_takes_long(
    tmp_path: Path, media: Path
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        application = await stack.enter_async_context(console(tmp_path / "data"))
        stream_id = await on_air(application, looped(media))
        over = asyncio.Event()
        pause = asyncio.create_task(longest_pause(over))
        stack.enter_context(slow_commits())
        presses = await asyncio.gather(
            *(fired(application, stream_id, CueAction.TO_BREAK, duration_s=600) for _ in range(3)),
            return_exceptions=True,
        )
        (out,) = [one for one in presses if isinstance(one, Cue)]
        assert sum(isinstance(one, CueRefused) for one in presses) == 2, "one break for three presses"
        back = await fired(application, stream_id, CueAction.CRASH_IN)
        assert (out.state, back.state) == (CueState.SPLICED, CueState.SPLICED), (out.reason, back.reason)
        assert out.sent_at is not None
        assert out.sent_at - out.requested_at >= COMMIT_S, "committed before it is sent"
        assert application.cues.readiness(stream_id).ready, "samples do not wait for the disk"
        over.set()
        assert await pause < HICCUP_S
    database = await Database.open(tmp_path / "data" / "ibe100.db")
    stored = {cue.cue_id: cue for cue in await database.cues.recent(stream_id)}
    await database.close()
    assert (stored[out.cue_id], stored[back.cue_id]) == (out, back), "what is in memory came to the disk"
    assert sorted(cue.state for cue in stored.values()) == ["REFUSED", "REFUSED", "SPLICED", "SPLICED"]
