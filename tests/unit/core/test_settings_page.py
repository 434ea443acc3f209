"""The page of the settings says what the program does."""

from __future__ import annotations

import json
import re

from ibe100.core.config import AppConfig
from ibe100.core.settings_reload import flat, when_it_holds
from places import ROOT

ROW = re.compile(r"\| `([a-z_.]+)` \| `([^`]+)` \| .+ \| ([^|]+) \|")


def test_each_setting_is_there_with_its_default_and_when_a_change_holds() -> None:
    rows = ROW.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))
    told = {name: (json.loads(default), when) for name, default, when in rows}
    assert told == {name: (value, when_it_holds(name)) for name, value in flat(AppConfig()).items()}
