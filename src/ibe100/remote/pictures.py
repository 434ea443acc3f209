"""Pictures of a server on another machine: asked for while they are in sight, as JPEG."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace

from ibe100.core.event_bus import EventBus
from ibe100.models.alarms.confidence import Picture, PictureSize, Preview, SoundLevels
from ibe100.models.errors import NotAllowed, OperatorError
from ibe100.models.messages import PictureTaken
from ibe100.remote.connection import Connection
from ibe100.remote.mirror import Mirror
from ibe100.utils.tasks import keep_running
from ibe100_client import streams

EVERY_S = 1.0
AT_ONCE = 4
"""Pictures on their way at once: calls have the rest of the connections."""


class RemotePreviews:
    """Used on the loop; what was seen last may be read from any thread."""

    def __init__(self, connection: Connection, mirror: Mirror, bus: EventBus) -> None:
        self._connection, self._mirror, self._bus = connection, mirror, bus
        self._wanted: dict[str, Mapping[str, PictureSize]] = {}
        self._tags: dict[str, str] = {}
        """Tag of the picture that was had last, by stream."""
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def watch(self, viewer: str, wanted: Mapping[str, PictureSize]) -> None:
        """Show `viewer` exactly these streams from now on."""
        self._wanted = {one: looks for one, looks in self._wanted.items() if one != viewer}
        if wanted:
            self._wanted[viewer] = dict(wanted)
        sizes = self._sizes()
        for stream_id in self._tasks.keys() - sizes.keys():
            self._tasks.pop(stream_id).cancel()
        for stream_id in sizes.keys() - self._tasks.keys():
            self._tasks[stream_id] = keep_running(
                lambda stream_id=stream_id: self._look_at(stream_id),  # type: ignore[misc]
                f"pictures of {stream_id}",
            )

    async def close(self) -> None:
        """Look at nothing any more."""
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)

    def preview(self, stream_id: str) -> Preview:
        """State of a stream's preview, as the events told it."""
        return self._mirror.previews.get(stream_id) or Preview(stream_id=stream_id)

    def picture(self, stream_id: str) -> Picture | None:
        """The latest picture."""
        return self._mirror.pictures.get(stream_id)

    def levels(self, stream_id: str) -> SoundLevels | None:
        """The latest levels."""
        return self._mirror.levels.get(stream_id)

    def listen(self, stream_id: str) -> AsyncGenerator[bytes, None]:
        """Refuse: sound is not carried to another machine. Raises NotAllowed."""
        raise NotAllowed(f"sound is heard at {self._connection.host} itself only")

    def _sizes(self) -> dict[str, PictureSize]:
        """Largest size that somebody wants of each stream."""
        sizes: dict[str, PictureSize] = {}
        for looks in self._wanted.values():
            for stream_id, size in looks.items():
                if sizes.get(stream_id) is not PictureSize.LARGE:
                    sizes[stream_id] = size
        return sizes

    async def _look_at(self, stream_id: str) -> None:
        while True:
            began_s = time.monotonic()
            if self._connection.link.is_up:
                async with self._places:
                    await self._ask(stream_id)
            await asyncio.sleep(max(0.1, EVERY_S - (time.monotonic() - began_s)))

    async def _ask(self, stream_id: str) -> None:
        size = self._sizes().get(stream_id, PictureSize.SMALL)
        call = streams.picture(stream_id, size.name.lower(), "jpeg")
        try:
            answer = await self._connection.answer(
                replace(call, headers={"If-None-Match": self._tags.get(stream_id, "")})
            )
        except OperatorError:
            return  # none yet, or no connection: its age, or the reason beside it, tells of that
        if answer.status == 304:
            return
        taken_at = float(answer.headers.get("x-taken-at", "0"))
        picture = await asyncio.to_thread(_decoded, stream_id, answer.body, taken_at)
        if picture is not None:
            self._tags[stream_id] = answer.headers.get("etag", "")
            self._mirror.pictures[stream_id] = picture
            self._bus.publish(PictureTaken(picture=picture))


def _decoded(stream_id: str, content: bytes, taken_at: float) -> Picture | None:
    """The picture in a JPEG; None for what is none."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            if image.width > PictureSize.LARGE.value[0] or image.height > PictureSize.LARGE.value[1]:
                return None
            pixels = image.convert("RGB").tobytes()
            width, height = image.size
    except (UnidentifiedImageError, OSError, ValueError):
        return None
    return Picture(
        stream_id=stream_id,
        taken_at=taken_at,
        monotonic_s=time.monotonic(),
        width=width,
        height=height,
        pixels=pixels,
    )
