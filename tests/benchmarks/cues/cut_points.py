"""Distance of splices from an IDR, and whether it is on record: `python tests/benchmarks/cues/cut_points.py`.

For each kind of video (x264 with fixed and open GOPs and with scene cuts, x265, MPEG-2) a stream is made by
ffmpeg and put on air; cues with a random pre-roll go to the nearest IDR that is foreseen. Their distance from
the key frames that ffprobe finds in the output is held against the record. `--cues N` asks for up to 200 of
each kind (25 without it), `--processor tsduck` for tsp. Needs ffmpeg and ffprobe.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(TESTS), str(TESTS / "rigs")]
from ibe100.models.cues.cut_points import SpliceOn  # noqa: E402
from ibe100.models.cues.segmentation import Segmentation, SegmentationType  # noqa: E402
from ibe100.models.scte35_marker import Cue, CueAction  # noqa: E402
from ibe100.models.stream_config import Engine, FileInput, FileOutput, Scte35Options, StreamConfig  # noqa: E402
from ibe100.mpegts.timestamps import PTS_HZ, pts_difference  # noqa: E402
from ibe100.scte35.section import decode  # noqa: E402
from independent_parser import parse_file  # noqa: E402
from services_rig import SHORT_LEAD, asked, console, now, on_air, until, until_over  # noqa: E402

FRAME_RATE = 25
SPACING_S = 0.7
"""Between two cues, on average."""
BEGINS_S, ENDS_S = 14.0, 14.0
"""Time in which GOPs become known, and that the last cue needs."""
_RATE = "-b:v 900k -maxrate 900k -bufsize 450k"
_X264 = f"-c:v libx264 -preset veryfast {_RATE} -x264-params"
_X265 = f"-c:v libx265 -preset ultrafast {_RATE} -x265-params log-level=error:scenecut=0"
_MPEG2 = "-c:v mpeg2video -b:v 1100k -maxrate 1100k -bufsize 550k -g 12 -bf 2"
KINDS = {
    "x264, fixed": f"{_X264} keyint=50:min-keyint=50:scenecut=0:bframes=3",
    "x264, open GOP": f"{_X264} keyint=48:min-keyint=48:scenecut=0:bframes=3:open-gop=1",
    "x264, scene cuts": f"{_X264} keyint=50:min-keyint=5:scenecut=40:bframes=3",
    "x265, open GOP": f"{_X265}:keyint=50:min-keyint=50",
    "x265, closed GOP": f"{_X265}:keyint=50:min-keyint=50:open-gop=0",
    "MPEG-2, fixed": f"{_MPEG2} -sc_threshold 1000000000",
    "MPEG-2, scene cuts": _MPEG2,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The cues of one kind; milliseconds."""

    cues: int
    measured: int
    aimed: int
    """Those that are spliced on an IDR."""
    farthest_ms: float
    disagreement_ms: float
    """The largest difference between the record and ffprobe."""


def make_video(kind: str, path: Path, seconds: float) -> None:
    """A channel with cuts between pictures of different kinds, at odd times."""
    sources = ("testsrc2", "smptehdbars", "mandelbrot")
    lengths = [1.7 + 1.3 * (number * 7 % 4) for number in range(round(seconds / 1.7) + 1)]
    inputs = [
        f"-f lavfi -t {length:.2f} -i {sources[number % 3]}=s=320x180:r={FRAME_RATE}"
        for number, length in enumerate(lengths)
    ]
    joined = "".join(f"[{number}:v]setsar=1,format=yuv420p[v{number}];" for number in range(len(lengths)))
    joined += "".join(f"[v{number}]" for number in range(len(lengths)))
    joined += f"concat=n={len(lengths)}:v=1:a=0[v]"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *" ".join(inputs).split()]
    command += ["-f", "lavfi", "-i", "sine=frequency=500", "-filter_complex", joined, "-map", "[v]"]
    command += ["-map", f"{len(lengths)}:a", "-t", f"{seconds:.1f}", *KINDS[kind].split()]
    command += ["-c:a", "mp2", "-b:a", "64k", "-f", "mpegts", "-muxrate", "2500k", str(path)]
    subprocess.run(command, check=True)


