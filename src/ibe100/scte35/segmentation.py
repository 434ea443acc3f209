"""Names and meaning of segmentation_type_id and segmentation_upid (ANSI/SCTE 35 2023r1 tables 21 to 23)."""

import uuid

from ibe100.scte35.values import SegmentationUpid

SEGMENTATION_TYPES = {
    0x00: "Not Indicated",
    0x01: "Content Identification",
    0x02: "Call Ad Server",
    0x10: "Program Start",
    0x11: "Program End",
    0x12: "Program Early Termination",
    0x13: "Program Breakaway",
    0x14: "Program Resumption",
    0x15: "Program Runover Planned",
    0x16: "Program Runover Unplanned",
    0x17: "Program Overlap Start",
    0x18: "Program Blackout Override",
    0x19: "Program Join",
    0x1A: "Program Immediate Resumption",
    0x20: "Chapter Start",
    0x21: "Chapter End",
    0x22: "Break Start",
    0x23: "Break End",
    0x24: "Opening Credit Start",
    0x25: "Opening Credit End",
    0x26: "Closing Credit Start",
    0x27: "Closing Credit End",
    0x30: "Provider Advertisement Start",
    0x31: "Provider Advertisement End",
    0x32: "Distributor Advertisement Start",
    0x33: "Distributor Advertisement End",
    0x34: "Provider Placement Opportunity Start",
    0x35: "Provider Placement Opportunity End",
    0x36: "Distributor Placement Opportunity Start",
    0x37: "Distributor Placement Opportunity End",
    0x38: "Provider Overlay Placement Opportunity Start",
    0x39: "Provider Overlay Placement Opportunity End",
    0x3A: "Distributor Overlay Placement Opportunity Start",
    0x3B: "Distributor Overlay Placement Opportunity End",
    0x3C: "Provider Promo Start",
    0x3D: "Provider Promo End",
    0x3E: "Distributor Promo Start",
    0x3F: "Distributor Promo End",
    0x40: "Unscheduled Event Start",
    0x41: "Unscheduled Event End",
    0x42: "Alternate Content Opportunity Start",
    0x43: "Alternate Content Opportunity End",
    0x44: "Provider Ad Block Start",
    0x45: "Provider Ad Block End",
    0x46: "Distributor Ad Block Start",
    0x47: "Distributor Ad Block End",
    0x50: "Network Start",
    0x51: "Network End",
}

DEVICE_RESTRICTIONS = ("Restrict Group 0", "Restrict Group 1", "Restrict Group 2", "None")

# segmentation_upid_type -> (name, length in bytes where the standard fixes it)
UPID_TYPES: dict[int, tuple[str, int | None]] = {
    0x00: ("Not Used", 0),
    0x01: ("User Defined", None),
    0x02: ("ISCI", 8),
    0x03: ("Ad-ID", 12),
    0x04: ("UMID", 32),
    0x05: ("ISAN (deprecated)", 8),
    0x06: ("ISAN", 12),
    0x07: ("TID", 12),
    0x08: ("AiringID", 8),
    0x09: ("ADI", None),
    0x0A: ("EIDR", 12),
    0x0B: ("ATSC Content Identifier", None),
    0x0C: ("MPU()", None),
    0x0D: ("MID()", None),
    0x0E: ("ADS Information", None),
    0x0F: ("URI", None),
    0x10: ("UUID", 16),
    0x11: ("SCR", None),
}
MID_TYPE = 0x0D

TEXT_TYPES = frozenset({0x01, 0x02, 0x03, 0x07, 0x09, 0x0E, 0x0F, 0x11})
_EIDR_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def segmentation_type_name(segmentation_type_id: int) -> str:
    """Name of a segmentation_type_id; "Reserved" where the standard has none."""
    return SEGMENTATION_TYPES.get(segmentation_type_id, "Reserved")


def upid_type_name(segmentation_upid_type: int) -> str:
    """Name of a segmentation_upid_type; "Reserved" where the standard has none."""
    return UPID_TYPES.get(segmentation_upid_type, ("Reserved", None))[0]


