"""SRT in the log of a processor: statistics are samples, comings and goings are seen and stay in the log."""

import json

import pytest

from ibe100.runner.srt_watch import SrtWatch

ARGV = ["tsp", "-I", "srt", "--listener=9000", "-P", "regulate", "-O", "srt", "--caller=h:9001"]
STATISTICS = {"global": {"instant": {"rtt-ms": 12.5}}, "send": {"total": {"packets": 3}}}


class Seen:
    """The samples that were passed on, the latest of each kind last."""

    def __init__(self) -> None:
        self.samples: list[tuple[str, dict[str, object]]] = []
        self.watch = SrtWatch(lambda kind, content: self.samples.append((kind, dict(content))))

    def latest(self, kind: str) -> dict[str, object]:
        return next(content for name, content in reversed(self.samples) if name == kind)


def test_a_processor_that_starts_has_nobody_yet() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    nobody = {"connected": False, "peer": "", "json": None, "refused": ""}
    assert seen.samples == [("srt_input", nobody), ("srt_output", nobody)]


def test_statistics_are_taken_out_of_the_log_and_passed_on_with_their_side() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    assert seen.watch.takes(b"* srt: srt-statistics:output:" + json.dumps(STATISTICS).encode())
    assert seen.latest("srt_output") == {"connected": True, "peer": "", "json": STATISTICS, "refused": ""}
    assert seen.latest("srt_input")["connected"] is False


def test_who_comes_and_goes_is_seen_and_stays_in_the_log() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    assert not seen.watch.takes(b"* srt: connected to 10.0.0.9:9001 (local: 10.0.0.1:40000)")
    assert seen.latest("srt_output") == {
        "connected": True,
        "peer": "10.0.0.9:9001",
        "json": None,
        "refused": "",
    }
    assert not seen.watch.takes(b"* srt: connected from 10.0.0.2:5000 (local: 10.0.0.1:9000)")
    assert seen.latest("srt_input")["peer"] == "10.0.0.2:5000"
    assert not seen.watch.takes(b"* Warning: srt: receiver disconnected, waiting for another one")
    assert seen.latest("srt_output") == {"connected": False, "peer": "", "json": None, "refused": ""}
    assert seen.latest("srt_input")["connected"] is True
    assert not seen.watch.takes(b"* srt: sender disconnected")
    assert seen.latest("srt_input")["connected"] is False


def test_a_peer_through_ffmpeg_is_there_without_figures() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    seen.watch.takes(b"* srt: connected to a receiver, through ffmpeg")
    expected = {"connected": True, "peer": "a receiver, through ffmpeg", "json": None, "refused": ""}
    assert seen.latest("srt_output") == expected


def test_what_only_looks_like_statistics_is_kept_out_of_the_log_and_is_no_sample() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    before = len(seen.samples)
    for text in (
        b"{",
        b"[1]",
        b'{"a": 1}',
        b'{"a": {"b": {"c": "a secret"}}}',
        b"[" * 4000,
        b'{"a": {"b": 1}}',
    ):
        seen.watch.takes(b"* srt: srt-statistics:output:" + text)
    assert len(seen.samples) == before


def test_the_end_of_the_processor_ends_its_connections() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    seen.watch.takes(b"* srt: connected to 10.0.0.9:9001 (local: 10.0.0.1:40000)")
    seen.watch.end()
    assert seen.latest("srt_output") == {"connected": False, "peer": "", "json": None, "refused": ""}


def test_a_side_that_is_srt_no_longer_is_taken_back() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    seen.watch.begin(["tsp", "-I", "ip", "5000", "-O", "srt", "--caller=h:9001"])
    assert seen.latest("srt_input")["connected"] is None
    assert seen.latest("srt_output")["connected"] is False
    count = len(seen.samples)
    seen.watch.begin(["tsp", "-I", "ip", "5000", "-O", "drop"])
    seen.watch.begin(["tsp", "-I", "ip", "5000", "-O", "drop"])
    assert len(seen.samples) == count + 1
    assert not seen.watch.takes(b"* srt: srt-statistics:output:{}")


@pytest.mark.parametrize(
    "line",
    [
        b"* Warning: srt: a caller was turned away, reject reason: Incorrect passphrase",
        b"* Warning: srt: error during srt_connect: Connection setup failure: connection rejected, "
        b"reject reason: Incorrect passphrase, trying again",
        b"01:52:31.82/SRT:RcvQ:w1!W:SRT.cn: processConnectRequest: rsp(REJECT): 1010 - Incorrect passphrase",
        b"08:58:53.55/SRT:RcvQ:w1!W:SRT.cn: @40: processAsyncConnectRequest: REJECT reported from HS "
        b"processing: Incorrect passphrase - not processing further",
    ],
    ids=["minitsp listens", "minitsp calls", "the library under tsp", "the library under ffmpeg"],
)
def test_why_nobody_is_connected_is_known_until_somebody_is(line: bytes) -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    seen.watch.takes(b"* srt: connected from 10.0.0.2:5000 (local: 10.0.0.1:9000)")
    assert not seen.watch.takes(line)
    assert seen.latest("srt_output")["refused"] == "Incorrect passphrase"
    assert seen.latest("srt_input")["refused"] == ""
    count = len(seen.samples)
    seen.watch.takes(line)
    assert len(seen.samples) == count
    seen.watch.takes(b"* srt: connected to 10.0.0.9:9001 (local: 10.0.0.1:40000)")
    assert seen.latest("srt_output")["refused"] == ""
