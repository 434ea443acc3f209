"""The lock files: every package pinned by hash, no registry named, nothing missing of the dependencies."""

import re
import tomllib

import pytest

from places import ROOT

LOCKS = ["requirements.lock", "requirements-test.lock", "requirements-bootstrap.lock"]


def requirements(lock: str) -> dict[str, str]:
    """The lock's entries, from the normalised name to the pinned version."""
    lines = (ROOT / lock).read_text().splitlines()
    pins = [line for line in lines if not line.startswith(" ")]
    matches = [re.match(r"([a-z0-9-]+)==([^ ;]+)", pin) for pin in pins]
    assert None not in matches, f"unpinned lines in {lock}"
    return {match[1]: match[2] for match in matches if match}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_url_and_no_index(lock: str) -> None:
    """A lock must install from whichever registry the machine is set up for."""
    text = (ROOT / lock).read_text()
    assert re.findall(r"://|index|find-links|@", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_of_a_lock_has_a_sha256_hash(lock: str) -> None:
    """`--require-hashes` refuses the whole lock for one entry without."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert len(entries) == len(requirements(lock))
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_locks_hold_each_package_that_the_project_asks_for() -> None:
    """A dependency added without renewing the locks fails here, not on the user's machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for lock, wanted in (
        ("requirements.lock", project["dependencies"] + project["optional-dependencies"]["console"]),
        ("requirements-test.lock", project["optional-dependencies"]["test"]),
    ):
        names = {re.split(r"[<>=~!;\[ ]", line)[0].lower().replace("_", "-") for line in wanted}
        assert names - requirements(lock).keys() == set()


def test_what_runs_the_console_brings_no_tool_of_the_tests() -> None:
    """Each package stands in one lock, so that no two can ask for different versions of it."""
    assert requirements("requirements.lock").keys() & requirements("requirements-test.lock").keys() == set()


def test_lock_keeps_pyqt6_out_of_the_release_that_cannot_be_installed() -> None:
    """6.12.0 asks for a package that does not exist for it."""
    assert requirements("requirements.lock")["pyqt6"].startswith("6.11.")
