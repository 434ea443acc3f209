"""Streams of a server on another machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ibe100.models.cues.input_cue import InputCue
from ibe100.models.messages import StreamView
from ibe100.models.profile import Profile
from ibe100.models.stream_config import StreamConfig, StreamInput
from ibe100.models.stream_list import Clash, DeletedStream, ManyAct, NotDone
from ibe100.mpegts.stream_report import StreamReport
from ibe100.remote.connection import Connection
from ibe100.remote.files import read_file, write_file
from ibe100.remote.following import Following
from ibe100.remote.mirror import Mirror
from ibe100.services.streams.stream_secrets import reveal
from ibe100_client import streams, system

_INPUT: TypeAdapter[StreamInput] = TypeAdapter(StreamInput)
_REPORT = TypeAdapter(StreamReport)


class RemoteStreams:
    """The port of the streams, asked over the network; what is shown comes from the mirror."""

    def __init__(self, connection: Connection, mirror: Mirror, following: Following) -> None:
        self._connection, self._mirror, self._following = connection, mirror, following

    def streams(self) -> tuple[StreamView, ...]:
        """Streams as the events told them."""
        return self._mirror.views()

    async def add(self, config: StreamConfig) -> StreamView:
        """Add a stream."""
        return await self._connection.one(streams.add(reveal(config)), StreamView)

    async def change(self, stream_id: str, config: StreamConfig) -> StreamView:
        """Replace a configuration; passphrases that were never shown here stay as they are."""
        return await self._connection.one(streams.change(stream_id, reveal(config)), StreamView)

    async def clashes(self, stream_id: str, config: StreamConfig) -> tuple[Clash, ...]:
        """Ports, addresses and files that another stream has."""
        return await self._connection.many(streams.clashes(reveal(config), stream_id or None), Clash)

    async def duplicate(self, stream_id: str) -> StreamView:
        """Add a copy."""
        return await self._connection.one(streams.duplicate(stream_id), StreamView)

    async def remove(self, stream_id: str) -> int:
        """Delete a stream; returns its number for `restore`."""
        deleted: dict[str, Any] = await self._connection.json(streams.remove(stream_id))
        return int(deleted["deleted_id"])

    async def deleted(self) -> tuple[DeletedStream, ...]:
        """Deleted streams that can be brought back."""
        return await self._connection.many(streams.deleted(), DeletedStream)

    async def restore(self, deleted_id: int) -> StreamView:
        """Bring a deleted stream back."""
        return await self._connection.one(streams.restore(deleted_id), StreamView)

    async def forget(self, deleted_id: int) -> None:
        """Delete it for good."""
        await self._connection.do(streams.forget(deleted_id))

    async def probe(self, source: StreamInput) -> StreamReport:
        """Have the server read an input."""
        asked = _INPUT.dump_python(source, mode="json")
        passphrase = getattr(source, "passphrase", None)
        if passphrase is not None:
            asked["passphrase"] = passphrase.get_secret_value()
        return self._connection.read(_REPORT, await self._connection.json(streams.probe(asked)))

    async def command(self, stream_id: str) -> str:
        """The command a stream runs."""
        return str((await self._connection.json(streams.command(stream_id)))["command"])

    async def preview_command(self, config: StreamConfig, report: StreamReport | None) -> str:
        """The command that a configuration would run."""
        known = None if report is None else _REPORT.dump_python(report, mode="json")
        return str((await self._connection.json(streams.preview_command(reveal(config), known)))["command"])

    async def start(self, stream_id: str) -> StreamView:
        """Start a stream."""
        return await self._connection.one(streams.start(stream_id), StreamView)

    async def stop(self, stream_id: str, reason: str = "") -> StreamView:
        """Stop a stream; the server names whoever is signed in here as the reason."""
        return await self._connection.one(streams.stop(stream_id), StreamView)

    async def restart(self, stream_id: str) -> StreamView:
        """Stop and start."""
        return await self._connection.one(streams.restart(stream_id), StreamView)

    async def restart_after_break(self, stream_id: str) -> StreamView:
        """Restart it once it is in no break."""
        return await self._connection.one(streams.restart_after_break(stream_id), StreamView)

    async def call_off_restart(self, stream_id: str) -> None:
        """Leave a stream running."""
        await self._connection.do(streams.call_off_restart(stream_id))

    def restart_s(self, stream_id: str) -> float:
        """Seconds without output that a restart takes."""
        found = self._following.of_stream(stream_id)
        return 0.0 if found is None else found.restart_s

    async def do_to_many(self, act: ManyAct, stream_ids: Sequence[str]) -> tuple[NotDone, ...]:
        """Do this to each."""
        return await self._connection.many(streams.do_to_many(act, stream_ids), NotDone)

    async def group(self, stream_ids: Sequence[str], group: str) -> None:
        """Put streams into a group."""
        await self._connection.do(streams.group(stream_ids, group))

    async def retry(self, stream_id: str) -> StreamView:
        """Try now what would be tried later."""
        return await self._connection.one(streams.retry(stream_id), StreamView)

    async def go_to(
        self, stream_id: str, number: int, *, hold: bool = False, for_s: float | None = None
    ) -> None:
        """Put an input of the stream on air."""
        await self._connection.do(streams.go_to_input(stream_id, number, hold=hold, for_s=for_s))

    async def follow_rules(self, stream_id: str) -> None:
        """Have the stream's rules choose its input again."""
        await self._connection.do(streams.follow_input_rules(stream_id))

    async def reset_counters(self, stream_id: str) -> None:
        """Count TR 101 290 errors from zero."""
        await self._connection.do(streams.reset_counters(stream_id))


class RemoteInputCues:
    """Cues of others on the inputs."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def recent(self, stream_id: str) -> tuple[InputCue, ...]:
        """Cues of an input, the newest first."""
        return self._mirror.input_cues(stream_id)


class RemoteProfiles:
    """Profiles of the server; files are those of this machine."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def shipped(self) -> tuple[str, ...]:
        """Profiles to begin with, which come with the program."""
        return tuple(await self._connection.json(system.shipped_profiles()))

    async def names(self) -> tuple[str, ...]:
        """Profiles by name."""
        return tuple(await self._connection.json(system.profiles()))

    async def save(self, name: str) -> Path:
        """Save the server's list of streams there."""
        await self._connection.do(system.save_profile(name))
        return Path(f"{name} on {self._connection.host}")

    async def load(self, name: str) -> Profile:
        """Replace the server's list of streams."""
        return await self._connection.one(system.load_profile(name), Profile)

    async def import_file(self, path: Path) -> Profile:
        """Send a profile of this machine to the server. Raises StorageError."""
        return await self._connection.one(system.import_profile(await read_file(path)), Profile)

    async def export_file(self, name: str, path: Path) -> None:
        """Write a profile of the server to a file of this machine. Raises StorageError."""
        await write_file(path, (await self._connection.answer(system.export_profile(name))).body)


class RemoteMedia:
    """Folders of the server's machine."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def not_allowed(self, config: StreamConfig) -> tuple[Path, ...]:
        """Folders in which its streams may not read and write yet."""
        found = await self._connection.json(system.outside_media(reveal(config)))
        return tuple(Path(one) for one in found)

    async def allow(self, folders: Sequence[Path]) -> None:
        """Let its streams use these folders: only whoever runs the server may."""
        await self._connection.do(system.allow_media([str(one) for one in folders]))
