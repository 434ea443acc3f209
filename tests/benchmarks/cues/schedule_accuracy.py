"""How exact the schedule is: `.venv/bin/python tests/benchmarks/cues/schedule_accuracy.py`.

Plans 30 breaks (or --breaks N) through the real services on a source of constant bitrate and 25 frames/s that
is made for it and not looped; with --pattern on the test pattern. Printed, each from the planned time:
where the PTS clock put the splice when the cue was made, where it put it when it was spliced, and when the
frame of the splice PTS truly left the output. The last two hold what the source ran slow or fast in between.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
from frame_arrivals import FrameArrivals

from ibe100.core.application import Application, open_application
from ibe100.core.config import load
from ibe100.models.cues.schedule import At, BreakPlan, BreakState
from ibe100.models.scte35_marker import Cue
from ibe100.models.stream_config import (
    Engine,
    FileInput,
    Scte35Options,
    StreamConfig,
    StreamInput,
    TestPatternInput,
    UdpOutput,
)

FRAME_MS = 40.0
SETTLE_S = 20.0
APART_S = 10.0
TAIL_S = 20.0
OPTIONS = Scte35Options(start_delay_ms=4000, inject_count=2, inject_interval_ms=1000)


@dataclass
class Offs:
    """Milliseconds from the planned times."""

    told: list[float] = field(default_factory=list)
    lived: list[float] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    lost: int = 0

    @property
    def seen(self) -> int:
        """How many breaks are over."""
        return len(self.told) + self.lost


def make_source(path: Path, seconds: float) -> StreamInput:
    """A file of 25 frames/s and constant bitrate without reordered frames."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-f", "lavfi"]
    command += [
        "-i",
        f"testsrc2=size=640x360:rate=25:duration={seconds:.0f}",
        "-c:v",
        "mpeg2video",
        "-bf",
        "0",
    ]
    command += ["-b:v", "2M", "-minrate", "2M", "-maxrate", "2M", "-bufsize", "400k", "-muxrate", "2600k"]
    subprocess.run([*command, "-pcr_period", "20", "-f", "mpegts", str(path)], check=True)
    return FileInput(path=path, loop=False)


def lived_ms(application: Application, cue: Cue) -> float:
    """When the stream reached the splice PTS by its clock, less when that was planned."""
    clock = application.streams.run_of(cue.stream_id).clock
    assert clock is not None
    assert cue.pts_time is not None
    assert cue.scheduled_at is not None
    now, wall = time.monotonic(), time.time()
    return (wall - cue.scheduled_at) * 1000 + clock.ms_until(cue.pts_time, now)


def left_ms(arrivals: FrameArrivals, cue: Cue) -> float:
    """When the frame of the splice PTS came out, less when that was planned."""
    assert cue.pts_time is not None
    assert cue.scheduled_at is not None
    reached_s = arrivals.reached_at(cue.pts_time)
    assert reached_s is not None, "the splice is over, and its frame did not come"
    return (reached_s + time.time() - time.monotonic() - cue.scheduled_at) * 1000


async def measure(config: StreamConfig, count: int, arrivals: FrameArrivals, folder: str) -> Offs:
    settings = {"folders": {"data_dir": folder, "log_dir": str(Path(folder, "logs"))}}
    offs = Offs()
    async with open_application(load(settings), "benchmark", stop_streams=True) as application:
        stream_id = (await application.streams.add(config)).stream_id
        await application.streams.start(stream_id)
        await asyncio.sleep(SETTLE_S)
        first = time.time() + APART_S
        for number in range(count):
            at = At(at=first + number * (APART_S + 0.0137))
            await application.schedule.add(BreakPlan(stream_id=stream_id, when=at, duration_s=1))
        for one in application.schedule.list():
            while not (now := application.schedule.list()[offs.seen]).state.is_final:
                await asyncio.sleep(0.05)
            assert now.break_id == one.break_id
            if now.state is not BreakState.DONE:
                print(f"{now.state}: {now.reason}")
                offs.lost += 1
                continue
            cue = next(cue for cue in application.cues.recent(stream_id) if cue.cue_id == now.cue_id)
            assert cue.splice_at is not None
            assert cue.scheduled_at is not None
            await asyncio.sleep(0.5)
            offs.told.append((cue.splice_at - cue.scheduled_at) * 1000)
            offs.lived.append(lived_ms(application, cue))
            offs.left.append(left_ms(arrivals, cue))
    return offs


def tell(name: str, offs_ms: list[float]) -> None:
    within = sum(-0.1 <= off <= FRAME_MS + 0.1 for off in offs_ms)
    print(
        f"{name:19s} median {statistics.median(offs_ms):7.1f} ms   from {min(offs_ms):7.1f} to "
        f"{max(offs_ms):7.1f} ms   within the frame: {within} of {len(offs_ms)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--breaks", type=int, default=30)
    parser.add_argument("--engine", type=Engine, default=Engine.AUTO)
    parser.add_argument("--pattern", action="store_true", help="the test pattern instead of a file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, FrameArrivals() as arrivals:
        seconds = SETTLE_S + APART_S * (options.breaks + 1) + TAIL_S
        source = TestPatternInput() if options.pattern else make_source(Path(folder, "source.ts"), seconds)
        config = StreamConfig(
            name="Accuracy",
            input=source,
            output=UdpOutput(host="127.0.0.1", port=arrivals.port),
            engine=options.engine,
            scte35=OPTIONS,
        )
        offs = asyncio.run(measure(config, options.breaks, arrivals, folder))
    kind = "test pattern" if options.pattern else "file of constant bitrate"
    print(f"{len(offs.told)} of {options.breaks} planned breaks DONE, {offs.lost} lost, {kind}")
    if offs.told:
        tell("when it was made", offs.told)
        tell("when it was spliced", offs.lived)
        tell("when the frame left", offs.left)


if __name__ == "__main__":
    main()
