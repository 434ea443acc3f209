"""Reports of cues that a playlist, a manifest or an event message tells, for whoever reads the stream's cues.

Two JSON objects go to `--cue-tags-udp`, one datagram each: `cue_tag` once for each cue, `playlist` about once
a second for how far behind the live edge is. Times are seconds.
"""

import base64
import math
import socket
import time
from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.chain.options import Option, OptionKind
from ibe100.minitsp.chain.plugin import Plugin
from ibe100.minitsp.chain.stuffing import null_packets
from ibe100.minitsp.reports.json_report import JsonValue, to_json
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from ibe100.runner.local_socket import LocalSender

CUE_TAGS: Final = "cue-tags-udp"
CUE_TAGS_OPTION: Final = Option(CUE_TAGS, OptionKind.LOCAL_ADDRESS, is_of_tsp=False)
FLOW_PACKETS: Final = null_packets(4).tobytes()
"""In place of segments that hold no transport packets, so that it is seen that something comes."""
_TOLD_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class CueTag:
    """A cue as a tag or an event message tells it.

    `form`: its name in the standard. `out`: out of the programme, back, or None where it does not say.
    `section`: the splice_info_section it carries; empty without. `pts`: the PTS of the media at its place.
    `from_edge_s`: where it stands, from the live edge (negative: behind it); None where nothing tells.
    """

    form: str
    out: bool | None
    section: bytes = b""
    duration_s: float | None = None
    pts: int | None = None
    from_edge_s: float | None = None
    seen_at: float = 0.0


class CueTagReport:
    """Used by the thread that fetches; says nothing where nobody asked."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._local: LocalSender | None = None
        self._udp: socket.socket | None = None
        self._destination = ("", 0)
        self._told_s = -math.inf
        arguments = plugin.arguments
        self.wanted = arguments.present(CUE_TAGS)
        if not self.wanted:
            return
        if path := arguments.socket(CUE_TAGS):
            self._local = LocalSender(path)
        else:
            self._destination = arguments.address(CUE_TAGS)
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def tell(self, tag: CueTag) -> None:
        """Tell of a cue."""
        self._send(
            {
                "#name": "cue_tag",
                "form": tag.form,
                "out": tag.out,
                "base64": base64.b64encode(tag.section).decode(),
                "duration": tag.duration_s,
                "pts": tag.pts,
                "from-edge": tag.from_edge_s,
                "seen": tag.seen_at or time.time(),
            }
        )
        self._plugin.verbose(f"cue told by {tag.form}")

    def playlist(self, latency_s: float | None, target_s: float) -> None:
        """Tell how long after its moment the newest segment can be had, and how long segments are."""
        now_s = time.monotonic()
        if now_s - self._told_s >= _TOLD_EVERY_S:
            self._told_s = now_s
            self._send({"#name": "playlist", "latency": latency_s, "target": target_s})

    def close(self) -> None:
        """Close the socket."""
        if self._local is not None:
            self._local.close()
        if self._udp is not None:
            self._udp.close()

    def _send(self, value: JsonValue) -> None:
        data = to_json(value).encode()
        try:
            if self._local is not None:
                self._local.send(data)
            elif self._udp is not None:
                self._udp.sendto(data, self._destination)
        except OSError as error:
            self._plugin.error(f"error sending UDP message: {error.strerror}")


def pts_of(seconds: float) -> int:
    """Seconds of a media timeline as PTS."""
    return round(seconds * PTS_HZ) % PTS_MODULO
