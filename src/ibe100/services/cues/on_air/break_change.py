"""Another length for the break on air: announced again under its event id, with the rest of its duration."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ibe100.models.actor import AUTOMATIC_RETURN
from ibe100.models.cues.contract import Contract
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState
from ibe100.services.cues.breaks import OpenBreak
from ibe100.utils.timecode import format_span

LEAST_REST_S = 2.0
"""A break that would be over sooner is ended by BACK TO PROGRAMME."""
LEAST_CHANGE_S = 1.0
"""By less the end is not moved: a return that is under way could not be told from one of the old end."""
_NEVER_AIRED = frozenset({CueState.REFUSED, CueState.CANCELLED, CueState.FAILED})


def length_change(
    request: CueRequest,
    contract: Contract | None,
    current: OpenBreak | None,
    recent: Iterable[Cue],
    asked_at: float,
) -> dict[str, object]:
    """Fields of the cue that gives the open break its new length. Raises CueRefused.

    Its duration_s is what is left of the break at `asked_at` (wall clock).
    """
    if current is None:
        raise CueRefused("the stream is not in a break")
    if contract is not None and not contract.may_change_length:
        raise CueRefused(f"the contract {contract.name} allows no other length of a break on air")
    end = current.announced_end
    if request.duration_s is not None:
        length_s = request.duration_s
    elif end is not None and request.by_s is not None:
        length_s = end - current.began_at + request.by_s
    else:
        raise CueRefused("the break was announced without an end: name its whole length")
    length_s = round(length_s, 3)
    if contract is not None and (fault := contract.duration_fault(length_s)) is not None:
        raise CueRefused(f"the break would be {length_s:g} s long, and the contract asks {fault}")
    new_end = current.began_at + length_s
    if (rest_s := new_end - asked_at) < LEAST_REST_S:
        raise CueRefused(
            f"a break of {format_span(max(length_s, 0.0))} would be over in {max(rest_s, 0.0):.1f} s: "
            "go BACK TO PROGRAMME"
        )
    if end is not None and abs(new_end - end) < LEAST_CHANGE_S:
        raise CueRefused(f"the break is {format_span(length_s)} long already")
    event_id = current.splice_event_id
    updates = (cue.break_update for cue in recent if _changes(cue, event_id))
    return {
        "splice_event_id": event_id,
        "duration_s": round(rest_s, 3),
        "returns": current.returns,
        "break_update": 1 + max((number or 0 for number in updates), default=0),
    }


def gives_way(cue: Cue) -> bool:
    """True for an automatic return that is announced and can be withdrawn: its break may get another end."""
    is_announced = cue.requested_by == AUTOMATIC_RETURN.name and cue.state in (CueState.SENT, CueState.SEEN)
    return is_announced and (cue.can_be_called_off_until or 0.0) > time.time()


def changes_of(out: Cue, recent: Iterable[Cue]) -> list[Cue]:
    """The changes of length of a break that have aired, oldest first; `recent` is newest first."""
    found = [
        cue
        for cue in recent
        if out.splice_event_id is not None
        and _changes(cue, out.splice_event_id)
        and cue.cue_id > out.cue_id
        and cue.state.has_aired
    ]
    return found[::-1]


def _changes(cue: Cue, event_id: int) -> bool:
    is_change = cue.action is CueAction.CHANGE_LENGTH and cue.splice_event_id == event_id
    return is_change and cue.state not in _NEVER_AIRED
