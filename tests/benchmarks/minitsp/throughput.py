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

from ibe100.mpegts.packet import packetize_section, pids
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.runner.spec import Command
from ibe100.runner.supervision.spare import Spare
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from loopback import free_port
from minitsp_rig import MEDIA, MINITSP, is_bound, port_of, udp_receiver, wait_for
from places import CAPTURES

ENGINES = {"minitsp": MINITSP} | ({"tsp": [found]} if (found := shutil.which("tsp")) else {})
MEGABYTES = 400
OFFLINE_ROUNDS = 3
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


def cue_path(
    cue_port: int, report: str = NOWHERE, service: int = SERVICE, time_pid: int = VIDEO_PID
) -> tuple[list[str], list[str]]:
    """Plugins that bring a cue in, and the one that sees it out."""
    pmt = ["-P", "pmt", f"--service={service}", "--add-registration=0x43554549", "--add-pid=500/0x86"]
    inject = ["-P", "spliceinject", f"--service={service}", "--pid=500", f"--udp=127.0.0.1:{cue_port}"]
    monitor = ["-P", "splicemonitor", "--splice-pid=500", f"--time-pid={time_pid}", "--all-commands"]
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
        spare.prepare(command, {})
        time.sleep(SPARE_READY_S)
        start_s = time.monotonic()
        taken = spare.take(command, {}, False, {})
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


def offline() -> None:
    """The processors of a stream on files of four kinds, engines in turn: times, and how they compare."""
    rounds: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, (packets, service, time_pid) in offline_streams().items():
            copy = Path(folder) / "in.ts"
            with copy.open("wb") as file:
                for _ in range(MEGABYTES * 1_000_000 // len(packets)):
                    file.write(packets)
            for _ in range(OFFLINE_ROUNDS):
                for engine in ENGINES:
                    rounds.setdefault((kind, engine), []).append(passed(engine, copy, service, time_pid))
            for engine in ENGINES:
                seconds, used_s = (statistics.median(one) for one in zip(*rounds[kind, engine], strict=True))
                print(f"{engine}: {MEGABYTES} MB, {kind}: {seconds:.2f} s, {used_s:.2f} s of processor time")
            if len(ENGINES) > 1:
                ratios = [min(rounds[kind, "minitsp"])[at] / min(rounds[kind, "tsp"])[at] for at in (0, 1)]
                print(f"    minitsp in {ratios[0]:.2f} of tsp's time, {ratios[1]:.2f} of its processor time")


def passed(engine: str, source: Path, service: int, time_pid: int) -> tuple[float, float]:
    """Seconds, and seconds of processor time, that an engine takes to pass a file through the plugins."""
    first, last = cue_path(free_port(), service=service, time_pid=time_pid)
    more = ["-P", "continuity", "-P", "analyze", NOWHERE]
    command = [*ENGINES[engine], "-I", "file", str(source), *first, *last, *more, "-O", "drop"]
    before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, cwd=MEDIA, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - start_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def offline_streams() -> dict[str, tuple[bytes, int, int]]:
    """Packets, a service and the PID of its time, by kind; captures where TS_CAPTURES names a folder."""
    folder = Path(CAPTURES) if CAPTURES else MEDIA
    hd, ott, satellite = (
        (folder / name).read_bytes() for name in ("dvb_hd_service.ts", "ott_with_scte35.ts", "sat_no_sdt.ts")
    )
    return {
        "HD service": (hd, SERVICE, VIDEO_PID),
        "low-rate OTT stream": (ott, 1, 0x100),
        "satellite service without PCR": (satellite, 1, 0x65),
        "three radio services": (three_radios(ott), 1, 0x211),
    }


def three_radios(ott: bytes) -> bytes:
    """Three services of sound alone: that of the OTT stream thrice, with a PAT and PMTs every 60 packets."""
    packets = np.frombuffer(ott, np.uint8).reshape(-1, 188)
    sound = packets[pids(packets) == 0x101]
    services = range(1, 4)
    tables = {0: Pat(1, tuple((one, 0x200 + 16 * one) for one in services)).encode()}
    for one in services:
        pid = 0x201 + 16 * one
        tables[0x200 + 16 * one] = Pmt(one, pid, (PmtStream(0x0F, pid),)).encode()
    made: list[bytes] = []
    for count in range(0, len(sound), 20):
        for pid, table in tables.items():
            made += packetize_section(table, pid, count // 20)
        for one in services:
            part = sound[count : count + 20].copy()
            part[:, 1] = part[:, 1] & 0xE0 | (0x201 + 16 * one) >> 8
            part[:, 2] = (0x201 + 16 * one) & 0xFF
            made.append(part.tobytes())
    return b"".join(made)


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
        "live": [lambda name: live(name, seconds, 10_000_000), lambda name: live(name, seconds, 100_000_000)],
        "twenty": [lambda name: live(name, seconds, 5_000_000, 20)],
    }
    for part, functions in measurements.items():
        if parts and part not in parts:
            continue
        for measure in functions:
            for engine in ENGINES:
                measure(engine)
    if not parts or "offline" in parts:
        offline()


if __name__ == "__main__":
    main()
