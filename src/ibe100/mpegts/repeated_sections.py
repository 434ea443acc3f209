"""Tables that repeat, told for a whole block at once: most of what many services say is no news."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.section_assembler import SectionAssembler

# Unit start, neither error nor scrambling nor adaptation field: the packets an assembler knows again.
_PLAIN_FIELDS: Final = 0xC0_00F0
_PLAIN_START: Final = 0x40_0010
_WORDS_OF_PAYLOAD: Final = 46


class Repeated(NamedTuple):
    """Packets of one PID, all of which bring the same sections once more."""

    pid: int
    rows: list[int]
    assembler: SectionAssembler


def repeated_sections(headers: PacketHeaders, assemblers: Mapping[int, SectionAssembler]) -> list[Repeated]:
    """The PIDs on which the block holds nothing but what their assemblers had last.

    `assemblers` by PID are those to ask. They are left as they were: call `repeat` for what is taken.
    """
    by_pid, places = headers.by_pid, headers.counter_steps.places
    unbroken = places.searchsorted(by_pid.first) == places.searchsorted(by_pid.last, "right")
    found: list[Repeated] = []
    spans: list[tuple[int, int]] = []
    payloads: list[bytes] = []
    for kind in unbroken.nonzero()[0].tolist():
        pid, first, last = int(by_pid.pids[kind]), int(by_pid.first[kind]), int(by_pid.last[kind])
        assembler = assemblers.get(pid)
        payload = None if assembler is None else assembler.payload_due(int(by_pid.words[first]))
        if assembler is not None and payload is not None:
            found.append(Repeated(pid, by_pid.rows[first : last + 1].tolist(), assembler))
            spans.append((first, last + 1))
            payloads.append(payload)
    if not found:
        return []
    rows = np.concatenate([by_pid.rows[first:end] for first, end in spans])
    words = np.concatenate([by_pid.words[first:end] for first, end in spans])
    counts = [end - first for first, end in spans]
    due = np.frombuffer(b"".join(payloads), np.uint32).reshape(-1, _WORDS_OF_PAYLOAD).repeat(counts, axis=0)
    alike = (headers.packets.view(np.uint32)[rows, 1:] == due).all(axis=1)
    alike &= (words & _PLAIN_FIELDS) == _PLAIN_START
    begins = np.cumsum([0, *counts[:-1]])
    whole: list[bool] = np.logical_and.reduceat(alike, begins).tolist()
    return [one for one, repeats in zip(found, whole, strict=True) if repeats]
