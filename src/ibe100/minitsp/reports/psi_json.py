"""Whole tables as the elements of tsp's -P tables --xml-output and --log-json-line."""

from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from ibe100.minitsp.psi.pat_sections import Programs
from ibe100.minitsp.psi.sdt_edits import services_of
from ibe100.minitsp.reports.descriptor_json import descriptor_nodes
from ibe100.minitsp.reports.json_report import JsonValue
from ibe100.minitsp.reports.splice_json import section_copy
from ibe100.minitsp.reports.splice_json import table_json as splice_json
from ibe100.minitsp.reports.table_nodes import Hex, Node, as_json, hex_text, node, of_element
from ibe100.mpegts.constants import (
    CAT_TABLE_ID,
    NIT_ACTUAL_TABLE_ID,
    NIT_OTHER_TABLE_ID,
    NULL_PID,
    PAT_TABLE_ID,
    PMT_TABLE_ID,
    SDT_ACTUAL_TABLE_ID,
    SDT_OTHER_TABLE_ID,
    SPLICE_TABLE_ID,
)
from ibe100.mpegts.descriptors import PsiError, iterate_descriptors
from ibe100.mpegts.psi import Pmt
from ibe100.mpegts.table_assembler import Table
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.xml.tsduck import to_xml

_RUNNING: Final = (
    *("undefined", "not-running", "starting", "pausing", "running", "off-air"),
    *("6", "7"),
)


@dataclass(frozen=True, slots=True)
class TableMetadata:
    """What is told of a table beside its contents: copies of its sections, and its packets."""

    base64_sections: bool = False
    hex_sections: bool = False
    packet_index: bool = False

    def attributes(self, table: Table) -> Node:
        """PID, and the packets where they are wanted."""
        packets: Node = {"first_ts_packet": table.first_packet, "last_ts_packet": table.last_packet}
        return {"PID": table.pid, **(packets if self.packet_index else {})}

    def node(self, table: Table) -> Node:
        """The element that stands first in the table."""
        copies = [
            section_copy(one, base64_section=self.base64_sections, hex_section=self.hex_sections)
            for one in table.sections
            if self.base64_sections or self.hex_sections
        ]
        return node("metadata", self.attributes(table), copies)


def table_json(table: Table, told: TableMetadata) -> JsonValue:
    """A table with its metadata; one that is not known, or cannot be read, keeps its sections' bytes."""
    if table.table_id == SPLICE_TABLE_ID:
        try:
            return splice_json(
                table.sections[0],
                {key.lower(): value for key, value in told.attributes(table).items()},
                base64_section=told.base64_sections,
                hex_section=told.hex_sections,
            )
        except SpliceDecodeError:
            pass
    return as_json(_with_metadata(_known(table), table, told))


def table_node(table: Table, told: TableMetadata) -> Node:
    """The same as an element of XML."""
    if table.table_id == SPLICE_TABLE_ID:
        try:
            splice = of_element(ElementTree.fromstring(to_xml(decode(table.sections[0])))[0])
            return _with_metadata(splice, table, told)
        except SpliceDecodeError:
            pass
    return _with_metadata(_known(table), table, told)


def _with_metadata(root: Node, table: Table, told: TableMetadata) -> Node:
    children = root.get("#nodes", [])
    assert isinstance(children, list)
    return {**root, "#nodes": [told.node(table), *children]}


def _known(table: Table) -> Node:
    try:
        if table.table_id == PAT_TABLE_ID:
            return _pat(table)
        if table.table_id == CAT_TABLE_ID:
            return _cat(table)
        if table.table_id == PMT_TABLE_ID:
            return _pmt(table)
        if table.table_id in (NIT_ACTUAL_TABLE_ID, NIT_OTHER_TABLE_ID):
            return _nit(table)
        if table.table_id in (SDT_ACTUAL_TABLE_ID, SDT_OTHER_TABLE_ID):
            return _sdt(table)
    except PsiError:
        pass
    return _generic(table)


def _state(section: bytes) -> Node:
    return {"version": section[5] >> 1 & 0x1F, "current": bool(section[5] & 1)}


