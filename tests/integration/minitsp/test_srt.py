"""SRT through the system's library: statistics in tsp's shape, and peers that go and come again."""

import json
import select
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ibe100.minitsp.srt.libsrt import find_library
from loopback import free_port
from minitsp_rig import MEDIA, finish, is_bound, port_of, running, udp_receiver, wait_for

pytestmark = pytest.mark.skipif(find_library() is None, reason="no libsrt on this machine")

SOURCE = "sat_no_sdt.ts"
LIVE = ["--realtime", "-v", "-I", "file", "--infinite", SOURCE, "-P", "regulate", "--bitrate=4000000"]
STATISTICS = ["--statistics-interval=200", "--json-line=statistics:"]
MARK = b"statistics:"


def line_with(process: subprocess.Popen[bytes], text: bytes) -> bytes:
    """The next line of the log that holds `text`."""
    assert process.stderr is not None
    while True:
        line = process.stderr.readline()
        assert line, f"the log ended without {text!r}"
        if text in line:
            return line


def statistics(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next statistics in the log."""
    document: dict[str, Any] = json.loads(line_with(process, MARK).partition(MARK)[2])
    return document


def test_both_ends_give_statistics_with_the_fields_of_tsp() -> None:
    port = free_port()
    receiver = ["-v", "-I", "srt", f"--listener=127.0.0.1:{port}", "--latency=120", *STATISTICS, "-O", "drop"]
    with running(*receiver) as receiving:
        wait_for(lambda: is_bound(port), "the listener")
        with running(*LIVE, "-O", "srt", f"--caller=127.0.0.1:{port}", *STATISTICS) as sending:
            line_with(receiving, b"srt: connected from 127.0.0.1:")
            line_with(sending, b"srt: connected to 127.0.0.1:")
            sent, received = statistics(sending), statistics(receiving)
            while received["receive"]["interval"]["rate-mbps"] <= 0.5:
                received = statistics(receiving)
            while not sent["send"]["interval"]["received-ack-packets"]:
                sent = statistics(sending)
            finish(receiving)
    assert 0 < sent["global"]["instant"]["rtt-ms"] < 5000
    assert sent["send"]["instant"]["delivery-delay-ms"] == 120
    assert received["receive"]["instant"]["delivery-delay-ms"] == 120
    assert 0 <= received["receive"]["instant"]["buffer-ack-ms"] < 5000
    assert set(sent["send"]["interval"]) >= {"retransmit-packets", "lost-packets", "dropped-packets"}
    assert set(sent["send"]["total"]) >= {"bytes", "packets", "retransmit-packets", "restrans-bytes"}
    assert set(received["receive"]["total"]) >= {"bytes", "packets", "lost-packets", "dropped-packets"}


def test_a_live_output_goes_on_without_a_receiver_and_serves_each_that_comes(tmp_path: Path) -> None:
    port = free_port()
    with running(*LIVE, "-O", "srt", f"--listener=127.0.0.1:{port}", "--multiple") as sender:
        line_with(sender, b"regulated at bitrate")  # packets flow, nobody is there
        for number in (1, 2):
            target = tmp_path / f"{number}.ts"
            with running("-I", "srt", f"--caller=127.0.0.1:{port}", "-O", "file", target) as receiver:
                line_with(sender, b"srt: connected to 127.0.0.1:")
                wait_for(lambda path=target: path.exists() and path.stat().st_size > 188 * 200, "packets")
                finish(receiver)
            line_with(sender, b"srt: receiver disconnected, waiting for another one")
        assert sender.poll() is None
        done = finish(sender)
    assert done.exit_code == 0
    assert done.log[-1].endswith("packets were dropped in all, nobody received them")


def test_a_caller_calls_again_until_the_other_side_is_back(tmp_path: Path) -> None:
    port = free_port()
    target = tmp_path / "received.ts"
    words = [f"--caller=127.0.0.1:{port}", "--multiple", "--conn-timeout=300"]
    with running("-v", "-I", "srt", *words, "-O", "file", target) as receiver:
        line_with(receiver, b"connection timed out, trying again")
        for _ in range(2):
            before = target.stat().st_size
            with running(*LIVE, "-O", "srt", f"--listener=127.0.0.1:{port}") as sender:
                line_with(receiver, b"srt: connected from 127.0.0.1:")
                wait_for(lambda size=before: target.stat().st_size > size + 188 * 200, "packets")
                finish(sender)
            line_with(receiver, b"srt: sender disconnected, waiting for another one")
        done = finish(receiver)
    assert done.exit_code == 0


@contextmanager
def lossy_line(listener_port: int) -> Iterator[int]:
    """A UDP relay to an SRT listener that loses every 25th packet of the caller; gives the port to call."""
    over = threading.Event()
    with udp_receiver() as outside, udp_receiver() as inside:
        caller: list[tuple[str, int]] = []

        def forward() -> None:
            sent = 0
            while not over.is_set():
                for ready in select.select([outside, inside], [], [], 0.05)[0]:
                    data, sender = ready.recvfrom(2048)
                    if ready is inside:
                        outside.sendto(data, caller[0])
                        continue
                    caller[:] = [sender]
                    sent += data[0] < 0x80  # of data; control packets have the first bit set
                    if sent % 25 or data[0] >= 0x80:
                        inside.sendto(data, ("127.0.0.1", listener_port))

        thread = threading.Thread(target=forward)
        thread.start()
        try:
            yield port_of(outside)
        finally:
            over.set()
            thread.join()


def test_what_the_line_loses_is_sent_again_and_told(tmp_path: Path) -> None:
    port, target = free_port(), tmp_path / "received.ts"
    receiver = ["-v", "-I", "srt", f"--listener=127.0.0.1:{port}", "--latency=2000", "--final-statistics"]
    once = ["-I", "file", SOURCE, "-P", "regulate", "--bitrate=12000000"]
    with running(*receiver, "--json-line=statistics:", "-O", "file", target) as receiving:
        wait_for(lambda: is_bound(port), "the listener")
        with lossy_line(port) as line:
            caller = ["-O", "srt", f"--caller=127.0.0.1:{line}", "--latency=2000", *STATISTICS]
            with running("-v", *once, *caller) as sending:
                sent = finish(sending, None)
        finish(receiving, None)
    assert target.read_bytes() == (MEDIA / SOURCE).read_bytes()
    told = [line.partition("statistics:")[2] for line in sent.log if "statistics:" in line]
    totals = json.loads(told[-1])["send"]["total"]
    assert totals["retransmit-packets"] >= totals["unique-packets"] // 25
    assert totals["lost-packets"] > 0
    assert totals["dropped-packets"] == 0


def test_the_passphrase_is_on_no_command_line() -> None:
    port, secret = free_port(), "0123456789"
    words = ["-I", "srt", f"--listener=127.0.0.1:{port}", "@/dev/stdin", "-O", "drop"]
    with running(*words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(f"--passphrase={secret}\n".encode())
        process.stdin.close()
        wait_for(lambda: is_bound(port), "the listener")
        tasks = Path(f"/proc/{process.pid}/task").iterdir()
        children = " ".join((task / "children").read_text() for task in tasks).split()
        assert children == []
        assert secret not in Path(f"/proc/{process.pid}/cmdline").read_text()
