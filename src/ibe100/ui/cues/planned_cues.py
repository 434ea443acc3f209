"""Cues made ready beforehand: presets and the rundown of the target, fired and edited."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from ibe100.models.cues.preset import PRE_ROLLED, CuePreset, Rundown
from ibe100.models.scte35_marker import CueAction, Direction
from ibe100.ui.cues.cue_trigger import CueTrigger
from ibe100.ui.cues.preset_bar import PresetBar
from ibe100.ui.cues.preset_editor import PresetEditor
from ibe100.ui.cues.rundown_view import RundownView
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.service_client import ServiceClient


class PlannedCues(QObject):
    """Shows presets and rundown of the target, and fires them through the trigger, as buttons do."""

    def __init__(
        self,
        parent: QWidget,
        client: ServiceClient,
        trigger: CueTrigger,
        target: Callable[[], StreamRow | None],
        bar: PresetBar,
        view: RundownView,
    ) -> None:
        super().__init__(parent)
        self._place, self._client, self._trigger, self._target = parent, client, trigger, target
        self._bar, self._view = bar, view
        self.editor: PresetEditor | None = None
        """The open editor of presets or of the rundown."""
        bar.fire_requested.connect(self.fire)
        bar.edit_requested.connect(self.edit_presets)
        view.step_requested.connect(self.fire_step)
        view.moved.connect(self._move_to)
        view.edit_requested.connect(self.edit_rundown)

    def refresh(self) -> None:
        """Show what is kept for the target, and what of it can go out now."""
        row = self._target()
        stream_id = "" if row is None else row.stream_id
        self._bar.show_presets(
            self._client.read(lambda s: s.cue_presets.presets(stream_id), ()),
            lambda preset: self._refusal(row, preset),
            lambda preset: self._on_target(row, preset).summary,
        )
        rundown = self._rundown(stream_id)
        step = rundown.step
        whole = rundown.model_copy(update={"steps": tuple(self._on_target(row, s) for s in rundown.steps)})
        self._view.show_rundown(whole, "" if step is None else self._refusal(row, step))

    def fire(self, preset: CuePreset) -> None:
        """Fire a preset on the target."""
        row = self._target()
        request = None if row is None else preset.request(row.stream_id)
        self._trigger.fire(row, preset.action, request)

    def fire_step(self) -> None:
        """Fire the next step of the target's rundown; it moves on when the cue is out or armed."""
        row = self._target()
        if row is None:
            self._trigger.fire(None, CueAction.TO_BREAK, None)
            return
        stream_id, rundown = row.stream_id, self._rundown(row.stream_id)
        if rundown.step is None:
            why = "its rundown is over: choose a step to go on from" if rundown.steps else "it has no rundown"
            self._trigger.refused.emit("Rundown", row.name, why)
            return
        step, at = rundown.step, rundown.next
        self._trigger.fire(
            row, step.action, step.request(stream_id), lambda s: s.cue_presets.fire_step(stream_id, at)
        )

    def edit_presets(self, of_target: bool = False) -> None:
        """Open the editor of the presets of all streams, or of the target's own."""
        row = self._target() if of_target else None
        stream_id = "" if row is None else row.stream_id
        title = "Presets of all streams" if row is None else f"Presets of {row.name} alone"
        editor = self._open(title, self._client.read(lambda s: s.cue_presets.own(stream_id), ()))
        if editor is not None:
            editor.saved.connect(
                lambda presets: self._client.ask(
                    "Presets", lambda s: s.cue_presets.set_own(stream_id, presets)
                ).then(lambda _none: editor.accept(), editor.refuse, owner=editor)
            )

    def edit_rundown(self) -> None:
        """Open the editor of the target's rundown; the step that is next stays the next one."""
        row = self._target()
        if row is None:
            return
        stream_id = row.stream_id
        offered = self._client.read(lambda s: s.cue_presets.presets(stream_id), ())
        editor = self._open(f"Rundown of {row.name}", self._rundown(stream_id).steps, offered)
        if editor is not None:

            def save(steps: tuple[CuePreset, ...]) -> None:
                rundown = Rundown(steps=steps, next=min(self._rundown(stream_id).next, len(steps)))
                self._client.ask("Rundown", lambda s: s.cue_presets.set_rundown(stream_id, rundown)).then(
                    lambda _rundown: editor.accept(), editor.refuse, owner=editor
                )

            editor.saved.connect(save)

    def _open(
        self, title: str, presets: tuple[CuePreset, ...], offered: tuple[CuePreset, ...] = ()
    ) -> PresetEditor | None:
        """Open an editor; the one that is open comes to the front instead."""
        if self.editor is not None:
            self.editor.raise_()
            self.editor.activateWindow()
            return None
        self.editor = PresetEditor(title, presets, self._place, to_copy=offered)
        self.editor.finished.connect(self._closed)
        self.editor.show()
        return self.editor

    def _closed(self) -> None:
        self.editor = None
        self.refresh()

    def _move_to(self, step: int) -> None:
        row = self._target()
        if row is not None:
            stream_id = row.stream_id
            rundown = self._rundown(stream_id).model_copy(update={"next": step})
            call = self._client.ask("Rundown", lambda s: s.cue_presets.set_rundown(stream_id, rundown))
            call.then(lambda _rundown: self.refresh())

    def _rundown(self, stream_id: str) -> Rundown:
        return self._client.read(lambda s: s.cue_presets.rundown(stream_id), Rundown())

    def _refusal(self, row: StreamRow | None, preset: CuePreset) -> str:
        """Reason for which a preset cannot go out on the target now; empty where it can."""
        ready = self._trigger.ready[preset.action]
        if not ready.ready or row is None:
            return "; ".join(ready.reasons)
        if self._trigger.is_latched(row.stream_id, preset.action):
            return f"{preset.action} is on its way"
        if preset.action is not CueAction.TO_BREAK:
            return ""
        contract, whole = row.view.config.contract, self._on_target(row, preset)
        length_s, pre_roll_s = whole.duration_s or 0.0, whole.pre_roll_s or 0.0
        faults = self._client.read(lambda s: s.contracts.break_faults(contract, length_s, pre_roll_s), ())
        return "; ".join(faults)

    def _on_target(self, row: StreamRow | None, preset: CuePreset) -> CuePreset:
        """The preset with what the target's options and contract give where it leaves that open."""
        if row is None:
            return preset
        config, traits, given = row.view.config, preset.action.traits, {}
        if preset.duration_s is None and traits.direction is Direction.OUT:
            given["duration_s"] = config.scte35.break_duration_s
        if preset.pre_roll_s is None and traits.splices in PRE_ROLLED:
            given["pre_roll_s"] = self._client.read(
                lambda s: s.contracts.default_pre_roll_s(config.contract, preset.action), 0.0
            )
        return preset.model_copy(update=given)
