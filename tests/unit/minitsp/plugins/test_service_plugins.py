"""remap, zap, sdt and svrename: the tables say what the packets are, and no other packet changes."""

import numpy as np
import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import PacketProcessor
from ibe100.minitsp.plugins.remap import Remap
from ibe100.minitsp.plugins.sdt import SdtEditor
from ibe100.minitsp.plugins.svrename import ServiceRename
from ibe100.minitsp.plugins.zap import Zap
from ibe100.minitsp.psi.section_packer import SectionFifo
from ibe100.mpegts import packet
from ibe100.mpegts.continuity import ContinuityTracker
from ibe100.mpegts.descriptors import Descriptor, PsiError
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.psi import Pat, Pmt, PmtStream, Sdt, SdtService
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.utils.crc import with_crc32
from packet_fields import set_pids
from plugin_rig import BLOCK_SIZES, build, media, process

NULL = packet.as_block(packet.null_packet())[0]
DVB, OTT = "dvb_hd_service.ts", "ott_with_scte35.ts"


def sections_on(packets: packet.PacketBlock, pid: int) -> list[bytes]:
    assembler = SectionAssembler()
    return [
        section
        for row in np.flatnonzero(packet.pids(packets) == pid)
        for section in assembler.feed(packets[row].tobytes())
    ]


def tables_on(packets: packet.PacketBlock, pid: int) -> set[bytes]:
    return set(sections_on(packets, pid))


def run(
    kind: type[PacketProcessor], name: str, *options: str, size: int = 400, bitrate_bps: int = 0
) -> tuple[packet.PacketBlock, list[str], PacketProcessor]:
    plugin, log = build(kind, *options, bitrate_bps=bitrate_bps)
    return process(plugin, media(name), size), log.lines, plugin


def faults(packets: packet.PacketBlock) -> int:
    tracker = ContinuityTracker()
    return sum(not fault.duplicate for fault in tracker.feed(PacketHeaders(packets)))


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_remapped_pids_are_named_by_the_tables_and_other_packets_stay(size: int) -> None:
    before = media(DVB)
    pmt = Pmt.parse(sections_on(before, 110)[0])
    after, log, _ = run(Remap, DVB, "120=0x200", "130-132=0x300", "110=0x400", size=size)
    assert log == ["* remap: 5 PID's remapped"]
    (pat,) = tables_on(after, 0)
    assert Pat.parse(pat).programs == ((257, 0x400),)
    (remapped,) = map(Pmt.parse, tables_on(after, 0x400))
    new = {120: 0x200, 130: 0x300, 131: 0x301, 132: 0x302}
    assert [one.pid for one in remapped.streams] == [new.get(one.pid, one.pid) for one in pmt.streams]
    assert remapped.pcr_pid == new.get(pmt.pcr_pid, pmt.pcr_pid)
    pids = packet.pids(before)
    first_pat = int(np.flatnonzero(pids == 0)[0])
    assert (after[:first_pat][~np.isin(pids[:first_pat], [0, 1])] == NULL).all()
    expected = before[first_pat:]
    for pid, moved in new.items():
        rows = pids[first_pat:] == pid
        part = expected[rows]
        set_pids(part, moved)
        expected[rows] = part
    compared = ~np.isin(pids[first_pat:], [0, 1, 110])
    assert np.array_equal(after[first_pat:][compared], expected[compared])


def test_a_pid_that_is_taken_ends_the_stream_with_exit_1_before_the_packet() -> None:
    after, log, plugin = run(Remap, OTT, "0x101=0x100")
    reason = "PID conflict: PID 0x0100 (256) present both in input and remap"
    assert log[1:] == [f"* Error: remap: {reason}"]
    assert plugin.context.exit_code == 1
    assert 256 not in packet.pids(after)
    unchecked, log, _ = run(Remap, OTT, "--unchecked", "0x101=0x100")
    assert len(unchecked) == len(media(OTT))
    assert 0x101 not in packet.pids(unchecked)


def test_pids_can_change_places_and_without_psi_the_tables_stay() -> None:
    before = media(OTT)
    after, _, _ = run(Remap, OTT, "--no-psi", "256=257", "257=256")
    swapped = before.copy()
    for pid, new_pid in ((256, 257), (257, 256)):
        rows = packet.pids(before) == pid
        part = swapped[rows]
        set_pids(part, new_pid)
        swapped[rows] = part
    assert np.array_equal(after, swapped)


