"""analyze as text: a grid in which every service, PID and table of the stream has its numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from ibe100.minitsp.plugins.analyze import Analyze
from ibe100.minitsp.reports.pid_descriptions import pid_words
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.elementary.codings import codec_of
from ibe100.mpegts.psi import PmtStream
from ibe100.mpegts.stream_report import StreamInfo
from packet_fields import set_pids
from plugin_rig import build, media, process


def report(target: Path, *options: str, size: int = 400, spoilt: bool = False) -> list[str]:
    plugin, _ = build(Analyze, f"--output-file={target}", *options, bitrate_bps=242_506)
    packets = media("ott_with_scte35.ts").copy()
    if spoilt:
        packets[100, 1] |= 0x80
        set_pids(packets[200:300], np.full(100, 0x555, np.uint16))
    process(plugin, packets, size)
    return target.read_text("utf-8").splitlines()


@pytest.mark.parametrize("size", [400, 40_000])
def test_the_numbers_are_those_of_the_report_in_json(tmp_path: Path, size: int) -> None:
    lines = report(tmp_path / "a.txt", "--title=My Title", size=size)
    report(tmp_path / "a.json", "--json", size=size)
    analysis = json.loads((tmp_path / "a.json").read_text())
    assert {len(line) for line in lines} == {0, 79}
    assert sum("My Title" in line for line in lines) == 4
    shown = [" ".join(line.replace(".", " ").split()) for line in lines]
    (service,), (pat, *_) = analysis["services"], analysis["tables"]
    by_pid = {one["id"]: one for one in analysis["pids"]}
    for expected in (
        f"| Bytes: {analysis['ts']['bytes']:,} | PID's: Total: 6 |",
        f"| 0x0001 Service01 C {service['bitrate']:,} b/s |",
        "| PMT PID: 0x1000 (4096), PCR PID: 0x0100 (256) |",
        f"| 0x1000 PMT C {by_pid[0x1000]['bitrate']:,} b/s |",
        "| 640x360, high profile, level 3 0, 4:2:0 |",
        f"| PCR: {by_pid[0x100]['packets']['pcr']} PTS: 2,400 DTS: {by_pid[0x100]['packets']['dts']:,} |",
        f"| Repetition: {pat['repetition-ms']} ms Section cnt: {pat['sections']} |",
    ):
        assert expected in shown


def test_pids_without_a_service_have_a_part_of_their_own(tmp_path: Path) -> None:
    lines = report(tmp_path / "a.txt", spoilt=True)
    assert "|  Unreferenced PID's                                                         |" in lines
    assert "|     With transport error: ............... 1  |         With PCR's: ..... 1  |" in lines


def test_pages_of_teletext_are_described_apart_from_their_languages() -> None:
    entry = PmtStream(0x06, 0x200, (Descriptor(0x56, b"fra\x09\x00" + b"fra\x2a\x88"),))
    stream = StreamInfo(0x200, 6, codec_of(entry, ()), None, ("fra",), None, None, entry)
    assert pid_words(stream) == (
        "Teletext (fra)",
        "Initial Teletext page, Teletext subtitles for hearing impaired",
    )
