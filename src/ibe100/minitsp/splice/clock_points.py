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


def last_point(block: Block, pts_pid: int, pcr_pids: set[int]) -> ClockPoint | None:
    """The last PTS of one PID or PCR of some, whichever comes later; the PTS where one packet has both."""
    if len(block) < FEW_PACKETS:
        points = [point for pid in pcr_pids for point in pcr_points(block, pid)[-1:]]
        points += pts_points(block, pts_pid)[-1:]
        return max(reversed(points), key=lambda point: point[0], default=None)
    found: ClockPoint | None = None
    starts = block.headers.pes
    mine = ((starts.pids == pts_pid) & (starts.pts != NO_TIMESTAMP)).nonzero()[0]
    if len(mine):
        found = int(starts.rows[mine[-1]]), int(starts.pts[mine[-1]])
    rows, clocks = block.headers.pcr
    pids = block.pids[rows]
    for pid in pcr_pids:
        mine = (pids == pid).nonzero()[0]
        if len(mine) and (found is None or rows[mine[-1]] > found[0]):
            found = int(rows[mine[-1]]), pcr_to_pts(int(clocks[mine[-1]]))
    return found


def pcr_points(block: Block, pid: int) -> list[ClockPoint]:
    """Every PCR of a PID in 90 kHz ticks, in order."""
    return [(row, pcr_to_pts(clock)) for row, clock in block.headers.pcrs_of(pid)]
