"""What a processor says when it gives up, as an operator reads it."""

import pytest

from ibe100.tsduck.fault_words import in_words

TIMEOUT = "error receiving from UDP socket: Resource temporarily unavailable"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (f"exit 1: ip: {TIMEOUT}", "exit 1: nothing arrived on the input"),
        (TIMEOUT, "nothing arrived on the input"),
        ("srt: connection refused", "srt: connection refused"),
        ("", ""),
    ],
)
def test_a_time_out_of_the_input_is_told_as_silence(said: str, read: str) -> None:
    assert in_words(said) == read
