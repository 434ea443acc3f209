"""How much pre-roll a cue really has: `.venv/bin/python tests/benchmarks/cues/pre_roll.py [--cues 200]`.

Pre-rolled time signals on live test patterns, overlapping, through the real services; 4 s are asked of each.
Both figures are read from the output files by an independent parser: splice PTS less the last video PTS
before the section was first there, and whether each splice PTS lies on the grid of the video's frames.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS), str(TESTS / "rigs")]
from ibe100.core.application import Application  # noqa: E402
from ibe100.models.cues.segmentation import Segmentation  # noqa: E402
from ibe100.models.errors import CueRefused  # noqa: E402
from ibe100.models.scte35_marker import CueAction  # noqa: E402
from ibe100.models.stream_config import Engine  # noqa: E402
from services_rig import asked, console, until  # noqa: E402 (the tests are no package)
from torture_rig import STARTS, all_cues, judge, live_stream, stopped  # noqa: E402

PRE_ROLLS_S = (5.0, 6.0, 8.0)


async def fire(application: Application, stream_id: str, count: int, chance: random.Random) -> None:
    """`count` cues on one stream, one begun every half second."""
    accepted = 0
    while accepted < count:
        signal = Segmentation(type=chance.choice(STARTS))
        request = asked(
            stream_id,
            CueAction.TIME_SIGNAL,
            segmentation=signal,
            pre_roll_s=chance.choice(PRE_ROLLS_S),
        )
        await until(lambda: application.cues.readiness(stream_id).ready, "the stream ready")
        with contextlib.suppress(CueRefused):  # on record; a busy machine's test pattern may stand still
            await application.cues.fire(request)
            accepted += 1
        await asyncio.sleep(chance.uniform(0.3, 0.7))
    await until(
        lambda: all(cue.state.is_final for cue in application.cues.recent(stream_id)), "the end of all cues"
    )


async def measure(options: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with console(folder / "data", engine={"kind": options.engine.value}) as application:
            outs = {}
            for number in range(options.streams):
                out = folder / f"{number}.ts"
                outs[await live_stream(application, f"Live {number}", out, options.engine)] = out
            await asyncio.sleep(5.0)  # the PTS of a test pattern begins near zero
            share = options.cues // len(outs)
            chances = (random.Random(number) for number in range(len(outs)))
            await asyncio.gather(*(fire(application, one, share, next(chances)) for one in outs))
            await stopped(application, list(outs))
            records = {stream_id: await all_cues(application, stream_id) for stream_id in outs}
        verdicts = [judge(records[stream_id], out) for stream_id, out in outs.items()]
    cues = [cue for verdict in verdicts for cue in verdict.cues]
    pre_rolls = sorted(one for verdict in verdicts for one in verdict.pre_rolls_s)
    faults = [fault for verdict in verdicts for fault in verdict.faults]
    states = dict(Counter(cue.state.value for cue in cues))
    print(f"{len(cues)} pre-rolled cues, engine {options.engine.value}: {states}")
    print(f"real pre-roll: {pre_rolls[0]:.3f} s at least, median {statistics.median(pre_rolls):.3f} s")
    print(f"{sum('grid' in fault for fault in faults)} splice times off the frame grid")
    for fault in faults:
        print(f"  {fault}")
    return not faults and bool(pre_rolls)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cues", type=int, default=200)
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--engine", type=Engine, default=Engine.BUILTIN)
    sys.exit(0 if asyncio.run(measure(parser.parse_args())) else 1)


if __name__ == "__main__":
    main()
