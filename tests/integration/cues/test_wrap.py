"""A stream whose PTS wraps at 2^33 a few seconds after its start: cues before, across and after the wrap."""

from __future__ import annotations

import asyncio
import subprocess
import time
from pathlib import Path

import imageio_ffmpeg
import pytest

from ibe100.models.cues.segmentation import Segmentation, SegmentationType
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import Engine, FileInput, FileOutput, StreamConfig
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from independent_parser import parse_file
from services_rig import SHORT_LEAD, asked, console, now, on_air, until, until_over

WRAP_AFTER_S = 9.0
LENGTH_S = 40
MUX_DELAY_S = 1.4
"""ffmpeg's own offset of the first PTS."""
START_S = PTS_MODULO / PTS_HZ - WRAP_AFTER_S - MUX_DELAY_S


def wrapping_stream(path: Path) -> Path:
    """A small constant-bitrate stream with null packets; the video's PTS wraps after WRAP_AFTER_S."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin"]
    command += ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25", "-t", str(LENGTH_S)]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25"]
    command += ["-b:v", "200k", "-output_ts_offset", f"{START_S:.3f}"]
    command += ["-f", "mpegts", "-muxrate", "600000", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.mark.parametrize(
    "engine", [Engine.BUILTIN, pytest.param(Engine.TSDUCK, marks=pytest.mark.tsduck)], ids=str
)
async def test_cues_before_across_and_after_the_wrap_are_all_spliced(tmp_path: Path, engine: Engine) -> None:
    source = await asyncio.to_thread(wrapping_stream, tmp_path / "wraps.ts")
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data", engine={"kind": engine.value}) as application:
        config = StreamConfig(
            name="Wraps",
            input=FileInput(path=source, loop=False),
            output=FileOutput(path=out),
            scte35=SHORT_LEAD,
        )
        stream_id = await on_air(application, config)
        clock = application.streams.run_of(stream_id).clock
        assert clock is not None

        async def signal(kind: SegmentationType, pre_roll_s: float) -> Cue:
            request = asked(
                stream_id,
                CueAction.TIME_SIGNAL,
                segmentation=Segmentation(type=kind),
                pre_roll_s=pre_roll_s,
            )
            return await application.cues.fire(request)

        def until_wrap_s() -> float:
            return (PTS_MODULO - clock.now_pts(time.monotonic())) / PTS_HZ

        before = await signal(SegmentationType.PROGRAM_START, 4.2)
        assert before.pts_time is not None
        assert before.pts_time > PTS_MODULO - WRAP_AFTER_S * PTS_HZ
        # Sent before the wrap it would be dropped, and after it there is no pre-roll left for it.
        with pytest.raises(CueRefused, match=r"the PTS clock wraps in \d\.\d s.* ask for a splice .* ahead"):
            await signal(SegmentationType.BREAK_START, until_wrap_s() + 3.0)
        across = await signal(SegmentationType.CHAPTER_START, until_wrap_s() + 6.0)
        assert across.pts_time is not None
        assert across.pts_time < 8 * PTS_HZ, "beyond the wrap"
        assert until_wrap_s() < WRAP_AFTER_S + 1, "asked for before it"
        await until(lambda: clock.now_pts(time.monotonic()) < PTS_HZ * 60, "the wrap")
        assert now(application, across).state is CueState.ARMED, "kept until the stream has wrapped"
        after = await signal(SegmentationType.NETWORK_START, 5.0)

        cues = [await until_over(application, cue) for cue in (before, across, after)]
        assert [(cue.state, cue.reason) for cue in cues] == [(CueState.SPLICED, "")] * 3
        assert [cue.seen for cue in cues] == [2, 2, 2]
        assert min(cue.pre_roll_ms or 0 for cue in cues) >= 4000
        await application.streams.stop(stream_id)
    assert sorted(set(parse_file(out).splices_base64(500))) == sorted(cue.section_base64 for cue in cues)
