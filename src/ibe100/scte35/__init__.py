"""SCTE 35 codec: splice_info_section as bytes and as values; JSON and XML are in their own modules."""

from ibe100.scte35.cues import cancel, splice_insert, splice_null, time_signal
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.faults import find_faults
from ibe100.scte35.section import decode, encode, from_text, to_base64
from ibe100.scte35.values import SpliceInfoSection

__all__ = [
    "SpliceDecodeError",
    "SpliceInfoSection",
    "cancel",
    "decode",
    "encode",
    "find_faults",
    "from_text",
    "splice_insert",
    "splice_null",
    "time_signal",
    "to_base64",
]
