"""Descriptors as bytes from the elements of tsp's XML."""

from collections.abc import Callable
from typing import Final
from xml.etree.ElementTree import Element

from ibe100.mpegts.descriptors import Descriptor
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.xml.values import read_bool, read_hex, read_int, read_optional_text, read_text

_CUE_STREAMS: Final = (
    "insert_null_schedule",
    "all",
    "segmentation",
    "tiered_splicing",
    "tiered_segmentation",
)
_AC3_FIELDS: Final = ((0x80, "component_type"), (0x40, "bsid"), (0x20, "mainid"), (0x10, "asvc"))
_EAC3_FIELDS: Final = (*_AC3_FIELDS, (4, "substream1"), (2, "substream2"), (1, "substream3"))


def read_descriptor(element: Element) -> Descriptor | None:
    """The descriptor of an element, None where the element is none. Raises SpliceDecodeError."""
    name = element.tag.lower()
    if name == "generic_descriptor":
        tag, data = number(element, "tag", 1)[0], read_hex(element)
    elif name in _WRITERS:
        tag, write = _WRITERS[name]
        data = write(element)
    else:
        return None
    if len(data) > 0xFF:
        raise SpliceDecodeError(element.tag, f"{len(data)} bytes are more than a descriptor holds")
    return Descriptor(tag, data)


def number(element: Element, name: str, size: int, default: int | None = None) -> bytes:
    """A number of an element in `size` bytes. Raises SpliceDecodeError."""
    value = read_int(element, name, default)
    try:
        return value.to_bytes(size, "big")
    except OverflowError as error:
        raise SpliceDecodeError(f"{element.tag}.{name}", f"{value:,} does not fit") from error


def _registration(element: Element) -> bytes:
    return number(element, "format_identifier", 4) + _held(element, "additional_identification_info")


def _conditional_access(element: Element) -> bytes:
    pid = int.from_bytes(number(element, "CA_PID", 2), "big") & 0x1FFF | 0xE000
    return number(element, "CA_system_id", 2) + pid.to_bytes(2, "big") + _held(element, "private_data")


def _languages(element: Element) -> bytes:
    return b"".join(_code(one, "code") + number(one, "audio_type", 1) for one in element)


def _subtitling(element: Element) -> bytes:
    return b"".join(
        _code(one, "language_code")
        + number(one, "subtitling_type", 1)
        + number(one, "composition_page_id", 2)
        + number(one, "ancillary_page_id", 2)
        for one in element
    )


def _teletext(element: Element) -> bytes:
    return b"".join(map(_teletext_page, element))


def _teletext_page(element: Element) -> bytes:
    """Magazine 8 is coded as 0 (ETSI EN 300 706 clause 3.1)."""
    page, kind = read_int(element, "page_number"), read_int(element, "teletext_type")
    if not (0 <= page <= 899 and 0 <= kind <= 31):
        raise SpliceDecodeError(element.tag, "a page is 100 to 899, a type 0 to 31")
    magazine, rest = divmod(page, 100)
    return _code(element, "language_code") + bytes((kind << 3 | magazine & 7, rest // 10 << 4 | rest % 10))


def _stream_identifier(element: Element) -> bytes:
    return number(element, "component_tag", 1)


def _cue_identifier(element: Element) -> bytes:
    kind = read_text(element, "cue_stream_type").lower()
    if kind in _CUE_STREAMS:
        return bytes((_CUE_STREAMS.index(kind),))
    return number(element, "cue_stream_type", 1)


def _ac3(element: Element) -> bytes:
    return _flagged(element, _AC3_FIELDS, 0)


def _enhanced_ac3(element: Element) -> bytes:
    return _flagged(element, _EAC3_FIELDS, 0x08 if read_bool(element, "mixinfoexists", False) else 0)


def _flagged(element: Element, fields: tuple[tuple[int, str], ...], flags: int) -> bytes:
    present = [(bit, name) for bit, name in fields if read_optional_text(element, name) is not None]
    values = b"".join(number(element, name, 1) for _, name in present)
    return bytes((flags | sum(bit for bit, _ in present),)) + values + _held(element, "additional_info")


def _held(element: Element, name: str) -> bytes:
    """Bytes of an inner element; none where it is absent."""
    return b"".join(read_hex(one) for one in element if one.tag.lower() == name)


def _code(element: Element, name: str) -> bytes:
    code = read_text(element, name).encode("latin-1", "replace")
    if len(code) != 3:
        raise SpliceDecodeError(f"{element.tag}.{name}", "is no code of three letters")
    return code


_WRITERS: Final[dict[str, tuple[int, Callable[[Element], bytes]]]] = {
    "registration_descriptor": (0x05, _registration),
    "ca_descriptor": (0x09, _conditional_access),
    "iso_639_language_descriptor": (0x0A, _languages),
    "stream_identifier_descriptor": (0x52, _stream_identifier),
    "teletext_descriptor": (0x56, _teletext),
    "subtitling_descriptor": (0x59, _subtitling),
    "dvb_ac3_descriptor": (0x6A, _ac3),
    "dvb_enhanced_ac3_descriptor": (0x7A, _enhanced_ac3),
    "cue_identifier_descriptor": (0x8A, _cue_identifier),
}
