"""Splice descriptors in TSDuck's XML dialect."""

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

from ibe100.scte35 import descriptors
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.values import (
    CUEI,
    AudioComponent,
    AudioDescriptor,
    AvailDescriptor,
    DeliveryRestrictions,
    DtmfDescriptor,
    SegmentationComponent,
    SegmentationDescriptor,
    SegmentationUpid,
    SpliceDescriptor,
    TimeDescriptor,
)
from ibe100.scte35.xml.values import (
    boolean,
    decimal,
    hexadecimal,
    read_bool,
    read_hex,
    read_int,
    read_optional_int,
    read_text,
)

_IDENTIFIER = hexadecimal(CUEI, 8)

# TSDuck wants sub-segments on these types, where the standard lets descriptor_length decide.
_WITH_SUB_SEGMENTS = frozenset({0x34, 0x36})


def write_descriptor(table: Element, descriptor: SpliceDescriptor) -> None:
    """Add the descriptor's element to its table; generic_descriptor where the dialect has no other."""
    match descriptor:
        case AvailDescriptor():
            element = SubElement(table, "splice_avail_descriptor", identifier=_IDENTIFIER)
            element.set("provider_avail_id", hexadecimal(descriptor.provider_avail_id, 8))
        case DtmfDescriptor():
            element = SubElement(table, "splice_DTMF_descriptor", identifier=_IDENTIFIER)
            element.set("preroll", decimal(descriptor.preroll))
            element.set("DTMF", descriptor.dtmf_chars)
        case TimeDescriptor():
            element = SubElement(table, "splice_time_descriptor", identifier=_IDENTIFIER)
            element.set("TAI_seconds", decimal(descriptor.tai_seconds))
            element.set("TAI_ns", decimal(descriptor.tai_ns))
            element.set("UTC_offset", decimal(descriptor.utc_offset))
        case AudioDescriptor():
            _write_audio(SubElement(table, "splice_audio_descriptor", identifier=_IDENTIFIER), descriptor)
        case SegmentationDescriptor() if _expressible(descriptor):
            element = SubElement(table, "splice_segmentation_descriptor", identifier=_IDENTIFIER)
            _write_segmentation(element, descriptor)
        case _:
            data = descriptors.write_descriptor(descriptor)
            element = SubElement(table, "generic_descriptor", {"tag": hexadecimal(data[0], 2)})
            element.text = data[2:].hex(" ").upper()


def _expressible(descriptor: SegmentationDescriptor) -> bool:
    if descriptor.segmentation_event_cancel_indicator:
        return True
    wants_sub_segments = descriptor.segmentation_type_id in _WITH_SUB_SEGMENTS
    return not descriptor.extra and wants_sub_segments == (descriptor.sub_segment_num is not None)


def _write_audio(element: Element, descriptor: AudioDescriptor) -> None:
    for component in descriptor.components:
        child = SubElement(element, "audio", component_tag=decimal(component.component_tag))
        child.set("ISO_code", component.iso_code)
        child.set("Bit_Stream_Mode", decimal(component.bit_stream_mode))
        child.set("Num_Channels", decimal(component.num_channels))
        child.set("Full_Srvc_Audio", boolean(component.full_srvc_audio))


def _write_segmentation(element: Element, descriptor: SegmentationDescriptor) -> None:
    element.set("segmentation_event_id", hexadecimal(descriptor.segmentation_event_id, 8))
    element.set("segmentation_event_cancel", boolean(descriptor.segmentation_event_cancel_indicator))
    if descriptor.segmentation_event_cancel_indicator:
        return
    restrictions = descriptor.delivery_restrictions
    if restrictions is not None:
        element.set("web_delivery_allowed", boolean(restrictions.web_delivery_allowed_flag))
        element.set("no_regional_blackout", boolean(restrictions.no_regional_blackout_flag))
        element.set("archive_allowed", boolean(restrictions.archive_allowed_flag))
        element.set("device_restrictions", decimal(restrictions.device_restrictions))
    if descriptor.segmentation_duration is not None:
        element.set("segmentation_duration", decimal(descriptor.segmentation_duration))
    element.set("segmentation_type_id", hexadecimal(descriptor.segmentation_type_id, 2))
    element.set("segment_num", decimal(descriptor.segment_num))
    element.set("segments_expected", decimal(descriptor.segments_expected))
    if descriptor.sub_segment_num is not None and descriptor.sub_segments_expected is not None:
        element.set("sub_segment_num", decimal(descriptor.sub_segment_num))
        element.set("sub_segments_expected", decimal(descriptor.sub_segments_expected))
    upid = SubElement(
        element, "segmentation_upid", type=hexadecimal(descriptor.upid.segmentation_upid_type, 2)
    )
    upid.text = descriptor.upid.data.hex(" ").upper()
    for component in descriptor.components or ():
        child = SubElement(element, "component", component_tag=decimal(component.component_tag))
        child.set("pts_offset", decimal(component.pts_offset))


