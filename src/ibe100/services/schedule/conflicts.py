"""Conflicts: planned breaks that cannot be aired as they are planned. A pure function of the plan."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice

from ibe100.models.cues.recurrence import Series
from ibe100.models.cues.schedule import After, At, BreakState, Finding, Fix, ReturnPolicy, ScheduledBreak
from ibe100.models.stream_config import Scte35Options
from ibe100.services.cues.readiness import send_lead_s
from ibe100.utils.timecode import format_clock, format_utc

TICK_S = 1.0
"""Time between two looks at a break that is near."""
KNOWN_AFTER_S = 3.0
"""After its splice it may take so long until a break is known to be on air, and can be returned from."""
HORIZON_S = 86_400.0
MOST_OF_A_SERIES = 1500
MOST_OF_A_STREAM = 50_000
"""Occurrences that are compared; thousands of series of a break a minute have millions."""
LONGEST_OFFSET_S = 86_400.0
MOST_FIXED = 100
"""Meetings of a stream for which a free time is looked for: each may look through all the rest."""


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
    # What a rule of weekdays has made can be changed one by one; of others the series is to be changed.
    series = {one.break_id: one for one in breaks if one.is_series and not _ahead_s(one)}
    made = {(one.series_id, one.planned_at) for one in breaks if one.series_id is not None}
    for one in breaks:
        if isinstance(one.when, Series):
            begin = max(first, one.planned_at or first)
            for start in one.when.between(begin, end, MOST_OF_A_SERIES):
                if (one.break_id, start) not in made:
                    yield _Span(start, start + one.duration_s, one)
        elif one.planned_at is not None and one.planned_at < end and one.planned_at + one.duration_s > first:
            owner = series.get(one.series_id or 0, one)
            yield _Span(one.planned_at, one.planned_at + one.duration_s, owner)


def _ahead_s(one: ScheduledBreak) -> float:
    return one.when.ahead_s if isinstance(one.when, Series) else 0.0


def _of_neighbours(spans: Sequence[_Span], options: Scte35Options) -> Iterable[Finding]:
    told: set[tuple[int, int]] = set()
    gap_s = send_lead_s(options) + TICK_S
    running: _Span | None = None
    fixed = count()
    for place, span in enumerate(spans):
        if running is not None and span.start < running.end + gap_s:
            pair = (running.owner.break_id, span.owner.break_id)
            if pair not in told and pair[::-1] not in told:
                told.add(pair)
                finding = _meeting(running, span, gap_s)
                if finding.subject is not None and next(fixed) < MOST_FIXED:
                    free_at = _first_free(spans[place + 1 :], running.end + gap_s, span, gap_s)
                    finding = finding.model_copy(update={"fix": _move(span.owner, free_at)})
                yield finding
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
    return _finding(second, text, ids)


def _finding(span: _Span, text: str, break_ids: tuple[int, ...], fix: Fix | None = None) -> Finding:
    one = span.owner
    may_change = one.state is BreakState.PLANNED and not one.is_series
    return Finding(
        stream_id=one.stream_id,
        break_ids=break_ids,
        at=span.start,
        text=text,
        subject=one.break_id if may_change else None,
        fix=fix if may_change else None,
        accepted=one.accepted == text,
    )


def _first_free(later: Sequence[_Span], begin: float, moved: _Span, gap_s: float) -> float:
    """The first whole second from `begin` at which `moved` fits between `later` ones, which are in order."""
    free_at, length_s = math.ceil(begin), moved.end - moved.start
    for span in later:
        if span.start >= free_at + length_s + gap_s:
            break
        free_at = max(free_at, math.ceil(span.end + gap_s))
    return free_at


def _move(one: ScheduledBreak, at: float) -> Fix | None:
    when: At | After
    match one.when:
        case At():
            when = At(at=at)
        case After(break_id=leader, offset_s=offset_s) if one.planned_at is not None:
            later_s = offset_s + at - one.planned_at
            if later_s > LONGEST_OFFSET_S:
                return None
            when = After(break_id=leader, offset_s=later_s)
        case _:
            return None
    return Fix(words=f"Move to {format_clock(at)}", plan=one.plan.model_copy(update={"when": when}))


def _of_each(spans: Sequence[_Span], options: Scte35Options) -> Iterable[Finding]:
    told: set[int] = set()
    for span in spans:
        one = span.owner
        if one.break_id in told:
            continue
        told.add(one.break_id)
        for text, words, changes in _faults(one, options):
            fix = Fix(words=words, plan=one.plan.model_copy(update=changes))
            yield _finding(span, text, (one.break_id,), fix)


def _faults(one: ScheduledBreak, options: Scte35Options) -> Iterable[tuple[str, str, dict[str, object]]]:
    """Sentence, and what would settle it: as a button, and as changes of the plan."""
    start_delay_s = options.start_delay_ms / 1000
    if one.pre_roll_s is not None and one.pre_roll_s > start_delay_s:
        yield (
            f"{one.title} asks for {one.pre_roll_s:g} s of pre-roll and its stream gives "
            f"{start_delay_s:g} s: raise start_delay_ms of the stream",
            f"Use {start_delay_s:g} s",
            {"pre_roll_s": None},
        )
    if one.returns is ReturnPolicy.AUTO and not options.auto_return:
        yield (
            f"{one.title} is to return by itself and its stream has auto_return off: "
            "let it end by a BACK TO PROGRAMME cue",
            "End it by a cue",
            {"returns": ReturnPolicy.BACK_CUE},
        )
    least_s = send_lead_s(options) + KNOWN_AFTER_S
    if one.returns is ReturnPolicy.BACK_CUE and one.duration_s < least_s:
        yield (
            f"{one.title} lasts {one.duration_s:g} s, and a BACK TO PROGRAMME cue needs {least_s:g} s "
            "from its splice: let it return by itself",
            "Let it return by itself",
            {"returns": ReturnPolicy.AUTO},
        )
