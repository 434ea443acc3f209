"""Tables as elements with attributes: tsp's XML of them, and its JSON, which follows from the XML."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree import ElementTree

from ibe100.minitsp.reports.json_report import JsonValue

Node = dict[str, JsonValue]
XML_BEGIN: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<tsduck>'
XML_END: Final = "</tsduck>"
_BYTES_IN_LINE: Final = 16
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class Hex(int):
    """A number that XML has in hexadecimal, of `digits` digits at least; JSON has no such form."""

    digits: int

    def __new__(cls, value: int, digits: int) -> "Hex":
        number = super().__new__(cls, value)
        number.digits = digits
        return number

    def __str__(self) -> str:
        return f"0x{int(self):0{self.digits}X}"


def node(name: str, attributes: Node | None = None, children: Sequence[JsonValue] = ()) -> Node:
    """An element: its name, its attributes in tsp's order, and what it holds under #nodes."""
    held: Node = {"#nodes": list(children)} if children else {}
    return {"#name": name, **(attributes or {}), **held}


def hex_text(data: bytes) -> str:
    """Bytes as tsp prints them in XML."""
    return data.hex(" ").upper()


def of_element(element: ElementTree.Element) -> Node:
    """An XML element as such an element; its attributes stay text."""
    children: list[JsonValue] = [of_element(child) for child in element]
    text = " ".join((element.text or "").split())
    return node(element.tag, dict(element.items()), [text, *children] if text else children)


def as_json(value: JsonValue) -> JsonValue:
    """The same element with its attributes in small letters, as tsp's JSON has it."""
    if not isinstance(value, Mapping):
        return value
    held = value.get("#nodes")
    inner = {"#nodes": [as_json(one) for one in held]} if isinstance(held, Sequence) else {}
    return {key if key[0] == "#" else key.lower(): one for key, one in value.items()} | inner


def xml_lines(value: JsonValue, indent: str = "  ") -> Iterator[str]:
    """Lines of an element, or of the bytes in hexadecimal that one holds."""
    if not isinstance(value, Mapping):
        words = str(value).split()
        for at in range(0, len(words), _BYTES_IN_LINE):
            yield indent + " ".join(words[at : at + _BYTES_IN_LINE])
        return
    attributes = "".join(f' {key}="{_text(one)}"' for key, one in value.items() if key[0] != "#")
    name, held = value["#name"], value.get("#nodes")
    # Where bytes may stand tsp does not close the element at once.
    if not held and name not in ("generic_descriptor", "section"):
        yield f"{indent}<{name}{attributes}/>"
        return
    yield f"{indent}<{name}{attributes}>"
    assert held is None or isinstance(held, Sequence)
    for one in held or ():
        yield from xml_lines(one, indent + "  ")
    yield f"{indent}</{name}>"


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and not isinstance(value, Hex):
        return f"{value:,}"
    return str(value).translate(_ENTITIES)
