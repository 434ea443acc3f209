"""Ports and addresses that two streams cannot share, by the field in which one is corrected."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.models.endpoints.parse import parse_input, parse_output
from ibe100.models.stream_config import StreamConfig, TestPatternInput, UdpOutput
from ibe100.services.streams.changes.copies import copy_of, free_name
from ibe100.services.streams.changes.port_clash import port_clashes


def stream(name: str, source: str = "test", target: str = "none") -> StreamConfig:
    return StreamConfig(name=name, input=parse_input(source), output=parse_output(target))


@pytest.mark.parametrize(
    ("mine", "theirs", "field"),
    [
        (("udp://:5000", "none"), ("udp://:5000", "none"), "input.port"),
        (("udp://127.0.0.1:5000", "none"), ("udp://:5000", "none"), "input.port"),
        (("srt://:5000", "none"), ("udp://:5000", "none"), "input.port"),
        (("test", "srt://:9000"), ("srt://:9000", "none"), "output.port"),
        (("rist://@:6000", "none"), ("rist://0.0.0.0:6000", "none"), "input.url"),
        (("test", "udp://239.1.1.1:5000"), ("test", "rtp://239.1.1.1:5000"), "output.port"),
        (("test", "udp://10.0.0.9:5000"), ("test", "udp://10.0.0.9:5000"), "output.port"),
    ],
)
def test_a_place_of_another_stream_is_refused_by_its_field_and_name(
    mine: tuple[str, str], theirs: tuple[str, str], field: str
) -> None:
    clashes = port_clashes(stream("Mine", *mine), [stream("News", *theirs)])
    assert [clash.field for clash in clashes] == [field]
    assert "News" in clashes[0].words


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (("udp://239.1.1.1:5000", "none"), ("udp://239.1.1.1:5000", "none")),
        (("udp://127.0.0.1:5000", "none"), ("udp://127.0.0.2:5000", "none")),
        (("srt://a.example:9000", "none"), ("srt://a.example:9000", "none")),
        (("udp://:5000", "none"), ("test", "udp://127.0.0.1:5000")),
        (("test", "udp://239.1.1.1:5000"), ("test", "udp://239.1.1.2:5000")),
        (("rist://a.example:6000", "none"), ("rist://@:6000", "none")),
    ],
)
def test_what_two_streams_can_share_is_no_clash(mine: tuple[str, str], theirs: tuple[str, str]) -> None:
    assert port_clashes(stream("Mine", *mine), [stream("News", *theirs)]) == ()


def test_a_copy_has_a_name_ports_and_files_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "out-2.ts").touch()
    first = stream("Sport", "udp://:5000", "srt://:5001")
    second = stream("Sport copy", "udp://:5002")
    copied = copy_of(first, [first, second])
    assert copied.name == "Sport copy 2"
    assert port_clashes(copied, [first, second]) == ()
    recorder = stream("Recorder", "test", f"{tmp_path}/out.ts")
    taken = stream("Other", "test", f"{tmp_path}/out-2.ts")
    assert copy_of(recorder, [recorder, taken]).output == parse_output(f"{tmp_path}/out-3.ts")


def test_a_copy_of_a_sender_to_a_group_sends_to_another_port() -> None:
    first = stream("Sport", "test", "udp://239.1.1.1:65535")
    assert isinstance(copy_of(first, [first]).output, UdpOutput)
    assert port_clashes(copy_of(first, [first]), [first]) == ()
    assert isinstance(copy_of(first, [first]).input, TestPatternInput)


def test_a_copied_name_stays_within_its_length() -> None:
    taken = {"x" * 80, f"{'x' * 75} copy"}
    assert free_name("x" * 80, taken) == f"{'x' * 73} copy 2"
