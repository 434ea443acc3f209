"""Damaged streams through minitsp and a real tsp: the same counters, bitrates, log lines and packets."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from ibe100.mpegts.packet import PacketBlock, pids
from minitsp_rig import MEDIA, MINITSP

pytestmark = pytest.mark.tsduck

FILES: Final = ("ott_with_scte35", "dvb_hd_service", "sat_no_sdt")
COMMANDS: Final = (
    "continuity",
    "pcrextract --log --pts --good-pts-only",
    "pmt --service 1 --add-pid 7000/0x86",
    "filter --pid 0 --pid 0x1000",
)
SEED: Final = 7


def lost(packets: PacketBlock, random: np.random.Generator) -> PacketBlock:
    return np.delete(packets, random.integers(0, len(packets), 40), axis=0)


def repeated(packets: PacketBlock, random: np.random.Generator) -> PacketBlock:
    again = random.integers(0, len(packets), 40)
    return packets[np.sort(np.concatenate([np.arange(len(packets)), again]))]


def scrambled(packets: PacketBlock, random: np.random.Generator) -> PacketBlock:
    edited = packets.copy()
    busiest = np.bincount(pids(packets)).argmax()
    late = np.arange(len(packets)) > len(packets) // 2
    edited[(pids(packets) == busiest) & late, 3] |= 0x80
    return edited


def marked_as_damaged(packets: PacketBlock, random: np.random.Generator) -> PacketBlock:
    edited = packets.copy()
    edited[::301, 1] |= 0x80
    return edited


def with_wrong_headers(packets: PacketBlock, random: np.random.Generator) -> PacketBlock:
    edited = packets.copy()
    for row in random.integers(0, len(packets), len(packets) // 400):
        edited[row, random.integers(3, 12)] ^= 1 << random.integers(0, 8)
    return edited


def with_wrong_payloads(packets: PacketBlock, random: np.random.Generator) -> PacketBlock:
    edited = packets.copy()
    for row in random.integers(0, len(packets), len(packets) // 200):
        edited[row, random.integers(4, 188)] ^= 1 << random.integers(0, 8)
    return edited


def jumping(packets: PacketBlock, random: np.random.Generator) -> PacketBlock:
    third = len(packets) // 3
    return np.concatenate([packets[:third], packets[2 * third :], packets[: third // 2]])


DAMAGES: Final[tuple[Callable[[PacketBlock, np.random.Generator], PacketBlock], ...]] = (
    lost,
    repeated,
    scrambled,
    marked_as_damaged,
    with_wrong_headers,
    with_wrong_payloads,
    jumping,
)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_stream_reads_the_same(
    damage: Callable[[PacketBlock, np.random.Generator], PacketBlock], name: str, tmp_path: Path
) -> None:
    packets = np.fromfile(MEDIA / f"{name}.ts", np.uint8).reshape(-1, 188)
    stream = tmp_path / "damaged.ts"
    damage(packets, np.random.default_rng(SEED)).tofile(stream)
    assert _analysis(MINITSP, stream) == _analysis(["tsp"], stream)
    for command in COMMANDS:
        ours, theirs = (_run(program, stream, command, tmp_path) for program in (MINITSP, ["tsp"]))
        assert ours == theirs, command


def _analysis(program: list[str], stream: Path) -> dict[str, Any]:
    """Without its times, the chain's bitrate, and the words: which headers can be read is not the same."""
    words = ["-I", "file", stream, "-P", "analyze", "--json-line=A:", "-O", "drop"]
    done = subprocess.run([*program, *words], capture_output=True, text=True, timeout=60, check=True)
    analysis: dict[str, Any] = json.loads(done.stderr[done.stderr.index("{") :])
    del analysis["time"]
    for key in ("user-bitrate", "user-bitrate-204"):
        del analysis["ts"][key]
    for pid in analysis["pids"]:
        del pid["description"]
    return analysis


def _run(program: list[str], stream: Path, command: str, folder: Path) -> tuple[list[str], bytes]:
    out = folder / "out.ts"
    out.unlink(missing_ok=True)
    words = [
        "--verbose",
        "--log-message-count=100000",
        "-I",
        "file",
        stream,
        "-P",
        *command.split(),
        "-O",
        "file",
        out,
    ]
    done = subprocess.run([*program, *words], capture_output=True, text=True, timeout=60, check=False)
    log = [line for line in done.stderr.splitlines() if not line.startswith("* file: ")]
    return log, out.read_bytes() if out.exists() else b""
