"""Splice commands in TSDuck's XML dialect."""

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.gps_time import from_utc_text, utc_text
from ibe100.scte35.values import (
    BandwidthReservation,
    BreakDuration,
    PrivateCommand,
    ScheduleComponent,
    ScheduledEvent,
    SpliceCommand,
    SpliceComponent,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    SpliceTime,
    TimeSignal,
)
from ibe100.scte35.xml.values import (
    boolean,
    decimal,
    hexadecimal,
    read_bool,
    read_hex,
    read_int,
    read_optional_int,
    read_optional_text,
    read_text,
)


def write_command(table: Element, command: SpliceCommand) -> None:
    """Add the command's element to its table."""
    match command:
        case SpliceNull():
            SubElement(table, "splice_null")
        case BandwidthReservation():
            SubElement(table, "bandwidth_reservation")
        case TimeSignal():
            _set_time(SubElement(table, "time_signal"), command.splice_time)
        case SpliceInsert():
            _write_insert(SubElement(table, "splice_insert"), command)
        case SpliceSchedule():
            schedule = SubElement(table, "splice_schedule")
            for event in command.events:
                _write_event(SubElement(schedule, "splice_event"), event)
        case PrivateCommand():
            private = SubElement(table, "private_command", identifier=hexadecimal(command.identifier, 8))
            private.text = command.private_bytes.hex(" ").upper()
        case _:
            raise SpliceDecodeError("xml", "TSDuck's dialect has no element for this command")


def _set_time(element: Element, time: SpliceTime | None) -> None:
    if time is not None and time.pts_time is not None:
        element.set("pts_time", decimal(time.pts_time))


def _write_insert(element: Element, command: SpliceInsert) -> None:
    element.set("splice_event_id", hexadecimal(command.splice_event_id, 8))
    element.set("splice_event_cancel", boolean(command.splice_event_cancel_indicator))
    if command.splice_event_cancel_indicator:
        return
    element.set("out_of_network", boolean(command.out_of_network_indicator))
    element.set("splice_immediate", boolean(command.splice_immediate_flag))
    _write_avail(element, command)
    _set_time(element, command.splice_time)
    _write_duration(element, command.break_duration)
    for component in command.components or ():
        child = SubElement(element, "component", component_tag=decimal(component.component_tag))
        _set_time(child, component.splice_time)


def _write_event(element: Element, event: ScheduledEvent) -> None:
    element.set("splice_event_id", hexadecimal(event.splice_event_id, 8))
    element.set("splice_event_cancel", boolean(event.splice_event_cancel_indicator))
    if event.splice_event_cancel_indicator:
        return
    element.set("out_of_network", boolean(event.out_of_network_indicator))
    if event.utc_splice_time is not None:
        element.set("utc_splice_time", _utc(event.utc_splice_time))
    _write_avail(element, event)
    _write_duration(element, event.break_duration)
    for component in event.components or ():
        child = SubElement(element, "component", component_tag=decimal(component.component_tag))
        child.set("utc_splice_time", _utc(component.utc_splice_time))


def _utc(utc_splice_time: int) -> str:
    """The time in TSDuck's form: a date and time, where there is one."""
    return utc_text(utc_splice_time) or str(utc_splice_time)


def _read_utc(element: Element, *, is_required: bool = False) -> int | None:
    """A date and time, or the seconds themselves."""
    name = "utc_splice_time"
    text = read_text(element, name) if is_required else read_optional_text(element, name)
    if text is None or ":" not in text:
        return read_optional_int(element, name)
    try:
        return from_utc_text(text)
    except ValueError as error:
        raise SpliceDecodeError(f"{element.tag}.{name}", str(error)) from error


def _write_avail(element: Element, event: SpliceInsert | ScheduledEvent) -> None:
    element.set("unique_program_id", hexadecimal(event.unique_program_id, 4))
    element.set("avail_num", decimal(event.avail_num))
    element.set("avails_expected", decimal(event.avails_expected))


def _write_duration(element: Element, duration: BreakDuration | None) -> None:
    if duration is not None:
        child = SubElement(element, "break_duration", auto_return=boolean(duration.auto_return))
        child.set("duration", decimal(duration.duration))


def _read_insert(element: Element) -> SpliceInsert:
    event_id = read_int(element, "splice_event_id")
    if read_bool(element, "splice_event_cancel", False):
        return SpliceInsert(event_id, True)
    immediate = read_bool(element, "splice_immediate", False)
    components = tuple(
        SpliceComponent(
            read_int(child, "component_tag"),
            None if immediate else SpliceTime(read_optional_int(child, "pts_time")),
        )
        for child in _children(element, "component")
    )
    pts_time = read_optional_int(element, "pts_time")
    time = None if immediate or components else SpliceTime(pts_time)
    return SpliceInsert(
        event_id,
        out_of_network_indicator=read_bool(element, "out_of_network"),
        splice_immediate_flag=immediate,
        splice_time=time,
        components=components or None,
        break_duration=_read_duration(element),
        unique_program_id=read_int(element, "unique_program_id"),
        avail_num=read_int(element, "avail_num", 0),
        avails_expected=read_int(element, "avails_expected", 0),
    )


def _read_schedule(element: Element) -> SpliceSchedule:
    return SpliceSchedule(tuple(map(_read_event, _children(element, "splice_event"))))


def _read_event(element: Element) -> ScheduledEvent:
    event_id = read_int(element, "splice_event_id")
    if read_bool(element, "splice_event_cancel", False):
        return ScheduledEvent(event_id, True)
    utc_splice_time = _read_utc(element)
    components = tuple(
        ScheduleComponent(read_int(child, "component_tag"), time)
        for child in _children(element, "component")
        if (time := _read_utc(child, is_required=True)) is not None
    )
    return ScheduledEvent(
        event_id,
        out_of_network_indicator=read_bool(element, "out_of_network"),
        utc_splice_time=utc_splice_time,
        components=components if utc_splice_time is None else None,
        break_duration=_read_duration(element),
        unique_program_id=read_int(element, "unique_program_id"),
        avail_num=read_int(element, "avail_num", 0),
        avails_expected=read_int(element, "avails_expected", 0),
    )


def _read_duration(element: Element) -> BreakDuration | None:
    found = _children(element, "break_duration")
    return (
        BreakDuration(read_bool(found[0], "auto_return"), read_int(found[0], "duration")) if found else None
    )


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if child.tag.lower() == name]


COMMAND_READERS: dict[str, Callable[[Element], SpliceCommand]] = {
    "splice_null": lambda element: SpliceNull(),
    "splice_schedule": _read_schedule,
    "splice_insert": _read_insert,
    "time_signal": lambda element: TimeSignal(SpliceTime(read_optional_int(element, "pts_time"))),
    "bandwidth_reservation": lambda element: BandwidthReservation(),
    "private_command": lambda element: PrivateCommand(read_int(element, "identifier"), read_hex(element)),
}
"""Element name in lower case to the reader of that command."""
