"""From a fault to its alarm: `.venv/bin/python tests/benchmarks/fault_to_alarm.py [--engine E] [--only N]`.

Makes each fault on a live UDP stream or on its processor, just after a sample was taken: the worst moment.
Printed, in ms from the first bad packet: the alarm on the bus, the alarm in the model of the window's list;
and from the first good packet: its clearing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from demo_rig import free_udp_port
from live_faults import (
    PMT_PID,
    collapsed,
    full,
    later_by,
    lossy,
    pmt_without_sound,
    scrambled,
    without_pcr,
    without_pid,
    without_pts,
    without_sync,
)
from live_rig import LiveSender, Spoil, as_it_is, live_sender, make_pattern, nothing
from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QApplication
from services_rig import console, kill, on_air, processor_pid, until

from ibe100.core.application import Application
from ibe100.core.background_loop import BackgroundLoop
from ibe100.models.alarm import Alarm, AlarmState
from ibe100.models.messages import AlarmChanged
from ibe100.models.stream_config import Engine, StreamConfig, UdpInput
from ibe100.services import machine_watch
from ibe100.services.signal_watch import SETTLE_S
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.qt_models.alarm_table import ALARM_ROLE, AlarmTableModel

QUIET_S = 12.0
"""Before a fault: long enough that the bitrate of the last minute is known and rates are even."""
MOST_S = 25.0
PATTERN_S = 300.0


@dataclass
class Bench:
    """One stream on air, its sender, and what was told when (monotonic)."""

    application: Application
    sender: LiveSender
    stream_id: str
    bus: dict[tuple[str, AlarmState], float]
    model: dict[str, float]

    def standing(self) -> dict[str, Alarm]:
        """Alarms whose condition is true."""
        return {one.condition: one for one in self.application.monitoring.alarms() if one.cleared_at is None}


Fault = Callable[[Bench], Awaitable[float]]
"""Makes a fault; returns when it began, monotonic."""


def packets(spoil: Callable[[], Spoil]) -> Fault:
    """A fault of the packets themselves."""

    async def make(bench: Bench) -> float:
        bench.sender.spoil = spoil()
        return await until(lambda: bench.sender.spoiled_at, "a bad packet")

    return make


async def killed(bench: Bench) -> float:
    pid = await processor_pid(bench.application, bench.stream_id)
    kill(pid)
    return time.monotonic()


async def frozen(bench: Bench) -> float:
    pid = await processor_pid(bench.application, bench.stream_id)
    os.kill(pid, signal.SIGSTOP)
    return time.monotonic()


async def stepped(bench: Bench) -> float:
    """The clock that the console reads, not the machine's: others work here."""
    real = time.time
    machine_watch.time.time = lambda: real() + 5.0  # type: ignore[assignment]
    return time.monotonic()


FAULTS: dict[str, tuple[tuple[str, ...], Fault]] = {
    "input cut": (("nothing_flows",), packets(lambda: nothing)),
    "processor killed": (("processor_restarting",), killed),
    "processor frozen": (("nothing_flows",), frozen),
    "sync lost": (
        ("sync_loss", "sync_byte_error", "transport_error", "nothing_flows", "processor_restarting"),
        packets(lambda: without_sync),
    ),
    "packets lost": (("continuity_error",), packets(lambda: lossy)),
    "PAT missing": (("pat_error",), packets(lambda: without_pid(0))),
    "PMT missing": (("pmt_error",), packets(lambda: without_pid(PMT_PID))),
    "PMT changed": (("pmt_changed",), packets(lambda: pmt_without_sound)),
    "PCR gap": (("pcr_repetition_error",), packets(lambda: without_pcr)),
    "PTS gap": (("pts_error",), packets(lambda: without_pts)),
    "PTS jump": (("pts_jump",), packets(lambda: later_by(10.0))),
    "PID scrambled": (("scrambled_pid",), packets(lambda: scrambled)),
    "bitrate collapsed": (("bitrate_collapse",), packets(collapsed)),
    "null packets gone": (("no_null_packets",), packets(lambda: full)),
    "clock stepped": (("clock_step",), stepped),
}


async def healed(bench: Bench) -> None:
    """Undo whatever was done."""
    bench.sender.spoil = as_it_is
    with suppress(Exception):
        os.kill(await processor_pid(bench.application, bench.stream_id), signal.SIGCONT)


async def follow(bench: Bench) -> None:
    async for message in bench.application.messages():
        if isinstance(message, AlarmChanged) and message.alarm.is_shown:
            bench.bus.setdefault((message.alarm.condition, message.alarm.state), time.monotonic())


