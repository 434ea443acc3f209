"""Faults against the standard in a section that can be read."""

from dataclasses import fields, is_dataclass

from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.segmentation import upid_fault
from ibe100.scte35.values import (
    DtmfDescriptor,
    EncryptedPart,
    RawCommand,
    RawDescriptor,
    SegmentationDescriptor,
    SpliceInfoSection,
)


def find_faults(section: SpliceInfoSection) -> list[SpliceDecodeError]:
    """Every fault of a section, most serious first; empty for one that keeps to SCTE 35 2023r1."""
    found: list[SpliceDecodeError] = []

    def note(where: str, what: str) -> None:
        found.append(SpliceDecodeError(where, what))

    if isinstance(section.command, RawCommand):
        note("splice_command", section.command.fault)
    for number, descriptor in enumerate(section.descriptors):
        where = f"splice_descriptor[{number}]"
        if isinstance(descriptor, RawDescriptor) and descriptor.fault:
            note(where, descriptor.fault)
        elif isinstance(descriptor, SegmentationDescriptor):
            if fault := upid_fault(descriptor.upid):
                note(f"{where}.segmentation_upid", fault)
            if descriptor.extra:
                note(where, f"{len(descriptor.extra)} bytes more than its fields need")
        elif isinstance(descriptor, DtmfDescriptor) and set(descriptor.dtmf_chars) - set("0123456789*#"):
            note(f"{where}.DTMF_char", f"{descriptor.dtmf_chars!r} has more than digits, * and #")
    if section.command_extra:
        note("splice_command_length", f"{len(section.command_extra)} bytes more than the command needs")
    if section.descriptor_extra:
        note("descriptor_loop_length", f"{len(section.descriptor_extra)} bytes at its end are no descriptor")
    if section.legacy_command_length:
        note("splice_command_length", "0xFFF is for receivers of old sections only")
    if section.protocol_version:
        note("protocol_version", f"{section.protocol_version} instead of 0")
    if section.section_syntax_indicator:
        note("section_syntax_indicator", "1 instead of 0")
    if section.private_indicator:
        note("private_indicator", "1 instead of 0")
    if section.stuffing and not isinstance(section.command, EncryptedPart):
        note("alignment_stuffing", f"{len(section.stuffing)} bytes in a section that is not encrypted")
    for where in _cleared_bits(section, "splice_info_section"):
        note(where, "reserved bits are not all 1")
    return found


def _cleared_bits(value: object, where: str) -> list[str]:
    """Paths in a tree of values where reserved bits were received as 0."""
    if isinstance(value, tuple):
        return [
            found for number, item in enumerate(value) for found in _cleared_bits(item, f"{where}[{number}]")
        ]
    if not is_dataclass(value):
        return []
    found = [where] if getattr(value, "reserved_cleared", 0) else []
    for field in fields(value):
        found += _cleared_bits(getattr(value, field.name), f"{where}.{field.name}")
    return found
