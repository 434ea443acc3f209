"""Tables of a return feed: is there a cue PID, and would a receiver find it?"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from ibe100.models.cues.return_receipt import ReturnCause
from ibe100.mpegts.constants import PAT_TABLE_ID, PMT_TABLE_ID, SPLICE_STREAM_TYPE
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.elementary.splice_streams import Carried, is_marked_for_cues, is_splice
from ibe100.mpegts.psi import Pat, Pmt, PmtStream

STREAM_TYPES = {
    0x05: "private sections",
    0x06: "PES private data",
    0x0D: "DSM-CC sections",
    0x15: "metadata in PES",
}


@dataclass(frozen=True, slots=True)
class TableFault:
    """A fault by which no receiver can find cues in the feed."""

    cause: ReturnCause
    words: str


@dataclass(frozen=True, slots=True)
class FeedTables:
    """PAT and PMTs as the feed has them now.

    `with_cues`: PIDs on which sections of SCTE 35 came, whatever the PMTs seem to say of them.
    """

    pmts: tuple[Pmt, ...] = ()
    with_cues: frozenset[int] = frozenset()

    @property
    def cue_pids(self) -> tuple[int, ...]:
        """PIDs of SCTE 35, told from DTS-HD by what came on them, else by the PMTs."""
        return tuple(sorted({one.pid for pmt in self.pmts for one in self._splice_streams(pmt)}))

    def fault(self, sent_pid: int) -> TableFault | None:
        """Fault for a cue that left us on `sent_pid`; None when a receiver finds its PID."""
        if not self.pmts:
            return TableFault(ReturnCause.NO_TABLES, "no PMT is seen there")
        carrying = [pmt for pmt in self.pmts if self._splice_streams(pmt)]
        if carrying:
            if any(self._has_cuei(pmt) for pmt in carrying):
                return None
            pids = ", ".join(pid_words(pid) for pid in self.cue_pids)
            words = f"PID {pids} is in the PMT, but the registration CUEI is gone from it"
            return TableFault(ReturnCause.CUEI_GONE, words)
        retyped = self._retyped(sent_pid)
        if retyped is not None:
            moved = "" if retyped.pid == sent_pid else f" (ours was {pid_words(sent_pid)})"
            has = f"has stream_type 0x{retyped.stream_type:02X}"
            if retyped.stream_type == SPLICE_STREAM_TYPE:
                words = f"PID {pid_words(retyped.pid)}{moved} {has}, but the PMT describes it as DTS-HD sound"
            else:
                kind = STREAM_TYPES.get(retyped.stream_type, "another kind of stream")
                words = f"PID {pid_words(retyped.pid)}{moved} {has} ({kind}) in the PMT instead of 0x86"
            return TableFault(ReturnCause.STREAM_TYPE_CHANGED, words)
        words = f"the cue PID is gone from the PMT: no SCTE 35 stream; ours left on {pid_words(sent_pid)}"
        return TableFault(ReturnCause.PID_GONE, words)

    def _retyped(self, sent_pid: int) -> PmtStream | None:
        streams = [one for pmt in self.pmts for one in pmt.streams]
        marked = (one for one in streams if is_marked_for_cues(one))
        return next(marked, None) or next((one for one in streams if one.pid == sent_pid), None)

    def _splice_streams(self, pmt: Pmt) -> list[PmtStream]:
        return [
            one
            for one in pmt.streams
            if is_splice(one, pmt.descriptors, Carried.SPLICE_SECTIONS if one.pid in self.with_cues else None)
        ]

    def _has_cuei(self, pmt: Pmt) -> bool:
        """In program_info, or, as some multiplexers have it, beside the component."""
        return pmt.carries_cuei() or any(map(is_marked_for_cues, self._splice_streams(pmt)))


def read_tables(sections: Iterable[str]) -> FeedTables:
    """Read the newest sections (base64): the PMTs that the PAT names, or all while there is no PAT."""
    programs: set[int] | None = None
    pmts: dict[int, Pmt] = {}
    for text in sections:
        try:
            section = base64.b64decode(text, validate=True)
            if section[0] == PAT_TABLE_ID and (pat := Pat.parse(section)).current:
                programs = (programs or set()) | {number for number, _ in pat.programs}
            elif section[0] == PMT_TABLE_ID and (pmt := Pmt.parse(section)).current:
                pmts[pmt.program_number] = pmt
        except (PsiError, binascii.Error, IndexError):
            continue  # a table that is damaged on its way says nothing of the cue PID
    named = (pmt for number, pmt in sorted(pmts.items()) if programs is None or number in programs)
    return FeedTables(tuple(named))


def pid_words(pid: int) -> str:
    """`0x01F4 (500)`."""
    return f"0x{pid:04X} ({pid})"
