"""Live streams for the benchmarks of the processors: paced senders and counting receivers, each a process."""

import contextlib
import multiprocessing
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE
from ibe100.mpegts.continuity import ContinuityTracker
from ibe100.mpegts.packet import has_payload, pids
from ibe100.mpegts.packet_headers import PacketHeaders
from minitsp_rig import MEDIA

SERVICE, VIDEO_PID = 257, 120
DATAGRAM_BYTES = 7 * PACKET_SIZE
_ROUNDS = 16
_SILENCE_S = 2.0
_AT_ONCE = 64
Times = npt.NDArray[np.float64]


def seamless(name: str = "dvb_hd_service.ts") -> npt.NDArray[np.uint8]:
    """A stream that can be repeated without a continuity error: (n, 188), whole datagrams of seven."""
    once = np.fromfile(MEDIA / name, np.uint8).reshape(-1, PACKET_SIZE)
    packets = np.concatenate([once[: len(once) // 7 * 7]] * _ROUNDS)
    found = pids(packets)
    for pid in np.unique(found).tolist():
        if pid != NULL_PID:
            mine = np.flatnonzero(found == pid)
            steps = np.cumsum(has_payload(packets[mine]))
            packets[mine, 3] = (packets[mine, 3] & 0xF0) | (steps - 1 & 0x0F).astype(np.uint8)
    return packets


@dataclass(frozen=True, slots=True)
class Sent:
    """When each datagram of one stream was sent, monotonic seconds; every stream got the same at once."""

    times_s: Times


@dataclass(frozen=True, slots=True)
class Received:
    """Packets of one stream, those the continuity counters miss, and what had come by when."""

    packets: int
    continuity_errors: int
    bytes_so_far: npt.NDArray[np.int64]
    times_s: Times


class Traffic:
    """`streams` receivers on free ports, then a sender to as many ports at one bitrate each."""

    def __init__(self, streams: int) -> None:
        receivers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(streams)]
        for receiver in receivers:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            receiver.bind(("127.0.0.1", 0))
        self.ports = [int(receiver.getsockname()[1]) for receiver in receivers]
        self._results, theirs = multiprocessing.Pipe(duplex=False)
        self._receiving = multiprocessing.Process(target=_receive, args=(receivers, theirs), daemon=True)
        self._receiving.start()
        for receiver in receivers:
            receiver.close()
        theirs.close()
        self._sending: multiprocessing.Process | None = None

    def send(self, ports: Sequence[int], bitrate_bps: int, seconds: float) -> None:
        """Begin to send."""
        self._times, theirs = multiprocessing.Pipe(duplex=False)
        arguments = (list(ports), bitrate_bps, seconds, theirs)
        self._sending = multiprocessing.Process(target=_send, args=arguments, daemon=True)
        self._sending.start()
        theirs.close()

    def finish(self) -> tuple[Sent, list[Received]]:
        """Wait for the sender, then until nothing more comes."""
        sent = self._times.recv()
        received = self._results.recv()
        return sent, received


def latencies_ms(sent: Sent, received: Received, warm_up_s: float) -> Times:
    """From sending a datagram until its last byte has come, after the first seconds; if nothing was lost."""
    wanted = np.arange(1, len(sent.times_s) + 1) * DATAGRAM_BYTES
    complete = np.searchsorted(received.bytes_so_far, wanted)
    there = (complete < len(received.times_s)) & (sent.times_s > sent.times_s[0] + warm_up_s)
    return (received.times_s[complete[there]] - sent.times_s[there]) * 1000


def _send(ports: list[int], bitrate_bps: int, seconds: float, results: Connection) -> None:
    data = seamless().tobytes()
    datagrams = [data[at : at + DATAGRAM_BYTES] for at in range(0, len(data), DATAGRAM_BYTES)]
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    count = int(seconds * bitrate_bps / (8 * DATAGRAM_BYTES))
    times_s = np.empty(count)
    start_s = time.monotonic()
    for number in range(count):
        wait_s = start_s + number * 8 * DATAGRAM_BYTES / bitrate_bps - time.monotonic()
        if wait_s > 0.0005:
            time.sleep(wait_s)
        times_s[number] = time.monotonic()
        for port in ports:
            sender.sendto(datagrams[number % len(datagrams)], ("127.0.0.1", port))
    results.send(Sent(times_s))


def _receive(receivers: list[socket.socket], results: Connection) -> None:
    parts: list[list[bytes]] = [[] for _ in receivers]
    times_s: list[list[float]] = [[] for _ in receivers]
    waiting = selectors.DefaultSelector()
    for number, receiver in enumerate(receivers):
        receiver.setblocking(False)
        waiting.register(receiver, selectors.EVENT_READ, number)
    timeout_s = 60.0
    while ready := waiting.select(timeout_s):
        timeout_s = _SILENCE_S
        for key, _ in ready:
            with contextlib.suppress(BlockingIOError):
                for _ in range(_AT_ONCE):
                    parts[key.data].append(receivers[key.data].recv(65_536))
                    times_s[key.data].append(time.monotonic())
    results.send([_judged(*one) for one in zip(parts, times_s, strict=True)])


def _judged(parts: list[bytes], times_s: list[float]) -> Received:
    packets = np.frombuffer(b"".join(parts), np.uint8).reshape(-1, PACKET_SIZE)
    faults = ContinuityTracker().feed(PacketHeaders(packets))
    so_far = np.cumsum(np.fromiter(map(len, parts), np.int64))
    return Received(len(packets), len(faults), so_far, np.array(times_s))
