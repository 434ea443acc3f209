"""Pacemaker as it says itself: its nodes, quorum, and whether a lost host is fenced."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

ASK = ("crm_mon", "-1", "--output-as=xml")
PATIENCE_S = 5.0
NO_FENCING = "a host that is lost is not fenced, so its streams are not taken over by themselves"


@dataclass(frozen=True, slots=True)
class EngineState:
    """State of the engine on this host; the words are its own where it has some."""

    name: str = ""
    """`Pacemaker 2.1.5`; empty where there is none, or it does not run."""
    has_quorum: bool = False
    no_fencing: str = ""
    """Why a lost host is not fenced; empty where it is."""
    nodes: Mapping[str, str] = field(default_factory=dict)
    """`online`, `standby`, `maintenance`, `unclean` or `offline` by the name of a node."""


def engine_state() -> EngineState:
    """Ask crm_mon; blocks for up to five seconds."""
    if shutil.which("crm_mon") is None:
        return EngineState(no_fencing=f"Pacemaker is not installed: {NO_FENCING}")
    try:
        done = subprocess.run(ASK, capture_output=True, text=True, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return EngineState(no_fencing=f"Pacemaker does not answer ({error}): {NO_FENCING}")
    if done.returncode:
        words = " ".join((done.stderr or done.stdout).split())[:200]
        return EngineState(no_fencing=f"Pacemaker does not run here ({words}): {NO_FENCING}")
    return read_state(done.stdout)


def read_state(document: str) -> EngineState:
    """State as `crm_mon --output-as=xml` tells it."""
    try:
        root = ET.fromstring(document)
    except ET.ParseError as error:
        return EngineState(no_fencing=f"Pacemaker is not understood ({error}): {NO_FENCING}")
    dc = root.find("summary/current_dc")
    options = root.find("summary/cluster_options")
    version = "" if dc is None else (dc.get("version") or "").partition("-")[0]
    return EngineState(
        name=f"Pacemaker {version}".strip(),
        has_quorum=dc is not None and dc.get("with_quorum") == "true",
        no_fencing=_why_no_fencing(root, options),
        nodes={node.get("name") or "": _state(node) for node in root.iterfind("nodes/node")},
    )


def _state(node: ET.Element) -> str:
    for state in ("unclean", "maintenance", "standby"):
        if node.get(state) == "true":
            return state
    return "online" if node.get("online") == "true" else "offline"


def _why_no_fencing(root: ET.Element, options: ET.Element | None) -> str:
    if options is None or options.get("stonith-enabled") != "true":
        return f"fencing is off (stonith-enabled): {NO_FENCING}"
    devices = [
        one
        for one in root.iterfind(".//resource")
        if (one.get("resource_agent") or "").startswith("stonith:")
    ]
    if not any(one.get("active") == "true" and one.get("failed") != "true" for one in devices):
        return f"no fencing device works ({len(devices)} are set up): {NO_FENCING}"
    return ""
