"""Stream editor as data: untouched values are kept, and every field says rightly what is wrong."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le, Lt, MultipleOf
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from PyQt6.QtWidgets import QApplication

from fake_values import view
from ibe100.core.background_loop import BackgroundLoop
from ibe100.models.cues.contract import Contract
from ibe100.models.stream_config import SrtInput, StreamConfig, SwitchedInput, UdpInput
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.streams.editor.field_spec import Empty, FieldKind, FieldSpec
from ibe100.ui.streams.editor.fields import (
    GENERAL_FIELDS,
    INPUT,
    OUTPUT,
    RETURN_FEED,
    RETURN_WINDOW_FIELD,
    SECTIONS,
)
from ibe100.ui.streams.editor.stream_editor import StreamEditor

TEXTS = (
    "",
    "News 1",
    "0x1F",
    "10",
    "UTC",
    "true",
    "  spaced  ",
    "a.example",
    "239.1.1.1",
    "::1",
    "#!::r=news,m=publish",
    "https://user:word@a.example/live.m3u8?token=1",
    "rist://a.example:5000?cname=x",
    "/media/a file.ts",
    "/media/ends in a blank.ts ",
    "/media/live.m3u8",
    "correct horse battery",
)
"""Texts to try; a field takes those that it allows."""
FIRST_CONTRACT = Contract(name="OTT distributor", scte35_pid=500)


def values_of(annotation: Any, metadata: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """Any value that a field of this type allows by itself."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return values_of(inner, (*metadata, *more))
    metadata = tuple(
        part for info in metadata for part in (info.metadata if isinstance(info, FieldInfo) else (info,))
    )
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if get_origin(annotation) is tuple:
        return st.lists(values_of(get_args(annotation)[0]), max_size=3).map(tuple)
    if arguments := get_args(annotation):
        return st.one_of([values_of(argument, metadata) for argument in arguments])
    if annotation is type(None):
        return st.none()
    assert isinstance(annotation, type), f"{annotation}: say here how values of it are made"
    if annotation is Contract:
        return st.just(FIRST_CONTRACT)
    if issubclass(annotation, BaseModel):
        return models_of(annotation)
    if issubclass(annotation, enum.Enum):
        return st.sampled_from(annotation)
    if annotation is bool:
        return st.booleans()
    if annotation in (int, float):
        return numbers_of(annotation, metadata)
    assert annotation in (str, Path, SecretStr), f"{annotation}: say here how values of it are made"
    return st.sampled_from([text for text in TEXTS if is_allowed(annotation, metadata, text)])


def is_allowed(annotation: Any, metadata: Sequence[Any], value: object) -> bool:
    """True when a field of this type takes the value, as far as it is concerned alone."""
    allowed: Any = Annotated[(annotation, *metadata)] if metadata else annotation
    try:
        TypeAdapter(allowed).validate_python(value)
    except ValidationError:
        return False
    return True