def _pat(table: Table) -> Node:
    programs = Programs.of(table)
    attributes: Node = {
        **_state(table.sections[0]),
        "transport_stream_id": Hex(programs.transport_stream_id, 4),
    }
    if programs.nit_pid is not None:
        attributes["network_PID"] = Hex(programs.nit_pid, 4)
    services = [
        node("service", {"service_id": Hex(number, 4), "program_map_PID": Hex(pid, 4)})
        for number, pid in sorted(programs.pmt_pids.items())
    ]
    return node("PAT", attributes, services)


def _cat(table: Table) -> Node:
    descriptors = [one for section in table.sections for one in iterate_descriptors(section[8:-4])]
    return node("CAT", _state(table.sections[0]), descriptor_nodes(descriptors))


def _pmt(table: Table) -> Node:
    pmt = Pmt.parse(table.sections[0])
    attributes: Node = {**_state(table.sections[0]), "service_id": Hex(pmt.program_number, 4)}
    if pmt.pcr_pid != NULL_PID:
        attributes["PCR_PID"] = Hex(pmt.pcr_pid, 4)
    components = [
        node(
            "component",
            {"elementary_PID": Hex(stream.pid, 4), "stream_type": Hex(stream.stream_type, 2)},
            descriptor_nodes(stream.descriptors),
        )
        for stream in pmt.streams
    ]
    return node("PMT", attributes, [*descriptor_nodes(pmt.descriptors), *components])


def _sdt(table: Table) -> Node:
    shared, services = services_of(table)
    attributes: Node = {
        **_state(table.sections[0]),
        "transport_stream_id": Hex(shared.transport_stream_id, 4),
        "original_network_id": Hex(shared.original_network_id, 4),
        "actual": shared.actual,
    }
    children = [
        node(
            "service",
            {
                "service_id": Hex(service.service_id, 4),
                "EIT_schedule": service.eit_schedule,
                "EIT_present_following": service.eit_present_following,
                "CA_mode": service.free_ca_mode,
                "running_status": _RUNNING[service.running_status],
            },
            descriptor_nodes(service.descriptors),
        )
        for _, service in sorted(services.items())
    ]
    return node("SDT", attributes, children)


def _nit(table: Table) -> Node:
    """ETSI EN 300 468 clause 5.2.1; a transport stream also says which section it stands in."""
    attributes: Node = {
        **_state(table.sections[0]),
        "network_id": Hex(table.extension, 4),
        "actual": table.table_id == NIT_ACTUAL_TABLE_ID,
    }
    of_network: list[JsonValue] = []
    streams: list[JsonValue] = []
    for number, section in enumerate(table.sections):
        start = _loop_end(section, 8)
        of_network += descriptor_nodes(list(iterate_descriptors(section[10:start])))
        at = start + 2
        while at < _loop_end(section, start):
            end = _loop_end(section, at + 4)
            one: Node = {
                "transport_stream_id": Hex(section[at] << 8 | section[at + 1], 4),
                "original_network_id": Hex(section[at + 2] << 8 | section[at + 3], 4),
                "preferred_section": number,
            }
            held = descriptor_nodes(list(iterate_descriptors(section[at + 6 : end])))
            streams.append(node("transport_stream", one, held))
            at = end
    return node("NIT", attributes, [*of_network, *streams])


def _loop_end(section: bytes, at: int) -> int:
    """End of the loop whose 12-bit length is at `at`. Raises PsiError where the section is shorter."""
    if at + 2 > len(section) - 4:
        raise PsiError("NIT cut short")
    end = at + 2 + ((section[at] & 0x0F) << 8 | section[at + 1])
    if end > len(section) - 4:
        raise PsiError("NIT cut short")
    return end


def _generic(table: Table) -> Node:
    first = table.sections[0]
    private = bool(first[1] & 0x40)
    if not first[1] & 0x80:
        attributes: Node = {"table_id": Hex(table.table_id, 2), "private": private}
        return node("generic_short_table", attributes, [hex_text(first[3:])] if first[3:] else [])
    attributes = {
        "table_id": Hex(table.table_id, 2),
        "table_id_ext": Hex(table.extension, 4),
        **_state(first),
        "private": private,
    }
    sections = [node("section", children=[hex_text(section[8:-4])]) for section in table.sections]
    return node("generic_long_table", attributes, sections)
