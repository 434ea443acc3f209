"""PIDs that no table names are told by ETSI EN 300 468 table 1, as tsp's analysis does."""

import json

import pytest

from ibe100.minitsp.plugins.analyze import Analyze
from ibe100.mpegts.packet import as_block, packetize_section
from ibe100.utils.crc import with_crc32
from plugin_rig import build, process


@pytest.mark.parametrize(
    ("pid", "words", "is_unreferenced"),
    [
        (0x10, "NIT", False),
        (0x1D, "Measurement", False),
        (0x1E, "DIT", False),
        (0x1F, "SIT", False),
        (0x03, "Unreferenced", True),
        (0x18, "Unreferenced", True),
        (0x20, "Unreferenced", True),
    ],
)
def test_a_pid_of_no_service_is_named_or_unreferenced(pid: int, words: str, is_unreferenced: bool) -> None:
    plugin, log = build(Analyze, "--json-line=J:")
    process(plugin, as_block(bytes((0x47, 0, pid, 0x10)).ljust(188, b"\xff")), 1)
    (one,) = json.loads(log.lines[-1].partition("J:")[2])["pids"]
    assert (one["description"], one["unreferenced"]) == (words, is_unreferenced)


def test_a_selection_information_table_is_counted() -> None:
    section = with_crc32(b"\x7f\xf0\x0b\xff\xff\xc1\x00\x00\xf0\x00")
    plugin, log = build(Analyze, "--json-line=J:")
    process(plugin, as_block(packetize_section(section, 0x1F, 0)[0]), 1)
    (table,) = json.loads(log.lines[-1].partition("J:")[2])["tables"]
    assert (table["pid"], table["tid"]) == (0x1F, 0x7F)
