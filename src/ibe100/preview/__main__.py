"""`python -m ibe100.preview`: decodes a copy of one stream at the lowest priority.

Reports go to standard output (`ibe100.preview.reports`), words about a failure to standard error. `L` on its
standard input lets hear the sound, `-` ends that. It ends when its standard input does, so that it never
outlives who watches.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence

from ibe100.preview.reports import HEARD, Report, encode_report
from ibe100.preview.service_preview import PreviewOptions, ServicePreview
from ibe100.runner.local_socket import receiving
from ibe100.runner.memory_order import PREVIEW, set_memory_order
from ibe100.utils.low_priority import take_lowest_priority

LARGEST_DATAGRAM = 65_536
RECEIVE_BUFFER_BYTES = 4_000_000
LOOK_S = 0.25
LONGEST_REST_S, SHORTEST_REST_S = 0.1, 0.02
"""Rest between two looks at the socket: one awakening for many datagrams keeps this cheap."""
DATAGRAMS_AT_A_LOOK = 12
"""Datagrams that a rest is to bring: the kernel's buffer holds some 50 of 28 packets."""
OF_A_SOCKET = 6
"""The same of a Unix socket, which holds ten of any size."""
MOST_AT_ONCE = 2000
EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a preview; returns the exit status."""
    options = _options(arguments)
    take_lowest_priority()
    set_memory_order(PREVIEW)
    leaving = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: leaving.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.ExitStack() as stack:
        try:
            receiver = stack.enter_context(receiving(options.port, RECEIVE_BUFFER_BYTES))
        except OSError as error:
            print(f"port {options.port} cannot be listened on: {error.strerror}", file=sys.stderr)
            return EXIT_FAILED
        preview = stack.enter_context(
            contextlib.closing(ServicePreview(options, _ReportWriter(leaving).write))
        )
        try:
            threading.Thread(target=_take_orders, args=(preview, leaving), daemon=True).start()
            wanted = OF_A_SOCKET if isinstance(options.port, str) else DATAGRAMS_AT_A_LOOK
            _receive(receiver, preview, leaving, wanted)
        except OSError as error:
            print(f"the preview cannot go on: {error.strerror or error}", file=sys.stderr)
            return EXIT_FAILED
    return 0


def _receive(receiver: socket.socket, preview: ServicePreview, leaving: threading.Event, wanted: int) -> None:
    room = memoryview(bytearray(LARGEST_DATAGRAM))
    rest_s = SHORTEST_REST_S
    while not leaving.is_set():
        count = 0
        receiver.settimeout(LOOK_S)
        try:
            # Into one buffer: a receive that returns bytes takes 64 kB anew for each datagram.
            length = receiver.recv_into(room)
            receiver.setblocking(False)
            now_s = time.monotonic()
            while count < MOST_AT_ONCE:
                count += 1
                preview.feed(bytes(room[:length]), now_s)
                length = receiver.recv_into(room)
        except (TimeoutError, BlockingIOError):
            pass
        preview.work(time.monotonic())
        rest_s = rest_after(count, rest_s, wanted)
        time.sleep(rest_s)


def rest_after(count: int, rested_s: float, wanted: int = DATAGRAMS_AT_A_LOOK) -> float:
    """Seconds to rest for `wanted` datagrams, after `count` have come in a rest of `rested_s`."""
    wanted_s = rested_s * wanted / max(1, count)
    # A burst shortens the next rest at once; it gets longer step by step.
    return max(SHORTEST_REST_S, min(LONGEST_REST_S, wanted_s, rested_s * 1.5))


class _ReportWriter:
    """Writes whole reports on standard output, from any thread."""

    def __init__(self, leaving: threading.Event) -> None:
        self._leaving = leaving
        self._one_at_a_time = threading.Lock()

    def write(self, report: Report, payload: bytes) -> None:
        with self._one_at_a_time:
            try:
                sys.stdout.buffer.write(encode_report(report) + payload)
                sys.stdout.buffer.flush()
            except OSError:
                # Nobody listens any more.
                self._leaving.set()


def _take_orders(preview: ServicePreview, leaving: threading.Event) -> None:
    while orders := os.read(sys.stdin.fileno(), 1024):
        preview.is_heard = orders.endswith(HEARD)
    leaving.set()


def _port(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _options(arguments: Sequence[str] | None) -> PreviewOptions:
    parser = argparse.ArgumentParser(prog="python -m ibe100.preview")
    parser.add_argument("--port", type=_port, required=True, help="a port on loopback, or a socket's path")
    parser.add_argument("--service-id", type=int)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=180)
    parser.add_argument("--ffmpeg", required=True)
    given = parser.parse_args(arguments)
    return PreviewOptions(given.port, given.width, given.height, given.ffmpeg, given.service_id)


if __name__ == "__main__":
    sys.exit(main())
