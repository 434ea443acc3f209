"""Three hosts of a testbed with a server on each, a PostgreSQL and a sender of their inputs beside them."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "client/src"))
os.environ["PYTHONPATH"] = f"{ROOT / 'src'}:{ROOT / 'client/src'}"

HOSTS = ("h1", "h2", "h3")
DATA = "/var/lib/ibe100"
RATE = 500_000
PID = 500
READY_S = 240.0


def sh(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=True, text=True, **options)


class Source(threading.Thread):
    """Sends one recorded stream to a group for each input, at its bitrate."""

    def __init__(self, file: Path, groups: list[tuple[str, int]]) -> None:
        super().__init__(daemon=True)
        self._data = file.read_bytes()
        self._groups = groups

    def run(self) -> None:
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.78.0.254"))
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
        size, began, sent = 7 * 188, time.monotonic(), 0
        while True:
            for place in range(0, len(self._data) - size + 1, size):
                for group in self._groups:
                    out.sendto(self._data[place : place + size], group)
                sent += size
                time.sleep(max(0.0, began + sent * 8 / RATE - time.monotonic()))


class Cluster:
    """The testbed with a server on each host."""

    def __init__(self, top: Path, count: int) -> None:
        self.top, self.count = top, count
        self.names = [f"s{number}" for number in range(1, count + 1)]
        self.inputs = [(f"239.78.0.{n}", 5000 + n) for n in range(1, count + 1)]
        self.token = ""
        self.in_break: dict[str, int | None] = {}
        self.outputs = {f"s{n}": (f"239.77.0.{n}", 5500 + n) for n in range(1, count + 1)}

    def bed(self, verb: str, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, str(HERE / "testbed"), verb, str(self.top / "bed"), *words],
            text=True,
            capture_output=True,
        )
        if done.returncode:
            raise SystemExit(f"testbed {verb} {' '.join(words)}: {done.stderr or done.stdout}")
        return done.stdout

    def crm(self, *words: str) -> str:
        for host in HOSTS:
            done = subprocess.run(
                [sys.executable, str(HERE / "testbed"), "exec", str(self.top / "bed"), host, *words],
                text=True,
                capture_output=True,
            )
            if done.returncode == 0:
                return done.stdout
        raise SystemExit(f"{words}: {done.stderr or done.stdout}")

    def up(self) -> None:
        agents = self.top / "ocf"
        agents.mkdir()
        shutil.copy(ROOT / "packaging/cluster/ibe100-stream", agents)
        Path(DATA).mkdir(exist_ok=True)
        print(self.bed("up", "--ocf", f"ibe100={agents}", "--private", DATA).strip(), flush=True)
        lab = (self.top / "bed/lab.pid").read_text().split()[0]
        with Path(f"/proc/{lab}/ns/net").open() as net:
            if ctypes.CDLL(None, use_errno=True).setns(net.fileno(), 0x40000000):
                raise SystemExit(
                    f"the network of the testbed cannot be entered: {os.strerror(ctypes.get_errno())}"
                )
        self.postgres_up(first=True)

    def postgres(self, *words: str) -> None:
        place = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        sh(
            "runuser",
            "-u",
            "postgres",
            "--",
            str(place / words[0]),
            *words[1:],
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    def postgres_up(self, *, first: bool = False) -> None:
        data = self.top / "pg"
        if first:
            self.top.chmod(0o755)
            data.mkdir()
            shutil.chown(data, "postgres", "postgres")
            self.postgres("initdb", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", str(data))
            (data / "pg_hba.conf").write_text("host all all 10.77.0.0/24 trust\nlocal all all trust\n")
            with (data / "postgresql.conf").open("a") as conf:
                conf.write(f"listen_addresses = '10.77.0.254'\nunix_socket_directories = '{data}'\n")
        self.postgres("pg_ctl", "-D", str(data), "-l", str(data / "log"), "-w", "start")
        if first:
            self.postgres("createdb", "-h", str(data), "-E", "UTF8", "-T", "template0", "ibe100")

    def serve(self, host: str) -> None:
        """Start the server of a host; it has its own settings, and the secrets of the first."""
        number = HOSTS.index(host) + 1
        file = self.top / f"{host}.json"
        file.write_text(
            json.dumps(
                {
                    "database": {"url": "postgresql+psycopg://postgres@10.77.0.254/ibe100?sslmode=disable"},
                    "cluster": {"host": host, "url": f"http://10.77.0.{number}:8100"},
                    "api": {"enabled": True, "host": f"10.77.0.{number}", "plain_http_beyond_loopback": True},
                    "engine": {"kind": "builtin"},
                    "logging": {"level": "debug"},
                }
            )
        )
        keys = self.top / "keys"
        script = (
            f"[ ! -d {keys} ] || [ -e {DATA}/secrets.key ] || cp {keys}/* {DATA}/; "
            f"IBE100_SETTINGS_FILE={file} setsid {sys.executable} -m ibe100.cli.main serve --data-dir {DATA} "
            f">>{self.top}/{host}.log 2>&1 </dev/null &"
        )
        self.bed("exec", host, "sh", "-c", script)

    def client(self, host: str) -> Any:
        from ibe100_client import Client

        return Client(f"http://10.77.0.{HOSTS.index(host) + 1}:8100", self.token, timeout_s=20)

    def make_token(self, host: str) -> None:
        run = (sys.executable, "-m", "ibe100.cli.main")
        self.bed(
            "exec", host, *run, "user", "add", "anna", "--role", "admin", "--no-password", "--data-dir", DATA
        )
        out = self.bed("exec", host, *run, "token", "add", "anna", "--data-dir", DATA)
        self.token = out.split()[-1]

    def streams(self) -> dict[str, dict[str, Any]]:
        """Streams as the first host that answers shows them."""
        from ibe100_client import ClientError, streams

        for host in HOSTS:
            try:
                with self.client(host) as asked:
                    return {one["stream_id"]: {**one, "asked": host} for one in asked.json(streams.listed())}
            except (ClientError, OSError):
                continue
        return {}

    def answering(self, but: str) -> str:
        """A host whose server answers, another than the one that is hit."""
        from ibe100_client import ClientError, streams

        for host in HOSTS:
            try:
                if host != but:
                    with self.client(host) as asked:
                        asked.do(streams.listed())
                    return host
            except (ClientError, OSError):
                continue
        raise SystemExit("no other host answers")

    def owners(self) -> dict[str, str]:
        return {
            key: one["owner"] if one["owner"] is not None else one["asked"]
            for key, one in self.streams().items()
        }

    def settle(self) -> dict[str, str]:
        """All streams RUNNING, each on a host; returns who has which."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            found = self.streams()
            if len(found) == self.count and all(one["state"] == "RUNNING" for one in found.values()):
                return self.owners()
            time.sleep(1.0)
        raise SystemExit(
            f"not settled: {[(k, v['owner'], v['state'], v['reason']) for k, v in found.items()]}"
        )


def wait(ready: Callable[[], bool], what: str, within_s: float = READY_S) -> None:
    end = time.monotonic() + within_s
    while True:
        try:
            if ready():
                return
        except (OSError, KeyError):
            pass
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come within {within_s:.0f} s")
        time.sleep(0.5)
