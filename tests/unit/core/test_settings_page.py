"""The page of the settings says what the program does."""

from __future__ import annotations

import json
import re

from ibe100.core.config import AppConfig, source_root
from ibe100.core.settings_reload import flat, when_it_holds

ROW = re.compile(r"\| `([a-z_.]+)` \| `([^`]+)` \| .+ \| ([^|]+) \|")


def test_each_setting_is_there_with_its_default_and_when_a_change_holds() -> None:
    root = source_root()
    assert root is not None
    rows = ROW.findall((root / "docs" / "settings.md").read_text(encoding="utf-8"))
    told = {name: (json.loads(default), when) for name, default, when in rows}
    assert told == {name: (value, when_it_holds(name)) for name, value in flat(AppConfig()).items()}
