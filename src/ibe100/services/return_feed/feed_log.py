"""Log of when the return feed was there and what its PMTs said: evidence to judge a missing cue by."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from ibe100.mpegts.elementary.splice_streams import Carried, DoubtfulPids
from ibe100.services.return_feed.tables import FeedTables, TableFault

MOST_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class _Span:
    begins_at: float
    ends_at: float

    def shared_s(self, since: float, until: float) -> float:
        return max(0.0, min(self.ends_at, until) - max(self.begins_at, since))


class FeedLog:
    """Wall clock in seconds; what lies further back than 256 changes is forgotten."""

    def __init__(self, kind: str = "") -> None:
        """`kind` of what is watched: of a `playlist` or a `manifest`, tags may tell the cues as well."""
        self.kind = kind
        self.other_tags = 0
        """Cues that tags have told so far, whoever sent them."""
        self.flows_since: float | None = None
        self.tables = FeedTables()
        self._flowed: deque[_Span] = deque(maxlen=MOST_REMEMBERED)
        self._doubtful = DoubtfulPids()
        self._tables: deque[tuple[float, FeedTables]] = deque(maxlen=MOST_REMEMBERED)

    def flows(self, at: float) -> None:
        """Packets come."""
        if self.flows_since is None:
            self.flows_since = at

    def stopped(self, at: float) -> None:
        """They do not come any more."""
        if self.flows_since is not None:
            self._flowed.append(_Span(self.flows_since, max(at, self.flows_since)))
            self.flows_since = None

    def tables_changed(self, at: float, tables: FeedTables) -> None:
        """PAT and PMTs are now these; none at all while another processor begins to read them."""
        self._doubtful.follow(stream for pmt in tables.pmts for stream in pmt.streams)
        self._set(at, tables)

    def cue_came(self, at: float, pid: int) -> None:
        """A section of SCTE 35 came on a PID, which settles what its stream_type 0x86 stands for."""
        if self._doubtful.is_open(pid):
            self._doubtful.settle(pid, Carried.SPLICE_SECTIONS)
            self._set(at, self.tables)

    def _set(self, at: float, tables: FeedTables) -> None:
        self.tables = replace(tables, with_cues=self._doubtful.with_sections)
        self._tables.append((at, self.tables))

    def was_there_s(self, since: float, until: float) -> float:
        """For how long of a span of time the feed flowed."""
        spans = [*self._flowed]
        if self.flows_since is not None:
            spans.append(_Span(self.flows_since, until))
        return sum(span.shared_s(since, until) for span in spans)

    def fault_within(self, since: float, until: float, sent_pid: int) -> TableFault | None:
        """The newest fault of the tables that stood within a span of time."""
        ends_at = float("inf")
        for begins_at, tables in reversed(self._tables):
            if begins_at <= until and ends_at >= since and tables.pmts:
                fault = tables.fault(sent_pid)
                if fault is not None:
                    return fault
            ends_at = begins_at
        return None
