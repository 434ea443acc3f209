"""Puts cues into the stream in place of null packets (tsp -P spliceinject)."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel, PacketProcessor
from ibe100.minitsp.ip.udp_socket import open_local_receiver, open_receiver
from ibe100.minitsp.psi.service_finder import ServiceFinder
from ibe100.minitsp.splice.clock_points import ClockPoint, last_point, pcr_points, pts_points
from ibe100.minitsp.splice.messages import MessageError, sections_of
from ibe100.minitsp.splice.queue import RepeatRule, SpliceQueue, queued_cue
from ibe100.mpegts.constants import NULL_PID
from ibe100.mpegts.elementary.codings import StreamKind, codec_of
from ibe100.mpegts.elementary.splice_streams import Carried
from ibe100.mpegts.packet import packetize_section
from ibe100.mpegts.psi import Pmt
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.runner.local_socket import LocalReceiver
from ibe100.scte35.cues import splice_null
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import encode

if TYPE_CHECKING:
    from ibe100.minitsp.splice.command_files import CommandFiles

_LARGEST_DATAGRAM: Final = 65_536
_DATAGRAMS_AT_ONCE: Final = 64
_SOCKET_BUFFER: Final = 1 << 20
_LARGEST_FILE: Final = 2048
_POLL_MS: Final = 500
_FIRST_BATCH_POLL_S: Final = 0.02
_PTS_PER_MS: Final = PTS_HZ // 1000
_IMMEDIATE_S: Final = 2.0
"""The console has told its operator by then that an immediate cue did not go out: it must not, later."""


class SpliceInject(PacketProcessor):
    """Injects SCTE 35 splice commands in a transport stream.

    A datagram on --udp (a port, or `unix:path`, which tsp has not), or a file of --files, is binary
    sections or one TSDuck XML document. A cue without a time goes out once, in the next null packet; a cue
    with a splice time --inject-count times from --start-delay before it on. With a runner that attends to
    us an immediate cue that found no null packet in time is dropped.
    """

    name: ClassVar[str] = "spliceinject"
    options: ClassVar[OptionTable] = OptionTable(
        Option("buffer-size", OptionKind.INTEGER),
        Option("delete-files", short="d"),
        Option("files", OptionKind.TEXT, "f"),
        Option("ignore-pid-conflict"),
        Option("inject-count", OptionKind.INTEGER, minimum=1),
        Option("inject-interval", OptionKind.INTEGER),
        Option("max-file-size", OptionKind.INTEGER),
        Option("min-bitrate", OptionKind.DECIMAL),
        Option("min-inter-packet", OptionKind.INTEGER),
        Option("min-stable-delay", OptionKind.INTEGER),
        Option("no-reuse-port"),  # the default here
        Option("pcr-pid", OptionKind.PID),
        Option("pid", OptionKind.PID, "p"),
        Option("poll-interval", OptionKind.INTEGER),
        Option("pts-pid", OptionKind.PID),
        Option("queue-size", OptionKind.INTEGER, minimum=1, maximum=100_000),
        Option("reuse-port", short="r"),
        Option("service", OptionKind.TEXT, "s"),
        Option("start-delay", OptionKind.INTEGER),
        Option("udp", OptionKind.LOCAL_ADDRESS, "u"),
        Option("wait-first-batch", short="w"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        if not (arguments.present("udp") or arguments.present("files")):
            raise OptionError("specify at least one of --files and --udp")
        self._pid = arguments.optional_integer("pid")
        self._pts_pid = arguments.optional_integer("pts-pid")
        self._pcr_pid = arguments.optional_integer("pcr-pid")
        if not arguments.present("service") and (self._pid is None or self._pts_pid is None):
            raise OptionError("specify --service or --pid and --pts-pid")
        self._finder = ServiceFinder(self, arguments.text("service"))
        self._searching = self._pid is None or self._pts_pid is None
        self._pes_pids: set[int] = set()
        self._rule = RepeatRule(
            arguments.integer("start-delay", 2000) * _PTS_PER_MS,
            arguments.integer("inject-count", 2),
            arguments.integer("inject-interval", 800) * _PTS_PER_MS,
        )
        self._queue = SpliceQueue(arguments.integer("queue-size", 100), self._rule.interval_pts, self.verbose)
        self._min_bitrate_bps = arguments.decimal("min-bitrate")
        self._heartbeat = encode(splice_null())
        self._pending: list[bytes] = []
        self._cc = 0
        self._last_injected = 0
        self._current_pts: int | None = None
        self._conflict = False
        self._udp: socket.socket | None = None
        self._local: LocalReceiver | None = None
        self._files = self._command_files()

    def _command_files(self) -> "CommandFiles | None":
        """The files of --files; loaded here so that a stream without them starts sooner."""
        if not self.arguments.present("files"):
            return None
        from ibe100.minitsp.splice.command_files import CommandFiles

        arguments = self.arguments
        return CommandFiles(
            self,
            arguments.text("files"),
            poll_s=arguments.integer("poll-interval", _POLL_MS) / 1000,
            stable_s=arguments.integer("min-stable-delay", _POLL_MS) / 1000,
            max_bytes=arguments.integer("max-file-size", _LARGEST_FILE),
            delete=arguments.present("delete-files"),
        )

    def start(self) -> None:
        if self.arguments.present("udp"):
            self._open_udp()
        if self._files is not None:
            self._files.start()
        if self.arguments.present("wait-first-batch"):
            self.verbose("waiting for first batch of commands")
            while not self._queue and not self.context.stopping:
                time.sleep(_FIRST_BATCH_POLL_S)
                self._receive()

    def _open_udp(self) -> None:
        buffer_bytes = self.arguments.integer("buffer-size", _SOCKET_BUFFER)
        if path := self.arguments.socket("udp"):
            self._local = open_local_receiver(path, buffer_bytes)
            self._udp = self._local.socket
            return
        address, port = self.arguments.address("udp")
        first_byte = int(address.partition(".")[0]) if address[:1].isdigit() else 0
        multicast = 224 <= first_byte < 240
        self._udp = open_receiver(
            address if multicast else "",
            port,
            local_address="" if multicast else address,
            share_port=self.arguments.present("reuse-port"),
            buffer_bytes=buffer_bytes,
        )
        self._udp.setblocking(False)

    def stop(self) -> None:
        if self._local is not None:
            self._local.close()
        elif self._udp is not None:
            self._udp.close()
        if self._files is not None:
            self._files.stop()

    def tick(self, monotonic_s: float) -> None:
        if self._local is not None and self._local.renewed(monotonic_s):
            self._udp = self._local.socket
        self._receive()
        self._drop_overdue()

    def process(self, block: Block) -> Block:
        self._receive()
        self._drop_overdue()
        if self._searching:
            self._finder.feed(block)
            self._pes_pids.update(block.headers.pes.pids.tolist())
            if self._finder.pmt is not None:
                self._adopt(self._finder.pmt)
        if self._pid is None or self._conflicts(block, self._pid):
            return block
        if self._pts_pid is None:
            return block
        pcr_pids = {self._pts_pid, self._pts_pid if self._pcr_pid is None else self._pcr_pid}
        if self._queue or self._pending or self._interval_packets():
            self._inject(block, self._clock(block, self._pts_pid, pcr_pids))
        last = last_point(block, self._pts_pid, pcr_pids)
        if last is not None:
            self._current_pts = last[1]
        return block

    def _adopt(self, pmt: Pmt) -> None:
        """Take the PIDs that no option gives from the service's PMT."""
        self._searching = False
        if self._pcr_pid is None and pmt.pcr_pid != NULL_PID:
            self._pcr_pid = pmt.pcr_pid
        for stream in pmt.streams:
            carried = Carried.PES if stream.pid in self._pes_pids else None
            kind = codec_of(stream, pmt.descriptors, carried).kind
            if self._pts_pid is None and kind is StreamKind.VIDEO:
                self._pts_pid = stream.pid
            if self._pid is None and kind is StreamKind.SPLICE:
                self._pid = stream.pid
        if self._pts_pid is None:
            self._pts_pid = self._pcr_pid
        if self._pid is None:
            self.misfit("could not find an SCTE 35 splice information stream in service, use option --pid")
        elif self._pts_pid is None:
            self.misfit("could not find a PID with PCR or PTS in service, use option --pts-pid")

    def _conflicts(self, block: Block, pid: int) -> bool:
        """True if the input has packets of the cue PID: the chain ends, but for --ignore-pid-conflict.

        A PID that the PMT seemed to name for cues, and that turns out to carry sound, is given up.
        """
        rows = block.headers.rows_of(pid)
        if self._conflict or not rows:
            return False
        pmt = None if self.arguments.present("pid") else self._finder.pmt
        if pmt is not None and pid in block.headers.pes.pids:
            self._pes_pids.add(pid)
            self._pid = None
            self._adopt(pmt)
            return True
        if pmt is not None and not block.headers.unit_starts[rows].any():
            return True
        text = f"PID conflict: PID 0x{pid:04X} ({pid}) for SCTE-35 injection detected in input stream"
        if self.arguments.present("ignore-pid-conflict"):
            self._conflict = True
            self.verbose(text)
            return False
        self.misfit(text)
        return True

    def _clock(self, block: Block, pts_pid: int, pcr_pids: set[int]) -> list[ClockPoint]:
        """The times that tsp goes by: each PTS, and each PCR that does not come in the same packet.

        The PCR lies behind, so that after a PTS the time goes back with the next PCR: a pre-rolled cue that
        is just due leaves in the null packets between the two, or when the PCR has come that far.
        """
        points = pts_points(block, pts_pid)
        with_pts = {row for row, _ in points}
        for pid in pcr_pids:
            points += [point for point in pcr_points(block, pid) if point[0] not in with_pts]
        return sorted(points)

    def _inject(self, block: Block, clock: list[ClockPoint]) -> None:
        """Replace null packets by what is due at their place in the stream."""
        null_rows = np.flatnonzero(block.pids == NULL_PID)
        if not len(null_rows):
            return
        placed: dict[int, bytes] = {}
        for start, end, pts in self._spans(len(block), clock):
            for row in null_rows[(null_rows >= start) & (null_rows < end)].tolist():
                packet = self._next_packet(block.first_index + row, pts)
                if packet is not None:
                    placed[row] = packet
                elif not self._interval_packets():
                    break
        if placed:
            block.replace(placed)

    def _spans(self, count: int, clock: list[ClockPoint]) -> Iterator[tuple[int, int, int | None]]:
        """(first row, row after the last, current PTS) between the block's clock points."""
        start, pts = 0, self._current_pts
        for row, next_pts in clock:
            yield start, row, pts
            start, pts = row, next_pts
        yield start, count, pts

    def _next_packet(self, index: int, pts: int | None) -> bytes | None:
        if not self._pending:
            if pts is None:  # nothing goes out, immediate or not, before the stream has told its time
                return None
            section = self._queue.take_due(pts)
            interval = self._interval_packets()
            if section is None and interval and index >= self._last_injected + interval:
                section = self._heartbeat
            if section is None:
                return None
            assert self._pid is not None
            self._pending = packetize_section(section, self._pid, self._cc)
            self._cc = (self._cc + len(self._pending)) & 0x0F
        self._last_injected = index
        return self._pending.pop(0)

    def _interval_packets(self) -> int:
        """Packets between two cues at most, from --min-bitrate or --min-inter-packet; 0 = no heartbeat."""
        if self._min_bitrate_bps and self.context.bitrate_bps:
            return max(1, int(self.context.bitrate_bps / self._min_bitrate_bps))
        return self.arguments.integer("min-inter-packet")

    def _receive(self) -> None:
        """Queue the cues of the files and datagrams that have come."""
        while self._files is not None and (content := self._files.take()) is not None:
            self._enqueue_all(content)
        for _ in range(_DATAGRAMS_AT_ONCE):
            if self._udp is None:
                return
            try:
                datagram, sender = self._udp.recvfrom(_LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            place = "the stream's socket" if self._local is not None else f"{sender[0]}:{sender[1]}"
            self.verbose(f"received message, {len(datagram)} bytes, from {place}")
            self._enqueue_all(datagram)

    def _enqueue_all(self, message: bytes) -> None:
        try:
            for section in sections_of(message):
                self._enqueue(section)
        except MessageError as error:
            self.error(str(error))

    def _drop_overdue(self) -> None:
        if self._queue and self.context.attended:
            for cue in self._queue.take_overdue(time.monotonic() - _IMMEDIATE_S):
                text = f"dropping {cue}, no null packet came for it within {_IMMEDIATE_S:g} s"
                self.log(LogLevel.WARNING, text)

    def _enqueue(self, section: bytes) -> None:
        try:
            cue = replace(queued_cue(section, self._rule), came_s=time.monotonic())
        except SpliceDecodeError as error:
            self.error(f"received invalid splice information section, ignored: {error}")
            return
        if not self._queue.add(cue):
            self.log(LogLevel.WARNING, "queue overflow, dropped one section")
