"""A packager on loopback: serves the HLS that we write, with tags or segments changed on the way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from ibe100.mpegts.constants import PACKET_SIZE
from return_rig import Hop
from web_rig import Answer, WebServer, web_server

Change = Callable[[str], str]
"""What becomes of the text of a playlist."""


class Packager:
    """Serves a folder; `change` and `hop` may be exchanged at any time."""

    def __init__(self, folder: Path, server: WebServer) -> None:
        self.folder = folder
        self.change: Change = lambda text: text
        self.hop: Callable[[], Hop] | None = None
        """Makes what each segment goes through; None leaves them as they are."""
        self._server = server
        server.find = self._find

    def url(self, name: str) -> str:
        return self._server.url(f"/{name}")

    def _find(self, path: str) -> Answer:
        try:
            body = (self.folder / Path(path).name).read_bytes()
        except OSError:
            return 404, b""
        if path.endswith((".m3u8", ".mpd")):
            return 200, self.change(body.decode()).encode()
        if self.hop is not None and path.endswith(".ts"):
            hop = self.hop()
            packets = (body[at : at + PACKET_SIZE] for at in range(0, len(body), PACKET_SIZE))
            body = b"".join(made for packet in packets for made in hop(packet))
        return 200, body


@contextlib.contextmanager
def packager(folder: Path) -> Iterator[Packager]:
    """A packager that changes nothing until a test says otherwise."""
    folder.mkdir(exist_ok=True)
    with web_server() as server:
        yield Packager(folder, server)


def without(*tags: str) -> Change:
    """Drops the lines of these tags."""
    return lambda text: "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith(tuple(tags))
    )
