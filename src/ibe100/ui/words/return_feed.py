"""Return feed as text for the screen."""

from __future__ import annotations

import base64
import binascii

from ibe100.models.cues.return_receipt import FeedState, ReturnFeedView, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import Cue
from ibe100.scte35.comparison import differences
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.values import SpliceInfoSection
from ibe100.ui.themes.tokens import Colour
from ibe100.utils.units import UNKNOWN, format_pid

MARKS: dict[ReturnState, tuple[str, Colour]] = {
    ReturnState.WAITING: ("timer-sand", Colour.TEXT_MUTED),
    ReturnState.SEEN: ("check-all", Colour.TEXT),
    ReturnState.RESTAMPED: ("check-all", Colour.TEXT),
    ReturnState.FAULTY: ("alert", Colour.ALARM_YELLOW_TEXT),
    ReturnState.MISSING: ("alert", Colour.ALARM_YELLOW_TEXT),
    ReturnState.UNKNOWN: ("help-circle-outline", Colour.TEXT_SECOND),
}


def feed_words(feed: ReturnFeedView | None) -> tuple[str, str]:
    """Line about the feed itself, and its kind of label; empty where none is watched."""
    if feed is None:
        return "", "muted"
    match feed.state:
        case FeedState.STARTING:
            return "Return feed: waiting for it", "muted"
        case FeedState.LOST | FeedState.ENDED:
            return f"▲ Return feed lost: {feed.reason}", "problem"
    if feed.fault:
        return f"▲ Return feed: {feed.fault}", "problem"
    pids = ", ".join(format_pid(pid) for pid in feed.cue_pids)
    carried = f", cues on PID {pids}" if pids else ""
    told = f", cues told by {feed.told_by}" if feed.told_by else ""
    behind = "" if feed.latency_s is None else f", {feed.latency_s:.0f} s behind"
    return f"Return feed: watched{carried}{told}{behind}", "muted"


def short_return(receipt: ReturnReceipt | None) -> str:
    """Receipt for a card or a table: `back 3/3 +31.2 s`, or what is wrong."""
    if receipt is None:
        return ""
    match receipt.state:
        case ReturnState.WAITING:
            return "not back yet"
        case ReturnState.SEEN | ReturnState.RESTAMPED:
            return f"back {receipt.seen}/{receipt.expected} {receipt.delay_s or 0:+.1f} s"
        case ReturnState.UNKNOWN:
            return "return feed not known"
        case ReturnState.FAULTY:
            return f"▲ {receipt.cause}"
        case _:
            return f"▲ not back: {receipt.cause}"


def return_life(cue: Cue, receipt: ReturnReceipt) -> str:
    """Receipt in full: verdict, PID, pre-roll, and the fields that differ."""
    lines = [f"RETURN FEED: {receipt.state}", receipt.words]
    if receipt.splice_pid is not None:
        lines.append(f"came back on PID {format_pid(receipt.splice_pid)}")
    if receipt.pre_roll_ms is not None:
        ours = "" if cue.pre_roll_ms is None else f", {cue.pre_roll_ms / 1000:.2f} s on our output"
        lines.append(f"pre-roll there {receipt.pre_roll_ms / 1000:.2f} s{ours}")
    if receipt.seen_base64 and receipt.seen_base64 != cue.section_base64:
        sent, came = _section(cue.section_base64), _section(receipt.seen_base64)
        if sent is not None and came is not None:
            found = differences(sent, came)
            lines += [f"  {one.name:<36}  {one.sent or UNKNOWN} → {one.came or UNKNOWN}" for one in found]
    return "\n".join(lines)


def _section(section_base64: str) -> SpliceInfoSection | None:
    try:
        return decode(base64.b64decode(section_base64, validate=True))
    except (SpliceDecodeError, binascii.Error):
        return None
