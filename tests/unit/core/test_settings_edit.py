"""Settings shown with where they come from, and changed in their file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ibe100.core.config import AppConfig
from ibe100.core.settings_edit import SettingsEdit, forms
from ibe100.core.settings_reload import SettingsReload, SettingsSource, flat
from ibe100.models.actor import Actor
from ibe100.models.errors import ConfigurationError, NotAllowed
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.rights import Role
from ibe100.models.settings.forms import FieldShape
from ibe100.models.settings.views import OriginKind, SettingView
from ibe100.services.alarms.rule import Judgements
from ibe100.services.audit_trail import acting, acting_as

ADA, ENA = Actor("ada", Role.ADMIN), Actor("ena", Role.ENGINEER)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("IBE100_"):
            monkeypatch.delenv(name)


class Bench:
    """An edit of a real file, and all it does."""

    def __init__(self, file: Path, **overrides: Any) -> None:
        self.file = file
        self.messages: list[Message] = []
        self.lines: list[tuple[str, str, str]] = []
        self.applied: list[AppConfig] = []
        source = SettingsSource(overrides, file)
        present = source.load_to_begin()
        self.reload = SettingsReload(
            present, source, self._apply, self.messages.append, self, self._judge, poll_s=0.02
        )
        self.edit = SettingsEdit(present, source, self.reload)

    async def _apply(self, config: AppConfig) -> None:
        self.applied.append(config)

    async def _judge(self, judgements: Judgements) -> None:
        """Nothing is wrong with the file."""

    async def write(self, action: str, subject: str, detail: str = "") -> None:
        """In the place of the audit trail."""
        self.lines.append((acting().name, subject, detail))

    async def view(self, name: str) -> SettingView:
        return next(view for view in await self.edit.views() if view.name == name)

    def written(self) -> Any:
        return json.loads(self.file.read_text())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    file = tmp_path / "app_config.json"
    file.write_text(json.dumps({"cues": {"seen_timeout_s": 3}}))
    with acting_as(ADA):
        yield Bench(file)


def test_each_setting_says_what_it_is_and_how_it_is_edited() -> None:
    assert forms().keys() == flat(AppConfig()).keys()
    assert [name for name, form in forms().items() if not form.effect or form.title == form.name] == []
    timeout = forms()["cues.seen_timeout_s"]
    assert (timeout.shape, timeout.allowed, timeout.is_whole) == (FieldShape.NUMBER, "0.5 to 60 s", False)
    assert forms()["logging.max_bytes"].allowed == "10 kB to 1 GB"
    assert forms()["engine.kind"].choices[1] == ("tsduck", "TSDuck")
    assert [value for value, _ in forms()["console.four_eyes"].choices] == ["stop", "delete", "section"]
    assert forms()["engine.tsp_path"].shape is FieldShape.PATH


async def test_a_change_is_written_in_force_and_on_record_and_can_be_taken_back(bench: Bench) -> None:
    await bench.edit.change({"cues.seen_timeout_s": 4, "backup.hour_utc": 5})
    assert bench.written() == {"cues": {"seen_timeout_s": 4}, "backup": {"hour_utc": 5}}
    assert (bench.applied[-1].cues.seen_timeout_s, bench.reload.present.backup.hour_utc) == (4, 5)
    assert bench.lines == [("ada", "backup.hour_utc", "3 → 5"), ("ada", "cues.seen_timeout_s", "3.0 → 4.0")]
    assert [one for one in bench.messages if isinstance(one, NoticePosted)] == [], "the window says it itself"
    assert bench.edit.last_change() == ("cues.seen_timeout_s", "backup.hour_utc")
    await bench.edit.undo()
    assert bench.written() == {"cues": {"seen_timeout_s": 3}, "backup": {}}
    assert bench.reload.present.backup.hour_utc == 3
    with pytest.raises(ConfigurationError, match="nothing was changed"):
        await bench.edit.undo()


async def test_a_wrong_value_is_refused_and_nothing_is_written(bench: Bench) -> None:
    before = bench.file.read_text()
    for values, words in (
        ({"cues.seen_timeout_s": 0}, "greater than or equal to 0.5"),
        ({"cues.seen_timeout_s": "soon"}, "cues.seen_timeout_s 'soon'"),
        ({"api.host": "0.0.0.0"}, "can be reached from other machines"),
        ({"api.certificate": "/x.pem"}, "go together"),
        ({"cues.sen": 1}, "no setting is called cues.sen"),
        ({"backup.hour_utc": 5, "backup.keep_daily": 0}, "backup.keep_daily 0"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            await bench.edit.change(values)
    assert (bench.file.read_text(), bench.applied, bench.lines) == (before, [], [])
    await bench.edit.change({"api.certificate": "/x.pem", "api.private_key": "/y.pem"})
    assert bench.written()["api"] == {"certificate": "/x.pem", "private_key": "/y.pem"}


async def test_a_change_that_waits_for_a_restart_is_on_record_once(bench: Bench) -> None:
    await bench.edit.change({"api.port": 8123})
    await bench.edit.change({"cues.seen_timeout_s": 4})
    assert bench.lines[0] == ("ada", "api.port", "8100 → 8123, after a restart")
    assert len(bench.lines) == 2
    view = await bench.view("api.port")
    assert (view.value, view.is_waiting, view.holds) == (8123, True, "after a restart")


async def test_a_view_says_where_its_value_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "app_config.json"
    file.write_text(json.dumps({"cues": {"seen_timeout_s": 3}, "backup": {"hour_utc": 4}}))
    layer = tmp_path / "app_config.staging.json"
    layer.write_text(json.dumps({"backup": {"hour_utc": 5}}))
    monkeypatch.setenv("IBE100_ENVIRONMENT", "staging")
    monkeypatch.setenv("IBE100_API__PORT", "8200")
    monkeypatch.setenv("IBE100_LOGGING", json.dumps({"backups": 9}))
    bench = Bench(file, engine={"kind": "builtin"})
    found = {view.name: (view.origin.kind, view.origin.name) for view in await bench.edit.views()}
    assert found["cues.seen_timeout_s"] == (OriginKind.FILE, str(file))
    assert found["backup.hour_utc"] == (OriginKind.ENVIRONMENT_FILE, str(layer))
    assert found["api.port"] == (OriginKind.VARIABLE, "IBE100_API__PORT")
    assert found["logging.backups"] == (OriginKind.VARIABLE, "IBE100_LOGGING")
    assert found["engine.kind"] == (OriginKind.COMMAND_LINE, "")
    assert found["ldap.url"] == (OriginKind.SHIPPED, "")
    with acting_as(ADA):
        for name in ("api.port", "engine.kind"):
            with pytest.raises(ConfigurationError, match="goes before the settings file"):
                await bench.edit.change({name: 8300})
        await bench.edit.change({"cues.seen_timeout_s": 6})
    assert json.loads(layer.read_text())["cues"] == {"seen_timeout_s": 6}, "the file that goes before"
    assert bench.written()["cues"] == {"seen_timeout_s": 3}


async def test_a_section_is_set_to_what_is_shipped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBE100_CUES__EVENT_ID_RETENTION_DAYS", "30")
    await bench.edit.reset(["cues.seen_timeout_s", "cues.event_id_retention_days", "backup.hour_utc"])
    assert bench.written() == {"cues": {"seen_timeout_s": 2.0}}
    await bench.edit.undo()
    assert bench.written() == {"cues": {"seen_timeout_s": 3}}


async def test_a_file_that_was_damaged_meanwhile_is_not_written_over(bench: Bench) -> None:
    for damage in ('{"cues": ', '{"cues": 3}'):
        bench.file.write_text(damage)
        with pytest.raises(ConfigurationError):
            await bench.edit.change({"cues.seen_timeout_s": 4})
        assert bench.file.read_text() == damage


async def test_who_gets_in_is_for_administrators(bench: Bench) -> None:
    with acting_as(ENA):
        await bench.edit.change({"cues.seen_timeout_s": 4})
        for name in ("console.sign_in", "api.enabled", "ldap.url", "engine.tsp_path", "folders.log_dir"):
            with pytest.raises(NotAllowed, match="needs admin"):
                await bench.edit.change({name: None})
    with acting_as(Actor("otto", Role.OPERATOR)), pytest.raises(NotAllowed, match="needs engineer"):
        await bench.edit.reset(["cues.seen_timeout_s"])


async def test_settings_of_no_file_are_shown_and_stay() -> None:
    edit = SettingsEdit(AppConfig(), None, None)
    assert {view.origin.kind for view in await edit.views()} == {OriginKind.COMMAND_LINE}
    with acting_as(ADA), pytest.raises(ConfigurationError, match="stand in no file"):
        await edit.change({"cues.seen_timeout_s": 4})
