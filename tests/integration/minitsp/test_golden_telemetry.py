"""minitsp runs the recorded command lines of tsp's telemetry and says the same of the same stream.

What may differ: how much of the stream falls into an interval of 1 to 3 s of the clock on the wall, as a
busy machine starts late and catches up, and a bitrate that is taken between PCRs 1 s apart. Shares, order of
lines, keys and packets may not.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from independent_parser import Parsed, parse_file
from minitsp_rig import (
    MEDIA,
    finish,
    port_of,
    receive_texts,
    recording,
    run,
    running,
    udp_receiver,
    without_times,
)

PACE = 0.6
"""How far what passed in an interval may be from what passed in tsp's, on a busy machine."""
NOT_MEASURED = ("si_pid_error", "buffer_error", "eit_pf_error", "empty_buffer_error", "data_delay_error")
"""tsp posts 0 for these without measuring most of them; minitsp posts what it measures."""
MEASURED_BY_US_ALONE = "pcr_accuracy_error"
KEPT = {
    *("id", "pid", "pids", "tid", "tid-ext", "versions", "pmt-pid", "pcr-pid", "services", "languages"),
    *("description", "name", "provider", "type-name", "pes-stream-id", "tsid", "original-network-id"),
}


def test_live_telemetry_of_a_capture_is_that_of_tsp(captures: Path) -> None:
    _replay(captures)


def test_live_telemetry_has_the_words_of_tsp_and_the_figures_of_the_stream() -> None:
    _replay(MEDIA)


def _replay(folder: Path) -> None:
    """All at once, as each takes its real time; the figures of the recordings are those of the captures."""
    failures: dict[str, str] = {}

    def check(replay: Callable[[Path], None]) -> None:
        try:
            replay(folder)
        except (AssertionError, OSError) as error:
            failures[replay.__name__] = str(error) or repr(error)

    replays = (_analyze_by_udp, _bitrate_and_continuity, _influx_posts, _pts_log)
    threads = [threading.Thread(target=check, args=(one,)) for one in replays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, "\n".join(f"{name}: {text}" for name, text in failures.items())


def _lines_of(folder: Path, argv: list[str], count: int) -> list[str]:
    """So many log lines of a live run with their times blanked, then its orderly end."""
    with running(*argv, folder=folder) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline().decode().rstrip("\n") for _ in range(count)]
        done = finish(process)
    assert done.exit_code == 0
    # The packets that are on their way are still looked at.
    assert "* TIME - tsp: user interrupt, terminating..." in map(without_times, done.log)
    return [without_times(line) for line in lines]


def _pts_log(folder: Path) -> None:
    golden = recording("live-pcrextract-pts-log")
    *expected, _ = map(without_times, golden["log"])
    if folder == MEDIA:
        expected = _good_pts_lines(MEDIA / "ott_with_scte35.ts", len(expected))
    assert _lines_of(folder, golden["argv"][1:], len(expected)) == expected


def _good_pts_lines(path: Path, count: int) -> list[str]:
    """The first lines about PID 256: each PTS later than all before, and the time since the last one."""
    every = [Parsed.pts_of(packet) for packet in parse_file(path).packets if packet.pid == 256]
    lines: list[str] = []
    known = [pts for pts in every if pts is not None]
    for at, pts in enumerate(known):
        if len(lines) < count and pts > max(known[:at], default=-1):
            since = pts - known[0]
            step = pts - known[max(0, at - 1)]
            times = f"{since // 90:,} ms from start of PID, {step // 90:,} ms from previous"
            place = f"PTS: 0x{pts:09X}, (0x{since:09X}, {times})"
            lines.append(f"* TIME - pcrextract: PID: 0x0100 (256), {place}")
    return lines


def _bitrate_and_continuity(folder: Path) -> None:
    golden = recording("live-bitrate-continuity-json-line")
    *recorded, _ = golden["log"]
    lines = _lines_of(folder, golden["argv"][1:], len(recorded))
    counters = [line for line in lines if "continuity: CC:" in line]
    theirs = [without_times(line) for line in recorded if "continuity: CC:" in line]
    if folder == MEDIA:
        counters, theirs = (
            [re.sub(r'"index": \d+', '"index": N', line) for line in found] for found in (counters, theirs)
        )
    common = min(len(counters), len(theirs))
    assert common >= 25
    assert counters[:common] == theirs[:common]
    ours, first = (
        json.loads(next(line.partition("BITRATE:")[2] for line in found if "BITRATE:" in line))
        for found in (lines, recorded)
    )
    assert list(ours) == list(first)
    assert (ours["status"], ours["type"]) == (first["status"], first["type"])
    assert ours["bitrate"] == pytest.approx(first["bitrate"], rel=PACE)
    assert ours["net"] + ours["stuffing"] == ours["bitrate"]


