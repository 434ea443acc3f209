"""Rules as a house sets them: for all streams, for one, by the window or by hand in the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from alarm_rig import Bench, Kept, capture
from ibe100.models.alarms.alarm import Severity
from ibe100.models.alarms.settings import RuleChange
from ibe100.models.errors import OperatorError
from ibe100.models.messages import Message, NoticePosted
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.catalogue import RULES
from ibe100.services.alarms.rules_in_force import COUNTED_CONDITIONS, AlarmRules
from ibe100.services.watches.signal import SignalWatch
from ibe100.tsduck.telemetry import InfluxSample


def board_with(bench: Bench, rules: AlarmRules) -> AlarmBoard:
    bench.board = AlarmBoard(bench.storage, bench._hear, lambda: bench.now, lambda: bench.now, rules)
    return bench.board


async def test_a_stream_has_its_own_rule_over_that_of_all_streams_over_the_shipped_one() -> None:
    rules = AlarmRules()
    await rules.set("", "pts_error", RuleChange(on_delay_s=9.0, severity=Severity.MAJOR))
    await rules.set("one", "pts_error", RuleChange(on_delay_s=1.0))
    own, other = rules.rule("one", "pts_error"), rules.rule("two", "pts_error")
    assert (own.on_delay_s, own.severity) == (1.0, Severity.MAJOR)
    assert (other.on_delay_s, other.severity) == (9.0, Severity.MAJOR)
    assert rules.rule("one", "pmt_error") is RULES["pmt_error"]
    await rules.set("one", "pts_error", RuleChange())
    await rules.set("", "pts_error", RuleChange())
    assert rules.rule("one", "pts_error") is RULES["pts_error"]
    assert rules.settings.streams == {}


async def test_a_rule_that_is_switched_off_raises_nothing_and_clears_what_stands() -> None:
    bench, rules = Bench(Kept()), AlarmRules()
    board_with(bench, rules)
    await bench.judge(video_lost=True)
    assert bench.alarm("video_lost") is not None
    await rules.set("one", "video_lost", RuleChange(enabled=False))
    await bench.judge(video_lost=True)
    alarm = bench.alarm("video_lost")
    assert alarm is not None
    assert alarm.cleared_at is not None


async def test_fewer_errors_than_the_number_that_was_set_are_no_alarm() -> None:
    captured, rules = capture("tsduck_pattern"), AlarmRules()
    await rules.set("", "continuity_error", RuleChange(least_per_s=5))
    watch = SignalWatch(captured.facts, 0.0, lambda condition: rules.least_per_s("one", condition))
    told = []
    for at_s, sample in captured.samples:
        if isinstance(sample, InfluxSample):
            count = 5 if at_s > 10 else 4
            lossy = InfluxSample(
                bitrate_bps=sample.bitrate_bps,
                null_bps=sample.null_bps,
                counters={**sample.counters, "continuity_count_error": count},
            )
            said = watch.sample(lossy, None, at_s)
            told += [said["continuity_error"]] if said else []
    assert set(told) == {(False, "4 per s"), (True, "5 per s")}


async def test_the_file_is_read_again_when_it_changes_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    file, told = tmp_path / "alarm_settings.json", list[Message]()
    rules = AlarmRules(file, told.append)
    await rules.read_if_changed()
    await rules.set("", "pts_error", RuleChange(on_delay_s=9.0))
    await rules.read_if_changed()
    assert AlarmRules(file).rule("one", "pts_error") is RULES["pts_error"]
    kept = json.loads(file.read_text())
    kept["rules"]["pts_error"]["on_delay_s"] = 4.5
    kept["limits"] = {"disk_free_mb": 2000}
    file.write_text(json.dumps(kept))
    await rules.read_if_changed()
    assert rules.rule("one", "pts_error").on_delay_s == 4.5
    assert rules.settings.limits.disk_free_mb == 2000
    for number, wrong in enumerate(
        ("{", '{"rules": {"nonsense": {}}}', '{"rules": {"pts_error": {"on_delay_s": -1}}}')
    ):
        file.write_text(wrong)
        os.utime(file, ns=(number, number))
        await rules.read_if_changed()
        await rules.read_if_changed()
        assert rules.rule("one", "pts_error").on_delay_s == 4.5
    notices = [message.text for message in told if isinstance(message, NoticePosted)]
    assert len(notices) == 3
    assert "there is no alarm called nonsense" in notices[1]
    assert "rules.pts_error.on_delay_s -1" in notices[2]


async def test_what_cannot_be_set_is_refused_in_words() -> None:
    rules = AlarmRules()
    with pytest.raises(OperatorError, match="no alarm called"):
        await rules.set("", "nonsense", RuleChange())
    with pytest.raises(OperatorError, match="nothing is counted"):
        await rules.set("", "video_lost", RuleChange(least_per_s=3))


def test_every_rule_is_listed_and_only_those_that_count_have_a_number() -> None:
    views = AlarmRules().views("")
    assert {view.condition for view in views} == RULES.keys()
    assert {view.condition for view in views if view.least_per_s is not None} == COUNTED_CONDITIONS
    assert RULES.keys() >= COUNTED_CONDITIONS
