"""DVB text strings (ETSI EN 300 468 annex A)."""

import unicodedata

_BY_FIRST_BYTE = {
    **{number: f"iso8859-{number + 4}" for number in (*range(1, 8), *range(9, 12))},
    0x11: "utf-16-be",
    0x12: "euc-kr",
    0x13: "gb2312",
    0x14: "big5",
    0x15: "utf-8",
}

# ISO/IEC 6937: a diacritical byte stands before its letter; Unicode combines after it.
_COMBINING = {
    0xC1: "\u0300", 0xC2: "\u0301", 0xC3: "\u0302", 0xC4: "\u0303", 0xC5: "\u0304", 0xC6: "\u0306",
    0xC7: "\u0307", 0xC8: "\u0308", 0xCA: "\u030a", 0xCB: "\u0327", 0xCD: "\u030b", 0xCE: "\u0328",
    0xCF: "\u030c",
}  # fmt: skip
_UPPER_HALF = dict(
    zip(
        (*range(0xA0, 0xC0), *range(0xD0, 0xD8), *range(0xDC, 0x100)),
        " ¡¢£€¥ §¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿―¹®©™♪¬¦⅛⅜⅝⅞ΩÆÐªĦ ĲĿŁØŒºÞŦŊŉĸæđðħıĳŀłøœßþŧŋ\u00ad",
        strict=True,
    )
)

_BYTES_6937 = {char: byte for byte, char in _UPPER_HALF.items()}
# Tables to write with, in the order of TSDuck, each with the bytes that announce it.
_TO_WRITE = (
    *((f"iso8859-{number}", bytes((number - 4,))) for number in (15, 10, 13, 14, 5, 7, 8, 9, 6, 11)),
    *((f"iso8859-{number}", bytes((0x10, 0, number))) for number in (1, 2, 3, 4)),
    ("utf-8", b"\x15"),
)

_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def encode_dvb_text(text: str) -> bytes:
    """A DVB string of `text`, in the first character table that has all of it."""
    in_6937 = _to_iso_6937(text)
    if in_6937 is not None:
        return in_6937
    for codec, announcement in _TO_WRITE:
        try:
            return announcement + text.encode(codec)
        except UnicodeEncodeError:
            continue
    return b"\x15" + text.encode("utf-8", "replace")


def decode_dvb_text(raw: bytes) -> str:
    """Text of a DVB string; the character table is chosen by its first byte, bad bytes become U+FFFD."""
    if not raw:
        return ""
    first = raw[0]
    if first >= 0x20:
        text = _iso_6937(raw)
    elif first == 0x10 and len(raw) >= 3 and 1 <= raw[2] <= 15 and raw[2] != 12:
        text = raw[3:].decode(f"iso8859-{raw[2]}", "replace")
    else:
        text = raw[1:].decode(_BY_FIRST_BYTE.get(first, "ascii"), "replace")
    return "".join(char for char in text if not _is_control(char))


def _is_control(char: str) -> bool:
    """True for controls of DVB and of terminals, line ends, and marks that turn the direction of writing."""
    is_turning = unicodedata.bidirectional(char) in _TURNING
    return is_turning or unicodedata.category(char) in ("Cc", "Cs", "Co", "Zl", "Zp")


def _iso_6937(raw: bytes) -> str:
    characters: list[str] = []
    accent = ""
    for byte in raw:
        if byte in _COMBINING:
            accent = _COMBINING[byte]
            continue
        char = chr(byte) if byte < 0xA0 else _UPPER_HALF.get(byte, "\ufffd")
        characters.append(unicodedata.normalize("NFC", char + accent))
        accent = ""
    return "".join(characters)


def _to_iso_6937(text: str) -> bytes | None:
    """`text` in ISO/IEC 6937; None if it has something else, or accents, which few receivers put together."""
    raw = bytearray()
    for char in text:
        byte = ord(char) if " " <= char <= "~" else _BYTES_6937.get(char)
        if byte is None:
            return None
        raw.append(byte)
    return bytes(raw)
