"""What the API costs: `.venv/bin/python tests/benchmarks/console/api_load.py [--requests N] [--cues N] …`.

Real services with 16 streams, of which one runs a test pattern of 10 Mb/s; real uvicorn; the clients are a
process of their own. Printed: how long GET of all streams and firing a cue take, how long 100 facts a second
take to all listeners, and how late the services' loop is in each phase and without any of it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import websockets

from ibe100.core.application import Application, open_application
from ibe100.core.config import ApiSettings, load
from ibe100.models.messages import StreamLogged
from ibe100.models.rights import Role
from ibe100.models.stream_config import Engine, StreamConfig, TestPatternInput

BITRATE_BPS = 10_000_000
STREAMS = 16
BEAT_S = 0.01
QUIET_S = 5.0
FACTS_PER_S = 100
FACTS_S = 10.0
PATIENCE_S = 30.0


class Beats:
    """How late a timer of the loop is, in ms."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []

    async def beat(self) -> None:
        while True:
            due = time.perf_counter() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self.late_ms.append((time.perf_counter() - due) * 1000)

    def tell(self, phase: str) -> None:
        tell(f"loop late, {phase}", self.late_ms)
        self.late_ms.clear()


def tell(name: str, values: list[float]) -> None:
    values = sorted(values)
    p99 = values[min(len(values) - 1, round(len(values) * 0.99))]
    middle = statistics.median(values)
    print(f"{name:34s} median {middle:7.2f} ms   p99 {p99:7.2f} ms   worst {values[-1]:7.2f} ms")


@contextlib.asynccontextmanager
async def served(engine: Engine) -> AsyncIterator[tuple[Application, str, str, str]]:
    """The services, the URL, a token, and the stream that runs."""
    from ibe100.api.server import api_server
    from ibe100.api.tcp_listening import MOST_WAITING, TcpListening

    with tempfile.TemporaryDirectory() as folder:
        settings = load({"folders": {"data_dir": folder, "log_dir": str(Path(folder, "logs"))}})
        async with open_application(settings, "benchmark", stop_streams=True) as application:
            config = StreamConfig(name="Load", input=TestPatternInput(bitrate_bps=BITRATE_BPS), engine=engine)
            stream_id = (await application.streams.add(config)).stream_id
            for number in range(1, STREAMS):
                await application.streams.add(StreamConfig(name=f"Channel {number}"))
            await application.access.add_user("load", Role.OPERATOR, None)
            token = await application.access.add_token("load", "load", None, None)
            door = socket.create_server(("127.0.0.1", 0), backlog=MOST_WAITING)
            door.setblocking(False)
            listening = TcpListening(door)
            async with api_server(application, ApiSettings(reads_per_s=100_000), [listening]):
                await application.streams.start(stream_id)
                deadline = time.monotonic() + PATIENCE_S
                while not application.cues.readiness(stream_id).ready and time.monotonic() < deadline:
                    await asyncio.sleep(0.05)
                yield application, listening.url, token.token, stream_id


