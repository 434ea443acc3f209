"""From a fault to its alarm: `.venv/bin/python tests/benchmarks/fault_to_alarm.py [--engine E] [--only N]`.

Makes each fault on a live UDP stream or on its processor, just after a sample was taken: the worst moment.
Printed, in ms from the first bad packet: the alarm on the bus, the alarm in the model of the window's list;
and from the first good packet: its clearing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from alarm_faults import CONTENT, CONTENT_FAULTS, DISK_USAGE, FAULTS, WATCHED, Bench, machine_as_it_is
from demo_rig import free_udp_port
from live_rig import as_it_is, live_sender, make_pattern
from minitsp_rig import MINITSP
from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QApplication
from services_rig import console, on_air, processor_pid, until, until_alarm

from ibe100.core.application import Application
from ibe100.core.background_loop import BackgroundLoop
from ibe100.models.alarm import AlarmState
from ibe100.models.confidence import ConfidenceOptions
from ibe100.models.messages import AlarmChanged
from ibe100.models.stream_config import (
    Engine,
    NoOutput,
    SrtInput,
    SrtMode,
    SrtOutput,
    StreamConfig,
    StreamInput,
    StreamOutput,
    TestPatternInput,
    UdpInput,
)
from ibe100.services.signal_watch import SETTLE_S
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.qt_models.alarm_table import ALARM_ROLE, AlarmTableModel

QUIET_S = 12.0
"""Before a fault: long enough that the bitrate of the last minute is known and rates are even."""
MOST_S = 25.0
PATTERN_S = 240.0
SRT_FAULTS = {
    "SRT receiver leaves": ("srt_receiver_gone", signal.SIGINT),
    "SRT receiver killed": ("srt_receiver_gone", signal.SIGKILL),
    "SRT sender leaves": ("srt_sender_gone", signal.SIGINT),
    "SRT sender killed": ("srt_sender_gone", signal.SIGKILL),
}
ALL = [*FAULTS, *SRT_FAULTS]


async def healed(bench: Bench) -> None:
    """Undo whatever was done."""
    bench.sender.spoil = as_it_is
    bench.sender.show(None)
    shutil.disk_usage = DISK_USAGE
    with suppress(Exception):
        os.kill(await processor_pid(bench.application, bench.stream_id), signal.SIGCONT)


async def follow(bench: Bench) -> None:
    async for message in bench.application.messages():
        if isinstance(message, AlarmChanged):
            alarm = message.alarm
            if alarm.is_shown:
                bench.bus.setdefault((alarm.condition, alarm.state), time.monotonic())
            else:
                bench.hidden.add(f"{alarm.condition} by {alarm.suppressed_by}")


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
    bench.hidden.clear()
    bench.model.clear()
    began = await make(bench)

    def raised() -> str | None:
        return next((name for name in conditions if (name, AlarmState.UNACKNOWLEDGED) in bench.bus), None)

    try:
        condition = await until(raised, name, MOST_S)
    except AssertionError:
        await healed(bench)
        return f"{name:20s} NOT TOLD; standing {', '.join(bench.standing()) or 'nothing'}; {bench.hidden}"
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
    await asyncio.sleep(0.1)
    told = [bench.bus.get((condition, state), healed_at) for state in cleared]
    others = ", ".join(sorted(set(bench.standing()) - {condition}))
    return (
        f"{name:20s} {condition:22s} bus {1000 * (on_bus - began):6.0f}   model "
        f"{1000 * (bench.model[condition] - began):6.0f}   cleared {1000 * (max(told) - healed_at):6.0f}"
        f"   {value} {'| also ' + others if others else ''}"
    )


async def measure(engine: Engine, names: list[str], bridge: EventBridge, model: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pattern = make_pattern(folder / "pattern.ts", PATTERN_S)
        for content, lavfi in CONTENT.items() if set(names) & set(CONTENT_FAULTS) else ():
            make_pattern(folder / f"{content}.ts", PATTERN_S, *lavfi)
        for wanted, options in (
            ([one for one in names if one in FAULTS and one not in CONTENT_FAULTS], ConfidenceOptions()),
            ([one for one in names if one in CONTENT_FAULTS], WATCHED),
        ):
            if wanted:
                await measure_live(engine, wanted, options, pattern, bridge, model)
        for fault in [one for one in names if one in SRT_FAULTS]:
            async with console(folder / fault, runner={}, engine={"kind": engine.value}) as application:
                print(await peer_gone(application, fault), flush=True)


async def measure_live(
    engine: Engine,
    names: list[str],
    options: ConfidenceOptions,
    pattern: Path,
    bridge: EventBridge,
    model: dict[str, float],
) -> None:
    port = free_udp_port()
    source = UdpInput(port=port, local_address="127.0.0.1", receive_timeout_ms=60_000)
    data_dir = pattern.parent / f"data{options.is_watched}"
    with live_sender(pattern, port) as sender:
        async with console(data_dir, runner={}, engine={"kind": engine.value}) as application:
            config = StreamConfig(name="Live", input=source, stuffing_ratio=0, confidence=options)
            crossing = asyncio.create_task(bridge.follow(application))
            stream_id = await on_air(application, config)
            bench = Bench(application, sender, pattern.parent, stream_id, {}, set(), model)
            following = asyncio.create_task(follow(bench))
            for name in names:
                with machine_as_it_is():
                    print(await one(bench, name), flush=True)
            for task in (following, crossing):
                task.cancel()
            await asyncio.gather(following, crossing, return_exceptions=True)


async def peer_gone(application: Application, fault: str) -> str:
    """The other end of an SRT connection goes, with a word or without, and another one comes."""
    condition, number = SRT_FAULTS[fault]
    port, is_input = free_udp_port(), condition == "srt_sender_gone"
    edge = {"mode": SrtMode.LISTENER, "host": "127.0.0.1", "port": port, "latency_ms": 120}
    source: StreamInput = SrtInput(**edge) if is_input else TestPatternInput(bitrate_bps=1_000_000)
    target: StreamOutput = NoOutput() if is_input else SrtOutput(**edge)
    feeder = free_udp_port()
    call = f"--caller=127.0.0.1:{port}"
    pattern = application.folders.data_dir / "pattern.ts"
    make_pattern(pattern, 60.0)
    sends = ["-I", "file", "--infinite", str(pattern), "-P", "regulate", "-O", "srt", call]
    words = sends if is_input else ["-I", "srt", call, "-O", "ip", f"127.0.0.1:{feeder}"]
    peers = [_peer(words)] if is_input else []
    stream_id = (
        await application.streams.add(StreamConfig(name="SRT", input=source, output=target))
    ).stream_id
    await application.streams.start(stream_id)
    run = application.streams.run_of(stream_id)
    if not is_input:
        await until_alarm(application, condition, AlarmState.UNACKNOWLEDGED)
        peers.append(_peer(words))

    def has_peer() -> bool:
        if peers[-1].poll() is not None:
            # The probe was the first to listen, and is gone.
            peers.append(_peer(words))
        return run.is_fresh() and not _stands(application, condition)

    await until(has_peer, "a peer", 60.0)
    await asyncio.sleep(QUIET_S)
    peers[-1].send_signal(number)
    began, told = time.monotonic(), dict[str, float]()

    def shown() -> bool:
        for alarm in application.monitoring.alarms():
            if alarm.cleared_at is None and alarm.is_shown:
                told.setdefault(alarm.condition, 1000 * (time.monotonic() - began))
        return condition in told

    try:
        await until(shown, condition, MOST_S)
    except AssertionError:
        return f"{fault:20s} NOT TOLD; {told}"
    peers[-1].wait()
    peers.append(_peer(words))
    healed_at = time.monotonic()
    await until(has_peer, "its end", 60.0)
    cleared = 1000 * (time.monotonic() - healed_at)
    peers[-1].kill()
    peers[-1].wait()
    others = ", ".join(f"{name} {at:.0f}" for name, at in told.items() if name != condition)
    return (
        f"{fault:20s} {condition:22s} bus {told[condition]:6.0f}   cleared {cleared:6.0f}   | first {others}"
    )


def _peer(words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*MINITSP, *words], stderr=subprocess.DEVNULL)


def _stands(application: Application, condition: str) -> bool:
    alarms = application.monitoring.alarms()
    return any(one.condition == condition and one.cleared_at is None for one in alarms)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", type=Engine, default=Engine.AUTO)
    parser.add_argument("--only", nargs="*", default=ALL, choices=ALL)
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
    try:
        work.result()
    finally:
        # Its thread would keep a benchmark that failed from ending.
        loop.stop()


if __name__ == "__main__":
    main()
