"""Commands that are needed most when the settings are damaged work by the last good ones, and say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ibe100.cli import backup
from ibe100.cli.doctor import run_doctor
from ibe100.core.config import FILE_VARIABLE
from ibe100.core.last_good import load_and_keep
from ibe100.database.backup.backups import list_backups
from ibe100.database.database import Database
from ibe100.models.errors import ConfigurationError


@pytest.fixture
async def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that damaged settings name, as the ones before did."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    await (await Database.open(data_dir / "ibe100.db")).close()
    settings = tmp_path / "app_config.json"
    settings.write_text(json.dumps({"folders": {"data_dir": str(data_dir)}, "backup": {"keep_daily": 3}}))
    monkeypatch.setenv(FILE_VARIABLE, str(settings))
    load_and_keep()
    settings.write_text('{"folders": {"da')
    return data_dir


def test_a_backup_is_made_and_listed_by_the_last_good_settings(data_dir: Path) -> None:
    made = CliRunner().invoke(backup.app, ["now"])
    assert made.exit_code == 0, made.output
    assert "the last good settings hold" in made.stderr
    assert len(list_backups(data_dir / "backups")) == 1
    listed = CliRunner().invoke(backup.app, ["list", "--json"])
    assert len(json.loads(listed.stdout)) == 1


def test_without_last_good_settings_a_named_folder_is_backed_up_and_no_other_is_guessed(
    data_dir: Path,
) -> None:
    (data_dir.parent / "app_config.json.last-good").unlink()
    made = CliRunner().invoke(backup.app, ["now", "--data-dir", str(data_dir)])
    assert made.exit_code == 0, made.output
    assert "the settings as shipped hold" in made.stderr
    assert isinstance(CliRunner().invoke(backup.app, ["now"]).exception, ConfigurationError)


@pytest.mark.parametrize(("has_copy", "verdict", "code"), [(True, "note", 0), (False, "missing", 1)])
def test_doctor_names_the_damage_and_checks_the_rest(
    data_dir: Path, capsys: pytest.CaptureFixture[str], has_copy: bool, verdict: str, code: int
) -> None:
    if not has_copy:
        (data_dir.parent / "app_config.json.last-good").unlink()
    assert run_doctor(data_dir, as_json=True) == code
    found = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert found["settings"]["verdict"] == verdict
    assert "is not JSON" in found["settings"]["found"]
    assert found["data folder"]["found"] == str(data_dir)
