"""Splice descriptors in SCTE 35's own XML (ANSI/SCTE 35 2023r1 clause 11)."""

import base64
import binascii
from collections.abc import Callable
from xml.etree.ElementTree import Element

from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.segmentation import MID_TYPE, TEXT_TYPES
from ibe100.scte35.values import (
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
from ibe100.scte35.xml.values import (
    read_bool,
    read_hex,
    read_int,
    read_optional_int,
    read_optional_text,
    read_text,
)

_MPU_TYPE = 0x0C
_PRIVATE_TAG = 0xF0
"""Tag of private data whose element names none: the first that SCTE 35 leaves to its owners."""


def _read_segmentation(element: Element) -> SpliceDescriptor:
    event_id = read_int(element, "segmentationEventId")
    if read_bool(element, "segmentationEventCancelIndicator", False):
        return SegmentationDescriptor(event_id, True)
    restrictions = element.find("DeliveryRestrictions")
    upids = element.findall("SegmentationUpid")
    # The schema of 2013 has type and numbers of the segment beside its UPID.
    kind = element if not upids or read_optional_text(element, "segmentationTypeId") else upids[0]
    components = tuple(
        SegmentationComponent(read_int(one, "componentTag"), read_int(one, "ptsOffset"))
        for one in element.findall("Component")
    )
    return SegmentationDescriptor(
        event_id,
        segmentation_event_id_compliance_indicator=read_bool(
            element, "segmentationEventIdComplianceIndicator", True
        ),
        delivery_restrictions=None if restrictions is None else _read_restrictions(restrictions),
        components=components or None,
        segmentation_duration=read_optional_int(element, "segmentationDuration"),
        upid=_read_upids(upids),
        segmentation_type_id=read_int(kind, "segmentationTypeId"),
        segment_num=read_int(kind, "segmentNum", 0),
        segments_expected=read_int(kind, "segmentsExpected", 0),
        sub_segment_num=read_optional_int(kind, "subSegmentNum"),
        sub_segments_expected=read_optional_int(kind, "subSegmentsExpected"),
    )


def _read_restrictions(element: Element) -> DeliveryRestrictions:
    return DeliveryRestrictions(
        read_bool(element, "webDeliveryAllowedFlag"),
        read_bool(element, "noRegionalBlackoutFlag"),
        read_bool(element, "archiveAllowedFlag"),
        read_int(element, "deviceRestrictions"),
    )


def _read_upids(elements: list[Element]) -> SegmentationUpid:
    """One UPID, or several, which are the parts of a MID()."""
    upids = [_read_upid(one) for one in elements]
    if len(upids) < 2:
        return upids[0] if upids else SegmentationUpid()
    if any(len(one.data) > 255 for one in upids):
        raise SpliceDecodeError("SegmentationUpid", "is longer than 255 bytes")
    parts = (bytes((one.segmentation_upid_type, len(one.data))) + one.data for one in upids)
    return SegmentationUpid(MID_TYPE, b"".join(parts))


def _read_upid(element: Element) -> SegmentationUpid:
    kind = read_int(element, "segmentationUpidType", 0)
    if not 0 <= kind <= 0xFF:
        raise SpliceDecodeError("SegmentationUpid.segmentationUpidType", f"{kind} does not fit in 8 bits")
    written = read_optional_text(element, "segmentationUpidFormat")
    written = written or ("text" if kind in TEXT_TYPES else "hexbinary")
    reader = _UPID_READERS.get(written.lower())
    if reader is None:
        raise SpliceDecodeError("SegmentationUpid.segmentationUpidFormat", f"{written!r} is not known")
    data = reader(element)
    owner = read_optional_int(element, "formatIdentifier")
    if kind == _MPU_TYPE and owner is not None:
        data = (owner & 0xFFFFFFFF).to_bytes(4, "big") + data
    return SegmentationUpid(kind, data)


def _text_bytes(element: Element) -> bytes:
    return (element.text or "").strip().encode()


def _base64_bytes(element: Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except binascii.Error as error:
        raise SpliceDecodeError(element.tag, f"is no base64: {error}") from error


_UPID_READERS: dict[str, Callable[[Element], bytes]] = {
    "text": _text_bytes,
    "hexbinary": read_hex,
    "base-64": _base64_bytes,
    "base64": _base64_bytes,
    "private": read_hex,
}


def _read_private(element: Element) -> SpliceDescriptor:
    found = element.find("PrivateBytes")
    owner = read_int(element, "identifier") & 0xFFFFFFFF
    data = owner.to_bytes(4, "big") + (b"" if found is None else read_hex(found))
    return RawDescriptor(read_int(element, "descriptorTag", _PRIVATE_TAG), data)


DESCRIPTOR_READERS: dict[str, Callable[[Element], SpliceDescriptor]] = {
    "AvailDescriptor": lambda element: AvailDescriptor(read_int(element, "providerAvailId")),
    "DTMFDescriptor": lambda element: DtmfDescriptor(
        read_int(element, "preroll", 0), read_text(element, "chars")
    ),
    "SegmentationDescriptor": _read_segmentation,
    "TimeDescriptor": lambda element: TimeDescriptor(
        read_int(element, "taiSeconds"), read_int(element, "taiNs"), read_int(element, "utcOffset")
    ),
    "PrivateDescriptor": _read_private,
}
