"""Decodes keyframes to small RGB pictures."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import IO

from ibe100.preview.decoder import Decoder
from ibe100.preview.picture_order import shown_at_once
from ibe100.preview.reports import BYTES_PER_PIXEL

_DECODERS = {
    "H.264": "h264",
    "HEVC": "hevc",
    "MPEG-1 video": "mpeg2video",
    "MPEG-2 video": "mpeg2video",
}
_FOURCC = b"H264"
"""A FourCC that IVF wants; any will do, as the command line names the decoder."""


class VideoDecoder(Decoder):
    """One picture of `width` x `height` for each keyframe, with bars where the shape differs.

    Keyframes go to ffmpeg in IVF, which says where each ends: a bare elementary stream would keep the parser
    waiting for the next one.
    """

    def __init__(
        self, ffmpeg: str, codec: str, width: int, height: int, on_picture: Callable[[bytes], None]
    ) -> None:
        self._size = width * height * BYTES_PER_PIXEL
        self._on_picture = on_picture
        self._fed = 0
        self._codec = codec
        super().__init__(_arguments(ffmpeg, _DECODERS[codec], width, height), self._read, lambda _: False)
        self.feed(b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, _FOURCC, width, height, 1, 1, 0, 0))

    def feed_keyframe(self, keyframe: bytes) -> None:
        """Queue a keyframe, without ever waiting."""
        picture = shown_at_once(self._codec, keyframe, self._fed)
        self.feed(struct.pack("<IQ", len(picture), self._fed) + picture)
        self._fed += 1

    def _read(self, stdout: IO[bytes]) -> None:
        with stdout:
            picture = bytearray()
            while data := stdout.read(self._size - len(picture)):
                picture += data
                if len(picture) == self._size:
                    self._on_picture(bytes(picture))
                    picture.clear()


def _arguments(ffmpeg: str, decoder: str, width: int, height: int) -> list[str]:
    fitted = (
        f"scale=w='2*trunc(min({width},{height}*dar)/2)':h='2*trunc(min({height},{width}/dar)/2)'"
        ":flags=fast_bilinear"
    )
    return [
        *(ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"),
        *("-threads", "1", "-flags", "+low_delay+output_corrupt", "-flags2", "+showall"),
        *("-skip_loop_filter", "all", "-skip_frame", "nokey"),
        *("-fpsprobesize", "0", "-analyzeduration", "0", "-probesize", "32"),
        *("-f", "ivf", "-c:v", decoder, "-i", "pipe:0", "-map", "0:v:0", "-filter_threads", "1"),
        *("-vf", f"{fitted},pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1"),
        # Even the encoder of raw video has threads, and with them holds a picture back.
        *(
            "-threads",
            "1",
            "-fps_mode",
            "passthrough",
            "-pix_fmt",
            "rgb24",
            "-f",
            "rawvideo",
            "-flush_packets",
            "1",
            "pipe:1",
        ),
    ]
