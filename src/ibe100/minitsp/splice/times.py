"""Time at which a splice_info_section takes effect."""

from ibe100.mpegts.timestamps import pts_add, pts_difference
from ibe100.scte35.values import SpliceInfoSection, SpliceInsert


def event_pts(section: SpliceInfoSection) -> int | None:
    """Adjusted splice time, the earliest one in component mode; None for what takes effect at once."""
    command = section.command
    if not isinstance(command, SpliceInsert) or command.components is None:
        return section.splice_pts
    times = [
        component.splice_time.pts_time
        for component in command.components
        if component.splice_time is not None and component.splice_time.pts_time is not None
    ]
    if not times:
        return None
    earliest = min(pts_difference(time, times[0]) for time in times)
    return pts_add(times[0], earliest + section.pts_adjustment)
