from __future__ import annotations

import json
from pathlib import Path

from ibe100.services.streams.runner_spec import claimed_ports


def test_ports_of_all_other_runners_are_claimed_return_feeds_too(tmp_path: Path) -> None:
    for folder, ports in (("one", {"cue": 1}), ("one/return", {"influx": 2}), ("two", {"cue": 3, "tap": 4})):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "spec.json").write_text(json.dumps({"ports": ports}))
    for folder, text in (("torn", '{"ports": {"cue": 5'), ("odd", '{"ports": [6]}'), ("none", "{}")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "spec.json").write_text(text)
    assert claimed_ports(tmp_path, tmp_path / "two") == {1, 2}
    assert claimed_ports(tmp_path, tmp_path / "one" / "return") == {1, 3, 4}
