"""svremove: a service goes with what is its own, and no table names it any more."""

import numpy as np
import pytest

from ibe100.minitsp.plugins.svremove import ServiceRemove
from ibe100.minitsp.psi.eit_edits import without_service
from ibe100.minitsp.psi.nit_edits import remove_from_service_lists
from ibe100.mpegts import packet
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.packet import packetize_section
from ibe100.mpegts.psi import Pat, Pmt, PmtStream, Sdt, SdtService
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.utils.crc import with_crc32
from plugin_rig import build, process

PAT = Pat(1, ((1, 0x101), (2, 0x102)))
ECM = Descriptor(0x09, b"\x01\x00\xe3\x00")
PMT_1 = Pmt(1, 0x200, (PmtStream(0x1B, 0x200), PmtStream(0x0B, 0x400)), (ECM,))
PMT_2 = Pmt(2, 0x210, (PmtStream(0x1B, 0x210), PmtStream(0x0B, 0x400)))
NAME = Descriptor(0x48, b"\x01\x00\x05First")
SDT = Sdt(1, 1, (SdtService(1, (NAME,)), SdtService(2, ())))
OWN, OTHERS = (0x200, 0x300), (0x210, 0x400)


def plain(pid: int) -> bytes:
    return bytes((0x47, pid >> 8, pid & 0xFF, 0x10)).ljust(PACKET_SIZE, b"\0")


def stream() -> packet.PacketBlock:
    tables = ((0, PAT.encode()), (0x102, PMT_2.encode()), (0x101, PMT_1.encode()), (0x11, SDT.encode()))
    head = b"".join(one for pid, section in tables for one in packetize_section(section, pid, 0))
    body = b"".join(map(plain, (*OWN, *OTHERS, NULL_PID)))
    again = b"".join(one for pid, section in tables for one in packetize_section(section, pid, 1))
    return np.frombuffer(head + (body + again) * 3, np.uint8).reshape(-1, PACKET_SIZE)


def sections(packets: packet.PacketBlock, pid: int) -> set[bytes]:
    assembler = SectionAssembler()
    rows = np.flatnonzero(packet.pids(packets) == pid)
    return {section for row in rows for section in assembler.feed(packets[row].tobytes())}


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("reference", ["1", "0x0001", "first"])
def test_what_the_service_shares_stays_and_the_rest_goes(reference: str, size: int) -> None:
    plugin, _ = build(ServiceRemove, reference)
    passed = process(plugin, stream(), size)
    found = set(packet.pids(passed).tolist())
    assert found.isdisjoint((*OWN, 0x101))
    assert found >= {0, 0x11, 0x102, *OTHERS, NULL_PID}
    assert [Pat.parse(one).programs for one in sections(passed, 0)] == [((2, 0x102),)]
    assert [[one.service_id for one in Sdt.parse(each).services] for each in sections(passed, 0x11)] == [[2]]


def test_with_stuffing_no_packet_goes() -> None:
    plugin, _ = build(ServiceRemove, "1", "--stuffing")
    before = stream()
    passed = process(plugin, before, 7)
    assert len(passed) == len(before)
    assert set(packet.pids(passed).tolist()).isdisjoint((*OWN, 0x101))


def test_a_service_that_is_not_there_is_told() -> None:
    plugin, log = build(ServiceRemove, "9")
    assert set(OWN) < set(packet.pids(process(plugin, stream(), 100)).tolist())
    assert log.lines == [
        "* svremove: service id 0x0009 not found in PAT, ignoring it",
        "* svremove: service 0x0009 (9) not found in SDT, ignoring it",
    ]
    plugin, log = build(ServiceRemove, "second")
    process(plugin, stream(), 100)
    assert (plugin.context.exit_code, log.lines[-1]) == (
        1,
        '* Error: svremove: service "second" not found in SDT',
    )


def test_lists_of_services_lose_its_entries_only() -> None:
    specifier = bytes.fromhex("5f0400000028")
    listed = bytes.fromhex("4109000101000201000301")
    channels = bytes.fromhex("8308 0001fc01 0002fc02")
    loop = specifier + listed + channels
    entries = b"".join(
        number.to_bytes(2, "big") + b"\0\1" + (0xF000 | len(loop)).to_bytes(2, "big") + loop
        for number in (1, 2)
    )
    body = bytes.fromhex("0001c10000 f000") + (0xF000 | len(entries)).to_bytes(2, "big") + entries
    section = with_crc32(bytes((0x40,)) + (0xF000 | len(body) + 4).to_bytes(2, "big") + body)
    edited = remove_from_service_lists(section, 1, 2)
    assert len(edited) == len(section) - 3 - 4
    assert int.from_bytes(edited[1:3], "big") & 0xFFF == len(edited) - 3
    assert bytes.fromhex("4106000101000301 8304 0001fc01") in edited
    assert edited.count(listed) == 1  # of the other transport stream
    assert remove_from_service_lists(section, 3, 2) == section


def test_an_eit_of_the_service_goes() -> None:
    eit = with_crc32(bytes.fromhex("4ef00f 0002 c10000 0001 0001 004e"))
    assert without_service(eit, 1, 2) is None
    assert without_service(eit, 1, 3) == without_service(eit, 2, 2) == eit
