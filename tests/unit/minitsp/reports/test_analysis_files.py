"""analyze --json into a file: over lines, with a title, and without what differs from run to run."""

import json
from pathlib import Path
from typing import Any

from ibe100.minitsp.plugins.analyze import Analyze
from ibe100.minitsp.reports.json_report import to_json, to_json_lines
from plugin_rig import build, media, process


def report(target: Path, *options: str) -> dict[str, Any]:
    plugin, _ = build(Analyze, "--json", f"--output-file={target}", *options)
    process(plugin, media("ott_with_scte35.ts"), 400)
    value: dict[str, Any] = json.loads(target.read_text())
    return value


def test_a_deterministic_report_tells_no_time_of_day(tmp_path: Path) -> None:
    first, second = (report(tmp_path / name, "--deterministic", "--title=A B") for name in "ab")
    assert first == second
    assert first["title"] == "A B"
    assert set(report(tmp_path / "c")) == {*first, "time"} - {"title"}


def test_json_over_lines_is_that_of_one_line() -> None:
    value = {"b": [1, {"c": "é"}], "a": {}, "d": []}
    assert to_json_lines(value) == (
        '{\n  "a": { },\n  "b": [\n    1,\n    {\n      "c": "\\u00E9"\n    }\n  ],\n  "d": [ ]\n}'
    )
    assert json.loads(to_json_lines(value)) == json.loads(to_json(value)) == value