def test_the_pids_of_conditional_access_are_remapped_in_cat_and_pmt() -> None:
    ca = Descriptor(0x09, b"\x01\x00\xe1\x23rest")
    cat = with_crc32(b"\x01\xb0\x13\xff\xff\xc1\x00\x00" + b"\x09\x08" + ca.data)
    pmt = Pmt(1, 0x50, (PmtStream(2, 0x50, (ca,)),), (ca,))
    packets = b"".join(
        packet.packetize_section(section, pid, 0)[0]
        for pid, section in ((0, Pat(1, ((1, 0x40),)).encode()), (1, cat), (0x40, pmt.encode()))
    )
    plugin, _ = build(Remap, "0x123=0x321")
    after = process(plugin, packet.as_block(packets), 2)
    moved = Descriptor(0x09, b"\x01\x00\xe3\x21rest")
    (changed,) = map(Pmt.parse, tables_on(after, 0x40))
    assert (changed.descriptors, changed.streams[0].descriptors) == ((moved,), (moved,))
    (changed_cat,) = tables_on(after, 1)
    assert changed_cat[8:-4] == b"\x09\x08" + moved.data


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (["256"], "invalid PID remapping specification: 256"),
        (["300-256=10"], "invalid PID remapping values in 300-256=10"),
        (["0x1FFF=10"], "invalid PID remapping values in 0x1FFF=10"),
        (["256=10", "257=10"], "duplicated output PID 0x000A (10)"),
        (["256=10", "256=11"], "PID 0x0100 (256) remapped twice"),
    ],
)
def test_a_remapping_that_makes_no_sense_is_refused(parameters: list[str], reason: str) -> None:
    with pytest.raises(OptionError) as refused:
        build(Remap, *parameters)
    assert str(refused.value) == reason


def two_services(size: int = 3000) -> packet.PacketBlock:
    """The two media in one stream: service 1 (PIDs 256, 257) and service 257 (PIDs 120 and up)."""
    ott, dvb = media(OTT)[:size], media(DVB)[:size]
    ott, dvb = (part[~np.isin(packet.pids(part), (0, 0x11))] for part in (ott, dvb))
    count = min(len(ott), len(dvb))
    tables = Pat(5, ((257, 110), (1, 4096)), nit_pid=16, version=7).encode()
    names = Sdt(5, 6, (named(257, "Deux"), named(1, "Service01")), version=7).encode()
    psi = packet.packetize_section(names, 0x11, 0) + packet.packetize_section(tables, 0, 0)
    mixed = np.empty((2 * count, 188), np.uint8)
    mixed[0::2], mixed[1::2] = ott[:count], dvb[:count]
    return np.concatenate([packet.as_block(b"".join(psi)), mixed])


def named(number: int, name: str) -> SdtService:
    raw = name.encode()
    return SdtService(number, (Descriptor(0x48, bytes((1, 1)) + b"P" + bytes((len(raw),)) + raw),))


@pytest.mark.parametrize("size", BLOCK_SIZES)
@pytest.mark.parametrize("reference", ["1", "0x0001", "service 01"])
def test_one_service_is_kept_with_its_tables(reference: str, size: int) -> None:
    plugin, _ = build(Zap, reference)
    source = two_services()
    after = process(plugin, source, size)
    kept = set(packet.pids(after).tolist())
    assert {256, 257, 4096} <= kept
    assert not kept & {110, 120, 130, 131, 132, 0x1FFF}
    (pat,) = map(Pat.parse, tables_on(after, 0))
    assert (pat.programs, pat.nit_pid, pat.version) == (((1, 4096),), None, 1)
    (sdt,) = map(Sdt.parse, tables_on(after, 0x11))
    assert [one.name for one in sdt.services] == ["Service01"]
    for pid in (256, 257):
        late = np.flatnonzero(packet.pids(source) == pid)
        ours = after[packet.pids(after) == pid]
        assert np.array_equal(source[late][-len(ours) :], ours)


def test_what_goes_can_leave_null_packets_and_pes_alone_can_be_kept() -> None:
    source = two_services()
    plugin, _ = build(Zap, "--stuffing", "1")
    after = process(plugin, source, 100)
    assert len(after) == len(source)
    plugin, _ = build(Zap, "--pes-only", "1", "257")
    pids = set(packet.pids(process(plugin, source, 100)).tolist())
    assert {256, 257, 120, 130} <= pids
    assert not pids & {0, 0x11, 110, 4096}


@pytest.mark.parametrize(
    ("options", "audio"),
    [
        ((), {130, 131, 132}),
        (("--audio=qad",), None),
        (("--audio-pid=131",), {131}),
    ],
)
def test_sound_is_chosen_by_language_or_pid(options: tuple[str, ...], audio: set[int] | None) -> None:
    before = media(DVB)
    pmt = Pmt.parse(sections_on(before, 110)[0])
    if audio is None:
        audio = {one.pid for one in pmt.streams if (0x0A, b"qad\x00") in one.descriptors}
    plugin, _ = build(Zap, *options, "257")
    after = process(plugin, before, 300)
    assert set(packet.pids(after).tolist()) & {130, 131, 132} == audio
    (kept,) = map(Pmt.parse, tables_on(after, 110))
    assert {one.pid for one in kept.streams} & {130, 131, 132} == audio


