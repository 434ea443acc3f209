"""Actions on streams: add, edit, duplicate, group, delete, start, stop, restart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from ibe100.models.messages import StreamView
from ibe100.models.stream_config import NoOutput, StreamConfig, TestPatternInput
from ibe100.models.stream_list import ManyAct, NotDone
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.streams.editor.foot import IN_BREAK
from ibe100.ui.streams.editor.stream_editor import StreamEditor
from ibe100.ui.streams.stream_changes import StreamChanges, names_of

if TYPE_CHECKING:
    from ibe100.services.ports import Services


DEMO_STREAM = StreamConfig(name="Demo stream", input=TestPatternInput(), output=NoOutput())
"""A test pattern that is watched and sent nowhere."""


class StreamController(QObject):
    """Turns intents into requests; the outcome reaches the screen as facts, errors as notices."""

    added = pyqtSignal(str)
    adding_demo = pyqtSignal(bool)
    changed = pyqtSignal(object)
    """Change for the undo stack."""
    notice = pyqtSignal(str, str, object)
    """Level, words, and the undo (None where there is none)."""

    def __init__(self, window: QWidget, streams: StreamListModel, client: ServiceClient) -> None:
        super().__init__(window)
        self._window, self._streams, self._client = window, streams, client
        self._editor: StreamEditor | None = None
        self._changes = StreamChanges(client)
        streams.dataChanged.connect(self._show_in_editor)

    @property
    def editor(self) -> StreamEditor | None:
        """The open editor."""
        return self._editor

    def start(self, stream_id: str) -> None:
        """Start a stream."""
        self._client.ask(f"Start {self._streams.name(stream_id)}", lambda s: s.streams.start(stream_id))

    def stop(self, stream_id: str) -> None:
        """Stop a stream; the button wants a second press."""
        self._client.ask(f"Stop {self._streams.name(stream_id)}", lambda s: s.streams.stop(stream_id))

    def restart(self, stream_id: str) -> None:
        """Stop and start with the present configuration."""
        if stream_id:
            name = self._streams.name(stream_id)
            self._client.ask(f"Restart {name}", lambda s: s.streams.restart(stream_id))

    def retry(self, stream_id: str) -> None:
        """Try now what the stream would try later."""
        if stream_id:
            name = self._streams.name(stream_id)
            self._client.ask(f"Retry {name}", lambda s: s.streams.retry(stream_id))

    def go_to_input(
        self, stream_id: str, number: int, *, hold: bool = False, for_s: float | None = None
    ) -> None:
        """Put one of the stream's inputs on air."""
        self._client.ask(
            f"Input {number} of {self._streams.name(stream_id)}",
            lambda s: s.inputs.go_to(stream_id, number, hold=hold, for_s=for_s),
        )

    def follow_input_rules(self, stream_id: str) -> None:
        """Have the stream's rules choose its input again."""
        name = self._streams.name(stream_id)
        self._client.ask(f"Inputs of {name}", lambda s: s.inputs.follow_rules(stream_id))

    def restart_after_break(self, stream_id: str) -> None:
        """Restart once the break is over; the notice offers to call it off."""
        name = self._streams.name(stream_id)
        call = self._client.ask(
            f"Restart {name} after its break", lambda s: s.streams.restart_after_break(stream_id)
        )
        call.then(lambda view: self._waits(view.stream_id, name) if view.state.is_active else None)

    def _waits(self, stream_id: str, name: str) -> None:
        row = self._streams.row_of(stream_id)
        if row is not None and row.view.tally in IN_BREAK:
            words = f"{name} is restarted once its break is over."
            self.notice.emit("info", words, lambda: self.call_off_restart(stream_id))

    def call_off_restart(self, stream_id: str) -> None:
        """Leave it running."""
        name = self._streams.name(stream_id)
        call = self._client.ask(f"Restart {name}", lambda s: s.streams.call_off_restart(stream_id))
        call.then(lambda _none: self.notice.emit("info", f"{name} is not restarted after its break.", None))

    def remove(self, stream_id: str) -> None:
        """Delete a stopped stream; the notice offers to undo it."""
        row = self._streams.row_of(stream_id)
        if row is not None:
            name = row.name
            call = self._client.ask(f"Delete {name}", lambda s: s.streams.remove(stream_id))
            call.then(lambda deleted_id: self.changed.emit(self._changes.deleted(name, deleted_id)))

    def duplicate(self, stream_id: str) -> None:
        """Add a copy of a stream with a free name and free ports, and open it."""
        if stream_id:
            name = self._streams.name(stream_id)
            call = self._client.ask(f"Duplicate {name}", lambda s: s.streams.duplicate(stream_id))
            call.then(self._duplicated)

    def _duplicated(self, view: StreamView) -> None:
        self.changed.emit(self._changes.added(view))
        self.added.emit(view.stream_id)
        self._edit(view)

    def do_to_many(self, act: ManyAct, stream_ids: Sequence[str]) -> None:
        """Do this to each; what refused is named."""
        if act is ManyAct.DELETE:
            for stream_id in stream_ids:
                self.remove(stream_id)
            return
        what = f"{act.value.capitalize()} {len(stream_ids)} streams"
        call = self._client.ask(what, lambda s: s.streams.do_to_many(act, stream_ids))
        call.then(lambda failed: self._done_to_many(act, failed))

    def _done_to_many(self, act: ManyAct, failed: Sequence[NotDone]) -> None:
        for one in failed:
            self.notice.emit("error", f"{act.value.capitalize()} {one.name}: {one.reason}", None)

    def group(self, stream_ids: Sequence[str], group: str) -> None:
        """Put streams into a group, or with an empty text into none."""
        rows = [row for row in map(self._streams.row_of, stream_ids) if row is not None]
        before = {row.stream_id: row.view.config.group for row in rows}
        place = f"is in group {group}" if group else "is in no group"
        words = f"{names_of([row.view for row in rows])} {place}."
        call = self._client.ask("Group", lambda s: s.streams.group(list(before), group))
        call.then(lambda _none: self.changed.emit(self._changes.grouped(before, group, words)))

    def restored(self, view: StreamView) -> None:
        """Take a stream that was brought back from the deleted ones."""
        self.changed.emit(self._changes.added(view))
        self.added.emit(view.stream_id)

    def try_demo(self) -> None:
        """Add the demo stream and start it."""
        self.adding_demo.emit(True)
        call = self._client.ask(f"Add {DEMO_STREAM.name}", _start_demo)
        call.then(lambda view: self.added.emit(view.stream_id))
        call.finished.connect(lambda: self.adding_demo.emit(False))

    def add(self) -> None:
        """Open the editor for a new stream."""
        self._edit(None)

    def add_from(self, address: str) -> None:
        """Open the editor for a new stream with this input; one that is open takes the address."""
        self._edit(None)
        if self._editor is not None:
            self._editor.take_address(address)

    def edit(self, stream_id: str) -> None:
        """Open the editor for a stream."""
        row = self._streams.row_of(stream_id)
        if row is not None:
            self._edit(row.view)

    def _edit(self, view: StreamView | None) -> None:
        if self._editor is not None:
            self._editor.raise_()
            self._editor.activateWindow()
            return
        names = [row.name for row in self._streams.rows()]
        editor = StreamEditor(self._client, view, self._window, names=names)
        before = None if view is None else view.config
        editor.saved.connect(lambda changed: self._saved(changed, before))
        editor.finished.connect(self._editor_closed)
        self._editor = editor
        editor.show()

    def _show_in_editor(self) -> None:
        """Let the editor say what saving does to the stream as it is now."""
        row = None if self._editor is None else self._streams.row_of(self._editor.stream_id)
        if self._editor is not None and row is not None:
            self._editor.show_view(row.view)

    def _saved(self, view: StreamView, before: StreamConfig | None) -> None:
        if before is None:
            self.changed.emit(self._changes.added(view))
        elif before != view.config:
            waits = view.state.is_active and not before.runs_as(view.config)
            goes_on = "; it runs unchanged until it is restarted" if waits else ""
            words = f"{view.name} is saved{goes_on}."
            self.changed.emit(self._changes.edited(view.stream_id, before, view.config, words))
        self.added.emit(view.stream_id)

    def _editor_closed(self) -> None:
        if self._editor is not None:
            self._editor.deleteLater()
            self._editor = None


async def _start_demo(services: Services) -> StreamView:
    view = await services.streams.add(DEMO_STREAM)
    return await services.streams.start(view.stream_id)
