"""The window under load: run it by hand.

    .venv/bin/python tests/benchmarks/console/window_load.py [--streams N] [--no-flood] [--theme light]

Real window (offscreen), real bridge and background loop, services in memory. Printed: first paint; with
every stream measured once a second and all clocks running, how late the main thread is (a 10 ms timer), the
CPU of the whole process, the growth of memory and, in a run of minutes (`--seconds 3600 --no-flood`), its
slope; then a flood of 10,000 events a second: lateness, and whether every cue, alarm and state change
arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
from array import array
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import linear_regression

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ui" / "fakes"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QElapsedTimer, Qt, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

import fake_services
from fake_services import FakeServices
from fake_values import alarm, running, telemetry
from ibe100.core.background_loop import BackgroundLoop
from ibe100.core.event_bus import EventBus
from ibe100.models.alarms.alarm import AlarmState, Severity
from ibe100.models.messages import (
    AlarmChanged,
    CueChanged,
    Message,
    StreamLogged,
    StreamStateChanged,
    TelemetryMeasured,
)
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_state import Tally
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.main_window import MainWindow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.service_session import ServiceSession
from ibe100.ui.themes.enterprise_theme import apply_theme
from ibe100.ui.themes.tokens import Theme

EVENTS_PER_S = 10_000
FLOOD_S = 5
BEAT_MS = 10
MEMORY_S = 10
SETTLED_S = 120
"""The curves of the cards are full after two minutes."""


class RealBus(EventBus):
    """The console's own bus under the services in memory."""

    def messages(self) -> AsyncIterator[Message]:
        return self.subscribe()


class Lateness:
    """How late a timer of the main thread fires, ms."""

    def __init__(self) -> None:
        self.values = array("f")
        self._clock = QElapsedTimer()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        del self.values[:]
        self._clock.start()
        self._timer.start()

    def stop(self) -> str:
        self._timer.stop()
        late = sorted(self.values)
        p99 = late[round(0.99 * (len(late) - 1))]
        return f"median {late[len(late) // 2]:.1f}, p99 {p99:.1f}, worst {late[-1]:.1f} ms"

    def _beat(self) -> None:
        self.values.append(max(0.0, self._clock.nsecsElapsed() / 1e6 - BEAT_MS))
        self._clock.restart()


