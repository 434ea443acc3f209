"""Sections in the forms in which people hold them: binary, hex, base64, XML, lines of a playlist."""

import re

from ibe100.mpegts.constants import SPLICE_TABLE_ID
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode, encode, from_text
from ibe100.scte35.xml.standard import from_standard_xml
from ibe100.scte35.xml.tsduck import from_xml

_TSDUCK_TAGS = re.compile(r"<(tsduck|splice_information_table|generic_short_table)\b", re.IGNORECASE)
_TAG = re.compile(r"#EXT|SCTE35|CUE=", re.IGNORECASE)
"""Marks of a playlist's tag, whole or only its attribute."""
_IN_TAG = re.compile(r"(?:0[xX])?[fF][cC][0-9a-fA-F]{30,}|[/_][A-P][A-Za-z0-9+/_-]{18,}={0,2}")
"""A section in hex, or in base64: 0xFC begins with `/`, or `_` where it is for URLs."""
_QUOTES = "\"'`"


def sections_in(data: bytes | str) -> list[bytes]:
    """The sections in what somebody pasted or sent, each once. Raises SpliceDecodeError where there is none.

    A binary section, base64 (also base64url, without padding) or hex, TSDuck's XML or SCTE 35's own, or lines
    of an HLS playlist.
    """
    if isinstance(data, bytes):
        if data[:1] == bytes((SPLICE_TABLE_ID,)):
            return [data]
        data = data.decode("utf-8-sig", "replace")
    text = data.strip().strip(_QUOTES).strip()
    if text.startswith("<"):
        if _TSDUCK_TAGS.search(text):
            return [encode(section) for section in from_xml(text)]
        return from_standard_xml(text)
    if _TAG.search(text):
        return _in_tags(text)
    return [from_text(text)]


def section_in(text: str) -> bytes:
    """The one section in a text. Raises SpliceDecodeError where there is none, or more than one."""
    found = sections_in(text)
    if len(found) != 1:
        raise SpliceDecodeError("text", f"holds {len(found)} sections; give one of them")
    return found[0]


def _in_tags(text: str) -> list[bytes]:
    """The sections in tags; what only looks like one counts where there is no better."""
    lines = text.splitlines()
    tags = [line for line in lines if line.startswith("#")] if len(lines) > 1 else lines
    found: dict[bytes, None] = {}
    fault = SpliceDecodeError("text", "looks like a tag of a playlist, and no section is in it")
    for candidate in _IN_TAG.findall("\n".join(tags)):
        try:
            section = from_text(candidate)
            decode(section)
        except SpliceDecodeError as error:
            fault = error
        else:
            found[section] = None
    if not found:
        raise fault
    return list(found)
