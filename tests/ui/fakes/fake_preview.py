"""Previews in memory: wanted streams by viewer, and pictures when the test says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping

from fake_bus import FakeBus
from ibe100.models.alarms.confidence import Picture, PictureSize, Preview, SoundLevels
from ibe100.models.messages import LevelsMeasured, PictureTaken, PreviewChanged

WIDTH, HEIGHT = 64, 36


class FakePreview:
    """Previews that show nothing by themselves."""

    def __init__(self, bus: FakeBus) -> None:
        self._bus = bus
        self.wanted: dict[str, dict[str, PictureSize]] = {}
        self.pictures: dict[str, Picture] = {}
        self.previews: dict[str, Preview] = {}
        self.heard: list[str] = []
        self.sound = b""

    async def watch(self, viewer: str, wanted: Mapping[str, PictureSize]) -> None:
        self.wanted[viewer] = dict(wanted)

    def preview(self, stream_id: str) -> Preview:
        return self.previews.get(stream_id, Preview(stream_id=stream_id))

    async def listen(self, stream_id: str) -> AsyncGenerator[bytes, None]:
        self.heard.append(stream_id)
        try:
            while True:
                yield self.sound
                await asyncio.sleep(0.01)
        finally:
            self.heard.remove(stream_id)

    def picture(self, stream_id: str) -> Picture | None:
        return self.pictures.get(stream_id)

    def levels(self, stream_id: str) -> SoundLevels | None:
        return None

    def show(self, stream_id: str, rgb: tuple[int, int, int], age_s: float = 0.0) -> Picture:
        """Publish a picture of one colour, taken `age_s` ago."""
        taken = Picture(
            stream_id=stream_id,
            taken_at=time.time() - age_s,
            monotonic_s=time.monotonic() - age_s,
            width=WIDTH,
            height=HEIGHT,
            pixels=bytes(rgb) * WIDTH * HEIGHT,
        )
        self.pictures[stream_id] = taken
        self._bus.publish(PictureTaken(picture=taken))
        return taken

    def hear(self, stream_id: str, momentary_lufs: float, *peaks: float) -> None:
        """Publish 100 ms of sound."""
        levels = SoundLevels(
            stream_id=stream_id,
            monotonic_s=time.monotonic(),
            momentary_lufs=momentary_lufs,
            true_peaks_dbtp=peaks,
        )
        self._bus.publish(LevelsMeasured(levels=levels))

    def say(self, stream_id: str, **changes: object) -> None:
        """Publish a changed preview."""
        fields = {"stream_id": stream_id, "is_on": True, **changes}
        self.previews[stream_id] = Preview.model_validate(fields)
        self._bus.publish(PreviewChanged(preview=self.previews[stream_id]))
