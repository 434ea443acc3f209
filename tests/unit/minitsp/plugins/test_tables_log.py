"""tables --log-json-line: each table once until it changes, in the words of tsp."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.plugins.tables import Tables
from ibe100.minitsp.reports.psi_json import TableMetadata, table_json
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.packet import as_block, packetize_section
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.table_assembler import Table
from ibe100.scte35.cues import splice_null
from ibe100.scte35.section import encode
from ibe100.utils.crc import with_crc32
from plugin_rig import BLOCK_SIZES, build, media, process

PMT = Pmt(1, 0x100, (PmtStream(0x1B, 0x100),))


def logged(packets: bytes | np.ndarray, *options: str, size: int = 400) -> list[dict[str, Any]]:
    plugin, log = build(Tables, "--log-json-line=T:", *options)
    block = as_block(packets) if isinstance(packets, bytes) else packets
    assert np.array_equal(process(plugin, block, size), block)
    return [json.loads(line.partition("T:")[2]) for line in log.lines]


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_all_tables_of_a_stream_with_cues_are_logged_in_order(size: int) -> None:
    found = logged(media("ott_with_scte35.ts"), size=size)
    assert [one["#name"] for one in found] == ["SDT", "PAT", "PMT", "splice_information_table"]
    splice = found[-1]["#nodes"]
    assert splice[0] == {"#name": "metadata", "pid": 1001}
    assert (splice[1]["#name"], splice[1]["pts_time"]) == ("splice_insert", 1_032_000)
    assert found[1]["#nodes"][1] == {"#name": "service", "program_map_pid": 4096, "service_id": 1}


def test_a_table_comes_again_when_it_has_changed_and_the_stream_ends_with_the_last_wanted() -> None:
    sections = [PMT, PMT, replace(PMT, version=1), PMT]
    packets = b"".join(
        packetize_section(pmt.encode(), 0x40, number)[0] for number, pmt in enumerate(sections)
    )
    assert [one["version"] for one in logged(packets, "--pid=0x40")] == [0, 1, 0]
    plugin, log = build(Tables, "--log-json-line=T:", "--pid=0x40", "--max-tables=2")
    process(plugin, as_block(packets), 1)
    assert len(log.lines) == 2
    assert plugin.context.stopping


def test_only_wanted_tables_are_logged() -> None:
    found = logged(media("dvb_hd_service.ts"), "--psi-si", "--tid=2")
    assert [one["#name"] for one in found] == ["PMT"]


@pytest.mark.parametrize(
    ("descriptor", "expected"),
    [
        (Descriptor(0x05, b"CUEI"), {"#name": "registration_descriptor", "format_identifier": 0x43554549}),
        (
            Descriptor(0x09, b"\x01\x00\xe1\x23\xab"),
            {
                "#name": "CA_descriptor",
                "ca_system_id": 0x100,
                "ca_pid": 0x123,
                "#nodes": [{"#name": "private_data", "#nodes": ["AB"]}],
            },
        ),
        (Descriptor(0x8A, b"\x01"), {"#name": "cue_identifier_descriptor", "cue_stream_type": "all"}),
        (Descriptor(0x7A, b""), {"#name": "generic_descriptor", "tag": 0x7A}),
        (Descriptor(0xE0, b"\x01\xff"), {"#name": "generic_descriptor", "tag": 0xE0, "#nodes": ["01 FF"]}),
    ],
)
def test_a_descriptor_has_its_words_or_its_bytes(descriptor: Descriptor, expected: dict[str, Any]) -> None:
    section = replace(PMT, descriptors=(descriptor,)).encode()
    value = table_json(Table(0x40, 2, 1, (section,)), TableMetadata())
    assert isinstance(value, dict)
    nodes = value["#nodes"]
    assert isinstance(nodes, list)
    assert nodes[1] == expected


def test_a_table_that_is_not_known_keeps_its_bytes() -> None:
    section = with_crc32(b"\x72\xf0\x0d\x00\x05\xc3\x00\x00\xf0\x00\xf0\x00")
    value = table_json(Table(0x10, 0x72, 5, (section,)), TableMetadata(hex_sections=True))
    copy = {"#name": "section", "#nodes": [section.hex(" ").upper()]}
    assert value == {
        "#name": "generic_long_table",
        "#nodes": [
            {"#name": "metadata", "pid": 0x10, "#nodes": [copy]},
            {"#name": "section", "#nodes": ["F0 00 F0 00"]},
        ],
        "table_id": 0x72,
        "table_id_ext": 5,
        "version": 1,
        "current": True,
        "private": True,
    }


def test_a_nit_names_its_network_and_the_services_of_each_stream() -> None:
    services = b"\x00\x01\x00\x02\xf0\x05\x41\x03\x00\x07\x19"
    body = b"\x00\x05\xc3\x00\x00\xf0\x06\x40\x04Netz\xf0\x0b" + services
    whole, cut = (with_crc32(b"\x40\xf0" + bytes([len(one) + 4]) + one) for one in (body, body[:-1]))
    value = table_json(Table(0x10, 0x40, 5, (whole,)), TableMetadata())
    service = {"#name": "service", "service_id": 7, "service_type": 25}
    assert value == {
        "#name": "NIT",
        "#nodes": [
            {"#name": "metadata", "pid": 0x10},
            {"#name": "network_name_descriptor", "network_name": "Netz"},
            {
                "#name": "transport_stream",
                "#nodes": [{"#name": "service_list_descriptor", "#nodes": [service]}],
                "transport_stream_id": 1,
                "original_network_id": 2,
                "preferred_section": 0,
            },
        ],
        "version": 1,
        "current": True,
        "network_id": 5,
        "actual": True,
    }
    damaged = table_json(Table(0x10, 0x40, 5, (cut,)), TableMetadata())
    assert isinstance(damaged, dict)
    assert damaged["#name"] == "generic_long_table"


def test_single_sections_as_json_are_refused_as_in_tsp() -> None:
    with pytest.raises(OptionError, match="is incompatible with XML or JSON output"):
        build(Tables, "--log-json-line", "--all-sections")


def test_a_pat_of_two_sections_is_one_table() -> None:
    first, second = (
        Pat(1, ((number, 0x20 + number),), section_number=number - 1, last_section_number=1).encode()
        for number in (1, 2)
    )
    packets = packetize_section(first, 0, 0) + packetize_section(second, 0, 1)
    (pat,) = logged(b"".join(packets), "--pid=0")
    assert [one["service_id"] for one in pat["#nodes"][1:]] == [1, 2]


def test_a_teletext_page_of_magazine_8_is_coded_with_0() -> None:
    teletext = Descriptor(0x56, b"fra\x08\x88" + b"eng\x17\x00")
    section = Pmt(1, 0x1FFF, (PmtStream(0x06, 0x200, (teletext,)),)).encode()
    text = json.dumps(table_json(Table(0x100, 2, 1, (section,)), TableMetadata()))
    assert ('"page_number": 888' in text, '"page_number": 700' in text) == (True, True)


def test_sections_are_written_one_after_the_other_each_once(tmp_path: Path) -> None:
    first, second = Pat(1, ((1, 0x100),)).encode(), Pat(2, ((2, 0x200),), version=1).encode()
    packets = [packetize_section(one, 0, cc)[0] for cc, one in enumerate((first, first, second))]
    plugin, log = build(Tables, "--pid=0", f"--binary-output={tmp_path}/sections.bin")
    process(plugin, as_block(b"".join(packets)), 1)
    assert (tmp_path / "sections.bin").read_bytes() == first + second
    assert log.lines == []
    plugin, _ = build(Tables, "--pid=0", f"--binary-output={tmp_path}/none/sections.bin")
    with pytest.raises(PluginError, match="cannot create file"):
        plugin.start()


XML = """<?xml version="1.0" encoding="UTF-8"?>
<tsduck>
  <PMT version="0" current="true" service_id="0x0001" PCR_PID="0x0100">
    <metadata PID="4,096" first_ts_packet="1" last_ts_packet="3"/>
    <generic_descriptor tag="0xE0">
      {full_line}
      10 11
    </generic_descriptor>
    <component elementary_PID="0x0100" stream_type="0x1B">
      <generic_descriptor tag="0xE1">
      </generic_descriptor>
      <service_descriptor service_type="0x01" service_provider_name="A &amp; B" service_name="7"/>
    </component>
  </PMT>
  <splice_information_table protocol_version="0" pts_adjustment="0" tier="0x0FFF">
    <metadata PID="500" first_ts_packet="4" last_ts_packet="4"/>
    <splice_null/>
  </splice_information_table>
