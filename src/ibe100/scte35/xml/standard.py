"""Sections in SCTE 35's own XML (ANSI/SCTE 35 2023r1 clause 11), as ESAM, DASH and ad servers carry it.

Element names count, whatever their namespace: there are `…/schemas/35` and `…/schemas/35/2016`, and documents
without any. A `SpliceInfoSection` or a `Binary` may stand anywhere in a document.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.gps_time import from_utc
from ibe100.scte35.section import decode, encode
from ibe100.scte35.values import (
    BandwidthReservation,
    BreakDuration,
    PrivateCommand,
    ScheduleComponent,
    ScheduledEvent,
    SpliceCommand,
    SpliceComponent,
    SpliceDescriptor,
    SpliceInfoSection,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    SpliceTime,
    TimeSignal,
)
from ibe100.scte35.xml.standard_descriptors import DESCRIPTOR_READERS
from ibe100.scte35.xml.values import parse_xml, read_bool, read_hex, read_int, read_optional_int, read_text

_BINARY = frozenset({"Binary", "BinaryData"})
_IGNORED = frozenset({"Ext"})


def from_standard_xml(text: str) -> list[bytes]:
    """The sections of a document, in its order. Raises SpliceDecodeError for none, or a bad one."""
    root = parse_xml(text)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    sections = list(_sections(root))
    if not sections:
        raise SpliceDecodeError("xml", f"<{root.tag}> has neither a SpliceInfoSection nor a Binary")
    return sections


def _sections(root: Element) -> Iterator[bytes]:
    for element in root.iter():
        if element.tag == "SpliceInfoSection":
            yield encode(_read_section(element))
        elif element.tag in _BINARY:
            yield _read_binary(element)


def _read_binary(element: Element) -> bytes:
    try:
        section = base64.b64decode("".join((element.text or "").split()), validate=True)
    except binascii.Error as error:
        raise SpliceDecodeError(element.tag, f"is no base64: {error}") from error
    decode(section)
    return section


def _read_section(element: Element) -> SpliceInfoSection:
    commands: list[SpliceCommand] = []
    descriptors: list[SpliceDescriptor] = []
    for child in element:
        if child.tag in _COMMAND_READERS:
            commands.append(_COMMAND_READERS[child.tag](child))
        elif child.tag in DESCRIPTOR_READERS:
            descriptors.append(DESCRIPTOR_READERS[child.tag](child))
        elif child.tag not in _IGNORED:
            raise SpliceDecodeError("SpliceInfoSection", f"<{child.tag}> is not read here")
    if len(commands) != 1:
        raise SpliceDecodeError("SpliceInfoSection", f"has {len(commands)} commands instead of one")
    return SpliceInfoSection(
        commands[0],
        tuple(descriptors),
        read_int(element, "ptsAdjustment", 0),
        read_int(element, "tier", 0xFFF),
        sap_type=read_int(element, "sapType", 3),
        protocol_version=read_int(element, "protocolVersion", 0),
    )


def _read_insert(element: Element) -> SpliceInsert:
    event_id = read_int(element, "spliceEventId")
    if read_bool(element, "spliceEventCancelIndicator", False):
        return SpliceInsert(event_id, True)
    immediate = read_bool(element, "spliceImmediateFlag", False)
    components = tuple(
        SpliceComponent(read_int(one, "componentTag"), None if immediate else _read_time(one))
        for one in element.findall("Component")
    )
    program = element.find("Program")
    timed = None if immediate or components else SpliceTime() if program is None else _read_time(program)
    return SpliceInsert(
        event_id,
        out_of_network_indicator=read_bool(element, "outOfNetworkIndicator", False),
        splice_immediate_flag=immediate,
        event_id_compliance_flag=read_bool(element, "eventIdComplianceFlag", True),
        splice_time=timed,
        components=components or None,
        break_duration=_read_duration(element),
        unique_program_id=read_int(element, "uniqueProgramId", 0),
        avail_num=read_int(element, "availNum", 0),
        avails_expected=read_int(element, "availsExpected", 0),
    )


def _read_schedule(element: Element) -> SpliceSchedule:
    return SpliceSchedule(tuple(map(_read_event, element.findall("Event"))))


def _read_event(element: Element) -> ScheduledEvent:
    event_id = read_int(element, "spliceEventId")
    if read_bool(element, "spliceEventCancelIndicator", False):
        return ScheduledEvent(event_id, True)
    program = element.find("Program")
    components = tuple(
        ScheduleComponent(read_int(one, "componentTag"), _read_utc(one))
        for one in element.findall("Component")
    )
    return ScheduledEvent(
        event_id,
        event_id_compliance_flag=read_bool(element, "eventIdComplianceFlag", True),
        out_of_network_indicator=read_bool(element, "outOfNetworkIndicator", False),
        utc_splice_time=None if program is None else _read_utc(program),
        components=components if program is None else None,
        break_duration=_read_duration(element),
        unique_program_id=read_int(element, "uniqueProgramId", 0),
        avail_num=read_int(element, "availNum", 0),
        avails_expected=read_int(element, "availsExpected", 0),
    )


def _read_time(element: Element) -> SpliceTime:
    found = element.find("SpliceTime")
    return SpliceTime() if found is None else SpliceTime(read_optional_int(found, "ptsTime"))


def _read_duration(element: Element) -> BreakDuration | None:
    found = element.find("BreakDuration")
    if found is None:
        return None
    return BreakDuration(read_bool(found, "autoReturn", False), read_int(found, "duration"))


def _read_utc(element: Element) -> int:
    text = read_text(element, "utcSpliceTime")
    try:
        return from_utc(datetime.fromisoformat(text.strip()))
    except ValueError as error:
        raise SpliceDecodeError(f"{element.tag}.utcSpliceTime", str(error)) from error


def _read_private(element: Element) -> PrivateCommand:
    found = element.find("PrivateBytes")
    return PrivateCommand(read_int(element, "identifier"), b"" if found is None else read_hex(found))


_COMMAND_READERS: dict[str, Callable[[Element], SpliceCommand]] = {
    "SpliceNull": lambda element: SpliceNull(),
    "SpliceSchedule": _read_schedule,
    "SpliceInsert": _read_insert,
    "TimeSignal": lambda element: TimeSignal(_read_time(element)),
    "BandwidthReservation": lambda element: BandwidthReservation(),
    "PrivateCommand": _read_private,
}
