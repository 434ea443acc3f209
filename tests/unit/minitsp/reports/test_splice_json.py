"""Sections become the very JSON that tsp reported for them."""

import base64
import json

import pytest

from ibe100.minitsp.reports.json_report import to_json
from ibe100.minitsp.reports.splice_json import table_json
from places import GOLDEN

RECORDINGS = [
    "live-binary-section-by-udp",
    "live-cancel-does-not-dequeue",
    "live-heartbeat-splice-null",
    "live-immediate-out-in",
    "live-preroll-out",
    "live-time-signal-segmentation",
]


@pytest.mark.parametrize("name", RECORDINGS)
def test_tables_are_those_of_tsp(name: str) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    tables = [text for _, text in golden["udp"]["15501"] if '"splice_information_table"' in text]
    assert tables
    for text in tables:
        metadata = json.loads(text)["#nodes"][0]
        section = base64.b64decode(metadata["#nodes"][0]["base64"])
        facts = {"pid": metadata["pid"], "time": metadata["time"]}
        assert to_json(table_json(section, facts, base64_section=True, hex_section=False)) == text


def test_empty_and_nested_values_keep_the_spacing_and_text_is_ascii() -> None:
    assert to_json({"b": [1, {"a": None}], "a": "x\n"}) == '{ "a": "x\\n", "b": [ 1, { "a": null } ] }'
    assert to_json('é\x1f🎬\\"') == r'"\u00E9\u001F\uD83C\uDFAC\\\""'
    assert to_json({}) == "{ }"
