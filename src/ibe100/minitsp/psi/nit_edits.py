"""A service under another number, type or channel in a NIT or BAT (ETSI EN 300 468 clause 5.2.1)."""

from collections.abc import Iterator
from typing import Final

from ibe100.mpegts.descriptors import PsiError
from ibe100.utils.crc import with_crc32

_SERVICE_LIST: Final = 0x41
_PRIVATE_DATA_SPECIFIER: Final = 0x5F
_LOGICAL_CHANNELS: Final = 0x83
_EICTA: Final = 0x0000_0028
_CHANNEL_BITS: Final = 0x03FF


def rename_in_service_lists(
    section: bytes,
    transport_stream_id: int,
    service_id: int,
    *,
    new_id: int | None,
    service_type: int | None,
    channel_number: int | None,
) -> bytes:
    """The section with the service's entries of that transport stream changed; None leaves a part as it is.

    The logical channel descriptor counts where private_data_specifier 0x28 (EICTA) stands before it. Raises
    PsiError.
    """
    edited = bytearray(section)
    for tag, start, end, specifier in _descriptors(section, transport_stream_id):
        if tag == _SERVICE_LIST:
            for at in range(start, end - 2, 3):
                if _word(edited, at) == service_id:
                    _put(edited, at, new_id)
                    edited[at + 2] = edited[at + 2] if service_type is None else service_type
        elif tag == _LOGICAL_CHANNELS and specifier == _EICTA:
            for at in range(start, end - 3, 4):
                if _word(edited, at) == service_id:
                    _put(edited, at, new_id)
                    if channel_number is not None:
                        flags = _word(edited, at + 2) & ~_CHANNEL_BITS
                        _put(edited, at + 2, flags | channel_number & _CHANNEL_BITS)
    return with_crc32(bytes(edited[:-4]))


def _descriptors(section: bytes, transport_stream_id: int) -> Iterator[tuple[int, int, int, int]]:
    """(tag, start, end, private_data_specifier before it) of the descriptors of one transport stream."""
    at = 10 + (_word(section, 8) & 0x0FFF) + 2
    end = len(section) - 4
    while at + 6 <= end:
        position, at_end = at + 6, at + 6 + (_word(section, at + 4) & 0x0FFF)
        if at_end > end:
            raise PsiError("NIT or BAT: the transport stream loop is cut short")
        if _word(section, at) == transport_stream_id:
            yield from _of_one(section, position, at_end)
        at = at_end


def _of_one(section: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    specifier = 0
    while at + 2 <= end:
        start, stop = at + 2, at + 2 + section[at + 1]
        if stop > end:
            raise PsiError("NIT or BAT: a descriptor runs past the end of its loop")
        if section[at] == _PRIVATE_DATA_SPECIFIER:
            specifier = int.from_bytes(section[start:stop], "big")
        yield section[at], start, stop, specifier
        at = stop


def _word(data: bytes | bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _put(data: bytearray, at: int, value: int | None) -> None:
    if value is not None:
        data[at : at + 2] = value.to_bytes(2, "big")
