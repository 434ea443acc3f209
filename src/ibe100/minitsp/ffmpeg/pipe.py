"""A byte-transparent pipe to a network peer through ffmpeg, for protocols that Python has not (SRT, RIST).

ffmpeg's `data` format copies payloads as they are: nothing is demultiplexed, so that every packet, SCTE-35
included, arrives as it was sent.
"""

import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin, PluginError
from ibe100.minitsp.ffmpeg.child import hide_arguments, start_ffmpeg
from ibe100.minitsp.ffmpeg.log import FfmpegLog, RistPeers
from ibe100.mpegts.constants import PACKET_SIZE

PAYLOAD_BYTES: Final = 7 * PACKET_SIZE
_READ_BYTES: Final = 1 << 20
_GATHER_S: Final = 0.004
# Without --linger SRT takes leave at once; what ffmpeg then waits for is a second of tidying up in libsrt.
# RIST takes no leave.
_GOODBYE_S: Final = 0.15
_COMMON: Final = ("-hide_banner", "-nostdin", "-nostats")
_LOG: Final = ("-loglevel", "info")
_LOG_OF_PEERS: Final = ("-loglevel", "verbose")
"""Needed to learn that a RIST receiver came."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The peer that ffmpeg connects to: URL, options of the protocol, and its secret options."""

    url: str
    options: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def arguments(self) -> list[str]:
        """Options for ffmpeg's command line, before the URL."""
        words = []
        for name, value in {**self.options, **self.secrets}.items():
            words += [f"-{name}", value]
        return words


class _FfmpegPipe:
    """Base of both directions: starts the child, reads its log, ends it."""

    def __init__(self, plugin: Plugin, peer: Peer, connected_mark: str) -> None:
        self.connected = threading.Event()
        self._plugin = plugin
        self._peer = peer
        self._connected_mark = connected_mark
        self._log = FfmpegLog()
        self.rist_peers = RistPeers()
        self._process: subprocess.Popen[bytes] | None = None
        self._log_reader = threading.Thread(target=self._read_log, name="ffmpeg-log", daemon=True)

    @property
    def ended(self) -> bool:
        """True if ffmpeg has ended."""
        return self._process is None or self._process.poll() is not None

    def failure(self) -> PluginError:
        """The reason why ffmpeg has ended; raised at once where another attempt would end alike."""
        self._log_reader.join(1.0)
        failure = PluginError(self._log.failure or "ffmpeg has ended without a reason")
        if self._log.is_hopeless:
            raise failure
        return failure

    def _begin(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._log_reader.start()

    def _read_log(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        with self._process.stderr as log:
            for raw in log:
                line = raw.decode(errors="replace").rstrip()
                if line.startswith("Input #0"):
                    self._hide_secrets(self._process.pid)
                if line.startswith(self._connected_mark):
                    self.connected.set()
                self.rist_peers.take(line)
                self._log.take(line)
                self._plugin.log(LogLevel.DEBUG, line)

    def _hide_secrets(self, pid: int) -> None:
        """Blank the secrets as soon as ffmpeg has read its command line, before it connects."""
        if not self._peer.secrets:
            return
        try:
            hide_arguments(pid, list(self._peer.secrets.values()))
        except OSError as error:
            self._plugin.log(
                LogLevel.WARNING,
                f"other users of this machine can see the {next(iter(self._peer.secrets))} "
                f"in the process list: {error.strerror}",
            )

    def _end(self, wait_s: float) -> None:
        """Wait for ffmpeg to end by itself, then terminate it, then kill it.

        Terminated, it closes the connection, and the peer need not wait five seconds for it.
        """
        assert self._process is not None
        has_peer = self.connected.is_set() and self._peer.url.startswith("srt:")
        goodbye_s = _GOODBYE_S if has_peer else 0.0
        for wait, then in ((wait_s, self._process.terminate), (goodbye_s, self._process.kill)):
            try:
                self._process.wait(wait)
                break
            except subprocess.TimeoutExpired:
                then()
        self._process.wait()
        self._log_reader.join()


class FfmpegReader(_FfmpegPipe):
    """Bytes from a peer."""

    def __init__(self, plugin: Plugin, peer: Peer) -> None:
        super().__init__(plugin, peer, "Input #1")

    def open(self) -> None:
        """Start to connect. Raises PluginError where there is no ffmpeg."""
        # The first input is empty: ffmpeg reports it when it has read its options and before it connects.
        arguments = [
            *_COMMON,
            *_LOG,
            *("-f", "data", "-i", "pipe:0"),
            *self._peer.arguments(),
            *("-f", "data", "-raw_packet_size", str(PAYLOAD_BYTES), "-i", self._peer.url),
            *("-map", "1:0", "-c", "copy", "-flush_packets", "1", "-f", "data", "pipe:1"),
        ]
        self._begin(start_ffmpeg(arguments, subprocess.DEVNULL, subprocess.PIPE))

    def read(self, timeout_s: float) -> bytes | None:
        """The bytes that have come, b"" at the end, None if none came in time."""
        assert self._process is not None and self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        if not select.select([descriptor], [], [], timeout_s)[0]:
            return None
        time.sleep(_GATHER_S)
        return os.read(descriptor, _READ_BYTES)

    def close(self) -> None:
        """End ffmpeg: there is nothing to flush."""
        assert self._process is not None and self._process.stdout is not None
        self._process.stdout.close()  # first, lest ffmpeg waits for us to read
        self._end(0.0)


class FfmpegWriter(_FfmpegPipe):
    """Payloads to a peer, each sent as it is given."""

    def __init__(self, plugin: Plugin, peer: Peer) -> None:
        super().__init__(plugin, peer, "Output #0")
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Start to connect. Raises PluginError where there is no ffmpeg."""
        arguments = [
            *_COMMON,
            *(_LOG_OF_PEERS if self._peer.url.startswith("rist:") else _LOG),
            *("-f", "data", "-raw_packet_size", str(PAYLOAD_BYTES), "-i", "pipe:0"),
            *("-map", "0:0", "-c", "copy", "-flush_packets", "1"),
            *self._peer.arguments(),
            *("-f", "data", self._peer.url),
        ]
        # A socket that keeps messages apart: a pipe would let ffmpeg cut payloads where its reads end.
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        with theirs:
            self._begin(start_ffmpeg(arguments, theirs.fileno(), subprocess.DEVNULL))

    def write(self, payload: memoryview, timeout_s: float) -> bool:
        """Hand one payload over; False if ffmpeg does not take it in time. OSError when it has ended."""
        assert self._socket is not None
        try:
            self._socket.send(payload)
        except BlockingIOError:
            select.select([], [self._socket], [], timeout_s)
            return False
        return True

    def close(self, wait_s: float) -> None:
        """Let ffmpeg send what it has for so long, then end it."""
        assert self._socket is not None
        self._socket.close()
        self._end(wait_s)
