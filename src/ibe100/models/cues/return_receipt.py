"""Receipts from the distributor's end: did a cue come back there, and if not why."""

from __future__ import annotations

from enum import StrEnum

from ibe100.models.base import Value


class ReturnState(StrEnum):
    """States of a cue at the return feed, once it was on our output."""

    WAITING = "WAITING"
    """Not there yet, and its time is not over."""
    SEEN = "SEEN"
    """There, byte for byte."""
    RESTAMPED = "RE-STAMPED"
    """There, with another pts_adjustment or in another notation, as in a tag: same event, same command."""
    FAULTY = "FAULTY"
    """There, but no receiver can take it as it was meant."""
    MISSING = "MISSING"
    """It did not come back within its window."""
    UNKNOWN = "UNKNOWN"
    """The return feed was not there to tell."""

    @property
    def is_fault(self) -> bool:
        """The distributor has to be told."""
        return self in (ReturnState.FAULTY, ReturnState.MISSING)

    @property
    def is_proof(self) -> bool:
        """The cue is known to have got there."""
        return self in (ReturnState.SEEN, ReturnState.RESTAMPED)


class ReturnCause(StrEnum):
    """Causes for which a cue did not come back as it was sent, as far as the feed shows."""

    NONE = ""
    FEED_ABSENT = "feed absent"
    NO_TABLES = "no PMT"
    PID_GONE = "cue PID gone from the PMT"
    STREAM_TYPE_CHANGED = "stream_type changed"
    CUEI_GONE = "CUEI registration gone"
    SECTION_ALTERED = "section altered"
    MISTIMED = "splice time off"
    NOT_SEEN = "not seen"


class ReturnReceipt(Value):
    """One cue at the return feed; a new value for each step. Wall clock is seconds since the epoch."""

    cue_id: int
    stream_id: str
    state: ReturnState = ReturnState.WAITING
    cause: ReturnCause = ReturnCause.NONE
    reason: str = ""
    """Words for the distributor, where something is wrong or other than it was sent."""
    left_at: float
    """Time it was first seen on our own output."""
    ends_at: float
    """Time from which it is no longer waited for."""
    expected: int = 1
    """Times that it was seen on our own output."""
    seen: int = 0
    """Times that it came back, re-stamped ones as well."""
    seen_at: float | None = None
    seen_base64: str = ""
    """The bytes that came back first."""
    splice_pid: int | None = None
    """The PID it came back on: a distributor may remap it."""
    pre_roll_ms: float | None = None
    """Time from the return feed's own PTS to the splice when it was first seen there."""

    @property
    def delay_s(self) -> float | None:
        """Delay from our output to the return feed; told by two processes, it may be some ms too short."""
        return None if self.seen_at is None else max(0.0, round(self.seen_at - self.left_at, 3))

    @property
    def words(self) -> str:
        """One line for a list: `seen at the return feed 3/3, +31.2 s`."""
        match self.state:
            case ReturnState.WAITING:
                return f"waiting for the return feed ({self.seen}/{self.expected})"
            case ReturnState.SEEN | ReturnState.RESTAMPED:
                # Told by a tag, a cue has no bytes that could be stamped.
                is_seen = self.state is ReturnState.SEEN or self.splice_pid is None
                verb = "seen" if is_seen else "re-stamped"
                at = f"{verb} at the return feed {self.seen}/{self.expected}, {delay_text(self.delay_s)}"
                return f"{at}: {self.reason}" if self.reason else at
            case ReturnState.UNKNOWN:
                return f"return feed: not known, {self.reason}"
            case _:
                return f"return feed: {self.reason}"


def delay_text(delay_s: float | None) -> str:
    """`+31.2 s`."""
    return "" if delay_s is None else f"{delay_s:+.1f} s"


class FeedState(StrEnum):
    """The return feed of a stream."""

    STARTING = "STARTING"
    WATCHING = "WATCHING"
    LOST = "LOST"
    ENDED = "ENDED"
    """A file that is over."""


class ReturnFeedView(Value):
    """The return feed of a stream as the operator sees it."""

    state: FeedState = FeedState.STARTING
    reason: str = ""
    """Reason for which it is lost."""
    cue_pids: tuple[int, ...] = ()
    """PIDs of stream_type 0x86 in its PMTs."""
    fault: str = ""
    """Fault of its PMTs by which no receiver there can take a cue, whenever it is sent."""
    told_by: str = ""
    """The form in which the newest cue was told by a tag or an event message; empty while none was."""
    latency_s: float | None = None
    """Age of the newest media of a playlist or a manifest, by its dates; whole seconds."""
    overrun: str = ""
    """The break there that is longer than was announced."""
    out_without_in: str = ""
    in_without_out: str = ""
    foreign: str = ""
    """The newest break there that neither we nor the input began."""