</tsduck>
"""


def test_xml_is_a_document_of_all_tables_with_their_packets(tmp_path: Path) -> None:
    named = Descriptor(0x48, b"\x01\x05A & B\x017")
    video = PmtStream(0x1B, 0x100, (Descriptor(0xE1, b""), named))
    section = replace(PMT, streams=(video,), descriptors=(Descriptor(0xE0, bytes(range(18))),)).encode()
    # The section goes on in the packet but one after: another PID's packet is between.
    pes = b"\x47\x41\x00\x10\x00\x00\x01\xe0".ljust(188, b"\xff")
    begun = b"\x47\x50\x00\x30\xa7\x00".ljust(172, b"\xff") + b"\x00" + section[:15]
    goes_on = (b"\x47\x10\x00\x11" + section[15:]).ljust(188, b"\xff")
    cue = packetize_section(encode(splice_null()), 500, 0)[0]
    plugin, _ = build(Tables, "--packet-index", f"--xml-output={tmp_path / 'x.xml'}")
    process(plugin, as_block(pes + begun + pes + goes_on + cue), 2)
    line = bytes(range(16)).hex(" ").upper()
    assert (tmp_path / "x.xml").read_text() == XML.format(full_line=line)


def test_without_a_table_the_xml_is_empty(tmp_path: Path) -> None:
    plugin, _ = build(Tables, f"--xml-output={tmp_path / 'x.xml'}")
    process(plugin, as_block(b"\x47\x1f\xff\x10".ljust(188, b"\xff")), 1)
    assert (tmp_path / "x.xml").read_text() == ""
