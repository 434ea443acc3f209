"""Routes against ports: what a window can do, a script can do."""

from __future__ import annotations

import re
from typing import Any, get_type_hints

from ibe100.services import api_ports, ports
from places import ROOT

WITHOUT_A_ROUTE = {
    "links": "the connections of this window itself",
    "until_known": "the connections of this window itself",
    "clips.export": "the archive may be larger than memory; the log and each clip have their routes",
    "console.*": "the seat at this window, and whoever sits there",
    "cues.fire": "by cue_once, under a key: an answer may be lost",
    "cue_presets.fire": "by cue_once, under a key: an answer may be lost",
    "kept_backups.export": "a backup may be larger than memory; it lies in the folder of backups",
    "preview.listen": "the loudspeaker of this machine",
    "records.cues.recent": "the same as records.cues.log without terms",
}
"""Methods of ports that no route reaches, each with the reason."""


def methods(port: Any, path: str) -> dict[str, str]:
    """Names such as `records.cues.log` of all that a port offers."""
    found: dict[str, str] = {}
    for name, member in vars(getattr(port, "__origin__", port)).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            assert member.fget is not None
            kind = get_type_hints(member.fget)["return"]
            if getattr(getattr(kind, "__origin__", kind), "_is_protocol", False):
                found |= methods(kind, f"{path}{name}.")
        elif callable(member):
            found[f"{path}{name}"] = name
    return found


def test_every_method_of_every_port_is_reached_by_a_route_or_has_a_reason_why_not() -> None:
    texts = [path.read_text() for path in sorted((ROOT / "src/ibe100/api").rglob("*.py"))]
    code = re.sub(r"\s+", "", "".join(texts))
    offered = methods(api_ports.AllServices, "") | methods(ports.Services, "")
    assert len(offered) > 100
    missing = {name for name in offered if f"services.{name}" not in code}
    excused = {
        name
        for name in offered
        if name in WITHOUT_A_ROUTE or f"{name.partition('.')[0]}.*" in WITHOUT_A_ROUTE
    }
    assert sorted(missing - excused) == [], "reach it by a route, or say why not"
    gone = {one for one in WITHOUT_A_ROUTE if not one.endswith("*") and one not in offered}
    assert sorted(gone) == [], "no port has it any more"
