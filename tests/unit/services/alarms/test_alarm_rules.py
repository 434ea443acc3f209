"""Rules as a house sets them: for all streams, for one, by the window or by hand in the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from alarm_rig import Bench, Kept
from ibe100.models.alarms.alarm import Severity
from ibe100.models.alarms.settings import AlarmSettings, RuleChange
from ibe100.models.errors import OperatorError
from ibe100.models.messages import Message, NoticePosted
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.catalogue import CONSOLE_SLOW, DISK_LOW, MEMORY_LOW, RULES
from ibe100.services.alarms.signal_catalogue import CONTINUITY_ERROR, PMT_ERROR, PTS_ERROR


async def test_a_stream_has_its_own_rule_over_that_of_all_streams_over_the_shipped_one() -> None:
    rules = AlarmRules()
    await rules.set("", "pts_error", RuleChange(on_delay_s=9.0, severity=Severity.MAJOR))
    await rules.set("one", "pts_error", RuleChange(on_delay_s=1.0))
    own, other = rules.rule("one", PTS_ERROR), rules.rule("two", PTS_ERROR)
    assert (own.on_delay_s, own.severity) == (1.0, Severity.MAJOR)
    assert (other.on_delay_s, other.severity) == (9.0, Severity.MAJOR)
    assert rules.rule("one", PMT_ERROR) is PMT_ERROR
    await rules.set("one", "pts_error", RuleChange())
    await rules.set("", "pts_error", RuleChange())
    assert rules.rule("one", PTS_ERROR) is PTS_ERROR
    assert rules.settings.streams == {}


async def test_a_rule_that_is_switched_off_raises_nothing_and_clears_what_stands() -> None:
    bench = Bench(Kept())
    await bench.judge(video_lost=True)
    assert bench.alarm("video_lost") is not None
    await bench.rules.set("one", "video_lost", RuleChange(enabled=False))
    await bench.judge(video_lost=True)
    alarm = bench.alarm("video_lost")
    assert alarm is not None
    assert alarm.cleared_at is not None


async def test_the_file_is_read_again_when_it_changes_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    file, told = tmp_path / "alarm_settings.json", list[Message]()
    rules = AlarmRules(file, told.append)
    await rules.read_if_changed()
    await rules.set("", "pts_error", RuleChange(on_delay_s=9.0))
    await rules.read_if_changed()
    assert AlarmRules(file).rule("one", PTS_ERROR) is PTS_ERROR
    kept = json.loads(file.read_text())
    kept["rules"]["pts_error"]["on_delay_s"] = 4.5
    file.write_text(json.dumps(kept))
    await rules.read_if_changed()
    assert rules.rule("one", PTS_ERROR).on_delay_s == 4.5
    wrong_files = (
        "{",
        '{"rules": {"pts_error": {"on_delay_s": -1}}}',
        '{"streams": {"one": {"disk_low": {"parameters": {"free_mb": 1}}}}}',
        '{"limits": {"cpu_percent": 9}}',
        '{"rules": [], "limits": {"disk_free_mb": 9}}',
    )
    for number, wrong in enumerate(wrong_files):
        file.write_text(wrong)
        os.utime(file, ns=(number, number))
        await rules.read_if_changed()
        await rules.read_if_changed()
        assert rules.rule("one", PTS_ERROR).on_delay_s == 4.5
        assert file.name in rules.fault
    notices = [message.text for message in told if isinstance(message, NoticePosted)]
    assert len(notices) == len(wrong_files)
    assert "rules.pts_error.on_delay_s -1" in notices[1]
    assert "free_mb can be 10 to 1e+07 MB, not 1" in notices[2]
    assert "limits.cpu_percent" in notices[3]


def test_a_file_of_an_older_version_means_what_it_meant(tmp_path: Path) -> None:
    old = {
        "limits": {"disk_free_mb": 2000, "memory_free_percent": 7, "console_lag_ms": 900},
        "rules": {"continuity_error": {"least_per_s": 5, "on_delay_s": 2.0}, "disk_low": {"enabled": False}},
        "streams": {"one": {"continuity_error": {"least_per_s": 9}}},
    }
    settings = AlarmSettings.model_validate_json(json.dumps(old))
    rules = AlarmRules()
    rules.settings = settings
    assert (rules.rule("", DISK_LOW).free_mb, rules.rule("", DISK_LOW).enabled) == (2000, False)
    assert rules.rule("", MEMORY_LOW).free_percent == 7
    assert rules.rule("", CONSOLE_SLOW).lag_ms == 900
    own, other = rules.rule("one", CONTINUITY_ERROR), rules.rule("two", CONTINUITY_ERROR)
    assert (own.least_per_s, own.on_delay_s) == (9, 2.0)
    assert (other.least_per_s, other.on_delay_s) == (5, 2.0)
    assert AlarmSettings.model_validate_json(settings.model_dump_json(exclude_defaults=True)) == settings


async def test_what_cannot_be_set_is_refused_with_the_reason() -> None:
    rules = AlarmRules()
    with pytest.raises(OperatorError, match="no alarm called"):
        await rules.set("", "nonsense", RuleChange())
    with pytest.raises(OperatorError, match="no parameter called least_per_s"):
        await rules.set("", "video_lost", RuleChange(parameters={"least_per_s": 3}))
    for outside in (0, 100_001, float("nan")):
        with pytest.raises(OperatorError, match="least_per_s can be 1 to 100000 per s, not"):
            await rules.set("", "crc_error", RuleChange(parameters={"least_per_s": outside}))
    assert rules.settings == AlarmSettings()


async def test_every_rule_is_listed_with_the_parameters_that_hold() -> None:
    rules = AlarmRules()
    await rules.set("", "crc_error", RuleChange(parameters={"least_per_s": 4}))
    views = {view.condition: view for view in await rules.views("one")}
    assert views.keys() == RULES.keys()
    (least,) = views["crc_error"].parameters
    assert (least.name, least.value, least.unit, least.lowest) == ("least_per_s", 4, "per s", 1)
    assert views["video_lost"].parameters == ()


async def test_what_a_newer_version_has_put_there_is_told_and_kept_through_an_edit(tmp_path: Path) -> None:
    newer = {
        "version": 2,
        "rules": {
            "pts_error": {"on_delay_s": 4.5, "sound": "bell", "severity": 4},
            "continuity_error": {"parameters": {"least_per_s": 5, "window_s": 9}},
            "nonsense": {"enabled": False},
        },
        "holidays": [1],
    }
    file, told = tmp_path / "alarm_settings.json", list[Message]()
    file.write_text(json.dumps(newer))
    rules = AlarmRules(file, told.append)
    await rules.read_if_changed()
    (notice,) = [message.text for message in told if isinstance(message, NoticePosted)]
    for name in (
        "holidays",
        "pts_error.sound",
        "pts_error.severity",
        "continuity_error.window_s",
        "nonsense",
    ):
        assert name in notice
    assert rules.rule("one", PTS_ERROR).on_delay_s == 4.5
    assert rules.rule("one", CONTINUITY_ERROR).least_per_s == 5
    await rules.set("", "pts_error", RuleChange(on_delay_s=9.0))
    await rules.set("", "continuity_error", RuleChange(parameters={"least_per_s": 7}))
    newer["rules"]["pts_error"]["on_delay_s"] = 9.0  # type: ignore[index]
    newer["rules"]["continuity_error"]["parameters"]["least_per_s"] = 7  # type: ignore[index]
    assert json.loads(file.read_text()) == newer
