from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, TypeAdapter

from alarm_rig import capture
from ibe100.models.alarms.alarm import Severity
from ibe100.models.alarms.notification import NotificationTarget, NotificationTargets
from ibe100.models.alarms.settings import AlarmSettings, RuleChange
from ibe100.models.cues.contract import Contract, SrtTerms, TimeSignalCommand, VideoTerms
from ibe100.models.cues.recurrence import Every
from ibe100.models.cues.schedule import After, At, When
from ibe100.models.profile import Profile, StreamEntry
from ibe100.models.stored import (
    DamagedDocument,
    keep_unknown,
    not_known,
    not_understood,
    read_stored,
    write_stored,
)
from ibe100.models.stream_config import (
    ExistingCues,
    FileOutput,
    HlsInput,
    PmtEdits,
    Scte35Options,
    SrtInput,
    SrtOutput,
    StreamConfig,
    UdpInput,
)
from ibe100.services.streams.run_record import RunRecord

CONTRACT = Contract(
    name="Sports",
    command=TimeSignalCommand(upid_type=9),
    srt=SrtTerms(latency_min_ms=100),
    video=VideoTerms(codec="HEVC"),
    durations_s=(30.0, 60.0),
)
CONFIG = StreamConfig(
    name="Sport 1",
    input=UdpInput(host="239.1.1.1", port=5000),
    output=SrtOutput(port=9000),
    scte35=Scte35Options(existing=ExistingCues.REPLACE),
    contract=CONTRACT,
    pmt=PmtEdits(remove_pids=(600,)),
    return_feed=HlsInput(url="https://cdn.example/a.m3u8"),
)
SETTINGS = AlarmSettings(
    rules={"pat_error": RuleChange(severity=Severity.MAJOR, parameters={"per_s": 3})},
    streams={"one": {"pid_error": RuleChange(enabled=False)}},
)
VALUES = [
    CONFIG,
    CONTRACT,
    Profile(name="Evening", streams=(StreamEntry(stream_id="one", number=1, config=CONFIG),)),
    SETTINGS,
    NotificationTargets(targets=(NotificationTarget(target_id="a", name="Duty"),)),
    At(at=5.0),
    After(break_id=4, offset_s=1.0),
    Every(start=5.0, minutes=30.0),
    capture("tsduck_pattern").facts,
]


def with_news(item: Any) -> Any:
    """The document with a field of a newer version in each of its objects."""
    if isinstance(item, dict):
        return {**{name: with_news(inner) for name, inner in item.items()}, "news": {"a": [1, None]}}
    return [with_news(inner) for inner in item] if isinstance(item, list) else item


def document(value: BaseModel) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(write_stored(value))
    return written


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_fields_of_a_newer_version_are_kept_at_every_level(value: BaseModel) -> None:
    newer = {**with_news(document(value)), "version": 99}
    read = read_stored(type(value), json.dumps(newer))
    assert document(read) == newer
    assert {name: getattr(read, name) for name in type(value).model_fields if name == "name"} == {
        name: getattr(value, name) for name in type(value).model_fields if name == "name"
    }
    assert read_stored(type(value), write_stored(value)) == value


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_defaults_are_left_out(value: BaseModel) -> None:
    assert None not in document(value).values()


def test_a_stream_of_defaults_is_its_name_alone() -> None:
    assert document(StreamConfig(name="One")) == {"version": 1, "name": "One"}


def test_secrets_are_never_written() -> None:
    secret = SrtInput(host="h", port=9000, passphrase=SecretStr("0123456789"))
    assert b"passphrase" not in write_stored(StreamConfig(name="One", input=secret))


NEWER: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"input": {"kind": "ndi", "source": "studio"}}, ("input",)),
    ({"output": {"kind": "srt", "port": 9, "mode": "rendezvous"}}, ("output.mode",)),
    ({"scte35": {"pid": 600, "existing": "merge"}}, ("scte35.existing",)),
    ({"engine": "gpu"}, ("engine",)),
    (
        {"contract": {"name": "c", "command": {"kind": "new"}, "video": {"codec": "AV1"}}},
        ("contract.command", "contract.video.codec"),
    ),
]


@pytest.mark.parametrize(("fields", "unknown"), NEWER)
def test_a_value_of_a_newer_version_is_kept_and_named(
    fields: dict[str, Any], unknown: tuple[str, ...]
) -> None:
    stored = {"version": 1, "name": "One", **fields}
    config = read_stored(StreamConfig, json.dumps(stored))
    assert (config.name, not_understood(config)) == ("One", unknown)
    assert document(config) == stored
    renamed = keep_unknown(StreamConfig.model_validate({**config.model_dump(), "name": "Two"}), config)
    assert document(renamed) == {**stored, "name": "Two"}


def test_any_value_may_be_one_of_a_newer_version_when_the_document_says_so() -> None:
    stored = {"version": 2, "name": "One", "input": {"kind": "udp", "port": 0}}
    config = read_stored(StreamConfig, json.dumps(stored))
    assert not_understood(config) == ("input",)
    assert document(config) == stored


def test_in_a_list_only_the_value_that_is_not_understood_is_set_aside() -> None:
    entry = {"stream_id": "one", "number": 1, "config": {"name": "One", "engine": "gpu"}}
    stored = {"version": 1, "name": "Evening", "streams": [entry, {**entry, "number": 2}]}
    profile = read_stored(Profile, json.dumps(stored))
    assert [one.number for one in profile.streams] == [1, 2]
    assert not_understood(profile) == ("streams.0.config.engine", "streams.1.config.engine")
    assert document(profile) == stored


def test_an_edit_keeps_what_is_not_known_of_what_it_leaves_and_no_more() -> None:
    stored = with_news({**document(CONFIG), "scte35": {"existing": "merge"}, "engine": "gpu"})
    old = read_stored(StreamConfig, json.dumps(stored))
    edit = StreamConfig(
        name="Other",
        input=UdpInput(port=6000),
        output=FileOutput(path=Path("/tmp/a.ts")),
        scte35=Scte35Options(existing=ExistingCues.REFUSE),
    )
    edited = keep_unknown(edit, old)
    assert not_known(edited) == ("news", "input.news", "scte35.news", "pmt.news")
    assert not_understood(edited) == ("engine",)
    assert edited.model_dump() == edit.model_dump(), "what is not known is no part of the value"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ("{}", "name"),
        ('{"name": "x", "input": {"kind": "udp", "port": 0}}', "port 0"),
        ('{"name": 5, "engine": "gpu"}', "name 5"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_what_cannot_be_read_at_all_is_damaged(text: str, words: str) -> None:
    with pytest.raises(DamagedDocument, match=words):
        read_stored(StreamConfig, text)


def test_a_time_of_a_newer_kind_is_damaged_and_a_known_one_keeps_its_news() -> None:
    adapter: TypeAdapter[When] = TypeAdapter(When)
    with pytest.raises(DamagedDocument, match="kind"):
        read_stored(adapter, '{"kind": "never"}')
    at = read_stored(adapter, '{"kind": "at", "at": 5.0, "news": 1}')
    assert (at, not_known(at)) != (At(at=5.0), ())
    assert document(at) == {"version": 1, "kind": "at", "at": 5.0, "news": 1}


def test_facts_of_a_newer_version_are_adopted() -> None:
    facts = capture("tsduck_pattern").facts
    read = read_stored(RunRecord, json.dumps(with_news(document(facts))))
    assert (read.plan, read.ports, read.command) == (facts.plan, facts.ports, facts.command)
