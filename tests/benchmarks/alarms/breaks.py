"""Breaks of every kind on several streams, and the alarms about them: run it by hand.

    .venv/bin/python tests/benchmarks/alarms/breaks.py [--streams 8] [--breaks 60] [--seed N] [--media FOLDER]

Each stream has one break after the other: with automatic return, with a return that is sent, with a return by
hand in time or seconds late, ended by a crash in, called off, without a duration. Printed: each alarm about
breaks with its delay behind the announced end, every alarm that should not have been, every one that is
missing, and the worst delay. Exits with 1 where there was one of either.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from ibe100.core.application import Application
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import BreakEnd, CueAction
from ibe100.services.alarms import break_catalogue
from ibe100.services.alarms.rule import AlarmRule
from made_streams import made_streams
from services_rig import asked, console, fired, looped, on_air

LATE_S = 3.0
CONDITIONS = {rule.condition for rule in vars(break_catalogue).values() if isinstance(rule, AlarmRule)}
KINDS = ("auto", "cue", "hand", "late", "crash in", "called off", "open")
IN = CueAction.BACK_TO_PROGRAMME


class Rounds:
    """What was done, what should have been told, and what was told."""

    def __init__(self, application: Application, seed: int) -> None:
        self._application = application
        self._chance = random.Random(seed)
        self.due: dict[tuple[str, float], float | None] = {}
        """Delay of the alarm by stream and announced end; None while it is awaited."""
        self.false: list[str] = []
        self._known: set[tuple[int, float]] = set()

    async def watch(self) -> None:
        """Look at the alarms twenty times a second."""
        while True:
            for alarm in self._application.alarms.standing():
                key = alarm.alarm_id, alarm.raised_at
                if alarm.condition not in CONDITIONS or key in self._known or alarm.cleared_at is not None:
                    continue
                self._known.add(key)
                self._told(alarm.stream_id, alarm.condition, alarm.value)
            await asyncio.sleep(0.05)

    def _told(self, stream_id: str, condition: str, value: str) -> None:
        now = time.time()
        awaited = [key for key, found in self.due.items() if key[0] == stream_id and found is None]
        if condition == "break_overrun" and awaited:
            self.due[awaited[0]] = now - awaited[0][1]
            print(f"{stream_id}: {condition} {now - awaited[0][1]:.2f} s after the end", flush=True)
            return
        self.false.append(f"{stream_id}: {condition}: {value}")
        print(f"{stream_id}: FALSE {condition}: {value}", flush=True)

    async def stream(self, stream_id: str, count: int) -> None:
        """So many breaks on a stream, one after the other."""
        await asyncio.sleep(self._chance.uniform(0, 3))
        for number in range(count):
            kind = KINDS[(number + self._chance.randrange(len(KINDS))) % len(KINDS)]
            try:
                await self._one(stream_id, kind)
            except (CueRefused, AssertionError) as error:
                print(f"{stream_id}: {kind} could not be done: {error}", flush=True)
            await asyncio.sleep(self._chance.uniform(0.5, 2))

    async def _one(self, stream_id: str, kind: str) -> None:
        cues, duration_s = self._application.cues, self._chance.choice((4.0, 6.0, 8.0))
        out = CueAction.TO_BREAK
        if kind == "called off":
            cue = await cues.fire(asked(stream_id, out, duration_s=duration_s, pre_roll_s=7))
            await asyncio.sleep(self._chance.uniform(0.2, 5))
            await cues.cancel(cue.cue_id)
            return
        returns = {"auto": BreakEnd.AUTO, "cue": BreakEnd.CUE}.get(kind, BreakEnd.HAND)
        if kind == "open":
            out = CueAction.CRASH_OUT
        cue = await fired(self._application, stream_id, out, duration_s=duration_s, returns=returns)
        end = cues.announced_end(cue) or time.time()
        match kind:
            case "auto" | "cue":
                await asyncio.sleep(max(0.0, end - time.time()) + 3)
            case "late":
                self.due[stream_id, end] = None
                await asyncio.sleep(max(0.0, end - time.time()) + LATE_S)
                await fired(self._application, stream_id, IN)
            case "crash in":
                await asyncio.sleep(duration_s / 2)
                await fired(self._application, stream_id, CueAction.CRASH_IN)
            case _:
                await asyncio.sleep(max(0.0, end - time.time() - 1.5))
                await fired(self._application, stream_id, IN)


async def run(options: argparse.Namespace) -> int:
    """Do it all; the number of false and missing alarms."""
    with tempfile.TemporaryDirectory() as name:
        media = options.media or made_streams(Path(name) / "media")
        async with console(Path(name) / "data", engine={"kind": "builtin"}) as application:
            rounds = Rounds(application, options.seed)
            watching = asyncio.get_running_loop().create_task(rounds.watch())
            ids = [
                await on_air(application, looped(media, name=f"Channel {number}"))
                for number in range(1, options.streams + 1)
            ]
            share = -(-options.breaks // options.streams)
            began = time.monotonic()
            await asyncio.gather(*(rounds.stream(stream_id, share) for stream_id in ids))
            await asyncio.sleep(2)
            watching.cancel()
    missing = [key for key, found in rounds.due.items() if found is None]
    found = [delay for delay in rounds.due.values() if delay is not None]
    print(
        f"{options.streams} streams, {share * options.streams} breaks in {time.monotonic() - began:.0f} s: "
        f"{len(found)} overruns told, at the latest {max(found, default=0.0):.2f} s after the end; "
        f"{len(rounds.false)} false, {len(missing)} missing"
    )
    return len(rounds.false) + len(missing)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--breaks", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--media", type=Path, help="folder with ott_with_scte35.ts")
    sys.exit(min(1, asyncio.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
