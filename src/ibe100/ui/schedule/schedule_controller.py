"""Actions on planned breaks: plan, re-time, edit, remove, import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from ibe100.models.cues.schedule import At, Finding, ScheduledBreak
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.qt_models.undo_stack import Change
from ibe100.ui.schedule.break_changes import planned, removed, replanned
from ibe100.ui.schedule.break_editor import BreakEditor, change_break
from ibe100.ui.schedule.import_dialog import ImportDialog
from ibe100.ui.service_client import Call, ServiceClient
from ibe100.ui.widgets.file_question import ask_file_to_read, ask_file_to_write
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.timecode import format_clock, format_date
from ibe100.utils.units import counted

NO_STREAM = "There is no stream yet that a break could be planned for: add one first."
SETTLE_MS = 300
FILE_KINDS = "Planned breaks (*.csv *.tsv *.txt *.json *.xml *.xmltv);;All files (*)"
EXPORT_KINDS = "CSV, as import reads it (*.csv);;JSON, as import reads it (*.json)"


class ScheduleController(QObject):
    """Asks the services for each change; `changed` with a Change for the undo stack."""

    changed = pyqtSignal(object)
    notice = pyqtSignal(str, str, object)

    def __init__(
        self, window: QWidget, streams: StreamListModel, schedule: ScheduleModel, client: ServiceClient
    ) -> None:
        super().__init__(window)
        self._window, self._streams, self._schedule, self._client = window, streams, schedule, client
        self.editor: BreakEditor | None = None
        self.importing: ImportDialog | None = None
        self._settle = single_shot(self, SETTLE_MS, self._check_conflicts)
        schedule.changed.connect(self._settle.start)

    def plan(self, stream_id: str, at: float | None = None) -> None:
        """Open the editor for a new break of a stream; without any stream it is said what is missing."""
        if not self._streams.rowCount():
            self.notice.emit("warning", NO_STREAM, None)
            return
        self._open(
            BreakEditor(self._client, self._streams, self._schedule, None, stream_id, at, self._window)
        )

    def edit(self, break_id: int) -> None:
        """Open the editor for a planned break."""
        one = self._schedule.get(break_id)
        if one is not None:
            stream_id = one.stream_id
            self._open(
                BreakEditor(self._client, self._streams, self._schedule, one, stream_id, None, self._window)
            )

    def move(self, break_id: int, at: float) -> None:
        """Plan a break for another moment."""
        one = self._schedule.get(break_id)
        if one is None or not isinstance(one.when, At):
            return
        plan = one.plan.model_copy(update={"when": At(at=at)})
        words = f"{one.title} was moved from {format_clock(one.planned_at)} to {format_clock(at)} UTC."
        change_break(self._client, break_id, plan).then(lambda changed: self._replanned(words, one, changed))

    def remove(self, break_id: int) -> None:
        """Remove a planned break from the schedule."""
        one = self._schedule.get(break_id)
        if one is not None:
            words = f"{one.title} of {format_date(one.planned_at)} UTC was removed from the schedule."
            self._remove((break_id,)).then(
                lambda _none: self.changed.emit(removed(self._client, words, [one.plan]))
            )

    def settle(self, finding: Finding) -> None:
        """Change the break of a conflict as its fix says."""
        one = None if finding.subject is None else self._schedule.get(finding.subject)
        if one is None or finding.fix is None:
            return
        words, plan = f"{one.title}: {finding.fix.words}, done.", finding.fix.plan
        change_break(self._client, one.break_id, plan).then(
            lambda changed: self._replanned(words, one, changed)
        )

    def accept(self, finding: Finding) -> None:
        """Keep the break of a conflict as it is planned."""
        one = None if finding.subject is None else self._schedule.get(finding.subject)
        if one is not None:
            self._accept(one, finding.text).then(
                lambda _kept: self._did(
                    f"{one.title} is kept in spite of its conflict.", lambda: self._accept(one, one.accepted)
                )
            )

    def _accept(self, one: ScheduledBreak, text: str) -> Call[ScheduledBreak]:
        return self._client.ask(f"Keep {one.title}", lambda s: s.schedule.accept_conflict(one.break_id, text))

    def send_early(self, break_id: int) -> None:
        """Have a break go out as soon as its pre-roll allows."""
        one = self._schedule.get(break_id)
        if one is not None:
            self._client.ask(f"Send {one.title} early", lambda s: s.schedule.send_early(break_id)).then(
                lambda early: self._replanned(
                    f"{one.title} goes out at {format_clock(early.planned_at)} UTC.", one, early
                )
            )

    def export_day(self, begins: float, ends: float, break_ids: frozenset[int] | None) -> None:
        """Choose a file and write the breaks of a day into it."""

        def write(path: Path) -> None:
            call = self._client.ask(
                f"Export {path.name}", lambda s: s.schedule.export(path, begins, ends, break_ids)
            )
            call.then(
                lambda count: self.notice.emit(
                    "info", f"{counted(count, 'break')} written to {path}. Import takes it back.", None
                )
            )

        name = f"breaks-{format_date(begins)[:10]}.csv"
        ask_file_to_write(self._window, "Export the shown day", write, name, EXPORT_KINDS)

    def import_file(self) -> None:
        """Choose a file and see what it would plan."""
        ask_file_to_read(self._window, "Import planned breaks", self.import_path, FILE_KINDS)

    def import_path(self, path: Path) -> None:
        """Show what `path` would plan; nothing is stored before the operator says so."""
        dialog = ImportDialog(self._client, self._streams, path, self._window)
        dialog.imported.connect(lambda stored: self._imported(path.name, stored))
        dialog.finished.connect(dialog.deleteLater)
        self.importing = dialog
        dialog.open()

    def _open(self, editor: BreakEditor) -> None:
        if self.editor is not None:
            self.editor.reject()
        editor.saved.connect(self._saved)
        editor.finished.connect(lambda: self._closed(editor))
        self.editor = editor
        editor.show()

    def _closed(self, editor: BreakEditor) -> None:
        editor.deleteLater()
        if self.editor is editor:
            self.editor = None

    def _saved(self, before: ScheduledBreak | None, after: ScheduledBreak) -> None:
        when = f"for {format_date(after.planned_at)} UTC"
        if before is None:
            words = f"{after.title} is planned {when}."
            self.changed.emit(planned(self._client, words, [after]))
        else:
            words = f"{after.title} is changed, planned {when}."
            self._replanned(words, before, after)

    def _imported(self, source: str, stored: tuple[ScheduledBreak, ...]) -> None:
        words = f"{counted(len(stored), 'break')} of {source} planned."
        self.changed.emit(planned(self._client, words, stored))

    def _replanned(self, words: str, before: ScheduledBreak, after: ScheduledBreak) -> None:
        self.changed.emit(replanned(self._client, words, before.plan, after))

    def _remove(self, break_ids: tuple[int, ...]) -> Call[None]:
        return self._client.ask("Remove from the schedule", lambda s: s.schedule.remove(break_ids))

    def _did(self, words: str, take_back: Callable[[], Call[Any]]) -> None:
        self.changed.emit(Change(words, take_back))

    def _check_conflicts(self) -> None:
        if self._client.is_bound:
            self._client.ask("Conflicts", lambda s: s.schedule.conflicts()).then(
                self._schedule.show_conflicts
            )
