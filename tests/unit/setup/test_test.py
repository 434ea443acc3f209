"""./test and .ci/run in a copy of the checkout whose checks are stand-ins that record their arguments."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from places import ROOT

PROGRAMS = ["ruff", "mypy", "lint-imports", "python"]
# Ends with the exit status that the environment holds for this very command line, else with 0.
STAND_IN = """#!/usr/bin/env bash
if [[ $1 == -I ]]; then exit 0; fi
echo "${0##*/} $* CI=${CI:-}" >>"$CALLS"
case "${0##*/} $*" in $FAILING) exit "$STATUS" ;; esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that counts as set up."""
    for name in ("test", ".ci/run", ".ci/setup.sh", "requirements.lock", "requirements-bootstrap.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name in PROGRAMS:
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    locks = [(tmp_path / name).read_text() for name in ("requirements-bootstrap.lock", "requirements.lock")]
    (tmp_path / ".venv/.setup-stamp").write_text(f"{tmp_path}\n{''.join(locks)}")
    return tmp_path


def run(checkout: Path, *command: str, failing: str = "none", status: int = 1) -> tuple[int, str, list[str]]:
    """The exit status, the output and the recorded command lines of ./test or .ci/run."""
    calls = checkout / "calls"
    environment = {"PATH": os.environ["PATH"], "CALLS": str(calls), "FAILING": failing, "STATUS": str(status)}
    result = subprocess.run(
        [checkout / command[0], *command[1:]],
        env=environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.returncode, result.stdout + result.stderr, calls.read_text().splitlines()


def test_every_check_runs_and_only_pytest_gets_the_arguments(checkout: Path) -> None:
    """The tests run in two halves, so that those that need the machine to themselves have it."""
    status, output, calls = run(checkout, "test", "-k", "a or b")
    assert status == 0, output
    assert [call.split(" CI=")[0] for call in calls] == [
        "ruff check .",
        "ruff format --check .",
        "mypy ",
        "lint-imports --cache-dir .cache/import-linter --no-logo",
        "python -m pytest -m serial -k a or b",
        "python -m pytest -n 3 --dist worksteal -m not serial -k a or b",
    ]


@pytest.mark.parametrize(
    "failing", ["ruff?check*", "ruff?format*", "mypy*", "lint-imports*", "*-m?serial*", "*-m?not?serial*"]
)
def test_one_failed_check_fails_the_whole_and_stops_none_of_the_others(checkout: Path, failing: str) -> None:
    """The summary says which."""
    status, output, calls = run(checkout, "test", failing=failing)
    assert status == 1
    assert len(calls) == 6
    assert output.count("FAILED (exit 1)") == 1


def test_a_half_without_tests_is_no_failure_but_none_at_all_is(checkout: Path) -> None:
    """pytest exits with 5 where it selected nothing."""
    assert run(checkout, "test", failing="*-m?serial*", status=5)[0] == 0
    status, output, _ = run(checkout, "test", failing="*pytest*", status=5)
    assert status == 1
    assert "no test was selected" in output


def test_continuous_integration_runs_the_same_checks(checkout: Path) -> None:
    """With CI set, which makes the property tests repeatable."""
    status, output, calls = run(checkout, ".ci/run")
    assert status == 0, output
    assert len(calls) == 6
    assert all(call.endswith(" CI=true") for call in calls)
