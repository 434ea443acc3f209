"""Preview kept up to date: one request under way at a time, the newest answered last."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from ibe100.models.scte35_marker import CuePreview, CueRequest
from ibe100.ui.cues.section_preview import SectionPreview
from ibe100.ui.service_client import ServiceClient


class LatestPreview(QObject):
    """Shows in `view` the section of the request that `wanted` gives, or the reason it gives for none."""

    settled = pyqtSignal()

    def __init__(
        self,
        client: ServiceClient,
        view: SectionPreview,
        wanted: Callable[[], CueRequest | str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client, self._view, self._wanted = client, view, wanted
        self._asked: CueRequest | None = None
        self._is_stale = False
        self.shown: CueRequest | None = None
        """The request whose section is on screen."""
        self.answer: CuePreview | None = None
        """The answer to it."""

    def ask(self) -> None:
        """Bring the preview up to date."""
        request = self._wanted()
        if isinstance(request, str) or not self._client.is_bound:
            self._is_stale = self._asked is not None
            self._show(None, request if isinstance(request, str) else "services are starting")
            return
        self._is_stale = self._asked is not None
        if self._asked is not None:
            return
        self._asked = request
        call = self._client.ask("Cue preview", lambda s: s.cues.preview(request))
        call.then(lambda preview: self._show(request, preview), lambda words: self._show(None, words))
        call.finished.connect(self._finished)

    def _show(self, request: CueRequest | None, answer: CuePreview | str) -> None:
        if request is not None and self._is_stale:
            return
        self.shown = request
        if isinstance(answer, str):
            self.answer = None
            self._view.show_problem(answer)
        else:
            self.answer = answer
            self._view.show_preview(answer)
        self.settled.emit()

    def _finished(self) -> None:
        self._asked = None
        if self._is_stale:
            self.ask()
