"""Descriptors of PSI and SI tables (ISO/IEC 13818-1 clause 2.6, ETSI EN 300 468 clause 6)."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from ibe100.mpegts.constants import CA_TAG, LANGUAGE_TAG, SUBTITLING_TAG, TELETEXT_TAG

# Descriptors whose entries begin with an ISO 639 code, and the size of an entry.
_LANGUAGE_ENTRIES = {LANGUAGE_TAG: 4, TELETEXT_TAG: 5, SUBTITLING_TAG: 8}


class PsiError(ValueError):
    """A section is no well-formed section of the table asked for."""


class Descriptor(NamedTuple):
    """One descriptor: its tag and the bytes after descriptor_length."""

    tag: int
    data: bytes


def iterate_descriptors(loop: bytes) -> Iterator[Descriptor]:
    """Descriptors of a descriptor loop; raises PsiError where one runs past the end."""
    at = 0
    while at < len(loop):
        end = at + 2 + loop[at + 1] if at + 1 < len(loop) else len(loop) + 1
        if end > len(loop):
            raise PsiError(f"descriptor 0x{loop[at]:02X} runs past the end of its loop")
        yield Descriptor(loop[at], loop[at + 2 : end])
        at = end


def encode_descriptors(descriptors: Iterable[Descriptor]) -> bytes:
    """A descriptor loop, without its length."""
    return b"".join(bytes((tag, len(data))) + data for tag, data in descriptors)


def languages(descriptors: Iterable[Descriptor]) -> tuple[str, ...]:
    """ISO 639 codes that the descriptors name, each once, in order."""
    found = (
        data[at : at + 3].decode("latin-1")
        for tag, data in descriptors
        if tag in _LANGUAGE_ENTRIES
        for at in range(0, len(data) - 2, _LANGUAGE_ENTRIES[tag])
    )
    return tuple(dict.fromkeys(found))


def ca_references(
    descriptors: Iterable[Descriptor], tags: Collection[int] = (CA_TAG,)
) -> Iterator[tuple[int, int]]:
    """(CA_PID, CA_system_id) of each CA_descriptor (ISO/IEC 13818-1 clause 2.6.16), in order."""
    for tag, data in descriptors:
        if tag in tags and len(data) >= 4:
            yield (data[2] & 0x1F) << 8 | data[3], data[0] << 8 | data[1]
