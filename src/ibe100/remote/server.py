"""Services of one server on another machine: the ports of a window, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ibe100.core.event_bus import EventBus, Subscription
from ibe100.models.alarms.notification import TargetView
from ibe100.models.console import Link
from ibe100.models.rights import Act
from ibe100.models.users import Token, User
from ibe100.remote.access import RemoteConsole, RemoteUsers
from ibe100.remote.alarms import RemoteAlarmRules, RemoteAlarms, RemoteNotifications
from ibe100.remote.clips import RemoteClips
from ibe100.remote.cluster import RemoteCluster
from ibe100.remote.connection import Connection
from ibe100.remote.cues import RemoteContracts, RemoteCues, RemotePresets, RemoteReturns
from ibe100.remote.following import Following
from ibe100.remote.mirror import Mirror
from ibe100.remote.pictures import RemotePreviews
from ibe100.remote.prefetched import Prefetched
from ibe100.remote.records import RemoteAsRun, RemoteMetrics, RemoteRecords, RemoteStreamEvents
from ibe100.remote.schedule import RemoteSchedule
from ibe100.remote.streams import RemoteInputCues, RemoteMedia, RemoteProfiles, RemoteStreams
from ibe100.remote.upkeep import RemoteBackups, RemoteSettings, RemoteSupport
from ibe100.utils.tasks import keep_running
from ibe100_client import access, alarms

LISTS_S = 20.0
"""Pause after which lists that pages read at once are asked for again."""


class RemoteServer:
    """A server as the services of a window: no database, no runner, nothing of them in this process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._bus = EventBus()
        mirror = Mirror()
        self._following = following = Following(connection, mirror, self._bus)
        users = Prefetched(connection, access.users(), User, Act.SET_USERS)
        tokens = Prefetched(connection, access.tokens(), Token, Act.SET_USERS)
        targets = Prefetched(connection, alarms.targets(), TargetView, Act.SET_NOTIFICATIONS)
        self.cluster = RemoteCluster(connection)
        self._lists: tuple[Prefetched[Any] | RemoteCluster, ...] = (users, tokens, targets, self.cluster)
        self._reading: asyncio.Task[None] | None = None
        self.streams = self.inputs = self.monitoring = RemoteStreams(connection, mirror, following)
        self.media = RemoteMedia(connection)
        self.cues = RemoteCues(connection, mirror, following)
        self.cue_presets = RemotePresets(connection, self.cues, following)
        self.return_feeds = RemoteReturns(mirror)
        self.alarms = RemoteAlarms(connection, mirror, following)
        self.alarm_rules = RemoteAlarmRules(connection)
        self.preview = RemotePreviews(connection, mirror, self._bus)
        self.profiles = RemoteProfiles(connection)
        self.schedule = RemoteSchedule(connection, mirror)
        self.records = RemoteRecords(connection)
        self.as_run = RemoteAsRun(connection)
        self.clips = RemoteClips(connection)
        self.stream_events = RemoteStreamEvents(connection)
        self.metrics = self.metrics_csv = RemoteMetrics(connection, following)
        self.contracts = RemoteContracts(connection)
        self.input_cues = RemoteInputCues(mirror)
        self.notifications = RemoteNotifications(connection, targets)
        self.backups = self.kept_backups = RemoteBackups(connection, following)
        self.settings = RemoteSettings(connection, following)
        self.support = self.engine = RemoteSupport(connection)
        self.access = RemoteUsers(connection, users, tokens)
        self.console = RemoteConsole(connection, following)

    def links(self) -> tuple[Link, ...]:
        """The connection to the server; safe from any thread."""
        return (self._connection.link,)

    async def until_known(self) -> None:
        """Return once somebody has signed in and the whole state was read."""
        await self._following.known.wait()

    def messages(self, most_behind: int | None = None, after: str = "") -> Subscription:
        """Subscribe to what the server tells."""
        return self._bus.subscribe(most_behind, after)

    async def open(self, token: str) -> None:
        """Begin; without a token, and but for the Unix socket, somebody signs in at the window first.

        Raises NotSignedIn for a token that does not let in.
        """
        self._reading = keep_running(self._read_lists, f"lists of {self._connection.host}")
        if token or self._connection.is_local:
            self.console.asks_sign_in = False
            await self.console.enter(token)

    async def close(self) -> None:
        """End the connections; nothing changes on the server."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self.preview.close()
        if self.console.asks_sign_in and self._connection.identity is not None:
            await self._connection.log_out()
        await self._following.end("the window is closed")
        await self._connection.close()
        self._bus.close()

    async def _read_lists(self) -> None:
        while True:
            await self._following.until_up()
            for one in self._lists:
                await one.try_to_read()
            await asyncio.sleep(LISTS_S)


@asynccontextmanager
async def remote_server(
    place: str | Path, token: str = "", fingerprint: str = ""
) -> AsyncIterator[RemoteServer]:
    """The services of a server for as long as the context lasts. Raises OperatorError."""
    server = RemoteServer(Connection(place, token, fingerprint))
    try:
        await server.open(token)
        yield server
    finally:
        await server.close()
