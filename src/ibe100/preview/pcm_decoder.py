"""Sound for the ears: decoded to 16-bit stereo while somebody listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from ibe100.preview.decoder import Decoder

PCM_RATE_HZ = 48_000
PCM_CHANNELS = 2
PORTION_BYTES = PCM_RATE_HZ // 50 * PCM_CHANNELS * 2
"""20 ms of it."""


class PcmDecoder(Decoder):
    """Hands on portions of 20 ms; a surround mix is folded down to stereo."""

    def __init__(self, ffmpeg: str, demuxer: str, on_pcm: Callable[[bytes], None]) -> None:
        self._on_pcm = on_pcm
        super().__init__(_arguments(ffmpeg, demuxer), self._read, lambda line: "[error]" not in line)

    def _read(self, stdout: IO[bytes]) -> None:
        waiting = b""
        with stdout:
            while data := stdout.read(PORTION_BYTES):
                waiting += data
                while len(waiting) >= PORTION_BYTES:
                    portion, waiting = waiting[:PORTION_BYTES], waiting[PORTION_BYTES:]
                    self._on_pcm(portion)


def _arguments(ffmpeg: str, demuxer: str) -> list[str]:
    return [
        *(ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+error"),
        *("-threads", "1", "-analyzeduration", "0", "-probesize", "8192", "-fflags", "nobuffer"),
        *("-f", demuxer, "-i", "pipe:0", "-map", "0:a:0", "-filter_threads", "1"),
        *("-ac", str(PCM_CHANNELS), "-ar", str(PCM_RATE_HZ), "-f", "s16le", "-flush_packets", "1", "pipe:1"),
    ]
