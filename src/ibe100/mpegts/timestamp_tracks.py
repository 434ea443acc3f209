"""Time stamps of one kind on every PID, followed per PID."""

from collections.abc import ValuesView
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.timestamp_track import TimestampTrack

_MOST_PENDING: Final = 16_384


class TimestampTracks:
    """A TimestampTrack per PID.

    Values are gathered and sorted out by PID when there are many, or when somebody asks: NumPy costs the same
    for three values as for three hundred.
    """

    def __init__(self, clock_hz: int, modulo: int, *, rhythm: bool = False) -> None:
        self._rhythm = rhythm
        self._clock_hz = clock_hz
        self._modulo = modulo
        self._tracks: dict[int, TimestampTrack] = {}
        self._pending: list[tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []
        self._pending_count = 0

    def reset(self) -> None:
        """Begin a new measuring interval."""
        self._pending.clear()
        self._pending_count = 0
        for track in self._tracks.values():
            track.reset()

    def feed(
        self,
        pids: npt.NDArray[np.uint16],
        indexes: npt.NDArray[np.int64],
        values: npt.NDArray[np.int64],
    ) -> None:
        """Take the next values in stream order; `indexes` count all packets of the stream."""
        if not pids.size:
            return
        self._pending.append((pids, indexes, values))
        self._pending_count += len(pids)
        if self._pending_count >= _MOST_PENDING:
            self._sort_out()

    def get(self, pid: int) -> TimestampTrack | None:
        """What was seen on one PID; None if nothing ever was."""
        self._sort_out()
        return self._tracks.get(pid)

    def values(self) -> ValuesView[TimestampTrack]:
        """What was seen on each PID."""
        self._sort_out()
        return self._tracks.values()

    def _sort_out(self) -> None:
        if not self._pending:
            return
        pids, indexes, values = (np.concatenate(part) for part in zip(*self._pending, strict=True))
        self._pending.clear()
        self._pending_count = 0
        for pid in sorted(set(pids.tolist())):
            track = self._tracks.get(pid)
            if track is None:
                track = self._tracks[pid] = TimestampTrack(self._clock_hz, self._modulo, rhythm=self._rhythm)
            mine = pids == pid
            track.feed(indexes[mine], values[mine])
