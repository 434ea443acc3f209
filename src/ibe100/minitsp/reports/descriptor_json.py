"""Descriptors of PSI tables as elements of tsp's XML, which its JSON follows."""

from collections.abc import Callable, Sequence
from typing import Final

from ibe100.minitsp.reports.json_report import JsonValue
from ibe100.minitsp.reports.table_nodes import Hex, Node, hex_text, node
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.dvb_text import decode_dvb_text

_CUE_STREAMS: Final = (
    "insert_null_schedule",
    "all",
    "segmentation",
    "tiered_splicing",
    "tiered_segmentation",
)
_TELETEXT_ENTRY, _SUBTITLING_ENTRY, _LANGUAGE_ENTRY, _SERVICE_LIST_ENTRY = 5, 8, 4, 3


def descriptor_nodes(descriptors: Sequence[Descriptor]) -> list[JsonValue]:
    """Each descriptor as a node; one that is unknown or damaged keeps its bytes."""
    return [_descriptor_node(one) for one in descriptors]


def _descriptor_node(descriptor: Descriptor) -> Node:
    reader = _READERS.get(descriptor.tag)
    known = None
    if reader is not None:
        try:
            known = reader(descriptor.data)
        except IndexError:  # shorter than its fields
            known = None
    if known is not None:
        return known
    held = [hex_text(descriptor.data)] if descriptor.data else []
    return node("generic_descriptor", {"tag": Hex(descriptor.tag, 2)}, held)


def _registration(data: bytes) -> Node:
    attributes: Node = {"format_identifier": Hex(data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3], 8)}
    extra = [node("additional_identification_info", children=[hex_text(data[4:])])] if data[4:] else []
    return node("registration_descriptor", attributes, extra)


def _conditional_access(data: bytes) -> Node:
    attributes: Node = {
        "CA_system_id": Hex(data[0] << 8 | data[1], 4),
        "CA_PID": Hex((data[2] & 0x1F) << 8 | data[3], 4),
    }
    private = [node("private_data", children=[hex_text(data[4:])])] if data[4:] else []
    return node("CA_descriptor", attributes, private)


def _language(data: bytes) -> Node:
    entries = [
        node("language", {"code": _text(entry[:3]), "audio_type": Hex(entry[3], 2)})
        for entry in _entries(data, _LANGUAGE_ENTRY)
    ]
    return node("ISO_639_language_descriptor", children=entries)


def _network_name(data: bytes) -> Node:
    return node("network_name_descriptor", {"network_name": decode_dvb_text(data)})


def _service_list(data: bytes) -> Node:
    entries = [
        node("service", {"service_id": Hex(entry[0] << 8 | entry[1], 4), "service_type": Hex(entry[2], 2)})
        for entry in _entries(data, _SERVICE_LIST_ENTRY)
    ]
    return node("service_list_descriptor", children=entries)


def _service(data: bytes) -> Node:
    provider_end = 2 + data[1]
    name = data[provider_end + 1 : provider_end + 1 + data[provider_end]]
    attributes: Node = {
        "service_type": Hex(data[0], 2),
        "service_provider_name": decode_dvb_text(data[2:provider_end]),
        "service_name": decode_dvb_text(name),
    }
    return node("service_descriptor", attributes)


def _subtitling(data: bytes) -> Node:
    entries = [
        node(
            "subtitling",
            {
                "language_code": _text(entry[:3]),
                "subtitling_type": Hex(entry[3], 2),
                "composition_page_id": Hex(entry[4] << 8 | entry[5], 4),
                "ancillary_page_id": Hex(entry[6] << 8 | entry[7], 4),
            },
        )
        for entry in _entries(data, _SUBTITLING_ENTRY)
    ]
    return node("subtitling_descriptor", children=entries)


def _teletext(data: bytes) -> Node:
    entries = [
        node(
            "teletext",
            {
                "language_code": _text(entry[:3]),
                "teletext_type": Hex(entry[3] >> 3, 2),
                # Magazine 8 is coded as 0 (ETSI EN 300 706 clause 3.1).
                "page_number": ((entry[3] & 7) or 8) * 100 + (entry[4] >> 4) * 10 + (entry[4] & 0x0F),
            },
        )
        for entry in _entries(data, _TELETEXT_ENTRY)
    ]
    return node("teletext_descriptor", children=entries)


def _stream_identifier(data: bytes) -> Node:
    return node("stream_identifier_descriptor", {"component_tag": Hex(data[0], 2)})


def _cue_identifier(data: bytes) -> Node:
    kind = _CUE_STREAMS[data[0]] if data[0] < len(_CUE_STREAMS) else Hex(data[0], 2)
    return node("cue_identifier_descriptor", {"cue_stream_type": kind})


def _ac3(data: bytes) -> Node:
    flags, at = data[0], 1
    attributes: Node = {}
    for bit, name in ((0x80, "component_type"), (0x40, "bsid"), (0x20, "mainid"), (0x10, "asvc")):
        if flags & bit:
            attributes[name] = Hex(data[at], 2)
            at += 1
    extra = [node("additional_info", children=[hex_text(data[at:])])] if data[at:] else []
    return node("DVB_AC3_descriptor", attributes, extra)


def _enhanced_ac3(data: bytes) -> Node:
    flags, at = data[0], 1
    attributes: Node = {"mixinfoexists": bool(flags & 0x08)}
    fields = ((0x80, "component_type"), (0x40, "bsid"), (0x20, "mainid"), (0x10, "asvc"))
    for bit, name in (*fields, (4, "substream1"), (2, "substream2"), (1, "substream3")):
        if flags & bit:
            attributes[name] = Hex(data[at], 2)
            at += 1
    extra = [node("additional_info", children=[hex_text(data[at:])])] if data[at:] else []
    return node("DVB_enhanced_AC3_descriptor", attributes, extra)


def _extension(data: bytes) -> Node | None:
    """The supplementary_audio_descriptor, the only kind of extension_descriptor that is read."""
    if data[0] != 0x06:
        return None
    attributes: Node = {"mix_type": data[1] >> 7, "editorial_classification": Hex(data[1] >> 2 & 0x1F, 2)}
    rest = data[2:]
    if data[1] & 1:
        attributes["language_code"] = _text(rest[:3])
        rest = rest[3:]
    extra = [node("private_data", children=[hex_text(rest)])] if rest else []
    return node("supplementary_audio_descriptor", attributes, extra)


def _entries(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data) - size + 1, size)]


def _text(code: bytes) -> str:
    return code.decode("latin-1")


_READERS: Final[dict[int, Callable[[bytes], Node | None]]] = {
    0x05: _registration,
    0x09: _conditional_access,
    0x0A: _language,
    0x40: _network_name,
    0x41: _service_list,
    0x48: _service,
    0x52: _stream_identifier,
    0x56: _teletext,
    0x59: _subtitling,
    0x6A: _ac3,
    0x7A: _enhanced_ac3,
    0x7F: _extension,
    0x8A: _cue_identifier,
}
