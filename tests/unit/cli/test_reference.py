"""The command line about itself: completion, manual, exit codes, and what it does in a pipe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from places import ROOT

PATIENCE_S = 60


def program(*arguments: str, **streams: int) -> "subprocess.CompletedProcess[str]":
    """Runs the program to its end, away from the console of this machine."""
    return subprocess.run(
        [sys.executable, "-m", "ibe100.cli.main", *arguments],
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}/client/src", "COLUMNS": "60"},
        text=True,
        timeout=PATIENCE_S,
        check=False,
        **(streams or {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}),  # type: ignore[call-overload]
    )


@pytest.fixture(scope="module")
def bash_completion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script that bash reads."""
    path = tmp_path_factory.mktemp("completion") / "ibe100"
    path.write_text(program("completion", "bash").stdout)
    return path


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("str", "stream"),
        ("stream sta", "start"),
        ("cue to-break 1 --dur", "--duration"),
        ("stream start --data-d", "--data-dir"),
        ("bogus", ""),
    ],
)
def test_bash_completes_commands_and_options_without_starting_python(
    bash_completion: Path, words: str, offered: str
) -> None:
    script = (
        'source "$0"; COMP_WORDS=(ibe100 $1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
        '_ibe100; echo "${COMPREPLY[@]}"'
    )
    command = ["bash", "-c", script, str(bash_completion), words]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert told.stdout.strip() == offered


def test_the_manual_has_each_command_with_its_options_and_every_exit_code() -> None:
    """Of man and of the documentation; the program is called as where it is installed."""
    page, markdown = program("manual").stdout, program("manual", "commands").stdout
    for text in (page, markdown):
        assert "./run " not in text.replace("In a checkout `./run` stands", "")
    assert page.startswith(".TH IBE100 1")
    for command in ("stream add", "cue to-break", "secrets rotate", "asrun"):
        assert f".SH {command.upper()}".replace("-", "\\-") in page
        assert f"## {command}" in markdown
    assert "No console or server runs" in page


@pytest.mark.parametrize("page", ["commands", "alarms"])
def test_a_page_that_is_made_from_the_program_is_that_of_the_program(page: str) -> None:
    """A command or alarm that is added is in the documentation: ./run manual PAGE >docs/reference/PAGE.md"""
    assert (ROOT / f"docs/reference/{page}.md").read_text() == program("manual", page).stdout, (
        f"write it anew: ./run manual {page} >docs/reference/{page}.md"
    )


def test_no_server_refused_and_wrong_use_end_with_codes_of_their_own(tmp_path: Path) -> None:
    """A script tells them apart without reading words."""
    no_server = program("cue", "log", "1", "--data-dir", str(tmp_path))
    refused = program("backup", "verify", str(tmp_path / "none.tar.gz"))
    wrong = program("cue", "log")
    assert (no_server.returncode, refused.returncode, wrong.returncode) == (4, 3, 2)
    assert "Traceback" not in no_server.stderr + refused.stderr + wrong.stderr


def test_a_table_in_a_pipe_has_a_line_for_each_row_with_all_of_its_text() -> None:
    """Whatever the width of a terminal that is not there."""
    told = program("contract", "list").stdout
    row = next(line for line in told.splitlines() if "OTT distributor, 4 s pre-roll" in line)
    assert "splice_insert at least 4 s ahead of an Out Point (SCTE 35 9.9.2.1), sent three times." in row


def test_a_pipe_that_is_closed_at_the_other_end_brings_no_noise() -> None:
    """As head closes it."""
    reading, writing = os.pipe()
    os.close(reading)
    told = program("manual", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert told.stderr == ""