def _analyze_by_udp(folder: Path) -> None:
    golden = recording("live-analyze-json-udp")
    theirs = [json.loads(text) for _, text in golden["udp"]["15502"]][:2]
    with udp_receiver() as receiver:
        argv = [token.replace("15502", str(port_of(receiver))) for token in golden["argv"][1:]]
        with running(*argv, folder=folder) as process:
            ours = [json.loads(text) for text in receive_texts(receiver, len(theirs))]
            assert finish(process).exit_code == 0
    for found, expected in zip(ours, theirs, strict=True):
        assert _shape(found) == _shape(expected)
        if folder != MEDIA:
            _same_figures(found, expected)


def _same_figures(found: dict[str, Any], expected: dict[str, Any]) -> None:
    total, recorded_total = (one["ts"]["packets"]["total"] for one in (found, expected))
    assert total == pytest.approx(recorded_total, rel=PACE)
    assert found["ts"]["bitrate"] == pytest.approx(expected["ts"]["bitrate"], rel=0.35)
    assert found["ts"]["user-bitrate"] == pytest.approx(expected["ts"]["user-bitrate"], rel=0.01)
    for one, other in zip(found["pids"], expected["pids"], strict=True):
        share, recorded_share = one["packets"]["total"] / total, other["packets"]["total"] / recorded_total
        assert share == pytest.approx(recorded_share, abs=0.1)


def _shape(value: Any, key: str = "") -> Any:
    """Keys in their order, and of what they hold all that is not measured: names, words, flags, PIDs."""
    if isinstance(value, dict):
        return [(name, _shape(member, name)) for name, member in value.items()]
    if isinstance(value, list) and any(isinstance(member, dict) for member in value):
        return [_shape(member) for member in value]
    return value if key in KEPT or isinstance(value, bool) else type(value)


def _influx_posts(folder: Path) -> None:
    golden = recording("live-influx-tr-101-290")
    posts: Queue[dict[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
            posts.put({"path": self.path, "headers": dict(self.headers.items()), "body": body})
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        argv = [token.replace("15586", str(server.server_port)) for token in golden["argv"][1:]]
        try:
            with running(*argv, folder=folder) as process:
                found = [posts.get(timeout=30) for _ in golden["influx"]]
                assert finish(process).exit_code == 0
        finally:
            server.shutdown()
    _same_lines(found, golden["influx"])
    if folder != MEDIA:
        _same_counts(found, golden["influx"])


def _same_lines(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """The lines about the whole stream post by post."""
    for ours, recorded_post in zip(found, expected, strict=True):
        assert ours["path"] == recorded_post["path"]
        for name in ("Accept", "Authorization", "Content-Type"):
            assert ours["headers"][name] == recorded_post["headers"][name]
        assert [name for name in _values(ours) if "scope=ts" in name] == [
            name for name in _values(recorded_post) if "scope=ts" in name
        ]
    names, theirs = ({name for post in posts for name in _values(post)} for posts in (found, expected))
    assert {name for name in names if MEASURED_BY_US_ALONE not in name} <= theirs


def _same_counts(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Packets and errors summed up: one may fall into the next post."""
    for name in ("bitrate,scope=ts,tsid=1", "counter,name=packet_count,severity=4,scope=ts,tsid=1"):
        sums = (sum(_values(post)[name] for post in posts) for posts in (found, expected))
        assert next(sums) == pytest.approx(next(sums), rel=PACE)
    # tsp takes the time when a burst reaches the plugin, half a second of this stream at once; minitsp
    # that of each packet: it counts no gap that is not in the stream, but may count one at either end.
    errors, recorded = (_errors(posts) for posts in (found, expected))
    for name, count in errors.items():
        if MEASURED_BY_US_ALONE not in name:
            assert count <= recorded[name] + 2, name


def _values(post: dict[str, Any]) -> dict[str, int]:
    values = {
        name: int(value.removeprefix("value="))
        for name, value, _ in (line.rsplit(" ", 2) for line in post["body"])
    }
    return {name: value for name, value in values.items() if not any(one in name for one in NOT_MEASURED)}


def _errors(posts: list[dict[str, Any]]) -> Counter[str]:
    """Each TR 101 290 counter over all posts, for the whole stream."""
    total: Counter[str] = Counter()
    for post in posts:
        for name, value in _values(post).items():
            if "_error" in name and "scope=ts" in name:
                total[name] += value
    return total


def test_the_analysis_of_a_capture_is_that_of_tsp(captures: Path) -> None:
    """To the letter but for the times, and the bitrate of the chain that minitsp knows sooner than tsp."""
    golden = recording("live-analyze-json-line-dvb")
    done = run(*golden["argv"][1:], folder=captures)
    assert done.exit_code == golden["rc"]
    ours, theirs = (
        [json.loads(line.partition("ANALYZE:")[2]) for line in log] for log in (done.log, golden["log"])
    )
    for analysis in (*ours, *theirs):
        del analysis["time"]
        for name in ("user-bitrate", "user-bitrate-204"):
            del analysis["ts"][name]
    assert [json.dumps(one) for one in ours] == [json.dumps(one) for one in theirs]
