"""A service under another number, type or channel in a NIT or BAT, or taken out (EN 300 468 clause 5.2.1)."""

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


def remove_from_service_lists(section: bytes, transport_stream_id: int, service_id: int) -> bytes:
    """The section without the service's entries of that transport stream. Raises PsiError."""
    loop_at = 10 + (_word(section, 8) & 0x0FFF)
    edited = bytearray(section[: loop_at + 2])
    at, end = loop_at + 2, len(section) - 4
    while at + 6 <= end:
        stop = at + 6 + (_word(section, at + 4) & 0x0FFF)
        if stop > end:
            raise PsiError("NIT or BAT: the transport stream loop is cut short")
        start = len(edited)
        edited += section[at : at + 6]
        for tag, begin, after, specifier in _of_one(section, at + 6, stop):
            data = section[begin:after]
            if _word(section, at) == transport_stream_id:
                data = _without(data, _entry_size(tag, specifier), service_id)
            edited += bytes((tag, len(data))) + data
        _put_length(edited, start + 4, len(edited) - start - 6)
        at = stop
    _put_length(edited, loop_at, len(edited) - loop_at - 2)
    _put_length(edited, 1, len(edited) + 1)
    return with_crc32(bytes(edited))


def _entry_size(tag: int, specifier: int) -> int:
    """Bytes of one service in a descriptor, 0 in one that names no services."""
    if tag == _SERVICE_LIST:
        return 3
    return 4 if tag == _LOGICAL_CHANNELS and specifier == _EICTA else 0


def _without(data: bytes, size: int, service_id: int) -> bytes:
    if not size:
        return data
    entries = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(entry for entry in entries if len(entry) < size or _word(entry, 0) != service_id)


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


def _put_length(data: bytearray, at: int, length: int) -> None:
    """Twelve bits of length behind four that stay."""
    _put(data, at, _word(data, at) & 0xF000 | length)
