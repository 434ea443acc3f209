"""Tables that repeat, found for a whole block at once: most sections of many services bring nothing new."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.section_assembler import SectionAssembler

# Unit start, neither error nor scrambling nor adaptation field: the packets an assembler knows again.
_PLAIN_FIELDS: Final = 0xC0_00F0
_PLAIN_START: Final = 0x40_0010
_WORDS_OF_PAYLOAD: Final = 46
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
    told = [
        (pid, first, last + 1)
        for pid, first, last in zip(
            by_pid.pids.tolist(), by_pid.first.tolist(), by_pid.last.tolist(), strict=True
        )
        if pid in assemblers and assemblers[pid].repeated_payload
    ]
    if not told:
        return {}
    places = np.concatenate([np.arange(first, end) for _, first, end in told])
    counts = [end - first for _, first, end in told]
    payloads = b"".join(assemblers[pid].repeated_payload for pid, _, _ in told)
    due = np.frombuffer(payloads, np.uint32).reshape(-1, _WORDS_OF_PAYLOAD).repeat(counts, axis=0)
    rows, words = by_pid.rows[places], by_pid.words[places]
    broken = np.zeros(len(headers), np.bool_)
    broken[headers.counter_steps.places] = True
    alike = (headers.packets.view(np.uint32)[rows, 1:] == due).all(axis=1)
    alike &= (words & _PLAIN_FIELDS) == _PLAIN_START
    alike &= ~broken[places]
    found: dict[int, list[Stretch]] = {}
    end = 0
    for (pid, _, _), count in zip(told, counts, strict=True):
        start, end = end, end + count
        assembler = assemblers[pid]
        alike[start] &= assembler.is_next(int(words[start]))
        # A stretch begins where `alike` becomes True and ends before it becomes False again.
        edges = np.diff(alike[start:end], prepend=False, append=False).nonzero()[0].tolist()
        mine: list[int] = rows[start:end].tolist()
        found[pid] = [
            Stretch(assembler, mine[begin - 1] if begin else None, mine[begin:stop])
            for begin, stop in zip(edges[::2], edges[1::2], strict=True)
        ]
    return found


def skip_repeated(headers: PacketHeaders, rows: list[int], assembler: SectionAssembler) -> int:
    """Count the first of some rows of a PID which bring what the assembler had last, and skip them there.

    Few rows are not skipped: they are as soon read.
    """
    payload = assembler.repeated_payload
    if len(rows) < _MANY_ROWS or not payload:
        return 0
    words = headers.words[rows]
    alike = (headers.packets[rows, 4:] == np.frombuffer(payload, np.uint8)).all(axis=1)
    alike &= ((words & _PLAIN_FIELDS) == _PLAIN_START) & assembler.knows(words)
    count = len(rows) if alike.all() else int(alike.argmin())
    if count:
        assembler.skip(int(words[count - 1]))
    return count


def new_rows(headers: PacketHeaders, rows: list[int], assembler: SectionAssembler) -> Iterator[int]:
    """Rows of a PID whose packets the assembler has to be fed one by one; it skips repeated ones."""
    at = skips = 0
    while at < len(rows):
        if skips < MOST_SKIPS:
            at += skip_repeated(headers, rows[at:], assembler)
            skips += 1
        if at < len(rows):
            yield rows[at]
            at += 1
