"""Lists PCR, OPCR, PTS and DTS of the stream (tsp -P pcrextract)."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, TextIO

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel, PacketProcessor, PluginError
from ibe100.mpegts.packet import opcr_values
from ibe100.mpegts.pes import NO_TIMESTAMP
from ibe100.mpegts.timestamps import PCR_HZ, PTS_HZ

_KINDS: Final = ("pcr", "opcr", "pts", "dts")
_HEADER: Final = (
    *("PID", "Packet index in TS", "Packet index in PID", "Type", "Count in PID"),
    *("Value", "Value offset in PID", "Offset from PCR"),
)
_PTS_WRAPPED: Final = 0x1_F000_0000
_UNSIGNED: Final = (1 << 64) - 1


@dataclass(slots=True)
class _Stamps:
    """One kind of time stamp on one PID."""

    first: int
    last: int
    count: int = 0
    good_pts: int | None = None


@dataclass(slots=True)
class _Found:
    """The stamps of one packet, by kind."""

    row: int
    pid: int
    values: dict[str, int] = field(default_factory=dict)


class PcrExtract(PacketProcessor):
    """Extracts PCR, OPCR, PTS, DTS from TS packet for analysis.

    As CSV (to --output-file or standard error) or as log lines; both if both are asked for.
    """

    name: ClassVar[str] = "pcrextract"
    options: ClassVar[OptionTable] = OptionTable(
        Option("csv", short="c"),
        Option("dts", short="d"),
        Option("good-pts-only", short="g"),
        Option("log", short="l"),
        Option("noheader", short="n"),
        Option("opcr"),
        Option("output-file", OptionKind.TEXT, "o"),
        Option("pcr"),
        Option("pid", OptionKind.PID_RANGE, "p", repeatable=True),
        Option("pts"),
        Option("separator", OptionKind.TEXT, "s"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._kinds = frozenset(filter(arguments.present, _KINDS)) or frozenset(_KINDS)
        self._path = arguments.text("output-file")
        self._to_log = arguments.present("log")
        self._to_csv = arguments.present("csv") or bool(self._path) or not self._to_log
        self._separator = arguments.text("separator", ",")
        self._pids = arguments.pids("pid")
        self._packets: dict[int, int] = {}
        self._stamps: dict[tuple[int, str], _Stamps] = {}
        self._csv: TextIO = sys.stderr

    def start(self) -> None:
        if self._path:
            try:
                self._csv = Path(self._path).open("w", encoding="utf-8")  # noqa: SIM115 - closed by stop
            except OSError as error:
                raise PluginError(f"cannot create file {self._path}: {error.strerror}") from error
        if self._to_csv and not self.arguments.present("noheader"):
            self._write_csv(*_HEADER)

    def process(self, block: Block) -> Block:
        for found in _stamps_of(block):
            if not self._pids or found.pid in self._pids:
                self._take(found, block)
        if self._to_csv:
            by_pid = block.headers.by_pid
            counts = (by_pid.last - by_pid.first + 1).tolist()
            for pid, count in zip(by_pid.pids.tolist(), counts, strict=True):
                self._packets[int(pid)] = self._packets.get(int(pid), 0) + int(count)
            self._csv.flush()
        return block

    def stop(self) -> None:
        if self._csv is not sys.stderr:
            self._csv.close()

    def _take(self, found: _Found, block: Block) -> None:
        for kind in _KINDS:
            value = found.values.get(kind)
            if value is None:
                continue
            stamps = self._stamps.setdefault((found.pid, kind), _Stamps(value, value))
            stamps.count += 1
            wanted = kind in self._kinds
            if kind == "pts":
                good = stamps.good_pts is None or _follows(stamps.good_pts, value)
                stamps.good_pts = value if good else stamps.good_pts
                wanted = wanted and (good or not self.arguments.present("good-pts-only"))
            if wanted and self._to_csv:
                self._report_csv(found, kind, stamps, block)
            if wanted and self._to_log:
                self._report_log(found, kind, stamps)
            stamps.last = value

    def _report_csv(self, found: _Found, kind: str, stamps: _Stamps, block: Block) -> None:
        value, pcr = found.values[kind], found.values.get("pcr")
        in_block = int(np.count_nonzero(block.pids[: found.row] == found.pid))
        offset: int | str = ""
        if pcr is not None and kind != "pcr":
            offset = value - (pcr if kind == "opcr" else pcr * PTS_HZ // PCR_HZ)
        self._write_csv(
            *(found.pid, block.first_index + found.row, self._packets.get(found.pid, 0) + in_block),
            *(kind.upper(), stamps.count, value, (value - stamps.first) & _UNSIGNED, offset),
        )

    def _write_csv(self, *values: int | str) -> None:
        try:
            self._csv.write(self._separator.join(map(str, values)) + "\n")
        except OSError as error:
            target = self._path or "standard error"
            raise PluginError(f"error writing {target}: {error.strerror}") from error

    def _report_log(self, found: _Found, kind: str, stamps: _Stamps) -> None:
        clock = kind in ("pcr", "opcr")
        digits, ticks_per_ms = (11, PCR_HZ // 1000) if clock else (9, PTS_HZ // 1000)
        value = found.values[kind]
        since_start = (value - stamps.first) & _UNSIGNED
        since_previous = int((value - stamps.last) / ticks_per_ms)
        self.log(
            LogLevel.INFO,
            f"PID: 0x{found.pid:04X} ({found.pid}), {kind.upper()}: 0x{value:0{digits}X}, "
            f"(0x{since_start:0{digits}X}, {since_start // ticks_per_ms:,} ms from start of PID, "
            f"{since_previous:,} ms from previous)",
        )


def _follows(pts: int, following: int) -> bool:
    """True if a PTS is no step back, as tsp sees it."""
    return pts <= following or pts - following > _PTS_WRAPPED


def _stamps_of(block: Block) -> Iterator[_Found]:
    """Packets that carry stamps, in order."""
    found: dict[int, _Found] = {}

    def note(kind: str, rows: list[int], values: list[int]) -> None:
        for row, value in zip(rows, values, strict=True):
            at = found.setdefault(row, _Found(row, int(block.pids[row])))
            at.values[kind] = value

    starts = block.headers.pes
    for kind, (clock_rows, clocks) in (
        ("pcr", block.headers.pcr),
        ("opcr", opcr_values(block.packets)),
    ):
        note(kind, clock_rows.tolist(), clocks.tolist())
    for kind, stamps in (("pts", starts.pts), ("dts", starts.dts)):
        there = stamps != NO_TIMESTAMP
        note(kind, starts.rows[there].tolist(), stamps[there].tolist())
    return iter(found[row] for row in sorted(found))