def _read_segmentation(element: Element) -> SpliceDescriptor:
    event_id = read_int(element, "segmentation_event_id")
    if read_bool(element, "segmentation_event_cancel", False):
        return SegmentationDescriptor(event_id, True)
    components = tuple(
        SegmentationComponent(read_int(child, "component_tag"), read_int(child, "pts_offset"))
        for child in element
        if child.tag.lower() == "component"
    )
    upid = next((child for child in element if child.tag.lower() == "segmentation_upid"), None)
    type_id = read_int(element, "segmentation_type_id")
    sub_default = 0 if type_id in _WITH_SUB_SEGMENTS else None
    sub_number = read_optional_int(element, "sub_segment_num")
    sub_expected = read_optional_int(element, "sub_segments_expected")
    return SegmentationDescriptor(
        event_id,
        delivery_restrictions=_read_restrictions(element),
        components=components or None,
        segmentation_duration=read_optional_int(element, "segmentation_duration"),
        upid=SegmentationUpid()
        if upid is None
        else SegmentationUpid(read_int(upid, "type", 0), read_hex(upid)),
        segmentation_type_id=type_id,
        segment_num=read_int(element, "segment_num"),
        segments_expected=read_int(element, "segments_expected"),
        sub_segment_num=sub_default if sub_number is None else sub_number,
        sub_segments_expected=sub_default if sub_expected is None else sub_expected,
    )


def _read_restrictions(element: Element) -> DeliveryRestrictions | None:
    names = {"web_delivery_allowed", "no_regional_blackout", "archive_allowed", "device_restrictions"}
    if not names & {name.lower() for name in element.attrib}:
        return None
    return DeliveryRestrictions(
        read_bool(element, "web_delivery_allowed", True),
        read_bool(element, "no_regional_blackout", True),
        read_bool(element, "archive_allowed", True),
        read_int(element, "device_restrictions", 3),
    )


def _read_audio(element: Element) -> SpliceDescriptor:
    return AudioDescriptor(
        tuple(
            AudioComponent(
                read_int(child, "component_tag"),
                read_text(child, "ISO_code"),
                read_int(child, "Bit_Stream_Mode"),
                read_int(child, "Num_Channels"),
                read_bool(child, "Full_Srvc_Audio"),
            )
            for child in element
            if child.tag.lower() == "audio"
        )
    )


def _read_generic(element: Element) -> SpliceDescriptor:
    return descriptors.read_descriptor(read_int(element, "tag"), read_hex(element))


def _of_cuei(read: Callable[[Element], SpliceDescriptor]) -> Callable[[Element], SpliceDescriptor]:
    """The reader, for descriptors whose identifier is "CUEI" or not given."""

    def checked(element: Element) -> SpliceDescriptor:
        if read_int(element, "identifier", CUEI) != CUEI:
            raise SpliceDecodeError(f"{element.tag}.identifier", f"is not {_IDENTIFIER}")
        return read(element)

    return checked


DESCRIPTOR_READERS: dict[str, Callable[[Element], SpliceDescriptor]] = {
    "splice_avail_descriptor": _of_cuei(
        lambda element: AvailDescriptor(read_int(element, "provider_avail_id"))
    ),
    "splice_dtmf_descriptor": _of_cuei(
        lambda element: DtmfDescriptor(read_int(element, "preroll"), read_text(element, "DTMF"))
    ),
    "splice_segmentation_descriptor": _of_cuei(_read_segmentation),
    "splice_time_descriptor": _of_cuei(
        lambda element: TimeDescriptor(
            read_int(element, "TAI_seconds"), read_int(element, "TAI_ns"), read_int(element, "UTC_offset")
        )
    ),
    "splice_audio_descriptor": _of_cuei(_read_audio),
    "generic_descriptor": _read_generic,
}
"""Element name in lower case to the reader of that descriptor."""
