"""Splice sections as the JSON that tsp's splicemonitor reports."""

import base64
import re
from typing import Final
from xml.etree import ElementTree

from ibe100.minitsp.reports.json_report import JsonValue
from ibe100.scte35.section import decode
from ibe100.scte35.xml.tsduck import to_xml

_NUMBER: Final = re.compile(r"-?[0-9][0-9,]*|0[xX][0-9A-Fa-f]+")
_BOOLEANS: Final = {"true": True, "false": False}
_TEXT_ATTRIBUTES: Final = frozenset({"DTMF", "ISO_code", "utc_splice_time"})


def table_json(
    section: bytes, metadata: dict[str, JsonValue], *, base64_section: bool, hex_section: bool
) -> JsonValue:
    """One section as tsp's JSON table, its metadata node first. Raises SpliceDecodeError."""
    root = ElementTree.fromstring(to_xml(decode(section)))
    table = _node(root[0])
    node: dict[str, JsonValue] = {"#name": "metadata", **metadata}
    if base64_section or hex_section:
        node["#nodes"] = [section_copy(section, base64_section=base64_section, hex_section=hex_section)]
    children = table.get("#nodes")
    return {**table, "#nodes": [node, *(children if isinstance(children, list) else [])]}


def section_copy(section: bytes, *, base64_section: bool, hex_section: bool) -> dict[str, JsonValue]:
    """The node that holds a section's own bytes, in one form or both."""
    copy: dict[str, JsonValue] = {"#name": "section"}
    if base64_section:
        copy["base64"] = base64.b64encode(section).decode("ascii")
    if hex_section:
        copy["#nodes"] = [section.hex(" ").upper()]
    return copy


def _node(element: ElementTree.Element) -> dict[str, JsonValue]:
    """An XML element as tsp converts it: attributes typed, children and text under #nodes."""
    node: dict[str, JsonValue] = {"#name": element.tag}
    node.update((name.lower(), _typed(name, text)) for name, text in element.items())
    children: list[JsonValue] = [_node(child) for child in element]
    text = " ".join((element.text or "").split())
    if text:
        children.insert(0, text)
    if children:
        node["#nodes"] = children
    return node


def _typed(name: str, text: str) -> JsonValue:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if name in _TEXT_ATTRIBUTES or not _NUMBER.fullmatch(text):
        return text
    return int(text.replace(",", ""), 0)
