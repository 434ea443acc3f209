"""Files of 188, 192 and 204 bytes a packet give the same packets, and are written so that they read back."""

import os
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel, PluginError
from ibe100.minitsp.inputs.file import FileInput
from ibe100.minitsp.outputs.file import FileOutput
from ibe100.minitsp.packets import packet_format
from ibe100.minitsp.packets.packet_format import DUCK, M2TS, RS204, TS, PacketFormat
from ibe100.minitsp.plugins.file import FileTap

PACKETS = 50


class Log:
    """Takes the lines that are expected, and no other."""

    def __init__(self, *expected: str) -> None:
        self._expected = expected

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        assert text in self._expected


def context(*expected: str) -> Context:
    return Context(GlobalOptions(), Log(*expected))


@pytest.fixture
def packets() -> npt.NDArray[np.uint8]:
    """Packets of random content; sync bytes occur everywhere in them, as in real life."""
    block = np.random.default_rng(7).integers(0, 256, (PACKETS, 188), np.uint8)
    block[:, 0] = 0x47
    return block


def in_format(packets: npt.NDArray[np.uint8], layout: PacketFormat, header: int = 0) -> bytes:
    rows = np.full((len(packets), layout.size), header, np.uint8)
    rows[:, layout.header_bytes : layout.header_bytes + 188] = packets
    if layout is DUCK:
        rows[:, 0] = 0xB8
    return rows.tobytes()


def read(path: Path, *options: str, log: str = "") -> npt.NDArray[np.uint8]:
    """All packets of a file, read in portions of seven."""
    plugin = FileInput(FileInput.options.parse([*options, str(path)]), context(log))
    plugin.start()
    parts = []
    while (part := plugin.receive(7, 5.0)) is not None and len(part):
        parts.append(part)
    plugin.stop()
    return np.concatenate(parts)


