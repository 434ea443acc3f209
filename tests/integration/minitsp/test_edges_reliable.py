"""SRT and RIST in and out of minitsp over loopback: byte for byte, secrets, refusals, broken lines."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ibe100.minitsp.srt.libsrt import find_library
from ibe100.mpegts.packet import pids
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from loopback import free_port
from minitsp_rig import MEDIA, finish, is_bound, recording, run, running, send, wait_for

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="ffmpeg has SRT and RIST on Linux"
)

needs_libsrt = pytest.mark.skipif(find_library() is None, reason="no libsrt on this machine")
STREAM = (MEDIA / "sat_no_sdt.ts").read_bytes()[: 188 * 3500]
TAIL = (b"\x47\x1f\xff\x10" + bytes(184)) * 2000
"""What a receiver may lose, as it drops what its latency still holds back when the sender hangs up."""
PASSPHRASE = "0123456789"
PACED = ["-P", "regulate", "--bitrate=8000000"]
SPLICE_PID = 500


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.ts"
    path.write_bytes(STREAM + TAIL)
    return path


def child_of(process: subprocess.Popen[bytes]) -> int | None:
    """The ffmpeg that a minitsp has started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        children += (task / "children").read_text().split()
    return int(children[0]) if children else None


def ends(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize(
    ("caller_sends", "library"),
    [(True, ""), (False, ""), (True, "none")],
    ids=["caller sends", "listener sends", "through ffmpeg"],
)
def test_srt_carries_every_byte_with_passphrase_and_stream_id(
    caller_sends: bool, library: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINITSP_LIBSRT", library)
    port = free_port()
    common = ["--latency=300", f"--passphrase={PASSPHRASE}"]
    listener = ["srt", f"--listener=127.0.0.1:{port}", *common]
    caller = ["srt", f"--caller=127.0.0.1:{port}", "--streamid=#!::r=x,m=publish", *common]
    target = tmp_path / "received.ts"
    sender = ["-I", "file", source, *PACED, "-O", *(caller if caller_sends else listener)]
    receiver = ["-I", *(listener if caller_sends else caller), "-O", "file", target]
    first, second = (receiver, sender) if caller_sends else (sender, receiver)
    with running(*first) as waiting:
        wait_for(lambda: is_bound(port), "the listener")
        done = run(*second)
        other = finish(waiting, None)
    sent, received = (done, other) if caller_sends else (other, done)
    assert (sent.exit_code, sent.log) == (0, [])
    assert (received.exit_code, received.log) == (0, ["* srt: sender disconnected"])
    assert (STREAM + TAIL).startswith(target.read_bytes())
    assert target.stat().st_size >= len(STREAM)


def test_rist_carries_every_byte_with_a_secret(source: Path, tmp_path: Path) -> None:
    port = free_port()
    target = tmp_path / "received.ts"
    url = f"rist://@127.0.0.1:{port}?secret=hush-hush&aes-type=256"
    with running("-I", "rist", url, "-O", "file", target) as receiver:
        wait_for(lambda: is_bound(port), "the receiver")
        sender = ["--secret=hush-hush", "--encryption-type=AES-256", f"rist://127.0.0.1:{port}"]
        sent = run("-I", "file", source, *PACED, "-O", "rist", *sender)
        wait_for(lambda: target.stat().st_size >= len(STREAM), "the last packet")
        received = finish(receiver)
    assert (sent.exit_code, sent.log) == (0, [])
    assert received.exit_code == 0
    assert (STREAM + TAIL).startswith(target.read_bytes())


@pytest.mark.parametrize("library", [pytest.param("", marks=needs_libsrt), "none"], ids=["libsrt", "ffmpeg"])
def test_a_wrong_passphrase_is_named(library: str, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINITSP_LIBSRT", library)
    port = free_port()
    with running("-I", "srt", f"--listener={port}", f"--passphrase={PASSPHRASE}", "-O", "drop") as listener:
        wait_for(lambda: is_bound(port), "the listener")
        caller = [f"--caller=127.0.0.1:{port}", "--passphrase=not this one", "--conn-timeout=3000"]
        done = run("-I", "file", source, *PACED, "-O", "srt", *caller)
        if library != "none":
            assert listener.stderr is not None
            told = b"* Warning: srt: a caller was turned away, reject reason: Incorrect passphrase\n"
            assert listener.stderr.readline() == told
        finish(listener)
    assert done.exit_code == 1
    assert done.log == [
        "* Error: srt: error during srt_connect: Connection setup failure: "
        "connection rejected, reject reason: Incorrect passphrase"
    ]


def test_a_caller_without_an_answer_reads_as_with_tsp(source: Path) -> None:
    done = run("-I", "file", source, "-O", "srt", f"--caller=127.0.0.1:{free_port()}", "--conn-timeout=300")
    assert (done.exit_code, done.log) == (1, recording("error-srt-caller-refused")["log"])


def test_secrets_are_not_in_the_process_list_and_the_child_dies_with_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINITSP_LIBSRT", "none")
    port = free_port()
    secret = "/dev/stdin"
    words = ["-I", "srt", f"--listener=127.0.0.1:{port}", f"@{secret}", "-O", "drop"]
    with running(*words, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(f"--passphrase={PASSPHRASE}\n".encode())
        process.stdin.close()
        wait_for(lambda: is_bound(port), "the listener")
        child = child_of(process)
        assert child is not None
        assert PASSPHRASE not in Path(f"/proc/{process.pid}/cmdline").read_text()
        # ffmpeg has it there until it has read it: then it is overwritten.
        wait_for(lambda: PASSPHRASE not in Path(f"/proc/{child}/cmdline").read_text(), "the overwriting")
        assert "*" * len(PASSPHRASE) in Path(f"/proc/{child}/cmdline").read_text().split("\0")
        process.kill()
        process.wait()
        wait_for(lambda: ends(child), "the end of ffmpeg")


def test_a_listener_without_a_caller_stops_at_once(source: Path) -> None:
    port = free_port()
    with running("-I", "file", source, "-O", "srt", f"--listener={port}") as process:
        wait_for(lambda: is_bound(port), "the listener")
        child = child_of(process)
        done = finish(process, signal.SIGTERM)
    assert (done.exit_code, done.log) == (0, ["* tsp: user interrupt, terminating..."])
    assert child is None or ends(child)


def test_a_receiver_that_goes_ends_the_output_with_an_error(source: Path) -> None:
    port = free_port()
    endless = ["-I", "file", "--infinite", source, *PACED]
    with running("-I", "srt", f"--listener={port}", "-O", "drop") as receiver:
        wait_for(lambda: is_bound(port), "the listener")
        with running("-v", *endless, "-O", "srt", f"--caller=127.0.0.1:{port}") as sender:
            assert sender.stderr is not None
            while b"srt: connected" not in sender.stderr.readline():
                pass
            finish(receiver)
            done = finish(sender, None)
    assert done.exit_code == 1
    assert done.log[-1] == "* Error: srt: receiver disconnected"


def test_with_multiple_the_next_caller_is_served(source: Path, tmp_path: Path) -> None:
    port = free_port()
    endless = ["-I", "file", "--infinite", source, *PACED]
    with running(*endless, "-O", "srt", f"--listener=127.0.0.1:{port}", "--multiple") as sender:
        for number in (1, 2):
            target = tmp_path / f"{number}.ts"
            wait_for(lambda: is_bound(port), "the listener")
            with running("-I", "srt", f"--caller=127.0.0.1:{port}", "-O", "file", target) as receiver:
                wait_for(lambda path=target: path.exists() and path.stat().st_size > 188 * 200, "packets")
                finish(receiver)
        done = finish(sender)
    assert done.exit_code == 0
    assert "* Warning: srt: receiver disconnected, waiting for another one" in done.log


@pytest.mark.parametrize("sends", [True, False], ids=["sender calls", "receiver calls"])
def test_through_ffmpeg_a_call_is_made_again_until_somebody_answers(
    sends: bool, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINITSP_LIBSRT", "none")
    port, target = free_port(), tmp_path / "received.ts"
    caller = ["srt", f"--caller=127.0.0.1:{port}", "--conn-timeout=300", "--multiple"]
    listener = ["srt", f"--listener=127.0.0.1:{port}"]
    feed = ["-I", "file", "--infinite", source, *PACED, "-O"]
    sender = [*feed, *(caller if sends else listener)]
    receiver = ["-I", *(listener if sends else caller), "-O", "file", target]
    first, second = (sender, receiver) if sends else (receiver, sender)
    with running(*first) as calling:
        assert calling.stderr is not None
        while b"connection timed out, trying again" not in (line := calling.stderr.readline()):
            assert line
        with running(*second) as answering:
            wait_for(lambda: target.exists() and target.stat().st_size > 188 * 200, "packets")
            finish(answering)
        done = finish(calling)
    assert done.exit_code == 0


def test_a_cue_put_in_on_the_way_arrives_unchanged_over_srt(tmp_path: Path) -> None:
    port, cue_port = free_port(), free_port()
    cue = encode(splice_insert(0x60000001, out_of_network=True))
    target = tmp_path / "received.ts"
    chain = ["--add-input-stuffing=1/20", "-I", "file", "--infinite", "dvb_hd_service.ts", "-P", "regulate"]
    chain += ["-P", "pmt", "--service=257", f"--add-pid={SPLICE_PID}/0x86"]
    chain += ["-P", "spliceinject", "--service=257", f"--pid={SPLICE_PID}", f"--udp=127.0.0.1:{cue_port}"]
    with running("-I", "srt", f"--listener=127.0.0.1:{port}", "-O", "file", target) as receiver:
        wait_for(lambda: is_bound(port), "the listener")
        with running(*chain, "-O", "srt", f"--caller=127.0.0.1:{port}", "--latency=50") as sender:
            wait_for(lambda: target.exists() and target.stat().st_size > 188 * 2000, "packets")
            send(cue, cue_port)
            wait_for(lambda: sections(target.read_bytes(), SPLICE_PID), "the cue")
            finish(sender)
        finish(receiver, None)
    assert set(sections(target.read_bytes(), SPLICE_PID)) == {cue}


def sections(stream: bytes, pid: int) -> list[bytes]:
    """The sections on a PID of a stream."""
    assembler = SectionAssembler()
    found = []
    packets = np.frombuffer(stream, np.uint8)[: len(stream) // 188 * 188].reshape(-1, 188)
    for packet in packets[pids(packets) == pid]:
        found += assembler.feed(packet.tobytes())
    return found
