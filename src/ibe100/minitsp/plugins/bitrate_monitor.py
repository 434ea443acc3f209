"""Watches the bitrate of the stream or of some PIDs (tsp -P bitrate_monitor)."""

import time
from collections import deque
from typing import ClassVar, Final

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel, PacketProcessor
from ibe100.minitsp.reports.json_report import to_json
from ibe100.mpegts.constants import NULL_PID, PACKET_BITS

_DEFAULT_MIN_BPS: Final = 10
_DEFAULT_MAX_BPS: Final = 0xFFFF_FFFF
_DEFAULT_WINDOW_S: Final = 5
_SLOT_S: Final = 1.0


class BitrateMonitor(PacketProcessor):
    """Counts packets in slots of a second; the bitrate is that of the last --time-interval slots."""

    name: ClassVar[str] = "bitrate_monitor"
    options: ClassVar[OptionTable] = OptionTable(
        Option("json-line", OptionKind.TEXT, value_optional=True),
        Option("max", OptionKind.DECIMAL),
        Option("min", OptionKind.DECIMAL),
        Option("periodic-bitrate", OptionKind.INTEGER, "p", minimum=1),
        Option("pid", OptionKind.PID_RANGE, repeatable=True),
        Option("summary", short="s"),
        Option("tag", OptionKind.TEXT),
        Option("time-interval", OptionKind.INTEGER, "t", minimum=1, maximum=3600),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._pids = np.array(sorted(arguments.pids("pid")), np.uint16)
        self._minimum_bps = round(arguments.decimal("min", _DEFAULT_MIN_BPS))
        self._maximum_bps = round(arguments.decimal("max", _DEFAULT_MAX_BPS))
        self._period_s = arguments.integer("periodic-bitrate")
        self._json_prefix = arguments.optional_text("json-line")
        self._tag = arguments.text("tag")
        self._slots: deque[tuple[float, int, int]] = deque(
            maxlen=arguments.integer("time-interval", _DEFAULT_WINDOW_S)
        )
        self._packets = self._nulls = self._since_report = 0
        self._slot_start_s: float | None = None
        self._status = "normal"
        self._measures = self._sum_bps = self._highest_bps = 0
        self._lowest_bps = _DEFAULT_MAX_BPS

    def process(self, block: Block) -> Block:
        now_s = time.monotonic()
        if self._slot_start_s is None:
            self._slot_start_s = now_s
        pids = block.pids
        if self._pids.size:
            self._packets += int(np.count_nonzero(np.isin(pids, self._pids)))
            self._nulls += int(np.count_nonzero(pids == NULL_PID)) if NULL_PID in self._pids else 0
        else:
            self._packets += len(block)
            self._nulls += int(np.count_nonzero(pids == NULL_PID))
        self.tick(now_s)
        return block

    def tick(self, monotonic_s: float) -> None:
        if self._slot_start_s is None or monotonic_s - self._slot_start_s < _SLOT_S:
            return
        self._slots.append((monotonic_s - self._slot_start_s, self._packets, self._nulls))
        self._packets = self._nulls = 0
        self._slot_start_s = monotonic_s
        if len(self._slots) == self._slots.maxlen:
            self._judge()

    def stop(self) -> None:
        if self.arguments.present("summary") and self._measures:
            mean = self._sum_bps // self._measures
            bounds = f"min: {self._lowest_bps:,} b/s, max: {self._highest_bps:,} b/s"
            self.log(LogLevel.INFO, f"{self._subject} average bitrate: {mean:,} b/s, {bounds}")

    @property
    def _subject(self) -> str:
        if not self._pids.size:
            return "TS"
        return "PID " + ", ".join(f"0x{pid:04X} ({pid})" for pid in self._pids.tolist())

    def _judge(self) -> None:
        seconds = sum(duration for duration, _, _ in self._slots)
        packets = sum(count for _, count, _ in self._slots)
        nulls = sum(count for _, _, count in self._slots)
        bitrate = int(packets * PACKET_BITS / seconds)
        net = int((packets - nulls) * PACKET_BITS / seconds)
        self._measures += 1
        self._sum_bps += bitrate
        self._lowest_bps = min(self._lowest_bps, bitrate)
        self._highest_bps = max(self._highest_bps, bitrate)
        status = "normal"
        if bitrate < self._minimum_bps:
            status = "lower"
        elif bitrate > self._maximum_bps:
            status = "greater"
        changed, self._status = status != self._status, status
        self._since_report += 1
        periodic = bool(self._period_s) and self._since_report >= self._period_s
        if periodic:
            self._since_report = 0
        if self._json_prefix is not None:
            if changed or periodic:
                self.log(LogLevel.INFO, self._json_prefix + self._json(bitrate, net))
            return
        label = f"{self._tag}: " if self._tag else ""
        if changed:
            bounds = f"allowed {self._minimum_bps:,} to {self._maximum_bps:,} b/s"
            word = "back to normal" if status == "normal" else f"out of range, {status}"
            self.log(LogLevel.WARNING, f"{label}{self._subject} bitrate {word}: {bitrate:,} b/s, {bounds}")
        if periodic:
            text = f"{self._subject} bitrate: {bitrate:,} bits/s, net bitrate: {net:,} bits/s"
            self.log(LogLevel.INFO, f"{label}{text}")

    def _json(self, bitrate_bps: int, net_bps: int) -> str:
        value: dict[str, str | int | list[int]] = {
            "bitrate": bitrate_bps,
            "net": net_bps,
            "status": self._status,
            "stuffing": bitrate_bps - net_bps,
            "time": time.strftime("%Y-%m-%d %H:%M:%S"),
            "type": "pids" if self._pids.size else "ts",
        }
        if self._pids.size:
            value["pids"] = self._pids.tolist()
        if self._tag:
            value["tag"] = self._tag
        return to_json(value)
