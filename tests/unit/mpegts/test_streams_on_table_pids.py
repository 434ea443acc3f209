"""ISO/IEC 13818-1 lets a PMT put elementary streams on 0x0010 to 0x1FFE: then these PIDs carry no tables."""

import pytest

from ibe100.minitsp.chain.packet_batch import Arrivals, Batch
from ibe100.minitsp.reports.influx_metrics import InfluxMetrics, MetricsChoice
from ibe100.mpegts import packet
from ibe100.mpegts.constants import CAT_PID, EIT_PID, NIT_PID, RST_PID, SDT_PID, TDT_PID
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.psi import Pat, Pmt, PmtStream, Sdt
from packet_fields import pes_header

EVERYTHING = MetricsChoice(True, True, False, True, frozenset(range(0x2000)), (), True, 4)


def picture(pid: int, counter: int, *, starts: bool) -> bytes:
    head = bytes((0x47, (0x40 if starts else 0) | pid >> 8, pid & 0xFF, 0x10 | counter & 15))
    body = pes_header(counter * 3600) if starts else bytes((counter & 0xFF, 0xB0, 0x20))
    return (head + body).ljust(188, bytes((counter & 0xFF,)))


def lines_of(video_pid: int, pmt_pid: int, *others: bytes, stream_type: int = 0x1B) -> list[str]:
    """Metrics of a stream whose pictures come before its tables, as when one tunes in."""
    metrics = InfluxMetrics(EVERYTHING, 0.0)
    pat = packet.packetize_section(Pat(1, ((2, pmt_pid),)).encode(), 0, 0)
    pmt = Pmt(2, 0x1FFF, (PmtStream(stream_type, video_pid),))
    packets = [picture(video_pid, n, starts=n % 4 == 0) for n in range(40)]
    packets[20:20] = pat + packet.packetize_section(pmt.encode(), pmt_pid, 0) + list(others)
    block = packet.as_block(b"".join(packets))
    metrics.feed(Batch(PacketHeaders(block), 0, Arrivals(len(block), 0.0, 0.1)))
    return metrics.lines(1.0)


def value_of(lines: list[str], start: str) -> int:
    return sum(int(line.split("value=")[1].split()[0]) for line in lines if line.startswith(start))


@pytest.mark.parametrize("pid", [CAT_PID, 2, NIT_PID, SDT_PID, EIT_PID, RST_PID, TDT_PID, 0x1F])
def test_pictures_are_no_damaged_tables(pid: int) -> None:
    lines = lines_of(pid, 0x30)
    for counter in (
        "crc_error",
        "cat_error",
        "nit_error",
        "sdt_error",
        "eit_error",
        "rst_error",
        "tdt_error",
    ):
        assert value_of(lines, f"counter,name={counter},") == 0, counter


def test_their_bitrate_is_that_of_pictures() -> None:
    lines = lines_of(SDT_PID, 0x30)
    video, psi = (value_of(lines, f"bitrate,scope=type,tsid=1,type={kind}") for kind in ("video", "psi"))
    assert (video, psi) == (40 * 1504, 2 * 1504)


def test_a_pmt_on_the_pid_of_the_nit_is_no_wrong_table() -> None:
    assert value_of(lines_of(0x11, NIT_PID), "counter,name=nit_error,") == 0


def test_sections_that_a_pmt_lists_stay_tables() -> None:
    sdt = packet.packetize_section(Sdt(1, 1, ()).encode()[:-1] + b"\0", SDT_PID, 0)
    lines = lines_of(SDT_PID, 0x30, *sdt, stream_type=0x05)
    assert value_of(lines, "counter,name=crc_error,severity=2,scope=ts") == 1


@pytest.mark.parametrize("pid", [CAT_PID, NIT_PID, SDT_PID])
def test_damaged_tables_of_dvb_are_still_counted(pid: int) -> None:
    damaged = packet.packetize_section(Sdt(1, 1, ()).encode()[:-1] + b"\0", pid, 0)
    lines = lines_of(0x100, 0x30, *damaged)
    assert value_of(lines, "counter,name=crc_error,severity=2,scope=ts") == 1
