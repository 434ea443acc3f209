"""Readiness of a stream for cues; each reason against it says what to do."""

from __future__ import annotations

import time

from ibe100.models.cues.contract import LEAST_OUT_POINT_S
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import Cue, Readiness
from ibe100.models.stream_config import Scte35Options, describe_output
from ibe100.models.stream_state import OutputTrouble, StreamState
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO, pts_difference
from ibe100.services.cues.cuts.aim import aimed
from ibe100.services.streams.inputs.plan_fit import gets_stuffing
from ibe100.services.streams.run import StreamRun

PRE_ROLL_MARGIN_S = 0.5
"""The commit, the way to the output and a clock known to some frames: ask for more than is wanted."""
SETTLE_S = 1.5
"""After a seam of a loop, until the clock knows where it is."""
LATE_S = 0.25
"""A cue that could not be sent this long before its splice is not sent at all."""
CLOCK_STEP_S = 1.0
"""Timestamps that are further off than drift and sampling explain have jumped since the cue was armed."""
SEND_AHEAD_S = 0.5
"""spliceinject gets the cue this long before its first repeat is due."""
WRAP_SETTLE_S = 0.5
"""After the PTS wrap, until no frame that was reordered across it is still to come."""
LEAST_PAUSE_S, LONGEST_PAUSE_S = 0.3, 10.0
"""Pauses of a stream that are made up for; a shorter one is the uncertainty of its PTS clock."""
WAY_OUT_S = 0.1
"""The time from the datagram to the output (79 ms at worst, measured)."""
FARTHEST_S = 3600.0
"""A section whose splice lies farther ahead has most likely an absolute time of another clock."""


def readiness(run: StreamRun) -> Readiness:
    """Readiness of `run` for any cue; reads single values only, so any thread may ask."""
    reasons = tuple(
        filter(None, (_state(run), _packets(run), _time(run), _nulls(run), why_nothing_leaves(run)))
    )
    return Readiness(ready=not reasons, reasons=reasons[:1] if reasons[:1] == (_state(run),) else reasons)


def _state(run: StreamRun) -> str | None:
    match run.view.state:
        case StreamState.RUNNING if run.without_cues:
            why = run.without_cues
            return f"the input is passed on without cues until a command that fits it is found: {why}"
        case StreamState.RUNNING:
            return None
        case StreamState.PROBING | StreamState.STARTING:
            return "the stream is starting; wait for ON AIR"
        case StreamState.RETRYING:
            return f"the processor is restarting ({run.view.reason or 'no reason known'}); wait for ON AIR"
        case StreamState.WAITING:
            return "no input yet: the stream comes on air when packets come; check the source"
        case StreamState.UNREACHABLE:
            return f"{run.name} cannot be controlled: its runner does not answer; a cue would not reach it"
        case StreamState.STALLED:
            return (
                why_nothing_leaves(run) or "no input: nothing flows through the processor; check the source"
            )
        case _:
            return f"the stream is {run.view.state}; start it"


def _packets(run: StreamRun) -> str | None:
    if run.is_fresh():
        return None
    return "no packets were measured on the output in the last seconds; check the input"


def _time(run: StreamRun) -> str | None:
    """No cue, immediate or not, goes in before the processor has seen a PTS or a PCR."""
    if not run.is_fresh() or run.clock is None or run.clock.has_begun:
        return None
    return "no PTS and no PCR in the stream: no cue can be placed; check the sender"


def _nulls(run: StreamRun) -> str | None:
    if not run.is_fresh() or run.influx.null_bps > 0:
        return None
    config = run.entry.config if run.record is None else run.record.config
    what = "it is given stuffing in a moment" if gets_stuffing(config) else "set stuffing in its settings"
    return f"no null packets in the stream, and a cue can only replace one; {what}"


def why_nothing_leaves(run: StreamRun) -> str | None:
    """Reason why nobody would get a cue that the processor puts in; None as far as can be known."""
    config = run.entry.config if run.record is None else run.record.config
    target = describe_output(config.output)
    match run.view.output_trouble:
        case OutputTrouble.BLOCKED:
            return f"nothing leaves by {target}, nobody would get the cue; check whoever reads it"
        case OutputTrouble.NO_RECEIVER:
            return f"nobody receives {target}, nobody would get the cue; call whoever receives it"
    # A live SRT output without a receiver drops what it is given.
    link = run.srt_output
    if link is None or (link.connected and not link.silent):
        return None
    if link.connected:
        return "the receiver of the SRT output is not heard any more, nobody would get the cue; call it"
    return "no receiver is connected to the SRT output, nobody would get the cue; call whoever receives it"


