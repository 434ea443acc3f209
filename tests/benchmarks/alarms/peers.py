"""The other end of an SRT connection goes, with a word or without; for `fault_to_alarm.py`."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time

from rounds import MOST_S, Round

from ibe100.core.application import Application
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.stream_config import (
    NoOutput,
    SrtInput,
    SrtMode,
    SrtOutput,
    StreamConfig,
    StreamInput,
    StreamOutput,
    TestPatternInput,
)
from live_rig import make_pattern
from loopback import free_port
from minitsp_rig import MINITSP
from services_rig import until, until_alarm

QUIET_S = 12.0
SRT_FAULTS = {
    "SRT receiver leaves": ("srt_receiver_gone", signal.SIGINT),
    "SRT receiver killed": ("srt_receiver_gone", signal.SIGKILL),
    "SRT receiver frozen": ("srt_receiver_gone", signal.SIGSTOP),
    "SRT sender leaves": ("srt_sender_gone", signal.SIGINT),
    "SRT sender killed": ("srt_sender_gone", signal.SIGKILL),
    "SRT sender frozen": ("srt_sender_gone", signal.SIGSTOP),
}
CONSEQUENCES = {"nothing_flows", "input_lost"}
"""They may be first to be told of a sender that is gone."""


async def peer_gone(application: Application, fault: str) -> Round | str:
    """A peer goes and, once that is told, another one comes."""
    condition, number = SRT_FAULTS[fault]
    port, is_input = free_port(), condition == "srt_sender_gone"
    edge = {"mode": SrtMode.LISTENER, "host": "127.0.0.1", "port": port, "latency_ms": 120}
    source: StreamInput = SrtInput(**edge) if is_input else TestPatternInput(bitrate_bps=1_000_000)
    target: StreamOutput = NoOutput() if is_input else SrtOutput(**edge)
    feeder = free_port()
    call = f"--caller=127.0.0.1:{port}"
    pattern = application.folders.data_dir / "pattern.ts"
    make_pattern(pattern, 60.0)
    sends = ["-I", "file", "--infinite", str(pattern), "-P", "regulate", "-O", "srt", call]
    words = sends if is_input else ["-I", "srt", call, "-O", "ip", f"127.0.0.1:{feeder}"]
    peers = [_peer(words)] if is_input else []
    stream_id = (
        await application.streams.add(StreamConfig(name="SRT", input=source, output=target))
    ).stream_id
    await application.streams.start(stream_id)
    run = application.streams.run_of(stream_id)
    if not is_input:
        await until_alarm(application, condition, AlarmState.UNACKNOWLEDGED)
        peers.append(_peer(words))

    def has_peer() -> bool:
        if peers[-1].poll() is not None:
            peers.append(_peer(words))
        return run.is_fresh() and not _stands(application, condition)

    try:
        await until(has_peer, "a peer", 60.0)
        await asyncio.sleep(QUIET_S)
        peers[-1].send_signal(number)
        began, told = time.monotonic(), dict[str, float]()

        def shown() -> bool:
            for alarm in application.alarms.standing():
                if alarm.cleared_at is None and alarm.is_shown:
                    told.setdefault(alarm.condition, 1000 * (time.monotonic() - began))
            return condition in told

        try:
            await until(shown, condition, MOST_S)
        except AssertionError:
            return f"{fault:20s} NOT TOLD; {told}"
        peers[-1].kill()
        peers[-1].wait()
        peers.append(_peer(words))
        healed_at = time.monotonic()
        await until(has_peer, "its end", 60.0)
        cleared = 1000 * (time.monotonic() - healed_at)
        await asyncio.sleep(1.0)
        left = {one.condition for one in application.alarms.standing() if one.cleared_at is None}
        others = [f"{name} {at:.0f}" for name, at in told.items() if name != condition]
        others += [f"{name} still stands" for name in left - CONSEQUENCES]
        return Round(fault, condition, told[condition], told[condition], cleared, "", ", ".join(others))
    finally:
        for peer in peers:
            peer.kill()
            peer.wait()


def _peer(words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*MINITSP, *words], stderr=subprocess.DEVNULL)


def _stands(application: Application, condition: str) -> bool:
    alarms = application.alarms.standing()
    return any(one.condition == condition and one.cleared_at is None for one in alarms)
