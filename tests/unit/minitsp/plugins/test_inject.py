"""inject: tables from files go round in the place of null packets, or of a PID."""

from pathlib import Path

import numpy as np
import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.plugins.inject import Inject
from ibe100.mpegts import packet
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.packet import null_packet
from ibe100.mpegts.psi import Sdt, SdtService
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.scte35.cues import splice_insert, splice_null
from ibe100.scte35.section import encode
from ibe100.scte35.xml.tsduck import to_xml
from plugin_rig import build, process

ONE, TWO = encode(splice_insert(1, True)), encode(splice_null())
SDT = Sdt(1, 1, tuple(SdtService(number, ()) for number in range(60))).encode()
OTHER = bytes((0x47, 0, 200, 0x10)).ljust(PACKET_SIZE, b"\0")


@pytest.fixture
def cues(tmp_path: Path) -> str:
    (tmp_path / "cues.bin").write_bytes(ONE + TWO)
    return str(tmp_path / "cues.bin")


def stream(letters: str) -> packet.PacketBlock:
    """`n` is a null packet, anything else one of PID 200."""
    return packet.as_block(b"".join(null_packet() if one == "n" else OTHER for one in letters))


def places(packets: packet.PacketBlock) -> str:
    names = {0x1FFF: "n", 100: "S", 200: "o"}
    return "".join(names[pid] for pid in packet.pids(packets).tolist())


def sections(packets: packet.PacketBlock, pid: int = 100) -> list[bytes]:
    assembler = SectionAssembler()
    rows = np.flatnonzero(packet.pids(packets) == pid)
    return [section for row in rows for section in assembler.feed(packets[row].tobytes())]


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize(
    ("option", "expected"), [("--inter-packet=3", "SnSnnSnnSnnS"), ("--bitrate=250000", "SnnSnnnSnnnS")]
)
def test_packets_come_at_the_interval_asked_for(option: str, expected: str, size: int, cues: str) -> None:
    plugin, _ = build(Inject, "--pid=100", option, "--stuffing", cues, bitrate_bps=1_000_000)
    passed = process(plugin, stream("n" * 12), size)
    assert places(passed) == expected
    assert sections(passed) == [ONE, TWO, ONE, TWO, ONE][: expected.count("S")]


def test_without_stuffing_sections_follow_each_other(tmp_path: Path, cues: str) -> None:
    (tmp_path / "sdt.bin").write_bytes(SDT)
    plugin, _ = build(Inject, "--pid=100", "--inter-packet=1", cues, str(tmp_path / "sdt.bin"))
    found = sections(process(plugin, stream("n" * 20), 7))
    assert found[:6] == [ONE, TWO, SDT] * 2


def test_only_null_packets_are_replaced_and_rounds_end(cues: str) -> None:
    plugin, _ = build(Inject, "--pid=100", "--inter-packet=1", "--stuffing", "--repeat=2", cues)
    passed = process(plugin, stream("onoonnonnnnno"), 7)
    assert places(passed) == "oSooSSoSnnnno"
    assert sections(passed) == [ONE, TWO] * 2
    plugin, _ = build(
        Inject, "--pid=100", "--inter-packet=1", "--stuffing", "--repeat=1", "--terminate", cues
    )
    assert places(process(plugin, stream("onoonnonnnnno"), 100)) == "oSooS"
    assert plugin.context.stopping


def test_a_pid_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "one.xml").write_text(to_xml(splice_insert(1, True)))
    plugin, _ = build(Inject, "--pid=200", "--replace", "--stuffing", str(tmp_path / "one.xml"))
    passed = process(plugin, stream("onno"), 100)
    assert (places(passed), sections(passed, 200)) == ("onno", [ONE, ONE])


def test_a_pid_that_is_there_already_is_a_conflict(cues: str) -> None:
    plugin, log = build(Inject, "--pid=200", "--inter-packet=1", cues)
    process(plugin, stream("non"), 100)
    assert plugin.context.exit_code == 1
    assert log.lines[-1] == "* Error: inject: PID conflict: PID 0x00C8 (200) is in the input already"


def test_what_cannot_be_injected_is_told(tmp_path: Path, cues: str) -> None:
    (tmp_path / "sdt.bin").write_bytes(SDT[:-1] + b"\0")
    (tmp_path / "sdt.xml").write_text("<tsduck><SDT/></tsduck>")
    for name, reason in (
        ("sdt.bin", "wrong CRC_32"),
        ("sdt.xml", "<SDT> needs TSDuck"),
        ("none.bin", "cannot open"),
    ):
        plugin, _ = build(Inject, "--pid=100", "--replace", str(tmp_path / name))
        with pytest.raises(PluginError, match=reason):
            plugin.start()
    for words in (["--pid=100"], ["--pid=100", "--replace", f"{cues}=100"], ["--replace"]):
        with pytest.raises(OptionError):
            build(Inject, *words, cues)
