"""Inputs and outputs as they are written on a command line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.endpoints.parse import parse_input, parse_output
from ibe100.models.endpoints.queries import passed_over
from ibe100.models.errors import ConfigurationError
from ibe100.models.stream_config import StreamConfig

PASSPHRASE = "s3cret+pass/phrase"


def values(endpoint: Any) -> dict[str, Any]:
    """The fields that differ from their defaults, and the kind."""
    found = {"kind": endpoint.kind, **endpoint.model_dump(exclude_defaults=True)}
    if found.get("passphrase") is not None:
        found["passphrase"] = endpoint.passphrase.get_secret_value()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"kind": "test_pattern"}),
        ("test", {"kind": "test_pattern"}),
        ("test://", {"kind": "test_pattern"}),
        ("/media/a b.ts", {"kind": "file", "path": Path("/media/a b.ts")}),
        ("/media/a?b#c.ts", {"kind": "file", "path": Path("/media/a?b#c.ts")}),
        ("file:///media/a%20b.ts", {"kind": "file", "path": Path("/media/a b.ts")}),
        ("file://localhost/media/a.ts", {"kind": "file", "path": Path("/media/a.ts")}),
        ("udp://:5000", {"kind": "udp", "port": 5000}),
        ("udp://@:5000", {"kind": "udp", "port": 5000}),
        ("udp://0.0.0.0:5000", {"kind": "udp", "port": 5000}),
        ("UDP://127.0.0.1:5000", {"kind": "udp", "port": 5000, "local_address": "127.0.0.1"}),
        ("udp://localhost:5000", {"kind": "udp", "port": 5000, "local_address": "localhost"}),
        ("udp://[::1]:5000", {"kind": "udp", "port": 5000, "local_address": "::1"}),
        ("udp://:5000?localaddr=10.0.0.5", {"kind": "udp", "port": 5000, "local_address": "10.0.0.5"}),
        ("rtp://239.1.1.1:5000", {"kind": "udp", "host": "239.1.1.1", "port": 5000}),
        ("udp://@239.1.1.1:5000", {"kind": "udp", "host": "239.1.1.1", "port": 5000}),
        ("udp://[ff0e::1]:5000", {"kind": "udp", "host": "ff0e::1", "port": 5000}),
        (
            "udp://10.0.0.1@232.1.1.1:5000?localaddr=10.0.0.5",
            {
                "kind": "udp",
                "host": "232.1.1.1",
                "port": 5000,
                "source": "10.0.0.1",
                "local_address": "10.0.0.5",
            },
        ),
        ("srt://example.com:9000", {"kind": "srt", "host": "example.com", "port": 9000}),
        ("srt://[2001:db8::1]:9000", {"kind": "srt", "host": "2001:db8::1", "port": 9000}),
        ("srt://:9000", {"kind": "srt", "mode": "listener", "port": 9000}),
        (
            "srt://10.0.0.5:9000?mode=listener&latency=500",
            {"kind": "srt", "mode": "listener", "host": "10.0.0.5", "port": 9000, "latency_ms": 500},
        ),
        (
            f"srt://h:9000?streamid=#!::r=name,m=publish&passphrase={PASSPHRASE}",
            {
                "kind": "srt",
                "host": "h",
                "port": 9000,
                "stream_id": "#!::r=name,m=publish",
                "passphrase": PASSPHRASE,
            },
        ),
        (
            "srt://h:9000?streamid=%23%21%3A%3Ar%3Dname",
            {"kind": "srt", "host": "h", "port": 9000, "stream_id": "#!::r=name"},
        ),
        ("rist://10.0.0.1:7000?buffer=1000", {"kind": "rist", "url": "rist://10.0.0.1:7000?buffer=1000"}),
        ("rist://@:7000", {"kind": "rist", "url": "rist://@:7000"}),
        ("http://h/a.ts", {"kind": "http", "url": "http://h/a.ts"}),
        ("https://h/a.M3U8?t=1", {"kind": "hls", "url": "https://h/a.M3U8?t=1"}),
        ("http://h/a.ts?list=a.m3u8", {"kind": "http", "url": "http://h/a.ts?list=a.m3u8"}),
        ("hls+http://h/live/manifest?a=1", {"kind": "hls", "url": "http://h/live/manifest?a=1"}),
        ("HLS+https://h/list.m3u", {"kind": "hls", "url": "https://h/list.m3u"}),
        (" udp://:5000\n", {"kind": "udp", "port": 5000}),
        (" /media/a.ts", {"kind": "file", "path": Path("/media/a.ts")}),
        (" ", {"kind": "test_pattern"}),
        ("udp://:5000?pkt_size=1316&fifo_size=1000000&reuse=1", {"kind": "udp", "port": 5000}),
        (
            "udp://232.1.1.1:5000?sources=10.0.0.1&reuse=1",
            {"kind": "udp", "host": "232.1.1.1", "port": 5000, "source": "10.0.0.1"},
        ),
        (
            "srt://h:9000?transtype=live&pbkeylen=16&latency=200&pkt_size=1316",
            {"kind": "srt", "host": "h", "port": 9000, "latency_ms": 200},
        ),
        ("http://h/list.m3u", {"kind": "hls", "url": "http://h/list.m3u"}),
        ("hls+http://h/live/manifest", {"kind": "hls", "url": "http://h/live/manifest"}),
        ("hls+https://h:1/p?format=m3u8", {"kind": "hls", "url": "https://h:1/p?format=m3u8"}),
        ("https://h/a.m3u8#best", {"kind": "hls", "url": "https://h/a.m3u8", "variant": "best"}),
        (
            "hls+http://h/a?t=1#worst&height=720&bandwidth=3000000",
            {
                "kind": "hls",
                "url": "http://h/a?t=1",
                "variant": "worst",
                "max_height": 720,
                "max_bitrate_bps": 3_000_000,
            },
        ),
    ],
)
def test_inputs(text: str, expected: dict[str, Any]) -> None:
    assert values(parse_input(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"kind": "none"}),
        ("none", {"kind": "none"}),
        ("/out/a.ts", {"kind": "file", "path": Path("/out/a.ts")}),
        ("file:///out/a.ts", {"kind": "file", "path": Path("/out/a.ts")}),
        ("/www/live.m3u8", {"kind": "hls", "playlist": Path("/www/live.m3u8")}),
        ("/www/x.M3U8", {"kind": "hls", "playlist": Path("/www/x.M3U8")}),
        (" none ", {"kind": "none"}),
        ("rtp://h:6000?pkt_size=1316", {"kind": "udp", "host": "h", "port": 6000, "rtp": True}),
        ("udp://10.0.0.9:6000", {"kind": "udp", "host": "10.0.0.9", "port": 6000}),
        ("udp://@239.2.2.2:6000", {"kind": "udp", "host": "239.2.2.2", "port": 6000}),
        (
            "rtp://239.2.2.2:6000?ttl=4&localaddr=10.0.0.5",
            {
                "kind": "udp",
                "host": "239.2.2.2",
                "port": 6000,
                "rtp": True,
                "ttl": 4,
                "local_address": "10.0.0.5",
            },
        ),
        ("udp://[::1]:6000", {"kind": "udp", "host": "::1", "port": 6000}),
        ("srt://:9000", {"kind": "srt", "port": 9000}),
        ("srt://h:9000", {"kind": "srt", "mode": "caller", "host": "h", "port": 9000}),
        ("rist://h:7000", {"kind": "rist", "url": "rist://h:7000"}),
    ],
)
def test_outputs(text: str, expected: dict[str, Any]) -> None:
    assert values(parse_output(text)) == expected


@pytest.mark.parametrize(
    "text", ["C:\\media\\a.ts", "C:/media/a.ts", "a:b.ts", "udp:5000", "a.ts", "-", "@a.ts"]
)
def test_what_has_no_scheme_is_a_file(text: str) -> None:
    for endpoint in (parse_input(text), parse_output(text)):
        assert endpoint.kind == "file"
        assert endpoint.path == Path.cwd() / text


def test_looping_and_overwriting_are_asked_for_beside_the_text() -> None:
    once, over = parse_input("/a.ts", loop=False), parse_output("/a.ts", overwrite=True)
    assert once.kind == "file" and not once.loop
    assert over.kind == "file" and over.overwrite


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("udp://:5000", ""),
        ("udp://:5000?localaddr=10.0.0.5&ttl=4&sources=10.0.0.1", ""),
        ("/media/a?pkt_size=1.ts", ""),
        (" udp://:5000?pkt_size=1316&reuse", "udp://: pkt_size, reuse passed over: buffers, sizes"),
        ("SRT://h:9000?passphrase=s3cret&pbkeylen=32", "srt://: pbkeylen passed over"),
    ],
)
def test_options_that_are_not_used_are_told_and_no_value_of_them(text: str, notice: str) -> None:
    assert passed_over(text).startswith(notice)
    assert bool(passed_over(text)) is bool(notice)
    assert "s3cret" not in passed_over(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("udp://239.1.1.1", "a port is missing; write udp://host:port"),
        ("udp://239.1.1.1:0", "udp.port 0: input should be greater than or equal to 1"),
        ("udp://239.1.1.1:65536", "no host and port .1 to 65535. can be read"),
        ("udp://239.1.1.1:http", "no host and port"),
        ("udp://[::1:5000", "no host and port"),
        ("udp://10.0.0.1:5000", "host 10.0.0.1 is not a multicast group; leave it empty"),
        ("udp://10.0.0.1@:5000", "source goes with a multicast host only"),
        ("udp://:5000?pktsize=1316", "option 'pktsize' is not known; allowed: localaddr, sources"),
        ("udp://:5000?sources=10.0.0.1", "source goes with a multicast host only"),
        ("srt://h:9000?transtype=file", "transtype=file is no live stream"),
        ("srt://:9000?mode=caller", "host is needed by an SRT caller"),
        ("srt://h:9000?mode=both", "srt.mode 'both': input should be 'caller' or 'listener'"),
        ("srt://h:9000?latency=soon", "srt.latency_ms 'soon'"),
        (
            "srt://h:9000?keylen=16",
            "option 'keylen' is not known; allowed: mode, latency, streamid, pass",
        ),
        ("srt://h", "a port is missing; write srt://host:port"),
        ("rist://", "rist.url 'rist://': it must be rist://host"),
        ("http:///a.ts", "http.url 'http:///a.ts': it must be http://host"),
        ("http://h/a.m3u8#bests", "#bests chooses no variant; allowed: first, best, worst, height=…"),
        ("http://h/a.m3u8#height=0", "max_height"),
        ("ftp://h/a.ts", "ftp:// is not known; allowed: a file, test://, udp://"),
        ("file://media/a.ts", "the path must be absolute"),
        ("file://", "the path must be absolute"),
        ("/a\n.ts", "control characters"),
    ],
)
def test_a_wrong_input_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^input '.*{words}"):
        parse_input(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("udp://:6000", "one host is needed; write udp://host:port"),
        ("udp://10.0.0.1@239.1.1.1:6000", "one host is needed"),
        ("rtp://h", "a port is missing; write rtp://host:port"),
        ("udp://h:6000?ttl=0", "udp.ttl '0'"),
        ("http://h/a.ts", "http:// is not known; allowed: a file .*, none, udp://"),
        ("test://", "test:// is not known"),
    ],
)
def test_a_wrong_output_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^output '.*{words}"):
        parse_output(text)


@pytest.mark.parametrize(
    "text",
    [
        "srt://h:9000?passphrase=s3cret",
        "srt://h:9000?passphrase=s3cret-passphrase&latency=1",
        "srt://h:9000?passphrase=0123456789&s3cret",
        "srt://h:9000?passphrase=0123456789&s3cret=1",
        "srt://h?passphrase=s3cret-passphrase",
        "srt://h:99999?passphrase=s3cret-passphrase",
        "srt://h:9000?passphrase=s3cret-passphrase%0A--x",
        "srx://h:9000?passphrase=s3cret-passphrase",
        "ftp://user:s3cret@h/x",
        "http://user:s3cret@h:x/",
        "http://user:s3cret℀@h/",
        "rist://user:s3cret@?secret=s3cret",
        "udp://user:s3cret@239.1.1.1:5000?x",
    ],
)
def test_no_secret_is_repeated_in_an_error(text: str) -> None:
    for parse in (parse_input, parse_output):
        with pytest.raises(ConfigurationError) as caught:
            parse(text)
        assert "s3cret" not in str(caught.value)
        assert "s3cret" not in str(caught.value.__cause__)


@given(st.text())
def test_any_text_is_an_endpoint_or_refused_in_words(text: str) -> None:
    for parse in (parse_input, parse_output):
        try:
            assert parse(text).kind
        except ConfigurationError as error:
            assert str(error)


@given(st.sampled_from(["udp", "srt", "rist", "http", "file", "x"]), st.text())
def test_any_url_is_an_endpoint_or_refused_in_words(scheme: str, rest: str) -> None:
    test_any_text_is_an_endpoint_or_refused_in_words.hypothesis.inner_test(f"{scheme}://{rest}")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        ({"kind": "hls", "url": " http://h/a.m3u8 "}, "url", "http://h/a.m3u8"),
        ({"kind": "rist", "url": " rist://h:7000"}, "url", "rist://h:7000"),
        ({"kind": "srt", "host": " h ", "port": 9000}, "host", "h"),
    ],
)
def test_blanks_around_a_copied_address_do_not_count(
    values: dict[str, Any], field: str, expected: str
) -> None:
    source = StreamConfig.model_validate({"name": "One", "input": values}).input
    assert getattr(source, field) == expected
