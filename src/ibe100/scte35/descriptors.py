"""Splice descriptors: bytes to values and back (ANSI/SCTE 35 2023r1 clause 10)."""

from collections.abc import Callable

from ibe100.mpegts.timestamps import PTS_MODULO
from ibe100.scte35.bits import Reader, fit
from ibe100.scte35.construction import fast_constructor
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.values import (
    CUEI,
    PTS_BITS,
    AudioComponent,
    AudioDescriptor,
    AvailDescriptor,
    DeliveryRestrictions,
    DtmfDescriptor,
    RawDescriptor,
    SegmentationComponent,
    SegmentationDescriptor,
    SegmentationUpid,
    SpliceDescriptor,
    TimeDescriptor,
)

_CUEI_BYTES = CUEI.to_bytes(4, "big")
_PTS_MASK = PTS_MODULO - 1

_segmentation_upid = fast_constructor(SegmentationUpid)
_segmentation_descriptor = fast_constructor(SegmentationDescriptor)


def read_descriptors(loop: bytes) -> tuple[tuple[SpliceDescriptor, ...], bytes]:
    """The descriptors of a loop, and the bytes at its end that make no whole descriptor."""
    descriptors: list[SpliceDescriptor] = []
    at = 0
    while at + 2 <= len(loop):
        end = at + 2 + loop[at + 1]
        if end > len(loop):
            break
        descriptors.append(read_descriptor(loop[at], loop[at + 2 : end]))
        at = end
    return tuple(descriptors), loop[at:]


def read_descriptor(tag: int, data: bytes) -> SpliceDescriptor:
    """One descriptor from its tag and the bytes after descriptor_length; what cannot be read stays raw."""
    known = _READERS.get(tag)
    if known is None or data[:4] != _CUEI_BYTES:
        return RawDescriptor(tag, data, "" if len(data) >= 4 else "too short for an identifier")
    name, read = known
    reader = Reader(data, name, 4)
    try:
        descriptor = read(reader)
    except SpliceDecodeError as error:
        return RawDescriptor(tag, data, error.what)
    if reader.left:
        return RawDescriptor(tag, data, f"{reader.left} bytes more than its fields need")
    return descriptor


def write_descriptor(descriptor: SpliceDescriptor) -> bytes:
    """The whole descriptor, tag and length first; raises SpliceDecodeError where a value does not fit."""
    match descriptor:
        case SegmentationDescriptor():
            tag, data = 0x02, _CUEI_BYTES + _write_segmentation(descriptor)
        case AvailDescriptor():
            avail = fit(descriptor.provider_avail_id, 32, "avail_descriptor.provider_avail_id")
            tag, data = 0x00, _CUEI_BYTES + avail.to_bytes(4, "big")
        case DtmfDescriptor():
            tag, data = 0x01, _CUEI_BYTES + _write_dtmf(descriptor)
        case TimeDescriptor():
            tag, data = 0x03, _CUEI_BYTES + _write_time(descriptor)
        case AudioDescriptor():
            tag, data = 0x04, _CUEI_BYTES + _write_audio(descriptor)
        case RawDescriptor():
            tag, data = fit(descriptor.splice_descriptor_tag, 8, "splice_descriptor_tag"), descriptor.data
    return bytes((tag, fit(len(data), 8, "descriptor_length"))) + data


def _read_dtmf(reader: Reader) -> DtmfDescriptor:
    preroll, counts = reader.byte(), reader.byte()
    return DtmfDescriptor(preroll, reader.take(counts >> 5).decode("latin-1"), ~counts & 0x1F)


def _write_dtmf(descriptor: DtmfDescriptor) -> bytes:
    where = "DTMF_descriptor"
    chars = latin(descriptor.dtmf_chars, f"{where}.DTMF_char")
    counts = fit(len(chars), 3, where, "dtmf_count") << 5 | 0x1F & ~descriptor.reserved_cleared
    return bytes((fit(descriptor.preroll, 8, where, "preroll"), counts)) + chars


def _read_time(reader: Reader) -> TimeDescriptor:
    return TimeDescriptor(reader.uint(6), reader.uint(4), reader.uint(2))


def _write_time(descriptor: TimeDescriptor) -> bytes:
    where = "time_descriptor"
    return (
        fit(descriptor.tai_seconds, 48, where, "TAI_seconds").to_bytes(6, "big")
        + fit(descriptor.tai_ns, 32, where, "TAI_ns").to_bytes(4, "big")
        + fit(descriptor.utc_offset, 16, where, "UTC_offset").to_bytes(2, "big")
    )


def _read_audio(reader: Reader) -> AudioDescriptor:
    counts = reader.byte()
    components = []
    for _ in range(counts >> 4):
        tag, language, modes = reader.byte(), reader.take(3).decode("latin-1"), reader.byte()
        components.append(AudioComponent(tag, language, modes >> 5, modes >> 1 & 0x0F, modes & 1 == 1))
    return AudioDescriptor(tuple(components), ~counts & 0x0F)


def _write_audio(descriptor: AudioDescriptor) -> bytes:
    where = "audio_descriptor"
    count = fit(len(descriptor.components), 4, where, "audio_count")
    parts = [bytes((count << 4 | 0x0F & ~descriptor.reserved_cleared,))]
    for component in descriptor.components:
        language = latin(component.iso_code, f"{where}.ISO_code")
        if len(language) != 3:
            raise SpliceDecodeError(f"{where}.ISO_code", f"{component.iso_code!r} is not three letters")
        modes = (
            fit(component.bit_stream_mode, 3, where, "Bit_Stream_Mode") << 5
            | fit(component.num_channels, 4, where, "Num_Channels") << 1
            | component.full_srvc_audio
        )
        tag = fit(component.component_tag, 8, where, "component_tag")
        parts.append(bytes((tag,)) + language + bytes((modes,)))
    return b"".join(parts)