@pytest.mark.parametrize("layout", [TS, M2TS, RS204, DUCK], ids=lambda one: one.name)
def test_the_format_is_found_out(
    packets: npt.NDArray[np.uint8], layout: PacketFormat, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(in_format(packets, layout) + b"\x47cut")
    assert np.array_equal(read(path), packets)
    assert np.array_equal(read(path, "--packet-offset=3"), packets[3:])
    assert np.array_equal(read(path, "--repeat=2"), np.concatenate([packets, packets]))


def test_an_m2ts_whose_time_begins_like_a_packet_is_still_found_out(
    packets: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    path = tmp_path / "a.m2ts"
    path.write_bytes(in_format(packets, M2TS, header=0x47))
    assert np.array_equal(read(path), packets)
    assert np.array_equal(read(path, "--format=m2ts"), packets)


@pytest.mark.parametrize("layout", [TS, M2TS, RS204], ids=lambda one: one.name)
def test_a_file_that_begins_within_a_packet_is_read_from_the_next_on(
    packets: npt.NDArray[np.uint8], layout: PacketFormat, tmp_path: Path
) -> None:
    path = tmp_path / "cut.bin"
    around = ((0, 0), (layout.header_bytes, layout.trailer_bytes))
    path.write_bytes(np.pad(packets, around).tobytes()[100:])
    log = f"{layout.size - 100} bytes before the first packet skipped"
    assert np.array_equal(read(path, log=log), packets[1:])
    assert np.array_equal(read(path, "--packet-offset=2", log=log), packets[3:])


@pytest.mark.parametrize("junk_bytes", [70_000, 200_000, 2_500_000])
@pytest.mark.parametrize("as_pipe", [False, True], ids=["file", "pipe"])
def test_junk_of_any_length_is_skipped_and_counted(
    packets: npt.NDArray[np.uint8], junk_bytes: int, as_pipe: bool, tmp_path: Path
) -> None:
    path = tmp_path / "junk.ts"
    data = np.random.default_rng(3).integers(0, 256, junk_bytes, np.uint8).tobytes() + packets.tobytes()
    log = f"{junk_bytes:,} bytes before the first packet skipped"
    if not as_pipe:
        path.write_bytes(data)
        assert np.array_equal(read(path, log=log), packets)
        return
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    assert np.array_equal(read(path, log=log), packets)
    writer.join()


@pytest.mark.parametrize("data", [b"", b"\x47" * 100, bytes(400), b"\x47" + bytes(600)])
def test_what_is_no_transport_stream_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(data)
    with pytest.raises(PluginError, match="cannot detect TS file format"):
        read(path)


@pytest.mark.parametrize("layout", [TS, M2TS, RS204], ids=lambda one: one.name)
@pytest.mark.parametrize("as_tap", [False, True], ids=["output", "tap"])
def test_what_is_written_is_read_again(
    packets: npt.NDArray[np.uint8], layout: PacketFormat, as_tap: bool, tmp_path: Path
) -> None:
    path = tmp_path / "b.bin"
    options = [f"--format={layout.name}", str(path)]
    if as_tap:
        tap = FileTap(FileTap.options.parse(options), context())
        tap.start()
        assert tap.process(Block(packets[:20], 0)).packets is not None
        tap.process(Block(packets[20:], 20))
        tap.stop()
    else:
        output = FileOutput(FileOutput.options.parse(options), context())
        output.start()
        output.send(packets[:20])
        output.send(packets[20:])
        output.stop()
    data = path.read_bytes()
    assert len(data) == PACKETS * layout.size
    assert packet_format.detect(data[: packet_format.BYTES_TO_JUDGE]) is layout
    assert np.array_equal(read(path), packets)


def test_m2ts_times_never_go_back(packets: npt.NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "b.m2ts"
    output = FileOutput(FileOutput.options.parse(["--format=M2TS", str(path)]), context())
    output.start()
    for start in range(0, PACKETS, 10):
        output.send(packets[start : start + 10])
    output.stop()
    rows = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 192)
    times = rows[:, :4].copy().view(">u4")[:, 0].astype(np.int64)
    steps = np.diff(times) % (1 << 30)
    assert times.max() < 1 << 30
    assert steps.max() < 27_000_000


def test_rs204_has_room_for_its_parity(packets: npt.NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "b.ts"
    output = FileOutput(FileOutput.options.parse(["--format=rs204", str(path)]), context())
    output.start()
    output.send(packets)
    output.stop()
    assert set(np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 204)[:, 188:].ravel()) == {0xFF}


def test_null_packets_are_put_before_and_after(packets: npt.NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "b.ts"
    options = ["--add-start-stuffing=2", "--add-stop-stuffing=3", str(path)]
    output = FileOutput(FileOutput.options.parse(options), context())
    output.start()
    output.send(packets)
    output.stop()
    written = read(path)
    assert np.array_equal(written[2:-3], packets)
    assert {bytes(row[:4]) for row in (*written[:2], *written[-3:])} == {b"\x47\x1f\xff\x10"}


@pytest.mark.parametrize(
    ("plugin", "option", "reason"),
    [
        (
            FileInput,
            "--format=mp4",
            "invalid value mp4 for option --format, use one of TS, RS204, M2TS, duck",
        ),
        (FileOutput, "--format=duck", "invalid value duck for option --format, use one of TS, RS204, M2TS"),
        (FileTap, "--keep", "missing parameter filename"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    plugin: type[FileInput] | type[FileOutput] | type[FileTap], option: str, reason: str
) -> None:
    with pytest.raises(OptionError) as refused:
        plugin(plugin.options.parse([option]), context())
    assert str(refused.value) == reason


def test_each_file_is_repeated_before_the_next_with_null_packets_around_it(
    tmp_path: Path, packets: npt.NDArray[np.uint8]
) -> None:
    packets[:, 1:3] = 0
    names = []
    for number in (1, 2):
        packets[:, 4] = number
        names.append(str(tmp_path / f"{number}.ts"))
        packets[:10].tofile(names[-1])
    stuffing = ("--add-start-stuffing=1", "--add-start-stuffing=2", "--add-stop-stuffing=3")
    got = read(Path(names[1]), "--repeat=2", *stuffing, names[0])
    kinds = "".join("n" if packet[1] == 0x1F else str(packet[4]) for packet in got)
    assert kinds == "n" + "1" * 20 + "nnn" + "nn" + "2" * 20 + "nnn"


def test_several_files_are_not_repeated_for_ever() -> None:
    with pytest.raises(OptionError, match="more than one file"):
        FileInput(FileInput.options.parse(["--infinite", "a.ts", "b.ts"]), context())
