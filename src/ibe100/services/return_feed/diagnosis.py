"""Diagnosis of a cue that did not come back as it was sent, to be read to the distributor on the phone."""

from __future__ import annotations

from ibe100.models.cues.return_receipt import ReturnCause, ReturnReceipt, ReturnState
from ibe100.scte35.comparison import Difference, differences, says_the_same
from ibe100.scte35.values import SpliceInfoSection
from ibe100.services.return_feed.feed_log import FeedLog
from ibe100.services.return_feed.tables import FeedTables, TableFault, pid_words

CLOCK_TOLERANCE_MS = 2000.0
"""Between PTS of one programme at two places; another clock is off by minutes or hours."""
MOST_NAMED = 6
SHORTEST_GAP_S = 1.0


def restamped(sent: SpliceInfoSection, came: SpliceInfoSection) -> str | None:
    """Differences of a section that says the same all the same; None when it says something else."""
    if not says_the_same(sent, came):
        return None
    return _listed(differences(sent, came)) or "written otherwise, with the same fields"


def altered(sent: SpliceInfoSection, came: SpliceInfoSection) -> str:
    """Differences of a section that another hop altered."""
    return f"the section was altered: {_listed(differences(sent, came))}"


def unreachable(tables: FeedTables, sent_pid: int) -> TableFault | None:
    """Fault by which receivers do not find a section that is there; a PMT not seen yet is no fault."""
    return tables.fault(sent_pid) if tables.pmts else None


def mistimed(sent_ms: float | None, came_ms: float) -> str | None:
    """Fault of the splice time at the far end, by the pre-roll at both ends; None when it is right.

    The first repeats may be lost on the way: what counts is that the splice is neither past nor further off.
    """
    if sent_ms is None or -CLOCK_TOLERANCE_MS <= came_ms <= sent_ms + CLOCK_TOLERANCE_MS:
        return None
    return (
        f"its splice lies {_far(came_ms)} there, and lay {_far(sent_ms)} on our output: "
        "the picture's PTS and the cue were not moved together on the way"
    )


def absent(log: FeedLog, receipt: ReturnReceipt, sent_pid: int, other_sections: int) -> dict[str, object]:
    """The verdict on a cue that did not come back in its window."""
    since, until = receipt.left_at, receipt.ends_at
    there_s = log.was_there_s(since, until)
    if there_s == 0:
        return _verdict(ReturnState.UNKNOWN, ReturnCause.FEED_ABSENT, "the return feed was not there")
    fault = log.fault_within(since, until, sent_pid) or log.tables.fault(sent_pid)
    if log.kind and fault is not None:
        told = f"{log.other_tags} tags of other cues were" if log.other_tags else "none of any cue was"
        carried = f", and {fault.words}" if log.tables.pmts else ""
        words = f"no tag of it in the {log.kind} within {until - since:.0f} s: {told} there{carried}"
        cause = fault.cause if log.tables.pmts else ReturnCause.NOT_SEEN
        return _verdict(ReturnState.MISSING, cause, words)
    if fault is not None:
        return _verdict(ReturnState.MISSING, fault.cause, fault.words)
    away_s = until - since - there_s
    if away_s >= SHORTEST_GAP_S:
        words = f"the return feed was away for {away_s:.0f} of the {until - since:.0f} s it was looked for"
        return _verdict(ReturnState.UNKNOWN, ReturnCause.FEED_ABSENT, words)
    pids = ", ".join(pid_words(pid) for pid in log.tables.cue_pids)
    ours = "" if sent_pid in log.tables.cue_pids else f" (ours left on {pid_words(sent_pid)})"
    among = f"{other_sections} other sections were" if other_sections else "nothing was"
    words = f"not seen within {until - since:.0f} s: {among} on PID {pids}{ours}, which the PMT names rightly"
    return _verdict(ReturnState.MISSING, ReturnCause.NOT_SEEN, words)


def _verdict(state: ReturnState, cause: ReturnCause, words: str) -> dict[str, object]:
    return {"state": state, "cause": cause, "reason": words}


def _listed(found: tuple[Difference, ...]) -> str:
    shown = "; ".join(str(one) for one in found[:MOST_NAMED])
    more = len(found) - MOST_NAMED
    return f"{shown}; and {more} more" if more > 0 else shown


def _far(milliseconds: float) -> str:
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s ahead" if seconds >= 0 else f"{-seconds:.1f} s in the past"
