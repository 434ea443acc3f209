"""Tables that repeat, found for a whole block at once: most sections of many services bring nothing new."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.section_assembler import SectionAssembler

_MANY_ROWS: Final = 16
MOST_SKIPS: Final = 4
"""Times that repeated sections are looked for in a block: where tables change all the time it is no gain."""


class Stretch(NamedTuple):
    """Packets of one PID in sequence, `rows` of the block, which bring what `assembler` had last.

    `after` is the row of the packet before them on the PID; they count on from that one. None where they are
    the first of the block, which then count on from what the assembler had last.
    """

    assembler: SectionAssembler
    after: int | None
    rows: list[int]


def repeated_sections(
    headers: PacketHeaders, assemblers: Mapping[int, SectionAssembler]
) -> dict[int, list[Stretch]]:
    """Stretches in which the assemblers' PIDs repeat sections, by PID; the assemblers are not changed."""
    by_pid = headers.by_pid
    broken = headers.counter_steps.places
    found: dict[int, list[Stretch]] = {}
    for place, pid in enumerate(by_pid.pids.tolist()):
        assembler = assemblers.get(pid)
        if assembler is None or not assembler.repeated_payload:
            continue
        first, end = int(by_pid.first[place]), int(by_pid.last[place]) + 1
        # Between False at both ends: a stretch begins where it becomes True, and ends where it does not stay.
        alike = np.zeros(end - first + 2, np.bool_)
        alike[1:-1] = headers.repeats(place, assembler.repeated_payload)
        alike[1] &= assembler.is_next(int(by_pid.words[first]))
        alike[broken[slice(*broken.searchsorted((first, end)))] - (first - 1)] = False
        edges = (alike[1:] != alike[:-1]).nonzero()[0].tolist()
        mine: list[int] = by_pid.rows[first:end].tolist()
        found[pid] = [
            Stretch(assembler, mine[begin - 1] if begin else None, mine[begin:stop])
            for begin, stop in zip(edges[::2], edges[1::2], strict=True)
        ]
    return found


def skip_repeated(headers: PacketHeaders, pid: int, at: int, assembler: SectionAssembler) -> int:
    """Count the packets of a PID, from its `at`-th on, that bring what the assembler had last, and skip them.

    Few packets are not skipped: they are as soon read.
    """
    payload = assembler.repeated_payload
    if len(headers.rows_of(pid)) - at < _MANY_ROWS or not payload:
        return 0
    by_pid = headers.by_pid
    place = int(by_pid.pids.searchsorted(pid))
    words = by_pid.words[by_pid.first[place] + at : by_pid.last[place] + 1]
    alike = headers.repeats(place, payload)[at:] & assembler.knows(words)
    count = len(words) if alike.all() else int(alike.argmin())
    if count:
        assembler.skip(int(words[count - 1]))
    return count


def new_rows(headers: PacketHeaders, pid: int, assembler: SectionAssembler) -> Iterator[int]:
    """Rows of a PID whose packets the assembler has to be fed one by one; it skips repeated ones."""
    rows = headers.rows_of(pid)
    at = skips = 0
    while at < len(rows):
        if skips < MOST_SKIPS:
            at += skip_repeated(headers, pid, at, assembler)
            skips += 1
        if at < len(rows):
            yield rows[at]
            at += 1
