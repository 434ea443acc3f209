"""Passes or drops packets by the time of day (tsp -P time)."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Literal

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor, Packets
from ibe100.mpegts.constants import TDT_PID, TDT_TABLE_ID
from ibe100.mpegts.packet import as_block, null_packet
from ibe100.mpegts.section_assembler import SectionAssembler

Action = Literal["pass", "drop", "null", "stop"]

_ACTIONS: Final[tuple[Action, ...]] = ("drop", "null", "pass", "stop")
_MJD_EPOCH: Final = datetime(1858, 11, 17, tzinfo=UTC)
_FORM: Final = "%Y/%m/%d:%H:%M:%S"


class TimeSchedule(PacketProcessor):
    """Schedule packets pass or drop, based on time.

    Each time is of the machine's clock (--utc: in UTC), of the stream's TDT with --tdt, or with --relative a
    number of seconds since the start. "" stands for the beginning. --stop ends the stream.
    """

    name: ClassVar[str] = "time"
    options: ClassVar[OptionTable] = OptionTable(
        Option("drop", OptionKind.TEXT, "d", repeatable=True),
        Option("null", OptionKind.TEXT, "n", repeatable=True),
        Option("pass", OptionKind.TEXT, "p", repeatable=True),
        Option("relative", short="r"),
        Option("stop", OptionKind.TEXT, "s"),
        Option("tdt", short="t"),
        Option("utc", short="u"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        arguments.exclude("relative", "tdt", "utc")
        self._in_utc = arguments.present("tdt") or arguments.present("utc")
        self._by_tdt = SectionAssembler() if arguments.present("tdt") else None
        self._action: Action = "pass"
        self._events: list[tuple[datetime, Action]] = []
        start = datetime.now(UTC)
        for action in _ACTIONS:
            for text in arguments.texts(action):
                if text:
                    self._events.append((self._moment(text, start), action))
                else:
                    self._action = action
        self._events.sort(key=lambda event: event[0])

    def start(self) -> None:
        self.verbose(f"initial packet processing: {self._action}")
        for moment, action in self._events:
            self.verbose(f"packet {action} after {self._shown(moment)}")

    def process(self, block: Block) -> Block:
        if self._by_tdt is None:
            self._advance(datetime.now(UTC))
            return Block(self._treated(block.packets), block.first_index)
        parts = []
        start = 0
        for row in block.headers.rows_of(TDT_PID):
            for section in self._by_tdt.feed(block.packets[row].tobytes()):
                if section[0] == TDT_TABLE_ID and len(section) >= 8:
                    parts.append(self._treated(block.packets[start:row]))
                    start = row
                    self._advance(_tdt_time(section))
        parts.append(self._treated(block.packets[start:]))
        return Block(np.concatenate(parts), block.first_index)

    def _moment(self, text: str, start: datetime) -> datetime:
        if self.arguments.present("relative"):
            try:
                return start + timedelta(seconds=float(text.replace(",", "")))
            except ValueError:
                raise OptionError(f"invalid relative number of seconds: {text}") from None
        try:
            moment = datetime.strptime(text, _FORM)
        except ValueError:
            form = 'use "year/month/day:hour:minute:second"'
            raise OptionError(f'invalid time value "{text}" ({form})') from None
        return moment.replace(tzinfo=UTC) if self._in_utc else moment.astimezone(UTC)

    def _shown(self, moment: datetime) -> str:
        return f"{moment if self._in_utc else moment.astimezone():%Y/%m/%d %H:%M:%S}"

    def _advance(self, now: datetime) -> None:
        while self._events and self._events[0][0] <= now:
            _, self._action = self._events.pop(0)
            self.verbose(f"{self._shown(now)}: new packet processing: {self._action}")

    def _treated(self, packets: Packets) -> Packets:
        match self._action:
            case "null":
                packets[:] = as_block(null_packet())[0]
            case "drop":
                return packets[:0]
            case "stop":
                self.context.stop()
                return packets[:0]
        return packets


def _tdt_time(section: bytes) -> datetime:
    """UTC_time of a TDT (ETSI EN 300 468 clause 5.2.5): days of the MJD, and the time of day in BCD."""
    days = int.from_bytes(section[3:5], "big")
    hours, minutes, seconds = (10 * (byte >> 4) + (byte & 0x0F) for byte in section[5:8])
    return _MJD_EPOCH + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
