"""Look at the copy of an input that is on air without cues: read here, where each second counts."""

from __future__ import annotations

import contextlib
import time
from socket import socket

from ibe100.models.errors import InputAbsent, ProbeError
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.stream_report import StreamReport
from ibe100.runner.local_socket import receiving
from ibe100.tsduck.packet_collector import PacketCollector
from ibe100.tsduck.probe import NOTHING
from ibe100.tsduck.stream_ports import Port

FIRST_BYTES_S = 3.0
LEAST_S = 0.4
"""Once its tables are known: enough for bitrate and null packets; frames may take longer."""
MOST_S = 1.2
TABLES_S = 5.0
READ_S = 0.05
_BUFFER_BYTES = 4 << 20
_LONGEST_DATAGRAM = 1 << 16


def probe_copy(port: Port, name: str) -> StreamReport:
    """Read datagrams of packets until enough is known; blocks for seconds.

    `port`: on loopback, or the path of a socket; `name` is what errors call the input. Raises InputAbsent
    when nothing comes, ProbeError when the port is taken or it is no transport stream.
    """
    collector = PacketCollector(name)
    with contextlib.ExitStack() as stack:
        try:
            copy = stack.enter_context(receiving(port, _BUFFER_BYTES))
        except OSError as error:
            raise ProbeError(f"{name}: its copy at port {port} cannot be read: {error.strerror}") from error
        copy.settimeout(READ_S)
        began_s, known_s = time.monotonic(), None
        while True:
            collector.feed(_received(copy))
            now_s = time.monotonic()
            if known_s is None and collector.tables_known():
                known_s = now_s
            if not collector.is_aligned and now_s - began_s >= FIRST_BYTES_S:
                raise InputAbsent(f"{name}: {NOTHING}")
            if known_s is None:
                if now_s - began_s >= TABLES_S:
                    return collector.report()
            elif now_s - known_s >= MOST_S:
                return collector.report()
            elif now_s - known_s >= LEAST_S and has_frame_durations(report := collector.report()):
                return report


def has_frame_durations(report: StreamReport) -> bool:
    """True when the duration of a frame is known of every video."""
    videos = [stream for service in report.services for stream in service.streams]
    return all(one.frame_duration_pts for one in videos if one.kind is StreamKind.VIDEO)


def _received(copy: socket) -> bytes:
    """What comes within READ_S, at one go: a datagram at a time would cost too much."""
    parts: list[bytes] = []
    end_s = time.monotonic() + READ_S
    while time.monotonic() < end_s:
        try:
            parts.append(copy.recv(_LONGEST_DATAGRAM))
        except TimeoutError:
            break
    return b"".join(parts)
