"""Whole tables as the JSON of tsp's -P tables --log-json-line."""

from typing import Final

from ibe100.minitsp.psi.pat_sections import Programs
from ibe100.minitsp.psi.sdt_edits import services_of
from ibe100.minitsp.reports.descriptor_json import Node, descriptor_nodes, hex_text, node
from ibe100.minitsp.reports.json_report import JsonValue
from ibe100.minitsp.reports.splice_json import section_copy
from ibe100.minitsp.reports.splice_json import table_json as splice_json
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

_RUNNING: Final = (
    *("undefined", "not-running", "starting", "pausing", "running", "off-air"),
    *("6", "7"),
)


def table_json(table: Table, *, base64_sections: bool, hex_sections: bool) -> JsonValue:
    """A table with its metadata; one that is not known, or cannot be read, keeps its sections' bytes."""
    if table.table_id == SPLICE_TABLE_ID:
        try:
            metadata: Node = {"pid": table.pid}
            return splice_json(
                table.sections[0], metadata, base64_section=base64_sections, hex_section=hex_sections
            )
        except SpliceDecodeError:
            pass
    copies = [
        section_copy(section, base64_section=base64_sections, hex_section=hex_sections)
        for section in table.sections
        if base64_sections or hex_sections
    ]
    root = _known(table)
    children = root.get("#nodes", [])
    assert isinstance(children, list)
    return {**root, "#nodes": [node("metadata", {"pid": table.pid}, copies), *children]}


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
    attributes: Node = {**_state(table.sections[0]), "transport_stream_id": programs.transport_stream_id}
    if programs.nit_pid is not None:
        attributes["network_PID"] = programs.nit_pid
    services = [
        node("service", {"service_id": number, "program_map_pid": pid})
        for number, pid in sorted(programs.pmt_pids.items())
    ]
    return node("PAT", attributes, services)


def _cat(table: Table) -> Node:
    descriptors = [one for section in table.sections for one in iterate_descriptors(section[8:-4])]
    return node("CAT", _state(table.sections[0]), descriptor_nodes(descriptors))


def _pmt(table: Table) -> Node:
    pmt = Pmt.parse(table.sections[0])
    attributes: Node = {**_state(table.sections[0]), "service_id": pmt.program_number}
    if pmt.pcr_pid != NULL_PID:
        attributes["pcr_pid"] = pmt.pcr_pid
    components = [
        node(
            "component",
            {"elementary_pid": stream.pid, "stream_type": stream.stream_type},
            descriptor_nodes(stream.descriptors),
        )
        for stream in pmt.streams
    ]
    return node("PMT", attributes, [*descriptor_nodes(pmt.descriptors), *components])


def _sdt(table: Table) -> Node:
    shared, services = services_of(table)
    attributes: Node = {
        **_state(table.sections[0]),
        "actual": shared.actual,
        "transport_stream_id": shared.transport_stream_id,
        "original_network_id": shared.original_network_id,
    }
    children = [
        node(
            "service",
            {
                "service_id": service.service_id,
                "eit_schedule": service.eit_schedule,
                "eit_present_following": service.eit_present_following,
                "running_status": _RUNNING[service.running_status],
                "ca_mode": service.free_ca_mode,
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
        "network_id": table.extension,
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
                "transport_stream_id": section[at] << 8 | section[at + 1],
                "original_network_id": section[at + 2] << 8 | section[at + 3],
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
        attributes: Node = {"table_id": table.table_id, "private": private}
        return node("generic_short_table", attributes, [hex_text(first[3:])] if first[3:] else [])
    attributes = {
        "table_id": table.table_id,
        "table_id_ext": table.extension,
        **_state(first),
        "private": private,
    }
    sections = [node("section", children=[hex_text(section[8:-4])]) for section in table.sections]
    return node("generic_long_table", attributes, sections)
