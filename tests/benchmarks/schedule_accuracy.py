"""How exact the schedule is: `.venv/bin/python tests/benchmarks/schedule_accuracy.py [--breaks N]`.

Plans breaks on a test pattern of 25 frames/s through the real services. Printed, each from the planned time:
the splice PTS by the stream's PTS clock when the cue was made, and by the same clock when it was spliced.
The second holds what the stream itself ran slow or fast in the seconds between.
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
from ibe100.models.schedule import At, BreakPlan, BreakState
from ibe100.models.scte35_marker import Cue
from ibe100.models.stream_config import Engine, Scte35Options, StreamConfig, TestPatternInput

FRAME_MS = 40.0
SETTLE_S = 20.0
APART_S = 10.0
OPTIONS = Scte35Options(start_delay_ms=4000, inject_count=2, inject_interval_ms=1000)


def lived_ms(application: Application, cue: Cue) -> float:
    """When the stream reached the splice PTS, less when that was planned."""
    clock = application.streams.run_of(cue.stream_id).clock
    assert clock is not None
    assert cue.pts_time is not None
    assert cue.scheduled_at is not None
    now, wall = time.monotonic(), time.time()
    return (wall - cue.scheduled_at) * 1000 + clock.ms_until(cue.pts_time, now)


async def measure(engine: Engine, count: int) -> tuple[list[float], list[float], int]:
    with tempfile.TemporaryDirectory() as folder:
        settings = {"folders": {"data_dir": folder, "log_dir": str(Path(folder, "logs"))}}
        async with open_application(load(settings), "benchmark", stop_streams=True) as application:
            config = StreamConfig(
                name="Accuracy", input=TestPatternInput(frame_rate=25), engine=engine, scte35=OPTIONS
            )
            stream_id = (await application.streams.add(config)).stream_id
            await application.streams.start(stream_id)
            await asyncio.sleep(SETTLE_S)
            first = time.time() + APART_S
            for number in range(count):
                at = At(at=first + number * (APART_S + 0.0137))
                await application.schedule.add(BreakPlan(stream_id=stream_id, when=at, duration_s=1))
            told, lived, lost = [], [], 0
            for one in application.schedule.list():
                while not (now := application.schedule.list()[len(told) + lost]).state.is_final:
                    await asyncio.sleep(0.05)
                assert now.break_id == one.break_id
                if now.state is not BreakState.DONE:
                    print(f"{now.state}: {now.reason}")
                    lost += 1
                    continue
                cue = next(cue for cue in application.cues.recent(stream_id) if cue.cue_id == now.cue_id)
                assert cue.splice_at is not None
                assert cue.scheduled_at is not None
                told.append((cue.splice_at - cue.scheduled_at) * 1000)
                lived.append(lived_ms(application, cue))
            return told, lived, lost


def tell(name: str, offs_ms: list[float]) -> None:
    within = sum(-0.1 <= off <= FRAME_MS + 0.1 for off in offs_ms)
    print(
        f"{name:18s} median {statistics.median(offs_ms):7.1f} ms   from {min(offs_ms):7.1f} to "
        f"{max(offs_ms):7.1f} ms   within the frame: {within} of {len(offs_ms)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--breaks", type=int, default=30)
    parser.add_argument("--engine", type=Engine, default=Engine.AUTO)
    options = parser.parse_args()
    told, lived, lost = asyncio.run(measure(options.engine, options.breaks))
    print(f"{len(told)} of {options.breaks} planned breaks DONE, {lost} lost, engine {options.engine.value}")
    if told:
        tell("when it was made", told)
        tell("when it was spliced", lived)


if __name__ == "__main__":
    main()
