"""An HLS output by itself: fed with packets, its playlist and segments read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import openm3u8

from ibe100.minitsp.chain.plugin import Context, GlobalOptions
from ibe100.minitsp.outputs.hls import HlsOutput
from ibe100.mpegts import packet
from plugin_rig import Log

BLOCK = 100


@dataclass(frozen=True, slots=True)
class Written:
    """The playlist and what it lists."""

    text: str
    segments: tuple[bytes, ...]
    log: tuple[str, ...]
    targets: frozenset[str]
    """Every EXT-X-TARGETDURATION that the playlist has ever had."""

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(len, self.segments))

    @property
    def durations_s(self) -> list[float]:
        return [float(one) for one in re.findall(r"#EXTINF:([\d.]+),", self.text)]

    @property
    def dates_s(self) -> list[float]:
        return dates_in(self.text)


def dates_in(playlist: str) -> list[float]:
    """Its EXT-X-PROGRAM-DATE-TIMEs in seconds since the epoch."""
    found = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", playlist)
    return [datetime.fromisoformat(one).timestamp() for one in found]


def write(folder: Path, packets: packet.PacketBlock, *options: str, bitrate_bps: int = 0) -> Written:
    """Send packets in blocks to an HLS output, and end it."""
    words = [*options, f"--playlist={folder / 'v.m3u8'}", str(folder / "s.ts")]
    log = Log()
    output = HlsOutput(HlsOutput.options.parse(words), Context(GlobalOptions(bitrate_bps=bitrate_bps), log))
    playlist = folder / "v.m3u8"
    targets: set[str] = set()
    output.start()
    for start in range(0, len(packets), BLOCK):
        output.send(packets[start : start + BLOCK])
        if playlist.exists():
            targets.update(re.findall(r"#EXT-X-TARGETDURATION:(.*)", playlist.read_text()))
    output.stop()
    text = playlist.read_text()
    segments = tuple((folder / one.uri).read_bytes() for one in openm3u8.loads(text).segments)
    return Written(text, segments, tuple(log.lines), frozenset(targets))
