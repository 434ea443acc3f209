"""Summary of a section in one line, for lists: command, event, time, duration."""

from __future__ import annotations

from collections.abc import Iterator

from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.json_form import type_name
from ibe100.scte35.segmentation import segmentation_type_name, upid_text
from ibe100.scte35.values import (
    EncryptedPart,
    SegmentationDescriptor,
    SpliceInfoSection,
    SpliceInsert,
    SpliceSchedule,
    TimeSignal,
)
from ibe100.utils.timecode import format_pts


def summary(section: SpliceInfoSection) -> str:
    """One line like `OUT event 0x00002711, at PTS 01:02:03.400, 60 s, returns by itself`."""
    return ", ".join([*_command(section), *_segmentation(section)]) or type_name(section.command)


def _command(section: SpliceInfoSection) -> Iterator[str]:
    match section.command:
        case EncryptedPart():
            yield "encrypted"
        case SpliceInsert(splice_event_cancel_indicator=True) as insert:
            yield f"cancel event 0x{insert.splice_event_id:08X}"
        case SpliceInsert() as insert:
            yield f"{'OUT' if insert.out_of_network_indicator else 'IN'} event 0x{insert.splice_event_id:08X}"
            yield "immediately" if insert.splice_immediate_flag else _at(section)
            if insert.break_duration is not None:
                yield f"{insert.break_duration.duration / PTS_HZ:g} s"
                if insert.break_duration.auto_return:
                    yield "returns by itself"
        case TimeSignal():
            yield _at(section)
        case SpliceSchedule(events=events):
            yield f"{len(events)} scheduled events"


def _at(section: SpliceInfoSection) -> str:
    return (
        "immediately"
        if section.splice_pts is None
        else f"at PTS {format_pts(section.splice_pts).partition(' ')[0]}"
    )


def _segmentation(section: SpliceInfoSection) -> Iterator[str]:
    for descriptor in section.descriptors:
        if not isinstance(descriptor, SegmentationDescriptor):
            continue
        event = f"0x{descriptor.segmentation_event_id:08X}"
        if descriptor.segmentation_event_cancel_indicator:
            yield f"cancel segmentation event {event}"
            continue
        yield f"{segmentation_type_name(descriptor.segmentation_type_id)} {event}"
        if descriptor.segmentation_duration:
            yield f"{descriptor.segmentation_duration / PTS_HZ:g} s"
        if descriptor.upid.data:
            yield upid_text(descriptor.upid)
