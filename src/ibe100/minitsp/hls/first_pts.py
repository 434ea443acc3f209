"""PTS of the first picture of a segment, transport stream or MP4; of the first sound, where there is none."""

from typing import Final

import numpy as np

from ibe100.minitsp.cmaf.boxes import Tracks, first_time_s
from ibe100.minitsp.reports.cue_tags import pts_of
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.pes import NO_TIMESTAMP

_LOOKED_AT: Final = 4096
_FIRST_VIDEO_ID: Final = 0xE0
_LAST_VIDEO_ID: Final = 0xEF


def first_pts(body: bytes, tracks: Tracks | None) -> int | None:
    """PTS of the first picture; `tracks` are those of MP4, None for a transport stream."""
    if tracks is not None:
        seconds = first_time_s(body, tracks)
        return None if seconds is None else pts_of(seconds)
    count = min(len(body) // PACKET_SIZE, _LOOKED_AT)
    starts = PacketHeaders(np.frombuffer(body, np.uint8, count * PACKET_SIZE).reshape(-1, PACKET_SIZE)).pes
    is_timed = starts.pts != NO_TIMESTAMP
    is_video = (starts.stream_ids >= _FIRST_VIDEO_ID) & (starts.stream_ids <= _LAST_VIDEO_ID)
    for wanted in (is_timed & is_video, is_timed):
        if wanted.any():
            return int(starts.pts[wanted][0])
    return None
