"""The tables of the metrics file, and how long each resolution is kept. Times are seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

FORMAT: Final = 1
HOUR_S: Final = 3600
DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Tier:
    """A resolution: a point per `step_s`, a chunk of them per `span_s`, kept for `keep_s`."""

    step_s: int
    span_s: int
    keep_s: int

    @property
    def points(self) -> int:
        return self.span_s // self.step_s

    def start_of(self, at: float) -> int:
        """Start of the chunk that holds this moment."""
        return int(at // self.span_s) * self.span_s


RAW: Final = Tier(1, 60, 2 * DAY_S)
MINUTES: Final = Tier(60, HOUR_S, 35 * DAY_S)
QUARTERS: Final = Tier(900, DAY_S, 730 * DAY_S)
TIERS: Final = (RAW, MINUTES, QUARTERS)
CHANGES_KEEP_S: Final = QUARTERS.keep_s

metadata = MetaData()

chunks = Table(
    "chunks",
    metadata,
    Column("stream_id", Text, nullable=False),
    Column("step_s", Integer, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("stream_id", "step_s", "starts_at"),
    Index("ix_chunks_step_s_starts_at", "step_s", "starts_at"),
)
changes = Table(
    "changes",
    metadata,
    Column("change_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("stream_id", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_changes_stream_id_at", "stream_id", "at"),
)
marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""`format`: FORMAT of who made the file; `rolled_up`: every hour before it has its coarser points."""