def _read_segmentation(reader: Reader) -> SegmentationDescriptor:
    head = reader.uint(5)
    event_id = head >> 8
    compliance = head & 0x40 != 0
    cleared = (~head & 0x3F) << 8
    if head & 0x80:
        return _segmentation_descriptor(
            event_id, True, compliance, reserved_cleared=cleared, extra=reader.rest()
        )
    flags = reader.byte()
    restrictions: DeliveryRestrictions | None = None
    if flags & 0x20:
        cleared |= ~flags & 0x1F
    else:
        restrictions = DeliveryRestrictions(
            flags & 0x10 != 0, flags & 0x08 != 0, flags & 0x04 != 0, flags & 0x03
        )
    components: tuple[SegmentationComponent, ...] | None = None
    if not flags & 0x80:
        components = tuple(_read_component(reader) for _ in range(reader.byte()))
    duration = reader.uint(5) if flags & 0x40 else None
    upid_type, upid_length = reader.take(2)
    upid = _segmentation_upid(upid_type, reader.take(upid_length))
    type_id, number, expected = reader.take(3)
    sub_number = sub_expected = None
    if reader.left >= 2:
        sub_number, sub_expected = reader.take(2)
    return _segmentation_descriptor(
        event_id,
        False,
        compliance,
        restrictions,
        components,
        duration,
        upid,
        type_id,
        number,
        expected,
        sub_number,
        sub_expected,
        cleared,
        reader.rest(),
    )


def _read_component(reader: Reader) -> SegmentationComponent:
    tag, field = reader.byte(), reader.uint(5)
    return SegmentationComponent(tag, field & _PTS_MASK, ~(field >> 33) & 0x7F)


def _write_segmentation(descriptor: SegmentationDescriptor) -> bytes:
    where = "segmentation_descriptor"
    cancel = descriptor.segmentation_event_cancel_indicator
    first = cancel << 7 | descriptor.segmentation_event_id_compliance_indicator << 6 | 0x3F
    head = fit(descriptor.segmentation_event_id, 32, where, "segmentation_event_id") << 8
    head |= first & ~(descriptor.reserved_cleared >> 8)
    if cancel:
        return head.to_bytes(5, "big") + descriptor.extra
    parts = [(head << 8 | _segmentation_flags(descriptor)).to_bytes(6, "big")]
    if descriptor.components is not None:
        parts.append(bytes((fit(len(descriptor.components), 8, where, "component_count"),)))
        for component in descriptor.components:
            offset = fit(component.pts_offset, PTS_BITS, where, "pts_offset")
            high = fit(component.component_tag, 8, where, "component_tag") << 7
            field = (high | 0x7F & ~component.reserved_cleared) << 33 | offset
            parts.append(field.to_bytes(6, "big"))
    if descriptor.segmentation_duration is not None:
        duration = fit(descriptor.segmentation_duration, 40, where, "segmentation_duration")
        parts.append(duration.to_bytes(5, "big"))
    upid = descriptor.upid
    tail = [
        fit(descriptor.segmentation_type_id, 8, where, "segmentation_type_id"),
        fit(descriptor.segment_num, 8, where, "segment_num"),
        fit(descriptor.segments_expected, 8, where, "segments_expected"),
    ]
    sub_number, sub_expected = descriptor.sub_segment_num, descriptor.sub_segments_expected
    if sub_number is not None and sub_expected is not None:
        tail.append(fit(sub_number, 8, where, "sub_segment_num"))
        tail.append(fit(sub_expected, 8, where, "sub_segments_expected"))
    elif sub_number is not None or sub_expected is not None:
        raise SpliceDecodeError(f"{where}.sub_segment_num", "goes together with sub_segments_expected")
    upid_type = fit(upid.segmentation_upid_type, 8, where, "segmentation_upid_type")
    parts.append(bytes((upid_type, fit(len(upid.data), 8, where, "segmentation_upid_length"))))
    parts.append(upid.data)
    parts.append(bytes(tail))
    parts.append(descriptor.extra)
    return b"".join(parts)


def _segmentation_flags(descriptor: SegmentationDescriptor) -> int:
    where = "segmentation_descriptor"
    flags = (descriptor.components is None) << 7 | (descriptor.segmentation_duration is not None) << 6
    restrictions = descriptor.delivery_restrictions
    if restrictions is None:
        flags |= 0x3F & ~(descriptor.reserved_cleared & 0x1F)
    else:
        flags |= (
            restrictions.web_delivery_allowed_flag << 4
            | restrictions.no_regional_blackout_flag << 3
            | restrictions.archive_allowed_flag << 2
            | fit(restrictions.device_restrictions, 2, where, "device_restrictions")
        )
    return flags


def latin(text: str, where: str) -> bytes:
    """One byte for each character; raises SpliceDecodeError for a character that has none."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise SpliceDecodeError(where, f"{text!r} has characters beyond one byte") from error


_READERS: dict[int, tuple[str, Callable[[Reader], SpliceDescriptor]]] = {
    0x00: ("avail_descriptor", lambda reader: AvailDescriptor(reader.uint(4))),
    0x01: ("DTMF_descriptor", _read_dtmf),
    0x02: ("segmentation_descriptor", _read_segmentation),
    0x03: ("time_descriptor", _read_time),
    0x04: ("audio_descriptor", _read_audio),
}
