"""analyze, bitrate_monitor and continuity against recordings of tsp on the same media."""

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel, PacketProcessor
from ibe100.minitsp.plugins.analyze import Analyze
from ibe100.minitsp.plugins.bitrate_monitor import BitrateMonitor
from ibe100.minitsp.plugins.continuity import Continuity
from ibe100.mpegts import packet
from ibe100.mpegts.constants import PACKET_SIZE
from independent_parser import continuity_faults, parse_file
from packet_fields import set_pids
from places import GOLDEN, MEDIA


class Log:
    """Keeps what a plugin logs."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        self.lines.append(f"* {plugin}: {text}")


def build(plugin: type[PacketProcessor], *options: str) -> tuple[PacketProcessor, Log]:
    log = Log()
    return plugin(plugin.options.parse(options), Context(GlobalOptions(), log)), log


def media(name: str, times: int = 1) -> packet.PacketBlock:
    block = np.fromfile(MEDIA / name, np.uint8).reshape(-1, PACKET_SIZE)
    return np.concatenate([block] * times)


def pass_through(plugin: PacketProcessor, packets: packet.PacketBlock, size: int = 512) -> None:
    """Run all packets through a plugin, which must leave them as they are."""
    for start in range(0, len(packets), size):
        part = packets[start : start + size].copy()
        passed = plugin.process(Block(part, start))
        assert np.array_equal(passed.packets, packets[start : start + size])


def recorded_log(name: str) -> list[str]:
    lines = json.loads((GOLDEN / f"{name}.json").read_text())["log"]
    assert isinstance(lines, list)
    return lines


def seam_lines(path: Path, times: int) -> list[str]:
    """The lines of `continuity --json-line=CC:` on a file that is repeated, as tsp writes them."""
    return [
        f'* continuity: CC:{{ "index": {index}, "packets": {count}, "pid": {pid}, "type": "{kind}" }}'
        for index, count, pid, kind in continuity_faults(parse_file(path).packets * times)
    ]


def test_seam_lines_of_a_capture_are_those_of_tsp(captures: Path) -> None:
    assert seam_lines(captures / "dvb_hd_service.ts", 3) == recorded_log("continuity-loop-seam")


@pytest.mark.parametrize("size", [7, 1000, 40000])
def test_continuity_reports_a_loop_seam_as_tsp_does(size: int) -> None:
    plugin, log = build(Continuity, "--json-line=CC:")
    pass_through(plugin, media("dvb_hd_service.ts", 3), size)
    plugin.stop()
    assert log.lines == seam_lines(MEDIA / "dvb_hd_service.ts", 3)


def test_continuity_counts_a_packet_that_never_changes_as_duplicate_from_the_third_on() -> None:
    plugin, log = build(Continuity, "--json-line=CC:", "--pid", "4096", "--tag", "in")
    pass_through(plugin, media("ott_with_scte35.ts"))
    plugin.tick(0.0)
    found = [json.loads(line.partition("CC:")[2]) for line in log.lines]
    theirs = [
        json.loads(line.partition("CC:")[2])
        for line in recorded_log("live-bitrate-continuity-json-line")
        if "CC:" in line
    ]
    assert [one["packets"] for one in found[: len(theirs)]] == [one["packets"] for one in theirs]
    assert {(one["pid"], one["type"], one["tag"]) for one in found} == {(4096, "duplicate", "in")}
    indexes = np.flatnonzero(packet.pids(media("ott_with_scte35.ts")) == 4096)
    assert [one["index"] for one in found] == indexes[2:].tolist()


def test_continuity_in_words_names_packet_and_pid() -> None:
    plugin, log = build(Continuity, "-p", "120")
    pass_through(plugin, np.delete(media("dvb_hd_service.ts"), slice(100, 110), axis=0))
    plugin.stop()
    (line,) = log.lines
    assert "PID: 0x0078 (120), missing" in line


def test_analysis_of_a_file_has_the_keys_of_tsp_in_their_order_and_the_figures_of_its_packets() -> None:
    plugin, log = build(Analyze, "--json-line=ANALYZE:")
    pass_through(plugin, media("dvb_hd_service.ts"))
    plugin.stop()
    ours, theirs = (
        json.loads(lines[0].partition("ANALYZE:")[2])
        for lines in (log.lines, recorded_log("live-analyze-json-line-dvb"))
    )
    assert list(ours) == list(theirs)
    assert list(ours["ts"]) == list(theirs["ts"])
    for part in ("pids", "services", "tables"):
        assert [one.get("id", one.get("pid")) for one in ours[part]] == [
            one.get("id", one.get("pid")) for one in theirs[part]
        ]
    # The rest of the PIDs have the same keys but for times that one capture has and another has not.
    video, recorded = (next(one for one in found["pids"] if one["id"] == 120) for found in (ours, theirs))
    assert list(video) == list(recorded) and list(video["packets"]) == list(recorded["packets"])
    assert [list(one) for one in ours["services"]] == [list(one) for one in theirs["services"]]
    assert [list(one) for one in ours["tables"]] == [list(one) for one in theirs["tables"]]
    packets = Counter(one.pid for one in parse_file(MEDIA / "dvb_hd_service.ts").packets)
    assert {one["id"]: one["packets"]["total"] for one in ours["pids"]} == packets


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(60)
        yield udp


def test_analysis_by_udp_comes_every_interval_and_counts_anew(receiver: socket.socket) -> None:
    port = receiver.getsockname()[1]
    plugin, _ = build(Analyze, "--interval=3", f"--json-udp=127.0.0.1:{port}")
    plugin.start()
    packets = media("ott_with_scte35.ts")
    theirs = json.loads((GOLDEN / "live-analyze-json-udp.json").read_text())
    recorded = json.loads(next(iter(theirs["udp"].values()))[0][1])
    pass_through(plugin, packets[:500])
    plugin.tick(1e9)
    first = json.loads(receiver.recv(65536))
    assert first["ts"]["packets"]["total"] == 500
    assert set(first) == set(recorded)
    for part in ("pids", "services", "tables"):
        assert set(first[part][0]) == set(recorded[part][0])
    video = next(one for one in first["pids"] if one["id"] == 256)
    assert video["description"] == "AVC video (640x360, high profile, level 3.0, 4:2:0)"
    pass_through(plugin, packets[500:700])
    plugin.stop()
    last = json.loads(receiver.recv(65536))
    assert last["ts"]["packets"]["total"] == 200
    assert [one["name"] for one in last["services"]] == ["Service01"]


def test_analysis_too_large_for_a_datagram_is_said_once_with_the_way_out(
    receiver: socket.socket,
) -> None:
    port = receiver.getsockname()[1]
    plugin, log = build(Analyze, "--interval=1", f"--json-udp=127.0.0.1:{port}")
    plugin.start()
    pids = np.arange(0x20, 0x120, dtype=np.uint16)
    crowd = packet.as_block(packet.null_packet() * len(pids)).copy()
    crowd[:, 1], crowd[:, 2] = pids >> 8, pids & 0xFF
    for now_s in (1e9, 2e9):
        pass_through(plugin, crowd)
        plugin.tick(now_s)
    plugin.stop()
    assert len(log.lines) == 1
    assert "too large for --json-udp and is lost, use --json-tcp" in log.lines[0]


def test_analysis_by_tcp_is_one_line_on_one_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        plugin, log = build(Analyze, f"--json-tcp=127.0.0.1:{server.getsockname()[1]}")
        plugin.start()
        pass_through(plugin, media("sat_no_sdt.ts"))
        plugin.stop()
        connection, _ = server.accept()
        with connection, connection.makefile() as stream:
            found = json.loads(stream.read())
    assert found["ts"]["pcr-bitrate"] == parse_file(MEDIA / "sat_no_sdt.ts").bitrate_bps(101)
    assert log.lines == []


def test_analysis_is_written_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "analysis.json"
    plugin, _ = build(Analyze, "--json", f"--output-file={target}")
    pass_through(plugin, media("sat_no_sdt.ts"))
    plugin.stop()
    assert json.loads(target.read_text())["ts"]["bytes"] == target_bytes()


def target_bytes() -> int:
    return (MEDIA / "sat_no_sdt.ts").stat().st_size


class Clock:
    """Stands in for the time module."""

    now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def strftime(self, _form: str) -> str:
        return "2026-11-22 07:09:58"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("ibe100.minitsp.plugins.bitrate_monitor.time", clock)
    return clock


def run_seconds(plugin: PacketProcessor, clock: Clock, packets: packet.PacketBlock, seconds: int) -> None:
    """The same packets every second."""
    for _ in range(seconds):
        plugin.process(Block(packets.copy(), 0))
        clock.now_s += 1.0
        plugin.tick(clock.now_s)


def one_second(null_packets: int, others: int) -> packet.PacketBlock:
    block = packet.as_block(packet.null_packet() * (null_packets + others)).copy()
    set_pids(block[null_packets:], 256)
    return block


def test_bitrate_is_reported_from_the_first_full_window_on_in_tsps_shape(clock: Clock) -> None:
    plugin, log = build(BitrateMonitor, "--periodic-bitrate=1", "--json-line=BITRATE:")
    run_seconds(plugin, clock, one_second(10, 90), 4)
    assert log.lines == []
    run_seconds(plugin, clock, one_second(10, 90), 2)
    assert len(log.lines) == 2
    theirs = next(line for line in recorded_log("live-bitrate-continuity-json-line") if "BITRATE:" in line)
    ours = json.loads(log.lines[0].partition("BITRATE:")[2])
    assert list(ours) == list(json.loads(theirs.partition("BITRATE:")[2]))
    assert (ours["bitrate"], ours["net"], ours["stuffing"]) == (150_400, 135_360, 15_040)
    assert (ours["status"], ours["type"]) == ("normal", "ts")


def test_bitrate_out_of_range_is_told_once_and_again_when_it_is_back(clock: Clock) -> None:
    plugin, log = build(BitrateMonitor, "--pid", "256", "--min", "100,000", "-t", "2", "--tag", "video")
    run_seconds(plugin, clock, one_second(10, 90), 3)
    assert log.lines == []
    run_seconds(plugin, clock, one_second(90, 10), 4)
    assert len(log.lines) == 1
    assert "video: PID 0x0100 (256) bitrate out of range, lower" in log.lines[0]
    run_seconds(plugin, clock, one_second(10, 90), 3)
    assert len(log.lines) == 2
    assert "back to normal" in log.lines[1]


def test_bitrate_falls_to_zero_when_packets_stop(clock: Clock) -> None:
    plugin, log = build(BitrateMonitor, "-p", "1", "-t", "1", "--json-line")
    run_seconds(plugin, clock, one_second(0, 100), 1)
    clock.now_s += 1.0
    plugin.tick(clock.now_s)
    assert json.loads(log.lines[-1].partition(": ")[2]) | {"time": ""} == {
        "bitrate": 0,
        "net": 0,
        "status": "lower",
        "stuffing": 0,
        "time": "",
        "type": "ts",
    }


def test_all_observers_in_one_real_chain_pass_every_packet_unchanged(tmp_path: Path) -> None:
    target = tmp_path / "out.ts"
    source = MEDIA / "dvb_hd_service.ts"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        influx = ("--tr-101-290", f"--host-url=http://127.0.0.1:{silent.getsockname()[1]}")
        command = [sys.executable, "-m", "ibe100.minitsp", "-I", "file", "--repeat", "3", str(source)]
        command += ["-P", "analyze", "--json-line=A:", "-P", "bitrate_monitor", "--summary"]
        command += ["-P", "continuity", "--json-line=CC:"]
        command += ["-P", "influx", *influx, "--bucket=b", "--org=o", "--token=t", "-O", "file", str(target)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == source.read_bytes() * 3
    lines = done.stderr.splitlines()
    assert [line for line in lines if "CC:" in line] == seam_lines(MEDIA / "dvb_hd_service.ts", 3)
    assert sum("analyze: A:{" in line for line in lines) == 1
