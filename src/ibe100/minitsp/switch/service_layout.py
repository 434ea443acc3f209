"""Services of several inputs brought to one layout: that of the first input that was on air. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from ibe100.mpegts.constants import NULL_PID
from ibe100.mpegts.elementary.codings import StreamKind, codec_of
from ibe100.mpegts.psi import Pat, Pmt, PmtStream

_VERSIONS = 32
_LANGUAGE_TAG = 0x0A
Table = TypeVar("Table", Pat, Pmt)


@dataclass(frozen=True, slots=True)
class ServiceLayout:
    """The service of an input: its PAT, its PMT, and the PID of that."""

    pat: Pat
    pmt: Pmt
    pmt_pid: int


@dataclass(frozen=True, slots=True)
class ServiceMap:
    """Changes that bring an input to the layout: new PIDs by old ones, what is left out, and the tables."""

    pids: Mapping[int, int]
    dropped: frozenset[int]
    pat: Pat
    pmt: Pmt


def service_of(pat: Pat, wanted: int | None) -> tuple[int, int] | None:
    """program_number and PMT PID of the wanted service, else of the first; None where there is none."""
    return next((one for one in pat.programs if one[0] == wanted), pat.programs[0] if pat.programs else None)


def map_service(own: ServiceLayout, reference: ServiceLayout) -> ServiceMap | None:
    """Bring `own` to the layout of `reference`; None where it has that already.

    Components are matched by kind and order, sound by its language first. One without a match keeps its PID,
    or gets a free one where that is needed. Tables that differ from the reference's have the next version.
    """
    matched = _matched(own.pmt, reference.pmt)
    pids = {own.pmt_pid: reference.pmt_pid, **{one.pid: other.pid for one, other in matched.items()}}
    taken = set(pids.values())
    known = {stream.pid for stream in own.pmt.streams} | {pid for _, pid in own.pat.programs}
    free = (pid for pid in range(NULL_PID - 1, 0, -1) if pid not in taken | known | {own.pmt.pcr_pid})
    for stream in own.pmt.streams:
        if stream.pid in taken and stream.pid not in pids:
            pids[stream.pid] = next(free)
    components = {stream.pid for stream in own.pmt.streams}
    if own.pmt.pcr_pid not in components | {NULL_PID}:
        if reference.pmt.pcr_pid not in taken | {NULL_PID}:
            pids[own.pmt.pcr_pid] = reference.pmt.pcr_pid
        elif own.pmt.pcr_pid in taken:
            pids[own.pmt.pcr_pid] = next(free)
    dropped = frozenset((known | taken) - pids.keys()) & frozenset(pids.values())
    pmt = replace(
        own.pmt,
        program_number=reference.pmt.program_number,
        pcr_pid=pids.get(own.pmt.pcr_pid, own.pmt.pcr_pid),
        streams=tuple(replace(one, pid=pids.get(one.pid, one.pid)) for one in own.pmt.streams),
        version=reference.pmt.version,
    )
    ours = reference.pmt.program_number, reference.pmt_pid
    programs = (ours, *_other_programs(own, dropped, ours[0]))
    pat = replace(own.pat, programs=programs, transport_stream_id=reference.pat.transport_stream_id)
    pat = replace(pat, version=reference.pat.version, section_number=0, last_section_number=0)
    changes = {old: new for old, new in pids.items() if old != new}
    if not changes and not dropped and own.pmt == pmt and own.pat == pat:
        return None
    return ServiceMap(changes, dropped, _next_version(pat, reference.pat), _next_version(pmt, reference.pmt))


def _next_version(table: Table, before: Table) -> Table:
    return table if table == before else replace(table, version=(before.version + 1) % _VERSIONS)


def _other_programs(own: ServiceLayout, dropped: frozenset[int], number: int) -> list[tuple[int, int]]:
    return [
        (program, pid)
        for program, pid in own.pat.programs
        if program not in (own.pmt.program_number, number) and pid not in dropped
    ]


def _matched(own: Pmt, reference: Pmt) -> dict[PmtStream, PmtStream]:
    """A component of the reference for each of `own` that has one."""
    left, matched = list(own.streams), dict[PmtStream, PmtStream]()
    for is_exact in (True, False):
        for target in reference.streams:
            wanted = _traits(target, reference)
            found = next((one for one in left if _fits(_traits(one, own), wanted, is_exact=is_exact)), None)
            if found is not None and target not in matched.values():
                left.remove(found)
                matched[found] = target
    return matched


def _fits(one: tuple[object, ...], target: tuple[object, ...], *, is_exact: bool) -> bool:
    return one == target if is_exact else one[0] == target[0]


def _traits(stream: PmtStream, pmt: Pmt) -> tuple[object, ...]:
    """What two components have to share, and what they had better share."""
    kind = codec_of(stream, pmt.descriptors).kind
    language = next((one.data[:3] for one in stream.descriptors if one.tag == _LANGUAGE_TAG), b"")
    kind_of_data = stream.stream_type if kind is StreamKind.DATA else 0
    return (kind, kind_of_data), language
