"""Cues in random order under random kills: `.venv/bin/python tests/benchmarks/cues/torture.py --cues 1000`.

Live test patterns in parallel, random actions and pre-rolls, some disarmed; processors are killed (SIGKILL)
all the while. At the end every cue must be SPLICED, CANCELLED, REFUSED or FAILED with a reason, none twice,
none late, none lost, and the output files, read by an independent parser, must agree with the database.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS), str(TESTS / "rigs")]
from ibe100.models.stream_config import Engine  # noqa: E402
from services_rig import console  # noqa: E402 (the tests are no package)
from torture_rig import Tally, all_cues, judge, live_stream, stopped, torture  # noqa: E402


async def run(options: argparse.Namespace) -> bool:
    """Whether record and output agree entirely."""
    tally, began = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with console(folder / "data", cues={"seen_timeout_s": options.seen_timeout}) as application:
            outs = {
                await live_stream(application, f"Live {n}", folder / f"{n}.ts", options.engine): folder
                / f"{n}.ts"
                for n in range(options.streams)
            }
            ids = list(outs)
            every = (options.kill_every / 2, options.kill_every * 1.5)
            await torture(application, ids, options.cues, options.seed, every, tally)
            await stopped(application, ids)
            records = {stream_id: await all_cues(application, stream_id) for stream_id in ids}
        verdicts = [judge(records[stream_id], out) for stream_id, out in outs.items()]
    cues = [cue for verdict in verdicts for cue in verdict.cues]
    states = Counter(cue.state.value for cue in cues)
    seconds = round(time.monotonic() - began)
    print(f"{len(cues)} cues on {options.streams} streams, {tally.kills} kills, {seconds} s")
    print("  " + ", ".join(f"{state} {count}" for state, count in states.most_common()))
    print("  " + ", ".join(f"{action} {count}" for action, count in tally.asked_for.most_common()))
    failures = Counter(cue.reason.partition(":")[0] for cue in cues if cue.state.value == "FAILED")
    for reason, count in failures.most_common():
        print(f"  FAILED {count}: {reason}")
    pre_rolls = sorted(one for verdict in verdicts for one in verdict.pre_rolls_s)
    if pre_rolls:
        print(f"  real pre-roll of {len(pre_rolls)} cues: {pre_rolls[0]:.3f} s at least")
    faults = [fault for verdict in verdicts for fault in verdict.faults]
    for fault in faults:
        print(f"  DISAGREES: {fault}")
    if len(cues) != options.cues:
        faults.append(f"{options.cues} cues were asked for, {len(cues)} are on record")
    print("record and output agree" if not faults else f"{len(faults)} faults")
    return not faults


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cues", type=int, default=1000)
    parser.add_argument("--streams", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kill-every", type=float, default=6.0, help="seconds between kills, on average")
    parser.add_argument("--seen-timeout", type=float, default=2.0)
    parser.add_argument("--engine", type=Engine, default=Engine.BUILTIN)
    sys.exit(0 if asyncio.run(run(parser.parse_args())) else 1)


if __name__ == "__main__":
    main()