class Memory:
    """What the process holds, looked at every ten seconds."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._seen: list[tuple[float, float]] = []
        self._timer = QTimer()
        self._timer.setInterval(MEMORY_S * 1000)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        gc.collect()
        self._look()
        self._timer.start()

    def stop(self) -> str:
        self._timer.stop()
        self._look()
        grown = f"memory {self._seen[-1][1] - self._seen[0][1]:+.1f} MB"
        settled = [(at, held) for at, held in self._seen if at - self._seen[0][0] >= SETTLED_S]
        if len(settled) < SETTLED_S // MEMORY_S:
            return grown
        slope = linear_regression(*zip(*settled, strict=True)).slope * 3600
        first, last = settled[0][1], settled[-1][1]
        return (
            f"{grown}; after {SETTLED_S} s from {first:.1f} to {last:.1f} MB, slope {slope:+.2f} MB an hour"
        )

    def _look(self) -> None:
        self._seen.append((time.monotonic(), self._process.memory_info().rss / 1e6))


async def measure_all(services: FakeServices, seconds: float) -> None:
    """Each stream once a second, spread over the second as real ones are."""
    streams = services.streams.streams()
    end = time.monotonic() + seconds
    due = time.monotonic()
    number = 0
    while time.monotonic() < end:
        view = streams[number % len(streams)]
        sample = telemetry(view.stream_id, 4_000_000 + 1000 * (number % 97))
        services.bus.publish(TelemetryMeasured(telemetry=sample))
        number += 1
        due += 1 / len(streams)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def flood(services: FakeServices) -> tuple[int, int, int]:
    """Log lines, and among them cues, alarms and state changes, each of which must arrive."""
    streams = services.streams.streams()
    cues = alarms = states = 0
    due = time.monotonic()
    for tenth in range(FLOOD_S * 10):
        for place in range(EVENTS_PER_S // 10):
            view = streams[place % len(streams)]
            if place % 50 == 0:
                cues += 1
                services.bus.publish(CueChanged(cue=a_cue(cues, view.stream_id)))
            elif place % 50 == 1:
                alarms += 1
                services.bus.publish(AlarmChanged(alarm=an_alarm(alarms, view.stream_id)))
            elif place % 50 == 2:
                states += 1
                tally = Tally.ON_AIR if tenth % 2 else Tally.ARMED
                services.bus.publish(StreamStateChanged(stream=view.model_copy(update={"tally": tally})))
            else:
                text = f"event {tenth} {place}"
                line = StreamLogged(stream_id=view.stream_id, at=time.time(), level="info", text=text)
                services.bus.publish(line)
        due += 0.1
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    return cues, alarms, states


def a_cue(number: int, stream_id: str) -> Cue:
    return Cue(
        cue_id=number,
        stream_id=stream_id,
        session_id=1,
        action=CueAction.TO_BREAK,
        state=CueState.SPLICED,
        requested_by="flood",
        requested_at=time.time(),
    )


def an_alarm(number: int, stream_id: str):  # type: ignore[no-untyped-def]
    condition = number % 20
    changes = {"stream_id": stream_id, "condition": f"condition_{condition}", "value": str(number)}
    kept = 1 + condition + 20 * (int(stream_id.split("-")[1]) % 8)
    return alarm(kept, Severity(1 + condition % 3), "Flooded", state=AlarmState.UNACKNOWLEDGED, **changes)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--no-flood", action="store_true")
    parser.add_argument("--theme", type=Theme, default=Theme.DARK, choices=tuple(Theme))
    options = parser.parse_args()
    fake_services.FakeBus = RealBus  # type: ignore[misc, assignment]
    application = QApplication([])
    apply_theme(application, options.theme)
    services = FakeServices([running(n, f"Channel {n}") for n in range(1, options.streams + 1)])
    loop = BackgroundLoop()
    loop.start()
    started, spent = time.perf_counter(), time.process_time()
    bridge, client = EventBridge(), ServiceClient(loop)
    window = MainWindow(client, bridge)
    window.resize(1920, 1080)
    window.show()
    window.grab()
    painted_ms, cpu_ms = 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - spent)
    print(f"first paint {painted_ms:.0f} ms after the application was there, {cpu_ms:.0f} ms of CPU")
    session = ServiceSession(loop, services.opened, client, bridge)
    session.opened.connect(window.services_opened)
    session.open()
    QTest.qWait(1500)
    memory, late = Memory(), Lateness()
    memory.start()
    cpu = time.process_time()
    work = loop.submit(measure_all(services, options.seconds))
    late.start()
    QTest.qWait(round(options.seconds * 1000))
    said = late.stop()
    work.result(10)
    used = 100 * (time.process_time() - cpu) / options.seconds
    print(f"{options.streams} streams, {options.seconds:g} s: lateness {said}")
    print(f"CPU {used:.1f} % of a core, {memory.stop()}")
    if not options.no_flood:
        got = {"cues": 0, "alarms": 0, "states": 0}

        def count(name: str) -> None:
            got[name] += 1

        bridge.cue_changed.connect(lambda _: count("cues"))
        bridge.alarm_changed.connect(lambda _: count("alarms"))
        bridge.stream_changed.connect(lambda _: count("states"))
        cpu = time.process_time()
        sent = loop.submit(flood(services))
        late.start()
        QTest.qWait(FLOOD_S * 1000)
        begun = time.perf_counter()
        while not sent.done() or tuple(got.values()) != sent.result():
            QTest.qWait(20)
            if time.perf_counter() - begun > 30:
                break
        said = late.stop()
        used = time.process_time() - cpu
        print(f"CPU of the flood, its making included: {used:.1f} s")
        print(f"flood of {EVENTS_PER_S} events/s for {FLOOD_S} s: lateness {said}")
        print(
            f"arrived {tuple(got.values())} of {sent.result()}, {time.perf_counter() - begun:.1f} s after it"
        )
    window.hide()
    session.close(10)
    loop.stop()
    window.parts.sound.player.close()
    window.parts.listening.close()
    window.deleteLater()
    application.processEvents()


if __name__ == "__main__":
    main()
