"""Sound of alarms: what is heard, how often, and what keeps it from being heard."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fake_values import alarm
from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.models.settings.sound import SoundPlan
from ibe100.ui.alarms.alarm_sound import AlarmSound
from ibe100.ui.alarms.sound_mark import OFF, SoundMark
from ibe100.ui.alarms.tone_player import TonePlayer
from ibe100.ui.alarms.tones import LOUDEST, tone
from ibe100.ui.qt_models.alarm_table import AlarmTableModel


class Player(QObject):
    """Keeps what was to be played."""

    played = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Severity] = []

    def play(self, samples: bytes) -> None:
        self.heard.append(next(one for one in Severity if tone(one, 60) == samples))


class Rig:
    """Alarms, their sound, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.alarms = AlarmTableModel()
        self.plan = SoundPlan()
        self.player = Player()
        self.now = 1000.0
        self.sound = AlarmSound(
            self.alarms,
            lambda: self.plan,
            player=self.player,  # type: ignore[arg-type]
            monotonic=lambda: self.now,
        )
        self.sound._timer.stop()

    def put(self, number: int, severity: Severity, **values: object) -> Alarm:
        one = alarm(number, severity, f"Alarm {number}", **values)
        self.alarms.put(one)
        return one

    def heard_after(self, seconds: float = 0.0) -> list[Severity]:
        self.now += seconds
        self.player.heard.clear()
        self.sound.look()
        return list(self.player.heard)


@pytest.fixture
def rig(qapp: QApplication) -> Iterator[Rig]:
    yield Rig()


def test_priority_1_sounds_when_it_comes_and_again_until_it_is_acknowledged(rig: Rig) -> None:
    assert rig.heard_after() == []
    one = rig.put(1, Severity.CRITICAL)
    assert rig.heard_after() == [Severity.CRITICAL]
    assert rig.heard_after(14.9) == []
    assert rig.heard_after(0.2) == [Severity.CRITICAL]
    rig.alarms.put(one.model_copy(update={"state": AlarmState.CLEARED_UNACKNOWLEDGED}))
    assert rig.heard_after(15.1) == [Severity.CRITICAL], "nobody has seen it yet"
    rig.alarms.put(one.model_copy(update={"state": AlarmState.ACKNOWLEDGED}))
    assert rig.heard_after(60) == []


def test_only_the_priorities_of_the_settings_are_heard_and_2_and_3_once(rig: Rig) -> None:
    rig.put(2, Severity.MAJOR)
    assert rig.heard_after() == []
    rig.plan = SoundPlan(priorities=(1, 2, 3))
    assert rig.heard_after(60) == [], "it stood before"
    rig.put(3, Severity.MINOR)
    assert rig.heard_after() == [Severity.MINOR]
    assert rig.heard_after(60) == []
    rig.put(4, Severity.MINOR)
    rig.put(5, Severity.MAJOR)
    assert rig.heard_after() == [Severity.MAJOR], "the worst of them, once"


def test_shelved_and_explained_alarms_are_not_heard(rig: Rig) -> None:
    rig.put(1, Severity.CRITICAL, shelved_until=2e9)
    rig.put(2, Severity.CRITICAL, suppressed_by="input_lost")
    assert rig.heard_after() == []


def test_a_mute_ends_by_itself_and_what_still_stands_is_heard_then(rig: Rig) -> None:
    rig.sound.mute(5)
    rig.put(1, Severity.CRITICAL)
    assert rig.heard_after() == []
    assert rig.heard_after(299) == []
    assert rig.sound.is_muted
    assert rig.heard_after(1.5) == [Severity.CRITICAL]
    assert not rig.sound.is_muted


def test_one_key_mutes_and_ends_the_mute(rig: Rig) -> None:
    rig.put(1, Severity.CRITICAL)
    rig.sound.toggle_mute()
    assert rig.sound.state == (True, 900.0)
    assert rig.heard_after(20) == []
    rig.sound.toggle_mute()
    assert rig.heard_after() == [Severity.CRITICAL]


def test_what_is_not_heard_is_in_sight(rig: Rig, themed: QApplication, qtbot: QtBot) -> None:
    mark = SoundMark()
    qtbot.addWidget(mark)
    mark.follow(rig.sound)
    assert mark.isHidden()
    rig.sound.mute(15)
    assert not mark.isHidden()
    assert mark.text().startswith("Muted until ")
    rig.sound.unmute()
    assert mark.isHidden()
    rig.plan = SoundPlan(priorities=())
    rig.sound.look()
    assert (mark.isHidden(), mark.text()) == (False, OFF)
    menu = mark.menu()
    assert menu is not None
    assert [one.text() for one in menu.actions() if one.text()][:2] == ["Mute for 5 min", "Mute for 15 min"]


@pytest.mark.parametrize("severity", Severity)
def test_a_tone_is_heard_ends_and_never_clips(severity: Severity) -> None:
    samples = np.frombuffer(tone(severity, 100), "<i2").astype(int)
    assert LOUDEST * 0.6 < np.abs(samples).max() <= LOUDEST
    assert np.abs(samples[:20]).max() < LOUDEST * 0.05, "no click"
    assert 0.2 < samples.size / 48_000 < 1.5
    half = np.frombuffer(tone(severity, 50), "<i2").astype(int)
    assert abs(np.abs(half).max() * 2 - np.abs(samples).max()) <= 2


@pytest.mark.qt_log_ignore("multimedia|Pulse|pipewire|ALSA|audio")
def test_a_machine_without_a_sound_device_says_so_and_beeps(qapp: QApplication, qtbot: QtBot) -> None:
    player = TonePlayer()
    try:
        with qtbot.waitSignal(player.played, timeout=60_000) as played:
            player.play(tone(Severity.MINOR, 10))
        (problem,) = played.args or ("",)
        assert problem == "" or "sound" in problem or "does not play" in problem
    finally:
        player.close()
