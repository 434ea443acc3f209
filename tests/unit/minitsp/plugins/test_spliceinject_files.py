"""spliceinject --files: each file is injected once it is whole, and again when it changes."""

import time
from pathlib import Path
from typing import Final

import numpy as np

from ibe100.minitsp.chain.plugin import Block, PacketProcessor
from ibe100.minitsp.plugins.spliceinject import SpliceInject
from ibe100.mpegts.packet import null_packet, packetize_section
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from ibe100.scte35.xml.tsduck import to_xml
from packet_fields import pes_header
from plugin_rig import Log, build

CUE_PID: Final = 500
VIDEO_PID: Final = 0x100
DEADLINE_S: Final = 60


def cue(event_id: int) -> bytes:
    """An immediate way out."""
    return encode(splice_insert(event_id, out_of_network=True))


def plugin(*options: str) -> tuple[PacketProcessor, Log]:
    return build(SpliceInject, f"--pid={CUE_PID}", f"--pts-pid={VIDEO_PID}", "--poll-interval=10", *options)


def injected(processor: PacketProcessor) -> bytes:
    """Packets of the cue PID in the next block of a stream with one picture and room for ten."""
    picture = bytes((0x47, 0x40 | VIDEO_PID >> 8, VIDEO_PID & 0xFF, 0x10)) + pes_header(90_000)
    packets = picture.ljust(188, b"\0") + null_packet() * 10
    block = Block(np.frombuffer(bytearray(packets), np.uint8).reshape(-1, 188), 0)
    passed = processor.process(block)
    return passed.packets[passed.pids == CUE_PID].tobytes()


def injected_in_time(processor: PacketProcessor) -> bytes:
    deadline_s = time.monotonic() + DEADLINE_S
    while not (found := injected(processor)) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return found


def test_the_first_batch_is_there_with_the_first_packet(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(cue(1))
    processor, log = plugin(f"--files={tmp_path}/*.bin", "--wait-first-batch", "--min-stable-delay=0")
    processor.start()
    assert injected(processor) == b"".join(packetize_section(cue(1), CUE_PID, 0))
    processor.stop()
    assert f"* spliceinject: loaded file {tmp_path}/a.bin, {len(cue(1))} bytes" in log.lines


def test_a_changed_file_is_injected_again_and_a_loaded_one_may_go(tmp_path: Path) -> None:
    processor, _ = plugin(f"--files={tmp_path}/*", "--min-stable-delay=0", "--delete-files")
    processor.start()
    for event_id in (1, 2):
        waiting = tmp_path.parent / f"{tmp_path.name}.new"
        waiting.write_bytes(cue(event_id))
        waiting.rename(tmp_path / "a.bin")
        assert cue(event_id) in injected_in_time(processor)
    processor.stop()
    assert list(tmp_path.iterdir()) == []


def test_xml_is_read_and_what_is_no_cue_or_too_large_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    (tmp_path / "b.bin").write_bytes(b"\xfc" * 100)
    (tmp_path / "c.xml").write_text(to_xml(splice_insert(3, out_of_network=True)))
    size = (tmp_path / "c.xml").stat().st_size
    (tmp_path / "b.bin").write_bytes(b"\xfc" * (size + 1))
    processor, log = plugin(f"--files={tmp_path}/*", "--min-stable-delay=0", f"--max-file-size={size}", "-w")
    processor.start()
    assert cue(3) in injected(processor)
    processor.stop()
    assert (
        f"* Warning: spliceinject: file {tmp_path}/b.bin is too large, {size + 1} bytes, ignored" in log.lines
    )
    assert any("cannot find received data type, 5 bytes" in line for line in log.lines)
