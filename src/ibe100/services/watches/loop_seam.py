"""Seams of looped files: counters that tell of a file beginning again are no fault."""

from __future__ import annotations

from collections.abc import Mapping

from ibe100.mpegts.timestamps import pts_difference
from ibe100.tsduck.telemetry import InfluxSample

BLIND_S = 5.0
"""Time after a seam in which nothing is judged: tables and PIDs come several times in it."""
SPARSE_S = 31.0
"""Time until the rarest tables (TDT, every 30 s) have come; each is out of order once after a seam."""


class SeamWatch:
    """Holds every sample back until the next has shown that there was no seam in between."""

    def __init__(self) -> None:
        self._held: Mapping[str, int] | None = None
        self._last_pts: int | None = None
        self._seam_at = float("-inf")

    def settled(self, influx: InfluxSample, pts: int | None, monotonic_s: float) -> Mapping[str, int] | None:
        """Return the counters of the sample before, seams left out; None when there is nothing to judge."""
        held, self._held = self._held, influx.counters
        if pts is not None:
            if self._last_pts is not None and pts_difference(pts, self._last_pts) < 0:
                self._seam_at = monotonic_s
            self._last_pts = pts
        since_s = monotonic_s - self._seam_at
        if held is None or since_s < BLIND_S:
            return None
        if since_s < SPARSE_S and held.get("continuity_count_error") == 1:
            return {**held, "continuity_count_error": 0}
        return held
