"""Looking at inputs: real files, real datagrams, a real test pattern; and what is left behind: nothing."""

import asyncio
import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest

from ibe100.models.endpoints.parse import parse_input
from ibe100.models.errors import OperatorError, ProbeError, ProcessorError
from ibe100.models.stream_config import Engine, FileInput, SrtInput, SrtMode, UdpInput
from ibe100.models.stream_config import TestPatternInput as PatternInput
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.tsduck.edges import secrets_of
from ibe100.tsduck.packet_collector import PacketCollector
from ibe100.tsduck.probe import ProbeLimits, probe_input
from ibe100.tsduck.processor import BUILTIN, Processor, find_tsp
from loopback import free_port
from tsduck_cases import gone, stream

BRIEF = ProbeLimits(first_bytes_s=20.0, live_s=0.5, most_live_s=20.0)
LOOPBACK = "127.0.0.1"


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    """Every test leaves as many child processes as there were."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    left = [c for c in psutil.Process().children(recursive=True) if c.pid not in before]
    assert not [child for child in left if child.status() != psutil.STATUS_ZOMBIE]


def assert_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, port))


@dataclass
class Sender:
    """Sends a file round and round to a loopback port, 1316 bytes a datagram, some 2 Mb/s."""

    data: bytes
    port: int
    wait_s: float = 0.005
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Sender":
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            at = 0
            while not self._stop.wait(self.wait_s):
                with contextlib.suppress(ConnectionRefusedError):
                    sender.sendto(self.data[at : at + 1316], (LOOPBACK, self.port))
                at = at + 1316 if at + 1316 < len(self.data) else 0


def udp(port: int, receive_timeout_ms: int = 20_000) -> UdpInput:
    return UdpInput(port=port, local_address=LOOPBACK, receive_timeout_ms=receive_timeout_ms)


def scripted(tmp_path: Path, script: str) -> Processor:
    """A processor that is a Python script; it gets tsp's arguments."""
    path = tmp_path / "processor.py"
    path.write_text(script)
    return Processor(Engine.TSDUCK, "0", (sys.executable, "-I", "-S", str(path)))


@pytest.mark.parametrize(
    ("name", "services"), [("dvb_hd_service.ts", [257]), ("ott_with_scte35.ts", [1]), ("sat_no_sdt.ts", [1])]
)
async def test_a_file_is_read_whole(media: Path, name: str, services: list[int]) -> None:
    report = await probe_input(FileInput(path=media / name), BUILTIN)
    assert report.packets * 188 == (media / name).stat().st_size
    assert [service.service_id for service in report.services] == services


async def test_a_file_that_begins_within_a_packet_is_aligned(media: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.ts"
    whole = (media / "ott_with_scte35.ts").read_bytes()
    path.write_bytes(whole[100:])
    report = await probe_input(FileInput(path=path), BUILTIN)
    assert (report.packets, report.leading_bytes) == (len(whole) // 188 - 1, 88)


@pytest.mark.parametrize(("before", "after"), [(4, 0), (0, 16)], ids=["192 bytes", "204 bytes"])
async def test_a_file_with_more_around_each_packet_is_read(
    before: int, after: int, media: Path, tmp_path: Path
) -> None:
    source = np.fromfile(media / "ott_with_scte35.ts", np.uint8).reshape(-1, 188)
    path = tmp_path / "around.ts"
    path.write_bytes(np.pad(source, ((0, 0), (before, after))).tobytes())
    plain = await probe_input(FileInput(path=media / "ott_with_scte35.ts"), BUILTIN)
    assert await probe_input(FileInput(path=path), BUILTIN) == plain


@pytest.mark.parametrize("junk_bytes", [1, 187, 12_345, 65_536, 200_000, (1 << 20) - 100, 3_000_001])
async def test_junk_before_the_first_packet_is_passed_over_and_counted(
    junk_bytes: int, media: Path, tmp_path: Path
) -> None:
    whole = (media / "ott_with_scte35.ts").read_bytes()[: 188 * 2000]
    junk = np.random.default_rng(junk_bytes).integers(0, 256, junk_bytes, np.uint8).tobytes()
    path = tmp_path / "junk_first.ts"
    path.write_bytes(junk + whole)
    report = await probe_input(FileInput(path=path), BUILTIN)
    assert (report.packets, report.leading_bytes) == (2000, junk_bytes)
    assert f"{junk_bytes:,} bytes before the first packet" in report.notes[0]
    live = PacketCollector("live")
    if junk_bytes < 1 << 20:
        for start in range(0, junk_bytes + len(whole), 1316):
            live.feed((junk + whole)[start : start + 1316])
        assert (live.report().packets, live.report().leading_bytes) == (2000, junk_bytes)


async def test_a_file_is_read_past_what_is_no_packet(media: Path, tmp_path: Path) -> None:
    """Its length, and with it that of its loop, would else be taken from the part before."""
    source = (media / "ott_with_scte35.ts").read_bytes()
    path = tmp_path / "junk.ts"
    path.write_bytes(source[: 188 * 1000] + bytes(999) + source[188 * 1000 :])
    plain = await probe_input(FileInput(path=media / "ott_with_scte35.ts"), BUILTIN)
    assert await probe_input(FileInput(path=path), BUILTIN) == plain


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "bad.ts is empty"),
        (b"G", "is no transport stream"),
        (
            b"no transport stream at all\n" * 4000,
            "is no transport stream: no 188-byte packets .* in the first 108,000 bytes",
        ),
    ],
    ids=["empty", "one byte", "text"],
)
async def test_a_file_that_is_no_transport_stream_is_named(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "bad.ts"
    path.write_bytes(data)
    with pytest.raises(ProbeError, match=f"{path.parent}.*{reason}"):
        await probe_input(FileInput(path=path), BUILTIN)


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=r"cannot read .*absent.ts: No such file or directory"):
        await probe_input(FileInput(path=tmp_path / "absent.ts"), BUILTIN)


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=f"{tmp_path} is not a file"):
        await probe_input(FileInput(path=tmp_path), BUILTIN)


