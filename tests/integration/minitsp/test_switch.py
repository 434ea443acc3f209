"""The input switch as a process: inputs by UDP are cut and come back; what leaves has no hidden jump."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ibe100.runner.launch import MARK
from loopback import free_ports
from minitsp_rig import DEADLINE_S, port_of, udp_receiver, wait_for

PIDS = (0, 0x100, 0x101)
SWITCH = [sys.executable, "-m", "ibe100.minitsp.switch"]


class Sender:
    """Sends seven packets each 5 ms; their payload is its number, at which its counters begin."""

    def __init__(self, port: int, number: int) -> None:
        self._place = ("127.0.0.1", port)
        self._number = number
        self._ending = threading.Event()
        self._paused = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        counters = dict.fromkeys(PIDS, self._number)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not self._ending.wait(0.005):
                if self._paused.is_set():
                    continue
                datagram = b""
                for at in range(7):
                    pid = PIDS[at % len(PIDS)]
                    counters[pid] += 1
                    head = bytes([0x47, pid >> 8, pid & 0xFF, 0x10 | counters[pid] & 0x0F])
                    datagram += head + bytes([self._number]) * 184
                sender.sendto(datagram, self._place)

    def pause(self) -> None:
        self._paused.set()

    def go_on(self) -> None:
        self._paused.clear()

    def end(self) -> None:
        self._ending.set()
        self._thread.join()


class Output:
    """What leaves the switch: whose packets, and jumps of counters that nobody announced."""

    def __init__(self) -> None:
        self.receiver = udp_receiver()
        self.last = 0
        self.unannounced = 0
        self.longest_gap_s = 0.0
        self._counters: dict[int, int] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        heard_s = None
        while True:
            try:
                datagram = self.receiver.recv(65_536)
            except OSError:
                return
            now_s = time.monotonic()
            if heard_s is not None:
                self.longest_gap_s = max(self.longest_gap_s, now_s - heard_s)
            heard_s = now_s
            for at in range(0, len(datagram), 188):
                self._take(datagram[at : at + 188])

    def _take(self, raw: bytes) -> None:
        pid, counter = (raw[1] & 0x1F) << 8 | raw[2], raw[3] & 0x0F
        before = self._counters.get(pid)
        is_announced = bool(raw[3] & 0x20 and raw[5] & 0x80)
        if before is not None and not is_announced and counter != (before + 1) & 0x0F:
            self.unannounced += 1
        self._counters[pid] = counter
        if raw[3] & 0x10:
            self.last = raw[-1]


@contextmanager
def switching(
    *options: str, inputs: list[list[str]], output: int
) -> Iterator[tuple[subprocess.Popen[bytes], list[dict[str, object]]]]:
    """A switch that a runner would have started, and its statuses."""
    words = [word for one in inputs for word in ("-I", *one)]
    argv = [*SWITCH, *options, *words, "-O", "ip", f"127.0.0.1:{output}"]
    pipe = subprocess.PIPE
    statuses: list[dict[str, object]] = []
    with subprocess.Popen(argv, stdin=pipe, stderr=pipe, env={**os.environ, MARK: "test"}) as process:

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                _, found, text = line.partition(b"switch-status:")
                if found:
                    statuses.append(json.loads(text))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield process, statuses
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(DEADLINE_S)


def tell(process: subprocess.Popen[bytes], **command: object) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(command).encode() + b"\n")
    process.stdin.flush()


def test_a_lost_input_is_left_and_gone_back_to_and_an_operator_may_choose() -> None:
    output, ports = Output(), free_ports(2)
    senders = [Sender(port, number) for number, port in enumerate(ports, 1)]
    rules = ("--fast-switch", "--primary-input", "0", "--receive-timeout", "300", "--return-after", "1000")
    inputs = [["ip", str(port)] for port in ports]
    with switching(*rules, inputs=inputs, output=port_of(output.receiver)) as (process, statuses):
        wait_for(lambda: output.last == 1, "the first input")
        senders[0].pause()
        wait_for(lambda: output.last == 2, "the second input")
        senders[0].go_on()
        wait_for(lambda: output.last == 1, "the first input again")
        tell(process, input=1)
        wait_for(lambda: output.last == 2, "the second by hand")
        wait_for(lambda: statuses[-1]["mode"] == "hand", "the mode")
        tell(process, rules=True)
        wait_for(lambda: output.last == 1, "the first by the rules")
        tell(process, input=1, seconds=0.5)
        wait_for(lambda: output.last == 2, "the drill")
        wait_for(lambda: output.last == 1, "its end")
        tell(process, input=0, hold=True)
        wait_for(lambda: statuses[-1]["mode"] == "hold", "the hold")
        senders[0].pause()
        wait_for(lambda: not statuses[-1]["inputs"][0]["good"], "the loss")  # type: ignore[index]
        assert output.last == 1
    assert output.unannounced == 0
    for one in senders:
        one.end()
    output.receiver.close()


def test_an_input_that_cannot_be_opened_takes_nothing_from_the_others() -> None:
    output, (port, taken) = Output(), free_ports(2)
    sender = Sender(port, 7)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as owner:
        owner.bind(("127.0.0.1", taken))
        inputs = [["ip", str(taken)], ["file", "/nowhere/at/all.ts"], ["ip", str(port)]]
        rules = ("--fast-switch", "--primary-input", "0", "--receive-timeout", "300")
        with switching(*rules, inputs=inputs, output=port_of(output.receiver)) as (_, statuses):
            wait_for(lambda: output.last == 7, "the third input")
            wait_for(lambda: statuses and statuses[-1]["on_air"] == 2, "its status")
    sender.end()
    output.receiver.close()
