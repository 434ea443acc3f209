"""time: packets pass, go or become null packets by the clock of the machine or of the stream."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import Block
from ibe100.minitsp.plugins import time as time_module
from ibe100.minitsp.plugins.time import TimeSchedule
from ibe100.mpegts import packet
from packet_fields import set_pids
from plugin_rig import BLOCK_SIZES, build, process

NULL = packet.null_packet()


def tdt(hour: int, minute: int) -> bytes:
    """The TDT of 2026/11/23 (MJD 61367)."""
    body = (61367).to_bytes(2, "big") + bytes(
        (hour // 10 << 4 | hour % 10, minute // 10 << 4 | minute % 10, 0)
    )
    return packet.packetize_section(b"\x70\x70\x05" + body, 0x14, minute & 15)[0]


def stream() -> packet.PacketBlock:
    """Three minutes, ten packets each, that begin with a TDT."""
    other = packet.as_block(NULL * 9).copy()
    set_pids(other, 256)
    return packet.as_block(b"".join(tdt(9, minute) + other.tobytes() for minute in range(3))).copy()


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_the_clock_of_the_stream_decides_from_its_table_on(size: int) -> None:
    plugin, log = build(TimeSchedule, "--tdt", "--drop=2026/11/23:09:01:00", "--pass=2026/11/23:09:02:00")
    packets = stream()
    assert np.array_equal(process(plugin, packets, size), np.concatenate([packets[:10], packets[20:]]))
    assert log.lines == [
        "* time: initial packet processing: pass",
        "* time: packet drop after 2026/11/23 09:01:00",
        "* time: packet pass after 2026/11/23 09:02:00",
        "* time: 2026/11/23 09:01:00: new packet processing: drop",
        "* time: 2026/11/23 09:02:00: new packet processing: pass",
    ]


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_null_packets_from_the_beginning_and_the_end_of_the_stream(size: int) -> None:
    plugin, _ = build(TimeSchedule, "--tdt", "--null=", "--stop=2026/11/23:09:02:00")
    after = process(plugin, stream(), size)
    assert after.tobytes() == NULL * 20
    assert (plugin.context.stopping, plugin.context.exit_code) == (True, 0)


class Clock(datetime):
    """A clock that the test moves."""

    moment = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.moment


@pytest.mark.parametrize("options", [("--relative", "--drop=2.5"), ("--utc", "--drop=2026/11/23:12:00:02")])
def test_the_clock_of_the_machine(options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_module, "datetime", Clock)
    monkeypatch.setattr(Clock, "moment", Clock.moment)
    plugin, _ = build(TimeSchedule, *options)
    assert len(plugin.process(Block(stream(), 0))) == 30
    Clock.moment += timedelta(seconds=3)
    assert len(plugin.process(Block(stream(), 30))) == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--tdt", "--utc"), "options --relative, --tdt and --utc are mutually exclusive"),
        (("--drop=tomorrow",), 'invalid time value "tomorrow" (use "year/month/day:hour:minute:second")'),
        (("--relative", "--drop=soon"), "invalid relative number of seconds: soon"),
    ],
)
def test_times_that_are_none_are_refused(options: tuple[str, ...], reason: str) -> None:
    with pytest.raises(OptionError) as refused:
        build(TimeSchedule, *options)
    assert str(refused.value) == reason
