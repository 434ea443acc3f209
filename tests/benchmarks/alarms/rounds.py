"""One fault on a live stream, from its first bad packet to its alarm and its end; for `fault_to_alarm.py`."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

from faults import FAULTS, FILLER, Bench, clock_as_it_is

from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.messages import AlarmChanged
from live_rig import as_it_is
from services_rig import processor_pid, until

LEARNT_S = 15.0
"""In a processor's life: the bitrate of the last minute is known, rates are even."""
QUIET_S = 3.0
"""Without an alarm, before the next fault."""
MOST_S = 25.0
CLEARED = (AlarmState.CLEARED_UNACKNOWLEDGED, AlarmState.CLOSED)


@dataclass(frozen=True, slots=True)
class Round:
    """What became of one fault; ms after the first bad packet, and `cleared` after the first good one."""

    fault: str
    condition: str
    bus_ms: float
    model_ms: float
    cleared_ms: float
    value: str = ""
    others: str = ""

    def __str__(self) -> str:
        also = f" | also {self.others}" if self.others else ""
        return (
            f"{self.fault:20s} {self.condition:22s} bus {self.bus_ms:6.0f}   model {self.model_ms:6.0f}   "
            f"cleared {self.cleared_ms:6.0f}   {self.value}{also}"
        )


def table(rounds: list[Round]) -> str:
    """The worst of each fault."""
    by_fault: defaultdict[tuple[str, str], list[Round]] = defaultdict(list)
    for one in rounds:
        by_fault[one.fault, one.condition].append(one)
    return "\n".join(
        f"{fault:20s} {condition:22s} of {len(ones)}: bus {max(one.bus_ms for one in ones):6.0f}   "
        f"model {max(one.model_ms for one in ones):6.0f}   "
        f"cleared {max(one.cleared_ms for one in ones):6.0f}"
        for (fault, condition), ones in by_fault.items()
    )


async def healed(bench: Bench) -> None:
    """Undo whatever was done."""
    bench.sender.spoil = as_it_is
    bench.sender.show(None)
    (bench.application.folders.data_dir / FILLER).unlink(missing_ok=True)
    with suppress(Exception):
        os.kill(await processor_pid(bench.application, bench.stream_id), signal.SIGCONT)


async def follow(bench: Bench) -> None:
    """Note when each alarm was told on the bus."""
    async for message in bench.application.messages():
        if isinstance(message, AlarmChanged):
            alarm = message.alarm
            if alarm.is_shown:
                bench.bus.setdefault((alarm.condition, alarm.state), time.monotonic())
            else:
                bench.hidden.add(f"{alarm.condition} by {alarm.suppressed_by}")


async def play(bench: Bench, fault: str, phase: float) -> Round | str:
    """Make a fault `phase` of a second after a sample; in words where it was not told."""
    with clock_as_it_is():
        return await _play(bench, fault, phase)


async def _play(bench: Bench, fault: str, phase: float) -> Round | str:
    conditions, make = FAULTS[fault]
    run = bench.application.streams.run_of(bench.stream_id)
    quiet_since: float | None = None

    def is_quiet() -> bool:
        nonlocal quiet_since
        now = time.monotonic()
        if bench.standing() or not run.is_fresh():
            quiet_since = None
        elif quiet_since is None:
            quiet_since = now
        return bench.learning_s() > LEARNT_S and quiet_since is not None and now - quiet_since > QUIET_S

    try:
        await until(is_quiet, "quiet", 90.0)
    except AssertionError:
        return f"{fault:20s} NOT TRIED; standing {', '.join(bench.standing()) or 'nothing, but no samples'}"
    for alarm in bench.application.alarms.standing():
        await bench.application.alarms.acknowledge(alarm.alarm_id)
    sampled_at = run.influx_at
    await until(lambda: run.influx_at > sampled_at, "the next sample")
    await asyncio.sleep(phase)
    bench.bus.clear()
    bench.hidden.clear()
    bench.model.clear()
    began = await make(bench)

    def raised() -> str | None:
        return next((name for name in conditions if (name, AlarmState.UNACKNOWLEDGED) in bench.bus), None)

    try:
        condition = await until(raised, fault, MOST_S)
    except AssertionError:
        await healed(bench)
        return f"{fault:20s} NOT TOLD; standing {', '.join(bench.standing()) or 'nothing'}; {bench.hidden}"
    await until(lambda: condition in bench.model, "the alarm in the window's model", 5.0)
    on_bus = bench.bus[condition, AlarmState.UNACKNOWLEDGED]
    await asyncio.sleep(2.0)
    value = bench.standing()[condition].value if condition in bench.standing() else ""
    shown = {name for name, alarm in bench.standing().items() if alarm.is_shown}
    bench.bus.clear()
    healed_at = time.monotonic()
    await healed(bench)
    await until(lambda: condition not in bench.standing(), f"the end of {condition}", 120.0)
    with suppress(AssertionError):  # one that its cause explained to the end is closed unseen
        await until(lambda: any((condition, state) in bench.bus for state in CLEARED), "its word", 2.0)
    told = max(bench.bus.get((condition, state), healed_at) for state in CLEARED)
    return Round(
        fault,
        condition,
        1000 * (on_bus - began),
        1000 * (bench.model[condition] - began),
        1000 * (told - healed_at),
        value,
        ", ".join(sorted(shown - {condition})),
    )