async def measure(options: argparse.Namespace) -> None:
    beats = Beats()
    async with served(options.engine) as (application, url, token, stream_id):
        beating = asyncio.create_task(beats.beat())
        await asyncio.sleep(QUIET_S)
        beats.tell("no client")
        for phase, count in (
            ("requests", options.requests),
            ("cues", options.cues),
            ("listeners", options.listeners),
        ):
            client = await asyncio.create_subprocess_exec(
                sys.executable, __file__, "--client", phase, url, token, stream_id, str(count),
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert client.stdout is not None
            await client.stdout.readline()  # it is ready
            beats.late_ms.clear()
            if phase == "listeners":
                await publish(application, stream_id)
            told = json.loads(await client.stdout.read())
            await client.wait()
            beats.tell(phase)
            tell(told["what"], told["ms"])
            print(f"{'':34s} {told['more']}")
        beating.cancel()


async def publish(application: Application, stream_id: str) -> None:
    """So many facts a second, each with the time it was told; the last says that it is."""
    begun = time.perf_counter()
    for number in range(int(FACTS_PER_S * FACTS_S)):
        await asyncio.sleep(max(0.0, begun + number / FACTS_PER_S - time.perf_counter()))
        fact = StreamLogged(stream_id=stream_id, at=time.time(), level="info", text=f"fact {number}")
        application._publish(fact)
    application._publish(StreamLogged(stream_id=stream_id, at=0, level="info", text="the end"))


async def be_client(phase: str, url: str, token: str, stream_id: str, count: int) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S) as client:
        match phase:
            case "requests":
                return await many_requests(client, count)
            case "cues":
                return await many_cues(client, stream_id, count)
            case _:
                place = f"{url.replace('http', 'ws')}/api/v1/events?stream={stream_id}&type=StreamLogged"
                return await many_listeners(place, headers, count)


async def many_requests(client: httpx.AsyncClient, count: int) -> dict[str, Any]:
    await client.get("/api/v1/streams")
    print("ready", flush=True)
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        answer = await client.get("/api/v1/streams")
        took.append((time.perf_counter() - begun) * 1000)
        answer.raise_for_status()
    more = f"{count} requests, {len(answer.content) / 1000:.0f} kB each"
    return {"what": "GET /streams, one after another", "ms": took, "more": more}


async def many_cues(client: httpx.AsyncClient, stream_id: str, count: int) -> dict[str, Any]:
    print("ready", flush=True)
    took, states = [], []
    for number in range(count):
        action = ("TO BREAK", "BACK TO PROGRAMME")[number % 2]
        body = {"action": action, "duration_s": 600 if action == "TO BREAK" else None}
        begun = time.perf_counter()
        answer = await client.post(
            f"/api/v1/streams/{stream_id}/cues", json=body, headers={"Idempotency-Key": str(uuid.uuid4())}
        )
        took.append((time.perf_counter() - begun) * 1000)
        answer.raise_for_status()
        cue = answer.json()
        while cue["state"] not in ("SPLICED", "FAILED"):
            await asyncio.sleep(0.02)
            cue = (await client.get(f"/api/v1/cues/{cue['cue_id']}")).json()
        states.append(cue["state"])
    more = f"{states.count('SPLICED')} of {count} cues SPLICED"
    return {"what": "POST of an immediate cue", "ms": took, "more": more}


async def many_listeners(place: str, headers: dict[str, str], count: int) -> dict[str, Any]:
    took: list[float] = []
    heard: list[int] = []
    listening = asyncio.Semaphore(0)

    async def listen() -> None:
        facts = 0
        async with websockets.connect(place, additional_headers=headers) as connection:
            await connection.recv()
            listening.release()
            async for text in connection:
                told = json.loads(text)
                if told["text"] == "the end":
                    break
                if told["text"].startswith("fact "):
                    took.append((time.time() - told["at"]) * 1000)
                    facts += 1
        heard.append(facts)

    tasks = [asyncio.create_task(listen()) for _ in range(count)]
    for _ in tasks:
        await listening.acquire()
    print("ready", flush=True)
    await asyncio.gather(*tasks)
    more = f"{count} listeners, {min(heard)} to {max(heard)} of {int(FACTS_PER_S * FACTS_S)} facts each"
    return {"what": "fact to listener", "ms": took, "more": more}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--cues", type=int, default=100)
    parser.add_argument("--listeners", type=int, default=20)
    parser.add_argument("--engine", type=Engine, default=Engine.AUTO)
    parser.add_argument("--client", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client is None:
        asyncio.run(measure(options))
        return
    phase, url, token, stream_id, count = options.client
    print(json.dumps(asyncio.run(be_client(phase, url, token, stream_id, int(count)))))


if __name__ == "__main__":
    main()
