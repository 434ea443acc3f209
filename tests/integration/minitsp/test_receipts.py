"""A cue is reported once it has left by the output, and not at all where nobody received it."""

import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ibe100.runner.launch import MARK
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from loopback import free_port, free_ports
from minitsp_rig import DEADLINE_S, MINITSP, is_bound, port_of, running, send, udp_receiver, wait_for
from places import MEDIA

SECTION = encode(splice_insert(7, True))


class Rig:
    """A live chain with spliceinject and splicemonitor, its receipts and its status lines."""

    def __init__(self, process: subprocess.Popen[bytes], cue_port: int, receipts: socket.socket) -> None:
        self._cue_port, self._receipts = cue_port, receipts
        self.statuses: list[dict[str, object]] = []
        self._log = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._log.start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            _, found, text = line.partition(b"tsp: status:")
            if found:
                self.statuses.append(json.loads(text))

    def fire(self) -> None:
        send(SECTION, self._cue_port)

    def has_receipt(self) -> bool:
        return bool(select.select([self._receipts], [], [], 0)[0])

    def fired_and_reported(self) -> bool:
        self.fire()
        return bool(select.select([self._receipts], [], [], 0.3)[0])

    @property
    def blocked_s(self) -> float:
        return float(str(self.statuses[-1]["blocked_s"]))

    @property
    def receiver(self) -> object:
        return self.statuses[-1]["receiver"] if self.statuses else "nothing told yet"


@contextmanager
def live(*output: str | Path) -> Iterator[Rig]:
    cue_port = free_port()
    with (
        udp_receiver() as receipts,
        running(
            *(
                "--realtime",
                "--add-input-stuffing",
                "1/10",
                "-I",
                "file",
                "--infinite",
                MEDIA / "ott_with_scte35.ts",
            ),
            *(
                "-P",
                "regulate",
                "-P",
                "spliceinject",
                "--service=1",
                "--pid=500",
                f"--udp=127.0.0.1:{cue_port}",
            ),
            *("-P", "splicemonitor", "--splice-pid=500", "--all-commands"),
            f"--json-udp=127.0.0.1:{port_of(receipts)}",
            *("-P", "ip", f"127.0.0.1:{free_port()}", "-O", *output),
            env={**os.environ, MARK: "a stream"},
        ) as process,
    ):
        wait_for(lambda: is_bound(cue_port), "the cue port")
        yield Rig(process, cue_port, receipts)


def test_what_goes_to_a_pipe_that_nobody_reads_is_not_reported_before_it_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "out.ts"
    os.mkfifo(pipe)
    with live("file", pipe) as rig:
        wait_for(lambda: rig.receiver is False, "a pipe without a reader")
        rig.fire()
        told = len(rig.statuses)
        wait_for(lambda: len(rig.statuses) > told + 2, "a second and more")
        assert not rig.has_receipt()
        with subprocess.Popen(["cat", pipe], stdout=subprocess.DEVNULL) as reader:
            wait_for(rig.fired_and_reported, "a receipt")
            wait_for(lambda: rig.receiver is None, "a pipe that is read")
            reader.send_signal(signal.SIGSTOP)
            wait_for(lambda: rig.blocked_s >= 1.0, "a pipe that is read no more")
            reader.send_signal(signal.SIGCONT)
            wait_for(lambda: rig.blocked_s < 1.0, "an output that moves again")
            reader.kill()


@pytest.mark.parametrize("profile", ["main", "simple"])
def test_what_no_rist_receiver_gets_is_not_reported(profile: str) -> None:
    # The simple profile takes an even one, and the next.
    port = next(port for port in free_ports(3) if port % 2 == 0)
    url = f"rist://127.0.0.1:{port}"
    with live("rist", f"--profile={profile}", url) as rig:
        wait_for(lambda: rig.receiver is False, "a sender")
        assert not rig.fired_and_reported()
        receiver = subprocess.Popen(
            [*MINITSP, "-I", "rist", f"--profile={profile}", f"rist://@127.0.0.1:{port}", "-O", "drop"],
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: rig.receiver is True, "a receiver")
            wait_for(rig.fired_and_reported, "a receipt")
        finally:
            receiver.kill()
            receiver.wait(DEADLINE_S)
        wait_for(lambda: rig.receiver is False, "a receiver that is gone")


def test_what_no_srt_receiver_gets_is_not_reported() -> None:
    with live("srt", "--multiple", "--listener", f"127.0.0.1:{free_port()}") as rig:
        wait_for(lambda: bool(rig.statuses), "a status")
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            assert not rig.fired_and_reported()
