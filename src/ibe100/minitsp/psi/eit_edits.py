"""EIT sections (ETSI EN 300 468 clause 5.2.4): of some services, of all but one, with another service_id."""

from collections.abc import Collection
from typing import Final

from ibe100.utils.crc import with_crc32

_EIT: Final = range(0x4E, 0x70)
_OTHER_STREAM: Final = frozenset((0x4F, *range(0x60, 0x70)))
_SHORTEST: Final = 8 + 6 + 4


def of_services(section: bytes, service_ids: Collection[int]) -> bytes | None:
    """The section if it is an EIT of this stream and these services, or no EIT at all; otherwise None."""
    if section[0] not in _EIT:
        return section
    wanted = section[0] not in _OTHER_STREAM and len(section) >= _SHORTEST
    return section if wanted and _word(section, 3) in service_ids else None


def renumbered(section: bytes, transport_stream_id: int, service_id: int, new_id: int) -> bytes | None:
    """The section, if it is of that service under its new service_id; None for an EIT that is too short."""
    if section[0] not in _EIT:
        return section
    if len(section) < _SHORTEST:
        return None
    if (_word(section, 3), _word(section, 8)) != (service_id, transport_stream_id):
        return section
    return with_crc32(section[:3] + new_id.to_bytes(2, "big") + section[5:-4])


def without_service(section: bytes, transport_stream_id: int, service_id: int) -> bytes | None:
    """The section, or None if it is an EIT of that service."""
    if section[0] not in _EIT or len(section) < _SHORTEST:
        return section
    return None if (_word(section, 3), _word(section, 8)) == (service_id, transport_stream_id) else section


def _word(section: bytes, at: int) -> int:
    return section[at] << 8 | section[at + 1]
