"""PTS and PCR in a block, of the PIDs that give a plugin its time."""

from ibe100.minitsp.chain.plugin import Block
from ibe100.mpegts.packet import payload
from ibe100.mpegts.packet_headers import FEW_PACKETS
from ibe100.mpegts.pes import NO_TIMESTAMP
from ibe100.mpegts.timestamps import parse_pes_timestamps, pcr_to_pts

ClockPoint = tuple[int, int]
"""(row, 90 kHz ticks)."""


def pts_points(block: Block, pid: int) -> list[ClockPoint]:
    """Every PTS of a PID, in order."""
    if len(block) >= FEW_PACKETS:  # then it is cheaper to read all PES headers; other plugins want them too
        starts = block.headers.pes
        mine = (starts.pids == pid) & (starts.pts != NO_TIMESTAMP)
        return list(zip(starts.rows[mine].tolist(), starts.pts[mine].tolist(), strict=True))
    points = []
    for row in block.headers.clear_starts_of(pid):
        pts, _ = parse_pes_timestamps(payload(block.packets[row].tobytes()))
        if pts is not None:
            points.append((row, pts))
    return points


def pcr_points(block: Block, pid: int) -> list[ClockPoint]:
    """Every PCR of a PID in 90 kHz ticks, in order."""
    return [(row, pcr_to_pts(clock)) for row, clock in block.headers.pcrs_of(pid)]
