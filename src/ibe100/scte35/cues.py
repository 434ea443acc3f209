"""Sections that a console sends."""

from ibe100.scte35.values import (
    BreakDuration,
    SpliceDescriptor,
    SpliceInfoSection,
    SpliceInsert,
    SpliceNull,
    SpliceTime,
    TimeSignal,
)


def splice_insert(
    event_id: int,
    out_of_network: bool,
    *,
    pts_time: int | None = None,
    duration_pts: int | None = None,
    auto_return: bool = False,
    unique_program_id: int = 1,
    avail_num: int = 0,
    avails_expected: int = 0,
    tier: int = 0xFFF,
    descriptors: tuple[SpliceDescriptor, ...] = (),
) -> SpliceInfoSection:
    """A splice_insert of the whole programme; `pts_time` None is immediate.

    `auto_return` matters only with `duration_pts`; False makes the duration a safety net for an explicit
    return. Values are judged by `encode`.
    """
    return SpliceInfoSection(
        SpliceInsert(
            event_id,
            out_of_network_indicator=out_of_network,
            splice_immediate_flag=pts_time is None,
            splice_time=None if pts_time is None else SpliceTime(pts_time),
            break_duration=None if duration_pts is None else BreakDuration(auto_return, duration_pts),
            unique_program_id=unique_program_id,
            avail_num=avail_num,
            avails_expected=avails_expected,
        ),
        descriptors,
        tier=tier,
    )


def cancel(event_id: int, *, tier: int = 0xFFF) -> SpliceInfoSection:
    """A splice_insert that cancels an event sent before; it does not end a break that runs."""
    return SpliceInfoSection(SpliceInsert(event_id, True), tier=tier)


def splice_null(*, tier: int = 0xFFF) -> SpliceInfoSection:
    """A splice_null: the heartbeat that keeps the PID alive."""
    return SpliceInfoSection(SpliceNull(), tier=tier)


def time_signal(
    *descriptors: SpliceDescriptor, pts_time: int | None = None, tier: int = 0xFFF
) -> SpliceInfoSection:
    """A time_signal carrying `descriptors`; `pts_time` None is immediate."""
    return SpliceInfoSection(TimeSignal(SpliceTime(pts_time)), descriptors, tier=tier)
