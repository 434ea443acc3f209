"""A return feed: checked like an input, its secrets kept like any other, its command beside the stream's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from ibe100.cli import stream as cli_stream
from ibe100.core.secrets import SecretStore
from ibe100.minitsp.command_line import parse_command_line
from ibe100.models.base import build
from ibe100.models.endpoints.parse import parse_return_feed
from ibe100.models.errors import ConfigurationError
from ibe100.models.profile import Profile, StreamEntry
from ibe100.models.stream_config import DashInput, Engine, HlsInput, StreamConfig, UdpInput
from ibe100.services.streams.stream_secrets import (
    forget_secrets,
    keep_secrets,
    reveal,
    with_secrets,
    without_secrets,
)
from ibe100.tsduck.edges import secrets_of
from ibe100.tsduck.return_feed import RETURN_SOCKETS, ReturnPorts, build_return_arguments, watch_config
from ibe100_client import Call

PORTS = ReturnPorts(splice_json=20001, influx=20002, tables=20003)
TABLES = [
    *("-P", "tables", "--psi-si", "--tid=0", "--tid=2", "--all-sections", "--no-duplicate"),
    *("--ip-udp=127.0.0.1:20003", "--no-encapsulation"),
]
INFLUX = [
    *("-P", "influx", "--interval=1", "--bitrate", "--host-url=http://127.0.0.1:20002"),
    *("--bucket=ibe100", "--org=ibe100", "@{secret:influx.token}"),
]
MONITOR = [
    *("-P", "splicemonitor", "--all-commands", "--timestamp", "--meta-base64-sections"),
    "--json-udp=127.0.0.1:20001",
]
WATCH = [*TABLES, *INFLUX, *MONITOR, "-O", "drop"]
LIVE = ["--realtime", "--verbose", "--initial-input-packets=28", "--max-input-packets=28"]
PASSPHRASE = "correct horse battery"
TOKEN_URL = "https://user:hunter22@cdn.example/live.m3u8?token=s3cr3t-t0ken"


def stream(return_feed: dict[str, Any], **fields: Any) -> StreamConfig:
    return build(StreamConfig, {"name": "One", "return_feed": return_feed, **fields}, "stream One")


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (
            {"kind": "udp", "port": 5000},
            [
                *LIVE,
                *("-I", "ip", "--receive-timeout=60000", "--buffer-size=8388608"),
                *("--no-reuse-port", "5000"),
            ],
        ),
        (
            {"kind": "srt", "host": "cdn.example", "port": 9000, "latency_ms": 500, "passphrase": PASSPHRASE},
            [*LIVE, "-I", "srt", "--caller=cdn.example:9000", "--latency=500", "@{secret:input.passphrase}"],
        ),
        (
            {"kind": "hls", "url": TOKEN_URL},
            [
                *LIVE,
                "-I",
                "hls",
                "--receive-timeout=10000",
                "@{secret:input.url}",
                "-P",
                "regulate",
            ],
        ),
        (
            {"kind": "file", "path": "/back.ts", "loop": False},
            ["--realtime", "--verbose", "-I", "file", "/back.ts", "-P", "regulate"],
        ),
    ],
    ids=["udp", "srt", "hls", "file"],
)
def test_the_watcher_reads_it_reports_tables_and_cues_and_sends_nothing(
    feed: dict[str, Any], words: list[str]
) -> None:
    watch = watch_config(stream(feed))
    argv = build_return_arguments(watch, PORTS)
    assert argv == [*words, *WATCH]
    assert not any(PASSPHRASE in word or "s3cr3t" in word for word in argv)


def test_the_built_in_processor_understands_the_watchers_command() -> None:
    watch = watch_config(stream({"kind": "udp", "port": 5000}))
    chain = parse_command_line(build_return_arguments(watch, RETURN_SOCKETS))
    assert [one.name for one in chain.processors] == ["tables", "influx", "splicemonitor"]


@pytest.mark.parametrize("kind", ["hls", "dash"])
def test_what_has_tags_is_watched_by_the_built_in_processor_which_tells_of_them(kind: str) -> None:
    watch = watch_config(stream({"kind": kind, "url": TOKEN_URL}, engine="tsduck"))
    assert watch.engine is Engine.BUILTIN
    argv = build_return_arguments(watch, RETURN_SOCKETS, watch.engine)
    at = argv.index(kind)
    wanted = ["--receive-timeout=10000", "--cue-tags-udp=unix:splice.sock"]
    wanted += ["--mp4"] if kind == "hls" else []
    assert argv[at + 1 : argv.index("-P")] == [*wanted, "@{secret:input.url}"]
    assert secrets_of(watch)["input.url"] == f"{TOKEN_URL}\n"
    told = [TOKEN_URL if word.startswith("@{secret") else word for word in argv]
    assert parse_command_line(told).input.name == kind


def test_a_manifest_is_known_by_its_name() -> None:
    assert parse_return_feed("https://cdn.example/a.mpd?b=c") == DashInput(
        url="https://cdn.example/a.mpd?b=c"
    )
    assert parse_return_feed("udp://:5000") == UdpInput(port=5000)
    with pytest.raises(ConfigurationError, match="no return feed"):
        parse_return_feed("test://")


@pytest.mark.parametrize(
    ("feed", "others", "words"),
    [
        ({"kind": "test_pattern"}, {}, "return_feed"),
        ({"kind": "udp"}, {}, "return_feed.udp.port"),
        (
            {"kind": "udp", "port": 5000},
            {"input": {"kind": "udp", "port": 5000}},
            "return_feed.port 5000 is where the input listens",
        ),
        (
            {"kind": "srt", "mode": "listener", "port": 9000},
            {"output": {"kind": "srt", "mode": "listener", "port": 9000}},
            "return_feed.port 9000 is where the output listens",
        ),
        ({"kind": "udp", "port": 5000}, {"return_window_s": 0}, "return_window_s 0"),
    ],
)
def test_a_wrong_one_is_refused_by_the_name_of_its_field(
    feed: dict[str, Any], others: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        stream(feed, **others)
    assert words in str(refused.value)


def test_its_output_may_be_looped_back_directly() -> None:
    both = {"kind": "udp", "port": 5000}
    assert stream(both, output={**both, "host": "127.0.0.1"}).return_feed is not None


def test_its_secrets_go_to_the_secret_store_and_to_nothing_that_is_written(tmp_path: Path) -> None:
    feeds = (
        {"kind": "srt", "host": "h", "port": 9, "passphrase": PASSPHRASE},
        {"kind": "hls", "url": TOKEN_URL},
    )
    store = SecretStore.open(tmp_path)
    for feed in feeds:
        config = stream(feed)
        public = without_secrets(config)
        entry = StreamEntry(stream_id="one", number=1, config=public)
        profile = Profile(name="Night", streams=(entry,)).model_dump_json()
        assert not any(secret in profile for secret in (PASSPHRASE, "hunter22", "s3cr3t"))
        keep_secrets(store, "one", config)
        assert with_secrets(store, "one", public) == config
        assert reveal(config)["return_feed"] == {**reveal(public)["return_feed"], **feed}
        forget_secrets(store, "one")
        assert store.names() == ()


def test_the_stream_itself_is_not_handed_the_return_feeds_secrets() -> None:
    config = stream({"kind": "hls", "url": TOKEN_URL})
    assert secrets_of(config) == {}
    assert secrets_of(watch_config(config)) == {"input.url": f"{TOKEN_URL}\n"}


def test_a_profile_without_one_is_read_as_before() -> None:
    config = StreamConfig.model_validate({"name": "One"})
    assert (config.return_feed, config.return_window_s) == (None, 120.0)
    assert stream({"kind": "hls", "url": "https://cdn.example/a.m3u8"}).return_feed == HlsInput(
        url="https://cdn.example/a.m3u8"
    )


def test_the_command_line_adds_a_stream_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    class Console:
        def do(self, call: Call[Any]) -> Any:
            if call.path != "/streams":
                return ()
            sent.append(dict(call.body or {}))
            return SimpleNamespace(number=1, stream_id="one")

    @contextlib.contextmanager
    def running(_data_dir: Path | None) -> Iterator[Console]:
        yield Console()

    monkeypatch.setattr(cli_stream, "running", running)
    words = ["add", "One", "--return-feed", TOKEN_URL, "--return-window", "45"]
    assert CliRunner().invoke(cli_stream.app, words).exit_code == 0
    config = StreamConfig.model_validate(sent[0])
    assert (config.return_feed, config.return_window_s) == (HlsInput(url=TOKEN_URL), 45.0)
    refused = CliRunner().invoke(cli_stream.app, ["add", "One", "--return-feed", "test://"])
    assert "return_feed" in str(refused.exception)