def key_frames(path: Path) -> list[int]:
    """PTS of the key frames of the video, by ffprobe."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v",
        "-show_entries",
        "packet=pts,flags",
        "-of",
        "csv=p=0",
    ]
    lines = subprocess.run([*command, str(path)], check=True, capture_output=True, text=True).stdout.split()
    fields = [line.split(",") for line in lines]
    return [int(pts) for pts, flags, *_ in fields if "K" in flags]


async def fire(folder: Path, video: Path, out: Path, count: int, engine: Engine) -> list[Cue]:
    """Fire cues while the video plays once; returns them as they are on record."""
    options = Scte35Options(**SHORT_LEAD, splice_on=SpliceOn.IDR)
    config = StreamConfig(
        name="Cut points",
        input=FileInput(path=video, loop=False),
        output=FileOutput(path=out),
        scte35=options,
        engine=engine,
    )
    segmentation = Segmentation(type=SegmentationType.PROGRAM_START)
    async with console(
        folder / "data", media={"folders": [str(folder)]}, engine={"kind": "auto"}
    ) as application:
        stream_id = await on_air(application, config)
        run = application.streams.run_of(stream_id)
        await until(lambda: run.pictures is not None and run.pictures.gops.usual, "a known GOP")
        fired = []
        for _ in range(count):
            request = asked(
                stream_id,
                CueAction.TIME_SIGNAL,
                pre_roll_s=random.uniform(5.0, 7.0),
                segmentation=segmentation,
            )
            fired.append(await application.cues.fire(request))
            await asyncio.sleep(random.uniform(0.5, 1.5) * SPACING_S)
        fired = [await until_over(application, cue) for cue in fired]
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline and any(
            now(application, cue).idr_offset_ms is None for cue in fired
        ):
            await asyncio.sleep(0.1)
        fired = [now(application, cue) for cue in fired]
        await application.streams.stop(stream_id)
    return fired


def compare(cues: list[Cue], out: Path) -> Outcome:
    """Hold what is on record against the sections and the key frames in the output."""
    keys = key_frames(out)
    in_output = set(parse_file(out).splices_base64(500))
    offsets, differences = [], [0.0]
    for cue in cues:
        assert cue.section_base64 in in_output, f"cue {cue.cue_id} is not in the output"
        splice = decode(base64.b64decode(cue.section_base64)).splice_pts
        assert splice is not None
        real = min((pts_difference(splice, key) for key in keys), key=abs) * 1000 / PTS_HZ
        offsets.append(real)
        if cue.idr_offset_ms is not None:
            # As far on either side is as right.
            differences.append(min(abs(cue.idr_offset_ms - real), abs(abs(cue.idr_offset_ms) - abs(real))))
    measured = sum(cue.idr_offset_ms is not None for cue in cues)
    aimed = sum(abs(offset) < 1 for offset in offsets)
    return Outcome(len(cues), measured, aimed, max(map(abs, offsets)), max(differences))


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cues", type=int, default=25, choices=range(1, 201), metavar="1..200")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--processor", choices=["builtin", "tsduck"], default="builtin")
    options = parser.parse_args()
    for kind in options.kind or KINDS:
        # A stream has no more than 50 cues in mind at a time.
        left, parts = options.cues, []
        while left > 0:
            count, left = min(left, 40), left - 40
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                video, out = folder / "in.ts", folder / "out.ts"
                make_video(kind, video, BEGINS_S + count * SPACING_S * 1.2 + ENDS_S)
                cues = asyncio.run(fire(folder, video, out, count, Engine(options.processor)))
                parts.append(compare(cues, out))
        cues, measured, aimed = (
            sum(getattr(one, name) for one in parts) for name in ("cues", "measured", "aimed")
        )
        print(
            f"{kind:18} {cues:4} cues, {measured:4} measured, {aimed:4} on an IDR, "
            f"farthest {max(one.farthest_ms for one in parts):6.1f} ms, "
            f"record and ffprobe differ by {max(one.disagreement_ms for one in parts):.2f} ms at most",
            flush=True,
        )


if __name__ == "__main__":
    main()
