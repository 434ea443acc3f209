"""A stream that is wrong cannot be built, and the error names the field, the value and what is allowed."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ibe100.models.base import build, describe_error
from ibe100.models.endpoints.urls import may_hold_secret, public_url, short_url
from ibe100.models.errors import ConfigurationError
from ibe100.models.profile import Profile
from ibe100.models.stream_config import StreamConfig, describe_input, describe_output
from tsduck_cases import INPUTS, OUTPUTS, Case, stream

UDP = {"kind": "udp", "port": 5000}
SRT = {"kind": "srt", "host": "h", "port": 9000}
SLATE = {"kind": "file", "path": "/media/slate.ts", "loop": False}
SWITCHED = {"kind": "switched", "inputs": [UDP, {"kind": "udp", "port": 5002}]}


def refused(**fields: Any) -> str:
    """The words with which a stream of these fields is refused."""
    with pytest.raises(ConfigurationError) as caught:
        build(StreamConfig, {"name": "One", **fields}, "stream One")
    text = str(caught.value)
    assert text.startswith("stream One: ")
    return text.removeprefix("stream One: ")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, ["name ''", "at least 1 character"]),
        ({"name": "a" * 81}, ["name 'aaa", "at most 80 characters"]),
        ({"name": "a\nb"}, ["name 'a\\nb'", "control characters and line ends are not allowed"]),
        ({"nmae": "x"}, ["nmae: ", "not permitted"]),
        (
            {"input": SWITCHED | {"inputs": [UDP]}},
            ["input.switched.inputs: a list should have at least 2 items, not 1"],
        ),
        ({"input": SWITCHED | {"inputs": [UDP, UDP]}}, ["two of them listen on port 5000"]),
        ({"input": SWITCHED | {"inputs": [UDP, SLATE]}}, ["the file of input 2 has to be played for ever"]),
        (
            {"input": SWITCHED, "output": UDP | {"host": "127.0.0.1", "port": 5002}},
            ["output.port 5002 is where the input listens"],
        ),
        ({"input": SWITCHED, "return_feed": UDP}, ["return_feed.port 5000 is where the input listens"]),
        ({"service_id": 0}, ["service_id 0", "greater than or equal to 1"]),
        ({"service_id": 70000}, ["service_id 70000", "less than or equal to 65535"]),
        ({"stuffing_ratio": 1.5}, ["stuffing_ratio 1.5", "less than or equal to 1"]),
        ({"engine": "tsp"}, ["engine 'tsp'", "'auto', 'tsduck' or 'builtin'"]),
        ({"input": {"kind": "dvb"}}, ["input", "'dvb'", "'test_pattern', 'file', 'udp', 'srt'"]),
        ({"input": {"kind": "udp"}}, ["input.udp.port", "required"]),
        ({"input": {"kind": "udp", "port": 0}}, ["input.udp.port 0", "greater than or equal to 1"]),
        ({"input": {"kind": "udp", "port": 65536}}, ["input.udp.port 65536", "less than or equal to 65535"]),
        (
            {"input": {**UDP, "host": "10.0.0.1"}},
            ["input.udp: host 10.0.0.1", "not a multicast group", "empty"],
        ),
        ({"input": {**UDP, "source": "10.0.0.1"}}, ["input.udp: source", "multicast host only"]),
        (
            {"input": {**UDP, "receive_timeout_ms": 5}},
            ["receive_timeout_ms 5", "greater than or equal to 100"],
        ),
        ({"input": {**SRT, "host": None}}, ["input.srt: host is needed by an SRT caller"]),
        (
            {"input": {**SRT, "host": "-x"}},
            ["input.srt.host '-x'", "must be a host name or an IP address"],
        ),
        ({"input": {**SRT, "host": "h:9000"}}, ["input.srt.host 'h:9000'", "without a port"]),
        ({"input": {**SRT, "host": "a b"}}, ["input.srt.host 'a b'", "letters, digits"]),
        ({"input": {**SRT, "latency_ms": 19}}, ["input.srt.latency_ms 19", "greater than or equal to 20"]),
        ({"input": {**SRT, "stream_id": "x" * 513}}, ["input.srt.stream_id", "at most 512"]),
        ({"input": {**SRT, "mode": "rendezvous"}}, ["input.srt.mode 'rendezvous'", "'caller' or 'listener'"]),
        (
            {"input": {"kind": "hls", "url": "ftp://h/x"}},
            ["input.hls.url 'ftp://h/x'", "http://host or https://"],
        ),
        ({"input": {"kind": "http", "url": "http://h:x/"}}, ["input.http.url", "no host and port"]),
        ({"input": {"kind": "http", "url": "http:///x"}}, ["input.http.url", "http://host"]),
        ({"input": {"kind": "http", "url": "http://h/a b"}}, ["input.http.url", "no blanks"]),
        ({"input": {"kind": "rist", "url": "rist:x"}}, ["input.rist.url 'rist:x'", "rist://host"]),
        ({"input": {"kind": "file", "path": ""}}, ["input.file.path", "the path of a file is needed"]),
        ({"input": {"kind": "file", "path": "/a\n-O"}}, ["input.file.path", "line ends are not allowed"]),
        ({"input": {"kind": "file", "path": "~nobody-at-all/x"}}, ["~nobody-at-all is no home folder"]),
        ({"input": {"kind": "test_pattern", "width": 641}}, ["width 641", "multiple of 2"]),
        ({"output": {"kind": "hls", "playlist": "/x/live.ts"}}, ["output.hls.playlist", "ends in .m3u8"]),
        ({"output": {"kind": "udp", "port": 5000}}, ["output.udp.host", "required"]),
        ({"output": {**SRT, "mode": "caller", "host": None}}, ["output.srt: host is needed"]),
        ({"scte35": {"pid": 15}}, ["scte35.pid 15", "greater than or equal to 16"]),
        ({"scte35": {"pid": "5oo"}}, ["scte35.pid '5oo': this is no number"]),
        ({"scte35": {"pid": 0x1FFF}}, ["scte35.pid 8191", "less than or equal to 8190"]),
        ({"scte35": {"start_delay_ms": 2000}}, ["scte35.start_delay_ms 2000", "4000"]),
        ({"scte35": {"inject_count": 10}}, ["scte35: the last repeat would come after the splice"]),
        ({"scte35": {"event_id_first": 9, "event_id_last": 8}}, ["event_id_last is below event_id_first"]),
        ({"pmt": {"remove_pids": [500]}}, ["pmt.remove_pids holds scte35.pid 500"]),
        ({"pmt": {"remove_pids": [8191]}}, ["pmt.remove_pids.0 8191", "less than or equal to 8190"]),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_named_with_its_value_and_what_is_allowed(
    fields: dict[str, Any], words: list[str]
) -> None:
    text = refused(**fields)
    for word in words:
        assert word in text
    assert "Value error" not in text


def test_every_fault_is_named_at_once() -> None:
    text = refused(name="", input={"kind": "udp", "port": 0}, scte35={"pid": 3})
    assert [word in text for word in ("name ''", "input.udp.port 0", "scte35.pid 3")] == [True] * 3


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (
            {"kind": "file", "path": "/a/x.ts"},
            {"kind": "file", "path": "/a/b/../x.ts"},
            "is the input file itself",
        ),
        (
            UDP,
            {"kind": "udp", "host": "127.0.0.1", "port": 5000},
            "output.port 5000 is where the input listens",
        ),
        (
            UDP,
            {"kind": "udp", "host": "localhost", "port": 5000},
            "output.port 5000 is where the input listens",
        ),
        (
            {**UDP, "host": "239.1.1.1"},
            {"kind": "udp", "host": "239.1.1.1", "port": 5000},
            "output.port 5000 is where the input listens",
        ),
        ({**SRT, "mode": "listener"}, {"kind": "srt", "port": 9000}, "output.port 9000 is where the input"),
        (
            {**SRT, "mode": "listener", "host": "127.0.0.1"},
            {"kind": "udp", "host": "127.0.0.1", "port": 9000},
            "output.port 9000 is where the input listens",
        ),
    ],
)
def test_a_stream_cannot_feed_itself(source: dict[str, Any], target: dict[str, Any], words: str) -> None:
    assert words in refused(input=source, output=target)


def test_a_stream_may_be_sent_on_at_the_same_port_elsewhere() -> None:
    stream(UDP, {"kind": "udp", "host": "10.0.0.9", "port": 5000})
    stream({**SRT, "mode": "listener"}, {"kind": "udp", "host": "10.0.0.9", "port": 9000})
    stream({**UDP, "host": "239.1.1.1"}, {"kind": "udp", "host": "239.2.2.2", "port": 5000})
    stream(SRT, {"kind": "srt", "port": 9000})


@pytest.mark.parametrize("passphrase", ["short one", "x" * 80, "ü" * 40, "0123456789\n--x", "01234\x8556789"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_a_wrong_passphrase_is_not_repeated(passphrase: str, side: str) -> None:
    values = {"name": "One", side: {**SRT, "passphrase": passphrase}}
    with pytest.raises(ValidationError) as caught:
        StreamConfig.model_validate(values)
    words = describe_error(caught.value)
    assert f"{side}.srt.passphrase: " in words
    for text in (words, str(caught.value), repr(caught.value)):
        assert passphrase not in text
        assert passphrase[:9] not in text


def test_a_passphrase_beside_another_fault_is_not_repeated() -> None:
    for fields in ({"port": 0}, {"host": None}, {"nonsense": 1}, {"kind": "nonsense"}):
        assert "s3cret" not in refused(input={**SRT, "passphrase": "s3cret passphrase", **fields})


@pytest.mark.parametrize("size", [10, 79])
def test_a_passphrase_of_10_to_79_bytes_is_kept_as_it_is(size: int) -> None:
    text = ("x " * size)[: size - 1] + "x"
    config = stream({**SRT, "passphrase": text})
    assert config.input.kind == "srt" and config.input.passphrase is not None
    assert config.input.passphrase.get_secret_value() == text


def test_a_wrong_url_is_repeated_without_its_secrets() -> None:
    text = refused(input={"kind": "hls", "url": "ftp://user:hunter22@h/x?token=abcdef"})
    assert "'ftp://********@h/x?********'" in text
    assert "hunter22" not in text and "abcdef" not in text


def test_a_value_that_is_very_long_is_cut() -> None:
    assert len(refused(engine="x" * 100_000)) < 400


def test_ipv6_hosts_lose_their_brackets() -> None:
    assert stream({**SRT, "host": "[2001:DB8::1]"}).input.model_dump()["host"] == "2001:db8::1"


def test_a_stream_is_frozen() -> None:
    with pytest.raises(ValidationError):
        stream().name = "Two"  # type: ignore[misc]


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS], ids=str)
def test_a_stream_comes_back_from_json_with_all_but_its_secrets(case: Case) -> None:
    config = stream(case.values) if case in INPUTS else stream(None, case.values)
    text = config.model_dump_json()
    assert "s3cret" not in text
    values = {
        side: {**getattr(config, side).model_dump(exclude={"passphrase"})} for side in ("input", "output")
    }
    back = StreamConfig.model_validate_json(text.replace('"passphrase":"**********"', '"passphrase":null'))
    for side, expected in values.items():
        assert getattr(back, side).model_dump(exclude={"passphrase"}) == expected


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS], ids=str)
def test_a_list_row_shows_no_secret(case: Case) -> None:
    if case in INPUTS:
        text = describe_input(stream(case.values).input)
    else:
        text = describe_output(stream(None, case.values).output)
    assert text
    for secret in ("s3cret", "hunter22", "token", "x" * 20, "?", "********"):
        assert secret not in text


def test_a_relative_path_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert stream({"kind": "file", "path": "a.ts"}).input.model_dump()["path"] == tmp_path / "a.ts"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert stream({"kind": "file", "path": "~/a.ts"}).input.model_dump()["path"] == tmp_path / "a.ts"


@pytest.mark.parametrize("stream_id", ["", "UP", "../x", "a b", "-x", "a" * 41])
def test_the_id_of_a_stream_is_a_safe_folder_name(stream_id: str) -> None:
    entry = {"stream_id": stream_id, "number": 1, "config": {"name": "x"}}
    with pytest.raises(ConfigurationError, match=r"profile: streams\.0\.stream_id"):
        build(Profile, {"name": "p", "streams": [entry]}, "profile")


@pytest.mark.parametrize(
    ("url", "public", "short"),
    [
        ("http://h/x", "http://h/x", "http://h/x"),
        ("http://h/x?a=b", "http://h/x?********", "http://h/x"),
        ("http://u:p@h:1/x@y?a", "http://********@h:1/x@y?********", "http://h:1/x@y"),
        ("rist://@:5000", "rist://@:5000", "rist://@:5000"),
        ("srt://:9000?streamid=#!::r=x", "srt://:9000?********", "srt://:9000"),
        ("/a file?.ts", "/a file?.ts", "/a file?.ts"),
        ("C:\\x?y", "C:\\x?y", "C:\\x?y"),
    ],
)
def test_the_secrets_of_a_url(url: str, public: str, short: str) -> None:
    assert (public_url(url), short_url(url), may_hold_secret(url)) == (public, short, url != short)


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_user_and_no_query_is_left_in_a_public_url(user: str, query: str) -> None:
    safe_user = "".join(c for c in user if c not in "/?#") + "s3cret"
    shown = public_url(f"http://{safe_user}@h/x?{query}")
    assert shown == "http://********@h/x?********"