def upid_fault(upid: SegmentationUpid) -> str:
    """Fault of a UPID's length or nesting; empty where there is none.

    A zero length is allowed with any type: real equipment sends it.
    """
    name, length = UPID_TYPES.get(upid.segmentation_upid_type, ("Reserved", None))
    size = len(upid.data)
    if size and length is not None and size != length:
        return f"{name} of {size} bytes instead of {length}"
    if upid.segmentation_upid_type == MID_TYPE:
        parts = mid_parts(upid)
        if parts is None:
            return "MID() whose parts do not add up to its length"
        # A MID() in a MID() is looked into no further: its depth must not be the input's choice.
        inner = (upid_fault(part) for part in parts if part.segmentation_upid_type != MID_TYPE)
        return next((f"MID() with {fault}" for fault in inner if fault), "")
    if size and upid.segmentation_upid_type == 0x0B and size < 4:
        return f"{name} of {size} bytes, 4 at least"
    if size and upid.segmentation_upid_type == 0x0C and size < 4:
        return "MPU() without its format_identifier"
    return ""


def mid_parts(upid: SegmentationUpid) -> tuple[SegmentationUpid, ...] | None:
    """The UPIDs in a MID(); None where their lengths do not add up."""
    parts: list[SegmentationUpid] = []
    data, at = upid.data, 0
    while at < len(data):
        end = at + 2 + data[at + 1] if at + 1 < len(data) else len(data) + 1
        if end > len(data):
            return None
        parts.append(SegmentationUpid(data[at], data[at + 2 : end]))
        at = end
    return tuple(parts)


def upid_text(upid: SegmentationUpid) -> str:
    """A UPID as people write it; hex where its bytes do not fit its type."""
    kind, data = upid.segmentation_upid_type, upid.data
    if not data:
        return ""
    if upid_fault(upid):
        return data.hex()
    if kind in TEXT_TYPES:
        text = data.decode("latin-1")
        return text if text.isprintable() else data.hex()
    match kind:
        case 0x04:
            return ".".join(data[at : at + 4].hex().upper() for at in range(0, 32, 4))
        case 0x05 | 0x06:
            digits = data.hex().upper()
            return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))
        case 0x08:
            return f"0x{data.hex().upper()}"
        case 0x0A:
            return _eidr_text(data)
        case 0x0B:
            return _atsc_text(data)
        case 0x0C:
            return f"{_printable(data[:4])}:{_printable(data[4:])}"
        case 0x0D:
            named = (
                (upid_type_name(part.segmentation_upid_type), upid_text(part))
                for part in mid_parts(upid) or ()
            )
            return "; ".join(f"{name} {text}" for name, text in named)
        case 0x10:
            return str(uuid.UUID(bytes=data))
        case _:
            return data.hex()


def _printable(data: bytes) -> str:
    text = data.decode("latin-1")
    return text if text.isascii() and text.isprintable() else data.hex()


def _atsc_text(data: bytes) -> str:
    """ATSC_content_identifier() of A/57B; end_of_day is an hour, unique_for are days."""
    fields = int.from_bytes(data[2:4], "big")
    return (
        f"TSID 0x{data[:2].hex().upper()}, end_of_day {fields >> 9 & 0x1F}, unique_for {fields & 0x1FF}, "
        f"content_id {_printable(data[4:])}"
    )


def _eidr_text(data: bytes) -> str:
    """Canonical EIDR with its check character (ISO/IEC 7064 MOD 37,36)."""
    suffix = data[2:].hex().upper()
    state = 36
    for digit in suffix:
        state = (state + _EIDR_DIGITS.index(digit)) % 36 or 36
        state = state * 2 % 37
    check = _EIDR_DIGITS[(37 - state) % 36]
    groups = "-".join(suffix[at : at + 4] for at in range(0, 20, 4))
    return f"10.{int.from_bytes(data[:2], 'big')}/{groups}-{check}"
