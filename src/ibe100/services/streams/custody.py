"""Streams of several hosts in one list: ours run here, others are shown as their owners tell them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ibe100.database.database import Database
from ibe100.database.records import ShownStream, StoredStream
from ibe100.models.errors import NotFound, StorageError, StreamElsewhere
from ibe100.models.messages import StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.records.hosts import elsewhere
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.streams.inputs.known_inputs import FILE
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.services.streams.lifecycle import StreamLifecycle
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.stream_list import StreamList
from ibe100.services.streams.stream_secrets import SecretStore, with_secrets, without_secrets
from ibe100.services.streams.wish import ELSEWHERE, is_left, read_wish, write_wish

_REPORT = TypeAdapter(StreamReport)
_log = logging.getLogger(__name__)


class StreamCustody:
    """Used on the loop; without a host of its own a console owns all streams, and nothing here happens."""

    def __init__(
        self,
        storage: Database,
        streams: StreamList,
        lifecycle: StreamLifecycle,
        planner: LaunchPlanner,
        secrets: SecretStore,
    ) -> None:
        self._storage = storage
        self._list = streams
        self._lifecycle = lifecycle
        self._planner = planner
        self._secrets = secrets

    @property
    def host(self) -> str:
        """Name of this host; empty where it works on its database alone."""
        return self._storage.custody.host

    async def claim_first(self) -> None:
        """Own what no host ever owned, before the list is loaded."""
        if self.host:
            await self._storage.hosts.claim_first()

    def take_up(self, run: StreamRun, stored: StoredStream) -> None:
        """Take up a stream of the list at the start: what is wished of ours, or whose it is."""
        if not self.host:
            wish = read_wish(run.link.stream_dir)
        elif stored.owner.host == self.host and not is_left(run.link.stream_dir):
            self._storage.custody.note(stored.stream_id, stored.owner.epoch)
            wish = read_wish(run.link.stream_dir, stored.owner.epoch)
        else:
            run.lose(stored.owner.host if stored.owner.host != self.host else "")
            return
        # Written first of the two, the folder's copy is the newer one where they differ.
        run.want(wish or stored.desired)
        if run.wanted == stored.desired and (wish or not self.host):
            run.wish_kept(stored.desired)

    def ours(self, stream_id: str) -> StreamRun:
        """The stream of this id. Raises StreamElsewhere where another host owns it, StreamError."""
        run = self._list.run_of(stream_id)
        if not run.is_ours:
            raise StreamElsewhere(elsewhere(run.name, run.view.owner or ""))
        return run

    async def gain(self, stream_id: str) -> StreamRun:
        """Own a stream from now on, as it is on record; then `start` it. Raises NotFound, StorageError."""
        stored = await self._stored(stream_id)
        self._storage.custody.note(stream_id, stored.owner.epoch)
        config = await asyncio.to_thread(with_secrets, self._secrets, stream_id, stored.config)
        entry = StreamEntry(stream_id=stream_id, number=stored.number, config=config)
        run = self.find(stream_id) or self._list.place(entry)
        run.gain(entry, stored.desired)
        run.want(stored.desired)
        shown = (await self._storage.hosts.shown()).get(stream_id)
        if shown is not None:
            self._know_input(run, shown)
        return run

    async def start(self, run: StreamRun) -> None:
        """Bring up a stream that was gained, where it is wanted. Raises OperatorError; it is tried again."""
        await self._lifecycle.keep_wish(run)
        await self._lifecycle.take_over(run)

    def _know_input(self, run: StreamRun, shown: ShownStream) -> None:
        try:
            view = StreamView.model_validate_json(shown.view)
            if shown.input and view.config.input == without_secrets(run.entry.config).input:
                self._planner.known.note(run.entry.config.input, _REPORT.validate_json(shown.input))
        except ValidationError as error:
            _log.warning("%s: what its owner knew of its input is not understood: %s", run.name, error)

    async def lose(self, run: StreamRun, owner: str) -> None:
        """Own a stream no more: it is shown as another's at once, and what runs here is ended."""
        self._storage.custody.lose(run.stream_id)
        run.lose(owner)
        try:
            await asyncio.to_thread(write_wish, run.link.stream_dir, ELSEWHERE)
        except StorageError as error:
            _log.error("%s: that it is another host's is not in its folder: %s", run.name, error)
        await self._lifecycle.give_up(run, f"it is owned by {owner or 'another host'} now")

    def find(self, stream_id: str) -> StreamRun | None:
        """The stream of this id; None where it is not listed here yet."""
        return next((run for run in self._list.runs() if run.stream_id == stream_id), None)

    async def list_of_other(self, stream_id: str) -> None:
        """List a stream that another host added."""
        stored = await self._stored(stream_id)
        entry = StreamEntry(stream_id=stream_id, number=stored.number, config=stored.config)
        self._list.place(entry).lose(stored.owner.host)

    def drop_others(self, listed: Collection[str]) -> None:
        """Take streams of others off the list that are on record no more."""
        for run in self._list.runs():
            if not run.is_ours and run.stream_id not in listed:
                self._list.take_out(run.stream_id)

    def show(self, stream_id: str, owner: str, shown: ShownStream | None) -> None:
        """Show a stream of another host, as that one told it last."""
        run = self._list.run_of(stream_id)
        view = run.view.model_copy(update={"owner": owner})
        if shown is not None and shown.host == owner:
            try:
                told = StreamView.model_validate_json(shown.view)
                view = told.model_copy(update={"owner": owner})
            except ValidationError as error:
                _log.warning("%s: what the host %s tells is not understood: %s", run.name, owner, error)
        run.show_as(view)

    def told(self) -> dict[str, ShownStream]:
        """Our streams as the other hosts are to show them."""
        return {
            run.stream_id: ShownStream(
                view=run.view.model_copy(
                    update={"config": without_secrets(run.entry.config)}
                ).model_dump_json(),
                input=_read(run.link.stream_dir / FILE),
            )
            for run in self._list.runs()
            if run.is_ours
        }

    async def _stored(self, stream_id: str) -> StoredStream:
        for stream in (await self._storage.streams.load()).streams:
            if stream.stream_id == stream_id:
                return stream
        raise NotFound(f"there is no stream {stream_id}")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
