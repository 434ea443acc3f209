"""Splice sections as the text that tsp displays (splicemonitor --display-commands, tables)."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.commands import write_command
from ibe100.scte35.descriptors import write_descriptor
from ibe100.scte35.section import decode
from ibe100.scte35.segmentation import segmentation_type_name, upid_type_name
from ibe100.scte35.values import (
    CUEI,
    AvailDescriptor,
    BandwidthReservation,
    BreakDuration,
    DtmfDescriptor,
    PrivateCommand,
    SegmentationDescriptor,
    SpliceCommand,
    SpliceDescriptor,
    SpliceInfoSection,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    SpliceTime,
    TimeSignal,
)

_COMMANDS: Final[dict[type, str]] = {
    SpliceNull: "SpliceNull",
    SpliceSchedule: "SpliceSchedule",
    SpliceInsert: "SpliceInsert",
    TimeSignal: "TimeSignal",
    BandwidthReservation: "BandwidthReservation",
    PrivateCommand: "PrivateCommand",
}
_DESCRIPTORS: Final[dict[int, str]] = {0: "Avail", 1: "DTMF", 2: "Segmentation", 3: "Time", 4: "Audio"}
_UPID_NAMES: Final = {0x00: "Not Used", 0x05: "ISAN (deprecated)", 0x08: "TI", 0x09: "ADI"}
_ENCRYPTION: Final = {1: "DES-ECB", 2: "DES-CBC", 3: "Triple DES EDE3-ECB"}
_DUMP_BYTES: Final = 16
_DUMP_WIDTH: Final = 49
_SHORT_DATA: Final = 8


def section_text(section: bytes, pid: int) -> str:
    """One section, an empty line after it. Raises SpliceDecodeError."""
    decoded = decode(section)
    lines = [
        f"* SCTE 35 Splice Information, TID 0xFC (252), PID 0x{pid:04X} ({pid})",
        f"  Short section, total size: {len(section)} bytes",
        "  - Section 0:",
        *(f"    {line}" for line in _section(decoded)),
        f"    CRC32: 0x{section[-4:].hex().upper()} (OK)",
    ]
    return "\n".join(lines) + "\n"


def _section(section: SpliceInfoSection) -> Iterator[str]:
    encryption = section.encryption_algorithm
    yield f"Protocol version: {section.protocol_version}"
    yield f"Encryption: {_ENCRYPTION.get(encryption, encryption) if encryption else 'none'}"
    yield f"PTS adjustment: {_pts(section.pts_adjustment)}"
    cw_index, tier = section.cw_index, section.tier
    yield f"CW index: 0x{cw_index:02X} ({cw_index}), tier: 0x{tier:03X} ({tier})"
    command_type, data = write_command(section.command)
    size = "unspecified" if section.legacy_command_length else f"{len(data)} bytes"
    name = _COMMANDS.get(type(section.command), "unknown")
    yield f"Command type: 0x{command_type:02X} ({name}), size: {size}"
    yield from _command(section.command, data)
    for number, descriptor in enumerate(section.descriptors):
        yield from _descriptor(number, descriptor)
    yield from _extraneous(section.descriptor_extra + section.stuffing)


def _command(command: SpliceCommand, data: bytes) -> Iterator[str]:
    match command:
        case SpliceNull() | BandwidthReservation():
            pass
        case SpliceInsert():
            yield from _insert(command)
        case TimeSignal():
            yield f"Time: {_time(command.splice_time)}"
        case PrivateCommand():
            yield f"Command identifier: 0x{command.identifier:08X} ({command.identifier:,})"
            if command.private_bytes:
                rest = command.private_bytes
                yield f"Remaining command content ({len(rest)} bytes): {rest.hex(' ').upper()}"
        case _:
            yield from _dump(data)


def _insert(command: SpliceInsert) -> Iterator[str]:
    cancelled = command.splice_event_cancel_indicator
    event_id = command.splice_event_id
    yield f"Splice event id: 0x{event_id:08X} ({event_id}), cancel: {cancelled:d}"
    if cancelled:
        return
    flags = (
        ("Out of network", command.out_of_network_indicator),
        ("program splice", command.components is None),
        ("duration set", command.break_duration is not None),
        ("immediate", command.splice_immediate_flag),
    )
    yield ", ".join(f"{name}: {'yes' if flag else 'no'}" for name, flag in flags)
    if command.splice_time is not None:
        yield f"Time PTS: {_time(command.splice_time)}"
    if command.components is not None:
        yield f"Number of components: {len(command.components)}"
        for one in command.components:
            time = "" if one.splice_time is None else f", time PTS: {_time(one.splice_time)}"
            yield f"  Component tag: 0x{one.component_tag:02X} ({one.component_tag}){time}"
    if command.break_duration is not None:
        yield _duration(command.break_duration)
    program, avail = command.unique_program_id, command.avail_num
    yield (
        f"Unique program id: 0x{program:04X} ({program}), avail: 0x{avail:02X} ({avail}), "
        f"avails expected: {command.avails_expected}"
    )


def _descriptor(number: int, descriptor: SpliceDescriptor) -> Iterator[str]:
    tag, _, *data = write_descriptor(descriptor)
    private = int.from_bytes(bytes(data[:4])) != CUEI
    name = "Private" if private else f"SCTE 35 {_DESCRIPTORS.get(tag, 'Unknown')}"
    yield f"- Descriptor {number}: {name} (0x{tag:02X}, {tag}), {len(data)} bytes"
    lines: Iterator[str]
    match descriptor:
        case AvailDescriptor():
            lines = iter([f"Provider id: 0x{descriptor.provider_avail_id:08X}"])
        case DtmfDescriptor():
            lines = iter(
                [f"Pre-roll: {descriptor.preroll} x 1/10 second", f'DTMF: "{descriptor.dtmf_chars}"']
            )
        case SegmentationDescriptor():
            lines = chain(_segmentation(descriptor), _extraneous(descriptor.extra))
        case _:
            lines = _dump(bytes(data[4:]))
    if len(data) >= 4:
        identifier = bytes(data[:4])
        readable = "".join(chr(one) if 0x20 <= one < 0x7F else "." for one in identifier)
        yield f'  Identifier: 0x{identifier.hex().upper()} ("{readable}")'
    yield from (f"  {line}" for line in lines)


def _segmentation(descriptor: SegmentationDescriptor) -> Iterator[str]:
    cancelled = descriptor.segmentation_event_cancel_indicator
    yield f"Segmentation event id: 0x{descriptor.segmentation_event_id:08X}, cancel: {cancelled:d}"
    if cancelled:
        return
    components, rules = descriptor.components, descriptor.delivery_restrictions
    yield (
        f"Program segmentation: {components is None:d}, "
        f"has duration: {descriptor.segmentation_duration is not None:d}, not restricted: {rules is None:d}"
    )
    if rules is not None:
        yield (
            f"Web delivery allowed: {rules.web_delivery_allowed_flag:d}, "
            f"no regional blackout: {rules.no_regional_blackout_flag:d}"
        )
        devices = rules.device_restrictions
        yield f"Archive allowed: {rules.archive_allowed_flag:d}, device restrictions: {devices}"
    if components is not None:
        yield f"Component count: {len(components)}"
        for one in components:
            yield f"Component tag: {one.component_tag}, PTS offset: {one.pts_offset}"
    if descriptor.segmentation_duration is not None:
        yield f"Segment duration: {descriptor.segmentation_duration}"
    kind, data = descriptor.upid.segmentation_upid_type, descriptor.upid.data
    yield f"Segmentation upid type: 0x{kind:02X} ({_UPID_NAMES.get(kind) or upid_type_name(kind)})"
    if len(data) > _SHORT_DATA:
        yield f"Upid data ({len(data)} bytes):"
        yield from (f"  {line}" for line in _dump(data))
    elif data:
        yield f"Upid data ({len(data)} bytes): {data.hex(' ').upper()}"
    type_id = descriptor.segmentation_type_id
    yield f"Segmentation type id: 0x{type_id:02X} ({segmentation_type_name(type_id)})"
    yield f"Segment number: {descriptor.segment_num}, expected segments: {descriptor.segments_expected}"
    if descriptor.sub_segment_num is not None:
        yield (
            f"Sub-segment number: {descriptor.sub_segment_num}, "
            f"expected sub-segments: {descriptor.sub_segments_expected}"
        )


def _duration(duration: BreakDuration) -> str:
    return f"Duration PTS: {_pts(duration.duration)}, auto return: {'yes' if duration.auto_return else 'no'}"


def _time(time: SpliceTime) -> str:
    return "unset" if time.pts_time is None else _pts(time.pts_time)


def _pts(ticks: int) -> str:
    return f"0x{ticks:09X}" + (f" ({ticks:,}, {ticks * 1000 // PTS_HZ:,} ms)" if ticks else "")


def _extraneous(data: bytes) -> Iterator[str]:
    if data:
        yield f"Extraneous {len(data)} bytes:"
        yield from _dump(data)


def _dump(data: bytes) -> Iterator[str]:
    """Lines of sixteen bytes in hexadecimal and as text."""
    for at in range(0, len(data), _DUMP_BYTES):
        line = data[at : at + _DUMP_BYTES]
        readable = "".join(chr(one) if 0x20 <= one < 0x7F else "." for one in line)
        yield f"{at:04X}:  {line.hex(' ').upper():<{_DUMP_WIDTH}}{readable}"
