"""Where a block carries PTS and PCR of the PIDs that give a plugin its time."""

import numpy as np

from ibe100.minitsp.plugin import Block
from ibe100.mpegts.packet import payload, payload_unit_starts, pcr_values
from ibe100.mpegts.timestamps import parse_pes_timestamps, pcr_to_pts

ClockPoint = tuple[int, int]
"""(row, 90 kHz ticks)."""


def pts_points(block: Block, pid: int) -> list[ClockPoint]:
    """Every PTS of a PID, in order."""
    rows = np.flatnonzero((block.pids == pid) & payload_unit_starts(block.packets))
    points = []
    for row in rows.tolist():
        pts, _ = parse_pes_timestamps(payload(block.packets[row].tobytes()))
        if pts is not None:
            points.append((row, pts))
    return points


def pcr_points(block: Block, pid: int) -> list[ClockPoint]:
    """Every PCR of a PID in 90 kHz ticks, in order."""
    rows, values = pcr_values(block.packets)
    return [
        (row, pcr_to_pts(value))
        for row, value in zip(rows.tolist(), values.tolist(), strict=True)
        if block.pids[row] == pid
    ]
