"""Demand for previews: the services decode only the streams that are in sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QObject

from ibe100.models.alarms.confidence import PictureSize
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.widgets.timers import repeating

LOOK_MS = 500


class PreviewDemand(QObject):
    """Reads `in_sight` twice a second and passes changes on, for one `viewer`."""

    def __init__(
        self,
        client: ServiceClient,
        viewer: str,
        in_sight: Callable[[], Mapping[str, PictureSize]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._client, self._viewer, self._in_sight = client, viewer, in_sight
        self._told: Mapping[str, PictureSize] | None = None
        timer = repeating(self, LOOK_MS, self.update)
        timer.start()

    def update(self) -> None:
        """Pass on which streams are in sight, if that has changed."""
        if not self._client.is_bound:
            # Services that were opened again know no viewers.
            self._told = None
            return
        wanted = dict(self._in_sight())
        if wanted != (self._told or {}):
            self._client.ask("Previews", lambda s: s.preview.watch(self._viewer, wanted))
        self._told = wanted
