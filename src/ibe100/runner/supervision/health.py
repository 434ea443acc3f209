"""Health of a stream: packets that advance and PTS that change are the only proof."""

from collections.abc import Sequence


class Health:
    """Proofs in the telemetry of one attempt that the stream flows. Times are time.monotonic() seconds."""

    def __init__(self, expect_pts: bool) -> None:
        self._expect_pts = expect_pts
        self._pts: dict[str, str] = {}
        self.packets_at: float | None = None
        self.pts_at: float | None = None
        self.packets_seen = False

    def healthy_at(self) -> float | None:
        """Time at which everything that is expected last advanced; None if something never did."""
        if not self._expect_pts or self.packets_at is None:
            return self.packets_at
        return None if self.pts_at is None else min(self.packets_at, self.pts_at)

    @property
    def lacks_packets(self) -> bool:
        """True if packets are missing, False if it is their PTS."""
        if not self._expect_pts or self.packets_at is None:
            return True
        return self.pts_at is not None and self.pts_at >= self.packets_at

    def complaint(self, waits: bool = False) -> str:
        """Description of the fault, healthy_at being too long ago; `waits`: the processor gets nothing."""
        if self.packets_at is None:
            return "no packets since the start"
        if waits or self.lacks_packets:
            return "no packets any more"
        if self.pts_at is None:
            return "packets flow, but no PTS was seen since the start"
        return "packets flow, but the PTS stands still"

    def observe_influx(self, lines: Sequence[str], mono: float) -> None:
        """Read one post of tsp's influx plugin: counters are per interval, PTS are the latest per PID."""
        packets: float | None = None
        pts: dict[str, str] = {}
        bitrate_bps: float | None = None
        for line in lines:
            series, _, fields = line.partition(" ")
            name, _, tags = series.partition(",")
            value = fields.partition(" ")[0].removeprefix("value=")
            if name == "pts":
                pts[tags] = value
            elif name == "bitrate" and "scope=ts" in tags.split(","):
                bitrate_bps = _number(value)
            elif name == "counter" and {"name=packet_count", "scope=ts"} <= set(tags.split(",")):
                packets = _number(value)
        if any(self._pts.get(tags) != value for tags, value in pts.items()):
            self.pts_at = mono
        self._pts = pts or self._pts
        advancing = packets if packets is not None else bitrate_bps
        if advancing is not None and advancing > 0:
            self.packets_at = mono
            self.packets_seen = True

    def observe_first_packets(self, mono: float) -> None:
        """Packets with PTS were seen before the first post."""
        self.packets_at = self.pts_at = mono
        self.packets_seen = True

    def observe_analyze(self, report: object) -> None:
        """Read one report of tsp's analyze plugin: it shows that there were packets, but not when.

        A file shorter than the interval of influx is only seen here.
        """
        match report:
            case {"ts": {"packets": {"total": int(total)}}} if total > 0:
                self.packets_seen = True


def _number(text: str) -> float | None:
    try:
        return float(text.removesuffix("i"))
    except ValueError:
        return None
