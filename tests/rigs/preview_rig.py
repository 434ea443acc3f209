"""Streams whose picture and sound are known, and a sender that plays them by UDP."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import imageio_ffmpeg

TONE = "sine=frequency=997:sample_rate=48000"
"""A sine of -21 dBFS peak in both channels."""
BARS = "smptehdbars=size=640x360:rate=25"
MOVING = "testsrc2=size=640x360:rate=25"
BLACK = "color=c=black:size=640x360:rate=25"
SILENCE = "anullsrc=channel_layout=stereo:sample_rate=48000"


def make_stream(
    path: Path, picture: str, sound: str, seconds: int = 6, *codecs: str, bitrate_bps: int = 2_000_000
) -> Path:
    """A transport stream of `picture` and `sound` (lavfi), a keyframe twice a second."""
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-threads", "1"),
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", str(seconds)),
        *(
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "12",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            "-ac",
            "2",
        ),
        *(*codecs, "-muxrate", str(bitrate_bps), "-f", "mpegts", str(path)),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@asynccontextmanager
async def sender(path: Path, port: int) -> AsyncIterator[None]:
    """Sends a file of 2 Mb/s in real time, over and over, as the tap of a processor would."""
    sending = asyncio.create_task(_send(path.read_bytes(), port))
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send(data: bytes, port: int) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port)
    )
    size, due = 28 * 188, loop.time()
    try:
        while True:
            for at in range(0, len(data), size):
                transport.sendto(data[at : at + size])
                due += size * 8 / 2_000_000
                await asyncio.sleep(max(0.0, due - loop.time()))
    finally:
        transport.close()
