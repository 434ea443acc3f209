"""Splice commands: bytes to values and back (ANSI/SCTE 35 2023r1 clause 9.7)."""

from collections.abc import Callable

from ibe100.mpegts.timestamps import PTS_MODULO
from ibe100.scte35.bits import Reader, fit
from ibe100.scte35.construction import fast_constructor
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.values import (
    PTS_BITS,
    BandwidthReservation,
    BreakDuration,
    PrivateCommand,
    RawCommand,
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

_PTS_MASK = PTS_MODULO - 1

_splice_time = fast_constructor(SpliceTime)
_break_duration = fast_constructor(BreakDuration)
_splice_insert = fast_constructor(SpliceInsert)
_scheduled_event = fast_constructor(ScheduledEvent)


def read_command(splice_command_type: int, reader: Reader) -> SpliceCommand:
    """The command at the reader; raises SpliceDecodeError where it is reserved or cut short."""
    read = _READERS.get(splice_command_type)
    if read is None:
        raise SpliceDecodeError("splice_command_type", f"0x{splice_command_type:02X} is reserved")
    return read(reader)


def write_command(command: SpliceCommand) -> tuple[int, bytes]:
    """splice_command_type and the command's bytes; raises SpliceDecodeError where a value does not fit."""
    match command:
        case SpliceInsert():
            return 0x05, _write_insert(command)
        case TimeSignal():
            return 0x06, _write_time(command.splice_time, "time_signal.splice_time")
        case SpliceNull():
            return 0x00, b""
        case SpliceSchedule():
            count = fit(len(command.events), 8, "splice_schedule.splice_count")
            return 0x04, bytes((count,)) + b"".join(map(_write_event, command.events))
        case BandwidthReservation():
            return 0x07, b""
        case PrivateCommand():
            identifier = fit(command.identifier, 32, "private_command.identifier")
            return 0xFF, identifier.to_bytes(4, "big") + command.private_bytes
        case RawCommand():
            return fit(command.splice_command_type, 8, "splice_command_type"), command.data
    raise SpliceDecodeError("splice_command", "an encrypted part is no command")


def _read_time(reader: Reader) -> SpliceTime:
    first = reader.byte()
    if not first & 0x80:
        return _splice_time(None, ~first & 0x7F)
    return _splice_time((first & 1) << 32 | reader.uint(4), ~first & 0x7E)


def _write_time(time: SpliceTime, where: str) -> bytes:
    if time.pts_time is None:
        return bytes((0x7F & ~time.reserved_cleared,))
    high = 0xFE & ~(time.reserved_cleared & 0x7E)
    return (high << 32 | fit(time.pts_time, PTS_BITS, where, "pts_time")).to_bytes(5, "big")


def _read_duration(reader: Reader) -> BreakDuration:
    field = reader.uint(5)
    return _break_duration(field >> 39 == 1, field & _PTS_MASK, ~(field >> 32) & 0x7E)


def _write_duration(duration: BreakDuration, where: str) -> bytes:
    high = duration.auto_return << 7 | 0x7E & ~duration.reserved_cleared
    return (high << 32 | fit(duration.duration, PTS_BITS, where, "break_duration")).to_bytes(5, "big")


def _read_insert(reader: Reader) -> SpliceInsert:
    head = reader.uint(5)
    event_id = head >> 8
    cleared = (~head & 0x7F) << 8
    if head & 0x80:
        return _splice_insert(event_id, True, reserved_cleared=cleared)
    flags = reader.byte()
    immediate = flags & 0x10 != 0
    time: SpliceTime | None = None
    components: tuple[SpliceComponent, ...] | None = None
    if flags & 0x40:
        time = None if immediate else _read_time(reader)
    else:
        components = tuple(
            SpliceComponent(reader.byte(), None if immediate else _read_time(reader))
            for _ in range(reader.byte())
        )
    duration = _read_duration(reader) if flags & 0x20 else None
    avail = reader.uint(4)
    return _splice_insert(
        event_id,
        False,
        flags & 0x80 != 0,
        immediate,
        flags & 0x08 != 0,
        time,
        components,
        duration,
        avail >> 16,
        avail >> 8 & 0xFF,
        avail & 0xFF,
        cleared | ~flags & 0x07,
    )


def _write_insert(command: SpliceInsert) -> bytes:
    where = "splice_insert"
    cancel = command.splice_event_cancel_indicator
    first = 0xFF if cancel else 0x7F
    head = fit(command.splice_event_id, 32, where, "splice_event_id") << 8
    parts = [(head | first & ~(command.reserved_cleared >> 8)).to_bytes(5, "big")]
    if cancel:
        return parts[0]
    immediate = command.splice_immediate_flag
    flags = (
        command.out_of_network_indicator << 7
        | (command.components is None) << 6
        | (command.break_duration is not None) << 5
        | immediate << 4
        | command.event_id_compliance_flag << 3
        | 0x07 & ~command.reserved_cleared
    )
    parts.append(bytes((flags,)))
    if command.components is None:
        if immediate != (command.splice_time is None):
            raise SpliceDecodeError(
                f"{where}.splice_time", "is there exactly when the splice is not immediate"
            )
        if command.splice_time is not None:
            parts.append(_write_time(command.splice_time, where))
    else:
        parts.append(_write_components(command.components, immediate))
    if command.break_duration is not None:
        parts.append(_write_duration(command.break_duration, where))
    parts.append(_write_avail(command, where))
    return b"".join(parts)


def _write_components(components: tuple[SpliceComponent, ...], immediate: bool) -> bytes:
    where = "splice_insert"
    parts = [bytes((fit(len(components), 8, where, "component_count"),))]
    for component in components:
        parts.append(bytes((fit(component.component_tag, 8, where, "component_tag"),)))
        if immediate != (component.splice_time is None):
            raise SpliceDecodeError(
                f"{where}.component.splice_time", "is there exactly when the splice is not immediate"
            )
        if component.splice_time is not None:
            parts.append(_write_time(component.splice_time, f"{where}.component"))
    return b"".join(parts)


def _write_avail(event: SpliceInsert | ScheduledEvent, where: str) -> bytes:
    return (
        fit(event.unique_program_id, 16, where, "unique_program_id") << 16
        | fit(event.avail_num, 8, where, "avail_num") << 8
        | fit(event.avails_expected, 8, where, "avails_expected")
    ).to_bytes(4, "big")


def _read_event(reader: Reader) -> ScheduledEvent:
    head = reader.uint(5)
    event_id = head >> 8
    compliance = head & 0x40 != 0
    cleared = (~head & 0x3F) << 8
    if head & 0x80:
        return _scheduled_event(event_id, True, compliance, reserved_cleared=cleared)
    flags = reader.byte()
    utc_splice_time: int | None = None
    components: tuple[ScheduleComponent, ...] | None = None
    if flags & 0x40:
        utc_splice_time = reader.uint(4)
    else:
        count = reader.byte()
        components = tuple(ScheduleComponent(reader.byte(), reader.uint(4)) for _ in range(count))
    duration = _read_duration(reader) if flags & 0x20 else None
    avail = reader.uint(4)
    return _scheduled_event(
        event_id,
        False,
        compliance,
        flags & 0x80 != 0,
        utc_splice_time,
        components,
        duration,
        avail >> 16,
        avail >> 8 & 0xFF,
        avail & 0xFF,
        cleared | ~flags & 0x1F,
    )


def _write_event(event: ScheduledEvent) -> bytes:
    where = "splice_schedule"
    first = event.splice_event_cancel_indicator << 7 | event.event_id_compliance_flag << 6 | 0x3F
    head = fit(event.splice_event_id, 32, where, "splice_event_id") << 8
    parts = [(head | first & ~(event.reserved_cleared >> 8)).to_bytes(5, "big")]
    if event.splice_event_cancel_indicator:
        return parts[0]
    if (event.utc_splice_time is None) == (event.components is None):
        raise SpliceDecodeError(f"{where}.utc_splice_time", "either the event or its components have one")
    flags = (
        event.out_of_network_indicator << 7
        | (event.components is None) << 6
        | (event.break_duration is not None) << 5
        | 0x1F & ~event.reserved_cleared
    )
    parts.append(bytes((flags,)))
    if event.utc_splice_time is not None:
        parts.append(fit(event.utc_splice_time, 32, where, "utc_splice_time").to_bytes(4, "big"))
    if event.components is not None:
        parts.append(bytes((fit(len(event.components), 8, where, "component_count"),)))
        for component in event.components:
            tag = fit(component.component_tag, 8, where, "component_tag")
            time = fit(component.utc_splice_time, 32, where, "utc_splice_time")
            parts.append((tag << 32 | time).to_bytes(5, "big"))
    if event.break_duration is not None:
        parts.append(_write_duration(event.break_duration, where))
    parts.append(_write_avail(event, where))
    return b"".join(parts)


_READERS: dict[int, Callable[[Reader], SpliceCommand]] = {
    0x00: lambda reader: SpliceNull(),
    0x04: lambda reader: SpliceSchedule(tuple(_read_event(reader) for _ in range(reader.byte()))),
    0x05: _read_insert,
    0x06: lambda reader: TimeSignal(_read_time(reader)),
    0x07: lambda reader: BandwidthReservation(),
    0xFF: lambda reader: PrivateCommand(reader.uint(4), reader.rest()),
}
