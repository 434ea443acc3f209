"""The last time of a block is that of the list of all its times."""

import pytest

from ibe100.minitsp.chain.plugin import Block
from ibe100.minitsp.splice.clock_points import last_point, pcr_points, pts_points
from plugin_rig import media


@pytest.mark.parametrize("size", [5, 40, 300, 900, 5000])
@pytest.mark.parametrize("name", ["ott_with_scte35.ts", "dvb_hd_service.ts"])
def test_the_last_point_is_that_of_the_list(name: str, size: int) -> None:
    packets = media(name)[:20_000]
    with_time = Block(packets, 0).headers.pes.pids.tolist()[:1]
    assert with_time
    (pid,) = with_time
    found = 0
    for start in range(0, len(packets), size):
        block = Block(packets[start : start + size].copy(), start)
        points = pts_points(block, pid)
        with_pts = {row for row, _ in points}
        points += [point for point in pcr_points(block, pid) if point[0] not in with_pts]
        assert last_point(block, pid, {pid}) == max(points, default=None)
        found += bool(points)
    assert found
