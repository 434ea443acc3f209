"""Rows of the as-run log by break, made of what is on record. Pure."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ibe100.database.stores.break_facts import Channel, PlannedFact, Run, SplicedCue
from ibe100.models.cues.as_run import AsRunRow, time_on_air
from ibe100.models.cues.break_log import AsRunBreak, BreakOutcome, Ending
from ibe100.models.cues.schedule import BreakState
from ibe100.models.cues.time_zone import LOCAL_ZONE
from ibe100.models.scte35_marker import BreakEnd, CueState, Direction
from ibe100.scte35.direction import auto_return_of
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.services.history.breaks.pairing import PairedBreak, Splice, pair

_OUTCOMES = {
    CueState.REQUESTED: BreakOutcome.ARMED,
    CueState.ARMED: BreakOutcome.ARMED,
    CueState.SENT: BreakOutcome.ARMED,
    CueState.SEEN: BreakOutcome.ARMED,
    CueState.CANCELLED: BreakOutcome.CALLED_OFF,
    CueState.FAILED: BreakOutcome.FAILED,
    CueState.REFUSED: BreakOutcome.REFUSED,
}
"""Outcomes by the state of a cue that did not take effect."""
_PLANNED_OUTCOMES = {
    BreakState.PLANNED: BreakOutcome.PLANNED,
    BreakState.ARMED: BreakOutcome.ARMED,
    BreakState.MISSED: BreakOutcome.MISSED,
    BreakState.SKIPPED: BreakOutcome.SKIPPED,
    BreakState.FAILED: BreakOutcome.FAILED,
}
"""Outcomes by the state of a planned break that has no cue in the log; one that is done has."""


@dataclass(frozen=True, slots=True)
class Record:
    """Facts of a range and of a day around it, by which breaks at its edges are paired."""

    cues: tuple[AsRunRow, ...]
    """Cues of the range itself, with their receipts."""
    spliced: tuple[SplicedCue, ...]
    planned: tuple[PlannedFact, ...]
    runs: tuple[Run, ...]
    channels: Mapping[str, Channel]
    now: float
    """Wall clock up to which it is known what happened."""


def rows_of(record: Record, is_wanted: Callable[[str, float], bool]) -> tuple[AsRunBreak, ...]:
    """The breaks whose stream and time are wanted, by that time."""
    cues = {row.cue.cue_id: row for row in record.cues}
    plans = {plan.cue_id: plan for plan in record.planned if plan.cue_id is not None}
    running: set[int | None] = {run.session_id for run in record.runs if run.ended_at is None}
    found: list[AsRunBreak] = []
    for stream_id, breaks in _paired(record).items():
        channel = _channel(record.channels, stream_id)
        for one in breaks:
            first = one.out or one.returned
            if first is not None and is_wanted(stream_id, first.at):
                found.append(_aired(channel, one, cues.get(first.cue_id), plans, running))
    for row in record.cues:
        cue = row.cue
        is_planned = cue.scheduled_at is not None
        if (
            cue.direction is not Direction.OUT
            or cue.state.has_aired
            or not is_wanted(cue.stream_id, row.due_at)
        ):
            continue
        if cue.state is not CueState.REFUSED or is_planned:
            found.append(_not_aired(_channel(record.channels, cue.stream_id), row, plans.get(cue.cue_id)))
    for plan in record.planned:
        outcome = _PLANNED_OUTCOMES.get(BreakState(plan.state))
        if plan.cue_id is None and outcome is not None and is_wanted(plan.stream_id, plan.planned_at):
            found.append(_only_planned(_channel(record.channels, plan.stream_id), plan, outcome))
    return tuple(sorted(found, key=lambda one: (one.at, one.stream_id, one.out_cue_id or 0)))


def splice_of(cue: SplicedCue) -> Splice | None:
    """The cue as breaks are paired by it; None where nobody knows when it took effect."""
    at = time_on_air(cue.state, cue.pts_time, cue.splice_at, cue.seen_at)
    if at is None:
        return None
    is_out = cue.direction is Direction.OUT
    return Splice(
        cue_id=cue.cue_id,
        at=at,
        is_out=is_out,
        event_id=cue.splice_event_id,
        duration_s=cue.duration_s if is_out else None,
        returns_itself=is_out and _returns_itself(cue.returns, cue.section_base64),
        session_id=cue.session_id,
    )


def _returns_itself(returns: str | None, section_base64: str) -> bool:
    """Say whether receivers return when the announced duration is over: as asked, or as they are told."""
    if returns in (BreakEnd.AUTO, BreakEnd.HAND):
        return returns == BreakEnd.AUTO
    try:
        return bool(auto_return_of(decode(base64.b64decode(section_base64))))
    except (SpliceDecodeError, binascii.Error):
        return False


def _paired(record: Record) -> dict[str, tuple[PairedBreak, ...]]:
    stops = {run.session_id: run.ended_at for run in record.runs if run.ended_at is not None}
    by_stream: dict[str, list[Splice]] = defaultdict(list)
    for cue in record.spliced:
        if (splice := splice_of(cue)) is not None:
            by_stream[cue.stream_id].append(splice)
    return {stream_id: pair(splices, record.now, stops) for stream_id, splices in by_stream.items()}


def _channel(channels: Mapping[str, Channel], stream_id: str) -> Channel:
    return channels.get(stream_id) or Channel(stream_id, None, stream_id, "", LOCAL_ZONE)


def _aired(
    channel: Channel,
    one: PairedBreak,
    row: AsRunRow | None,
    plans: Mapping[int, PlannedFact],
    running: Collection[int | None],
) -> AsRunBreak:
    """A break that began on the output, or an IN alone; `row` is its first cue."""
    first = one.out or one.returned
    assert first is not None
    plan = plans.get(one.out.cue_id) if one.out is not None else None
    cue = None if row is None else row.cue
    reasons = [] if cue is None or not cue.reason else [cue.reason]
    outcome = BreakOutcome.AIRED
    if one.out is None:
        outcome = BreakOutcome.RETURN_ALONE
        reasons.append("no break was on that it could end")
    elif one.ended_at is None:
        outcome = BreakOutcome.ON_AIR if first.session_id in running else BreakOutcome.NOT_RETURNED
        if outcome is BreakOutcome.NOT_RETURNED:
            reasons.append("no IN is on record")
    elif one.ending is Ending.BY_STOP:
        outcome = BreakOutcome.NOT_RETURNED
        reasons.append("the stream was stopped in it")
    elif cue is not None and cue.state is CueState.AIRED_LATE:
        outcome = BreakOutcome.AIRED_LATE
    planned_at = cue.scheduled_at if cue is not None else None
    return AsRunBreak(
        stream_id=channel.stream_id,
        stream_name=channel.name if row is None else row.stream_name,
        distributor=channel.distributor,
        time_zone=channel.time_zone,
        outcome=outcome,
        title="" if plan is None else plan.title,
        splice_event_id=first.event_id,
        break_id=None if plan is None else plan.break_id,
        out_cue_id=None if one.out is None else one.out.cue_id,
        in_cue_id=None if one.returned is None else one.returned.cue_id,
        planned_at=planned_at if planned_at is not None or plan is None else plan.planned_at,
        planned_s=None if plan is None else plan.duration_s,
        announced_s=one.announced_s,
        aired_at=None if one.out is None else one.out.at,
        ended_at=one.ended_at,
        ending=one.ending,
        idr_offset_ms=None if cue is None or one.out is None else cue.idr_offset_ms,
        output_proof="" if row is None else row.receipt,
        return_proof="" if row is None or row.came_back is None else row.came_back.words,
        requested_by="" if cue is None else cue.requested_by,
        reason="; ".join((*reasons, *one.notes)),
    )


def _not_aired(channel: Channel, row: AsRunRow, plan: PlannedFact | None) -> AsRunBreak:
    """A break whose cue did not take effect, or has not yet."""
    cue = row.cue
    return AsRunBreak(
        stream_id=channel.stream_id,
        stream_name=row.stream_name,
        distributor=channel.distributor,
        time_zone=channel.time_zone,
        outcome=_OUTCOMES[cue.state],
        title="" if plan is None else plan.title,
        splice_event_id=cue.splice_event_id,
        break_id=None if plan is None else plan.break_id,
        out_cue_id=cue.cue_id,
        planned_at=row.due_at,
        planned_s=None if plan is None else plan.duration_s,
        announced_s=cue.duration_s,
        output_proof=row.receipt,
        return_proof="" if row.came_back is None else row.came_back.words,
        requested_by=cue.requested_by,
        reason=cue.reason,
    )


def _only_planned(channel: Channel, plan: PlannedFact, outcome: BreakOutcome) -> AsRunBreak:
    """A break of the schedule that no cue was made for."""
    return AsRunBreak(
        stream_id=channel.stream_id,
        stream_name=channel.name,
        distributor=channel.distributor,
        time_zone=channel.time_zone,
        outcome=outcome,
        title=plan.title,
        break_id=plan.break_id,
        planned_at=plan.planned_at,
        planned_s=plan.duration_s,
        reason=plan.reason,
    )
