"""Settings that change while the console runs."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ibe100.core.config import AppConfig
from ibe100.core.logger import Logging
from ibe100.core.settings_reload import FILE, SettingsReload, SettingsSource
from ibe100.models.errors import ConfigurationError
from ibe100.models.messages import Message, NoticePosted
from ibe100.services.alarms.catalogue import SETTINGS_WRONG
from ibe100.services.alarms.rule import Judgements
from ibe100.services.audit_trail import acting

PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("IBE100_"):
            monkeypatch.delenv(name)


class Bench:
    """A reload on a real file, and all it does."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.messages: list[Message] = []
        self.lines: list[tuple[str, str, str]] = []
        self.applied: list[AppConfig] = []
        self.fault = ""
        source = SettingsSource({"engine": {"kind": "builtin"}}, file)
        self.reload = SettingsReload(
            source.load_to_begin(),
            source,
            self._apply,
            self.messages.append,
            self,
            self._judge,
            poll_s=0.02,
        )

    async def _apply(self, config: AppConfig) -> None:
        self.applied.append(config)

    async def _judge(self, judgements: Judgements) -> None:
        self.fault = judgements[SETTINGS_WRONG].value

    async def write(self, action: str, subject: str, detail: str = "") -> None:
        """In the place of the audit trail."""
        assert action == "setting changed"
        self.lines.append((acting(), subject, detail))

    def set(self, **sections: Any) -> None:
        self.file.write_text(json.dumps(sections))

    def notices(self) -> list[tuple[str, str]]:
        return [(one.level, one.text) for one in self.messages if isinstance(one, NoticePosted)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    file = tmp_path / "app_config.json"
    file.write_text(json.dumps({"cues": {"seen_timeout_s": 3}}))
    return Bench(file)


async def until(ask: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not ask():
        assert time.monotonic() < end, f"{what} did not come"
        await asyncio.sleep(0.01)


async def test_a_file_that_is_written_takes_effect_is_told_and_audited(bench: Bench) -> None:
    await bench.reload.open()
    bench.set(cues={"seen_timeout_s": 4}, backup={"hour_utc": 5})
    await until(lambda: bench.lines, "an audit line")
    await bench.reload.close()
    assert bench.applied[-1].cues.seen_timeout_s == 4
    assert bench.reload.present.backup.hour_utc == 5
    assert bench.reload.present.engine.kind == "builtin", "the command line still goes before"
    assert bench.notices() == [
        ("info", "Settings read again: backup.hour_utc 3 → 5, cues.seen_timeout_s 3.0 → 4.0")
    ]
    assert bench.lines == [(FILE, "backup.hour_utc", "3 → 5"), (FILE, "cues.seen_timeout_s", "3.0 → 4.0")]


async def test_a_wrong_one_is_refused_by_name_and_the_old_goes_on(bench: Bench) -> None:
    for content, words in (
        ('{"cues": {"seen_timeout_s": 0}}', "cues.seen_timeout_s 0"),
        ('{"cues": {"sen": 1}}', "cues.sen"),
        ('{"cues": ', "is not JSON"),
    ):
        bench.file.write_text(content)
        await bench.reload.reload()
        level, text = bench.notices()[-1]
        assert level == "warning"
        assert text.startswith("The settings stay as they were: ")
        assert words in text
        assert str(bench.file) in text
    assert (bench.applied, bench.lines) == ([], [])
    assert bench.reload.present.cues.seen_timeout_s == 3


async def test_what_needs_a_restart_is_said_by_name_once_and_does_not_hold(bench: Bench) -> None:
    for _ in range(2):
        bench.set(cues={"seen_timeout_s": 3}, api={"port": 8123, "enabled": True}, folders={"log_dir": "/x"})
        await bench.reload.reload()
    assert bench.notices() == [
        (
            "warning",
            "These settings hold after a restart of the console or server: api.enabled, api.port, "
            "folders.log_dir",
        )
    ]
    assert bench.reload.present.api.port == AppConfig().api.port
    assert bench.applied == []


async def test_a_file_that_is_gone_for_a_moment_changes_nothing(bench: Bench) -> None:
    await bench.reload.open()
    await until(lambda: bench.reload._read, "a first look")
    bench.file.unlink()
    for _ in range(10):
        await asyncio.sleep(0.02)
    assert (bench.notices(), bench.applied) == ([], [])
    bench.set(cues={"seen_timeout_s": 6})
    await until(lambda: bench.applied, "the new file")
    await bench.reload.close()
    assert bench.applied[-1].cues.seen_timeout_s == 6


async def test_the_file_of_a_named_environment_is_watched_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBE100_ENVIRONMENT", "staging")
    layer = bench.file.with_name("app_config.staging.json")
    layer.write_text("{}")
    await bench.reload.open()
    layer.write_text('{"cues": {"seen_timeout_s": 7}}')
    await until(lambda: bench.applied, "the change")
    await bench.reload.close()
    assert bench.applied[-1].cues.seen_timeout_s == 7


def test_the_level_and_the_rotation_of_logs_hold_from_the_next_line_on(tmp_path: Path) -> None:
    files = Logging(AppConfig().logging, tmp_path, to_stderr=False)
    files.start()
    logger = logging.getLogger("ibe100.test_settings_reload")
    try:
        logger.debug("not yet")
        files.apply(AppConfig().logging.model_copy(update={"level": "debug", "max_bytes": 10_000}))
        for number in range(200):
            logger.debug("line %s %s", number, "x" * 200)
    finally:
        files.stop()
    logs = [path for path in tmp_path.glob("app.log*") if path.suffix != ".gz"]
    text = "".join(path.read_text() for path in logs)
    assert "not yet" not in text
    assert "line 199" in text
    assert len(logs) == 6, "the newest and five before"


@pytest.mark.parametrize("damage", ['{"cues": {"seen_', "", "[]", '{"cues": {"seen_timeout_s": "soon"}}'])
async def test_a_damaged_file_leaves_the_last_good_settings_in_force_over_a_restart(
    bench: Bench, damage: str
) -> None:
    bench.file.write_text(damage)
    again = Bench(bench.file)
    assert again.reload.present.cues.seen_timeout_s == 3
    await again.reload.open()
    await until(lambda: again.fault, "an alarm")
    assert str(bench.file) in again.fault
    bench.set(cues={"seen_timeout_s": 4})
    await until(lambda: not again.fault, "the end of the alarm")
    await again.reload.close()
    assert again.applied[-1].cues.seen_timeout_s == 4


async def test_settings_of_a_newer_version_hold_as_far_as_they_are_understood(bench: Bench) -> None:
    newer = {"cues": {"seen_timeout_s": 5, "proof": "twice"}, "hosts": {"count": 3}}
    bench.set(**newer)
    bench.file.with_name("app_config.json.last-good").write_text(json.dumps(newer))
    again = Bench(bench.file)
    assert again.reload.present.cues.seen_timeout_s == 5
    await again.reload.reload()
    assert "cues.proof" in again.notices()[-1][1]


def test_a_file_that_never_was_good_and_faults_of_the_command_line_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "app_config.json"
    file.write_text("{")
    with pytest.raises(ConfigurationError, match="is not JSON"):
        SettingsSource({}, file).load_to_begin()
    file.write_text("{}")
    SettingsSource({}, file).load_to_begin()
    with pytest.raises(ConfigurationError, match="the command line"):
        SettingsSource({"cues": {"seen_timeout_s": 0}}, file).load_to_begin()
