"""minitsp as a process: files in and out, signals, pipes that break, disks that are full."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest

from minitsp_rig import DEADLINE_S, MEDIA, MINITSP, finish, port_of, run, running, udp_receiver, wait_for

LOOP = ["--add-input-stuffing=1/20", "-I", "file", "--infinite", "dvb_hd_service.ts", "-P", "regulate"]


def test_standard_input_and_output_carry_the_stream_unchanged() -> None:
    source = (MEDIA / "ott_with_scte35.ts").read_bytes()
    done = run("-P", "regulate", "--bitrate=2000000000", stdin=source)
    assert done.exit_code == 0
    assert done.stdout == source


def test_files_are_repeated_stuffed_and_appended(tmp_path: Path) -> None:
    source = (MEDIA / "dvb_hd_service.ts").read_bytes()
    target = tmp_path / "out.ts"
    assert run("-I", "file", "--repeat", "2", "dvb_hd_service.ts", "-O", "file", target).exit_code == 0
    again = [
        "--add-start-stuffing=2",
        "--add-stop-stuffing=1",
        "-I",
        "file",
        f"--packet-offset={len(source) // 188 - 1}",
    ]
    assert run(*again, "dvb_hd_service.ts", "-O", "file", "--append", target).exit_code == 0
    written = target.read_bytes()
    assert written[: 2 * len(source)] == source * 2
    tail = np.frombuffer(written[2 * len(source) :], np.uint8).reshape(-1, 188)
    assert (tail[:, 2] == 0xFF).tolist() == [True, True, False, True]
    refused = run("-I", "file", "dvb_hd_service.ts", "-O", "file", "--keep", target)
    assert refused.exit_code == 1
    assert refused.log == [f"* Error: file: cannot create file {target}: File exists"]


@pytest.mark.parametrize("damage", [b"\x00" * 188, b"\x00" * 1000, b"\x00" * 900_000, b""])
@pytest.mark.parametrize("from_file", [True, False])
def test_where_sync_is_lost_it_goes_on_with_the_next_packets(
    damage: bytes, from_file: bool, tmp_path: Path
) -> None:
    """In the place of packet 100, after which half a packet is missing where the damage is none."""
    damaged = tmp_path / "damaged.ts"
    source = (MEDIA / "dvb_hd_service.ts").read_bytes()
    good = source[: 188 * 100]
    data = good + damage + source[188 * 101 :] if damage else good[:-94] + source[188 * 101 :]
    damaged.write_bytes(data)
    done = run("-I", "file", damaged) if from_file else run("-I", "file", stdin=data)
    assert done.exit_code == 0
    whole = good if damage else good[:-188]
    assert done.stdout == whole + source[188 * 101 :]
    first, second = done.log
    assert first.startswith("* Error: file: synchronization lost after 100 packets, got 0x")
    assert second == f"* Warning: file: synchronized again, {len(damage) or 94:,} bytes skipped"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_stream_in_order(number: int, tmp_path: Path) -> None:
    target = tmp_path / "out.ts"
    with running("--timed-log", *LOOP, "-O", "file", target) as process:
        wait_for(lambda: target.exists() and target.stat().st_size, "the first packet")
        done = finish(process, number)
    assert done.exit_code == 0
    assert done.log[0].endswith(" - tsp: user interrupt, terminating...")
    assert len(done.log) == 1
    assert target.stat().st_size % 188 == 0


def test_a_full_disk_is_named() -> None:
    done = run("-I", "file", "dvb_hd_service.ts", "-O", "file", "/dev/full")
    assert done.exit_code == 1
    assert done.log == ["* Error: file: error writing /dev/full: No space left on device"]


def test_a_reader_that_goes_away_ends_the_stream() -> None:
    with running(*LOOP, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(188)
        process.stdout.close()
        assert process.wait(DEADLINE_S) == 1
        assert process.stderr is not None
        assert process.stderr.read() == b"* Error: file: error writing standard output: Broken pipe\n"


def test_a_log_that_nobody_reads_does_not_stop_the_stream() -> None:
    """Standard error is a pipe that is full from the start, then one that is closed."""
    report = ["-P", "splicemonitor", "--all-commands", "--json-line"]
    for close in (False, True):
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with os.fdopen(writer, "wb", buffering=0) as log, udp_receiver() as receiver:
            while not close and log.write(b"x" * 65_536):
                pass
            os.set_blocking(writer, True)
            if close:
                os.close(reader)
            target = f"127.0.0.1:{port_of(receiver)}"
            source = ["--verbose", "-I", "file", "--infinite", "ott_with_scte35.ts", "-P", "regulate"]
            with running(*source, "--bitrate=50000000", *report, "-O", "ip", target, stderr=log) as process:
                for _ in range(3000):
                    receiver.recv(65_536)
                process.send_signal(signal.SIGTERM)
                assert process.wait(DEADLINE_S) == 0
        if not close:
            os.close(reader)


def test_the_version_and_the_plugins_are_printed() -> None:
    version = run("--version").stdout.decode()
    assert version.startswith("minitsp: ")
    assert version.rstrip().endswith("version 3.0.0")
    listed = run("--list-plugins").stdout.decode()
    for name in ("file", "ip", "drop", "regulate", "pmt", "spliceinject", "splicemonitor", "filter"):
        assert f"\n  {name} ." in listed


@pytest.mark.parametrize("part", ["-I dvb -O drop", "-I file x.ts -P psimerge -O drop"])
def test_what_only_tsduck_has_says_so(part: str) -> None:
    done = run(*part.split())
    name = "dvb" if "dvb" in part else "psimerge"
    assert (done.exit_code, done.log) == (1, [f"* Error: {name}: needs TSDuck"])


def test_a_secret_comes_by_file_descriptor() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as secret:
        secret.write(b"--bogus=hunter2\n")
    command = [*MINITSP, "-I", "file", "dvb_hd_service.ts", f"@/proc/self/fd/{reader}"]
    done = subprocess.run(command, pass_fds=[reader], capture_output=True, timeout=DEADLINE_S)
    os.close(reader)
    assert done.stderr == b"* Error: file: unknown option --bogus\n"


@pytest.mark.parametrize(
    "broken",
    [
        "ibe100.minitsp.outputs.file.FileOutput.send",
        "ibe100.minitsp.plugins.pmt.PmtEditor.process",
        "ibe100.minitsp.plugins.continuity.Continuity.observe",
        "ibe100.minitsp.inputs.file.FileInput.fetch",
    ],
)
def test_a_bug_ends_the_process_with_a_traceback(broken: str) -> None:
    """In any thread: a stream that stands still without a word is the worst that can happen."""
    module, name, method = broken.rsplit(".", 2)
    program = (
        "import sys\n"
        f"from {module} import {name}\n"
        "from ibe100.minitsp.__main__ import main\n"
        f"setattr({name}, '{method}', lambda self, *_: 1 // 0)\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = ["-I", "file", "--infinite", "dvb_hd_service.ts", "-P", "pmt", "-P", "continuity"]
    command = [sys.executable, "-c", program, *arguments, "-O", "file", "/dev/null"]
    done = subprocess.run(command, cwd=MEDIA, capture_output=True, timeout=DEADLINE_S)
    assert done.returncode == 1
    assert b"ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("broken_pipe", [True, False])
def test_a_stop_needs_no_reader_of_the_output(broken_pipe: bool) -> None:
    """The output's pipe is full, then stays so, or breaks while the process ends."""
    with running(*LOOP, "--bitrate=400000000", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        wait_for(lambda: _waiting(descriptor) >= 65_536 - 4096, "the pipe to be full")
        process.send_signal(signal.SIGTERM)
        if broken_pipe:
            process.stdout.close()
        assert process.wait(DEADLINE_S) in ((0, 1) if broken_pipe else (0,))


def _waiting(descriptor: int) -> int:
    """Bytes that wait in a pipe."""
    return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_a_named_pipe_is_read_and_written(tmp_path: Path) -> None:
    source = (MEDIA / "ott_with_scte35.ts").read_bytes()
    inward, outward = tmp_path / "in.ts", tmp_path / "out.ts"
    os.mkfifo(inward)
    os.mkfifo(outward)
    with (
        running("-I", "file", inward, "-O", "file", outward) as process,
        subprocess.Popen(["cat", outward], stdout=subprocess.PIPE) as reader,
    ):
        inward.write_bytes(source)
        assert reader.communicate(timeout=DEADLINE_S)[0] == source
        assert process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("side", ["-I", "-O"])
def test_a_stop_needs_nobody_at_the_other_end_of_a_named_pipe(side: str, tmp_path: Path) -> None:
    pipe, seen = tmp_path / "pipe.ts", tmp_path / "seen.ts"
    os.mkfifo(pipe)
    tap = ["-P", "file", seen]
    words = ["-I", "file", pipe, *tap, "-O", "drop"] if side == "-I" else [*LOOP, *tap, "-O", "file", pipe]
    with running(*words) as process:
        wait_for(seen.exists, "the start")
        wait_for(lambda: side == "-I" or seen.stat().st_size, "the first packet")
        assert finish(process, signal.SIGTERM).exit_code == 0


def test_a_named_pipe_cannot_be_repeated(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.ts"
    os.mkfifo(pipe)
    done = run("-I", "file", "--infinite", pipe, "-O", "drop")
    assert done.exit_code == 1
    assert done.log == ["* Error: file: a named pipe cannot be repeated, nor read with other files"]
