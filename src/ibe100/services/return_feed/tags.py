"""Cues that come back as tags of a playlist, of a manifest, or as event messages: what they say of ours."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ibe100.models.cues.return_receipt import ReturnCause, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import Cue, Direction
from ibe100.mpegts.timestamps import PTS_HZ, pts_difference
from ibe100.scte35.comparison import is_of_one_event
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.splices import event_pts
from ibe100.scte35.values import SpliceInfoSection
from ibe100.services.return_feed.diagnosis import altered, restamped
from ibe100.services.streams.runner_facts import CueTagged

MOST_OFF_S = 2.5
"""A packager that cuts where a GOP begins is so far off; a tag further off leads ad decisions astray."""
REBASED_S = 20.0
"""PTS that are further apart are of two clocks: a packager has begun its own."""
SAME_LENGTH_S = 0.1


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, and the section that it carries; None where it carries none that can be read."""

    said: CueTagged
    section: SpliceInfoSection | None

    @classmethod
    def of(cls, said: CueTagged) -> Tag:
        """A tag with its section decoded."""
        try:
            return cls(said, decode(base64.b64decode(said.section_base64)) if said.section_base64 else None)
        except SpliceDecodeError:
            return cls(said, None)

    def is_of(self, cue: Cue, section: SpliceInfoSection) -> bool:
        """True if it may tell of this cue: by its event, or where it names none by its direction."""
        if self.section is not None:
            return self.said.section_base64 == cue.section_base64 or is_of_one_event(section, self.section)
        return self.said.out is not None and cue.direction is _DIRECTIONS[self.said.out]

    def off_s(self, cue: Cue) -> float | None:
        """Seconds from the splice to the tag's place, by the PTS; None where they are of two clocks."""
        splice_pts = event_pts(self.section) if self.section is not None else cue.pts_time
        if splice_pts is None or self.said.pts is None:
            return None
        off_s = pts_difference(self.said.pts, splice_pts) / PTS_HZ
        return off_s if abs(off_s) < REBASED_S else None


_DIRECTIONS = {True: Direction.OUT, False: Direction.IN}


def judged(tag: Tag, cue: Cue, section: SpliceInfoSection, receipt: ReturnReceipt) -> dict[str, object]:
    """Changes of a receipt whose cue a tag told of."""
    off_s = tag.off_s(cue)
    words = f"as {tag.said.form}" + ("" if off_s is None else f", {abs(off_s):.2f} s off")
    changes: dict[str, object] = {
        "seen": max(receipt.seen + 1, receipt.expected),
        "state": ReturnState.RESTAMPED,
        "cause": ReturnCause.NONE,
        "reason": words,
    }
    if not receipt.seen:
        changes |= {"seen_at": tag.said.at, "seen_base64": tag.said.section_base64}
    if tag.section is not None and tag.said.section_base64 != cue.section_base64:
        differing = restamped(section, tag.section)
        if differing is None:
            return changes | _fault(ReturnCause.SECTION_ALTERED, f"{words}: {altered(section, tag.section)}")
        changes["reason"] = f"{words}; {differing}"
    elif tag.section is not None:
        changes["state"] = ReturnState.SEEN
    if (other := _other_length(tag, cue)) is not None:
        return changes | _fault(ReturnCause.SECTION_ALTERED, f"{words}: {other}")
    if off_s is not None and abs(off_s) > MOST_OFF_S:
        side = "after" if off_s > 0 else "before"
        far = f"as {tag.said.form}, which stands {abs(off_s):.2f} s {side} its splice"
        return changes | _fault(ReturnCause.MISTIMED, far)
    return changes


def _other_length(tag: Tag, cue: Cue) -> str | None:
    """Words where the tag announces another duration than the cue did."""
    told, sent = tag.said.duration_s, cue.duration_s
    if not tag.said.out or told is None or sent is None or abs(told - sent) <= SAME_LENGTH_S:
        return None
    return f"duration {sent:g} s → {told:g} s"


def _fault(cause: ReturnCause, words: str) -> dict[str, object]:
    return {"state": ReturnState.FAULTY, "cause": cause, "reason": words}
