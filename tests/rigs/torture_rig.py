"""Cues at random on live streams whose processors are killed at random, and what came of them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ibe100.core.application import Application
from ibe100.models.cues.segmentation import Segmentation, SegmentationType
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState
from ibe100.models.stream_config import Engine, FileOutput, StreamConfig, TestPatternInput
from ibe100.scte35 import encode, splice_insert, to_base64
from ibe100.services.streams.runner_link import RunnerGone
from independent_parser import Parsed, parse_file
from services_rig import asked, kill, until, until_ready

PRE_ROLL_S = 5.0
LEAST_PRE_ROLL_S = 4.0
FRAME_PTS = 3600
HALF_PTS = 1 << 32
FOREIGN_IDS = 900_000
"""Event ids of sections made elsewhere, beside the range of the streams."""
SETTLED_S = 60.0

WEIGHTS = {
    CueAction.TO_BREAK: 5,
    CueAction.BACK_TO_PROGRAMME: 4,
    CueAction.CRASH_OUT: 2,
    CueAction.CRASH_IN: 3,
    CueAction.SPLICE_NULL: 2,
    CueAction.TIME_SIGNAL: 5,
    CueAction.SEND_SECTION: 2,
}
STARTS = [one for one in SegmentationType if one.is_start]


@dataclass
class Tally:
    """What was done, over all streams."""

    asked_for: Counter[str] = field(default_factory=Counter)
    kills: int = 0


@dataclass
class Verdict:
    """One stream: its cues on record, and where they and its output disagree."""

    cues: tuple[Cue, ...]
    faults: list[str]
    pre_rolls_s: list[float]
    """Read from the output: splice PTS less the last video PTS before the section was first there."""


async def live_stream(application: Application, name: str, out: Path, engine: Engine) -> str:
    """A small test pattern into a file, ready for pre-rolled cues; asked ahead as a contract of 4 s does.

    At so low a bitrate tsp begins up to 0.7 s after the start that it is asked for.
    """
    config = StreamConfig(
        name=name,
        input=TestPatternInput(width=160, height=90, bitrate_bps=800_000),
        output=FileOutput(path=out),
        engine=engine,
        scte35={
            "start_delay_ms": 5000,
            "inject_count": 2,
            "inject_interval_ms": 300,
            "heartbeat_interval_s": None,
        },
    )
    stream_id = (await application.streams.add(config)).stream_id
    await application.streams.start(stream_id)
    await until_ready(application, stream_id)
    run = application.streams.run_of(stream_id)
    await until(lambda: run.clock is not None and run.clock.is_known(time.monotonic()), "the PTS clock")
    return stream_id


async def torture(
    application: Application,
    stream_ids: list[str],
    count: int,
    seed: int,
    kill_every_s: tuple[float, float],
    tally: Tally,
    most_kills: int | None = None,
) -> None:
    """Ask for `count` cues in all, kill processors meanwhile, return when all of them are over."""
    chance = random.Random(seed)
    killer = asyncio.create_task(_kill(application, stream_ids, chance, kill_every_s, tally, most_kills))
    shares = [count // len(stream_ids) + (at < count % len(stream_ids)) for at in range(len(stream_ids))]
    await asyncio.gather(
        *(
            _ask(application, stream_id, share, random.Random(f"{seed} {stream_id}"), tally)
            for stream_id, share in zip(stream_ids, shares, strict=True)
        )
    )
    killer.cancel()
    await asyncio.gather(killer, return_exceptions=True)

    def all_over() -> bool:
        return all(
            cue.state.is_final for stream_id in stream_ids for cue in application.cues.recent(stream_id)
        )

    await until(all_over, "the end of all cues", SETTLED_S)


async def _kill(
    application: Application,
    stream_ids: list[str],
    chance: random.Random,
    every_s: tuple[float, float],
    tally: Tally,
    most: int | None,
) -> None:
    while most is None or tally.kills < most:
        await asyncio.sleep(chance.uniform(*every_s))
        link = application.streams.run_of(chance.choice(stream_ids)).link
        with contextlib.suppress(RunnerGone, ProcessLookupError):
            status = await link.request({"cmd": "status"})
            if status["pid"] is not None:
                kill(status["pid"])
                tally.kills += 1


async def _ask(
    application: Application, stream_id: str, count: int, chance: random.Random, tally: Tally
) -> None:
    for number in range(count):
        await asyncio.sleep(chance.uniform(0.0, 0.6))
        if chance.random() < 0.9:
            await _ready(application, stream_id)
        sensible = [one for one in WEIGHTS if application.cues.readiness(stream_id, one).ready]
        actions = sensible if sensible and chance.random() < 0.85 else list(WEIGHTS)
        action = chance.choices(actions, [WEIGHTS[one] for one in actions])[0]
        try:
            cue = await application.cues.fire(_request(stream_id, action, number, chance))
        except CueRefused:
            tally.asked_for["refused"] += 1
            continue
        tally.asked_for[action.value] += 1
        if cue.state is CueState.ARMED and chance.random() < 0.1:
            try:
                await application.cues.cancel(cue.cue_id)
            except CueRefused:
                continue


async def _ready(application: Application, stream_id: str) -> None:
    await until(lambda: application.cues.readiness(stream_id).ready, f"{stream_id} ready")


def _request(stream_id: str, action: CueAction, number: int, chance: random.Random) -> CueRequest:
    pre_roll_s = chance.choice((0.0, 0.0, PRE_ROLL_S, PRE_ROLL_S + 1.7))
    match action:
        case CueAction.TO_BREAK:
            return asked(stream_id, action, pre_roll_s=pre_roll_s, duration_s=chance.choice((2.0, 600.0)))
        case CueAction.BACK_TO_PROGRAMME:
            return asked(stream_id, action, pre_roll_s=pre_roll_s)
        case CueAction.TIME_SIGNAL:
            kind = Segmentation(type=chance.choice(STARTS))
            return asked(stream_id, action, pre_roll_s=pre_roll_s, segmentation=kind)
        case CueAction.SEND_SECTION:
            section = encode(splice_insert(FOREIGN_IDS + number, chance.random() < 0.5))
            return asked(stream_id, action, section=to_base64(section))
        case _:
            return asked(stream_id, action)


def judge(cues: tuple[Cue, ...], out: Path) -> Verdict:
    """Hold the record against the output, as an independent parser reads it."""
    parsed = parse_file(out)
    aired = Counter(parsed.splices_base64(500))
    faults = []
    by_bytes: dict[str, list[Cue]] = {}
    for cue in cues:
        if not cue.state.is_final:
            faults.append(f"lost: {cue.cue_id} {cue.action} is {cue.state}")
        if cue.state in (CueState.FAILED, CueState.REFUSED, CueState.CANCELLED) and not cue.reason:
            faults.append(f"no reason: {cue.cue_id} {cue.action} {cue.state}")
        if cue.section_base64:
            by_bytes.setdefault(cue.section_base64, []).append(cue)
    for section, count in aired.items():
        if section not in by_bytes:
            faults.append(f"nobody's: {section}")
        elif count != (seen := sum(cue.seen for cue in by_bytes[section])):
            what = ", ".join(f"{cue.cue_id} {cue.action} {cue.state}" for cue in by_bytes[section])
            faults.append(f"aired {count} times, on record {seen}: {what}")
    for section, owners in by_bytes.items():
        spliced = [cue for cue in owners if cue.state is CueState.SPLICED]
        if spliced and not aired[section]:
            faults.append(f"on record only: {spliced[0].cue_id} {spliced[0].action}")
        if not spliced and aired[section]:
            faults.append(f"aired all the same: {owners[0].cue_id} {owners[0].state} {owners[0].reason}")
    pre_rolls_s = _pre_rolls(parsed, by_bytes, faults)
    return Verdict(cues, faults, pre_rolls_s)


def _pre_rolls(parsed: Parsed, by_bytes: dict[str, list[Cue]], faults: list[str]) -> list[float]:
    video = next(iter(parsed.services.values())).pcr_pid
    first: dict[str, int] = {}
    last_pts: int | None = None
    grid: int | None = None
    pre_rolls_s = []
    for packet in parsed.packets:
        if packet.pid == video and (pts := Parsed.pts_of(packet)) is not None:
            last_pts, grid = pts, pts % FRAME_PTS
        if packet.pid == 500 and last_pts is not None:
            for section in parsed.sections_in(packet):
                first.setdefault(section, last_pts)
    for section, pts in first.items():
        for cue in by_bytes.get(section, ()):
            if cue.pts_time is None:
                continue
            left_s = ((cue.pts_time - pts + HALF_PTS) % (2 * HALF_PTS) - HALF_PTS) / 90_000
            pre_rolls_s.append(left_s)
            if left_s < LEAST_PRE_ROLL_S:
                faults.append(f"{left_s:.3f} s of pre-roll: {cue.cue_id} {cue.action} {cue.state}")
            if grid is not None and cue.pts_time % FRAME_PTS != grid:
                faults.append(f"off the frame grid: {cue.cue_id} {cue.pts_time}")
    return pre_rolls_s


async def all_cues(application: Application, stream_id: str) -> tuple[Cue, ...]:
    """Every cue of a stream that is on record."""
    return tuple(await application.records.cues.recent(stream_id, limit=100_000))


async def stopped(application: Application, stream_ids: list[str]) -> None:
    """All streams are off, their files whole."""
    for stream_id in stream_ids:
        await application.streams.stop(stream_id)
