"""A live source: encoders that are switched without a pause, as a failover does, or fall silent."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import subprocess
import threading
import time
from dataclasses import dataclass

import imageio_ffmpeg

LEAST_GAP_S = 0.15
WARM_UP_S = 1.0
"""Of an encoder, before it is switched to."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What an encoder sends."""

    service: int = 1
    pmt_pid: int = 0x1000
    video_pid: int = 0x100
    sound_pid: int = 0x101
    codec: str = "libx264"
    size: str = "320x180"
    frame_rate: int = 25
    bitrate_bps: int = 1_000_000

    def command(self, port: int) -> list[str]:
        """ffmpeg's argv: real time and constant bitrate to a UDP port of loopback."""
        video = f"-c:v {self.codec} -g {self.frame_rate} -b:v {self.bitrate_bps // 2} -pix_fmt yuv420p"
        if self.codec != "mpeg2video":
            video += " -preset ultrafast -tune zerolatency"
        if self.codec == "libx265":
            video += " -x265-params log-level=error:pools=1:frame-threads=1"
        else:
            video += f" -maxrate {self.bitrate_bps // 2} -bufsize {self.bitrate_bps // 8}"
        mux = (
            f"-mpegts_service_id {self.service} -mpegts_pmt_start_pid {self.pmt_pid}"
            f" -streamid 0:{self.video_pid} -streamid 1:{self.sound_pid}"
            f" -output_ts_offset {time.time() % 80_000:.3f} -muxrate {self.bitrate_bps}"
            " -pcr_period 30 -pat_period 0.2 -flush_packets 1"
        )
        return [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-threads", "1", "-re"),
            *("-f", "lavfi", "-i", f"testsrc2=size={self.size}:rate={self.frame_rate}"),
            *("-re", "-f", "lavfi", "-i", "sine=sample_rate=48000", "-map", "0:v", "-map", "1:a"),
            *video.split(),
            *("-threads", "1", "-c:a", "mp2", "-b:a", "64k", *mux.split(), "-f", "mpegts"),
            f"udp://127.0.0.1:{port}?pkt_size=1316&bitrate={self.bitrate_bps}",
        ]


def other_than(programme: Programme, chance: random.Random) -> Programme:
    """A programme in which one to three things differ."""
    video = 0x100 + chance.randrange(1, 200) * 2
    changes: list[dict[str, object]] = [
        {"service": chance.choice([n for n in range(1, 9) if n != programme.service])},
        {"video_pid": video, "sound_pid": video + 1},
        {"pmt_pid": chance.choice((0x20, 0x1000, 0x1F00))},
        {"codec": "mpeg2video" if programme.codec == "libx264" else "libx264"},
        {"size": "160x90" if programme.size == "320x180" else "320x180"},
        {"frame_rate": 50 if programme.frame_rate == 25 else 25},
        {"bitrate_bps": chance.choice((800_000, 1_500_000, 3_000_000))},
    ]
    values = {name: getattr(programme, name) for name in Programme.__slots__}
    for change in chance.sample(changes, chance.choice((1, 1, 2, 3))):
        values.update(change)
    return Programme(**values)


class _Encoder:
    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self._process = subprocess.Popen(programme.command(self.socket.getsockname()[1]))

    @property
    def has_ended(self) -> bool:
        """True for one that gave up, as ffmpeg does when a busy machine kept it from sending for long."""
        return self._process.poll() is not None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self.socket.close()


class LiveSource:
    """Sends to a UDP port of loopback what one encoder makes; the methods may be called by any thread."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._now = _Encoder(Programme())
        self._next: _Encoder | None = None
        self._silent, self._over = threading.Event(), threading.Event()
        self.sent_at = 0.0
        """Wall clock of the last datagram."""
        self.gaps: list[tuple[float, float]] = []
        """From a datagram to the next, where a busy machine kept the sender itself for long; wall clock."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def programme(self) -> Programme:
        return self._now.programme

    def change(self, programme: Programme) -> float:
        """Go over to another programme, without a pause; returns the wall clock of its first packet."""
        made = _Encoder(programme)
        time.sleep(WARM_UP_S)
        self._next = made
        while self._next is not None:
            time.sleep(0.005)
        return time.time()

    def silence(self, seconds: float) -> float:
        """Send nothing for so long; returns the wall clock of the first packet after it."""
        self._silent.set()
        time.sleep(seconds)
        self._silent.clear()
        return time.time()

    def longest_gap_s(self, since: float, until: float) -> float:
        """Longest time in which nothing was sent that reaches into a span."""
        found = [b - a for a, b in self.gaps if b > since and a < until]
        return max(found, default=0.0)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self._now.end()

    def _run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not self._over.is_set():
                if self._next is not None:
                    self._now.end()
                    self._now = self._next
                    self._drain()
                    self._next = None
                if not select.select([self._now.socket], [], [], 0.02)[0]:
                    if self._now.has_ended:
                        self._next = self._next or _Encoder(self._now.programme)
                    continue
                data = self._now.socket.recv(2048)
                if self._silent.is_set():
                    continue
                with contextlib.suppress(ConnectionRefusedError):
                    out.sendto(data, self._target)
                now = time.time()
                if self.sent_at and now - self.sent_at > LEAST_GAP_S:
                    self.gaps.append((self.sent_at, now))
                self.sent_at = now

    def _drain(self) -> None:
        """Leave out what an encoder sent before it was switched to."""
        while select.select([self._now.socket], [], [], 0)[0]:
            self._now.socket.recv(2048)
