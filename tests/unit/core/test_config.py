from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ibe100.core import config
from ibe100.core.config import AppConfig
from ibe100.core.folders import resolve
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.stream_config import Engine
from places import ROOT


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("IBE100_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "app_config.json"
    path.write_text(json.dumps({"cues": {"seen_timeout_s": 3.0}, "runner": {"stall_timeout_s": 7}}))
    return path


def test_the_shipped_file_holds_every_setting_at_its_default() -> None:
    shipped = json.loads(config.default_file().read_text())
    assert shipped == AppConfig().model_dump(mode="json")
    assert config.load() == AppConfig()


def test_environment_beats_file_and_command_line_beats_both(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBE100_RUNNER__STALL_TIMEOUT_S", "8.5")
    monkeypatch.setenv("IBE100_ENGINE__KIND", "tsduck")
    settings = config.load({"engine": {"kind": "builtin"}}, file)
    assert settings.cues.seen_timeout_s == 3.0
    assert settings.runner.stall_timeout_s == 8.5
    assert settings.engine.kind is Engine.BUILTIN
    assert settings.runner.backoff_max_s == 30.0


def test_settings_are_frozen(file: Path) -> None:
    settings = config.load(file=file)
    with pytest.raises(ValueError, match="frozen"):
        settings.cues = config.CueSettings()  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        settings.cues.seen_timeout_s = 1.0  # type: ignore[misc]


def test_a_wrong_value_is_refused_with_its_name_the_value_and_what_is_allowed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=r"logging\.level 'loud'.*'debug'.*from the command line"):
        config.load({"logging": {"level": "loud"}}, file)
    monkeypatch.setenv("IBE100_CUES__SEEN_TIMEOUT_S", "0")
    with pytest.raises(ConfigurationError, match=r"cues\.seen_timeout_s '0'.*0\.5.*from the environment"):
        config.load(file=file)


@pytest.mark.parametrize("values", [{"ruunner": {}}, {"runner": {"stall_timeout": 3}}])
def test_an_unknown_key_in_the_file_is_refused(file: Path, values: dict[str, object]) -> None:
    file.write_text(json.dumps(values))
    with pytest.raises(ConfigurationError, match=rf"(ruunner|runner\.stall_timeout).*from {file}"):
        config.load(file=file)


@pytest.mark.parametrize("variable", ["IBE100_LOGING__LEVEL", "IBE100_LOGGING__LEVL"])
def test_an_unknown_variable_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "debug")
    with pytest.raises(ConfigurationError, match=r"(?i)log.*lev"):
        config.load(file=file)


def test_the_key_of_the_secrets_is_no_setting(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBE100_SECRET_KEY", "x")
    config.load(file=file)


@pytest.mark.parametrize(("content", "words"), [("{", "is not JSON"), ("[]", "one JSON object")])
def test_a_file_that_is_no_json_object_is_named(file: Path, content: str, words: str) -> None:
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=rf"{file}.*{words}"):
        config.load(file=file)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        config.load(file=tmp_path / "none.json")


@pytest.fixture
def staging(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IBE100_ENVIRONMENT", "staging")
    path = file.with_name("app_config.staging.json")
    path.write_text(json.dumps({"cues": {"seen_timeout_s": 4.0}}))
    return path


def test_a_named_environment_lies_between_the_file_and_the_variables(
    file: Path, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.settings_files(file) == (staging, file)
    settings = config.load(file=file)
    assert (settings.cues.seen_timeout_s, settings.runner.stall_timeout_s) == (4.0, 7)
    monkeypatch.setenv("IBE100_CUES__SEEN_TIMEOUT_S", "5")
    assert config.load(file=file).cues.seen_timeout_s == 5.0


def test_a_wrong_value_of_a_named_environment_is_refused_with_its_file(file: Path, staging: Path) -> None:
    staging.write_text(json.dumps({"cues": {"seen_timeout_s": 0}}))
    with pytest.raises(ConfigurationError, match=rf"cues\.seen_timeout_s 0.*from {staging}"):
        config.load(file=file)
    staging.unlink()
    with pytest.raises(ConfigurationError, match=rf"{staging} does not exist"):
        config.load(file=file)


@pytest.mark.parametrize("name", ["../staging", "Staging", "a/b", "-x", "x" * 40])
def test_a_name_that_is_none_of_an_environment_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("IBE100_ENVIRONMENT", name)
    with pytest.raises(ConfigurationError, match="names no environment"):
        config.load(file=file)


def test_a_checkout_keeps_its_data_in_its_own_folders() -> None:
    folders = resolve(config.FolderSettings())
    assert (folders.data_dir, folders.log_dir) == (ROOT / "database", ROOT / "logs")


def test_folders_follow_the_data_folder_and_are_created(tmp_path: Path) -> None:
    folders = resolve(config.FolderSettings(data_dir=tmp_path / "a" / "data"))
    folders.create()
    folders.create()
    assert folders.log_dir == tmp_path / "a" / "data" / "logs"
    assert all(folder.is_dir() for folder in (folders.log_dir, folders.profiles_dir, folders.streams_dir))
    assert folders.database_file.parent == folders.data_dir
    assert folders.state_dir.stat().st_mode & 0o077 == 0


def test_a_file_where_a_folder_is_needed_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    for data_dir in (tmp_path / "data", tmp_path / "data" / "below"):
        with pytest.raises(StorageError, match=str(tmp_path / "data")):
            resolve(config.FolderSettings(data_dir=data_dir)).create()


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do() -> None:
    with pytest.raises(StorageError, match=r"/proc/ibe100.*cannot be written.*folders\.data_dir"):
        resolve(config.FolderSettings(data_dir=Path("/proc/ibe100"))).create()
