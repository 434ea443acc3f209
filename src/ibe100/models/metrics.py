"""Measurements over time: kinds of series, samples, curves read back, changes of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple

from ibe100.models.base import Value

MACHINE = ""
"""The stream_id of what concerns the whole machine or the console itself."""


class Subject(Enum):
    """Meaning of the number of a series."""

    STREAM = "stream"
    PID = "PID"
    SERVICE = "service"
    TYPE = "type"
    CHECK = "check"
    EDGE = "edge"


class Kind(Enum):
    """A kind of series: code on disk, name, title, unit, quantum, what its number stands for, does it count.

    A code is never given to another kind: what is on record is read by it. Values are kept as multiples of
    the quantum. A kind that counts has events per sample: they are added up over time, others averaged.
    """

    BITRATE = (1, "bitrate", "Output", "b/s", 100.0, Subject.STREAM)
    NULL_BITRATE = (2, "null_bitrate", "Null packets", "b/s", 100.0, Subject.STREAM)
    SERVICE_BITRATE = (3, "service_bitrate", "Service", "b/s", 100.0, Subject.SERVICE)
    TYPE_BITRATE = (4, "type_bitrate", "Type", "b/s", 100.0, Subject.TYPE)
    PID_BITRATE = (5, "pid_bitrate", "PID", "b/s", 100.0, Subject.PID)
    TR_101_290 = (6, "tr_101_290", "TR 101 290", "errors", 1.0, Subject.CHECK, True)
    CONTINUITY_ERRORS = (7, "continuity_errors", "Continuity errors", "errors", 1.0, Subject.PID, True)
    PCR_INTERVAL = (8, "pcr_interval", "Mean PCR interval", "ms", 0.01, Subject.PID)
    PTS_INTERVAL = (9, "pts_interval", "Mean PTS interval", "ms", 0.01, Subject.PID)
    PTS_MINUS_PCR = (10, "pts_minus_pcr", "PTS − PCR", "ms", 0.1, Subject.STREAM)
    PCR_OFFSET = (11, "pcr_offset", "PCR against this machine's clock", "ms", 0.1, Subject.STREAM)
    PCR_LONGEST = (12, "pcr_longest", "Longest PCR interval", "ms", 0.01, Subject.PID)
    PCR_JITTER = (13, "pcr_jitter", "Peak PCR jitter", "µs", 0.1, Subject.PID)
    SRT_RTT = (20, "srt_rtt", "SRT round trip", "ms", 0.01, Subject.EDGE)
    SRT_LOST = (21, "srt_lost", "SRT packets lost", "packets", 1.0, Subject.EDGE, True)
    SRT_SENT_AGAIN = (
        22,
        "srt_sent_again",
        "SRT packets sent again",
        "packets",
        1.0,
        Subject.EDGE,
        True,
    )
    SRT_DROPPED = (23, "srt_dropped", "SRT packets too late", "packets", 1.0, Subject.EDGE, True)
    SRT_BUFFER = (24, "srt_buffer", "SRT buffer", "ms", 0.1, Subject.EDGE)
    SRT_BITRATE = (25, "srt_bitrate", "SRT bitrate", "b/s", 100.0, Subject.EDGE)
    PROCESS_CPU = (30, "process_cpu", "CPU of the stream's processes", "% of a core", 0.1, Subject.STREAM)
    PROCESS_MEMORY = (31, "process_memory", "Memory of the stream's processes", "MB", 0.1, Subject.STREAM)
    MACHINE_CPU = (32, "machine_cpu", "CPU of the machine", "%", 0.1, Subject.STREAM)
    MACHINE_MEMORY = (33, "machine_memory", "Memory in use", "%", 0.1, Subject.STREAM)
    DISK_FREE = (34, "disk_free", "Disk free", "MB", 1.0, Subject.STREAM)
    NETWORK_IN = (35, "network_in", "Network in", "b/s", 1000.0, Subject.STREAM)
    NETWORK_OUT = (36, "network_out", "Network out", "b/s", 1000.0, Subject.STREAM)
    CLOCK_OFFSET = (37, "clock_offset", "Clock offset", "ms", 0.1, Subject.STREAM)
    LOOP_LAG = (40, "loop_lag", "Lag of the console's loop", "ms", 0.1, Subject.STREAM)
    QUEUE_DEPTH = (41, "queue_depth", "Messages that wait", "messages", 1.0, Subject.STREAM)
    DROPPED_SAMPLES = (42, "dropped_samples", "Samples dropped", "samples", 1.0, Subject.STREAM, True)

    def __init__(
        self,
        code: int,
        label: str,
        title: str,
        unit: str,
        quantum: float,
        subject: Subject,
        counts: bool = False,
    ) -> None:
        self.code = code
        self.label = label
        self.title = title
        self.unit = unit
        self.quantum = quantum
        self.subject = subject
        self.counts = counts


KIND_OF_CODE: Mapping[int, Kind] = {kind.code: kind for kind in Kind}

TYPES = ("video", "audio", "subtitles", "data", "psi", "stuffing", "undefined")
"""The subjects of TYPE_BITRATE, by their place; new ones are added at the end."""
EDGES = ("input", "output")
"""The subjects of SRT series, by their place."""
CHECKS = (
    "ts_sync_loss",
    "sync_byte_error",
    "pat_error",
    "pat_error_2",
    "continuity_count_error",
    "pmt_error",
    "pmt_error_2",
    "pid_error",
    "transport_error",
    "crc_error",
    "crc_error_2",
    "pcr_error",
    "pcr_repetition_error",
    "pcr_discontinuity_indicator_error",
    "pcr_accuracy_error",
    "pts_error",
    "cat_error",
    "nit_error",
    "nit_actual_error",
    "nit_other_error",
    "si_repetition_error",
    "buffer_error",
    "unreferenced_pid",
    "si_pid_error",
    "sdt_error",
    "sdt_actual_error",
    "sdt_other_error",
    "eit_error",
    "eit_actual_error",
    "eit_other_error",
    "eit_pf_error",
    "rst_error",
    "tdt_error",
    "empty_buffer_error",
    "data_delay_error",
)
"""The subjects of TR_101_290 as tsp names them, by their place; new ones are added at the end."""
_NAMED = {Subject.TYPE: TYPES, Subject.EDGE: EDGES, Subject.CHECK: CHECKS}


class Series(NamedTuple):
    """A quantity measured on a stream; `subject` is a PID, a service_id, or a place in the tables above."""

    kind: Kind
    subject: int = 0

    @property
    def number(self) -> int:
        """Number in the store: code and subject in 32 bits."""
        return self.kind.code << 16 | self.subject

    @property
    def name(self) -> str:
        """`bitrate`, `pid_bitrate.0x0100`, `tr_101_290.pat_error`, …: for files and options."""
        if self.kind.subject is Subject.STREAM:
            return self.kind.label
        return f"{self.kind.label}.{self._subject_text()}"

    @property
    def title(self) -> str:
        """Title for the screen."""
        if self.kind.subject is Subject.STREAM:
            return self.kind.title
        if self.kind.subject is Subject.CHECK:
            return self._subject_text()
        return f"{self.kind.title} {self._subject_text()}"

    def _subject_text(self) -> str:
        names = _NAMED.get(self.kind.subject)
        if names is not None and self.subject < len(names):
            return names[self.subject]
        return f"0x{self.subject:04X}" if self.kind.subject is Subject.PID else str(self.subject)


def series_of_number(number: int) -> Series | None:
    """Series of a number in the store; None for a kind that this version does not know."""
    kind = KIND_OF_CODE.get(number >> 16)
    return None if kind is None else Series(kind, number & 0xFFFF)


def series_of_name(name: str) -> Series | None:
    """Series of a name; None for one that this version does not know."""
    label, _, subject = name.partition(".")
    kind = next((one for one in Kind if one.label == label), None)
    if kind is None or kind.subject is Subject.STREAM:
        return None if kind is None or subject else Series(kind)
    names = _NAMED.get(kind.subject, ())
    if subject in names:
        return Series(kind, names.index(subject))
    try:
        return Series(kind, int(subject, 0))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Curve:
    """A series over time, a point per `step_s`, from the first second of each step (UTC, epoch).

    `mean` is the sum of the events where the kind counts. NaN in all three where nothing was measured.
    """

    stream_id: str
    series: Series
    step_s: int
    at: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class ChangeKind(StrEnum):
    """Kinds of changes in a stream."""

    PAT = "PAT"
    PMT = "PMT"
    SERVICE = "SERVICE"
    PIDS = "PIDS"
    INPUT_CUE = "INPUT_CUE"


class StreamChange(Value):
    """The tables or the make-up of a stream changed."""

    stream_id: str
    at: float
    kind: ChangeKind
    text: str


@dataclass(frozen=True, slots=True)
class MetricsHealth:
    """State of the store of measurements."""

    recorded: int
    """Values taken so far."""
    dropped: int
    """Values that were not kept, for want of room or of time."""
    problem: str = ""
    """In words while nothing can be written; empty when all is well."""
