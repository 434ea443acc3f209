"""Streams while no console or server runs: what their runners say, and how one is stopped all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ibe100.models.messages import StreamView
from ibe100.models.stream_state import StreamState
from ibe100.runner.supervision.ownership import processes_of
from ibe100.services.streams.run_record import RunRecord, read_record
from ibe100.services.streams.runner_link import RunnerLink, RunnerSilent
from ibe100.services.streams.which_stream import which_stream
from ibe100.services.streams.wish import write_wish

NOBODY = "no runner owns its processor, which may be on air: stop it, or start a console"
STOPPED_BY = "stopped by the command line while no console or server ran"


async def unattended_streams(streams_dir: Path) -> tuple[StreamView, ...]:
    """Streams that have run on this machine, as their runners or the last lines of their journals say."""
    folders = sorted(streams_dir.iterdir()) if streams_dir.is_dir() else []
    records = {folder: read_record(folder) for folder in folders}
    views = [await _view(folder, found) for folder, found in records.items() if found is not None]
    return tuple(sorted(views, key=lambda view: (view.number, view.stream_id)))


async def stop_unattended(streams_dir: Path, reference: str) -> StreamView:
    """Stop the stream with this number, id or name, and keep it stopped when a console comes.

    Raises NotFound, AmbiguousName, StorageError.
    """
    view = which_stream(await unattended_streams(streams_dir), reference)
    folder = streams_dir / view.stream_id
    await asyncio.to_thread(write_wish, folder, "off")
    await RunnerLink(folder).end(STOPPED_BY)
    return view.model_copy(update={"state": StreamState.STOPPED, "reason": STOPPED_BY})


async def _view(folder: Path, record: RunRecord) -> StreamView:
    view = StreamView(
        stream_id=folder.name,
        number=record.number,
        config=record.config,
        engine=record.engine,
        command=record.command,
    )
    try:
        status = await RunnerLink(folder).status()
    except RunnerSilent as error:
        return view.model_copy(update={"state": StreamState.UNREACHABLE, "reason": str(error)})
    if status is not None:
        state = status.state or StreamState.WAITING
        times = {"input_lost_at": status.input_lost_at, "retry_at": status.retry_at}
        return view.model_copy(update={"state": state, "reason": status.reason, **times})
    if await asyncio.to_thread(processes_of, folder):
        return view.model_copy(update={"state": StreamState.UNREACHABLE, "reason": NOBODY})
    return view
