"""Presets and the rundown in the panel: one press fires what it says, one key steps on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QPushButton

from console_under_test import Console
from fake_contracts import TEMPLATE
from fake_services import FakeServices
from fake_values import running, view
from ibe100.models.cues.preset import CuePreset, Rundown
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.ui.cues.preset_editor import PresetEditor

LEFT = Qt.MouseButton.LeftButton
STEPS = (
    CuePreset(name="Opener", duration_s=30, pre_roll_s=6),
    CuePreset(name="Return", action=CueAction.BACK_TO_PROGRAMME, pre_roll_s=0),
    CuePreset(name="Main", duration_s=120, pre_roll_s=6),
)


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    opened = open_console(FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD"), view(3, "Off")]))
    opened.until(lambda: opened.parts.cue_panel.presets.buttons)
    return opened


def button(console: Console, name: str) -> QPushButton:
    return next(one for one in console.parts.cue_panel.presets.buttons if one.text() == name)


def editor(console: Console) -> PresetEditor:
    opened = console.parts.cue_panel.planned.editor
    assert opened is not None
    return opened


def test_a_break_with_pre_roll_is_one_click_and_calling_it_off_is_one(console: Console) -> None:
    panel, cues = console.parts.cue_panel, console.services.cues
    QTest.mouseClick(button(console, "30 s local"), LEFT)
    console.until(panel.status.disarm.isVisible)
    request = cues.requests[0]
    assert (request.stream_id, request.action, request.duration_s, request.pre_roll_s) == (
        "stream-1",
        CueAction.TO_BREAK,
        30,
        6,
    )
    console.until(lambda: not button(console, "60 s local").isEnabled())
    QTest.mouseClick(panel.status.disarm, LEFT)
    console.until(lambda: cues.cues[0].state is CueState.CANCELLED)
    assert len(cues.requests) == 1


def test_a_double_click_on_a_preset_is_one_break(console: Console) -> None:
    local = button(console, "30 s local")
    QTest.mouseClick(local, LEFT)
    QTest.mouseDClick(local, LEFT)
    console.until(lambda: console.services.cues.requests)
    console.settle()
    assert len(console.services.cues.requests) == 1


def test_a_preset_that_cannot_go_is_dead_and_says_why(console: Console) -> None:
    assert "not in a break" in button(console, "Back").toolTip()
    console.select(3)
    console.until(lambda: not button(console, "30 s local").isEnabled())
    assert "the stream does not run: start it" in button(console, "30 s local").toolTip()


def test_a_preset_shows_what_contract_and_stream_give_where_it_leaves_that_open(console: Console) -> None:
    streams, presets = console.services.streams, console.services.cue_presets
    config = streams.views["stream-1"].config.model_copy(update={"contract": TEMPLATE})
    console.do(lambda: streams.update("stream-1", config=config))
    asked = f"{TEMPLATE.pre_roll_default_s:g} s pre-roll"
    open_one = CuePreset(name="As asked")
    console.run(presets.set_own("", (open_one,)))
    console.until(lambda: [one.text() for one in console.parts.cue_panel.presets.buttons] == ["As asked"])
    console.until(lambda: asked in button(console, "As asked").toolTip())
    length = f"{config.scte35.break_duration_s:g} s"
    assert button(console, "As asked").toolTip() == f"TO BREAK {length} · {asked}"


def test_a_preset_that_breaks_the_contract_is_dead(console: Console) -> None:
    streams = console.services.streams
    strict = TEMPLATE.model_copy(update={"pre_roll_min_s": 7.0, "pre_roll_default_s": 8.0})
    config = streams.views["stream-1"].config.model_copy(update={"contract": strict})
    console.run(streams.change("stream-1", config))
    console.until(lambda: "the contract's 7 s" in button(console, "30 s local").toolTip())
    assert button(console, "120 s national").isEnabled()


def test_presets_are_edited_in_the_window(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.planned.edit_presets()
    form = editor(console)
    form.name.clear()
    QTest.keyClicks(form.name, "Flash")
    form.duration.selectAll()
    QTest.keyClicks(form.duration, "0")
    assert "duration_s" in form.fault.text()
    form.save.click()
    assert form.isVisible(), "what is wrong is not saved"
    form.duration.selectAll()
    QTest.keyClicks(form.duration, "10")
    form.remove_button.setFocus()
    form.list.setCurrentRow(3)
    form.remove_button.click()
    form.save.click()
    console.until(lambda: panel.planned.editor is None)
    assert [(one.name, one.duration_s) for one in console.services.cue_presets.own()] == [
        ("Flash", 10),
        ("60 s local", 60),
        ("120 s national", 120),
    ]
    console.until(lambda: button(console, "Flash").isEnabled())


def test_a_refusal_of_the_services_keeps_what_was_typed(console: Console) -> None:
    console.parts.cue_panel.planned.edit_presets()
    form = editor(console)
    form.name.clear()
    QTest.keyClicks(form.name, "60 s local")
    form.save.click()
    console.until(lambda: "two presets are called 60 s local" in form.fault.text())
    assert form.isVisible()
    form.reject()


def test_a_stream_has_presets_of_its_own_besides(console: Console) -> None:
    console.run(console.services.cue_presets.set_own("stream-2", (CuePreset(name="Half-time"),)))
    console.select(2)
    console.until(lambda: console.parts.cue_panel.presets.buttons[-1].text() == "Half-time")
    console.select(1)
    console.until(lambda: console.parts.cue_panel.presets.buttons[-1].text() == "Back")


def test_one_key_steps_through_the_rundown(console: Console) -> None:
    panel, cues = console.parts.cue_panel, console.services.cues
    console.run(console.services.cue_presets.set_rundown("stream-1", Rundown(steps=STEPS)))
    console.until(lambda: panel.rundown.fire.text() == "F7  1 Opener")
    QTest.keyClick(console.window, Qt.Key.Key_F7)
    console.until(lambda: panel.rundown.fire.text() == "F7  2 Return")
    assert [request.duration_s for request in cues.requests] == [30]
    QTest.keyClick(console.window, Qt.Key.Key_F7)
    assert "not in a break" in panel.buttons.said, "the next step cannot go yet, and stays the next"
    assert panel.rundown.fire.text() == "F7  2 Return"
    panel.rundown.list.setCurrentRow(2)
    panel.rundown.go_to.click()
    console.until(lambda: panel.rundown.fire.text() == "F7  3 Main")


def test_a_stream_without_a_rundown_says_so(console: Console) -> None:
    QTest.keyClick(console.window, Qt.Key.Key_F7)
    assert "it has no rundown" in console.parts.notices.text.text()
    assert console.services.cues.requests == []


def test_a_rundown_is_made_of_presets_and_new_cues(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.planned.edit_rundown()
    form = editor(console)
    form.copy.setCurrentText("120 s national")
    form.add_button.click()
    form.copy.setCurrentIndex(0)
    form.add_button.click()
    form.up.click()
    form.save.click()
    console.until(lambda: panel.planned.editor is None)
    steps = console.services.cue_presets.rundown("stream-1").steps
    assert [step.name for step in steps] == ["Break 2", "120 s national"]