@pytest.mark.parametrize(("reference", "table"), [("99", "PAT"), ("Nobody", "SDT")])
def test_an_absent_service_ends_the_stream_or_is_waited_for(reference: str, table: str) -> None:
    plugin, log = build(Zap, reference)
    process(plugin, two_services(), 100)
    assert log.lines == [f"* Error: zap: service {reference} not found in {table}"]
    assert plugin.context.exit_code == 1
    plugin, log = build(Zap, "--ignore-absent", reference)
    after = process(plugin, two_services(), 100)
    assert not plugin.context.stopping
    assert f"* zap: service {reference} not found in {table}, waiting for the service..." in log.lines
    assert set(packet.pids(after).tolist()) <= {0, 0x11, 0x14}


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_the_sdt_is_changed_as_asked(size: int) -> None:
    options = ["--service-id=257", "--name=Über Ж", "--provider=Me", "--type=0x19", "--ts-id=9", "-v", "5"]
    after, log, _ = run(SdtEditor, DVB, *options, size=size)
    before = media(DVB)
    (sdt,) = map(Sdt.parse, {one for one in sections_on(after, 0x11) if one[0] == 0x42})
    assert log == [f"* sdt: SDT version {Sdt.parse(sections_on(before, 0x11)[0]).version} modified"]
    changed = next(one for one in sdt.services if one.service_id == 257)
    assert (changed.name, changed.provider, changed.service_type) == ("Über Ж", "Me", 0x19)
    assert (sdt.transport_stream_id, sdt.version) == (9, 5)
    others = packet.pids(before) != 0x11
    assert np.array_equal(before[others], after[others])
    assert faults(after) == faults(before)


def test_services_are_added_and_removed() -> None:
    after, _, _ = run(SdtEditor, OTT, "--service-id=7", "--eit-pf=1", "--remove-service=1")
    (sdt,) = map(Sdt.parse, tables_on(after, 0x11))
    (service,) = sdt.services
    assert (service.service_id, service.running_status, service.eit_present_following) == (7, 4, True)
    assert (service.name, service.service_type) == ("", 1)


def test_a_stream_without_an_sdt_gets_one_in_null_packets() -> None:
    plugin, _ = build(SdtEditor, "--create-after=10", "-s", "1", "-n", "New", bitrate_bps=1_504_000)
    packets = np.repeat(packet.as_block(packet.null_packet()), 2000, axis=0)
    after = process(plugin, packets, 300)
    rows = np.flatnonzero(packet.pids(after) == 0x11)
    assert rows.tolist() == list(range(10, 2000, 501))
    assert [one.name for one in Sdt.parse(sections_on(after, 0x11)[0]).services] == ["New"]
    plugin, log = build(SdtEditor, "--create-after=10", "-s", "1", bitrate_bps=1000)
    process(plugin, packets, 300)
    assert "specify --inter-packet instead of --bitrate" in log.lines[-1]


def test_properties_without_a_service_are_refused() -> None:
    with pytest.raises(OptionError, match="specify --service-id when changing service properties"):
        build(SdtEditor, "--name=x")


@pytest.mark.parametrize("size", BLOCK_SIZES)
@pytest.mark.parametrize("reference", [[], ["1"], ["SERVICE01"]])
def test_a_service_is_renamed_in_every_table(reference: list[str], size: int) -> None:
    options = ["--id=300", "--ignore-eit", "--name=Other", *reference]
    after, _, plugin = run(ServiceRename, OTT, *options, size=size)
    assert not plugin.context.stopping
    (pat,) = map(Pat.parse, tables_on(after, 0))
    assert pat.programs == ((300, 4096),)
    (pmt,) = map(Pmt.parse, tables_on(after, 4096))
    assert pmt.program_number == 300
    (sdt,) = map(Sdt.parse, tables_on(after, 0x11))
    assert [(one.service_id, one.name, one.provider) for one in sdt.services] == [(300, "Other", "FFmpeg")]


