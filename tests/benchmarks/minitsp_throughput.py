"""What minitsp costs and how fast it is: CPU share at a live bitrate, speed, start-up, cue latency.

Run it by hand: `.venv/bin/python tests/benchmarks/minitsp_throughput.py [seconds]`; one line per figure.
"""

import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
import psutil
from minitsp_rig import MEDIA, MINITSP, free_port, is_bound, port_of, running, udp_receiver, wait_for

from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode

BITRATE_BPS = 10_000_000
FAST_BPS = 20_000_000
LOOP = ["--add-input-stuffing=1/20", "-I", "file", "--infinite", "dvb_hd_service.ts"]


def chain(cue_port: int, json_port: int) -> list[str]:
    """The processors of a live stream, as the console builds them."""
    pmt = ["-P", "pmt", "--service=257", "--add-registration=0x43554549", "--add-pid=500/0x86"]
    inject = ["-P", "spliceinject", "--service=257", "--pid=500", f"--udp=127.0.0.1:{cue_port}"]
    monitor = ["-P", "splicemonitor", "--splice-pid=500", "--time-pid=120", "--all-commands"]
    return [*pmt, *inject, *monitor, "--meta-base64-sections", f"--json-udp=127.0.0.1:{json_port}"]


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Processor time a process has used so far."""
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def cpu_share_from_file(seconds: float, bitrate_bps: int) -> None:
    regulate = ["-P", "regulate", f"--bitrate={bitrate_bps}"]
    with running(*LOOP, *regulate, *chain(free_port(), free_port()), "-O", "ip", "127.0.0.1:9") as process:
        time.sleep(2)
        before = cpu_s(process)
        time.sleep(seconds)
        share = (cpu_s(process) - before) / seconds
        process.terminate()
        process.communicate()
    print(f"file -> ip at {bitrate_bps / 1e6:.0f} Mb/s: {share:.1%} of a core")


def udp_pass_through(seconds: float, bitrate_bps: int) -> None:
    """Send a numbered stream in, count what comes out."""
    source = (MEDIA / "dvb_hd_service.ts").read_bytes()
    datagrams = [source[at : at + 1316] for at in range(0, len(source) - 1316, 1316)]
    port = free_port()
    count = int(seconds * bitrate_bps / (1316 * 8))
    received = 0

    def drain(sink: socket.socket) -> None:
        nonlocal received
        try:
            while received < count * 1316:
                received += len(sink.recv(65_536))
        except TimeoutError:
            return

    with udp_receiver() as sink:
        sink.settimeout(3)
        reader = threading.Thread(target=drain, args=(sink,))
        arguments = ["-I", "ip", str(port), *chain(free_port(), free_port())]
        with running(*arguments, "-O", "ip", f"127.0.0.1:{port_of(sink)}") as process:
            wait_for(lambda: is_bound(port), "the input port")
            reader.start()
            before = cpu_s(process)
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            start = time.monotonic()
            for number in range(count):
                due = start + number * 1316 * 8 / bitrate_bps
                time.sleep(max(0.0, due - time.monotonic()))
                sender.sendto(datagrams[number % len(datagrams)], ("127.0.0.1", port))
            sender.close()
            reader.join()
            share = (cpu_s(process) - before) / seconds
            process.terminate()
            process.communicate()
    lost = count * 1316 - received
    rate, loss = f"{bitrate_bps / 1e6:.0f} Mb/s", f"{lost // 188} packets lost of {count * 7}"
    print(f"ip -> ip at {rate}: {share:.1%} of a core, {loss}")


def free_running() -> None:
    with tempfile.NamedTemporaryFile(suffix=".ts") as copy:
        copy.write((MEDIA / "dvb_hd_service.ts").read_bytes() * 60)
        copy.flush()
        start = time.monotonic()
        command = [*MINITSP, "-I", "file", copy.name, *chain(free_port(), free_port()), "-O", "drop"]
        subprocess.run(command, check=True, cwd=MEDIA)
        seconds = time.monotonic() - start
        megabits = Path(copy.name).stat().st_size * 8 / 1e6
    print(f"free-running: {megabits / seconds:.0f} Mb/s through the whole chain")


def start_up() -> None:
    with udp_receiver() as sink:
        start = time.monotonic()
        source = [*LOOP, "-P", "regulate"]
        arguments = [*source, *chain(free_port(), free_port()), "-O", "ip", f"127.0.0.1:{port_of(sink)}"]
        with running(*arguments):
            sink.recv(65_536)
            print(f"start-up to the first packet: {(time.monotonic() - start) * 1000:.0f} ms")


def cue_latency(count: int = 20) -> None:
    cue_port = free_port()
    latencies_ms = []
    with udp_receiver() as reports, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        source = [*LOOP, "-P", "regulate"]
        with running(*source, *chain(cue_port, port_of(reports)), "-O", "drop"):
            wait_for(lambda: is_bound(cue_port), "the cue port")
            time.sleep(0.5)
            for number in range(count):
                start = time.monotonic()
                sender.sendto(encode(splice_insert(number + 1, True)), ("127.0.0.1", cue_port))
                reports.recv(65_536)
                latencies_ms.append((time.monotonic() - start) * 1000)
                reports.recv(65_536)
                time.sleep(0.03)
    latencies_ms.sort()
    median, worst = latencies_ms[count // 2], latencies_ms[-1]
    print(f"cue to receipt: {median:.1f} ms median, {worst:.1f} ms worst of {count}")


if __name__ == "__main__":
    duration_s = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    start_up()
    cue_latency()
    free_running()
    cpu_share_from_file(duration_s, BITRATE_BPS)
    udp_pass_through(duration_s, BITRATE_BPS)
    udp_pass_through(duration_s, FAST_BPS)
