"""A backup with other PIDs, service and versions leaves as the service that was on air first."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, Packets
from ibe100.minitsp.switch.service_layout import ServiceLayout, map_service
from ibe100.minitsp.switch.service_mapper import OutputLayout, ServiceMapper
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.packet import packetize_section
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.table_assembler import TableAssembler
from plugin_rig import Log

H264, AAC, SPLICE = 0x1B, 0x0F, 0x86
CUEI = (Descriptor(0x05, b"CUEI"),)


def language(code: bytes) -> tuple[Descriptor, ...]:
    return (Descriptor(0x0A, code + b"\x00"),)


def layout(
    number: int, pmt_pid: int, *streams: PmtStream, pcr_pid: int | None = None, version: int = 0
) -> ServiceLayout:
    pat = Pat(1, ((number, pmt_pid),), version=version)
    clock = streams[0].pid if pcr_pid is None else pcr_pid
    return ServiceLayout(pat, Pmt(number, clock, streams, CUEI, version=version), pmt_pid)


MAIN = layout(
    1, 0x100, PmtStream(H264, 0x101), PmtStream(AAC, 0x102, language(b"eng")),
    PmtStream(AAC, 0x103, language(b"deu")), PmtStream(SPLICE, 0x1F4), version=7,
)  # fmt: skip
BACKUP = layout(
    77, 0x102, PmtStream(AAC, 0x201, language(b"deu")), PmtStream(H264, 0x101),
    PmtStream(AAC, 0x103, language(b"eng")), PmtStream(0x05, 0x300), pcr_pid=0x400,
)  # fmt: skip


def test_components_are_matched_by_kind_and_language_and_the_tables_say_so() -> None:
    found = map_service(BACKUP, MAIN)
    assert found is not None
    assert found.pids == {0x102: 0x100, 0x201: 0x103, 0x103: 0x102}
    assert found.pat.programs == ((1, 0x100),)
    pids = {stream.pid: stream.stream_type for stream in found.pmt.streams}
    assert pids == {0x101: H264, 0x102: AAC, 0x103: AAC, 0x300: 0x05}
    assert (found.pmt.program_number, found.pmt.pcr_pid, found.pmt.version) == (1, 0x400, 8)


def test_an_input_of_the_same_layout_passes_as_it_is() -> None:
    assert map_service(MAIN, MAIN) is None


def test_the_same_components_under_another_version_have_that_of_the_output() -> None:
    other = layout(1, 0x100, *MAIN.pmt.streams, version=3)
    found = map_service(other, MAIN)
    assert found is not None
    assert not found.pids
    assert (found.pat.version, found.pmt.version) == (7, 7)


components = st.lists(
    st.builds(PmtStream, st.sampled_from([H264, AAC, 0x05, 0x06]), st.integers(0x20, 0x30)),
    min_size=1, max_size=6, unique_by=lambda stream: stream.pid,
)  # fmt: skip


@given(components, components)
def test_no_two_components_come_to_one_pid(own: list[PmtStream], other: list[PmtStream]) -> None:
    found = map_service(layout(5, 0x1F, *own), layout(6, 0x31, *other))
    assert found is not None
    pids = [found.pids.get(stream.pid, stream.pid) for stream in own if stream.pid not in found.dropped]
    assert len(pids) == len(set(pids))
    assert {stream.pid for stream in found.pmt.streams} == set(pids)


def packets_of(one: ServiceLayout, counter: int) -> Packets:
    """PAT and PMT, and a packet of each component."""
    packed = packetize_section(one.pat.encode(), 0, counter)
    packed += packetize_section(one.pmt.encode(), one.pmt_pid, counter)
    for stream in one.pmt.streams:
        head = bytes([0x47, stream.pid >> 8, stream.pid & 0xFF, 0x10 | counter])
        packed.append(head.ljust(188, bytes([stream.stream_type])))
    return np.frombuffer(bytearray(b"".join(packed)), np.uint8).reshape(-1, 188)


def test_packets_and_tables_of_a_backup_leave_in_the_layout_of_the_output() -> None:
    context, output = Context(GlobalOptions(), Log()), OutputLayout()
    main, backup = (ServiceMapper(context, output, None) for _ in range(2))
    first = packets_of(MAIN, 0)
    assert main.process(Block(first.copy(), 0)).packets.tobytes() == first.tobytes()
    main.begin_on_air()
    out = [backup.process(Block(packets_of(BACKUP, counter), 0)).packets for counter in range(4)][-1]
    found = [(int(one[1] & 0x1F) << 8 | int(one[2]), int(one[-1])) for one in out]
    assert [pid for pid, _ in found] == [0, 0x100, 0x103, 0x101, 0x102, 0x300]
    assert [kind for _, kind in found[2:]] == [AAC, H264, AAC, 0x05]
    (table,) = TableAssembler(0x100).feed(out[1].tobytes())
    pmt = Pmt.parse(table.sections[0])
    assert (pmt.program_number, pmt.version) == (1, 8)
    assert {stream.pid for stream in pmt.streams} == {0x101, 0x102, 0x103, 0x300}
    assert Pat.parse(TableAssembler(0).feed(out[0].tobytes())[0].sections[0]).programs == ((1, 0x100),)
