"""Last measurement of a stream's output, and the PTS clock that is set by it."""

from __future__ import annotations

import time

from ibe100.mpegts.pts_clock import PtsClock
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.services.streams.runner_samples import (
    FirstPackets,
    InfluxPost,
    Measurement,
    PicturesSeen,
    SeenPictures,
)
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.telemetry import InfluxSample

MOST_DELAY_S = 3.0
"""A sample older than this on arrival comes from a clock that was stepped: it is taken as new."""
FRESH_S = 3.0
"""A sample is posted every second; older than this the stream is not known to be healthy."""


class MeasuredOutput:
    """Owned by a run, which says by which plan its output is measured."""

    def __init__(self) -> None:
        self.clock: PtsClock | None = None
        """Clock of this attempt's timestamps."""
        self.influx = InfluxSample()
        self.pictures: SeenPictures | None = None
        """Pictures of the plan's video; None while none were seen in this attempt."""
        self._influx_at = float("-inf")

    def is_fresh(self) -> bool:
        """True when packets were measured within the last seconds."""
        return time.monotonic() - self._influx_at < FRESH_S and self.influx.bitrate_bps > 0

    def set_anew(self, frame_pts: float) -> None:
        """Begin a clock with frames of this duration; 0 where it is not known."""
        self.clock = PtsClock(frame_duration_pts=frame_pts or None)
        self.pictures = None

    def forget(self) -> None:
        """Nothing is known of the output until it is measured again."""
        self.influx, self._influx_at = InfluxSample(), float("-inf")

    def begin(self, first: FirstPackets, plan: StreamPlan | None) -> None:
        """Take the first packets of a processor that has not posted yet."""
        if plan is None or self.clock is None or self._influx_at > float("-inf"):
            return
        if plan.time_pid is not None:
            if plan.time_pid not in first.pts:
                return
            pts, age_s = first.pts[plan.time_pid]
            self.clock.observe(pts, first.mono_s - age_s)
        self.influx = InfluxSample(int(first.at * 1000), first.bitrate_bps, first.null_bps)
        self._influx_at = first.mono_s

    def see(self, pictures: PicturesSeen, plan: StreamPlan | None) -> None:
        """Take the pictures of the plan's video."""
        if plan is not None and plan.video_pid is not None:
            self.pictures = pictures.pids.get(plan.video_pid)

    def measure(self, post: InfluxPost, plan: StreamPlan | None) -> Measurement:
        """Take a post, and set the clock by it."""
        influx = self.influx = post.influx
        self._influx_at = post.mono_s
        delay_s = post.at - influx.time_ms / 1000
        measured_s = post.mono_s - (delay_s if 0 <= delay_s <= MOST_DELAY_S else 0.0)
        pts = influx.pts.get(plan.time_pid) if plan is not None and plan.time_pid is not None else None
        pcr = influx.pcr.get(plan.pcr_pid) if plan is not None and plan.pcr_pid is not None else None
        jump = None
        if plan is not None and self.clock is not None:
            if pts is not None:
                jump = self.clock.observe(pts, measured_s - _pts_age_s(influx, plan))
            if pcr is not None:
                self.clock.observe_pcr(pcr, measured_s)
        return Measurement(post.at, post.mono_s, influx, measured_s, pts, pcr, jump)


def _pts_age_s(influx: InfluxSample, plan: StreamPlan) -> float:
    """How much older the sample's PTS is than the sample: half a frame where nobody measured it.

    tsp gives a PTS the time of its post, and the frame came at any moment of the frame time before.
    """
    measured_ms = influx.pts_time_ms.get(plan.time_pid or 0, influx.time_ms)
    if measured_ms < influx.time_ms:
        return (influx.time_ms - measured_ms) / 1000
    return plan.frame_pts / PTS_HZ / 2
