"""TR 101 290 counters on streams with one fault each; time is given, not waited for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibe100.minitsp.chain.packet_batch import Arrivals, Batch, PacketBatch
from ibe100.minitsp.chain.plugin import Block
from ibe100.minitsp.reports.gap_watch import GapWatch
from ibe100.minitsp.reports.tr101290 import Tr101290
from ibe100.mpegts import packet
from ibe100.mpegts.constants import NULL_PID, SYNC_BYTE
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.service_map import ServiceMap
from packet_fields import pes_header

PMT_PID, VIDEO_PID, SOUND_PID = 0x100, 0x101, 0x102
PAT = Pat(1, ((1, PMT_PID),)).encode()
PMT = Pmt(1, VIDEO_PID, (PmtStream(0x1B, VIDEO_PID), PmtStream(0x0F, SOUND_PID))).encode()


class Stream:
    """Builds packets second by second and lets the counters see them."""

    def __init__(self) -> None:
        self.services = ServiceMap()
        self.counters = Tr101290(self.services)
        self.now_s = 100.0
        self._next_counter: dict[int, int] = {}

    def counter(self, pid: int) -> int:
        value = self._next_counter.get(pid, 0)
        self._next_counter[pid] = value + 1
        return value & 15

    def section(self, section: bytes, pid: int) -> bytes:
        return packet.packetize_section(section, pid, self.counter(pid))[0]

    def pes(self, pid: int, pts: int, pcr: int | None = None, flagged: bool = False) -> bytes:
        head = bytes((0x47, 0x40 | pid >> 8, pid & 0xFF, 0x30 | self.counter(pid)))
        adaptation = b"\x00"
        if pcr is not None:
            base, extension = divmod(pcr, 300)
            flags = 0x10 | (0x80 if flagged else 0)
            adaptation = bytes((7, flags)) + (base << 15 | 0x7E00 | extension).to_bytes(6, "big")
        body = pes_header(pts)
        return (head + adaptation + body).ljust(188, b"\xaa")

    def feed(self, packets: bytes, at_s: float | None = None) -> None:
        self.now_s = at_s if at_s is not None else self.now_s
        block = packet.as_block(packets)
        batch = Batch(PacketHeaders(block), 0, Arrivals(len(block), self.now_s, self.now_s))
        self.counters.feed(batch, self.services.feed_headers(batch.headers))

    def normal(self, seconds: float, *, without: frozenset[str] = frozenset()) -> None:
        """Steps of 40 ms with everything a good stream has, but for what is left out."""
        for _ in range(round(seconds / 0.04)):
            self.now_s += 0.04
            pcr = round(self.now_s * 27_000_000)
            made = b""
            if "pat" not in without:
                made += self.section(PAT, 0)
            if "pmt" not in without:
                made += self.section(PMT, PMT_PID)
            if "video" not in without:
                made += self.pes(VIDEO_PID, pcr // 300 + 9000, None if "pcr" in without else pcr)
            if "sound" not in without:
                made += self.pes(SOUND_PID, pcr // 300 + 9000)
            self.feed(made or packet.null_packet())
            self.counters.idle(self.now_s)

    def errors(self) -> dict[str, int]:
        names: dict[str, int] = {}
        for (name, _), count in self.counters.take().items():
            names[name] = names.get(name, 0) + count
        return names


@pytest.fixture
def stream() -> Stream:
    ready = Stream()
    ready.normal(1)
    assert ready.errors() == {}
    return ready


def test_a_good_stream_has_no_errors(stream: Stream) -> None:
    stream.normal(12)
    assert stream.errors() == {}


def test_missing_pat_counts_when_half_a_second_has_passed_and_once_a_second_after(stream: Stream) -> None:
    stream.normal(0.4, without=frozenset({"pat"}))
    assert stream.errors() == {}
    stream.normal(0.2, without=frozenset({"pat"}))
    assert stream.errors() == {"pat_error": 1, "pat_error_2": 1}
    stream.normal(1, without=frozenset({"pat"}))
    assert stream.errors() == {"pat_error": 1, "pat_error_2": 1}
    stream.normal(1)
    assert stream.errors() == {}


def test_missing_pmt_pcr_and_pts_are_told_apart(stream: Stream) -> None:
    stream.normal(0.6, without=frozenset({"pmt"}))
    assert stream.errors() == {"pmt_error": 1, "pmt_error_2": 1}
    stream.normal(0.32, without=frozenset({"pcr"}))
    stream.normal(0.08)
    assert stream.errors() == {
        "pcr_error": 1,
        "pcr_repetition_error": 1,
        "pcr_discontinuity_indicator_error": 1,
    }
    stream.normal(0.8, without=frozenset({"sound"}))
    assert stream.errors() == {"pts_error": 1}


def test_a_referenced_pid_that_stays_away_is_a_pid_error(stream: Stream) -> None:
    stream.normal(5.2, without=frozenset({"sound"}))
    assert stream.errors()["pid_error"] == 1
    assert stream.counters.take() == {}


def test_a_data_pid_may_stay_away(stream: Stream) -> None:
    with_cues = Pmt(1, VIDEO_PID, (PmtStream(0x1B, VIDEO_PID), PmtStream(0x86, 0x1F4)), version=1)
    stream.feed(stream.section(with_cues.encode(), PMT_PID))
    stream.normal(12, without=frozenset({"pmt"}))
    assert "pid_error" not in stream.errors()


def test_no_pcr_is_owed_by_a_pid_that_no_pmt_names_for_it(stream: Stream) -> None:
    stream.feed(stream.pes(SOUND_PID, 0, pcr=0))
    stream.normal(3)
    assert stream.errors() == {}
    stream.feed(stream.pes(SOUND_PID, 0, pcr=27_000))
    assert stream.errors() == {"pcr_error": 1, "pcr_repetition_error": 1}


def test_errors_belong_to_their_pid(stream: Stream) -> None:
    stream.feed(stream.pes(VIDEO_PID, 0) + stream.pes(SOUND_PID, 0))
    stream.counter(SOUND_PID)
    stream.feed(stream.pes(SOUND_PID, 0))
    assert stream.counters.take() == {("continuity_count_error", SOUND_PID): 1}


@pytest.mark.parametrize(("flagged", "expected"), [(False, 1), (True, 0)])
def test_a_pcr_jump_is_an_error_unless_it_is_announced(stream: Stream, flagged: bool, expected: int) -> None:
    stream.feed(stream.pes(VIDEO_PID, 0, pcr=5_000, flagged=flagged), stream.now_s + 0.04)
    found = stream.errors()
    assert found.get("pcr_discontinuity_indicator_error", 0) == expected
    assert found.get("pcr_error", 0) == expected
    assert "pcr_repetition_error" not in found


def test_sync_transport_and_crc_errors_are_counted(stream: Stream) -> None:
    bad_sync = b"\x00" + packet.null_packet()[1:]
    marked = bytearray(packet.null_packet())
    marked[1] |= 0x80
    broken = bytearray(stream.section(PAT, 0))
    broken[12] ^= 1
    stream.feed(bad_sync + packet.null_packet() + bad_sync * 3 + bytes(marked) + bytes(broken))
    assert stream.errors() == {
        "sync_byte_error": 4,
        "ts_sync_loss": 1,
        "transport_error": 1,
        "crc_error": 1,
    }


def test_a_wrong_table_on_a_system_pid_and_an_unreferenced_pid_are_found(stream: Stream) -> None:
    stream.feed(stream.section(PMT, 0x11))
    assert stream.errors() == {"sdt_error": 1, "sdt_actual_error": 1}
    stray = bytearray(packet.null_packet())
    stray[1:3] = b"\x03\x33"
    stream.feed(bytes(stray))
    for step in range(1, 5):
        stray[3] = 0x10 | step
        stream.normal(0.2)
        stream.feed(bytes(stray))
    assert stream.errors() == {"unreferenced_pid": 1}


@given(st.binary(min_size=188 * 20, max_size=188 * 20))
@settings(max_examples=50)
def test_noise_is_counted_not_stumbled_over(noise: bytes) -> None:
    stream = Stream()
    stream.normal(0.2)
    block = packet.as_block(noise).copy()
    block[:12, 0] = SYNC_BYTE
    block[:4, 1:3] = (0x40, 0x00)
    block[4:8, 1:3] = (0x41, 0x00)
    block[8:12, 1:3] = (0x41, 0x01)
    stream.feed(block.tobytes())
    stream.counters.idle(stream.now_s + 100)
    assert stream.errors()["pat_error"] > 90


def test_error_count_counts_each_error_once() -> None:
    errors = {("pat_error", 0): 1, ("pat_error_2", 0): 1, ("pcr_error", 9): 1, ("pcr_repetition_error", 9): 1}
    assert Tr101290.total(errors) == 2


@given(st.lists(st.floats(0.01, 5.0), min_size=1, max_size=30), st.floats(0.1, 2.0))
def test_gaps_are_counted_alike_whether_or_not_they_are_looked_at_meanwhile(
    gaps: list[float], limit_s: float
) -> None:
    counts = []
    for looks in (0, 7):
        found: list[int] = []

        def count(_names: tuple[str, ...], pid: int, found: list[int] = found) -> None:
            found.append(pid)

        watch = GapWatch(count)
        watch.expect(("pat", 0), ("pat_error",), limit_s, 0.0)
        now_s = 0.0
        for gap in gaps:
            for look in range(looks):
                watch.overdue(now_s + gap * look / looks)
            now_s += gap
            assert (
                watch.seen(("pat", 0), now_s) == (now_s - (now_s - gap) > limit_s)
                or abs(gap - limit_s) < 1e-6
            )
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_a_batch_keeps_order_indexes_and_arrivals() -> None:
    taken: list[Batch] = []
    gathered = PacketBatch(taken.append)
    block = packet.as_block(packet.null_packet() * 10).copy()
    gathered.add(Block(block[:4], 50), 10.0)
    gathered.add(Block(block[4:], 54), 10.06)
    block[:] = 0
    gathered.flush()
    gathered.flush()
    (batch,) = taken
    assert (len(batch.packets), batch.first_index) == (10, 50)
    assert set(batch.pids.tolist()) == {NULL_PID}
    assert (batch.packets[:, 0] == SYNC_BYTE).all()
    assert batch.arrivals_s[:4].tolist() == [10.0] * 4
    assert batch.arrivals_s[4:] == pytest.approx([10.01, 10.02, 10.03, 10.04, 10.05, 10.06])
    gathered.add(Block(packet.as_block(packet.null_packet() * 2).copy(), 60), 20.0)
    gathered.flush()
    assert taken[1].arrivals_s == pytest.approx([19.95, 20.0])
