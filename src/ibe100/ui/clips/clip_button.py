"""Button that opens the clip of the cue or alarm that is selected beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices, QGuiApplication
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.clips.clip import Clip, ClipQuery, ClipSide
from ibe100.models.scte35_marker import Cue
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.icons import icon
from ibe100.ui.widgets.buttons import give_menu
from ibe100.ui.widgets.timers import single_shot
from ibe100.ui.words.tooltips import set_tooltip

AGAIN_MS = 3000
SOON_S = 90.0
"""A clip comes some seconds after the splice: for so long it is asked for again."""
NOTHING_CHOSEN = "Select a cue or an alarm"
NONE_YET = "No clip yet: it is cut a few seconds after the splice"
NONE = "No clip: nothing was recorded of this stream (Clips, in its settings or in those of all streams)"


def open_path(path: Path) -> bool:
    """Open a file with the system's player, else its folder; False where neither could be."""
    return any(QDesktopServices.openUrl(QUrl.fromLocalFile(str(one))) for one in (path, path.parent))


class ClipButton(QToolButton):
    """Opens a clip by one press; its arrow has the folder and the SHA-256. Disabled it says why."""

    def __init__(
        self,
        client: ServiceClient,
        parent: QWidget | None = None,
        open_file: Callable[[Path], bool] = open_path,
    ) -> None:
        super().__init__(parent)
        self._client, self._open_file = client, open_file
        self._query: ClipQuery | None = None
        self._at = 0.0
        self._clips: tuple[Clip, ...] = ()
        self.setText("Open clip")
        self.setAccessibleName("Open the clip of what is selected")
        self.setIcon(icon("filmstrip"))
        self.setToolButtonStyle(self.toolButtonStyle().ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.menu_of_clips = QMenu(self)
        give_menu(self, self.menu_of_clips)
        self.clicked.connect(self._open_first)
        self._again = single_shot(self, AGAIN_MS, self._ask)
        self._show(())

    def show_cue(self, cue: Cue | None) -> None:
        """Follow a cue; None for none."""
        at = 0.0 if cue is None else cue.splice_at or cue.seen_at or cue.requested_at
        self._follow(None if cue is None else ClipQuery(cue_id=cue.cue_id), at)

    def show_alarm(self, alarm: Alarm | None) -> None:
        """Follow an alarm; None for none."""
        at = 0.0 if alarm is None else alarm.raised_at
        self._follow(None if alarm is None else ClipQuery(alarm_id=alarm.alarm_id), at)

    def _follow(self, query: ClipQuery | None, at: float) -> None:
        if query != self._query:
            self._query, self._at = query, at
            self._show(())
            self._ask()

    def _ask(self) -> None:
        query = self._query
        if query is None or not self._client.is_bound:
            return
        call = self._client.ask("Clips", lambda s: s.clips.list(query))
        call.then(lambda clips: self._answered(query, clips), self._refused, owner=self)

    def _answered(self, query: ClipQuery, clips: Sequence[Clip]) -> None:
        if query != self._query:
            return
        # The output first.
        self._show(tuple(sorted(clips, key=lambda clip: clip.side is not ClipSide.OUTPUT)))
        if not clips and time.time() - self._at < SOON_S:
            self._again.start()

    def _show(self, clips: tuple[Clip, ...]) -> None:
        self._clips = clips
        kept = [clip for clip in clips if clip.is_kept]
        self.setEnabled(bool(kept))
        if kept:
            hint = "; ".join(f"{clip.side}: {clip.words}" for clip in kept)
        elif clips:
            hint = clips[0].words
        elif self._query is None:
            hint = NOTHING_CHOSEN
        else:
            hint = NONE_YET if time.time() - self._at < SOON_S else NONE
        set_tooltip(self, hint)
        self.setAccessibleDescription(hint)
        self.menu_of_clips.clear()
        for clip in kept:
            self._add(f"Open the {clip.side}", clip, self._open_file)
        for clip in kept:
            self._add(f"Folder of the {clip.side}", clip, lambda path: self._open_file(path.parent))
            words = f"Copy the SHA-256 of the {clip.side}"
            action = self.menu_of_clips.addAction(words)
            assert action is not None
            action.triggered.connect(lambda _=False, text=clip.sha256: _copy(text))

    def _add(self, words: str, clip: Clip, use: Callable[[Path], bool]) -> None:
        action = self.menu_of_clips.addAction(words)
        assert action is not None
        action.triggered.connect(lambda _=False: self._fetch(clip, use))

    def _open_first(self) -> None:
        kept = next((clip for clip in self._clips if clip.is_kept), None)
        if kept is not None:
            self._fetch(kept, self._open_file)

    def _fetch(self, clip: Clip, use: Callable[[Path], bool]) -> None:
        call = self._client.ask("Open the clip", lambda s: s.clips.file(clip.clip_id))
        call.then(lambda path: self._use(path, use), owner=self)

    def _use(self, path: Path, use: Callable[[Path], bool]) -> None:
        if not use(path):
            set_tooltip(self, f"Nothing on this machine opens it: {path}")

    def _refused(self, words: str) -> None:
        set_tooltip(self, words)


def _copy(text: str) -> None:
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    clipboard.setText(text)
