"""A clip is what was on air, byte for byte, behind the tables that went before it."""

import hashlib
import random
from pathlib import Path

import pytest

from ibe100.runner.recorder.ring import ANOTHER, BEGUN, Ring
from ibe100.services.clips.cutting import NothingRecorded, cut
from independent_parser import PACKET, Packet

STREAMS = {"ott_with_scte35.ts": 1, "dvb_hd_service.ts": 20, "sat_no_sdt.ts": 20}
"""Each with how often it is played within a minute."""
OTT = "ott_with_scte35.ts"


def fill(ring: Ring, stream: bytes, *, seconds: float = 60.0, seed: int = 1) -> list[tuple[float, int]]:
    """Write a stream as 60 s from the wall time 1000 on; returns the time and the end of each record."""
    chance = random.Random(seed)
    packets, at, ends = len(stream) // PACKET, 0, []
    while at < packets:
        count = min(packets - at, max(1, round(packets * 0.1 / seconds * chance.uniform(0.5, 1.5))))
        piece = stream[at * PACKET : (at + count) * PACKET]
        at += count
        came_at = 1000 + seconds * at / packets
        ring.write([piece], came_at, 0, 0 if ends else BEGUN)
        ends.append((came_at, at * PACKET))
    ring.close()
    return ends


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    (tmp_path / "ring").mkdir()
    return Ring(tmp_path / "ring" / "a" / "output", 600, 0)


def split(clip: bytes) -> tuple[list[Packet], bytes]:
    """The tables that a clip begins with, and the rest, which begins with the first packet of another PID."""
    packets = [Packet.parse(clip[at : at + PACKET]) for at in range(0, len(clip), PACKET)]
    assert packets[0].pid == 0
    pmt_pids: set[int] = set()
    tables = []
    for packet in packets:
        if packet.pid == 0:
            assert packet.payload is not None
            section = packet.payload[1 + packet.payload[0] :]
            end = 3 + ((section[1] & 0x0F) << 8 | section[2]) - 4
            pmt_pids |= {(section[i + 2] & 0x1F) << 8 | section[i + 3] for i in range(8, end, 4)}
        elif packet.pid not in pmt_pids:
            break
        tables.append(packet)
    return tables, clip[len(tables) * PACKET :]


def is_in_order(parts: list[bytes], whole: bytes) -> bool:
    """True if the packets stand in `whole` in this order."""
    at = 0
    for part in parts:
        at = whole.find(part, at)
        if at < 0:
            return False
        at += PACKET
    return True


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("seed", range(5))
def test_a_clip_is_what_was_on_air_behind_its_tables(
    media: Path, tmp_path: Path, ring: Ring, name: str, seed: int
) -> None:
    stream = (media / name).read_bytes() * STREAMS[name]
    ends = fill(ring, stream, seed=seed)
    chance = random.Random(seed)
    for number in range(4):
        begins_at = 1000 + chance.uniform(5, 45)
        ends_at = begins_at + chance.uniform(2, 14)
        clip = tmp_path / f"{number}.ts"

        made = cut(tmp_path / "ring" / "a" / "output", begins_at, ends_at, clip, None, 0)

        content = clip.read_bytes()
        assert (made.size, made.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert made.incomplete == ""
        tables, rest = split(content)
        assert {packet.pid for packet in tables} > {0}
        before = max((end for at, end in ends if at < made.starts_at), default=0)
        place = stream.find(rest, before)
        assert place >= before
        assert is_in_order([packet.raw for packet in tables], stream[:place])
        first = Packet.parse(rest[:PACKET])
        assert first.unit_start
        assert first.payload is not None
        starts = (b"\0\0\1\x67", b"\0\0\1\xb3", b"\0\0\1\x40")
        assert (first.raw[3] & 0x20 and first.raw[5] & 0x40) or any(one in first.payload for one in starts)
        begun = next(at for at, end in ends if end > place)
        assert begun <= begins_at + 1.0
        last = place + len(rest)
        assert next(at for at, end in ends if end >= last) >= ends_at - 0.5
        assert clip.stat().st_mode & 0o777 == 0o600


def test_what_a_ring_does_not_hold_is_told(media: Path, tmp_path: Path, ring: Ring) -> None:
    fill(ring, (media / OTT).read_bytes())
    folder = tmp_path / "ring" / "a" / "output"

    early = cut(folder, 990, 1010, tmp_path / "early.ts", None, 0)
    late = cut(folder, 1050, 1070, tmp_path / "late.ts", None, 0)

    assert early.incomplete.startswith("it begins 1")
    assert late.incomplete == "it ends 10.0 s early"
    with pytest.raises(NothingRecorded):
        cut(folder, 900, 920, tmp_path / "none.ts", None, 0)
    with pytest.raises(NothingRecorded):
        cut(tmp_path / "nowhere", 1000, 1010, tmp_path / "none.ts", None, 0)
    assert not (tmp_path / "none.ts").exists()


def test_what_was_lost_is_told_and_another_processor_is_none(media: Path, tmp_path: Path, ring: Ring) -> None:
    stream = (media / OTT).read_bytes()
    size = len(stream) // PACKET // 100 * PACKET
    for number in range(100):
        lost = 7 if number == 50 else 0
        flags = {0: BEGUN, 60: ANOTHER, 70: BEGUN}.get(number, 0)
        at = 1000 + number * 0.5 + (5 if number >= 70 else 0)
        ring.write([stream[number * size : (number + 1) * size]], at, lost, flags)
    ring.close()

    made = cut(tmp_path / "ring" / "a" / "output", 1020, 1042, tmp_path / "clip.ts", None, 0)

    assert made.lost_packets == 7
    assert made.incomplete == "7 packets were lost; not recorded for 5.5 s"


def test_without_pictures_a_clip_begins_where_it_was_asked_to(
    tmp_path: Path, ring: Ring, media: Path
) -> None:
    stream = (media / OTT).read_bytes()
    packets = [stream[at : at + PACKET] for at in range(0, len(stream), PACKET)]
    fill(ring, b"".join(one for one in packets if Packet.parse(one).pid != 256))

    made = cut(tmp_path / "ring" / "a" / "output", 1020, 1030, tmp_path / "clip.ts", None, 0)

    assert made.starts_at == pytest.approx(1020, abs=0.3)
    assert made.incomplete == "it has no random access point"
    assert split((tmp_path / "clip.ts").read_bytes())[0]


def test_nothing_is_left_behind_where_the_disk_has_no_room(media: Path, tmp_path: Path, ring: Ring) -> None:
    fill(ring, (media / OTT).read_bytes())

    with pytest.raises(OSError, match="MB left"):
        cut(tmp_path / "ring" / "a" / "output", 1020, 1030, tmp_path / "clips" / "a.ts", None, 1 << 60)

    assert list((tmp_path / "clips").iterdir()) == []
