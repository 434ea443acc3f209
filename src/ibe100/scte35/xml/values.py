"""Documents, attributes and hex text in XML."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ibe100.scte35.errors import SpliceDecodeError

# Far more than any message needs; keeps a datagram from costing more than it is worth.
_MAX_TEXT = 1_000_000
_BOOLEANS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def parse_xml(text: str) -> Element:
    """The root of a document; raises SpliceDecodeError for text that is none, or declares entities."""
    if len(text) > _MAX_TEXT:
        raise SpliceDecodeError("xml", f"{len(text)} characters are too many")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SpliceDecodeError("xml", "document types and entities are not accepted")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise SpliceDecodeError("xml", str(error)) from error


def decimal(value: int) -> str:
    """A number with a comma between thousands."""
    return f"{value:,}"


def hexadecimal(value: int, digits: int) -> str:
    """A number as 0x and `digits` upper-case digits."""
    return f"0x{value:0{digits}X}"


def boolean(value: bool) -> str:
    """true or false."""
    return "true" if value else "false"


def read_int(element: Element, name: str, default: int | None = None) -> int:
    """A number attribute, with or without thousands; raises SpliceDecodeError without it or a default."""
    text = _attribute(element, name)
    if text is None:
        if default is None:
            raise SpliceDecodeError(f"{element.tag}.{name}", "is missing")
        return default
    try:
        return int(text.replace(",", ""), 0)
    except ValueError as error:
        raise SpliceDecodeError(f"{element.tag}.{name}", f"{text!r} is not a number") from error


def read_optional_int(element: Element, name: str) -> int | None:
    """A number attribute, or None where there is none."""
    return None if _attribute(element, name) is None else read_int(element, name)


def read_bool(element: Element, name: str, default: bool | None = None) -> bool:
    """A true or false attribute; raises SpliceDecodeError without it or a default."""
    text = _attribute(element, name)
    if text is None:
        if default is None:
            raise SpliceDecodeError(f"{element.tag}.{name}", "is missing")
        return default
    try:
        return _BOOLEANS[text.strip().lower()]
    except KeyError as error:
        raise SpliceDecodeError(f"{element.tag}.{name}", f"{text!r} is neither true nor false") from error


def read_text(element: Element, name: str) -> str:
    """A text attribute; raises SpliceDecodeError without it."""
    text = _attribute(element, name)
    if text is None:
        raise SpliceDecodeError(f"{element.tag}.{name}", "is missing")
    return text


def read_optional_text(element: Element, name: str) -> str | None:
    """A text attribute, or None where there is none."""
    return _attribute(element, name)


def read_hex(element: Element) -> bytes:
    """The hex digits between an element's tags, before and behind its metadata."""
    text = " ".join(part for part in (element.text, *(child.tail for child in element)) if part)
    try:
        return bytes.fromhex("".join(text.split()))
    except ValueError as error:
        raise SpliceDecodeError(str(element.tag), f"its text is not hex: {error}") from error


def _attribute(element: Element, name: str) -> str | None:
    """An attribute by its name in any case, as TSDuck looks for it."""
    if name in element.attrib:
        return element.attrib[name]
    return next((text for key, text in element.attrib.items() if key.lower() == name.lower()), None)
