"""Heartbeats: an error ends none of them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.heartbeat import Heartbeat
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.streams.runner_samples import InfluxPost
from ibe100.tsduck.telemetry import InfluxSample
from ibe100.utils import tasks


async def test_heartbeats_go_on_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PAUSES_S", (0.0, 0.0))
    config = StreamConfig(name="One", scte35={"heartbeat_interval_s": 5.0})
    entry = StreamEntry(stream_id="one", number=1, config=config)
    run = StreamRun(entry, RunnerLink(Path("nowhere")), lambda _view: None)
    run.enter(StreamState.RUNNING, "")
    influx = InfluxSample(bitrate_bps=2_000_000, null_bps=100_000)
    run.measure(InfluxPost(time.time(), time.monotonic(), influx))
    tries, sent = 0, asyncio.Event()

    def put_out(_run: StreamRun, _section: bytes) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ZeroDivisionError("a bug")
        sent.set()

    heartbeat = Heartbeat(CueCache(), put_out, 2.0)
    heartbeat.follow(run)
    await asyncio.wait_for(sent.wait(), 30)
    await heartbeat.close()
