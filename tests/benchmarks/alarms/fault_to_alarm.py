"""From a fault to its alarm: run it by hand.

    .venv/bin/python tests/benchmarks/alarms/fault_to_alarm.py [--engine builtin|tsduck] [--only FAULT]

Makes each fault on a live UDP stream or on its processor, `--rounds` times, spread over the second between
two samples. Printed, in ms from the first bad packet: the alarm on the bus, the alarm in the model of the
window's list; and from the first good packet: its clearing. At the end the worst of each fault.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from faults import CONTENT, CONTENT_FAULTS, FAULTS, WATCHED, Bench, small_disk
from peers import SRT_FAULTS, peer_gone
from PyQt6.QtCore import QMetaObject, Qt
from PyQt6.QtWidgets import QApplication
from rounds import Round, follow, play, table

from ibe100.core.background_loop import BackgroundLoop
from ibe100.models.alarms.confidence import ConfidenceOptions
from ibe100.models.stream_config import Engine, StreamConfig, UdpInput
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.qt_models.alarm_table import ALARM_ROLE, AlarmTableModel
from live_rig import live_sender, make_pattern
from loopback import free_port
from services_rig import console, on_air

PATTERN_S = 240.0
ALL = [*FAULTS, *SRT_FAULTS]


class Measurement:
    """All that is asked for on the command line, one fault after the other."""

    def __init__(self, options: argparse.Namespace, bridge: EventBridge, model: dict[str, float]) -> None:
        self._engine: Engine = options.engine
        self._names: list[str] = options.only
        self._rounds: int = options.rounds
        self._bridge = bridge
        self._model = model
        self._told: list[Round] = []

    async def run(self) -> None:
        """Print each round, then the table."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            pattern = make_pattern(folder / "pattern.ts", PATTERN_S)
            for content, lavfi in CONTENT.items() if set(self._names) & set(CONTENT_FAULTS) else ():
                make_pattern(folder / f"{content}.ts", PATTERN_S, *lavfi)
            for wanted, options in (
                ([one for one in self._names if one in FAULTS and one not in CONTENT_FAULTS], None),
                ([one for one in self._names if one in CONTENT_FAULTS], WATCHED),
            ):
                if wanted:
                    await self._live(wanted, options or ConfidenceOptions(), pattern)
            for fault in [one for one in self._names if one in SRT_FAULTS]:
                for number in range(self._rounds):
                    data_dir = folder / f"{fault} {number}"
                    async with console(data_dir, runner={}, engine=self._kind()) as application:
                        self._tell(await peer_gone(application, fault))
        print(table(self._told), flush=True)

    def _kind(self) -> dict[str, str]:
        return {"kind": self._engine.value}

    def _tell(self, outcome: Round | str) -> None:
        print(outcome, flush=True)
        if isinstance(outcome, Round):
            self._told.append(outcome)

    async def _live(self, names: list[str], options: ConfidenceOptions, pattern: Path) -> None:
        port = free_port()
        source = UdpInput(port=port, local_address="127.0.0.1", receive_timeout_ms=60_000)
        disk = small_disk(pattern.parent / f"disk{options.is_watched}")
        with live_sender(pattern, port) as sender, disk as data_dir:
            async with console(data_dir, runner={}, engine=self._kind()) as application:
                config = StreamConfig(name="Live", input=source, stuffing_ratio=0, confidence=options)
                crossing = asyncio.create_task(self._bridge.follow(application))
                stream_id = await on_air(application, config)
                bench = Bench(application, sender, pattern.parent, stream_id, {}, set(), self._model)
                following = asyncio.create_task(follow(bench))
                for number in range(self._rounds):
                    for name in names:
                        self._tell(await play(bench, name, number / self._rounds))
                for task in (following, crossing):
                    task.cancel()
                await asyncio.gather(following, crossing, return_exceptions=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", type=Engine, default=Engine.AUTO)
    parser.add_argument("--only", nargs="*", default=ALL, choices=ALL)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    window = QApplication([])
    bridge, alarms, seen = EventBridge(), AlarmTableModel(), dict[str, float]()
    bridge.alarm_changed.connect(alarms.put)

    def inserted(_parent: object, first: int, last: int) -> None:
        for row in range(first, last + 1):
            alarm = alarms.index(row, 0).data(ALARM_ROLE)
            seen.setdefault(alarm.condition, time.monotonic())

    alarms.rowsInserted.connect(inserted)
    alarms.dataChanged.connect(lambda first, last: inserted(None, first.row(), last.row()))
    loop = BackgroundLoop()
    loop.start()
    work = loop.submit(Measurement(options, bridge, seen).run())
    print(
        f"engine {options.engine.value}, ms after the first bad packet; cleared: ms after the first good one"
    )
    # Called from the loop's thread, `quit` waits for this one, which may wait for Python's lock.
    queued = Qt.ConnectionType.QueuedConnection
    work.add_done_callback(lambda _: QMetaObject.invokeMethod(window, "quit", queued))
    window.exec()
    try:
        work.result()
    finally:
        # Its thread would keep a benchmark that failed from ending.
        loop.stop()


if __name__ == "__main__":
    main()
