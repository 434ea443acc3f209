"""`ibe100 doctor`: what is installed, what is missing, what that means; and the bundle for who helps."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from ibe100.cli.options import print_table
from ibe100.cli.running_instance import NotRunning, running_on, settings_and_fault
from ibe100.core.config import AppConfig
from ibe100.core.folders import resolve
from ibe100.core.support.bundle import save_bundle
from ibe100.core.support.checks import check_machine, finding
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.settings.installation import CheckFinding
from ibe100.utils.atomic_write import atomic_write
from ibe100_client import system

EXIT_MISSING = 1


def run_doctor(data_dir: Path | None, *, as_json: bool, bundle: Path | None = None) -> int:
    """Check this machine; returns 1 when something is missing without which streams cannot run.

    With `bundle` a support bundle is written there as well, by whoever runs on the data folder or alone.
    """
    settings, told = _settings(data_dir)
    findings = asyncio.run(check_machine(settings, told))
    if as_json:
        print(json.dumps([found.model_dump() for found in findings]))
    else:
        _print(findings)
    if bundle is not None:
        _save(settings, bundle.absolute(), findings)
        if not as_json:
            print(f"support bundle, without secrets: {bundle}")
    return EXIT_MISSING if any(found.verdict == "missing" for found in findings) else 0


def _save(settings: AppConfig, file: Path, findings: list[CheckFinding]) -> None:
    folders = resolve(settings.folders)
    try:
        with running_on(folders.data_dir) as console:
            content = console.do(system.support_bundle())
        atomic_write(file, content, 0o600)
    except NotRunning:
        save_bundle(file, settings, folders, findings, None)
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}") from error


def _settings(data_dir: Path | None) -> tuple[AppConfig, CheckFinding]:
    """The settings by which this machine is checked, and what is wrong with their files."""
    try:
        settings, fault = settings_and_fault(data_dir)
    except OperatorError as error:
        return AppConfig(), finding(
            "settings", "missing", str(error), "nothing starts until that is put right"
        )
    if fault is None:
        return settings, finding("settings", "ok", "all understood")
    if fault.is_made_up_for:
        return settings, finding("settings", "note", fault.words, f"{fault.which} hold")
    return settings, finding("settings", "missing", fault.words, "nothing starts until that is put right")


def _print(findings: list[CheckFinding]) -> None:
    columns = ("", "What", "Found", "What it means")
    print_table(columns, ((one.verdict, one.what, one.found, one.meaning) for one in findings))
