"""A section in rows for people: field, value and its meaning."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import NamedTuple

from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.gps_time import utc_text
from ibe100.scte35.json_form import type_name
from ibe100.scte35.segmentation import DEVICE_RESTRICTIONS, segmentation_type_name, upid_text, upid_type_name
from ibe100.scte35.values import (
    CUEI,
    EncryptedPart,
    RawDescriptor,
    SegmentationUpid,
    SpliceDescriptor,
    SpliceInfoSection,
)
from ibe100.utils.timecode import format_pts


class Row(NamedTuple):
    """One field; `level` is its depth, a row without text is a heading."""

    level: int
    name: str
    text: str = ""


def describe(section: SpliceInfoSection) -> list[Row]:
    """Rows of all fields that are set, command and descriptors under their headings."""
    rows = [
        Row(0, "splice_info_section"),
        Row(1, "pts_adjustment", format_pts(section.pts_adjustment)),
        Row(1, "tier", _hexadecimal(3)(section.tier)),
        Row(1, "cw_index", _hexadecimal(2)(section.cw_index)),
        Row(1, "sap_type", str(section.sap_type)),
    ]
    if isinstance(section.command, EncryptedPart):
        rows.append(Row(1, "encryption_algorithm", str(section.encryption_algorithm)))
    if section.splice_pts is not None:
        rows.append(Row(1, "splice time (pts_time + pts_adjustment)", format_pts(section.splice_pts)))
    rows.append(Row(0, type_name(section.command)))
    rows.extend(_fields(section.command, 1))
    for descriptor in section.descriptors:
        rows.append(Row(0, _descriptor_name(descriptor)))
        rows.extend(_fields(descriptor, 1))
    return rows


def _descriptor_name(descriptor: SpliceDescriptor) -> str:
    if not isinstance(descriptor, RawDescriptor):
        return type_name(descriptor)
    if descriptor.identifier is None or descriptor.identifier == CUEI:
        return "descriptor, not interpreted"
    return "private descriptor"


def _fields(value: object, level: int) -> Iterator[Row]:
    if not is_dataclass(value):
        return
    for field in fields(value):
        content = getattr(value, field.name)
        if content is None or content == b"" or (not content and field.name in _ONLY_IF_SET):
            continue
        if isinstance(content, SegmentationUpid):
            kind = content.segmentation_upid_type
            yield Row(level, "segmentation_upid_type", f"0x{kind:02X} {upid_type_name(kind)}")
            yield Row(level, "segmentation_upid", upid_text(content) or "empty")
        elif isinstance(content, tuple):
            for number, item in enumerate(content):
                yield Row(level, f"{field.name}[{number}]")
                yield from _fields(item, level + 1)
        elif is_dataclass(content):
            yield from _nested(field.name, content, level)
        else:
            yield Row(level, field.name, _TEXTS.get(field.name, _plain)(content))
            if field.name in _ENDS_IF_SET and content:
                return


def _nested(name: str, content: object, level: int) -> Iterator[Row]:
    rows = list(_fields(content, level + 1))
    if rows:
        yield Row(level, name)
        yield from rows
    else:
        yield Row(level, name, "not specified")


def _plain(content: object) -> str:
    if isinstance(content, bool):
        return "1" if content else "0"
    return content.hex(" ") if isinstance(content, bytes) else str(content)


def _hexadecimal(digits: int) -> Callable[[int], str]:
    return lambda value: f"0x{value:0{digits}X}"


def _identifier(value: int) -> str:
    return f"0x{value:08X} ({value})"


def _duration(ticks: int) -> str:
    return f"{ticks / PTS_HZ:.3f} s ({ticks})"


# A cancelled event has no further fields.
_ENDS_IF_SET = frozenset({"splice_event_cancel_indicator", "segmentation_event_cancel_indicator"})
_ONLY_IF_SET = frozenset({"reserved_cleared", "fault"})

_TEXTS: dict[str, Callable[..., str]] = {
    "splice_event_id": _identifier,
    "segmentation_event_id": _identifier,
    "provider_avail_id": _identifier,
    "identifier": _hexadecimal(8),
    "splice_command_type": _hexadecimal(2),
    "splice_descriptor_tag": _hexadecimal(2),
    "reserved_cleared": _hexadecimal(2),
    "pts_time": format_pts,
    "utc_splice_time": lambda seconds: f"{utc_text(seconds) or 'leap second'} UTC ({seconds})",
    "pts_offset": _duration,
    "duration": _duration,
    "segmentation_duration": _duration,
    "segmentation_type_id": lambda kind: f"0x{kind:02X} {segmentation_type_name(kind)}",
    "device_restrictions": lambda group: f"{group} {DEVICE_RESTRICTIONS[group]}",
    "preroll": lambda tenths: f"{tenths / 10:.1f} s ({tenths})",
}