def test_the_lists_of_nit_and_bat_follow() -> None:
    lists = b"\x41\x06\x00\x01\x01\x00\x02\x01" + b"\x5f\x04\x00\x00\x00\x28" + b"\x83\x04\x00\x01\xfc\x07"
    loop = b"\x00\x05\x00\x06" + (0xF000 | len(lists)).to_bytes(2, "big") + lists
    body = b"\xf0\x00" + (0xF000 | len(loop)).to_bytes(2, "big") + loop
    nit = b"\x40" + (0xF000 | len(body) + 9).to_bytes(2, "big") + b"\x00\x09\xc1\x00\x00" + body
    pat = Pat(5, ((1, 0x40),), nit_pid=0x10).encode()
    packets = packet.packetize_section(pat, 0, 0) + packet.packetize_section(with_crc32(nit), 0x10, 0)
    plugin, _ = build(ServiceRename, "--id=3", "--ignore-eit", "--lcn=12", "--type=0x19", "1")
    (changed,) = tables_on(process(plugin, packet.as_block(b"".join(packets)), 1), 0x10)
    assert changed[-4 - len(lists) : -4] == (
        b"\x41\x06\x00\x03\x19\x00\x02\x01" + b"\x5f\x04\x00\x00\x00\x28" + b"\x83\x04\x00\x03\xfc\x0c"
    )


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("99", "service id 0x0063 not found in PAT"),
        ("Nobody", 'service "Nobody" not found in SDT'),
    ],
)
def test_a_service_to_rename_that_is_absent_ends_the_stream(reference: str, reason: str) -> None:
    _, log, plugin = run(ServiceRename, OTT, "--ignore-nit", "--ignore-bat", "-n", "x", reference)
    assert log == [f"* Error: svrename: {reason}"]
    assert plugin.context.exit_code == 1


@pytest.mark.parametrize("kind", [Remap, SdtEditor, ServiceRename, Zap])
def test_noise_is_passed_or_dropped_but_never_stumbled_over(kind: type[PacketProcessor]) -> None:
    random = np.random.default_rng(11)
    noise = random.integers(0, 256, (3000, 188), np.uint8)
    noise[:, 0] = 0x47
    set_pids(noise[::3], 0)
    set_pids(noise[1::3], 0x11)
    source = np.concatenate([two_services(400), noise, two_services(400)])
    plugin, _ = build(kind, *(["--ignore-absent", "1"] if kind is Zap else []))
    try:
        process(plugin, source, 64)
    except PsiError:
        pytest.fail("a damaged table got through")


def guide() -> packet.PacketBlock:
    """A PAT, then EIT sections of three services, of this stream and another, without gaps between them."""
    packer = SectionFifo(0x12)
    for number, (table_id, service_id, size) in enumerate(EVENTS * 5):
        body = (5).to_bytes(2, "big") + b"\x00\x06\x00" + bytes((table_id,)) + bytes((number,)) * size
        head = bytes((table_id,)) + (0xF000 | len(body) + 9).to_bytes(2, "big")
        packer.put(with_crc32(head + service_id.to_bytes(2, "big") + b"\xc1\x00\x00" + body))
    packets = packet.packetize_section(Pat(5, ((1, 0x40), (257, 0x41))).encode(), 0, 0)
    while (made := packer.next_packet()) is not None:
        packets += [made, packet.null_packet()]
    return packet.as_block(b"".join(packets)).copy()


EVENTS = [
    *((0x4E, 1, 30), (0x4E, 257, 400), (0x4F, 1, 30), (0x50, 1, 700), (0x50, 9, 20), (0x60, 1, 20)),
    *((0x50, 1, 20), (0x50, 257, 20), (0x4E, 1, 170)),
]
STILL_WAITING = 10
"""Sections that come out when further packets of the EIT's PID come: one packet leaves for one that came."""


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_the_guide_of_a_kept_service_stays(size: int) -> None:
    before = sections_on(guide(), 0x12)
    plugin, _ = build(Zap, "--eit", "--stuffing", "1")
    after = sections_on(process(plugin, guide(), size), 0x12)
    expected = [one for one in before if one[0] in (0x4E, 0x50) and one[3:5] == b"\x00\x01"]
    assert after == expected[: len(after)]
    assert len(after) > len(expected) - STILL_WAITING
    plugin, _ = build(Zap, "1")
    assert 0x12 not in packet.pids(process(plugin, guide(), size))


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_the_guide_follows_a_service_to_its_new_number(size: int) -> None:
    before = sections_on(guide(), 0x12)
    plugin, _ = build(ServiceRename, "--id=300", "1")
    after = sections_on(process(plugin, guide(), size), 0x12)
    assert len(after) > len(before) - STILL_WAITING
    for one, other in zip(before[: len(after)], after, strict=True):
        expected = 300 if one[3:5] == b"\x00\x01" else int.from_bytes(one[3:5], "big")
        assert other == with_crc32(one[:3] + expected.to_bytes(2, "big") + one[5:-4])
