"""Streams of every kind with the words they must become, and reports of inputs that no recording has."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import psutil

from ibe100.models.stream_config import ExistingCues, Scte35Options, StreamConfig
from ibe100.mpegts.constants import NULL_PID
from ibe100.mpegts.elementary.codings import codec_of
from ibe100.mpegts.psi import PmtStream
from ibe100.mpegts.stream_report import PidReport, ServiceInfo, StreamInfo, StreamReport
from ibe100.mpegts.timestamp_track import TimestampRange
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.stream_ports import StreamPorts

PORTS = StreamPorts(
    cue=20001,
    splice_json=20002,
    influx=20003,
    analyze_json=20004,
    source=20005,
    tap=20006,
    input_splice=20007,
    pulse=20008,
    clip=20009,
    clip_input=20010,
)
PLAN = StreamPlan(
    service_id=1,
    pmt_pid=0x1000,
    splice_pid=500,
    video_pid=256,
    pcr_pid=256,
    time_pid=256,
    add_splice_pid=True,
    add_registration=True,
    remove_pids=(),
    filter_pids=(),
    stuffing=None,
    regulate=False,
    bitrate_bps=5_000_000,
    frame_pts=3600.0,
)
PASSPHRASE = "s3cret passphrase"
STREAM_ID = "#!::r=name,m=publish"


@dataclass(frozen=True)
class Case:
    """An input or output as values, and its part of the command line."""

    name: str
    values: dict[str, Any]
    words: list[str]

    def __str__(self) -> str:
        return self.name


def lasting(side: str) -> list[str]:
    """What an SRT edge on air has beside its address."""
    return ["--multiple", "--statistics-interval=150", f"--json-line=srt-statistics:{side}:"]


INPUTS = [
    Case(
        "test pattern",
        {"kind": "test_pattern"},
        [
            "-I",
            "ip",
            "--local-address=127.0.0.1",
            "--receive-timeout=5000",
            "--buffer-size=8388608",
            "--no-reuse-port",
            "20005",
        ],
    ),
    Case(
        "file looped",
        {"kind": "file", "path": "/media/a b.ts"},
        ["-I", "file", "--infinite", "/media/a b.ts"],
    ),
    Case(
        "file once",
        {"kind": "file", "path": "/media/@a.ts", "loop": False},
        ["-I", "file", "/media/@a.ts"],
    ),
    Case(
        "udp unicast",
        {"kind": "udp", "port": 5000},
        ["-I", "ip", "--receive-timeout=5000", "--buffer-size=8388608", "--no-reuse-port", "5000"],
    ),
    Case(
        "udp unicast on one interface",
        {"kind": "udp", "port": 5000, "local_address": "10.0.0.5", "receive_timeout_ms": 1500},
        [
            "-I",
            "ip",
            "--receive-timeout=2000",
            "--buffer-size=8388608",
            "--local-address=10.0.0.5",
            "--no-reuse-port",
            "5000",
        ],
    ),
    Case(
        "udp multicast",
        {"kind": "udp", "host": "239.1.1.1", "port": 5000},
        ["-I", "ip", "--receive-timeout=5000", "--buffer-size=8388608", "239.1.1.1:5000"],
    ),
    Case(
        "udp source-specific multicast",
        {"kind": "udp", "host": "232.1.1.1", "port": 5000, "source": "10.0.0.1", "local_address": "10.0.0.5"},
        [
            *("-I", "ip", "--receive-timeout=5000", "--buffer-size=8388608", "--local-address=10.0.0.5"),
            *("--source=10.0.0.1", "--ssm", "232.1.1.1:5000"),
        ],
    ),
    Case(
        "udp IPv6 multicast",
        {"kind": "udp", "host": "[ff0e::1]", "port": 5000},
        ["-I", "ip", "--receive-timeout=5000", "--buffer-size=8388608", "[ff0e::1]:5000"],
    ),
    Case(
        "srt caller",
        {"kind": "srt", "host": "localhost", "port": 9000},
        ["-I", "srt", "--caller=localhost:9000", "--latency=2000", *lasting("input")],
    ),
    Case(
        "srt caller with secrets",
        {
            "kind": "srt",
            "host": "::1",
            "port": 9000,
            "latency_ms": 500,
            "stream_id": STREAM_ID,
            "passphrase": PASSPHRASE,
        },
        [
            *("-I", "srt", "--caller=[::1]:9000", "--latency=500"),
            *("--streamid=#!::r=name,m=publish", "@{secret:input.passphrase}"),
            *lasting("input"),
        ],
    ),
    Case(
        "srt listener",
        {"kind": "srt", "mode": "listener", "port": 9000},
        ["-I", "ip", "--local-address=127.0.0.1", "--buffer-size=8388608", "--no-reuse-port", "20005"],
    ),
    Case(
        "rist",
        {"kind": "rist", "url": "rist://@0.0.0.0:7000"},
        ["-I", "rist", "rist://@0.0.0.0:7000"],
    ),
    Case(
        "rist with a secret",
        {"kind": "rist", "url": f"rist://10.0.0.1:7000?secret={'x' * 20}"},
        ["-I", "rist", "@{secret:input.url}"],
    ),
    Case(
        "hls",
        {"kind": "hls", "url": "https://cdn.example.com/live/index.m3u8"},
        ["-I", "hls", "--receive-timeout=10000", "https://cdn.example.com/live/index.m3u8"],
    ),
    Case(
        "hls with a variant",
        {
            "kind": "hls",
            "url": "https://cdn.example.com/a.m3u8",
            "variant": "best",
            "max_height": 720,
            "max_bitrate_bps": 3_000_000,
        },
        [
            *("-I", "hls", "--receive-timeout=10000", "--highest-bitrate", "--max-height=720"),
            *("--max-bitrate=3000000", "https://cdn.example.com/a.m3u8"),
        ],
    ),
    Case(
        "hls of the lowest bandwidth",
        {"kind": "hls", "url": "https://cdn.example.com/a.m3u8", "variant": "worst"},
        ["-I", "hls", "--receive-timeout=10000", "--lowest-bitrate", "https://cdn.example.com/a.m3u8"],
    ),
    Case(
        "hls with a token",
        {"kind": "hls", "url": "https://cdn.example.com/live/index.m3u8?token=abcdef"},
        ["-I", "hls", "--receive-timeout=10000", "@{secret:input.url}"],
    ),
    Case(
        "http",
        {"kind": "http", "url": "http://10.0.0.1:8000/stream.ts"},
        ["-I", "http", "--receive-timeout=10000", "http://10.0.0.1:8000/stream.ts"],
    ),
    Case(
        "http with a password",
        {"kind": "http", "url": "http://user:hunter22@10.0.0.1:8000/stream.ts"},
        ["-I", "http", "--receive-timeout=10000", "@{secret:input.url}"],
    ),
]
OUTPUTS = [
    Case("none", {"kind": "none"}, ["-O", "drop"]),
    Case(
        "file",
        {"kind": "file", "path": "/records/out.ts"},
        ["-O", "file", "--append", "/records/out.ts"],
    ),
    Case(
        "udp",
        {"kind": "udp", "host": "10.0.0.9", "port": 6000},
        ["-O", "ip", "--packet-burst=7", "--ttl=16", "10.0.0.9:6000"],
    ),
    Case(
        "rtp multicast",
        {
            "kind": "udp",
            "host": "239.2.2.2",
            "port": 6000,
            "rtp": True,
            "ttl": 4,
            "local_address": "10.0.0.5",
        },
        [
            *("-O", "ip", "--packet-burst=7", "--ttl=4", "--rtp"),
            *("--local-address=10.0.0.5", "239.2.2.2:6000"),
        ],
    ),
    Case(
        "udp IPv6",
        {"kind": "udp", "host": "::1", "port": 6000},
        ["-O", "ip", "--packet-burst=7", "--ttl=16", "[::1]:6000"],
    ),
    Case(
        "srt listener",
        {"kind": "srt", "port": 9001, "passphrase": PASSPHRASE},
        ["-O", "srt", "--listener=9001", "--latency=2000", "@{secret:output.passphrase}", *lasting("output")],
    ),
    Case(
        "srt caller",
        {
            "kind": "srt",
            "mode": "caller",
            "host": "localhost",
            "port": 9001,
            "stream_id": STREAM_ID,
            "passphrase": PASSPHRASE,
        },
        [
            *("-O", "srt", "--caller=localhost:9001", "--latency=2000"),
            *("--streamid=#!::r=name,m=publish", "@{secret:output.passphrase}"),
            *lasting("output"),
        ],
    ),
    Case(
        "rist",
        {"kind": "rist", "url": "rist://10.0.0.9:7001"},
        ["-O", "rist", "rist://10.0.0.9:7001"],
    ),
    Case(
        "rist with a secret",
        {"kind": "rist", "url": f"rist://10.0.0.9:7001?secret={'x' * 20}"},
        ["-O", "rist", "@{secret:output.url}"],
    ),
    Case(
        "hls",
        {"kind": "hls", "playlist": "/www/live.m3u8", "segment_duration_s": 4, "live_segments": 6},
        ["-O", "hls", "--duration=4", "--live=6", "--playlist=/www/live.m3u8", "/www/live-.ts"],
    ),
]


def stream(source: Any = None, target: Any = None, **fields: Any) -> StreamConfig:
    """A stream from values; UDP to nowhere where no input or output is given."""
    values = {"name": "One", "input": {"kind": "udp", "port": 5000}, "output": {"kind": "none"}, **fields}
    for side, edge in (("input", source), ("output", target)):
        if edge is not None:
            values[side] = edge
    return StreamConfig.model_validate(values)


def cues(existing: ExistingCues = ExistingCues.PASS_THROUGH, pid: int = 500) -> Scte35Options:
    """How cues leave, for the fields that matter to a plan."""
    return Scte35Options(pid=pid, existing=existing)


def pid_report(pid: int, packets: int = 100, *, pts: int = 0, pcr: int = 0) -> PidReport:
    """A PID with so many packets, PTS and PCR."""
    clock, times = TimestampRange(pcr), TimestampRange(pts)
    return PidReport(pid, packets, 0, 0, 0, 0, 0, 0, 0, None, 0, 0, clock, times, TimestampRange())


def service(
    number: int = 1,
    streams: tuple[tuple[int, int], ...] = ((256, 0x1B), (257, 0x0F)),
    *,
    pmt_pid: int = 0x1000,
    pcr_pid: int | None = 256,
    pmt_seen: bool = True,
) -> ServiceInfo:
    """A service of (PID, stream_type)."""
    infos = []
    for pid, stream_type in streams:
        entry = PmtStream(stream_type, pid, ())
        infos.append(StreamInfo(pid, stream_type, codec_of(entry, ()), None, (), None, None, entry))
    return ServiceInfo(number, f"Service {number}", "", 1, pmt_pid, pcr_pid, pmt_seen, False, tuple(infos))


def report(
    *services: ServiceInfo,
    pids: tuple[PidReport, ...] = (pid_report(256, pts=50, pcr=50), pid_report(257, pts=40)),
    bitrate_bps: int = 5_000_000,
    nulls: float = 0.0,
) -> StreamReport:
    """A stream of 10,000 packets of which the share `nulls` are null packets."""
    if nulls:
        pids = (*pids, pid_report(NULL_PID, round(10_000 * nulls)))
    return StreamReport(10_000, 0, 0, bitrate_bps, 3.0, 1, None, services or (service(),), pids)


async def gone(*pids: int) -> None:
    """Wait until none of these processes runs: a kill takes the kernel a moment."""
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if _is_running(pid)]:
        assert time.monotonic() < deadline, f"still running: {left}"
        await asyncio.sleep(0.01)


def _is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
