"""The recipes of docs/scripting.md, run as they stand there on a stream that is on air."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from api_rig import at_socket, served
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import CueState
from places import ROOT
from services_rig import looped, on_air
from tls_rig import certificate_in

RECIPE = re.compile(r"^## (\d+)\. ([^\n]+)\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


async def test_each_recipe_does_what_it_says(tmp_path: Path, media: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    out.mkdir()
    certificate, private_key = certificate_in(tmp_path)
    recipes = RECIPE.findall((ROOT / "docs" / "scripting.md").read_text(encoding="utf-8"))
    assert [int(number) for number, _, _ in recipes] == list(range(1, 11))
    async with (
        served(data, certificate=str(certificate), private_key=str(private_key)) as api,
        at_socket(api.application, data),
    ):
        stream_id = await on_air(api.application, looped(media))
        given: dict[str, Any] = {
            "DATA": data,
            "URL": api.url,
            "TOKEN": api.tokens[Role.VIEWER].token,
            "OUT": out,
        }
        for number, title, code in recipes:
            compiled = compile(code, f"recipe {number}: {title}", "exec")
            async with asyncio.timeout(100):
                await asyncio.to_thread(exec, compiled, {**given, "__name__": "recipe"})
        cues = api.application.cues.recent(stream_id)
        assert sorted(cue.action for cue in cues) == ["BACK TO PROGRAMME", "SPLICE NULL", "TO BREAK"]
        assert {cue.state for cue in cues if cue.action != "BACK TO PROGRAMME"} == {CueState.SPLICED}
        assert next(cue.requested_by for cue in cues if cue.action == "TO BREAK").endswith("(playout 2)")
        assert api.application.streams.streams()[0].config.group == "Sports"
        assert api.application.schedule.list() == ()
        await api.application.streams.stop(stream_id)
    assert {path.name for path in out.iterdir()} >= {"plan.csv", "as-run.csv"}
    assert "Break 20" in (out / "plan.csv").read_text()
