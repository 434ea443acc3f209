"""Port of the streams for front ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ibe100.models.messages import StreamView
from ibe100.models.stream_config import StreamConfig, StreamInput
from ibe100.models.stream_list import Clash, DeletedStream, ManyAct, NotDone
from ibe100.mpegts.stream_report import StreamReport


class StreamPort(Protocol):
    """Streams: list, edit, probe, start, stop. All raise OperatorError with words for the screen."""

    def streams(self) -> tuple[StreamView, ...]:
        """Streams in the order of their numbers; safe from any thread."""

    async def add(self, config: StreamConfig) -> StreamView: ...
    async def change(self, stream_id: str, config: StreamConfig) -> StreamView:
        """Replace the configuration; a running stream goes on with the old one until it is restarted."""

    async def clashes(self, stream_id: str, config: StreamConfig) -> tuple[Clash, ...]:
        """Ports, addresses and files that another stream has; `add` and `change` refuse them.

        `stream_id` is empty for a new stream.
        """

    async def duplicate(self, stream_id: str) -> StreamView:
        """Add a copy of a stream under a free name, with free ports and files; it is off."""

    async def remove(self, stream_id: str) -> int:
        """Delete a stopped stream from the list; returns its number for `restore`."""

    async def deleted(self) -> tuple[DeletedStream, ...]:
        """Deleted streams that can be brought back, the newest first: for 30 days."""

    async def restore(self, deleted_id: int) -> StreamView:
        """Bring a deleted stream back, off, with its contract and passphrases; its planned breaks go on."""

    async def forget(self, deleted_id: int) -> None:
        """Delete it for good, with its passphrases."""

    async def probe(self, source: StreamInput) -> StreamReport:
        """Read the input for a few seconds and say what is in it."""

    async def command(self, stream_id: str) -> str:
        """The command the stream runs, or would run by its last probe; secrets masked."""

    async def preview_command(self, config: StreamConfig, report: StreamReport | None) -> str:
        """The command that `config` would run on an input like `report`; secrets masked."""

    async def start(self, stream_id: str) -> StreamView:
        """Probe, build, run; returns when the runner is up (STARTING) or raises with the reason."""

    async def stop(self, stream_id: str, reason: str = "") -> StreamView:
        """Stop a stream; without a `reason` the actor is named."""

    async def restart(self, stream_id: str) -> StreamView: ...
    async def restart_after_break(self, stream_id: str) -> StreamView:
        """Restart it once it is in no break and no cue waits to go out: at once where that is so now."""

    async def call_off_restart(self, stream_id: str) -> None:
        """Leave a stream running that would be restarted after its break."""

    def restart_s(self, stream_id: str) -> float:
        """Seconds without output that a restart takes, by the last one; safe from any thread."""

    async def do_to_many(self, act: ManyAct, stream_ids: Sequence[str]) -> tuple[NotDone, ...]:
        """Do this to each, where it is not so already; returns those that refused.

        Raises NotAllowed before anything is done where one of them may not be acted on.
        """

    async def group(self, stream_ids: Sequence[str], group: str) -> None:
        """Put streams into a group, or with an empty text into none; nothing on air changes."""

    async def retry(self, stream_id: str) -> StreamView:
        """Try now what a stream that is RETRYING, STALLED or WAITING would try later."""
