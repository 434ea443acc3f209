"""The PMT is changed as asked, stays a sound table, and its PID keeps its continuity."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel
from ibe100.minitsp.plugins.pmt import PmtEditor
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.packet import null_packet, packetize_section, pids
from ibe100.mpegts.psi import Pat, Pmt, PmtStream, Sdt, SdtService
from ibe100.mpegts.section_assembler import SectionAssembler
from made_tables import Tables
from packet_fields import continuity_counters
from plugin_rig import BLOCK_SIZES, build, process

PMT_PID = 0x1000
OTHER_PMT = Pmt(2, 0x200, (PmtStream(0x1B, 0x200),))
PMT = Pmt(
    1,
    0x100,
    (PmtStream(0x1B, 0x100), PmtStream(0x0F, 0x101, (Descriptor(0x0A, b"fre\x00"),))),
    version=4,
)

PAT = Pat(1, ((1, PMT_PID), (2, PMT_PID)))


class Lines:
    """A log that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        self.lines.append(f"{level.name} {plugin}: {text}")


class Stream:
    """Packets made by hand, with continuity counters per PID."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self._cc: dict[int, int] = {}

    def section(self, pid: int, section: bytes) -> "Stream":
        packets = packetize_section(section, pid, self._cc.get(pid, 0))
        self._cc[pid] = self._cc.get(pid, 0) + len(packets)
        self.packets += packets
        return self

    def nulls(self, count: int) -> "Stream":
        self.packets += [null_packet()] * count
        return self

    def block(self) -> Block:
        data = bytearray(b"".join(self.packets))
        return Block(np.frombuffer(data, np.uint8).reshape(-1, 188), 0)


def tables(repeats: int, pmt: Pmt = PMT, nulls: int = 0) -> Stream:
    stream = Stream().section(0, PAT.encode())
    for _ in range(repeats):
        stream.section(PMT_PID, pmt.encode()).nulls(nulls)
    return stream


def edit(stream: Stream, *options: str, block_packets: int = 10_000) -> tuple[np.ndarray, list[str], Context]:
    log = Lines()
    context = Context(GlobalOptions(), log)
    plugin = PmtEditor(PmtEditor.options.parse(options), context)
    whole = stream.block()
    parts = [
        plugin.process(Block(whole.packets[at : at + block_packets], at)).packets
        for at in range(0, len(whole), block_packets)
    ]
    return np.concatenate(parts), log.lines, context


def sections_on(packets: np.ndarray, pid: int) -> list[bytes]:
    assembler = SectionAssembler()
    found: list[bytes] = []
    for packet in packets[pids(packets) == pid]:
        found += assembler.feed(packet.tobytes())
    assert assembler.crc_errors == assembler.lost == 0
    return found


def edited(*options: str, pmt: Pmt = PMT) -> Pmt:
    packets, _, _ = edit(tables(2, pmt), *options)
    return Pmt.parse(sections_on(packets, PMT_PID)[-1])


def test_a_cue_pid_is_announced_with_its_registration() -> None:
    result = edited("--service=1", "--add-registration=0x43554549", "--add-pid=500/0x86")
    assert result.descriptors == (Descriptor(5, b"CUEI"),)
    assert result.streams == (*PMT.streams, PmtStream(0x86, 500))
    assert (result.pcr_pid, result.version) == (PMT.pcr_pid, PMT.version)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--remove-pid=0x101-0x110"], {"streams": PMT.streams[:1]}),
        (["--remove-stream-type=0x0F"], {"streams": PMT.streams[:1]}),
        (["--remove-descriptor=10"], {"streams": (PMT.streams[0], PmtStream(0x0F, 0x101))}),
        (["--pcr-pid=0x1FFE"], {"pcr_pid": 0x1FFE}),
        (["--new-version=31"], {"version": 31}),
        (["--increment-version"], {"version": 5}),
        (["--new-service-id=7"], {"program_number": 7}),
        (["--move-pid=0x100/0x300"], {"streams": (PmtStream(0x1B, 0x300), PMT.streams[1])}),
        (["--add-programinfo-id=0x43554549"], {"descriptors": (Descriptor(5, b"CUEI"),)}),
        (
            ["--add-pid-registration=0x100/0x48444D56"],
            {"streams": (PmtStream(0x1B, 0x100, (Descriptor(5, b"HDMV"),)), PMT.streams[1])},
        ),
        (
            ["--set-cue-type=0x100/1"],
            {"streams": (PmtStream(0x1B, 0x100, (Descriptor(0x8A, b"\x01"),)), PMT.streams[1])},
        ),
        (
            ["--set-stream-identifier=0x100/9"],
            {"streams": (PmtStream(0x1B, 0x100, (Descriptor(0x52, b"\x09"),)), PMT.streams[1])},
        ),
        (["--sort-pids=0x400,0x101,256"], {"streams": PMT.streams[::-1]}),
    ],
)
def test_each_option_changes_its_part_alone(options: list[str], expected: dict[str, Any]) -> None:
    result = edited("--service=1", *options)
    for name in ("program_number", "pcr_pid", "streams", "descriptors", "version"):
        assert getattr(result, name) == expected.get(name, getattr(PMT, name))


@pytest.mark.parametrize(("option", "stream_type", "tag"), [("ac3", 0x81, 0x6A), ("eac3", 0x87, 0x7A)])
def test_sound_as_atsc_tells_it_is_told_as_dvb_does(option: str, stream_type: int, tag: int) -> None:
    told, untold = (Descriptor(tag, b"\x80\x42"),), PmtStream(stream_type, 0x101)
    pmt = replace(PMT, streams=(PmtStream(stream_type, 0x100, told), untold, PmtStream(0x1B, 0x102)))
    assert edited("--service=1", f"--{option}-atsc2dvb", pmt=pmt).streams == (
        PmtStream(0x06, 0x100, told),
        PmtStream(0x06, 0x101, (Descriptor(tag, b"\x00"),)),
        PmtStream(0x1B, 0x102),
    )


def test_the_first_service_is_the_default_and_the_other_stays() -> None:
    stream = Stream().section(0, PAT.encode())
    for _ in range(3):
        stream.section(PMT_PID, PMT.encode()).section(PMT_PID, OTHER_PMT.encode())
    packets, log, _ = edit(stream, "--add-pid=500/0x86")
    found = {Pmt.parse(section).program_number: section for section in sections_on(packets, PMT_PID)}
    assert found[2] == OTHER_PMT.encode()
    assert PmtStream(0x86, 500) in Pmt.parse(found[1]).streams
    assert log == [
        "VERBOSE pmt: found service id 0x0001 (1), PMT PID is 0x1000 (4096)",
        "VERBOSE pmt: PMT version 4 modified",
    ]


def test_a_service_may_be_named_as_the_sdt_does() -> None:
    named = [
        SdtService(number, (Descriptor(0x48, b"\x01\x00" + bytes((len(name),)) + name),))
        for number, name in ((1, b"One"), (2, b"Second Channel"))
    ]
    stream = Stream().section(0, PAT.encode()).section(0x11, Sdt(1, 1, tuple(named)).encode())
    stream.section(PMT_PID, PMT.encode()).section(PMT_PID, OTHER_PMT.encode())
    packets, _, _ = edit(stream, "--service=second channel", "--add-pid=500/0x86")
    found = {one.program_number: one for one in map(Pmt.parse, sections_on(packets, PMT_PID))}
    assert PmtStream(0x86, 500) in found[2].streams
    _, log, context = edit(stream, "--service=Third", "--add-pid=500/0x86")
    assert log == ['ERROR pmt: service "Third" not found in SDT']
    assert context.stopping


def test_an_absent_service_ends_the_chain_with_exit_1() -> None:
    _, log, context = edit(tables(1), "--service=99")
    assert log == ["ERROR pmt: service id 0x0063 (99) not found in PAT"]
    assert context.stopping
    assert context.exit_code == 1


def test_a_pat_of_no_service_is_waited_out() -> None:
    stream = Stream().section(0, Pat(1, ()).encode()).section(0, PAT.encode()).section(PMT_PID, PMT.encode())
    packets, log, context = edit(stream, "--service=1", "--add-pid=500/0x86")
    assert not context.stopping
    assert not [line for line in log if line.startswith("ERROR")]
    assert PmtStream(0x86, 500) in Pmt.parse(sections_on(packets, PMT_PID)[0]).streams


def test_a_table_that_comes_once_in_a_long_while_is_changed_at_once() -> None:
    packets, _, _ = edit(tables(1), "--add-pid=500/0x86")
    assert len(sections_on(packets, PMT_PID)) == 1


@pytest.mark.parametrize("block_packets", [1, 2, 5, 10_000])
def test_a_table_that_outgrows_its_packets_goes_on_in_null_packets(block_packets: int) -> None:
    near_full = Pmt(1, 0x100, (PmtStream(0x1B, 0x100, (Descriptor(0x0A, bytes(150)),)),))
    stream = tables(6, near_full, nulls=3)
    options = [f"--add-pid={pid}/0x86" for pid in range(500, 510)]
    packets, _, _ = edit(stream, "--service=1", *options, block_packets=block_packets)
    assert len(sections_on(packets, PMT_PID)) == 6
    counters = continuity_counters(packets[pids(packets) == PMT_PID])
    assert counters == [number % 16 for number in range(12)]


def test_a_new_version_of_the_table_is_changed_too() -> None:
    stream = tables(2)
    newer = Pmt(1, 0x100, PMT.streams, version=5)
    stream.section(PMT_PID, newer.encode()).section(PMT_PID, newer.encode())
    packets, _, _ = edit(stream, "--add-pid=500/0x86")
    versions = [Pmt.parse(section).version for section in sections_on(packets, PMT_PID)]
    assert versions == [4, 4, 5, 5]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("counted", [True, False])
def test_no_result_depends_on_how_packets_are_cut_into_blocks(seed: int, counted: bool) -> None:
    made = Tables(seed)
    parts = [
        made.block(1200, changes=0.002 * (number % 2), faults=0.01 * (number % 2)) for number in range(3)
    ]
    packets = np.concatenate(parts)
    if not counted:
        packets[:, 3] &= 0xF0  # as some senders of PMTs do
    results = []
    for size in BLOCK_SIZES:
        plugin, _ = build(PmtEditor, "--service=1", "--add-pid=500/0x86")
        results.append(process(plugin, packets, size).tobytes())
    assert results[0]
    assert results[0] == results[1] == results[2]
