"""The product where it is installed, not a checkout: what its texts call it, and the files it brings."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ibe100.cli import console
from ibe100.models.errors import ConfigurationError
from places import ROOT

EVERY_HELP = """
import sys, typer
from importlib import import_module
from ibe100.cli import main
for name, module in main.GROUPS.items():
    main.app.add_typer(import_module(module).app, name=name)
def tell(command, path):
    context = command.make_context(path, [], resilient_parsing=True)
    print(command.get_help(context))
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        tell(command.get_command(context, name), f"{path} {name}")
tell(typer.main.get_command(main.app), "ibe100")
from ibe100.services.alarms.catalogue import RULES
print(RULES)
from ibe100.services.contracts.contract_service import load_templates
print(len(load_templates()), "contracts")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages as a wheel has them: no checkout around."""
    folder = tmp_path_factory.mktemp("site-packages")
    for package in ("src/ibe100", "client/src/ibe100_client"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / Path(package).name, ignore=ignored)
    return folder


def test_an_installed_console_calls_itself_by_its_own_name(installed: Path) -> None:
    """In the help of each command, in the alarms' remedies; and its contracts are there."""
    told = subprocess.run(
        [sys.executable, "-c", EVERY_HELP],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "COLUMNS": "200"},
        cwd=installed,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    ).stdout
    assert "./run" not in told
    assert "ibe100 backup now" in told
    assert "contracts" in told.splitlines()[-1]


def test_every_file_that_is_no_code_is_in_the_wheel() -> None:
    """An icon, a template or a style sheet that is added is package data by its name."""
    globs = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for package, folder in (("ibe100", "src/ibe100"), ("ibe100_client", "client/src/ibe100_client")):
        root = ROOT / folder
        data = {file for glob in globs[package] for file in root.glob(glob)}
        others = {file for file in root.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
        assert {str(file) for file in others - data if file.suffix not in (".py", ".mako")} == set()


def test_a_window_whose_libraries_are_missing_says_which_packages_have_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Qt would end with a traceback, or by a signal."""
    monkeypatch.setattr(console, "missing_packages", lambda _display: ["libegl1", "libgl1"])
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    with pytest.raises(ConfigurationError, match="As root: apt-get install libegl1 libgl1"):
        console.start_console()


def test_a_server_without_the_window_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyQt6 is an extra of the package."""
    monkeypatch.setattr(console, "find_spec", lambda _name: None)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    with pytest.raises(ConfigurationError, match=r"install ibe100\[console\]"):
        console.start_console()
