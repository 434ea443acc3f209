"""The transports of `pairs.py`: the words of both ends of a hop, and what else it needs."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

INPUTS: Final = (*("file", "stdin", "pipe", "null", "ip", "rtp", "srt", "srt-push", "rist", "http", "hls"),)
OUTPUTS: Final = ("file", "drop", "ip", "rtp", "srt", "srt-push", "rist", "http", "hls")
"""`srt`: the receiver calls; `srt-push`: the sender calls."""
LOCAL: Final = ("file", "stdin", "pipe", "null", "drop")
"""Without a line that could be cut."""
LOSS_FREE: Final = (*LOCAL, "srt", "srt-push", "rist", "http", "hls")
"""What comes between two cuts is all that was sent, null packets too."""
BURSTS: Final = ("file", "null", "http", "hls")
"""Inputs that come faster than they are played."""
NULL_BITRATE: Final = 2_000_000
SECRET: Final = "a secret of loopback"
STREAM_ID: Final = "#!::r=pairs,m=request"
LATENCY_MS: Final = 200


@dataclass(frozen=True)
class Link:
    """One hop by one transport. `source` is what a file input reads."""

    transport: str
    port: int
    folder: Path
    source: Path
    web: str = ""

    @property
    def pipe(self) -> Path:
        """The named pipe of this hop."""
        return self.folder / "pipe"

    @property
    def playlist(self) -> Path:
        """What an HLS output writes."""
        return self.folder / "live.m3u8"

    def sender(self, tap: Path) -> list[str]:
        """The words of an output, with a copy to `tap` ahead of it where nothing is to be had behind it."""
        at = f"127.0.0.1:{self.port}"
        match self.transport:
            case "file":
                return ["-O", "file", str(tap)]
            case "drop":
                return ["-P", "file", str(tap), "-O", "drop"]
            case "stdin":
                return ["-O", "file"]
            case "pipe":
                return ["-O", "file", str(self.pipe)]
            case "ip":
                return ["-O", "ip", at]
            case "rtp":
                return ["-O", "ip", "--rtp", at]
            case "srt":
                return ["-O", "srt", f"--listener={at}", "--multiple", *self._srt()]
            case "srt-push":
                return ["-O", "srt", f"--caller={at}", f"--streamid={STREAM_ID}", "--multiple", *self._srt()]
            case "rist":
                return ["-O", "rist", f"--buffer-size={LATENCY_MS}", *self._rist(), f"rist://{at}"]
            case "http":
                # Without an address: tsp takes 127.0.0.1 for ::1.
                return ["-O", "http", f"--server={self.port}", "--multiple-clients"]
        words = ["--live=1000", "--duration=1", "--slice-only", f"--playlist={self.playlist}"]
        return ["-O", "hls", *words, str(self.folder / "live-.ts")]

    def receiver(self) -> list[str]:
        """The words of an input."""
        at = f"127.0.0.1:{self.port}"
        match self.transport:
            case "file":
                return ["-I", "file", str(self.source)]
            case "stdin":
                return ["-I", "file"]
            case "pipe":
                return ["-I", "file", str(self.pipe)]
            case "null":
                return [f"--bitrate={NULL_BITRATE}", "-I", "null"]
            case "ip" | "rtp":
                return ["-I", "ip", "--local-address=127.0.0.1", str(self.port)]
            case "srt":
                return ["-I", "srt", f"--caller={at}", f"--streamid={STREAM_ID}", "--multiple", *self._srt()]
            case "srt-push":
                return ["-I", "srt", f"--listener={at}", "--multiple", *self._srt()]
            case "rist":
                return ["-I", "rist", f"--buffer-size={LATENCY_MS}", *self._rist(), f"rist://@{at}"]
            case "http":
                words = ["--infinite", "--ignore-errors", "--reconnect-delay=200"]
                return ["-I", "http", *words, f"http://{at}/"]
        return ["-I", "hls", f"{self.web}/{self.playlist.name}"]

    def prepare(self) -> None:
        """Make what must be there before either end."""
        if self.transport == "pipe":
            os.mkfifo(self.pipe)

    def _srt(self) -> list[str]:
        return [f"--latency={LATENCY_MS}", self._secret("--passphrase")]

    def _rist(self) -> list[str]:
        return [self._secret("--secret"), "--encryption-type=AES-256"]

    def _secret(self, option: str) -> str:
        path = self.folder / f"secret{option}"
        path.write_text(f"{option}={SECRET}\n")
        return f"@{path}"


class Ports:
    """Ports that nobody uses at the moment, for UDP and TCP alike, none of them twice."""

    def __init__(self) -> None:
        self._given: set[int] = set()
        self._lock = threading.Lock()

    def next(self) -> int:
        """A port of its own."""
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp, self._lock:
                udp.bind(("127.0.0.1", 0))
                port = int(udp.getsockname()[1])
                # RIST takes the next one too.
                if self._given & {port - 1, port, port + 1}:
                    continue
                with contextlib.suppress(OSError):
                    tcp.bind(("127.0.0.1", port))
                    self._given.add(port)
                    return port


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, without a word."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Hands out the files of a folder; gives the URL of the folder."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
