"""`python -m ibe100.preview`: decodes a loopback copy of one stream at the lowest priority.

Reports go to standard output (`ibe100.preview.reports`), words about a failure to standard error. It ends
when its standard input does, so that it never outlives who watches.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence

from ibe100.preview.low_priority import take_lowest_priority
from ibe100.preview.reports import Report, encode_report
from ibe100.preview.service_tap import PreviewOptions, ServicePreview

LOOPBACK = "127.0.0.1"
LARGEST_DATAGRAM = 65_536
RECEIVE_BUFFER_BYTES = 4_000_000
LOOK_S = 0.25
REST_S = 0.04
"""Between two looks at the socket: one awakening for many datagrams is what keeps this cheap.

The kernel's buffer holds some 50 datagrams of 28 packets meanwhile, 50 Mb/s.
"""
MOST_AT_ONCE = 2000
EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    options = _options(arguments)
    take_lowest_priority()
    leaving = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: leaving.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch_standard_input, args=(leaving,), daemon=True).start()
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        receiver.bind((LOOPBACK, options.port))
    except OSError as error:
        print(f"port {options.port} cannot be listened on: {error.strerror}", file=sys.stderr)
        return EXIT_FAILED
    preview = ServicePreview(options, _Teller(leaving).tell)
    try:
        with receiver:
            _receive(receiver, preview, leaving)
    except OSError as error:
        print(f"the preview cannot go on: {error.strerror or error}", file=sys.stderr)
        return EXIT_FAILED
    finally:
        preview.close()
    return 0


def _receive(receiver: socket.socket, preview: ServicePreview, leaving: threading.Event) -> None:
    while not leaving.is_set():
        receiver.settimeout(LOOK_S)
        try:
            preview.feed(receiver.recv(LARGEST_DATAGRAM), time.monotonic())
            receiver.setblocking(False)
            for _ in range(MOST_AT_ONCE):
                preview.feed(receiver.recv(LARGEST_DATAGRAM), time.monotonic())
        except (TimeoutError, BlockingIOError):
            pass
        preview.work(time.monotonic())
        time.sleep(REST_S)


class _Teller:
    """Writes whole reports, from any thread."""

    def __init__(self, leaving: threading.Event) -> None:
        self._leaving = leaving
        self._one_at_a_time = threading.Lock()

    def tell(self, report: Report, payload: bytes) -> None:
        with self._one_at_a_time:
            try:
                sys.stdout.buffer.write(encode_report(report) + payload)
                sys.stdout.buffer.flush()
            except OSError:
                # Nobody listens any more.
                self._leaving.set()


def _watch_standard_input(leaving: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        continue
    leaving.set()


def _options(arguments: Sequence[str] | None) -> PreviewOptions:
    parser = argparse.ArgumentParser(prog="python -m ibe100.preview")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--service-id", type=int)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=180)
    parser.add_argument("--ffmpeg", required=True)
    given = parser.parse_args(arguments)
    return PreviewOptions(given.port, given.width, given.height, given.ffmpeg, given.service_id)


if __name__ == "__main__":
    sys.exit(main())
