"""Sections as readable text: every part of a cue is named, with its number."""

import pytest

from ibe100.minitsp.plugins.splicemonitor import SpliceMonitor
from ibe100.minitsp.reports.splice_text import section_text
from ibe100.mpegts.packet import as_block, packetize_section
from ibe100.scte35.cues import splice_insert, splice_null, time_signal
from ibe100.scte35.section import encode
from ibe100.scte35.values import (
    AvailDescriptor,
    DeliveryRestrictions,
    DtmfDescriptor,
    PrivateCommand,
    SegmentationDescriptor,
    SegmentationUpid,
    SpliceDescriptor,
    SpliceInfoSection,
)
from plugin_rig import build, process

INSERT = splice_insert(255, True, pts_time=1_032_000, duration_pts=1_800_000, auto_return=True)


def lines(section: SpliceInfoSection) -> list[str]:
    return [line.strip() for line in section_text(encode(section), 1001).splitlines()]


def test_an_insert_with_its_times() -> None:
    got = lines(INSERT)
    assert got[0] == "* SCTE 35 Splice Information, TID 0xFC (252), PID 0x03E9 (1001)"
    assert {
        "Command type: 0x05 (SpliceInsert), size: 20 bytes",
        "Splice event id: 0x000000FF (255), cancel: 0",
        "Out of network: yes, program splice: yes, duration set: yes, immediate: no",
        "Time PTS: 0x0000FBF40 (1,032,000, 11,466 ms)",
        "Duration PTS: 0x0001B7740 (1,800,000, 20,000 ms), auto return: yes",
        "Unique program id: 0x0001 (1), avail: 0x00 (0), avails expected: 0",
    } <= set(got)


@pytest.mark.parametrize(
    ("descriptor", "expected"),
    [
        (
            AvailDescriptor(18),
            ["- Descriptor 0: SCTE 35 Avail (0x00, 0), 8 bytes", "Provider id: 0x00000012"],
        ),
        (DtmfDescriptor(30, "121*"), ["Pre-roll: 30 x 1/10 second", 'DTMF: "121*"']),
        (
            SegmentationDescriptor(
                7,
                segmentation_duration=2_700_000,
                upid=SegmentationUpid(0x09, b"SIGNAL:abc"),
                segmentation_type_id=0x34,
                sub_segment_num=1,
                sub_segments_expected=3,
                delivery_restrictions=DeliveryRestrictions(True, False, True, 2),
            ),
            [
                'Identifier: 0x43554549 ("CUEI")',
                "Segmentation event id: 0x00000007, cancel: 0",
                "Program segmentation: 1, has duration: 1, not restricted: 0",
                "Web delivery allowed: 1, no regional blackout: 0",
                "Archive allowed: 1, device restrictions: 2",
                "Segment duration: 2700000",
                "Segmentation upid type: 0x09 (ADI)",
                "Upid data (10 bytes):",
                f"0000:  53 49 47 4E 41 4C 3A 61 62 63{' ' * 20}SIGNAL:abc",
                "Segmentation type id: 0x34 (Provider Placement Opportunity Start)",
                "Sub-segment number: 1, expected sub-segments: 3",
            ],
        ),
    ],
    ids=["avail", "dtmf", "segmentation"],
)
def test_descriptors(descriptor: SpliceDescriptor, expected: list[str]) -> None:
    got = lines(time_signal(descriptor, pts_time=90_000))
    assert "Time: 0x000015F90 (90,000, 1,000 ms)" in got
    assert [line for line in expected if line not in got] == []


def test_a_private_command() -> None:
    got = lines(SpliceInfoSection(PrivateCommand(0x43554549, b"\x00\xff")))
    assert "Remaining command content (2 bytes): 00 FF" in got


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("--display-commands", ["SpliceInsert"]),
        ("--all-commands", ["SpliceNull", "SpliceInsert"]),
        ("--select-commands=0", ["SpliceNull"]),
    ],
)
def test_the_monitor_displays_the_commands_asked_for(
    option: str, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    plugin, log = build(SpliceMonitor, "--splice-pid=1001", option)
    packets = [packetize_section(encode(one), 1001, cc) for cc, one in enumerate((splice_null(), INSERT))]
    process(plugin, as_block(b"".join(packet for one in packets for packet in one)), 7)
    text = capsys.readouterr().out.splitlines()
    commands = [line.partition("(")[2].partition(")")[0] for line in text if "Command type" in line]
    assert commands == shown
    assert "* splice PID 0x03E9 (1001), event 0x000000FF (255) out, occurrence #1" in text
    assert log.lines == []