def numbers_of(kind: type, metadata: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    least, most, step = -math.inf, math.inf, 1
    for part in metadata:
        least = (
            max(least, part.ge)
            if isinstance(part, Ge)
            else max(least, part.gt)
            if isinstance(part, Gt)
            else least
        )
        most = (
            min(most, part.le)
            if isinstance(part, Le)
            else min(most, part.lt)
            if isinstance(part, Lt)
            else most
        )
        step = part.multiple_of if isinstance(part, MultipleOf) else step
    if kind is int:
        return st.integers(int(least) // step, int(most) // step).map(lambda count: count * step)
    return st.floats(least, most, exclude_min=any(isinstance(part, Gt) for part in metadata))


@st.composite
def models_of(draw: st.DrawFn, model: type[BaseModel]) -> BaseModel:
    """Any value of a model, field by field: a new field is drawn without being named here."""
    values = {
        name: draw(values_of(info.annotation, tuple(info.metadata)))
        for name, info in model.model_fields.items()
    }
    try:
        return model.model_validate(values)
    except ValidationError:
        reject()


@pytest.fixture(scope="module")
def client() -> Iterator[ServiceClient]:
    """Client without services: the editor is filled and checked by itself."""
    background = BackgroundLoop()
    background.start()
    yield ServiceClient(background)
    background.stop(20)


ALL_FIELDS: tuple[FieldSpec, ...] = (
    *GENERAL_FIELDS,
    RETURN_WINDOW_FIELD,
    *(spec for _title, specs in SECTIONS for spec in specs),
    *(spec for side in (INPUT, OUTPUT, RETURN_FEED) for specs in side.fields.values() for spec in specs),
)


def field_of(spec: FieldSpec) -> list[FieldInfo]:
    """Fields of the model behind an editor's field; of an endpoint one for each kind that has it."""
    part, _, name = spec.key.partition(".")
    sides = {side.side: side for side in (INPUT, OUTPUT, RETURN_FEED)}
    if part in sides:
        side = sides[part]
        return [side.models[kind].model_fields[name] for kind, specs in side.fields.items() if spec in specs]
    info = StreamConfig.model_fields[part]
    if not name:
        return [info]
    assert isinstance(info.annotation, type)
    assert issubclass(info.annotation, BaseModel)
    return [info.annotation.model_fields[name]]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(config=models_of(StreamConfig))
def test_a_stream_saved_unchanged_is_the_same_stream(
    themed: QApplication, client: ServiceClient, config: StreamConfig
) -> None:
    editor = StreamEditor(client, view(1, "News", config=config))
    assert editor.check() == config
    editor.deleteLater()


def test_a_field_without_an_editor_keeps_its_value_when_another_is_changed(
    themed: QApplication, client: ServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibe100.ui.streams.editor.stream_editor.SECTIONS", ())
    config = StreamConfig(name="News", return_window_s=60, stuffing_ratio=0.5)
    editor = StreamEditor(client, view(1, "News", config=config))
    editor.name.set_value("Sport")
    assert editor.check() == config.model_copy(update={"name": "Sport"})


def test_a_number_that_is_not_touched_keeps_all_its_digits(
    themed: QApplication, client: ServiceClient
) -> None:
    config = StreamConfig(name="News", stuffing_ratio=0.123456789)
    editor = StreamEditor(client, view(1, "News", config=config))
    assert editor.field("stuffing_ratio").value() == "0.123456789"
    editor.field("stuffing_ratio").set_value("0.25")
    changed = editor.check()
    assert changed is not None
    assert changed.stuffing_ratio == 0.25


@pytest.mark.parametrize("spec", ALL_FIELDS, ids=lambda spec: spec.key)
def test_what_an_empty_field_stands_for_is_what_the_model_says(spec: FieldSpec) -> None:
    for info in field_of(spec) if spec.kind is not FieldKind.ADDRESS else ():
        if spec.kind is FieldKind.CHOICE:
            assert all(is_allowed(info.annotation, info.metadata, value) for value, _words in spec.choices)
        elif spec.kind is FieldKind.SWITCH:
            assert info.annotation is bool
        elif spec.empty is Empty.NEEDED:
            assert not is_allowed(info.annotation, info.metadata, None)
        else:
            assert is_allowed(info.annotation, info.metadata, spec.value(""))


def test_backups_are_added_to_an_input_and_each_wrong_address_is_told_at_its_place(
    themed: QApplication, client: ServiceClient
) -> None:
    main = UdpInput(port=5000, receive_timeout_ms=700)
    editor = StreamEditor(client, view(1, "News", config=StreamConfig(name="News", input=main)))
    editor.input.kind.set_value("switched")
    editor.input.kind.changed.emit()
    assert editor.field("input.inputs.0").value() == "udp://:5000"
    assert editor.check() is None
    assert editor.field("input.inputs.1").fault.text() == "▲ Backup is needed"
    editor.field("input.inputs.1").set_value("gopher://a.example")
    assert editor.check() is None
    assert "gopher:// is not known" in editor.field("input.inputs.1").fault.text()
    editor.field("input.inputs.1").set_value("srt://a.example:9000")
    editor.field("input.loss_ms").set_value("500")
    changed = editor.check()
    assert changed is not None
    backup = SrtInput(host="a.example", port=9000)
    assert changed.input == SwitchedInput(inputs=(main, backup), loss_ms=500)


def test_limits_of_length_are_said_in_characters(themed: QApplication, client: ServiceClient) -> None:
    editor = StreamEditor(client, None)
    for text, words in (("", "▲ Name is needed"), ("x" * 81, "▲ Name should have at most 80 characters")):
        editor.name.set_value(text)
        assert editor.check() is None
        assert editor.name.fault.text() == words
    editor.name.set_value("News")
    editor.input.kind.set_value("srt")
    editor.field("input.latency_ms").set_value("9000")
    editor.check()
    assert editor.field("input.latency_ms").fault.text() == "▲ Latency must be at most 8000 ms"
    assert editor.field("input.host").fault.text() == "needed by a caller"
    editor.field("input.latency_ms").set_value("200")
    editor.field("input.port").set_value("9000")
    editor.check()
    assert editor.field("input.host").fault.text() == "▲ Host is needed by an SRT caller"