async def one(bench: Bench, name: str) -> str:
    conditions, make = FAULTS[name]
    run = bench.application.streams.run_of(bench.stream_id)
    settled_at = run.influx_at + SETTLE_S + QUIET_S

    try:
        await until(lambda: run.influx_at > settled_at and not bench.standing(), "quiet", 90.0)
    except AssertionError:
        return f"{name:20s} NOT TRIED; standing {', '.join(bench.standing()) or 'nothing, but no samples'}"
    for alarm in bench.application.monitoring.alarms():
        await bench.application.monitoring.acknowledge(alarm.alarm_id, "benchmark")
    sampled_at = run.influx_at
    await until(lambda: run.influx_at > sampled_at, "the next sample")
    bench.bus.clear()
    bench.model.clear()
    began = await make(bench)

    def raised() -> str | None:
        return next((name for name in conditions if (name, AlarmState.UNACKNOWLEDGED) in bench.bus), None)

    try:
        condition = await until(raised, name, MOST_S)
    except AssertionError:
        await healed(bench)
        return f"{name:20s} NOT TOLD; standing {', '.join(bench.standing()) or 'nothing'}"
    await until(lambda: condition in bench.model, "the alarm in the window's model", 5.0)
    on_bus = bench.bus[condition, AlarmState.UNACKNOWLEDGED]
    value = bench.standing()[condition].value if condition in bench.standing() else ""
    await asyncio.sleep(1.5)
    bench.bus.clear()
    healed_at = time.monotonic()
    await healed(bench)
    cleared = (AlarmState.CLEARED_UNACKNOWLEDGED, AlarmState.CLOSED)
    await until(
        lambda: (
            condition not in bench.standing() or any((condition, state) in bench.bus for state in cleared)
        ),
        f"the end of {condition}",
        120.0,
    )
    told = [bench.bus.get((condition, state), healed_at) for state in cleared]
    others = ", ".join(sorted(set(bench.standing()) - {condition}))
    return (
        f"{name:20s} {condition:22s} bus {1000 * (on_bus - began):6.0f}   model "
        f"{1000 * (bench.model[condition] - began):6.0f}   cleared {1000 * (max(told) - healed_at):6.0f}"
        f"   {value} {'| also ' + others if others else ''}"
    )


async def measure(engine: Engine, names: list[str], bridge: EventBridge, model: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pattern = make_pattern(Path(folder, "pattern.ts"), PATTERN_S)
        port = free_udp_port()
        source = UdpInput(port=port, local_address="127.0.0.1", receive_timeout_ms=60_000)
        with live_sender(pattern, port) as sender:
            async with console(Path(folder, "data"), runner={}, engine={"kind": engine.value}) as application:
                config = StreamConfig(name="Live", input=source, stuffing_ratio=0)
                crossing = asyncio.create_task(bridge.follow(application))
                stream_id = await on_air(application, config)
                bench = Bench(application, sender, stream_id, {}, model)
                following = asyncio.create_task(follow(bench))
                for name in names:
                    with restored_clock():
                        print(await one(bench, name), flush=True)
                for task in (following, crossing):
                    task.cancel()
                await asyncio.gather(following, crossing, return_exceptions=True)


@contextmanager
def restored_clock() -> Iterator[None]:
    real = time.time
    try:
        yield
    finally:
        time.time = real


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", type=Engine, default=Engine.AUTO)
    parser.add_argument("--only", nargs="*", default=list(FAULTS), choices=list(FAULTS))
    options = parser.parse_args()
    window = QApplication([])
    bridge, table, seen = EventBridge(), AlarmTableModel(), dict[str, float]()
    bridge.alarm_changed.connect(table.put)

    def inserted(_parent: object, first: int, last: int) -> None:
        for row in range(first, last + 1):
            alarm = table.index(row, 0).data(ALARM_ROLE)
            seen.setdefault(alarm.condition, time.monotonic())

    table.rowsInserted.connect(inserted)
    table.dataChanged.connect(lambda first, last: inserted(None, first.row(), last.row()))
    loop = BackgroundLoop()
    loop.start()
    work = loop.submit(measure(options.engine, options.only, bridge, seen))
    print(
        f"engine {options.engine.value}, ms after the first bad packet; cleared: ms after the first good one"
    )
    work.add_done_callback(lambda _: QCoreApplication.quit())
    window.exec()
    work.result()
    loop.stop()


if __name__ == "__main__":
    main()
