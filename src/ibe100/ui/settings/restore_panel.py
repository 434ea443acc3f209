"""Restore of a backup: what it brings, what becomes of what runs, and a button that is held."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.backup import BackupContents
from ibe100.models.messages import StreamView
from ibe100.models.stream_state import Tally
from ibe100.ui.cues.hold_button import HoldButton
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.timers import repeating
from ibe100.utils.timecode import format_utc

WHAT_HAPPENS = (
    "The console closes and starts again by itself, in some seconds. Streams on air go on untouched and are "
    "picked up again; cues cannot be fired meanwhile. Streams, schedule, profiles, layouts and alarm rules "
    "become those of the backup; what happened since stays on record. What is there now is put aside, not "
    "deleted."
)
FOREIGN = "NOT MADE HERE: it may let in people whom nobody here knows."
MORE = "and {} more"
MOST_SHOWN = 8
LOOK_MS = 500


class RestorePanel(QFrame):
    """Hidden until a backup is offered; the restore is done by the next start."""

    def __init__(
        self, client: ServiceClient, restart: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self._client, self._restart = client, restart
        self._contents: BackupContents | None = None
        self.title = label("", "title", wrap=True)
        self.foreign = label("", "problem", wrap=True)
        self.what = label(WHAT_HAPPENS, "second", wrap=True)
        self.running = label("", "strong", wrap=True)
        self.known = QCheckBox("I know these users, and want them here")
        self.known.setAccessibleName(self.known.text())
        self.hold = HoldButton("RESTORE", "backup-restore", Qt.Key.Key_unknown, "to restore")
        self.cancel = push_button("Cancel", "Cancel the restore", auto_default=False)
        self.words = label("", "problem", wrap=True)
        row = QHBoxLayout()
        scaled(row.setSpacing, 8)
        row.addWidget(self.hold)
        row.addWidget(self.cancel)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 12, 12, 12, 12)
        scaled(layout.setSpacing, 8)
        for widget in (self.title, self.foreign, self.known, self.what, self.running):
            layout.addWidget(widget)
        layout.addLayout(row)
        layout.addWidget(self.words)
        self.known.toggled.connect(self._look)
        self.cancel.clicked.connect(self.hide)
        self.hold.held.connect(self._go)
        self._timer = repeating(self, LOOK_MS, self._look)
        self.hide()

    def offer(self, contents: BackupContents) -> None:
        """Show what a backup brings, and the button."""
        self._contents = contents
        manifest = contents.manifest
        self.title.setText(
            f"Restore the backup of {format_utc(manifest.made_at)} (IBE-100 {manifest.version})?"
        )
        self.foreign.setVisible(not contents.is_made_here)
        self.foreign.setText("\n".join((FOREIGN, *_shortened(contents))))
        self.known.setVisible(not contents.is_made_here)
        self.known.setChecked(False)
        self.words.setText("")
        self.show()
        self._look()
        self._timer.start()
        self.hold.setFocus()

    def hideEvent(self, event: object) -> None:
        """Look no more."""
        self._timer.stop()

    def _look(self) -> None:
        """Hold the button against what is on air now: a cue that is armed is waited for."""
        streams: tuple[StreamView, ...] = self._client.read(lambda s: s.streams.streams(), ())
        armed = [view.name for view in streams if view.tally is Tally.ARMED]
        running = [view.name for view in streams if view.state.is_active]
        names = ", ".join(running[:MOST_SHOWN])
        if len(running) > MOST_SHOWN:
            names += f" {MORE.format(len(running) - MOST_SHOWN)}"
        self.running.setText(f"On air, and goes on: {names}." if running else "No stream runs.")
        refusal = ""
        if armed:
            refusal = f"{armed[0]} is armed"
        elif self._contents is not None and not self._contents.is_made_here and not self.known.isChecked():
            refusal = "say that you know them"
        self.hold.show_state(refusal, ready=not refusal)

    def _go(self) -> None:
        contents = self._contents
        if contents is None:
            return
        self.words.setText("Every byte is proved first …")
        also_foreign = not contents.is_made_here
        call = self._client.ask(
            "Restore", lambda s: s.kept_backups.restore_at_start(contents.file, also_foreign=also_foreign)
        )
        call.then(lambda _: self._restart(), lambda words: self.words.setText(f"▲ {words}"), owner=self)


def _shortened(contents: BackupContents) -> list[str]:
    lines = contents.lines()[1:] or contents.lines()
    more = len(lines) - MOST_SHOWN
    return lines if more <= 0 else [*lines[:MOST_SHOWN], f"  {MORE.format(more)}"]
