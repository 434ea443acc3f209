"""SCTE 35 among the streams of a PMT: stream_type 0x86 is DTS-HD's too (SCTE 35 clauses 8.1 and 8.3)."""

from collections.abc import Iterable
from enum import Enum, auto

from ibe100.mpegts.constants import CUEI, LANGUAGE_TAG, REGISTRATION_TAG, SPLICE_STREAM_TYPE
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.psi import PmtStream

CUE_IDENTIFIER_TAG = 0x8A
"""cue_identifier_descriptor (SCTE 35 clause 8.2)."""
_DTS_TAG = 0x7B
_SOUND = frozenset({b"DTS1", b"DTS2", b"DTS3", b"DTSH", b"HDMV"})
HDMV = b"HDMV"
"""format_identifier of Blu-ray, whose user private stream_types are its own."""


class Carried(Enum):
    """Contents of a PID, by its packets."""

    SPLICE_SECTIONS = auto()
    PES = auto()


class DoubtfulPids:
    """PIDs of stream_type 0x86 as the PMTs have them, and what their packets were seen to hold."""

    def __init__(self) -> None:
        self._streams: dict[int, frozenset[PmtStream]] = {}
        self._carried: dict[int, Carried] = {}

    def follow(self, streams: Iterable[PmtStream]) -> None:
        """Take the streams of all PMTs; what a PMT describes anew may hold something new."""
        before, self._streams = self._streams, {}
        for one in streams:
            if one.stream_type == SPLICE_STREAM_TYPE:
                self._streams[one.pid] = self._streams.get(one.pid, frozenset()) | {one}
        for pid in [pid for pid in self._carried if self._streams.get(pid) != before[pid]]:
            del self._carried[pid]

    def is_open(self, pid: int) -> bool:
        """True if the packets of the PID are still to tell."""
        return pid in self._streams and pid not in self._carried

    def settle(self, pid: int, carried: Carried) -> None:
        """Note what was seen."""
        self._carried[pid] = carried

    def carried(self, pid: int) -> Carried | None:
        """Contents seen on a PID; None while there are none."""
        return self._carried.get(pid)

    @property
    def without_pes(self) -> frozenset[int]:
        """PIDs on which sections may come."""
        return frozenset(self._streams) - self.with_pes

    @property
    def with_pes(self) -> frozenset[int]:
        """PIDs that hold PES packets: DTS-HD sound, or something unknown."""
        return self._with(Carried.PES)

    @property
    def with_sections(self) -> frozenset[int]:
        """PIDs on which sections of SCTE 35 came."""
        return self._with(Carried.SPLICE_SECTIONS)

    def _with(self, wanted: Carried) -> frozenset[int]:
        return frozenset(pid for pid, carried in self._carried.items() if carried is wanted)


def registrations(descriptors: tuple[Descriptor, ...]) -> frozenset[bytes]:
    """The format_identifiers of a descriptor loop."""
    return frozenset(data[:4] for tag, data in descriptors if tag == REGISTRATION_TAG)


def is_marked_for_cues(stream: PmtStream) -> bool:
    """True if the stream's own descriptors say SCTE 35, whatever its stream_type."""
    marked = any(tag == CUE_IDENTIFIER_TAG for tag, _ in stream.descriptors)
    return marked or CUEI in registrations(stream.descriptors)


def is_splice(
    stream: PmtStream, program_info: tuple[Descriptor, ...], carried: Carried | None = None
) -> bool:
    """True if the stream is SCTE 35 splice information.

    What its packets were seen to hold settles it; else its own descriptors, then those of the programme.
    Where nothing is said either way it is taken for SCTE 35: many multiplexers leave out the registration.
    """
    if stream.stream_type != SPLICE_STREAM_TYPE:
        return False
    if carried is not None:
        return carried is Carried.SPLICE_SECTIONS
    if is_marked_for_cues(stream):
        return True
    tags = {tag for tag, _ in stream.descriptors}
    if registrations(stream.descriptors) & _SOUND or _DTS_TAG in tags:
        return False
    programme = registrations(program_info)
    if CUEI in programme and HDMV not in programme:
        return True
    # A language is sound's: it tells the two apart where the programme has both.
    return LANGUAGE_TAG not in tags and (CUEI in programme or HDMV not in programme)
