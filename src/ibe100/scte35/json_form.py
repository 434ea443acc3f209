"""A section as a dictionary for JSON, and back.

Keys are the standard's field names; each command and descriptor says its "type"; bytes are hex. What is
written is complete but for `reserved_cleared`, `extra` and such where they are empty; what is read may leave
out any field that has a default. Numbers may also be written as "0x…".
"""

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from ibe100.scte35 import values
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import encode
from ibe100.scte35.values import SpliceInfoSection

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | bool | None"

_TYPE_NAMES: dict[type, str] = {
    values.SpliceNull: "splice_null",
    values.SpliceSchedule: "splice_schedule",
    values.SpliceInsert: "splice_insert",
    values.TimeSignal: "time_signal",
    values.BandwidthReservation: "bandwidth_reservation",
    values.PrivateCommand: "private_command",
    values.RawCommand: "raw_command",
    values.EncryptedPart: "encrypted",
    values.AvailDescriptor: "avail_descriptor",
    values.DtmfDescriptor: "DTMF_descriptor",
    values.SegmentationDescriptor: "segmentation_descriptor",
    values.TimeDescriptor: "time_descriptor",
    values.AudioDescriptor: "audio_descriptor",
    values.RawDescriptor: "raw_descriptor",
}

# Fields written only where they say something: they are about faulty sections.
_QUIET = frozenset(
    {
        "reserved_cleared",
        "extra",
        "command_extra",
        "descriptor_extra",
        "stuffing",
        "legacy_command_length",
        "section_syntax_indicator",
        "private_indicator",
    }
)


def to_dict(section: SpliceInfoSection) -> dict[str, JsonValue]:
    """The section as a dictionary that any JSON writer takes."""
    return cast("dict[str, JsonValue]", _write(section))


def from_dict(data: object) -> SpliceInfoSection:
    """The section a dictionary describes; raises SpliceDecodeError naming the field that is wrong."""
    section = cast("SpliceInfoSection", _read_object(data, SpliceInfoSection, "section"))
    encode(section)
    return section


def type_name(value: object) -> str:
    """The "type" of a command or descriptor: the standard's name for it."""
    return _TYPE_NAMES[type(value)]


def _write(value: object) -> JsonValue:
    if is_dataclass(value):
        kind = type(value)
        written: dict[str, JsonValue] = {"type": _TYPE_NAMES[kind]} if kind in _TYPE_NAMES else {}
        for field in fields(value):
            content = getattr(value, field.name)
            if content or field.name not in _QUIET:
                written[field.name] = _write(content)
        return written
    if isinstance(value, tuple):
        return [_write(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    return cast("JsonValue", value)


def _read(data: object, hint: Any, where: str) -> object:
    origin = get_origin(hint)
    if origin in (types.UnionType, Union):
        options = get_args(hint)
        if type(None) in options:
            if data is None:
                return None
            options = tuple(option for option in options if option is not type(None))
        return _read(data, options[0], where) if len(options) == 1 else _read_union(data, options, where)
    if origin is tuple:
        if not isinstance(data, list | tuple):
            raise SpliceDecodeError(where, "is not a list")
        item = get_args(hint)[0]
        return tuple(_read(entry, item, f"{where}[{number}]") for number, entry in enumerate(data))
    if is_dataclass(hint):
        return _read_object(data, cast("type", hint), where)
    return _SCALARS[hint](data, where)


def _read_union(data: object, options: tuple[Any, ...], where: str) -> object:
    if not isinstance(data, dict):
        raise SpliceDecodeError(where, "is not an object")
    allowed = {_TYPE_NAMES[option]: option for option in options}
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in allowed:
        raise SpliceDecodeError(f"{where}.type", f"{kind!r} is none of {', '.join(allowed)}")
    return _read_object(data, allowed[kind], where)


def _read_object(data: object, kind: type, where: str) -> object:
    if not isinstance(data, dict):
        raise SpliceDecodeError(where, "is not an object")
    expected = _schema(kind)
    for name in data:
        if name not in expected and not (name == "type" and kind in _TYPE_NAMES):
            raise SpliceDecodeError(f"{where}.{name}", "is no field here")
    content: dict[str, object] = {}
    for name, (hint, required) in expected.items():
        if name in data:
            content[name] = _read(data[name], hint, f"{where}.{name}")
        elif required:
            raise SpliceDecodeError(f"{where}.{name}", "is missing")
    return kind(**content)


@cache
def _schema(kind: type) -> dict[str, tuple[Any, bool]]:
    """Each field's type, and whether it has to be given."""
    hints = get_type_hints(kind)
    return {
        field.name: (hints[field.name], field.default is MISSING and field.default_factory is MISSING)
        for field in fields(kind)
    }


def _read_int(data: object, where: str) -> int:
    if isinstance(data, int) and not isinstance(data, bool):
        return data
    if isinstance(data, str):
        try:
            return int(data, 0)
        except ValueError as error:
            raise SpliceDecodeError(where, f"{data!r} is not a number") from error
    raise SpliceDecodeError(where, f"{data!r} is not a whole number")


def _read_bool(data: object, where: str) -> bool:
    if isinstance(data, bool):
        return data
    raise SpliceDecodeError(where, f"{data!r} is neither true nor false")


def _read_text(data: object, where: str) -> str:
    if isinstance(data, str):
        return data
    raise SpliceDecodeError(where, f"{data!r} is not text")


def _read_bytes(data: object, where: str) -> bytes:
    try:
        return bytes.fromhex(_read_text(data, where))
    except ValueError as error:
        raise SpliceDecodeError(where, f"{data!r} is not hex") from error


_SCALARS: dict[Any, Callable[[object, str], object]] = {
    int: _read_int,
    bool: _read_bool,
    str: _read_text,
    bytes: _read_bytes,
}
