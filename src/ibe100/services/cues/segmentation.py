"""Segmentation descriptors: what was asked becomes bytes, and an End finds the Start it belongs to."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator

from ibe100.models.cues.segmentation import Segmentation, SegmentationType, UpidType
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.section import decode, from_text
from ibe100.scte35.segmentation import UPID_TYPES, upid_fault
from ibe100.scte35.values import SegmentationDescriptor, SegmentationUpid

MAX_SEGMENTATION_DURATION = (1 << 40) - 1

_UPID_IDS = {name: number for number, (name, _) in UPID_TYPES.items()}
_BINARY = frozenset({UpidType.UMID, UpidType.ISAN, UpidType.AIRING_ID, UpidType.MPU, UpidType.MID})
_NEVER_AIRED = frozenset({CueState.REFUSED, CueState.CANCELLED, CueState.FAILED})


def descriptor_of(asked: Segmentation, event_id: int) -> SegmentationDescriptor:
    """The descriptor to send. Raises CueRefused for a UPID that does not fit its type."""
    duration = None
    if asked.duration_s is not None and asked.type.is_start:
        duration = min(round(asked.duration_s * PTS_HZ), MAX_SEGMENTATION_DURATION)
    return SegmentationDescriptor(
        event_id,
        segmentation_duration=duration,
        upid=_upid(asked),
        segmentation_type_id=asked.type.type_id,
        segment_num=asked.segment_num,
        segments_expected=asked.segments_expected,
    )


def _upid(asked: Segmentation) -> SegmentationUpid:
    if asked.upid_type is UpidType.NOT_USED and asked.upid:
        raise CueRefused("a UPID was given without its type: choose one, such as Ad-ID or URI")
    upid = SegmentationUpid(_UPID_IDS[asked.upid_type], _upid_bytes(asked))
    if (fault := upid_fault(upid)) or len(upid.data) > 0xFF:
        raise CueRefused(f"UPID {asked.upid!r}: {fault or 'longer than 255 bytes'}")
    return upid


def _upid_bytes(asked: Segmentation) -> bytes:
    text = asked.upid
    try:
        match asked.upid_type:
            case UpidType.UUID if text:
                return uuid.UUID(text).bytes
            case UpidType.EIDR if text.startswith("10."):
                return _eidr_bytes(text)
            case kind if kind in _BINARY or kind is UpidType.EIDR:
                return bytes.fromhex(re.sub(r"^0x|[\s:.-]", "", text))
            case _:
                return text.encode("latin-1")
    except (ValueError, OverflowError):
        raise CueRefused(f"UPID {text!r} cannot be written as {asked.upid_type}") from None


def _eidr_bytes(text: str) -> bytes:
    """Canonical EIDR; its check character is not part of the binary form."""
    prefix, _, suffix = text.removeprefix("10.").partition("/")
    digits = suffix.replace("-", "")
    return int(prefix).to_bytes(2, "big") + bytes.fromhex(digits[:20])


def open_start(asked: SegmentationType, newest_first: Iterable[Cue]) -> int:
    """segmentation_event_id of the Start that `asked` ends. Raises CueRefused when none is open."""
    ended: set[int] = set()
    for cue in newest_first:
        if cue.state in _NEVER_AIRED or not cue.section_base64:
            continue
        for one in _segments(cue):
            if one.segmentation_type_id == asked.type_id:
                ended.add(one.segmentation_event_id)
            elif one.segmentation_type_id == asked.start.type_id and one.segmentation_event_id not in ended:
                return one.segmentation_event_id
    raise CueRefused(f"no {asked.start} is open on this stream, so there is nothing for {asked} to end")


def _segments(cue: Cue) -> Iterator[SegmentationDescriptor]:
    for one in decode(from_text(cue.section_base64)).descriptors:
        if isinstance(one, SegmentationDescriptor) and not one.segmentation_event_cancel_indicator:
            yield one
