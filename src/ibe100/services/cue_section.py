"""From a cue's values to the section that goes out, and to the words that describe it."""

from __future__ import annotations

from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import Scte35Options
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode, to_base64
from ibe100.scte35.values import SpliceInfoSection, SpliceInsert

PTS_PER_S = 90_000
MAX_DURATION_PTS = (1 << 33) - 1


def duration_of(cue: Cue) -> int | None:
    """The announced break_duration in 90 kHz ticks; a return announces none."""
    if cue.action is CueAction.BACK_TO_PROGRAMME or cue.duration_s is None:
        return None
    return min(round(cue.duration_s * PTS_PER_S), MAX_DURATION_PTS)


def section_of(cue: Cue, options: Scte35Options) -> SpliceInfoSection:
    """The splice_insert of a cue that has its splice_event_id."""
    assert cue.splice_event_id is not None
    return splice_insert(
        cue.splice_event_id,
        cue.action is CueAction.TO_BREAK,
        pts_time=cue.pts_time,
        duration_pts=duration_of(cue),
        auto_return=options.auto_return,
        unique_program_id=options.unique_program_id,
    )


def sealed(cue: Cue, options: Scte35Options) -> Cue:
    """The cue ARMED, with its bytes: from here on they do not change."""
    return cue.moved_to(CueState.ARMED, section_base64=to_base64(encode(section_of(cue, options))))


def describe(section: SpliceInfoSection) -> tuple[tuple[str, str], ...]:
    """Field names of the standard with their values, in order, of a splice_insert of ours."""
    command = section.command
    assert isinstance(command, SpliceInsert)
    fields = [
        ("splice_command_type", "0x05 splice_insert"),
        ("splice_event_id", f"0x{command.splice_event_id:08X} ({command.splice_event_id})"),
        ("out_of_network_indicator", _bit(command.out_of_network_indicator)),
        ("splice_immediate_flag", _bit(command.splice_immediate_flag)),
    ]
    if command.splice_time is not None:
        fields.append(("pts_time", str(command.splice_time.pts_time)))
    if command.break_duration is not None:
        seconds = command.break_duration.duration / PTS_PER_S
        fields.append(("break_duration", f"{command.break_duration.duration} ({seconds:g} s)"))
        fields.append(("auto_return", _bit(command.break_duration.auto_return)))
    fields.append(("unique_program_id", str(command.unique_program_id)))
    fields.append(("pts_adjustment", str(section.pts_adjustment)))
    fields.append(("tier", f"0x{section.tier:03X}"))
    return tuple(fields)


def _bit(value: bool) -> str:
    return "1" if value else "0"
