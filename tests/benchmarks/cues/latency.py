"""How fast a cue is: run it by hand.

    .venv/bin/python tests/benchmarks/cues/latency.py [--cues N] [--engine builtin|tsduck]

Fires immediate cues at a test pattern of 10 Mb/s through the real services. Printed: from the request to the
datagram (the durable commit included), and from the request to the section's first sight on the output.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from ibe100.core.application import Application, open_application
from ibe100.core.config import load
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState
from ibe100.models.stream_config import Engine, StreamConfig, TestPatternInput

BITRATE_BPS = 10_000_000
PATIENCE_S = 30.0


async def fire(application: Application, stream_id: str, action: CueAction) -> Cue:
    """One cue, until it is over."""
    cue = await application.cues.fire(CueRequest(stream_id=stream_id, action=action, duration_s=600))
    deadline = time.monotonic() + PATIENCE_S
    while not cue.state.is_final and time.monotonic() < deadline:
        await asyncio.sleep(0.005)
        cue = next(one for one in application.cues.recent(stream_id) if one.cue_id == cue.cue_id)
    return cue


async def measure(engine: Engine, count: int) -> list[Cue]:
    with tempfile.TemporaryDirectory() as folder:
        settings = {"folders": {"data_dir": folder, "log_dir": str(Path(folder, "logs"))}}
        async with open_application(load(settings), "benchmark", stop_streams=True) as application:
            config = StreamConfig(
                name="Latency", input=TestPatternInput(bitrate_bps=BITRATE_BPS), engine=engine
            )
            stream_id = (await application.streams.add(config)).stream_id
            await application.streams.start(stream_id)
            deadline = time.monotonic() + PATIENCE_S
            while not application.cues.readiness(stream_id).ready and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            actions = (CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME)
            cues: list[Cue] = []
            while len(cues) < count and (not cues or cues[-1].state is CueState.SPLICED):
                cues.append(await fire(application, stream_id, actions[len(cues) % 2]))
            return cues


def tell(name: str, values: list[float]) -> None:
    values = sorted(values)
    p99 = values[min(len(values) - 1, round(len(values) * 0.99))]
    median = statistics.median(values)
    print(f"{name:24s} median {median:6.1f} ms   p99 {p99:6.1f} ms   worst {values[-1]:6.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cues", type=int, default=200)
    parser.add_argument("--engine", type=Engine, default=Engine.AUTO)
    options = parser.parse_args()
    cues = asyncio.run(measure(options.engine, options.cues))
    spliced = [cue for cue in cues if cue.state is CueState.SPLICED]
    for lost in (cue for cue in cues if cue.state is not CueState.SPLICED):
        print(f"{lost.action} {lost.state}: {lost.reason}")
    print(f"{len(spliced)} of {len(cues)} cues seen on the output, 10 Mb/s, engine {options.engine.value}")
    tell("request to datagram", [(cue.sent_at - cue.requested_at) * 1000 for cue in spliced if cue.sent_at])
    tell(
        "request to first packet", [(cue.seen_at - cue.requested_at) * 1000 for cue in spliced if cue.seen_at]
    )


if __name__ == "__main__":
    main()
