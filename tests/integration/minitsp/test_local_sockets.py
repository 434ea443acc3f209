"""`unix:path` in every place where minitsp takes or gives datagrams: packets, cues, reports."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from ibe100.runner.local_socket import LocalSender, receiving
from ibe100.scte35 import encode, splice_insert
from minitsp_rig import MEDIA, running

DATAGRAM = 7 * 188
SPLICE_PID = 500
CHAIN = [
    *("--realtime", "--add-input-stuffing", "1/20", "-I", "ip", "unix:in.sock"),
    *("-P", "spliceinject", f"--pid={SPLICE_PID}", "--pts-pid=256", "--udp=unix:cue.sock"),
    *("-P", "analyze", "--interval=1", "--json-udp=unix:analyze.sock"),
    *("-P", "tables", "--psi-si", "--all-sections", "--no-encapsulation", "--ip-udp=unix:tables.sock"),
    *("-P", "influx", "--interval=1", "--bitrate", "--host-url=unix:influx.sock"),
    *("-P", "splicemonitor", f"--splice-pid={SPLICE_PID}", "--all-commands", "--meta-base64-sections"),
    *("--json-udp=unix:splice.sock", "-P", "ip", "--packet-burst=28", "unix:tap.sock"),
    *("-O", "ip", "unix:out.sock"),
]


@contextmanager
def fed(folder: Path, section: bytes) -> Iterator[None]:
    """A stream that is sent in real time, or nearly so, with a cue now and then until it is seen."""
    over = threading.Event()
    source = (MEDIA / "ott_with_scte35.ts").read_bytes()

    def feed() -> None:
        with closing(LocalSender(str(folder / "in.sock"))) as packets:
            for at in range(0, len(source), DATAGRAM):
                if over.wait(0.002):
                    return
                packets.send(source[at : at + DATAGRAM])

    def fire() -> None:
        with closing(LocalSender(str(folder / "cue.sock"))) as cues:
            while not over.wait(0.2):
                cues.send(section)

    threads = [threading.Thread(target=one) for one in (feed, fire)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_packets_cues_and_reports_go_by_the_sockets_of_a_folder(tmp_path: Path) -> None:
    section = encode(splice_insert(7, True))
    with ExitStack() as stack:

        def inbox(name: str) -> Callable[[], bytes]:
            receiver = stack.enter_context(receiving(str(tmp_path / f"{name}.sock"), 1 << 20))
            receiver.settimeout(60)
            return lambda: receiver.recv(1 << 18)

        names = ("tap", "out", "splice", "analyze", "tables", "influx")
        tap, out, splice, analyze, tables, influx = map(inbox, names)
        stack.enter_context(running(*CHAIN, folder=tmp_path))
        stack.enter_context(fed(tmp_path, section))
        assert len(tap()) == 28 * 188
        assert out()[:1] == b"\x47"
        assert tables()[0] in (0x00, 0x02, 0x42)  # PAT, PMT or SDT: whichever comes first
        assert b"bitrate,scope=ts" in influx()
        assert "ts" in json.loads(analyze())
        while b"metadata" not in (receipt := splice()):
            continue
        assert base64.b64encode(section) in receipt
