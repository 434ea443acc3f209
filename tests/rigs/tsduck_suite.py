"""Runs the scripts of a checkout of TSDuck's own tests with minitsp as their `tsp`.

Each script compares what its commands write with the checkout's reference files; a command's outcome here is
what the script found of the files that this command wrote.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from ibe100.minitsp.inputs import INPUTS
from ibe100.minitsp.outputs import OUTPUTS
from ibe100.minitsp.plugins import PROCESSORS

LOCATION: Final = "TSDUCK_TESTS"
"""Environment variable with the path of the checkout."""
_SCRIPT_TIMEOUT_S: Final = 60
_KNOWN: Final = {"-I": INPUTS, "-P": PROCESSORS, "-O": OUTPUTS}
_TSP_COMMAND: Final = re.compile(r"(?:test_tsp|tspath tsp\)).*")
_SHARED: Final = re.compile(r"(standard-\S+\.sh)")
_PLUGIN: Final = re.compile(r"(?<=\s)(-[IPO]) +(\S+)")
_INPUT: Final = re.compile(r"-I\0file\0([^\0]+)")
_OUTCOME: Final = re.compile(r"Test (\S+) (passed|FAILED)")
_NEEDS_MORE: Final = re.compile(r"https?://tsduck|tspcontrol|_PORT|MC1=|\.py\b|python|java")
"""Scripts with a network, a second program at the other end, or interpreters of TSDuck's bindings."""
_SHIM: Final = """#!/usr/bin/env bash
record=$(mktemp "{records}/$(date +%s%N).XXXXXX")
streams=$(readlink /proc/$$/fd/1; readlink /proc/$$/fd/2)
{{ echo "$streams"; printf '%s\\0' "$@"; }} >"$record"
exec "{python}" -m ibe100.minitsp "$@"
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One tsp command of a script: the files of its that were compared, and those that differ.

    `number` counts the script's tsp commands from 1; `reason` tells why nothing was compared.
    `differences`: by file name, the first difference.
    """

    test: str
    number: int
    compared: tuple[str, ...] = ()
    differences: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def name(self) -> str:
        """Script and number of the command."""
        return f"{self.test} #{self.number}"

    def __str__(self) -> str:
        if self.reason:
            return f"{self.name:16} no          -  {self.reason}"
        first = next(iter(self.differences.items()), ("", ""))
        same = f"{len(self.compared) - len(self.differences)} of {len(self.compared)}"
        return f"{self.name:16} yes  {same:>9}  {': '.join(first) if first[0] else ''}"


def run_suite(checkout: Path, scratch: Path) -> Iterator[Outcome]:
    """Run every script that uses tsp; `scratch` is an empty folder for what they write."""
    for folder in ("common", "input", "reference"):
        (scratch / folder).symlink_to(checkout / folder)
    (scratch / "tests").mkdir()
    for script in sorted((checkout / "tests").glob("test-*.sh")):
        text = script.read_text("utf-8")
        for name in _SHARED.findall(text):
            text += (checkout / "common" / name).read_text("utf-8")
        text = text.replace("\\\n", " ")
        commands = [_PLUGIN.findall(command) for command in _TSP_COMMAND.findall(text)]
        if not _NEEDS_MORE.search(text) and not all(map(_unknown_plugins, commands)):
            (scratch / "tests" / script.name).symlink_to(script)
            yield from _run_script(script.stem, scratch)


def _run_script(test: str, scratch: Path) -> Iterator[Outcome]:
    records = scratch / "records" / test
    programs = scratch / "bin"
    records.mkdir(parents=True)
    programs.mkdir(exist_ok=True)
    shim = programs / "tsp"
    shim.write_text(_SHIM.format(records=records, python=sys.executable))
    shim.chmod(0o755)
    written = scratch / "tmp"
    for name in (".passed", ".failed"):
        (written / name).unlink(missing_ok=True)
    process = subprocess.Popen(
        ["bash", f"tests/{test}.sh", "--bin", str(programs)],
        cwd=scratch,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(_SCRIPT_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    verdicts = _verdicts(written)
    made: set[str] = set()
    for number, record in enumerate(sorted(records.iterdir()), 1):
        stdout, stderr, command = record.read_text("utf-8").split("\n", 2)
        argv = command.split("\0")[:-1]
        files = {word for word in (*argv, stdout, stderr) if word.startswith(f"{written}{os.sep}")}
        reason = _why_not(argv, made, stdout, scratch)
        if reason:
            yield Outcome(test, number, reason=reason)
            continue
        made |= files
        yield _outcome(test, number, {Path(file).name for file in files}, verdicts, written)


def _unknown_plugins(calls: Sequence[tuple[str, str]]) -> set[str]:
    """Names after -I, -P or -O that minitsp has not."""
    return {name for part, name in calls if part in _KNOWN and name not in _KNOWN[part]}


def _verdicts(written: Path) -> dict[str, bool]:
    """File name -> it is as the reference, of all files that the last script compared."""
    verdicts: dict[str, bool] = {}
    for name in (".passed", ".failed"):
        found = written / name
        text = found.read_text("utf-8") if found.is_file() else ""
        verdicts |= {file: word == "passed" for file, word in _OUTCOME.findall(text)}
    return verdicts


def _why_not(argv: Sequence[str], made: set[str], stdout: str, scratch: Path) -> str:
    """Reason why a command's output cannot be compared, "" where it can; `made`: files of those before it."""
    unknown = _unknown_plugins([*pairwise(argv)])
    if unknown:
        return f"plugins not built in: {', '.join(sorted(unknown))}"
    named = [Path(word.rpartition("=")[0] or word) for word in argv]
    absent = [path.name for path in named if path.parent == scratch / "input" and not path.exists()]
    if absent:
        return f"not in the checkout: {absent[0]}"
    source = _INPUT.search("\0".join(argv))
    if source and source[1].startswith(str(scratch / "tmp")) and source[1] not in made:
        return f"made by another program: {Path(source[1]).name}"
    return "what it writes goes to another program" if stdout.startswith("pipe:") else ""


def _outcome(test: str, number: int, files: set[str], verdicts: dict[str, bool], written: Path) -> Outcome:
    compared = tuple(sorted(files & verdicts.keys()))
    if not compared:
        return Outcome(test, number, reason="the script compares nothing of what it wrote")
    differing = [name for name in compared if not verdicts[name]]
    differences = {name: _first_difference(written / f"{name}.diff") for name in differing}
    return Outcome(test, number, compared, differences)


def _first_difference(report: Path) -> str:
    """The first pair of lines that a report of `diff` or `cmp` names."""
    lines = report.read_text("utf-8", errors="replace").splitlines() if report.is_file() else []
    wanted = next((line for line in lines if line.startswith("<")), "")
    got = next((line for line in lines if line.startswith(">")), "")
    if not (wanted or got):
        return lines[0][-80:] if lines else "not written"
    return f"{wanted[:100]} | {got[:100]}"