async def test_a_pipe_that_nobody_writes_does_not_hold_the_console(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ts")
    with pytest.raises(ProbeError, match="is not a file"):
        await probe_input(FileInput(path=tmp_path / "pipe.ts"), BUILTIN)


async def test_a_file_that_fails_while_it_is_read_is_named() -> None:
    with pytest.raises(ProbeError, match="cannot read /proc/self/mem: Input/output error"):
        await probe_input(FileInput(path=Path("/proc/self/mem")), BUILTIN)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "locked.ts"
    path.write_bytes(b"G")
    path.chmod(0)
    with pytest.raises(ProbeError, match=r"cannot read .*locked.ts: Permission denied"):
        await probe_input(FileInput(path=path), BUILTIN)


async def test_the_test_pattern_has_what_a_stream_needs() -> None:
    report = await probe_input(PatternInput(), BUILTIN)
    (service,) = report.services
    video = service.first_of(StreamKind.VIDEO)
    assert video is not None and video.video is not None
    assert (video.video.width, video.video.height, video.frame_duration_pts) == (640, 360, 3600)
    assert service.first_of(StreamKind.AUDIO) is not None
    assert service.pcr_pid is not None
    assert service.name == "Test pattern"
    assert report.bitrate_bps == pytest.approx(2_000_000, rel=0.02)
    assert report.null_fraction > 0.2


async def test_datagrams_are_read_and_the_port_is_free_at_once(media: Path) -> None:
    port = free_port()
    with Sender((media / "ott_with_scte35.ts").read_bytes(), port):
        report = await probe_input(udp(port), BUILTIN, limits=BRIEF)
        assert_free(port)
    assert [service.scte35_pids for service in report.services] == [(1001,)]
    assert report.packets > 100


async def test_a_live_input_is_left_soon_after_its_tables_are_known(media: Path) -> None:
    """Not after the longest wait for tables, which is far longer here than the test may take."""
    port = free_port()
    limits = ProbeLimits(first_bytes_s=100.0, live_s=0.2, most_live_s=100.0)
    with Sender((media / "ott_with_scte35.ts").read_bytes(), port):
        async with asyncio.timeout(60):
            await probe_input(udp(port), BUILTIN, limits=limits)


async def test_a_live_input_without_tables_is_left_in_the_end(media: Path) -> None:
    packets = (media / "ott_with_scte35.ts").read_bytes()
    untabled = b"".join(
        packets[at : at + 188]
        for at in range(0, len(packets), 188)
        if int.from_bytes(packets[at + 1 : at + 3], "big") & 0x1FFF
    )
    port = free_port()
    with Sender(untabled, port):
        report = await probe_input(udp(port), BUILTIN, limits=ProbeLimits(20.0, 20.0, 0.5))
    assert report.services == ()


async def test_silence_is_said_in_words() -> None:
    port = free_port()
    with pytest.raises(ProbeError, match=f"udp :{port}: nothing was received; check the sender"):
        await probe_input(udp(port), BUILTIN, limits=ProbeLimits(first_bytes_s=0.3))
    assert_free(port)


async def test_the_processors_own_timeout_is_said_in_the_same_words() -> None:
    port = free_port()
    with pytest.raises(ProbeError, match=f"udp :{port}: nothing was received; check the sender"):
        await probe_input(udp(port, receive_timeout_ms=100), BUILTIN)


async def test_a_port_in_use_is_said_in_the_processors_words() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((LOOPBACK, 0))
        with pytest.raises(ProbeError, match="Address already in use"):
            await probe_input(udp(other.getsockname()[1]), BUILTIN)


async def test_datagrams_that_are_no_transport_stream_are_told_apart(media: Path) -> None:
    port = free_port()
    with Sender(b"hello " * 100_000, port), pytest.raises(OperatorError, match=f":{port}"):
        await probe_input(udp(port), BUILTIN, limits=ProbeLimits(0.5, 0.5, 0.5))


async def test_the_last_words_of_a_processor_reach_the_error(tmp_path: Path) -> None:
    dies = scripted(
        tmp_path,
        "import sys, time\n"
        "for n in range(20000): print('* hls: chatter', n, file=sys.stderr)\n"
        "sys.stderr.flush(); time.sleep(0.1)\n"
        "print('* Error: srt: error during srt_connect: Connection setup failure', file=sys.stderr)\n"
        "sys.exit(1)\n",
    )
    with pytest.raises(
        ProbeError, match=r"srt caller h:9000: srt: error during srt_connect: Connection setup"
    ):
        await probe_input(SrtInput(host="h", port=9000), dies)


async def test_a_processor_that_dies_without_a_word_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=r"the processor ended at once \(exit 3\)"):
        await probe_input(udp(5000), scripted(tmp_path, "raise SystemExit(3)"))


