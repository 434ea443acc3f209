"""The list of streams: their order, what front ends see of it, and what is on record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ibe100.database.database import Database
from ibe100.database.records import StoredStream
from ibe100.models.errors import StreamElsewhere, StreamError
from ibe100.models.messages import Message, StreamRemoved, StreamStateChanged, StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.records.hosts import elsewhere
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.launch_plan import why_not_understood
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.streams.runner_spec import claimed_ports
from ibe100.services.streams.stream_secrets import without_secrets
from ibe100.services.streams.which_stream import is_digits

MOST_STREAMS = 999


class StreamList:
    """Holds the streams. Changed on the loop; `views` may be read from any thread."""

    def __init__(self, storage: Database, publish: Callable[[Message], None], state_dir: Path) -> None:
        self._storage = storage
        self._publish = publish
        self._state_dir = state_dir
        self._runs: dict[str, StreamRun] = {}
        self._views: tuple[StreamView, ...] = ()

    def views(self) -> tuple[StreamView, ...]:
        """Streams in the order of their numbers."""
        return self._views

    def runs(self) -> tuple[StreamRun, ...]:
        """Streams as the services know them."""
        return tuple(self._runs.values())

    def run_of(self, stream_id: str) -> StreamRun:
        """Stream of this id. Raises StreamError when it does not exist."""
        try:
            return self._runs[stream_id]
        except KeyError:
            raise StreamError(f"there is no stream {stream_id}") from None

    def new_entry(self, config: StreamConfig) -> StreamEntry:
        """A place for one more stream: an id from its name, and the next free number."""
        slug = re.sub(r"[^a-z0-9]+", "-", config.name.lower()).strip("-")[:30].strip("-")
        if not slug or is_digits(slug):
            slug = f"stream-{slug}".rstrip("-")
        stream_id, suffix = slug, 1
        while stream_id in self._runs or (self._state_dir / stream_id).exists():
            suffix += 1
            stream_id = f"{slug}-{suffix}"
        return StreamEntry(stream_id=stream_id, number=self.free_number(1), config=config)

    def free_number(self, wanted: int) -> int:
        """`wanted`, or the next that no stream has. Raises StreamError."""
        taken = {run.entry.number for run in self._runs.values()}
        for number in range(wanted, MOST_STREAMS + 1):
            if number not in taken:
                return number
        raise StreamError(f"there are no numbers left up to {MOST_STREAMS}; delete a stream first")

    def place(self, entry: StreamEntry) -> StreamRun:
        """Put a stream into the list. Raises StreamError when its id is taken."""
        if entry.stream_id in self._runs:
            raise StreamError(f"there is a stream {entry.stream_id} already")
        run = StreamRun(entry, RunnerLink(self._state_dir / entry.stream_id), self.changed)
        if reason := why_not_understood(entry.config):
            run.enter(StreamState.FAILED, reason)
        self._runs[entry.stream_id] = run
        self._views = tuple(sorted((*self._views, run.view), key=lambda view: (view.number, view.stream_id)))
        return run

    def changed(self, view: StreamView) -> None:
        """Show a stream as it now is, and tell everybody."""
        self._views = tuple(view if old.stream_id == view.stream_id else old for old in self._views)
        self._publish(StreamStateChanged(stream=view))

    def take_out(self, stream_id: str) -> None:
        """Take a stream out of the list, and tell everybody."""
        del self._runs[stream_id]
        self._views = tuple(view for view in self._views if view.stream_id != stream_id)
        self._publish(StreamRemoved(stream_id=stream_id))

    async def save(self, run: StreamRun, entry: StreamEntry | None = None) -> None:
        """Put the operator's wish and the stream, or what it will be (`entry`), on record.

        Raises StorageError.
        """
        entry = entry or run.entry
        session_id = run.record.session_id if run.record is not None and run.is_wanted() else None
        if not run.is_ours:
            raise StreamElsewhere(elsewhere(run.name, run.view.owner or ""))
        await self._storage.streams.save(
            StoredStream(
                stream_id=run.stream_id,
                number=entry.number,
                config=without_secrets(entry.config),
                desired="run" if run.is_wanted() else "off",
                session_id=session_id,
            )
        )

    def epoch(self, run: StreamRun) -> int | None:
        """Epoch at which this host owns a stream; None where it works on its database alone."""
        return self._storage.custody.epoch(run.stream_id) if self._storage.custody.host else None

    def configs_of_others(self, stream_id: str) -> list[StreamConfig]:
        """Configurations of all other streams, and what those on air run by, which may be older."""
        others = [run for run in self._runs.values() if run.stream_id != stream_id]
        return [*(run.entry.config for run in others), *self._on_air(others)]

    def configs_on_air(self, run: StreamRun) -> list[StreamConfig]:
        """Configurations by which the other streams run now."""
        return self._on_air([one for one in self._runs.values() if one is not run])

    def _on_air(self, runs: Iterable[StreamRun]) -> list[StreamConfig]:
        return [run.record.config for run in runs if run.record is not None and run.view.state.is_active]

    def ports_of_others(self, run: StreamRun) -> set[int]:
        """Loopback ports that the specs of other runners claim; read from their files."""
        return claimed_ports(self._state_dir, run.link.stream_dir)
