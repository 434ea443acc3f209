"""Reports services, PIDs, tables and bitrates of the stream as JSON (tsp -P analyze)."""

import math
import socket
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.packet_batch import Batch
from ibe100.minitsp.chain.packet_observer import PacketObserver
from ibe100.minitsp.chain.plugin import Context, LogLevel
from ibe100.minitsp.reports.analysis_json import AnalysisTimes, analysis_json
from ibe100.minitsp.reports.background_sender import BackgroundSender
from ibe100.minitsp.reports.json_report import JSON_OPTIONS, JsonReport, JsonValue, to_json, to_json_lines
from ibe100.minitsp.reports.pid_descriptions import describe_network, pid_words
from ibe100.minitsp.reports.table_statistics import TableStatistics
from ibe100.mpegts.constants import NIT_ACTUAL_TABLE_ID, PID_COUNT
from ibe100.mpegts.packet import discontinuity_flags
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.mpegts.stream_report import StreamReport

_TCP_TIMEOUT_S: Final = 2.0
_TCP_QUEUE: Final = 2


class Analyze(PacketObserver):
    """Reports every --interval seconds, and what is left at the end, as text where no JSON is asked for.

    A report larger than a datagram (64 kB) does not arrive by --json-udp; --json-tcp has no limit,
    and a Unix socket takes 200 kB.
    """

    name: ClassVar[str] = "analyze"
    options: ClassVar[OptionTable] = OptionTable(
        *JSON_OPTIONS,
        Option("cumulative", short="c"),
        Option("deterministic"),
        Option("interval", OptionKind.INTEGER, "i", minimum=1),
        Option("json"),
        Option("json-tcp", OptionKind.ADDRESS),
        Option("output-file", OptionKind.TEXT, "o"),
        Option("title", OptionKind.TEXT),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._json_report = JsonReport(self)
        sends = self._json_report.wanted or arguments.present("json-tcp")
        self._as_text = not (sends or arguments.present("json"))
        self._jumps = np.zeros(PID_COUNT, np.int64)
        self._interval_s = arguments.integer("interval")
        self._analyzer = StreamAnalyzer()
        self._tables = TableStatistics()
        self._networks: dict[int, dict[str, None]] = {}
        self._first: datetime | None = None
        self._last = datetime.now(UTC)
        self._too_large = False
        self._tcp: BackgroundSender | None = None
        if arguments.present("json-tcp"):
            host, port = arguments.address("json-tcp")
            receiver = f"JSON receiver at {host}:{port}"
            self._tcp = BackgroundSender(self, receiver, _TCP_QUEUE, lambda text: _send_tcp(host, port, text))

    def start(self) -> None:
        self._json_report.open()
        if self._tcp:
            self._tcp.start()

    def observe(self, batch: Batch) -> None:
        arrivals = batch.arrivals
        if self._interval_s and self.due_s == math.inf:
            self.due_s = arrivals.first_s + self._interval_s
        now, now_s = datetime.now(UTC), time.monotonic()
        self._last = now - timedelta(seconds=now_s - arrivals.last_s)
        self._first = self._first or now - timedelta(seconds=now_s - arrivals.first_s)
        for run in self._analyzer.feed_headers(batch.headers):
            self._tables.add(run.pid, run.section, [batch.first_index + row for row in run.rows])
            if (
                run.section[0] == NIT_ACTUAL_TABLE_ID
                and (network := describe_network(run.section)) is not None
            ):
                self._networks.setdefault(run.pid, {})[network] = None

        if self._as_text:
            jumping = discontinuity_flags(batch.packets)
            self._jumps += np.bincount(batch.pids[jumping], minlength=PID_COUNT)

    def stop(self) -> None:
        if self._first is not None or self.due_s == math.inf:
            self._report()
        self._json_report.close()
        if self._tcp:
            self._tcp.stop()

    def tick(self, monotonic_s: float) -> None:
        if monotonic_s < self.due_s:
            return
        self.due_s += self._interval_s * (1 + (monotonic_s - self.due_s) // self._interval_s)
        self._report()
        if not self.arguments.present("cumulative"):
            self._analyzer.start_interval()
            self._tables = TableStatistics()
            self._networks.clear()
            self._jumps[:] = 0
            self._first = None

    def _report(self) -> None:
        report = self._analyzer.report()
        times = None
        if not self.arguments.present("deterministic"):
            times = AnalysisTimes(self._first or self._last, self._last)
        networks = {pid: list(words) for pid, words in self._networks.items()}
        value = analysis_json(
            report,
            self._tables.to_json(report.bitrate_bps),
            networks,
            user_bitrate_bps=self.context.bitrate_bps,
            times=times,
            title=self.arguments.text("title"),
        )
        if self.arguments.present("json-udp"):
            self._check_size(len(to_json(value).encode()))
        self._json_report.report(value)
        if self._tcp:
            self._tcp.send(to_json(value))
        if self._as_text:
            self._write(self._text(value, report))
        elif self.arguments.present("json"):
            self._write(to_json_lines(value))

    def _text(self, value: JsonValue, report: StreamReport) -> str:
        # Only text shows the packets that announce a jump, and what a stream's headers tell apart.
        from ibe100.minitsp.reports.analysis_text import PidWords, analysis_text

        streams = {stream.pid: stream for service in report.services for stream in service.streams}
        words = {pid: PidWords(*pid_words(stream)) for pid, stream in streams.items()}
        words |= {pid: PidWords("NIT", ", ".join(networks)) for pid, networks in self._networks.items()}
        assert isinstance(value, Mapping)
        jumps = {int(pid): int(self._jumps[pid]) for pid in self._jumps.nonzero()[0]}
        return analysis_text(value, words, jumps)

    def _check_size(self, size: int) -> None:
        if size > self._json_report.largest and not self._too_large:
            self._too_large = True
            text = f"an analysis of {size:,} bytes is too large for --json-udp and is lost, use --json-tcp"
            self.log(LogLevel.WARNING, text)

    def _write(self, text: str) -> None:
        target = self.arguments.text("output-file")
        if not target:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
            return
        try:
            Path(target).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            self.error(f"cannot create {target}: {error.strerror}")


def _send_tcp(host: str, port: int, text: str) -> None:
    """One connection, one line: tsp's way without --json-tcp-keep."""
    with socket.create_connection((host, port), _TCP_TIMEOUT_S) as connection:
        connection.sendall(text.encode() + b"\n")