async def test_a_processor_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    absent = Processor(Engine.TSDUCK, "0", (str(tmp_path / "tsp"),))
    with pytest.raises(ProcessorError, match="tsp cannot be run: No such file"):
        await probe_input(udp(5000), absent)


async def test_what_came_before_a_processor_died_is_told(tmp_path: Path, media: Path) -> None:
    source = media / "ott_with_scte35.ts"
    half = scripted(
        tmp_path,
        "import sys\n"
        f"sys.stdout.buffer.write(open({str(source)!r}, 'rb').read())\n"
        "sys.exit('* Error: http: connection reset')\n",
    )
    assert (await probe_input(udp(5000), half)).packets * 188 == source.stat().st_size


@pytest.mark.parametrize("ignores", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
async def test_a_cancelled_probe_leaves_no_process(tmp_path: Path, ignores: str) -> None:
    pids = tmp_path / "pids"
    waits = scripted(
        tmp_path,
        f"import os, signal, subprocess, time\n{ignores}\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        f"open({str(pids)!r} + '.new', 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(pids)!r} + '.new', {str(pids)!r})\n"
        "time.sleep(1000)\n",
    )
    task = asyncio.create_task(probe_input(udp(5000), waits))
    deadline = time.monotonic() + 20
    while not pids.exists():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(*(int(pid) for pid in pids.read_text().split()))


async def test_the_passphrase_reaches_the_processor_in_a_file_only_it_can_read(tmp_path: Path) -> None:
    secret = "--passphrase=s3cret passphrase\n"
    shows = scripted(
        tmp_path,
        "import sys\n"
        "files = [word for word in sys.argv if word.startswith('@')]\n"
        "assert not any('s3cret' in word for word in sys.argv), sys.argv\n"
        "assert not any('s3cret' in text for text in __import__('os').environ.values())\n"
        "print('* Error:', len(files), repr(open(files[0][1:]).read()), file=sys.stderr)\n",
    )
    source = SrtInput(mode=SrtMode.LISTENER, port=9000, passphrase="s3cret passphrase")
    before = psutil.Process().num_fds()
    with pytest.raises(ProbeError) as caught:
        await probe_input(source, shows, {"input.passphrase": secret})
    assert f"1 {secret!r}" in str(caught.value)
    assert psutil.Process().num_fds() <= before


@pytest.mark.tsduck
async def test_a_real_tsp_reads_datagrams(media: Path) -> None:
    tsp = await find_tsp()
    assert tsp is not None
    port = free_port()
    with Sender((media / "ott_with_scte35.ts").read_bytes(), port):
        report = await probe_input(parse_input(f"udp://127.0.0.1:{port}"), tsp, limits=BRIEF)
        assert_free(port)
    assert [service.scte35_pids for service in report.services] == [(1001,)]


@pytest.mark.tsduck
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:{port}/a.ts", "connect"),
        ("http://127.0.0.1:{port}/a.m3u8?token=abcdef", "connect"),
        ("srt://:{port}?passphrase=s3cret-passphrase", "nothing was received"),
    ],
)
async def test_a_real_tsp_says_why_nothing_came(url: str, reason: str) -> None:

    tsp = await find_tsp()
    assert tsp is not None
    source = parse_input(url.format(port=free_port()))
    secrets = secrets_of(stream().model_copy(update={"input": source}))
    with pytest.raises(ProbeError, match=f"(?i){reason}") as caught:
        await probe_input(source, tsp, secrets, ProbeLimits(first_bytes_s=1.0))
    assert "abcdef" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
