"""Addresses that are pasted, dropped or typed: how they are read, and what the form then holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QUrl
from PyQt6.QtWidgets import QApplication

from ibe100.models.endpoints.parse import parse_input
from ibe100.models.errors import ConfigurationError
from ibe100.ui.streams.editor.address_field import dropped_text
from ibe100.ui.streams.editor.address_words import is_address, masked, name_for, read_address, reading
from ibe100.ui.streams.editor.endpoint_form import EndpointForm
from ibe100.ui.streams.editor.fields import INPUT, OUTPUT, RETURN_FEED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "srt://10.20.4.12:9000?latency=250&streamid=sport1&passphrase=correct+horse+battery",
            "Read as SRT, host 10.20.4.12, port 9000, latency 250 ms, stream id sport1, with its passphrase.",
        ),
        ("srt://:9000", "Read as SRT, mode listener, port 9000."),
        (
            "udp://10.0.0.1@239.1.1.1:5000",
            "Read as UDP / RTP, multicast group 239.1.1.1, port 5000, only from 10.0.0.1.",
        ),
        (
            "  'rist://10.20.9.40:6000'  ",
            "Read as RIST, URL rist://10.20.9.40:6000.",
        ),
        ("https://cdn.example/live/index.m3u8#best", "Read as HLS, URL https://cdn.example/live/index.m3u8,"),
        ("hls+https://cdn.example/live", "Read as HLS, URL https://cdn.example/live."),
        ("http://a.example/s.ts", "Read as HTTP, URL http://a.example/s.ts."),
        ("/media/a file.ts", "Read as File, file /media/a file.ts."),
        ("udp://:5000\nudp://:5001\n", "1 more line left out: an end has one address."),
        ("udp://:5000?fifo_size=9", "Udp://: fifo_size passed over"),
    ],
)
def test_an_address_is_said_as_it_was_read(text: str, words: str) -> None:
    assert words in reading(read_address(text, "input"), INPUT, text)


@pytest.mark.parametrize(
    ("text", "side", "words"),
    [
        ("10.0.0.1:5000", "input", r"Write srt://10\.0\.0\.1:5000"),
        ("hello there", "input", "No address can be read from it"),
        ("srt://h", "input", "a port is missing"),
        ("gopher://h:1", "input", "gopher:// is not known"),
        ("http://h/a.ts", "output", "http:// is not known"),
        ("test://", "return_feed", "no return feed"),
    ],
)
def test_what_cannot_be_read_says_how_it_is_written(text: str, side: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read_address(text, side)


def test_no_secret_stays_on_screen() -> None:
    secret = "srt://h:9000?passphrase=correct horse battery&latency=200"
    assert masked(secret) == "srt://h:9000?passphrase=••••&latency=200"
    for text in ("https://user:word@h/a.m3u8?token=s3cret", "rist://h:5000?secret=s3cret"):
        assert "s3cret" not in masked(text)
        assert "s3cret" not in reading(read_address(text, "input"), INPUT, text)


def test_a_name_is_suggested_by_what_the_address_says() -> None:
    names = {
        "srt://h:9000?streamid=#!::r=news,m=request": "news",
        "srt://h:9000": "SRT h 9000",
        "/media/Sport 1.ts": "Sport 1",
        "udp://239.1.1.1:5000": "UDP 239.1.1.1 5000",
        "https://user@cdn.example/live.m3u8": "HLS cdn.example",
    }
    assert {text: name_for(parse_input(text)) for text in names} == names


@pytest.mark.parametrize(("text", "expected"), [("srt://h:9000", True), ("F9", False), ("a/b.csv", False)])
def test_only_an_address_is_pasted_onto_the_window(text: str, expected: bool) -> None:
    assert is_address(text) is expected


def test_the_form_is_filled_from_the_address_and_the_passphrase_goes_into_its_field(
    themed: QApplication,
) -> None:
    form = EndpointForm(INPUT)
    form.address.take("srt://10.0.0.1:9000?latency=250&passphrase=correct horse battery")
    shown = {field.spec.key: field.value() for field in form.fields()}
    assert shown["input.kind"] == "srt"
    assert (shown["input.host"], shown["input.port"], shown["input.latency_ms"]) == (
        "10.0.0.1",
        "9000",
        "250",
    )
    assert shown["input.passphrase"] == "correct horse battery"
    assert "correct" not in form.address.line.text()
    form.address.take("nothing of it")
    assert form.address.words.text().startswith("▲ No address can be read from it")
    assert form.kind.value() == "srt"


def test_what_is_typed_is_read_with_enter_and_what_is_pasted_at_once(themed: QApplication) -> None:
    form = EndpointForm(OUTPUT)
    taken: list[object] = []
    form.address_taken.connect(taken.append)
    line = form.address.line
    for letter in "udp://10.0.0.9:5000":
        line.insert(letter)
        line.textEdited.emit(line.text())
    assert not taken
    line.editingFinished.emit()
    assert len(taken) == 1
    line.setText("srt://:9000")
    line.textEdited.emit(line.text())
    assert form.kind.value() == "srt"
    line.editingFinished.emit()
    assert len(taken) == 2


def test_a_file_that_is_dropped_is_its_path(tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a b.ts"))])
    assert dropped_text(data) == str(tmp_path / "a b.ts")
    data = QMimeData()
    data.setText("\n srt://h:9000 \n")
    assert dropped_text(data) == "srt://h:9000"
    assert read_address(str(tmp_path / "a.ts"), RETURN_FEED.side)
