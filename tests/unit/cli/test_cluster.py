"""Resources of Pacemaker as they are written, and what is refused without fencing."""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ibe100.cli.cluster import commands, engine
from ibe100.models.errors import OperatorError
from ibe100.services.cluster.pacemaker import EngineState
from places import ROOT

AGENT = ROOT / "packaging/cluster/ibe100-stream"
NEWS = engine.PlacedStream("news", 25, 40, "/var/lib/ibe100", "/var/lib/ibe100/state")


def agent(action: str, data_dir: Path, stream: str = "news") -> subprocess.CompletedProcess[str]:
    folder = str(data_dir)
    variables = {"OCF_RESKEY_stream": stream, "OCF_RESKEY_data_dir": folder, "HA_RSCTMP": folder}
    command = ["python3", "-IS", str(AGENT), action]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)


def test_a_stream_is_a_resource_with_its_load_and_operations() -> None:
    primitive = ET.fromstring(engine.resources([NEWS])).find("primitive")
    assert primitive is not None and primitive.get("id") == "stream-news"
    assert (primitive.get("class"), primitive.get("provider"), primitive.get("type")) == (
        *("ocf", "ibe100"),
        "ibe100-stream",
    )
    pairs = {pair.get("name"): pair.get("value") for pair in primitive.iter("nvpair")}
    assert pairs == {
        "stream": "news",
        "data_dir": "/var/lib/ibe100",
        "state_dir": "/var/lib/ibe100/state",
        "megabits": "25",
        "cores": "40",
    }
    assert {one.get("name") for one in primitive.iter("op")} == {"start", "stop", "monitor"}


def test_without_fencing_pacemaker_only_looks_on() -> None:
    assert 'name="is-managed" value="false"' in engine.defaults(managed=False)
    assert 'name="is-managed" value="true"' in engine.defaults(managed=True)
    assert 'name="no-quorum-policy" value="freeze"' in engine.cluster_options()


def test_a_host_is_not_drained_without_fencing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "engine_state", lambda: EngineState("Pacemaker 2.1.5", True, "no device"))
    with pytest.raises(OperatorError, match="no device: move streams by `cluster release`"):
        commands.drain("tx1")


def test_names_of_streams_are_escaped() -> None:
    odd = engine.PlacedStream('a"<b', 1, 1, "/x", "/y")
    assert ET.fromstring(engine.resources([odd])).find("primitive") is not None


def test_the_agent_describes_itself_and_refuses_what_is_wrong(tmp_path: Path) -> None:
    described = ET.fromstring(agent("meta-data", tmp_path).stdout.partition("?>")[2].partition('dtd">')[2])
    assert {one.get("name") for one in described.iter("action")} >= {"start", "stop", "monitor"}
    assert agent("validate-all", tmp_path).returncode == 0
    assert agent("validate-all", tmp_path, "No Id").returncode == 6
    assert agent("validate-all", tmp_path / "gone").returncode == 6
    assert agent("promote", tmp_path).returncode == 3


def test_the_agent_finds_nothing_where_nothing_runs_and_stops_it_all_the_same(tmp_path: Path) -> None:
    assert agent("monitor", tmp_path).returncode == 7
    assert agent("stop", tmp_path).returncode == 0
