"""Parsers of what others write: two seconds of damaged inputs, and each input that once got through."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator

import pytest

from hostile_inputs import Parser, attack, damaged, parsers

PARSERS = parsers()
SECONDS = 2.0
MOST_S = 5.0
FOUND = [
    ("playlist", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=" + b"9" * 5000 + b"\nv.m3u8\n"),
    ("playlist", b"#EXTM3U\n#EXT-X-STREAM-INF:RESOLUTION=" + b"9" * 5000 + b"x1\nv.m3u8\n"),
    ("playlist", b"#EXTM3U\n#EXT-X-KEY:" + b"a" * 200_000),
    ("playlist", b"#EXTM3U\n#EXT-X-KEY:" + b" " * 200_000),
    ("preview report", b"[" * 100_000),
    ("preview report", b'{"report":"levels","momentary_lufs":1.0,"true_peaks_dbtp":[' + b"9" * 400 + b"]}"),
    ("settings", b"[" * 100_000),
    ("sound levels", b"t: 1.0 M: -1..8 S:-120.7 FTPK: -18 dBFS"),
    ("playlist", b'#EXTM3U\n#EXT-X-DEFINE:NAME="a",VALUE="' + b"x" * 100_000 + b'"\n' + b"{$a}\n" * 100_000),
]
"""Parsers and inputs that they did not meet as they declare."""


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Nothing is logged: a report could not carry what is no text."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", PARSERS)
def test_damaged_inputs_end_in_a_value_or_a_declared_error(name: str) -> None:
    parser, chance = PARSERS[name], random.Random(name)
    end_s = time.process_time() + SECONDS / len(PARSERS)
    for good in parser.good:
        attack(parser, good, MOST_S)
    while time.process_time() < end_s:
        attack(parser, damaged(parser.good, chance), MOST_S)


@pytest.mark.parametrize("name", PARSERS)
def test_a_good_input_is_understood(name: str) -> None:
    parser = PARSERS[name]
    strict = Parser(parser.read, parser.good)
    assert any(_is_read(strict, good) for good in parser.good)


def _is_read(parser: Parser, data: bytes) -> bool:
    try:
        parser.read(data)
    except Exception:  # noqa: BLE001 - any of them means that it is not
        return False
    return True


@pytest.mark.parametrize(("name", "data"), FOUND, ids=map(str, range(len(FOUND))))
def test_what_got_through_once_does_so_no_more(name: str, data: bytes) -> None:
    attack(PARSERS[name], data, MOST_S)
