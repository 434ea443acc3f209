"""Comparison of two sections: as cues, and field by field under the standard's names."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple, cast

from ibe100.scte35.description import describe
from ibe100.scte35.values import (
    SegmentationDescriptor,
    SpliceInfoSection,
    SpliceInsert,
    SpliceTime,
)

# What another hop may write otherwise without changing what the section says.
_NOTATION = {
    "pts_adjustment": 0,
    "cw_index": 0,
    "sap_type": 3,
    "protocol_version": 0,
    "legacy_command_length": False,
    "section_syntax_indicator": False,
    "private_indicator": False,
    "reserved_cleared": 0,
    "command_extra": b"",
    "descriptor_extra": b"",
    "extra": b"",
    "stuffing": b"",
}
_COMMAND_TYPE_AT = 13
_SPLICE_NULL = 0x00


class Difference(NamedTuple):
    """A field that differs; an empty text is a field that is not there."""

    name: str
    sent: str
    came: str

    def __str__(self) -> str:
        return f"{self.name} {self.sent or 'absent'} → {self.came or 'absent'}"


def differences(sent: SpliceInfoSection, came: SpliceInfoSection) -> tuple[Difference, ...]:
    """The fields that differ, in the order of the section."""
    ours, theirs = _texts(sent), _texts(came)
    names = [*ours, *(name for name in theirs if name not in ours)]
    return tuple(
        Difference(name.rpartition("/")[2], ours.get(name, ""), theirs.get(name, ""))
        for name in names
        if ours.get(name, "") != theirs.get(name, "")
    )


def says_the_same(sent: SpliceInfoSection, came: SpliceInfoSection) -> bool:
    """True if they are one cue but for times and notation: command, event, duration, descriptors."""
    return _meaning(sent) == _meaning(came)


def event_ids(section: SpliceInfoSection) -> frozenset[int]:
    """The events that a section speaks of: splice_event_id, or those of its segmentation_descriptors."""
    if isinstance(section.command, SpliceInsert):
        return frozenset({section.command.splice_event_id})
    return frozenset(one.segmentation_event_id for one in _segmentations(section))


def is_of_one_event(sent: SpliceInfoSection, came: SpliceInfoSection) -> bool:
    """True if both are of one event and direction: its OUT and its IN may share an id."""
    return bool(event_ids(sent) & event_ids(came)) and _direction(sent) == _direction(came)


def is_same_but_for_ids(sent: SpliceInfoSection, came: SpliceInfoSection) -> bool:
    """True if one is the other under another event id; False where there is no event."""
    if not event_ids(sent) or not event_ids(came):
        return False
    return _meaning(_without_ids(sent)) == _meaning(_without_ids(came))


def is_splice_null(section_base64: str) -> bool:
    """True if a section in base64 is a splice_null, without decoding all of it."""
    try:
        return base64.b64decode(section_base64[:20])[_COMMAND_TYPE_AT] == _SPLICE_NULL
    except (binascii.Error, IndexError):
        return False


def _segmentations(section: SpliceInfoSection) -> list[SegmentationDescriptor]:
    return [one for one in section.descriptors if isinstance(one, SegmentationDescriptor)]


def _direction(section: SpliceInfoSection) -> tuple[object, ...]:
    if isinstance(section.command, SpliceInsert):
        return (section.command.splice_event_cancel_indicator, section.command.out_of_network_indicator)
    return tuple(one.segmentation_type_id for one in _segmentations(section))


def _without_ids(section: SpliceInfoSection) -> SpliceInfoSection:
    command = section.command
    if isinstance(command, SpliceInsert):
        command = replace(command, splice_event_id=0)
    descriptors = tuple(
        replace(one, segmentation_event_id=0) if isinstance(one, SegmentationDescriptor) else one
        for one in section.descriptors
    )
    return replace(section, command=command, descriptors=descriptors)


def _meaning(section: SpliceInfoSection) -> SpliceInfoSection:
    return cast("SpliceInfoSection", _plain(section))


def _plain(value: Any) -> Any:
    """The same value without notation and times: whether there is a time stays, which one does not."""
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    if isinstance(value, SpliceTime):
        return SpliceTime(None if value.pts_time is None else 0)
    changed = {}
    for field in fields(value):
        content = getattr(value, field.name)
        changed[field.name] = _NOTATION.get(field.name, _plain(content))
    return replace(value, **changed)


def _texts(section: SpliceInfoSection) -> dict[str, str]:
    """The text of each field by its path, so that fields of the same name stay apart."""
    found: dict[str, str] = {}
    for path, text in _paths(section):
        number = 1
        name = path
        while name in found:
            number += 1
            name = f"{path}#{number}"
        found[name] = text
    return found


def _paths(section: SpliceInfoSection) -> Iterator[tuple[str, str]]:
    headings: list[str] = []
    for row in describe(section):
        del headings[row.level :]
        if row.text:
            yield "/".join([*headings, row.name]), row.text
        else:
            headings.append(row.name)
            if row.level == 0:
                yield row.name, "present"
