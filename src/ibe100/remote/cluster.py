"""Hosts that work on one database with a server on another machine."""

from __future__ import annotations

from ibe100.models.errors import OperatorError
from ibe100.models.messages import StreamView
from ibe100.models.records.hosts import ClusterView
from ibe100.remote.connection import Connection
from ibe100_client import cluster


class RemoteCluster:
    """Hosts as they were read last: asked for ahead of who looks, and after each act here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._view = ClusterView(here="")

    def view(self) -> ClusterView:
        """Hosts, who owns what, as last read."""
        return self._view

    async def take(self, stream_id: str) -> StreamView:
        """Have the server own a stream from now on."""
        stream = await self._connection.one(cluster.take(stream_id), StreamView)
        await self.try_to_read()
        return stream

    async def release(self, stream_id: str) -> StreamView:
        """Have the server stop a stream, and leave it to another host."""
        stream = await self._connection.one(cluster.release(stream_id), StreamView)
        await self.try_to_read()
        return stream

    async def forget(self, name: str) -> None:
        """Take a host off the record."""
        await self._connection.do(cluster.forget(name))
        await self.try_to_read()

    async def try_to_read(self) -> None:
        """Read them now where that can be; what is known stays where it cannot."""
        try:
            self._view = await self._connection.one(cluster.hosts(), ClusterView)
        except OperatorError:
            return
