"""The machine and the console themselves: measured for real, judged on figures of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from alarm_rig import Bench, Kept, Listed
from ibe100.core.event_bus import EventBus
from ibe100.models.alarms.machine_health import ClockState
from ibe100.models.messages import MachineMeasured, Message, NoticePosted, TelemetryMeasured
from ibe100.models.stream_config import FileOutput, HlsOutput, StreamConfig
from ibe100.models.stream_state import Telemetry
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.machine.clock_sync import (
    STA_NANO,
    STA_PLL,
    STA_UNSYNC,
    TIME_ERROR,
    clock_sync,
    read_clock_sync,
)
from ibe100.services.machine.loop_lag import LoopLag
from ibe100.services.machine.process_loads import ProcessLoads, runner_pid
from ibe100.services.machine.sampler import MachineSampler
from ibe100.services.machine.watch import Backlog, MachineWatch, MemoryWatch
from ibe100.utils.descriptors import in_use
from ibe100.utils.places import Place, Places

BUSY = "import time\nend = time.monotonic() + 30\nwhile time.monotonic() < end: pass"


def test_a_look_at_this_machine_has_figures_that_can_be_true(tmp_path: Path) -> None:
    sampler = MachineSampler(tmp_path)
    sampler.look({})
    health = sampler.look({})
    assert 0 <= health.cpu_percent <= 100
    assert 0 < health.memory_used_bytes < health.memory_total_bytes
    assert 0 < health.disk_free_bytes <= health.disk_total_bytes
    assert 0 <= health.memory_percent <= 100
    assert 0 <= health.disk_percent <= 100
    assert health.clock == read_clock_sync()


def test_the_load_of_a_stream_is_that_of_its_runner_and_all_below_it(tmp_path: Path) -> None:
    grandchild = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"
    with subprocess.Popen([sys.executable, "-c", grandchild], start_new_session=True) as runner:
        try:
            (tmp_path / "runner.json").write_text(json.dumps({"pid": runner.pid}))
            assert runner_pid(tmp_path) == runner.pid
            loads = ProcessLoads()
            end = time.monotonic() + 20
            while (load := loads.measure({"one": runner.pid})[0]).processes < 2 or load.cpu_percent < 5:
                assert time.monotonic() < end, load
                time.sleep(0.05)
            assert load.stream_id == "one"
            assert load.memory_bytes > 5_000_000
        finally:
            os.killpg(runner.pid, 9)
    assert loads.measure({"one": runner.pid}) == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}'])
def test_a_torn_record_of_a_runner_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "runner.json").write_text(text)
    assert runner_pid(tmp_path) is None


def test_the_kernels_words_about_the_clock_are_taken_as_they_are() -> None:
    assert clock_sync(TIME_ERROR, 0, 0, 0).state is ClockState.NOT_SYNCHRONISED
    assert clock_sync(0, STA_UNSYNC, 0, 0).state is ClockState.NOT_SYNCHRONISED
    held = clock_sync(0, STA_PLL | STA_NANO, 400_000, 1200)
    assert (held.state, held.offset_ms, held.error_ms) == (ClockState.SYNCHRONISED, 0.4, 1.2)
    assert clock_sync(0, STA_PLL, -2500, 0).offset_ms == -2.5
    assert clock_sync(0, STA_NANO, 0, 90).offset_ms is None


async def test_a_task_that_holds_the_loop_up_is_measured() -> None:
    lag = LoopLag()
    lag.start()
    await asyncio.sleep(0)
    time.sleep(0.35)
    await asyncio.sleep(0.15)
    assert lag.take_ms() > 200
    await lag.close()


async def test_the_bus_counts_what_is_behind_and_what_was_replaced() -> None:
    bus = EventBus()
    slow = bus.subscribe()
    for number in range(3):
        bus.publish(NoticePosted(at=0.0, level="info", text=str(number)))
        bus.publish(TelemetryMeasured(telemetry=Telemetry(stream_id="one", monotonic_s=float(number))))
    assert (bus.facts_behind(), bus.replaced()) == (3, 2)
    slow.close()
    assert (bus.facts_behind(), bus.replaced()) == (0, 0)


async def test_a_console_that_is_slow_for_seconds_is_an_alarm_and_each_look_is_told(tmp_path: Path) -> None:
    bench, told, backlog = Bench(Kept()), list[Message](), Backlog({"bus": 7}, dropped=2)
    watch = MachineWatch(
        bench.board, bench.rules, Listed(), told.append, tmp_path, lambda: "", Places(), lambda: backlog
    )
    for lag_ms in (900.0, 900.0, 0.0):
        watch._lag.take_ms = lambda lag_ms=lag_ms: lag_ms  # type: ignore[method-assign]
        await watch.look()
        bench.now += 3.1
    alarm = bench.alarm("console_slow")
    assert alarm is not None
    assert alarm.value == "900 ms late"
    assert isinstance(told[0], MachineMeasured)
    health = told[0].health
    assert (health.queues, health.dropped, health.loop_lag_ms) == ({"bus": 7}, 2, 900.0)


async def test_a_disk_that_a_stream_records_to_is_watched_too_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings, absent = tmp_path / "recordings", tmp_path / "absent"
    recordings.mkdir()
    free = {tmp_path: 9_000_000_000, recordings: 20_000_000}

    def usage(folder: Path) -> SimpleNamespace:
        if folder == absent:
            raise FileNotFoundError(folder)
        return SimpleNamespace(free=free[folder])

    monkeypatch.setattr("ibe100.services.machine.sampler.shutil.disk_usage", usage)
    bench = Bench(Kept())
    streams = Listed(
        StreamConfig(name="a", output=FileOutput(path=recordings / "a.ts")),
        StreamConfig(name="b", output=HlsOutput(playlist=absent / "live.m3u8")),
    )
    watch = MachineWatch(
        bench.board, bench.rules, streams, lambda message: None, tmp_path, lambda: "", Places()
    )
    await watch.glance()
    alarm = bench.alarm("disk_low")
    assert alarm is not None
    assert alarm.value == f"20.0 MB free at {recordings}"
    free[recordings] = 9_000_000_000
    for _ in range(2):
        await watch.glance()
        bench.now += 10.1
    assert bench.alarm("disk_low").cleared_at is not None  # type: ignore[union-attr]
    free[tmp_path] = 30_000_000
    await watch.glance()
    assert bench.alarm("disk_low").value == "30.0 MB free"  # type: ignore[union-attr]


def test_memory_is_low_below_five_percent_and_until_there_are_eight() -> None:
    watch = MemoryWatch(AlarmRules().of_stream(""))
    assert watch.observe(50, 1000) == ""
    assert "less than 5 %" in watch.observe(49, 1000)
    assert watch.observe(79, 1000) != ""
    assert watch.observe(80, 1000) == ""


async def test_a_data_folder_that_is_moved_is_an_alarm_until_it_is_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    bench = Bench(Kept())
    places = Places(Place(data))
    watch = MachineWatch(bench.board, bench.rules, Listed(), lambda message: None, data, lambda: "", places)
    await watch.look()
    assert (bench.alarm("data_moved"), places.fault) == (None, "")
    away = data.rename(tmp_path / "away")
    await watch.look()
    await watch.glance()
    alarm = bench.alarm("data_moved")
    assert alarm is not None
    assert (alarm.severity, alarm.cleared_at) == (1, None)
    assert alarm.value == f"{data} was moved or deleted (No such file or directory)"
    data.mkdir()
    await watch.look()
    assert places.fault == f"{data} was replaced by another"
    data.rmdir()
    away.rename(data)
    await watch.look()
    assert bench.alarm("data_moved").cleared_at is not None  # type: ignore[union-attr]
    assert places.fault == ""


async def test_descriptors_that_are_nearly_used_up_are_an_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(Kept())
    watch = MachineWatch(
        bench.board, bench.rules, Listed(), lambda message: None, tmp_path, lambda: "", Places()
    )
    monkeypatch.setattr("ibe100.services.machine.watch.in_use", lambda: (922, 1024))
    await watch.glance()
    alarm = bench.alarm("descriptors_low")
    assert alarm is not None
    assert alarm.value == "922 of 1024 in use"
    monkeypatch.setattr("ibe100.services.machine.watch.in_use", lambda: (800, 1024))
    for _ in range(2):
        await watch.glance()
        bench.now += 10.1
    assert bench.alarm("descriptors_low").cleared_at is not None  # type: ignore[union-attr]
    used, limit = in_use()
    assert 0 < used < limit
