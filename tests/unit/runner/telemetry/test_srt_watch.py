"""SRT in the log of a processor: statistics are samples, comings and goings are seen and stay in the log."""

import json

import pytest

from ibe100.runner.telemetry.srt_silence import SILENT_S
from ibe100.runner.telemetry.srt_watch import SrtWatch

ARGV = ["tsp", "-I", "srt", "--listener=9000", "-P", "regulate", "-O", "srt", "--caller=h:9001"]


class Seen:
    """The samples that were passed on, the latest of each kind last."""

    def __init__(self) -> None:
        self.samples: list[tuple[str, dict[str, object]]] = []
        self.now = 100.0
        self.watch = SrtWatch(
            lambda kind, content: self.samples.append((kind, dict(content))), lambda: self.now
        )

    def measure(self, side: str, seconds: float, group: str, **interval: float) -> None:
        """Statistics every fifth of a second."""
        document = {group: {"interval": interval, "total": {"packets": 1000 + self.now}}}
        for _ in range(round(seconds / 0.2)):
            self.pass_time(0.2)
            line = f"* srt: srt-statistics:{side}:{json.dumps(document)}"
            assert self.watch.takes(line.encode())

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.1)):
            self.now += 0.1
            self.watch.look()

    def latest(self, kind: str) -> dict[str, object]:
        return next(content for name, content in reversed(self.samples) if name == kind)


def test_a_processor_that_starts_has_nobody_yet() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    nobody = {"connected": False, "peer": "", "silent": False, "json": None, "refused": ""}
    assert seen.samples == [("srt_input", nobody), ("srt_output", nobody)]


def test_statistics_are_taken_out_of_the_log_and_passed_on_once_a_second() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    began = len(seen.samples)
    rate = {"send-rate-mbps": 4.5}
    seen.measure("output", 4.2, "send", packets=80, **{"received-ack-packets": 19}, **rate)
    told = [content for kind, content in seen.samples[began:] if kind == "srt_output"]
    assert len(told) == 4
    interval = {"packets": 400, "received-ack-packets": 95, **rate}
    assert told[-1]["json"] == {"send": {"interval": interval, "total": {"packets": 1100.0}}}
    assert told[-1]["connected"] is True
    assert seen.latest("srt_input")["connected"] is False


def test_a_receiver_that_acknowledges_nothing_is_silent_until_it_does() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    seen.measure("output", 3.0, "send", packets=80, **{"received-ack-packets": 19})
    seen.measure("output", SILENT_S - 0.2, "send", packets=80, **{"received-ack-packets": 0})
    assert seen.latest("srt_output")["silent"] is False
    seen.measure("output", 0.4, "send", packets=80, **{"received-ack-packets": 0})
    assert seen.latest("srt_output")["silent"] is True
    seen.measure("output", 0.2, "send", packets=80, **{"received-ack-packets": 3})
    assert seen.latest("srt_output")["silent"] is False


def test_a_receiver_to_which_nothing_is_sent_is_not_silent() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    seen.measure("output", 1.0, "send", packets=80, **{"received-ack-packets": 19})
    seen.measure("output", 3.0, "send", packets=0, **{"received-ack-packets": 0})
    seen.pass_time(3.0)
    assert seen.latest("srt_output")["silent"] is False


@pytest.mark.parametrize("says_so", [True, False])
def test_a_sender_that_sends_nothing_is_silent_whether_or_not_the_processor_says_so(says_so: bool) -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    seen.measure("input", 10.0, "receive", packets=80)
    assert seen.latest("srt_input")["silent"] is False
    seen.measure("input", 1.0, "receive", packets=0) if says_so else seen.pass_time(1.0)
    assert seen.latest("srt_input")["silent"] is True
    seen.measure("input", 0.4, "receive", packets=80)
    assert seen.latest("srt_input")["silent"] is False


def test_a_sender_of_bursts_is_not_silent_between_two_of_them() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    for _ in range(20):
        seen.measure("input", 0.2, "receive", packets=400)
        seen.measure("input", 0.8, "receive", packets=0)
    told = [content["silent"] for kind, content in seen.samples if kind == "srt_input"]
    assert True not in told


def test_who_comes_and_goes_is_seen_and_stays_in_the_log() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    assert not seen.watch.takes(b"* srt: connected to 10.0.0.9:9001 (local: 10.0.0.1:40000)")
    assert seen.latest("srt_output") == {
        "connected": True,
        "peer": "10.0.0.9:9001",
        "silent": False,
        "json": None,
        "refused": "",
    }
    assert not seen.watch.takes(b"* srt: connected from 10.0.0.2:5000 (local: 10.0.0.1:9000)")
    assert seen.latest("srt_input")["peer"] == "10.0.0.2:5000"
    assert not seen.watch.takes(b"* Warning: srt: receiver disconnected, waiting for another one")
    assert seen.latest("srt_output") == {
        "connected": False,
        "peer": "",
        "silent": False,
        "json": None,
        "refused": "",
    }
    assert seen.latest("srt_input")["connected"] is True
    assert not seen.watch.takes(b"* srt: sender disconnected")
    assert seen.latest("srt_input")["connected"] is False


def test_a_peer_through_ffmpeg_is_there_without_figures() -> None:
    seen = Seen()
    seen.watch.begin(ARGV)
    seen.watch.takes(b"* srt: connected to a receiver, through ffmpeg")
    peer = "a receiver, through ffmpeg"
    expected = {"connected": True, "peer": peer, "silent": False, "json": None, "refused": ""}
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
    assert seen.latest("srt_output") == {
        "connected": False,
        "peer": "",
        "silent": False,
        "json": None,
        "refused": "",
    }


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
