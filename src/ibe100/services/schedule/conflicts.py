"""Conflicts: planned breaks that cannot be aired as they are planned. A pure function of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ibe100.models.cues.schedule import BreakState, Every, Finding, ReturnPolicy, ScheduledBreak
from ibe100.models.stream_config import Scte35Options
from ibe100.services.cues.readiness import send_lead_s
from ibe100.utils.timecode import format_utc

TICK_S = 1.0
"""Time between two looks at a break that is near."""
KNOWN_AFTER_S = 3.0
"""After its splice it may take so long until a break is known to be on air, and can be returned from."""
HORIZON_S = 86_400.0
MOST_OF_A_SERIES = 1500
MOST_OF_A_STREAM = 50_000
"""Occurrences that are compared; thousands of series of a break a minute have millions."""


@dataclass(frozen=True, slots=True)
class _Span:
    start: float
    end: float
    owner: ScheduledBreak
    """The break, or the series it is one of."""


def conflicts(
    breaks: Sequence[ScheduledBreak],
    streams: Mapping[str, Scte35Options],
    now: float,
    horizon_s: float = HORIZON_S,
) -> tuple[Finding, ...]:
    """Findings from `now` to the horizon, by their time; two that meet more than once are named once."""
    wanted = [one for one in breaks if one.enabled and one.state in (BreakState.PLANNED, BreakState.ARMED)]
    findings: list[Finding] = []
    by_stream: dict[str, list[ScheduledBreak]] = {}
    for one in wanted:
        by_stream.setdefault(one.stream_id, []).append(one)
    for stream_id, of_stream in by_stream.items():
        options = streams.get(stream_id)
        if options is None:
            ids = tuple(one.break_id for one in of_stream)
            text = "their stream is not in the list: they will be skipped"
            findings.append(Finding(stream_id=stream_id, break_ids=ids, at=now, text=text))
            continue
        found = list(islice(_spans(of_stream, now, now + horizon_s), MOST_OF_A_STREAM + 1))
        spans = sorted(found[:MOST_OF_A_STREAM], key=lambda span: (span.start, span.end))
        if len(found) > MOST_OF_A_STREAM:
            text = f"more than {MOST_OF_A_STREAM} breaks within a day: not all of them are compared"
            findings.append(Finding(stream_id=stream_id, break_ids=(), at=now, text=text))
        findings += _of_neighbours(spans, options)
        findings += _of_each(spans, options)
    return tuple(sorted(findings, key=lambda finding: finding.at))


def _spans(breaks: Iterable[ScheduledBreak], first: float, end: float) -> Iterable[_Span]:
    breaks = tuple(breaks)
    series = {one.break_id: one for one in breaks if one.is_series}
    made = {(one.series_id, one.planned_at) for one in breaks if one.series_id is not None}
    for one in breaks:
        if isinstance(one.when, Every):
            begin = max(first, one.planned_at or first)
            for start in one.when.between(begin, end, MOST_OF_A_SERIES):
                if (one.break_id, start) not in made:
                    yield _Span(start, start + one.duration_s, one)
        elif one.planned_at is not None and one.planned_at < end and one.planned_at + one.duration_s > first:
            owner = series.get(one.series_id or 0, one)
            yield _Span(one.planned_at, one.planned_at + one.duration_s, owner)


def _of_neighbours(spans: Sequence[_Span], options: Scte35Options) -> Iterable[Finding]:
    told: set[tuple[int, int]] = set()
    gap_s = send_lead_s(options) + TICK_S
    running: _Span | None = None
    for span in spans:
        if running is not None and span.start < running.end + gap_s:
            pair = (running.owner.break_id, span.owner.break_id)
            if pair not in told and pair[::-1] not in told:
                told.add(pair)
                yield _meeting(running, span, gap_s)
        if running is None or span.end > running.end:
            running = span


def _meeting(first: _Span, second: _Span, gap_s: float) -> Finding:
    names = f"{first.owner.title} ({format_utc(first.start)}, {first.owner.duration_s:g} s)"
    other = f"{second.owner.title} ({format_utc(second.start)})"
    if second.start < first.end:
        text = f"{other} begins while {names} is on air: move or shorten one of them"
    else:
        left_s = second.start - first.end
        text = (
            f"{other} begins {left_s:g} s after {names} ends, and a cue takes {gap_s:g} s to get ready: "
            "move it or shorten the first"
        )
    ids = tuple(dict.fromkeys((first.owner.break_id, second.owner.break_id)))
    return Finding(stream_id=first.owner.stream_id, break_ids=ids, at=second.start, text=text)


def _of_each(spans: Sequence[_Span], options: Scte35Options) -> Iterable[Finding]:
    told: set[int] = set()
    for span in spans:
        one = span.owner
        if one.break_id in told:
            continue
        told.add(one.break_id)
        for text in _faults(one, options):
            yield Finding(stream_id=one.stream_id, break_ids=(one.break_id,), at=span.start, text=text)


def _faults(one: ScheduledBreak, options: Scte35Options) -> Iterable[str]:
    start_delay_s = options.start_delay_ms / 1000
    if one.pre_roll_s is not None and one.pre_roll_s > start_delay_s:
        yield (
            f"{one.title} asks for {one.pre_roll_s:g} s of pre-roll and its stream gives "
            f"{start_delay_s:g} s: raise start_delay_ms of the stream"
        )
    if one.returns is ReturnPolicy.AUTO and not options.auto_return:
        yield (
            f"{one.title} is to return by itself and its stream has auto_return off: "
            "let it end by a BACK TO PROGRAMME cue"
        )
    least_s = send_lead_s(options) + KNOWN_AFTER_S
    if one.returns is ReturnPolicy.BACK_CUE and one.duration_s < least_s:
        yield (
            f"{one.title} lasts {one.duration_s:g} s, and a BACK TO PROGRAMME cue needs {least_s:g} s "
            "from its splice: let it return by itself"
        )
