"""Custody: a host writes only about streams that it owns, in the transaction in which it writes."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ibe100.database.sql.schema import StreamRow, table_of
from ibe100.models.errors import StreamElsewhere
from ibe100.models.records.hosts import elsewhere

_STREAMS = table_of(StreamRow).c
_OWNER = select(_STREAMS.owner, _STREAMS.epoch).where(_STREAMS.stream_id == bindparam("stream_id"))


class Custody:
    """Streams that this host owns, each with the epoch at which it was given it.

    `holds` is safe from any thread; the loop notes what is given and lost. Without a `host` all streams are
    this console's, and nothing is asked.
    """

    def __init__(self, host: str = "") -> None:
        self.host = host
        self._epochs: dict[str, int] = {}

    def note(self, stream_id: str, epoch: int) -> None:
        """Own a stream from now on."""
        self._epochs[stream_id] = epoch

    def lose(self, stream_id: str) -> None:
        """Own a stream no more: what is still to be recorded about it is refused."""
        self._epochs.pop(stream_id, None)

    def epoch(self, stream_id: str) -> int | None:
        """Epoch at which this host owns a stream; None for one of another."""
        return self._epochs.get(stream_id)

    def holds(self, stream_id: str) -> bool:
        """True while this host owns the stream, as far as it knows."""
        return not self.host or stream_id in self._epochs

    def demand(self, session: Session, stream_id: str) -> None:
        """Raise StreamElsewhere unless this host owns the stream in this very transaction.

        One that is on no list any more is nobody's: what is left to be said of it may be said.
        """
        if not self.host or not stream_id:
            return
        row = session.execute(_OWNER, {"stream_id": stream_id}).one_or_none()
        if row is not None and (row[0] != self.host or row[1] != self._epochs.get(stream_id)):
            raise StreamElsewhere(elsewhere(stream_id, row[0] if row[0] != self.host else ""))
