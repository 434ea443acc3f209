"""Drafts a cue that was asked for: its times, its event, its bytes, or the reason why it cannot go out."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ibe100.models.actor import AUTOMATIC_RETURN
from ibe100.models.cues.contract import Contract, EventIdRule, Severity
from ibe100.models.cues.cut_points import CutForecast
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueRequest, CueState, Direction
from ibe100.models.stream_config import Scte35Options
from ibe100.scte35.direction import auto_return_of, direction_of
from ibe100.scte35.section import to_base64
from ibe100.scte35.values import SpliceInfoSection
from ibe100.services.audit_trail import acting
from ibe100.services.contracts.cue_linter import lint_cue
from ibe100.services.contracts.options import default_pre_roll_s
from ibe100.services.cues.breaks import BreakLedger, OpenBreak
from ibe100.services.cues.cuts.aim import aims, breach, forecast
from ibe100.services.cues.on_air.break_change import gives_way, length_change
from ibe100.services.cues.readiness import given_splice, splice_target
from ibe100.services.cues.section import (
    bytes_of,
    event_ids_of,
    event_of,
    given_section,
    section_of,
    section_warnings,
)
from ibe100.services.cues.segmentation import open_start
from ibe100.services.streams.run import StreamRun
from ibe100.utils.units import format_event_id

REPLACED = "replaced by"
"""Reason with which an automatic return is cancelled that the operator did not wait for."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A cue that is checked and only lacks its number, and its event id where one is to be allocated."""

    request: CueRequest
    cue: Cue
    options: Scte35Options
    contract: Contract | None
    of_break: OpenBreak | None
    """The break that the cue belongs to, of one that is sent during a break."""
    allocates: bool
    warnings: tuple[str, ...] = ()
    foreign_ids: tuple[int, ...] = ()
    """Event ids that a section made elsewhere uses up."""
    cut: CutForecast | None = None
    """Nearest picture to cut at, as foreseen; None for an immediate cue."""

    def numbered(self, splice_event_id: int) -> Cue:
        """The cue with this event id, unless it has one or needs none."""
        return (
            self.cue.model_copy(update={"splice_event_id": splice_event_id}) if self.allocates else self.cue
        )

    def section(self, numbered: Cue) -> SpliceInfoSection:
        """The section that goes out. Raises CueRefused."""
        return section_of(numbered, self.request, self.options, self.contract)

    def encoded(self, numbered: Cue) -> bytes:
        """The bytes that go out."""
        return bytes_of(self.section(numbered), self.request)

    def breaches(self, numbered: Cue) -> tuple[str, ...]:
        """Breaches of the stream's contract, a sentence each."""
        if self.contract is None:
            return ()
        # One that the allocator gives rises as it should, but where the range begins anew.
        out_id = self.of_break.splice_event_id if self.of_break is not None and not self.allocates else None
        findings = lint_cue(self.contract, numbered, self.encoded(numbered), out_id=out_id)
        return tuple(one.words for one in findings if one.severity is Severity.BREACH)

    def sealed(self, numbered: Cue) -> Cue:
        """The cue ARMED, with its bytes: from here on they do not change.

        Raises CueRefused when it would not keep the contract and its action has to.
        """
        has_to_keep = self.request.action.traits.breach == "refused"
        if has_to_keep and (breaches := self.breaches(numbered)):
            raise CueRefused("; ".join(breaches))
        return numbered.moved_to(CueState.ARMED, section_base64=to_base64(self.encoded(numbered)))


def requested(run: StreamRun, request: CueRequest) -> Cue:
    """The cue as it was asked for, before anything is decided."""
    leaves = request.action.traits.direction is Direction.OUT
    pre_roll_s = request.pre_roll_s
    if pre_roll_s is None:
        planned = request.splice_at is not None
        pre_roll_s = 0.0 if planned else default_pre_roll_s(run.contract, request.action)
    return Cue(
        cue_id=0,
        stream_id=request.stream_id,
        session_id=run.record.session_id if run.record is not None else None,
        action=request.action,
        state=CueState.REQUESTED,
        requested_by=acting().on_record,
        requested_at=time.time(),
        duration_s=request.duration_s,
        pre_roll_s=pre_roll_s,
        scheduled_at=request.splice_at,
        returns=(request.returns or run.cue_options.returns) if leaves else None,
    )


