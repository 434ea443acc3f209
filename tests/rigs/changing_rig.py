"""A live source whose service or PIDs change, as at a failover to a standby encoder."""

from __future__ import annotations

import itertools

import numpy as np

from live_rig import Packets, Spoil
from made_streams import packet, pat_section, pmt_section

PMT_PID, VIDEO, SOUND = 0x1000, 0x100, 0x101


def changed(service: int = 1, video: int = VIDEO, sound: int = SOUND, extra: int | None = None) -> Spoil:
    """The same programme under another service_id or on other PIDs, with another stream on `extra`."""
    counters = itertools.count()
    streams = [(0x1B, video, b""), (0x03, sound, b""), *([] if extra is None else [(0x06, extra, b"")])]
    tables = {
        0: pat_section(1, [(service, PMT_PID)]),
        PMT_PID: pmt_section(service, video, streams, version=1),
    }

    def spoil(packets: Packets) -> Packets:
        out = []
        for one in packets:
            pid = (int(one[1]) & 0x1F) << 8 | int(one[2])
            if pid in tables:
                one = np.frombuffer(packet(pid, next(counters), tables[pid]), np.uint8).copy()
            elif pid in (VIDEO, SOUND):
                new = video if pid == VIDEO else sound
                one[1], one[2] = one[1] & 0xE0 | new >> 8, new & 0xFF
            elif pid == 0x1FFF and extra is not None and next(counters) % 50 == 0:
                one[1], one[2], one[3] = 0x40 | extra >> 8, extra & 0xFF, 0x10
            out.append(one)
        return np.stack(out)

    return spoil
