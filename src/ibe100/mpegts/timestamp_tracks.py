"""Time stamps of one kind on every PID, followed per PID."""

from collections import defaultdict
from collections.abc import ValuesView
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.timestamp_track import Leap, TimestampTrack

_MOST_PENDING: Final = 16_384
_NOTHING: Final = np.empty(0, np.int64)


class TimestampTracks:
    """A TimestampTrack per PID.

    Values are gathered and sorted by PID when there are many, or when they are needed: NumPy costs the same
    for three values as for three hundred.
    """

    def __init__(self, clock_hz: int, modulo: int, leap: Leap, *, rhythm: bool = False) -> None:
        self._rhythm = rhythm
        self._leap = leap
        self._clock_hz = clock_hz
        self._modulo = modulo
        self._tracks: dict[int, TimestampTrack] = {}
        self._pending: list[tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []
        self._pending_count = 0
        self._breaks: defaultdict[int, list[int]] = defaultdict(list)

    def reset(self) -> None:
        """Begin a new measuring interval."""
        self._pending.clear()
        self._pending_count = 0
        self._breaks.clear()
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

    def broken(self, pid: int, index: int) -> None:
        """Packets of the PID are missing before the one at `index`; told before that packet's own value."""
        self._breaks[pid].append(index)
        self._pending_count += 1
        if self._pending_count >= _MOST_PENDING:
            self._sort_out()

    def get(self, pid: int) -> TimestampTrack | None:
        """The track of one PID; None if it never had a value."""
        self._sort_out()
        return self._tracks.get(pid)

    def values(self) -> ValuesView[TimestampTrack]:
        """The tracks of all PIDs."""
        self._sort_out()
        return self._tracks.values()

    def _sort_out(self) -> None:
        if self._pending:
            pids, indexes, values = (np.concatenate(part) for part in zip(*self._pending, strict=True))
            self._pending.clear()
            for pid in sorted(set(pids.tolist())):
                mine = pids == pid
                self._track(pid).feed(indexes[mine], values[mine], self._breaks.pop(pid, ()))
        for pid, breaks in self._breaks.items():
            if pid in self._tracks:
                self._tracks[pid].feed(_NOTHING, _NOTHING, breaks)
        self._breaks.clear()
        self._pending_count = 0

    def _track(self, pid: int) -> TimestampTrack:
        track = self._tracks.get(pid)
        if track is None:
            track = TimestampTrack(self._clock_hz, self._modulo, self._leap, rhythm=self._rhythm)
            self._tracks[pid] = track
        return track
