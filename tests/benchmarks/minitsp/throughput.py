"""What minitsp costs and how fast it is, side by side with tsp where one is on PATH; one line per figure.

Run it by hand on a quiet machine: `.venv/bin/python tests/benchmarks/minitsp/throughput.py [seconds] [part]…`
with parts out of start, stop, cue, offline, live and twenty; without one all of them.
"""

import contextlib
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
import numpy as np
import psutil
from live_traffic import SERVICE, VIDEO_PID, Traffic, latencies_ms

from ibe100.runner.spec import Command
from ibe100.runner.supervision.spare import Spare
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from minitsp_rig import MEDIA, MINITSP, free_port, is_bound, port_of, udp_receiver, wait_for

ENGINES = {"minitsp": MINITSP} | ({"tsp": [found]} if (found := shutil.which("tsp")) else {})
MEGABYTES = 500
WARM_UP_S = 3.0
SPARE_READY_S = 1.5
LOOP = ["--add-input-stuffing=1/20", "-I", "file", "--infinite", "dvb_hd_service.ts", "-P", "regulate"]
NOWHERE = "--json-udp=127.0.0.1:9"


class InfluxSink:
    """An InfluxDB that takes every post and forgets it."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()


def cue_path(cue_port: int, report: str = NOWHERE) -> tuple[list[str], list[str]]:
    """Plugins that bring a cue in, and the one that sees it out."""
    pmt = ["-P", "pmt", f"--service={SERVICE}", "--add-registration=0x43554549", "--add-pid=500/0x86"]
    inject = ["-P", "spliceinject", f"--service={SERVICE}", "--pid=500", f"--udp=127.0.0.1:{cue_port}"]
    monitor = ["-P", "splicemonitor", "--splice-pid=500", f"--time-pid={VIDEO_PID}", "--all-commands"]
    return [*pmt, *inject, "--no-reuse-port"], [*monitor, "--meta-base64-sections", report]


def full_telemetry(influx: InfluxSink) -> list[str]:
    """The processors of a live stream, as the console builds them."""
    first, last = cue_path(free_port())
    analyze = ["-P", "analyze", "--interval=2", NOWHERE]
    metrics = ["--bitrate", "--services", "--type", f"--pid={VIDEO_PID}", "--pts", "--pcr", "--tr-101-290"]
    server = [f"--host-url={influx.url}", "--bucket=ibe100", "--org=ibe100", "--token=loopback"]
    return [*first, *analyze, "-P", "influx", "--interval=1", *metrics, *server, *last]


@contextlib.contextmanager
def running(engine: str, *arguments: str, **popen: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is killed at the end, unless it has ended."""
    popen = {"stderr": subprocess.DEVNULL, **popen}
    with subprocess.Popen([*ENGINES[engine], *arguments], cwd=MEDIA, **popen) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Processor time a process has used so far."""
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def resident_mb(process: subprocess.Popen[bytes]) -> float:
    return psutil.Process(process.pid).memory_info().rss / 1e6


def median_ms(seconds: Sequence[float]) -> str:
    median = statistics.median(seconds)
    return f"median {median * 1000:.0f} ms, worst {max(seconds) * 1000:.0f} ms of {len(seconds)}"


def start_up(engine: str) -> None:
    influx, seconds = InfluxSink(), []
    for _ in range(9):
        with udp_receiver() as sink:
            arguments = [*LOOP, *full_telemetry(influx), "-O", "ip", f"127.0.0.1:{port_of(sink)}"]
            start_s = time.monotonic()
            with running(engine, *arguments):
                sink.recv(65_536)
                seconds.append(time.monotonic() - start_s)
    print(f"{engine}: start to the first packet: {median_ms(seconds)}")
    if engine == "minitsp":
        print(
            f"{engine}: the same by the spare of a runner: {median_ms([by_spare(influx) for _ in range(9)])}"
        )


def by_spare(influx: InfluxSink) -> float:
    """Seconds from giving a spare its command to the first packet."""
    spare = Spare()
    with udp_receiver() as sink:
        arguments = [*LOOP, *full_telemetry(influx), "-O", "ip", f"127.0.0.1:{port_of(sink)}"]
        arguments[arguments.index("dvb_hd_service.ts")] = str(MEDIA / "dvb_hd_service.ts")
        command = Command((*MINITSP, *arguments), {})
        spare.prepare(command)
        time.sleep(SPARE_READY_S)
        start_s = time.monotonic()
        taken = spare.take(command, {}, False)
        assert taken is not None
        process, output = taken
        try:
            sink.recv(65_536)
            return time.monotonic() - start_s
        finally:
            process.kill()
            process.wait()
            os.close(output)


def stop(engine: str) -> None:
    """SIGTERM to the end of the process: in full flow, and with an output that nobody reads."""
    influx = InfluxSink()
    for what, output in (("to UDP", ["-O", "ip", "127.0.0.1:9"]), ("blocked on a full pipe", [])):
        seconds = []
        for _ in range(5):
            arguments = [*LOOP, *full_telemetry(influx), *output]
            with running(engine, *arguments, stdout=subprocess.PIPE) as process:
                time.sleep(1.5)
                start_s = time.monotonic()
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(3)
                    seconds.append(time.monotonic() - start_s)
                except subprocess.TimeoutExpired:
                    seconds.append(float("nan"))
        ended = [one for one in seconds if one == one]
        print(f"{engine}: stop {what}: {median_ms(ended) if ended else 'not within 3 s'}")


def cue_latency(engine: str, count: int = 20) -> None:
    cue_port = free_port()
    seconds = []
    with udp_receiver() as reports, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        first, last = cue_path(cue_port, f"--json-udp=127.0.0.1:{port_of(reports)}")
        with running(engine, *LOOP, *first, *last, "-O", "drop"):
            wait_for(lambda: is_bound(cue_port), "the cue port")
            time.sleep(1)
            for number in range(count):
                start_s = time.monotonic()
                sender.sendto(encode(splice_insert(number + 1, True)), ("127.0.0.1", cue_port))
                reports.recv(65_536)
                seconds.append(time.monotonic() - start_s)
                reports.recv(65_536)
                time.sleep(0.03)
    print(f"{engine}: cue to receipt: {median_ms(seconds)}")


def offline(engine: str) -> None:
    source = (MEDIA / "dvb_hd_service.ts").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "in.ts"
        with copy.open("wb") as file:
            for _ in range(MEGABYTES * 1_000_000 // len(source)):
                file.write(source)
        megabytes = copy.stat().st_size / 1e6
        for what, output in (("drop", ["drop"]), ("file", ["file", str(Path(folder) / "out.ts")])):
            first, last = cue_path(free_port())
            more = ["-P", "continuity", "-P", "analyze", NOWHERE]
            command = [*ENGINES[engine], "-I", "file", str(copy), *first, *last, *more, "-O", *output]
            before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            subprocess.run(command, check=True, cwd=MEDIA, stderr=subprocess.DEVNULL)
            seconds = time.monotonic() - start_s
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"{engine}: {megabytes:.0f} MB file to {what}: {megabytes / seconds:.0f} MB/s, "
                f"{megabytes / used_s:.0f} MB per second of processor time"
            )


def live(engine: str, seconds: float, bitrate_bps: int, streams: int = 1) -> None:
    influx, traffic = InfluxSink(), Traffic(streams)
    with contextlib.ExitStack() as stack:
        ports, processes = [], []
        for target in traffic.ports:
            port = free_port()
            source = [
                "--realtime",
                "--initial-input-packets=28",
                "--max-input-packets=28",
                "-I",
                "ip",
                str(port),
            ]
            output = ["-O", "ip", f"127.0.0.1:{target}"]
            started = running(engine, *source, *full_telemetry(influx), *output)
            processes.append(stack.enter_context(started))
            wait_for(lambda port=port: is_bound(port), "the input port")  # type: ignore[misc]
            ports.append(port)
        traffic.send(ports, bitrate_bps, WARM_UP_S + seconds)
        time.sleep(WARM_UP_S)
        before_s, start_s = sum(map(cpu_s, processes)), time.monotonic()
        time.sleep(seconds)
        share = (sum(map(cpu_s, processes)) - before_s) / (time.monotonic() - start_s) / streams
        memory_mb = max(map(resident_mb, processes))
        sent, received = traffic.finish()
    lost = sum(len(sent.times_s) * 7 - one.packets for one in received)
    errors = sum(one.continuity_errors for one in received)
    late = np.sort(np.concatenate([latencies_ms(sent, one, WARM_UP_S) for one in received]))
    print(f"{engine}: {streams} x {bitrate_bps / 1e6:.0f} Mb/s ip to ip with full telemetry, of each:")
    print(f"    {share:.1%} of a core, {memory_mb:.0f} MB, {lost} packets lost, {errors} continuity errors")
    percentiles = ", ".join(f"{np.percentile(late, share):.1f} ms {share}%" for share in (50, 99, 99.9))
    print(f"    added latency: {percentiles}, {late[-1]:.1f} ms worst")


def main() -> None:
    """Run the parts asked for with every engine."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    parts = set(sys.argv[2:])
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    measurements = {
        "start": [start_up],
        "stop": [stop],
        "cue": [cue_latency],
        "offline": [offline],
        "live": [lambda name: live(name, seconds, 10_000_000), lambda name: live(name, seconds, 100_000_000)],
        "twenty": [lambda name: live(name, seconds, 5_000_000, 20)],
    }
    for part, functions in measurements.items():
        if parts and part not in parts:
            continue
        for measure in functions:
            for engine in ENGINES:
                measure(engine)


if __name__ == "__main__":
    main()
