import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.runner.processor_log.lines import (
    LINE_LIMIT,
    RAW_LIMIT,
    LineSplitter,
    LogLine,
    RateLimit,
    Redactor,
    parse_log_line,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "* Error: pmt: service id 0x0063 (99) not found in PAT",
            ("error", "pmt", "service id 0x0063 (99) not found in PAT"),
        ),
        (
            "* 2026/11/22 07:10:07 - tsp: user interrupt, terminating...",
            ("info", "tsp", "user interrupt, terminating..."),
        ),
        ("* 2026/11/22 07:10:07 - Warning: hls: slow", ("warning", "hls", "slow")),
        ("* Error: processor plugin bogus not found", ("error", "", "processor plugin bogus not found")),
        ("* Debug: spliceinject: queued", ("debug", "spliceinject", "queued")),
        ("[flv @ 0x55] something of ffmpeg's", ("info", "", "[flv @ 0x55] something of ffmpeg's")),
    ],
)
def test_tsp_lines_are_taken_apart(text: str, line: tuple[str, str, str]) -> None:
    assert parse_log_line(text) == LogLine(*line)


@given(
    st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=30)), st.integers(1, 7)
)
def test_lines_are_the_same_however_the_bytes_arrive(texts: list[str], piece: int) -> None:
    data = "".join(text + "\n" for text in texts).encode()
    splitter = LineSplitter()
    lines: list[bytes] = []
    for start in range(0, len(data), piece):
        lines += splitter.feed(data[start : start + piece])
    assert [line.decode() for line in lines] == texts
    assert splitter.end() == []


def test_a_partial_line_is_kept_until_its_rest_comes_or_the_end() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one\ntw") == [b"one"]
    assert splitter.feed(b"o\nthree") == [b"two"]
    assert splitter.end() == [b"three"]


def test_an_endless_line_is_bounded() -> None:
    splitter = LineSplitter()
    for _ in range(100):
        assert splitter.feed(b"x" * 10_000) == []
    (line,) = splitter.feed(b"\n")
    assert len(line) == RAW_LIMIT
    assert len(Redactor(())(line)) == LINE_LIMIT


def test_secrets_are_blotted_out_as_lines_and_as_values() -> None:
    redact = Redactor(["--passphrase=open sesame\n--token=abcd1234"])
    assert redact(b"srt: --passphrase=open sesame") == "srt: [secret]"
    assert redact(b"using abcd1234, 'open sesame'") == "using [secret], '[secret]'"


@given(st.integers(RAW_LIMIT - 40, RAW_LIMIT + 5))
def test_no_cut_leaves_a_part_of_a_secret(position: int) -> None:
    secret = "0123456789abcdefghij"
    splitter = LineSplitter()
    (raw,) = splitter.feed(b"x" * position + secret.encode() + b"y" * 100 + b"\n")
    assert "0123" not in Redactor([secret])(raw)


def test_many_secrets_that_shrink_do_not_pull_a_cut_one_into_view() -> None:
    secret = "s" * 100
    raw = LineSplitter().feed((secret * 60 + "\n").encode())[0]
    assert "s" * 20 not in Redactor([secret])(raw).replace("[secret]", "")


def test_the_rate_is_limited_and_the_drop_is_reported_in_the_next_second() -> None:
    reports: list[int] = []
    limit = RateLimit(3, reports.append)
    assert [limit.admits(10.0 + n / 10) for n in range(5)] == [True, True, True, False, False]
    assert reports == []
    assert limit.admits(11.0)
    assert reports == [2]
    limit.report_dropped()
    assert reports == [2]


def test_the_error_that_tsp_prints_at_every_end_is_none() -> None:
    line = "* Error: spliceinject: cannot find received data type, 0 bytes,  ..."
    assert parse_log_line(line).level == "info"
    assert parse_log_line("* Error: spliceinject: PID conflict").level == "error"