def splice_target(
    run: StreamRun,
    pre_roll_s: float,
    splice_at: float | None = None,
    commit_s: float = 0.0,
    *,
    aims: bool = False,
) -> tuple[int, float]:
    """PTS on the frame grid, at least `pre_roll_s` ahead once it is recorded, and its wall clock time.

    With `splice_at` (wall clock) it is the first frame at or after that time instead. One that `aims` goes
    to a picture that a splicer can cut at, where the stream's options say so (cut_points).
    Raises CueRefused when the stream's clock cannot keep it, or its pre-roll no more.
    """
    clock, record = run.clock, run.record
    now, wall = time.monotonic(), time.time()
    if clock is None or record is None or not clock.is_known(now):
        raise CueRefused(
            "the stream's PTS clock is not known; a pre-rolled cue needs it, use an immediate one"
        )
    ahead_s = pre_roll_s + PRE_ROLL_MARGIN_S + commit_s
    if splice_at is not None:
        ahead_s = pre_roll_s = splice_at - wall
        needed_s = send_lead_s(run.cue_options)
        if ahead_s < needed_s:
            raise CueRefused(
                f"its splice is {max(ahead_s, 0):.1f} s away and the stream's pre-roll takes "
                f"{needed_s:.1f} s; ask earlier"
            )
    pts_now = clock.now_pts(now)
    target = clock.splice_pts_at(now + ahead_s)
    if aims:
        least = target if splice_at is None else clock.splice_pts_at(now + send_lead_s(run.cue_options))
        target = aimed(run, target, least)
        ahead_s = max(ahead_s, pts_difference(target, pts_now) / PTS_HZ)
    if record.loop_first_pts is not None and record.loop_last_pts is not None:
        left_s = pts_difference(record.loop_last_pts, pts_now) / PTS_HZ
        if left_s < ahead_s:
            length_s = pts_difference(record.loop_last_pts, record.loop_first_pts) / PTS_HZ
            raise CueRefused(
                f"the file loops in {max(left_s, 0):.1f} s and its timestamps jump back then "
                f"(it is {length_s:.1f} s long): a splice {pre_roll_s:.3g} s ahead would never be reached",
                retry_in_s=max(left_s, 0) + SETTLE_S if length_s > ahead_s + SETTLE_S else None,
            )
    if (refusal := clock.refusal(now, ahead_s)) is not None:
        raise CueRefused(f"{refusal}: a splice {pre_roll_s:.3g} s ahead would never be reached")
    _check_wrap(run, target, pts_now)
    ahead = pts_difference(target, pts_now) / PTS_HZ
    return target, wall + ahead


def _check_wrap(run: StreamRun, target: int, pts_now: int) -> None:
    """A cue beyond the wrap can only be sent when the stream has wrapped itself: is there time then?

    Before, tsp drops it as obsolete; after, it would wait for ever for a first repeat that was due before.
    """
    start_delay_s = run.cue_options.start_delay_ms / 1000
    if target >= pts_now:
        if target / PTS_HZ < start_delay_s:
            since_s = pts_now / PTS_HZ
            raise CueRefused(
                f"the PTS was zero {since_s:.1f} s ago, and the first repeat would be due before it: ask for "
                f"a splice {start_delay_s - since_s:.1f} s ahead or more, wait, or go immediate",
                retry_in_s=start_delay_s,
            )
        return
    if pts_difference(target, pts_now) <= 0:
        return
    settle_s = WRAP_SETTLE_S + _pcr_behind_s(run)
    least_s = max(least_lead_s(run) + WAY_OUT_S + settle_s, start_delay_s)
    if target / PTS_HZ < least_s:
        left_s = (PTS_MODULO - pts_now) / PTS_HZ
        raise CueRefused(
            f"the PTS clock wraps in {left_s:.1f} s and cues beyond it can only be sent after it: ask for "
            f"a splice {left_s + least_s:.1f} s ahead or more, wait, or go immediate",
            retry_in_s=left_s + settle_s,
        )


def _pcr_behind_s(run: StreamRun) -> float:
    """Seconds that the PCR lies behind the PTS: tsp's spliceinject takes whichever of the two came last."""
    return run.clock.pcr_behind_s if run.clock is not None else 0.0


def given_splice(run: StreamRun, pts_time: int) -> float:
    """Wall clock at which the splice of a section made elsewhere falls. Raises CueRefused."""
    now = time.monotonic()
    if run.clock is None or not run.clock.is_known(now):
        raise CueRefused("the stream's PTS clock is not known, and the section has a splice time")
    ahead_s = run.clock.ms_until(pts_time, now) / 1000
    if not LATE_S <= ahead_s <= FARTHEST_S:
        where = f"{-ahead_s:.1f} s ago" if ahead_s < 0 else f"{ahead_s:.1f} s ahead"
        raise CueRefused(
            f"its splice time {pts_time} is {where} on this stream's PTS clock, which stands at "
            f"{run.clock.now_pts(now)}: have the section made for this stream"
        )
    _check_wrap(run, pts_time, run.clock.now_pts(now))
    return time.time() + ahead_s


