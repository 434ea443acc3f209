"""./test and .ci/run in a copy of the checkout whose checks are stand-ins that record their arguments."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from places import ROOT

PROGRAMS = ["ruff", "mypy", "lint-imports", "python"]
# Ends with the exit status that the environment holds for this very command line, else with 0.
STAND_IN = f"""#!/usr/bin/env bash
if [[ $1 == -I ]]; then exit 0; fi
if [[ $1 == - ]]; then exec {sys.executable} "$@"; fi
echo "${{0##*/}} $*" >>"$CALLS"
case "${{0##*/}} $*" in $FAILING) exit "$STATUS" ;; esac
"""
# Stands in for ./test: records its arguments, what it was told and what is beside it, and ends with 7.
TEST = """#!/usr/bin/env bash
root=$(dirname "$0")
cd "$root/.."
{ echo "$* CI=$CI captures=${TS_CAPTURES:-}" */* && pwd; } >>"$CALLS"
exit 7
"""
STATIC = [
    "ruff check .",
    "ruff format --check .",
    "mypy ",
    "lint-imports --cache-dir .cache/import-linter --no-logo",
]
PYTEST = f"python -m pytest -n {(os.cpu_count() or 1) + 3} --dist worksteal"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that counts as set up for tests."""
    locks = ["requirements-bootstrap.lock", "requirements.lock", "requirements-test.lock"]
    root = tmp_path / "ibe100"
    for name in ("test", ".ci/run", ".ci/setup.sh", *locks):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    programs = root / ".venv/bin"
    programs.mkdir(parents=True)
    for name in PROGRAMS:
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    pins = "".join((root / name).read_text() for name in locks)
    (root / ".venv/.setup-stamp").write_text(f"{root}\ntest\nsrc client/src\n{pins}")
    return root


def run(checkout: Path, *command: str, failing: str = "none", status: int = 1) -> tuple[int, str, list[str]]:
    """The exit status, the output and the recorded lines of ./test or .ci/run."""
    calls = checkout.parent / "calls"
    environment = {"PATH": os.environ["PATH"], "CALLS": str(calls), "FAILING": failing, "STATUS": str(status)}
    environment["TMPDIR"] = str(checkout.parent)
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


@pytest.mark.parametrize(
    ("arguments", "calls"),
    [
        ([], [f"{PYTEST} --cache-clear --cov --cov-report=", "python -m coverage report --sort=cover"]),
        (["-k", "a or b"], [f"{PYTEST} -k a or b"]),
        (["--quick"], [f"{PYTEST} tests/unit"]),
        (["--quick", "-k", "a or b"], [f"{PYTEST} tests/unit -k a or b"]),
    ],
)
def test_every_check_runs_and_only_pytest_gets_the_arguments(
    checkout: Path, arguments: list[str], calls: list[str]
) -> None:
    """Coverage is told of the whole suite only."""
    status, output, recorded = run(checkout, "test", *arguments)
    assert status == 0, output
    assert recorded == [*STATIC, *calls]


@pytest.mark.parametrize(
    "failing", ["ruff?check*", "ruff?format*", "mypy*", "lint-imports*", "*pytest*", "*coverage*"]
)
def test_one_failed_check_fails_the_whole_and_stops_none_of_the_others(checkout: Path, failing: str) -> None:
    """The summary says which."""
    status, output, calls = run(checkout, "test", failing=failing)
    assert status == 1
    assert len(calls) == 6
    assert output.count("FAILED (exit 1)") == 1


@pytest.mark.parametrize(
    ("failing", "status", "said"),
    [("*--cov-report=", 0, "FLAKED, mend it: tests/a.py::test_b"), ("*pytest*", 1, "FAILED (exit 1)")],
)
def test_what_failed_beside_others_is_run_again_alone(
    checkout: Path, failing: str, status: int, said: str
) -> None:
    kept = checkout / ".cache/pytest/v/cache/lastfailed"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"tests/a.py::test_b": true}')
    ended, output, calls = run(checkout, "test", failing=failing)
    assert ended == status
    assert calls.count("python -m pytest -p no:xdist --last-failed") == 1
    assert output.count("FLAKED") == output.count("FLAKED, mend it: tests/a.py::test_b") == (status == 0)
    assert said in output


def test_arguments_that_select_no_test_are_a_failure(checkout: Path) -> None:
    """pytest exits with 5 where it selected nothing."""
    status, output, _ = run(checkout, "test", "-k", "nothing", failing="*pytest*", status=5)
    assert status == 1
    assert "FAILED (exit 5)" in output


@pytest.mark.skipif(shutil.which("git") is None, reason="no git to clone with")
@pytest.mark.parametrize("captures", [False, True])
def test_continuous_integration_tests_a_clone_with_nothing_beside_it(checkout: Path, captures: bool) -> None:
    """With CI set, which makes the property tests repeatable, and with captures where there are some."""
    folder = checkout.parent / "shared/media"
    if captures:
        folder.mkdir(parents=True)
    (checkout / "test").write_text(TEST)
    (checkout / "not-committed").touch()
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "test", ".ci"], [*identity, "commit", "-qm", "One"]):
        subprocess.run(["git", "-C", checkout, *words], check=True)
    status, output, (told, clone) = run(checkout, ".ci/run", "-k", "a")
    assert status == 7, output
    assert told == f"-k a CI=true captures={folder if captures else ''} ibe100/test"
    assert not Path(clone).exists() and Path(clone) != checkout.parent
    assert "what is not committed is not tested" in output
