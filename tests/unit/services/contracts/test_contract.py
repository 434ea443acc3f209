"""Contracts: what cannot be agreed on, what options follow, and the templates that ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ibe100.models.cues.contract import LEAST_OUT_POINT_S, Contract
from ibe100.models.endpoints.parse import parse_output
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.stream_config import ExistingCues, PmtEdits, Scte35Options, StreamConfig
from ibe100.services.contracts.contract_service import find_template, load_templates
from ibe100.services.contracts.options import options_for, under_contract
from ibe100.services.contracts.stream_linter import lint_stream

TEMPLATES = load_templates()


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"event_id_first": 9, "event_id_last": 8}, "event_id_last is below"),
        ({"pre_roll_min_s": 4.0, "pre_roll_default_s": 3.0}, "pre_roll_default_s is below"),
        ({"duration_min_s": 60.0, "duration_max_s": 30.0}, "duration_max_s is below"),
        ({"duration_max_s": 30.0, "duration_default_s": 31.0}, "at most 30 s"),
        ({"durations_s": (30.0, 60.0), "duration_default_s": 45.0}, "one of 30, 60 s"),
        ({"repeats": 5, "repeat_interval_ms": 1000}, "last repeat would come after the splice"),
        ({"srt": {"latency_min_ms": 500, "latency_max_ms": 400}}, "latency_max_ms is below"),
        ({"command": {"kind": "time_signal", "start_type_id": 52, "end_type_id": 52}}, "could not be ended"),
        ({"heartbeat_interval_s": 0.0}, "heartbeat_interval_s"),
        ({"scte35_pid": 0x1FFF}, "scte35_pid"),
    ],
)
def test_a_contract_that_contradicts_itself_cannot_be_built(terms: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Contract.model_validate({"name": "wrong", **terms})


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any contract that can be agreed on."""
    first = draw(st.integers(1, 0xFFFFFFFE))
    pre_roll_min_s = draw(st.floats(0, 50))
    repeats = draw(st.integers(1, 10))
    room_ms = max(pre_roll_min_s, LEAST_OUT_POINT_S) * 1000
    highest = min(10_000, int((room_ms - 1) / max(repeats - 1, 1)))
    return Contract(
        name="any",
        scte35_pid=draw(st.integers(0x10, 0x1FFE)),
        event_id_first=first,
        event_id_last=draw(st.integers(first, 0xFFFFFFFE)),
        pre_roll_min_s=pre_roll_min_s,
        pre_roll_default_s=draw(st.floats(pre_roll_min_s, 60)),
        repeats=repeats,
        repeat_interval_ms=draw(st.integers(100, highest)),
        duration_default_s=draw(st.floats(0.1, 86_400)),
        auto_return=draw(st.booleans()),
        unique_program_id=draw(st.none() | st.integers(0, 0xFFFF)),
    )


@given(contracts(), st.sampled_from(ExistingCues))
def test_the_options_that_follow_from_a_contract_keep_it(contract: Contract, existing: ExistingCues) -> None:
    options = options_for(contract, existing)
    assert options.existing is existing
    assert options.start_delay_ms > contract.pre_roll_min_s * 1000
    assert (options.inject_count - 1) * options.inject_interval_ms < options.start_delay_ms
    config = under_contract(StreamConfig(name="x", scte35=Scte35Options(existing=existing)), contract)
    assert lint_stream(config, None) == ()
    assert StreamConfig.model_validate_json(config.model_dump_json()) == config


def test_a_stream_without_a_contract_keeps_its_options_when_it_is_taken_away() -> None:
    config = under_contract(StreamConfig(name="x"), TEMPLATES[1])
    without = under_contract(config, None)
    assert without.contract is None
    assert without.scte35 == config.scte35


def test_a_contract_that_does_not_go_with_the_rest_of_the_stream_is_refused() -> None:
    config = StreamConfig(name="x", pmt=PmtEdits(remove_pids=(600,)))
    with pytest.raises(ConfigurationError, match=r"x under the contract b: .*remove_pids"):
        under_contract(config, Contract(name="b", scte35_pid=600))


def test_a_secret_of_the_stream_survives_its_contract() -> None:
    config = StreamConfig(name="x", output=parse_output("srt://host:9000?passphrase=0123456789"))
    assert under_contract(config, TEMPLATES[0]).output == config.output


def test_the_contract_of_the_field_is_among_the_templates() -> None:
    contract = find_template(TEMPLATES, "srt distributor")
    assert contract.srt is not None
    options = options_for(contract)
    assert (options.pid, options.event_id_first, options.break_duration_s) == (500, 100023, 600.0)
    assert (contract.srt.latency_min_ms, contract.video.height, contract.video.gop_frames) == (2000, 1080, 12)


def test_a_template_is_found_by_number_name_or_part_of_the_name() -> None:
    for number, contract in enumerate(TEMPLATES, 1):
        assert find_template(TEMPLATES, str(number)) is contract
        assert find_template(TEMPLATES, contract.name.upper()) is contract
    assert find_template(TEMPLATES, "fast").command.kind == "time_signal"
    with pytest.raises(ConfigurationError, match="more than one contract is named 'OTT'"):
        find_template(TEMPLATES, "OTT")
    with pytest.raises(ConfigurationError, match=r"no contract is named 'Mars'.*Generic"):
        find_template(TEMPLATES, "Mars")


def test_wrong_templates_are_refused_by_file_and_field(tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"
    with pytest.raises(StorageError, match=r"profiles\.json cannot be read"):
        load_templates(path)
    path.write_text(json.dumps({"version": 1, "contracts": [{"name": "a", "scte35_pid": 9000}]}))
    with pytest.raises(ConfigurationError, match=r"profiles\.json.*contracts\.0\.scte35_pid 9000"):
        load_templates(path)
    path.write_text(json.dumps({"version": 1, "contracts": [{"name": "a"}, {"name": "a"}]}))
    with pytest.raises(ConfigurationError, match="more than one contract named a"):
        load_templates(path)
