"""Repetition of each PSI/SI table, as tsp's analysis reports it."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

from ibe100.minitsp.reports.json_report import JsonValue
from ibe100.mpegts.constants import PACKET_BITS

_LONG_HEADER: Final = 8
_MOST_TABLES: Final = 4096
TableKey: TypeAlias = tuple[int, int, int | None]


@dataclass(slots=True)
class _Table:
    sections: int = 0
    tables: int = 0
    first_index: int | None = None
    last_index: int = 0
    shortest: int = 0
    longest: int = 0
    versions: list[int] = field(default_factory=list)

    def came(self, indexes: list[int]) -> None:
        """The whole table came at each of these packets."""
        self.tables += len(indexes)
        if self.first_index is None:
            self.first_index = self.last_index = indexes[0]
            indexes = indexes[1:]
        gaps = [index - before for before, index in pairwise((self.last_index, *indexes))]
        if gaps:
            self.shortest = min(self.shortest or gaps[0], *gaps)
            self.longest = max(self.longest, *gaps)
            self.last_index = indexes[-1]


class TableStatistics:
    """Counts sections and whole tables by PID, table_id and table_id_extension; 4096 of them at most."""

    def __init__(self) -> None:
        self._tables: dict[TableKey, _Table] = {}
        # The very object that came last on a PID: assemblers hand out the same one while a table repeats.
        self._latest: dict[int, tuple[bytes, _Table | None, bool]] = {}

    def add(self, pid: int, section: bytes, indexes: list[int]) -> None:
        """A section completed by each of some packets, which `indexes` count over the stream."""
        known = self._latest.get(pid)
        if known is None or known[0] is not section:
            known = self._latest[pid] = section, *self._table_of(pid, section)
        _, table, completes = known
        if table is None:
            return
        table.sections += len(indexes)
        if completes:
            table.came(indexes)

    def _table_of(self, pid: int, section: bytes) -> tuple[_Table | None, bool]:
        """The table that a section counts for (None: there are too many tables), and True if it ends one."""
        long_form = bool(section[1] & 0x80) and len(section) >= _LONG_HEADER
        key = pid, section[0], int.from_bytes(section[3:5], "big") if long_form else None
        table = self._tables.get(key)
        if table is None:
            if len(self._tables) == _MOST_TABLES:
                return None, False
            table = self._tables[key] = _Table()
        if long_form and (version := section[5] >> 1 & 0x1F) not in table.versions:
            table.versions.append(version)
        return table, not long_form or section[6] == section[7]

    def to_json(self, bitrate_bps: int) -> list[JsonValue]:
        """tsp's "tables" array; milliseconds follow from the bitrate, without which they are left out."""
        in_order = sorted(
            self._tables.items(), key=lambda item: tuple(-1 if k is None else k for k in item[0])
        )
        return [_table_json(key, table, bitrate_bps) for key, table in in_order]


def _table_json(key: TableKey, table: _Table, bitrate_bps: int) -> JsonValue:
    pid, table_id, extension = key
    mean = 0
    if table.tables > 1 and table.first_index is not None:
        mean = round((table.last_index - table.first_index) / (table.tables - 1))
    packets = {
        "repetition": mean,
        "min-repetition": table.shortest,
        "max-repetition": table.longest,
    }
    value: dict[str, JsonValue] = {
        "pid": pid,
        "tid": table_id,
        "sections": table.sections,
        "tables": table.tables,
        **{f"{name}-pkt": count for name, count in packets.items()},
    }
    if bitrate_bps:
        for name, count in packets.items():
            value[f"{name}-ms"] = round(count * PACKET_BITS * 1000 / bitrate_bps)
    if extension is not None:
        value["tid-ext"] = extension
        value["versions"] = list(table.versions)
        value["first-version"] = table.versions[0]
        value["last-version"] = table.versions[-1]
    return value