def send_lead_s(options: Scte35Options) -> float:
    """Seconds before its splice at which a cue is sent; one asked for later lacks the stream's pre-roll."""
    return options.start_delay_ms / 1000 + SEND_AHEAD_S


def least_lead_s(run: StreamRun, cue: Cue | None = None) -> float:
    """Seconds before its splice at which a cue must be out (S35 §9.9.2.1: 4 s, or more by contract).

    One that is sent for the first time may have less where the operator asked for less.
    """
    contract = run.contract
    least_s = contract.least_lead_s if contract is not None else LEAST_OUT_POINT_S
    if cue is None or cue.sent_at is not None:
        return least_s
    if cue.action.traits.splices == "as the section says":
        return LATE_S
    return least_s if cue.scheduled_at is not None else min(least_s, cue.pre_roll_s)


def why_hold(run: StreamRun, cue: Cue) -> str | None:
    """Reason why a cue whose time has come is held back; None when it may go."""
    if (cause := why_nothing_leaves(run) or _state(run) or _packets(run)) is not None:
        return cause
    assert cue.pts_time is not None
    now = time.monotonic()
    if run.clock is None or not run.clock.is_known(now):
        return "the stream's PTS clock is not known yet"
    settled = run.clock.now_pts(now - WRAP_SETTLE_S - _pcr_behind_s(run))
    if cue.pts_time < settled and pts_difference(cue.pts_time, settled) > 0:
        return "the stream's PTS has not wrapped yet"
    return None


def why_too_late(run: StreamRun, cue: Cue) -> str | None:
    """Reason why a cue that waited for its time must not go out any more; None when it still may."""
    if cue.pts_time is None or cue.splice_at is None:
        return None
    left_s = cue.splice_at - time.time()
    if left_s < LATE_S:
        return "its splice time has passed; it is not sent late"
    if left_s < (least_s := least_lead_s(run, cue) + WAY_OUT_S):
        return (
            f"{left_s:.1f} s are left before its splice and {least_s:.3g} s are needed; it is not sent late"
        )
    return _why_not_reached_in_time(run, cue.pts_time, left_s)


def why_no_repeat(run: StreamRun, cue: Cue) -> str | None:
    """Reason why a cue that was sent is not sent once more; None when it may.

    Until it is seen a repeat may be the first that anybody gets, and has to be early enough for that.
    """
    if cue.pts_time is None or cue.splice_at is None:
        return "an immediate cue is sent once"
    left_s = cue.splice_at - time.time()
    if left_s < (LATE_S if cue.seen else least_lead_s(run, cue) + WAY_OUT_S):
        return "its splice is too near"
    return _why_not_reached_in_time(run, cue.pts_time, left_s)


def _why_not_reached_in_time(run: StreamRun, pts_time: int, left_s: float) -> str | None:
    now = time.monotonic()
    if run.clock is None or not run.clock.is_known(now):
        return "the stream's PTS clock is not known any more"
    off_s = run.clock.ms_until(pts_time, now) / 1000 - left_s
    if abs(off_s) > CLOCK_STEP_S:
        jump = run.clock.last_jump_words(now) or f"timestamps are {abs(off_s):.1f} s off"
        return f"the stream will not reach the splice time when it should: {jump}"
    return None


def pause_s(run: StreamRun, cue: Cue) -> float:
    """Seconds by which the stream reaches the splice of a cue later because it stood still or fell behind.

    0 while it keeps its time, and once its timestamps jumped: then the PTS may mean another frame.
    """
    now, wall = time.monotonic(), time.time()
    if cue.pts_time is None or cue.splice_at is None or run.clock is None or not run.clock.is_known(now):
        return 0.0
    if not run.clock.has_paused_since(now - (wall - cue.requested_at)):
        return 0.0
    later_s = run.clock.ms_until(cue.pts_time, now) / 1000 - (cue.splice_at - wall)
    return later_s if LEAST_PAUSE_S <= later_s <= LONGEST_PAUSE_S else 0.0


def why_not_reached(run: StreamRun, pts_time: int, monotonic_s: float) -> str:
    """Reason why the stream's clock has not passed a splice time that is over by the wall clock."""
    cause = why_nothing_leaves(run) or _state(run) or _packets(run)
    if cause is not None:
        return cause
    if run.clock is None or not run.clock.is_known(monotonic_s):
        return "its PTS clock is not known"
    if (jump := run.clock.last_jump_words(monotonic_s)) is not None:
        return jump
    return f"its timestamps are {run.clock.ms_until(pts_time, monotonic_s) / 1000:.1f} s short of it"


def why_unseen(run: StreamRun) -> str:
    """The reason, where it can be known, that a cue sent was not seen on the output."""
    cause = why_nothing_leaves(run) or _state(run) or _packets(run) or _time(run) or _nulls(run)
    if cause is not None:
        return cause
    if run.last_fault:
        return f"the processor said: {run.last_fault}"
    return "the processor took no null packet for it; look at its log"
