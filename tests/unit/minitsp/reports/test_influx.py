"""influx: what is posted, when, and what happens when nobody listens or nothing flows."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import numpy as np
import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.packet_batch import Arrivals, Batch
from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel
from ibe100.minitsp.plugins.influx import Influx
from ibe100.minitsp.reports.influx_metrics import escape, line
from ibe100.minitsp.reports.tr101290 import SEVERITIES
from ibe100.mpegts import packet
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.packet_headers import PacketHeaders
from packet_fields import pcr_values
from places import GOLDEN, MEDIA

# What tsp lists too, always 0 or of tables that this processor does not follow: left out, not made up.
NOT_MEASURED = {
    "si_pid_error",
    "buffer_error",
    "eit_pf_error",
    "empty_buffer_error",
    "data_delay_error",
}
CONNECTION = ("--bucket=ibe100", "--org=ibe100", "--token=secret")


class Log:
    """Keeps what a plugin logs; the sender logs from its own thread."""

    def __init__(self) -> None:
        self.lines: Queue[str] = Queue()

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        self.lines.put(f"{level.name} {plugin}: {text}")


class Server:
    """An InfluxDB that keeps what it is sent."""

    def __init__(self) -> None:
        posts: Queue[tuple[str, dict[str, str], list[str]]] = Queue()
        self.posts = posts
        self.status = 204
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                posts.put((self.path, dict(self.headers.items()), body.splitlines()))
                self.send_response(server.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self._thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self._thread.join()
        self.http.server_close()

    def lines(self) -> list[str]:
        return self.posts.get(timeout=30)[2]


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def build(url: str, *options: str) -> tuple[Influx, Log]:
    log = Log()
    arguments = Influx.options.parse((f"--host-url={url}", *CONNECTION, *options))
    return Influx(arguments, Context(GlobalOptions(), log)), log


def pass_until(plugin: Influx, packets: packet.PacketBlock, due_s: float, first_index: int = 0) -> None:
    """Packets that come now, but for the last: it comes when a post is due, on the monotonic clock."""
    plugin.process(Block(packets[:-1].copy(), first_index))
    last = PacketHeaders(packets[-1:].copy())
    plugin.observe(Batch(last, first_index + len(packets) - 1, Arrivals(1, due_s, due_s)))
    plugin.tick(due_s)


def media(name: str) -> packet.PacketBlock:
    return np.fromfile(MEDIA / name, np.uint8).reshape(-1, PACKET_SIZE)


def without_value(text: str) -> str:
    return text.partition(" value=")[0]


def values(lines: list[str]) -> dict[str, int]:
    """Figures by measurement and tags."""
    return {without_value(one): int(one.partition(" value=")[2].split()[0]) for one in lines}


def recorded_posts() -> list[dict[str, object]]:
    posts = json.loads((GOLDEN / "live-influx-tr-101-290.json").read_text())["influx"]
    assert isinstance(posts, list)
    return posts


ALL = ("--bitrate", "--services", "--pid=256", "--pts", "--pcr", "--tr-101-290", "--type")


def test_post_has_tsps_lines_in_tsps_order(server: Server) -> None:
    plugin, _ = build(server.url, "--interval=1", *ALL)
    plugin.start()
    blocks = media("ott_with_scte35.ts")[:175]
    nulls = packet.as_block(packet.null_packet() * 8)
    pass_until(plugin, np.concatenate((blocks, nulls)), time.monotonic() + 1.0)
    path, headers, lines = server.posts.get(timeout=30)
    plugin.stop()
    first = recorded_posts()[0]
    assert path == first["path"]
    recorded_headers = first["headers"]
    assert isinstance(recorded_headers, dict)
    for name in ("Accept", "Authorization", "Content-Type"):
        assert headers[name] == recorded_headers[name]
    recorded = first["body"]
    assert isinstance(recorded, list)
    comparable = [
        without_value(one)
        for one in recorded
        if not any(f"name={name}," in one for name in NOT_MEASURED)
        and not ("_error" in one and "scope=ts" not in one)
    ]
    ours = [without_value(one) for one in lines if not ("_error" in one and "scope=ts" not in one)]
    assert ours == comparable


def test_every_counter_of_tsp_is_measured_or_named_as_not_measured() -> None:
    body = recorded_posts()[0]["body"]
    assert isinstance(body, list)
    names = {one.partition("name=")[2].split(",")[0] for one in body if one.startswith("counter")}
    assert names == set(SEVERITIES) | NOT_MEASURED | {"packet_count", "error_count"}


def test_figures_are_those_of_the_packets(server: Server) -> None:
    plugin, _ = build(server.url, *ALL, "--interval=1", "--tag", "site=north tower", "--dts")
    plugin.start()
    packets = media("ott_with_scte35.ts")[:400]
    pass_until(plugin, packets, time.monotonic() + 1.0)
    found = values(server.lines())
    plugin.stop()
    tags = "tsid=1,site=north\\ tower"
    count = int(np.count_nonzero(packet.pids(packets) == 256))
    packet_counter = "counter,name=packet_count,severity=4,scope="
    assert found[f"{packet_counter}ts,{tags}"] == 400
    assert found[f"{packet_counter}pid,tsid=1,pid=256,site=north\\ tower"] == count
    assert found["pcr,scope=pid,tsid=1,pid=256,site=north\\ tower"] == pcr_values(packets)[1][-1]
    assert found["pts,scope=service,tsid=1,service=1,site=north\\ tower"] > 132_000
    assert "dts,scope=pid,tsid=1,pid=256,site=north\\ tower" in found


def test_a_time_stamp_carries_the_moment_it_was_seen_not_that_of_the_post(server: Server) -> None:
    plugin, _ = build(server.url, "--interval=1", "--pts", "--pid=256")
    plugin.start()
    before_ms = int(time.time() * 1000)
    null = packet.as_block(packet.null_packet())
    seen = np.concatenate((media("ott_with_scte35.ts")[:100], null))
    pass_until(plugin, seen, time.monotonic() + 500.0)
    after_ms = int(time.time() * 1000)
    (pts,) = [one for one in server.lines() if one.startswith("pts")]
    plugin.stop()
    assert before_ms - 200 <= int(pts.split()[-1]) <= after_ms + 1


def test_posts_stop_with_the_packets_as_tsps_do_and_tell_of_the_gap_afterwards(server: Server) -> None:
    plugin, _ = build(server.url, "--interval=1", "--bitrate", "--pts", "--services", "--tr-101-290")
    plugin.start()
    now_s = time.monotonic()
    plugin.tick(now_s + 1.01)
    pass_until(plugin, media("ott_with_scte35.ts")[:100], now_s + 2.01)
    assert values(server.lines())["bitrate,scope=ts,tsid=1"] > 0
    plugin.tick(now_s + 3.01)
    plugin.tick(now_s + 4.01)
    pass_until(plugin, media("ott_with_scte35.ts")[100:105], now_s + 4.06, 100)
    found = values(server.lines())
    plugin.stop()
    assert found["bitrate,scope=ts,tsid=1"] > 0
    assert found["counter,name=pat_error,severity=1,scope=ts,tsid=1"] > 0
    assert found["counter,name=error_count,severity=4,scope=ts,tsid=1"] > 0


def test_a_server_that_never_answers_delays_no_packet_and_loses_only_metrics() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        plugin, log = build(f"http://127.0.0.1:{silent.getsockname()[1]}", "--interval=1", "--queue-size=2")
        plugin.start()
        now_s = time.monotonic()
        for second in range(1, 40):
            pass_until(plugin, media("sat_no_sdt.ts")[:50], now_s + second)
        assert log.lines.get(timeout=30).startswith("WARNING influx: InfluxDB at 127.0.0.1")
        assert log.lines.empty()
        plugin.stop()


def test_an_absent_or_refusing_server_is_reported_once(server: Server) -> None:
    server.status = 401
    plugin, log = build(server.url, "--interval=1")
    plugin.start()
    now_s = time.monotonic()
    for second in range(1, 4):
        pass_until(plugin, media("sat_no_sdt.ts")[:50], now_s + second)
        server.lines()
    plugin.stop()
    assert "server answered 401" in log.lines.get(timeout=30)
    assert log.lines.empty()


def test_max_metrics_ends_the_chain_and_names_replace_ids(server: Server) -> None:
    plugin, _ = build(server.url, "-i", "1", "--max-metrics=1", "--services", "--names", "--max-severity=1")
    plugin.start()
    assert not plugin.context.stopping
    pass_until(plugin, media("ott_with_scte35.ts"), time.monotonic() + 1.0)
    assert any("service=Service01" in one for one in server.lines())
    assert plugin.context.stopping
    plugin.stop()


@pytest.mark.parametrize(
    "options",
    [
        ("--host-url=ftp://x", *CONNECTION),
        CONNECTION,
        ("--host-url=http://127.0.0.1", "--bucket=b", "--org=o"),
        ("--host-url=http://127.0.0.1", *CONNECTION, "--tag=x"),
        ("--host-url=http://127.0.0.1", *CONNECTION, "--pcr-based"),
    ],
)
def test_wrong_options_are_refused(options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("INFLUX_HOST", "INFLUX_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(OptionError):
        Influx(Influx.options.parse(options), Context(GlobalOptions(), Log()))


def test_tags_cannot_break_the_line_protocol() -> None:
    assert escape("a b,c=d\\e\nf") == "a\\ b\\,c\\=d\\\\e\\ f"
    assert line("pts", (("pid", 256),), 7, 9) == "pts,pid=256 value=7 9"