def make_draft(
    run: StreamRun,
    request: CueRequest,
    breaks: BreakLedger,
    recent: tuple[Cue, ...],
    commit_s: float = 0.0,
) -> Draft:
    """A draft of `request` on a stream that is ready. Raises CueRefused with the reason.

    `recent` are the newest cues of the stream, newest first; `commit_s` is what a slow disk takes to record
    one.
    """
    action, traits = request.action, request.action.traits
    contract, current = run.contract, breaks.open_break(run.stream_id)
    asked = requested(run, request)
    changes, warnings = _particulars(run, request, contract, current, recent, asked.requested_at)
    if asked.pre_roll_s > 0 or request.splice_at is not None:
        changes["pts_time"], changes["splice_at"] = splice_target(
            run, asked.pre_roll_s, request.splice_at, commit_s, aims=aims(asked)
        )
    timed = changes.get("pts_time") is not None
    changes["sent_expected"] = run.cue_options.inject_count if timed else 1
    cue = asked.model_copy(update=changes)
    draft = Draft(
        request=request,
        cue=cue,
        options=(
            current.terms(run.cue_options)
            if current is not None and action is CueAction.CHANGE_LENGTH
            else run.cue_options.ending_by(cue.returns)
        ),
        contract=contract,
        of_break=current if traits.during == "a break" else None,
        allocates=cue.splice_event_id is None and traits.event_id != "none",
    )
    example = draft.numbered(draft.options.event_id_first)
    section = draft.section(example)
    is_change = action is CueAction.CHANGE_LENGTH  # it announces a break that has begun
    direction = Direction.NONE if is_change else direction_of(section, contract)
    refusal = breaks.refusal(run.stream_id, action, direction, pending_breaks(recent, action), time.time())
    if action is CueAction.SEND_SECTION:
        warnings += section_warnings(section) + ((refusal,) if refusal is not None else ())
    elif refusal is not None:
        raise CueRefused(refusal)
    if not draft.allocates:
        _not_twice(to_base64(draft.encoded(example)), recent)
    if traits.breach == "warned of":
        warnings += draft.breaches(example)
    cut = None if cue.pts_time is None else forecast(run, cue.pts_time)
    if cut is not None and (words := breach(contract, cut.offset_ms, cut.kind)):
        warnings += (f"its splice is foreseen {words}",)
    return replace(
        draft,
        cut=cut,
        cue=cue.model_copy(update={"direction": direction}),
        warnings=warnings,
        foreign_ids=event_ids_of(section) if action is CueAction.SEND_SECTION else (),
    )


def _particulars(
    run: StreamRun,
    request: CueRequest,
    contract: Contract | None,
    current: OpenBreak | None,
    recent: tuple[Cue, ...],
    asked_at: float,
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Fields of the cue that its action decides, and warnings about it; `asked_at` is wall clock."""
    match request.action:
        case CueAction.TO_BREAK:
            return {"duration_s": request.duration_s or run.cue_options.break_duration_s}, ()
        case CueAction.BACK_TO_PROGRAMME | CueAction.CRASH_IN:
            if current is None:
                raise CueRefused("the stream is not in a break")
            rising = contract is not None and contract.event_id_rule is EventIdRule.RISING
            return {"splice_event_id": None if rising else current.splice_event_id, "duration_s": None}, ()
        case CueAction.TIME_SIGNAL:
            asked = request.segmentation
            assert asked is not None
            if asked.type.is_start:
                return {"duration_s": asked.duration_s}, ()
            return {"splice_event_id": open_start(asked.type, recent), "duration_s": None}, ()
        case CueAction.CHANGE_LENGTH:
            return length_change(request, contract, current, recent, asked_at), ()
        case CueAction.CALL_OFF:
            return {"splice_event_id": event_of(given_section(request.section)[1])[0]}, ()
        case CueAction.SEND_SECTION:
            return _of_section(run, request, recent)
        case _:
            return {}, ()


def _of_section(
    run: StreamRun, request: CueRequest, recent: tuple[Cue, ...]
) -> tuple[dict[str, object], tuple[str, ...]]:
    section = given_section(request.section)[1]
    event_id, duration_s = event_of(section)
    changes: dict[str, object] = {"splice_event_id": event_id, "duration_s": duration_s}
    if (auto_return := auto_return_of(section)) is not None:
        by_cue = BreakEnd.CUE if run.cue_options.explicit_return else BreakEnd.HAND
        changes["returns"] = BreakEnd.AUTO if auto_return else by_cue
    if section.splice_pts is not None:
        changes["pts_time"] = section.splice_pts
        changes["splice_at"] = given_splice(run, section.splice_pts)
    used = [cue for cue in recent if event_id is not None and cue.splice_event_id == event_id]
    if not used:
        return changes, ()
    return changes, (
        f"event id {format_event_id(event_id)} is in use: {used[0].action} of this stream, {used[0].state}",
    )


def pending_breaks(recent: Iterable[Cue], action: CueAction) -> list[Cue]:
    """The cues on their way that begin or end a break, oldest first.

    A cue during a break takes the place of the automatic return that still waits for its time, and another
    length of the break that of one which is announced.
    """
    return [
        cue
        for cue in reversed(tuple(recent))
        if not cue.state.is_final
        and (cue.direction is not Direction.NONE or cue.action is CueAction.CHANGE_LENGTH)
        and not (action.traits.during == "a break" and is_waiting_return(cue))
        and not (action is CueAction.CHANGE_LENGTH and gives_way(cue))
    ]


def is_waiting_return(cue: Cue) -> bool:
    """True for an automatic return that still waits for its time."""
    return cue.requested_by == AUTOMATIC_RETURN.name and cue.state is CueState.ARMED


def _not_twice(section_base64: str, recent: tuple[Cue, ...]) -> None:
    for cue in recent:
        if not cue.state.is_final and cue.section_base64 == section_base64:
            raise CueRefused(f"the same section is on its way as cue {cue.cue_id}; wait for it")
