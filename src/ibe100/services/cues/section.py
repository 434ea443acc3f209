"""Builds the section of a cue from its values, and reads what a section made elsewhere says."""

from __future__ import annotations

from ibe100.models.cues.contract import AvailNumbering, Contract, TimeSignalCommand
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, Direction
from ibe100.models.stream_config import Scte35Options
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from ibe100.scte35 import description
from ibe100.scte35.cues import splice_insert, splice_null, time_signal
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.faults import find_faults
from ibe100.scte35.pasted import section_in
from ibe100.scte35.section import decode, encode
from ibe100.scte35.values import (
    BandwidthReservation,
    PrivateCommand,
    RawCommand,
    SegmentationDescriptor,
    SegmentationUpid,
    SpliceInfoSection,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    TimeSignal,
)
from ibe100.services.cues.segmentation import descriptor_of

MAX_DURATION_PTS = PTS_MODULO - 1
MAX_TIER = 0xFFF
LONGEST_SECTION = 1024
"""spliceinject's own queue takes more, but no receiver has to (S35 §9.6)."""

_COMMAND_TYPES = {
    SpliceNull: 0x00,
    SpliceSchedule: 0x04,
    SpliceInsert: 0x05,
    TimeSignal: 0x06,
    BandwidthReservation: 0x07,
    PrivateCommand: 0xFF,
}


def section_of(
    cue: Cue, request: CueRequest, options: Scte35Options, contract: Contract | None
) -> SpliceInfoSection:
    """The section of a cue that has its times and its event id.

    Raises CueRefused for a UPID or a section that is none.
    """
    tier = contract.tier if contract is not None else MAX_TIER
    match request.action:
        case CueAction.SPLICE_NULL:
            return splice_null(tier=tier)
        case CueAction.SEND_SECTION | CueAction.CALL_OFF:
            return given_section(request.section)[1]
        case CueAction.TIME_SIGNAL:
            assert request.segmentation is not None and cue.splice_event_id is not None
            descriptor = descriptor_of(request.segmentation, cue.splice_event_id)
            return time_signal(descriptor, pts_time=cue.pts_time, tier=tier)
        case _:
            return _of_break(cue, options, contract)


def _of_break(cue: Cue, options: Scte35Options, contract: Contract | None) -> SpliceInfoSection:
    assert cue.splice_event_id is not None
    tier = contract.tier if contract is not None else MAX_TIER
    out = cue.action.traits.direction is Direction.OUT or cue.action is CueAction.CHANGE_LENGTH
    duration_pts = None
    if out and cue.duration_s is not None:
        duration_pts = min(round(cue.duration_s * PTS_HZ), MAX_DURATION_PTS)
    if contract is not None and isinstance(contract.command, TimeSignalCommand):
        command = contract.command
        descriptor = SegmentationDescriptor(
            cue.splice_event_id,
            segmentation_duration=duration_pts,
            upid=SegmentationUpid(command.upid_type),
            segmentation_type_id=command.start_type_id if out else command.end_type_id,
        )
        return time_signal(descriptor, pts_time=cue.pts_time, tier=tier)
    counted = contract is not None and contract.avail_numbering is AvailNumbering.COUNTED
    return splice_insert(
        cue.splice_event_id,
        out,
        pts_time=cue.pts_time,
        duration_pts=duration_pts,
        auto_return=options.auto_return,
        unique_program_id=options.unique_program_id,
        avail_num=int(counted),
        avails_expected=int(counted),
        tier=tier,
    )


def bytes_of(section: SpliceInfoSection, request: CueRequest) -> bytes:
    """The bytes that go out: of a section made elsewhere its own."""
    return given_section(request.section)[0] if request.section else encode(section)


def given_section(text: str) -> tuple[bytes, SpliceInfoSection]:
    """A section made elsewhere, as bytes and as values. Raises CueRefused when it is none."""
    try:
        section = section_in(text)
        values = decode(section)
    except SpliceDecodeError as error:
        raise CueRefused(f"this is no splice_info_section that could be sent: {error}") from error
    if len(section) > LONGEST_SECTION:
        raise CueRefused(f"the section has {len(section)} bytes, and {LONGEST_SECTION} are the most")
    return section, values


def section_warnings(section: SpliceInfoSection) -> tuple[str, ...]:
    """Warnings about a section that can be sent and is against the standard."""
    return tuple(f"the section is against SCTE 35: {fault}" for fault in find_faults(section))


def event_of(section: SpliceInfoSection) -> tuple[int | None, float | None]:
    """The event id that the section speaks of, and the duration in seconds that it announces."""
    command = section.command
    if isinstance(command, SpliceInsert):
        length = command.break_duration
        return command.splice_event_id, None if length is None else length.duration / PTS_HZ
    for one in section.descriptors:
        if isinstance(one, SegmentationDescriptor):
            ticks = one.segmentation_duration
            return one.segmentation_event_id, ticks / PTS_HZ if ticks else None
    return None, None


def event_ids_of(section: SpliceInfoSection) -> tuple[int, ...]:
    """Every event id that the section speaks of: its command's, then its segmentation descriptors'."""
    command = section.command
    of_command = [command.splice_event_id] if isinstance(command, SpliceInsert) else []
    if isinstance(command, SpliceSchedule):
        of_command = [event.splice_event_id for event in command.events]
    of_segments = [
        one.segmentation_event_id for one in section.descriptors if isinstance(one, SegmentationDescriptor)
    ]
    return tuple(dict.fromkeys([*of_command, *of_segments]))


def describe(section: SpliceInfoSection) -> tuple[tuple[str, str], ...]:
    """Field names of the standard with their values, in order: the command first, then the header."""
    rows = description.describe(section)
    command_at = next(at for at, row in enumerate(rows) if at and row.level == 0)
    command = section.command
    number = command.splice_command_type if isinstance(command, RawCommand) else None
    number = _COMMAND_TYPES.get(type(command), number)
    kind = rows[command_at].name if number is None else f"0x{number:02X} {rows[command_at].name}"
    ordered = [*rows[command_at + 1 :], *rows[1:command_at]]
    return (("splice_command_type", kind), *((row.name, row.text) for row in ordered if row.text))
