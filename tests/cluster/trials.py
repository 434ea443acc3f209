"""Trials of several hosts: real Pacemaker, Corosync and PostgreSQL in network namespaces, on real streams.

    sudo .venv/bin/python tests/cluster/trials.py [--streams N] [--times N] [KIND...]

KIND is power, partition, corosync, drain or postgres; all without one. A cue is armed on each stream before a
fault. Prints a row per trial: the longest gap of the streams concerned and of the others, the time with two
senders, and what became of the cues. Needs root, Debian's pacemaker, corosync, resource-agents, postgresql;
everything runs in namespaces of its own and ends with the script.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from hosts import DATA, HOSTS, PID, RATE, Cluster, Source, sh, wait
from observe import Observer, Seen


def begin(cluster: Cluster) -> None:
    """Servers on all hosts, streams on the first, then resources of Pacemaker."""
    from ibe100_client import streams

    cluster.serve("h1")
    wait(lambda: "serving" in (cluster.top / "h1.log").read_text(), "the server of h1")
    cluster.make_token("h1")
    keys = cluster.top / "keys"
    keys.mkdir()
    cluster.bed("exec", "h1", "sh", "-c", f"cp {DATA}/secrets.key {DATA}/secrets.bin {keys}/")
    for host in HOSTS[1:]:
        cluster.serve(host)
    with cluster.client("h1") as asked:
        for name, source in zip(cluster.names, cluster.inputs, strict=True):
            group, port = cluster.outputs[name]
            asked.do(
                streams.add(
                    {
                        "name": name,
                        "input": {"kind": "udp", "host": source[0], "port": source[1]},
                        "output": {"kind": "udp", "host": group, "port": port},
                        "scte35": {
                            "pid": PID,
                            "heartbeat_interval_s": None,
                            "start_delay_ms": 4000,
                            "inject_count": 2,
                            "inject_interval_ms": 500,
                        },
                    }
                )
            )
            asked.do(streams.start(name))
    for host in HOSTS[1:]:
        wait(
            lambda host=host: "serving" in (cluster.top / f"{host}.log").read_text(), f"the server of {host}"
        )
    cluster.settle()
    print(
        cluster.bed(
            "exec",
            "h1",
            sys.executable,
            "-m",
            "ibe100.cli.main",
            "cluster",
            "init",
            "--data-dir",
            DATA,
            "--megabits",
            "1000",
        ).strip(),
        flush=True,
    )
    time.sleep(12)
    # By hand, for all began on the first: nothing is moved for balance.
    for index, name in enumerate(cluster.names):
        host = HOSTS[index % len(HOSTS)]
        if cluster.owners()[name] != host:
            cluster.crm("crm_resource", "--move", "-r", f"stream-{name}", "-N", host)
            cluster.crm("crm_resource", "--wait", "--timeout", "90s")
            cluster.crm("crm_resource", "--clear", "-r", f"stream-{name}")
    cluster.settle()


def trial(cluster: Cluster, observer: Observer, kind: str, number: int) -> None:
    from ibe100_client import ClientError, cues

    owners = cluster.settle()
    host = max(HOSTS, key=lambda one: list(owners.values()).count(one))
    mine = sorted(name for name, owner in owners.items() if owner == host) if kind != "postgres" else []
    armed: dict[int, dict[str, Any]] = {}
    refused = 0
    with cluster.client(cluster.answering(host)) as asked:
        for name in cluster.names:
            action = "TO BREAK" if cluster.in_break.get(name) is None else "BACK TO PROGRAMME"
            more = {"duration_s": 600.0, "returns": "hand"} if action == "TO BREAK" else {}
            try:
                cue = asked.json(cues.fire(name, action, splice_at=time.time() + 25.0, **more))
                armed[cue["cue_id"]] = cue
                cluster.in_break[name] = None if action != "TO BREAK" else cue["cue_id"]
            except ClientError as error:
                refused += 1
                print(f"  {name}: {error}", flush=True)
    observer.reset()
    time.sleep(1.0)
    KINDS[kind](cluster, host)
    time.sleep(30.0)
    seen = observer.result()
    AFTER[kind](cluster, host)
    states: list[str] = []
    lost = doubled = 0
    with cluster.client(cluster.answering(host)) as asked:
        for cue_id, cue in armed.items():
            now = asked.json(cues.one(cue_id))
            states.append(now["state"])
            lost += now["state"] not in ("SPLICED", "FAILED")
            doubled += _doubled(seen[cue["stream_id"]], now)
            if now["state"] == "FAILED":
                cluster.in_break[cue["stream_id"]] = None
                print(f"  {cue['stream_id']} FAILED: {now['reason']}", flush=True)
            elif now["section_base64"] != cue["section_base64"]:
                print(f"  {cue['stream_id']}: other bytes: {now['reason']}", flush=True)
    rest = [name for name in cluster.names if name not in mine]
    longest = max((seen[name].longest_s for name in mine), default=0.0)
    others = max((seen[name].longest_s for name in rest), default=0.0)
    two = max(one.two_s for one in seen.values())
    tally = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    print(
        f"{kind:10} {host} {len(mine)} streams: gap {longest:.2f} s, others {others:.2f} s, two {two:.2f} s; "
        f"cues: {tally}, refused {refused}, lost {lost}, doubled {doubled}",
        flush=True,
    )


def _doubled(seen: Seen, cue: dict[str, Any]) -> bool:
    """True where the sections of a cue came more often than it was to be sent."""
    import base64

    section = base64.b64decode(cue["section_base64"])
    return sum(count for (_, found), count in seen.cues.items() if found == section) > cue["sent_expected"]


def power(cluster: Cluster, host: str) -> None:
    cluster.bed("kill", host)


def boot(cluster: Cluster, host: str) -> None:
    other = next(one for one in HOSTS if one != host)
    if "off" in cluster.bed("status").split(f"{host}: ")[1].split("\n")[0]:
        wait(
            lambda: f"OFFLINE: [ {host}" in cluster.bed("exec", other, "crm_mon", "-1"), f"{host} OFFLINE", 60
        )
        cluster.bed("heal", host, "all")
        cluster.bed("boot", host)
        cluster.serve(host)
        wait(lambda: f"Online: [ {' '.join(HOSTS)} ]" in cluster.crm("crm_mon", "-1"), f"{host} online", 90)


def corosync(cluster: Cluster, host: str) -> None:
    cluster.bed("exec", host, "sh", "-c", "kill -9 $(pidof corosync)")


def drain(cluster: Cluster, host: str) -> None:
    cluster.crm("crm_attribute", "-N", host, "-n", "standby", "-v", "on")


def undrain(cluster: Cluster, host: str) -> None:
    cluster.crm("crm_attribute", "-N", host, "-n", "standby", "-D")


def stop_postgres(cluster: Cluster, host: str) -> None:
    cluster.postgres("pg_ctl", "-D", str(cluster.top / "pg"), "-m", "immediate", "stop")
    time.sleep(8.0)
    cluster.postgres_up()


KINDS: dict[str, Callable[[Cluster, str], None]] = {
    "power": power,
    "partition": lambda cluster, host: cluster.bed("cut", host) and None,
    "corosync": corosync,
    "drain": drain,
    "postgres": stop_postgres,
}
AFTER: dict[str, Callable[[Cluster, str], None]] = {
    "power": boot,
    "partition": boot,
    "corosync": boot,
    "drain": undrain,
    "postgres": lambda *_: None,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=6)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="Leave logs and data behind.")
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    given = parser.parse_args()
    if os.geteuid():
        raise SystemExit("root is needed")
    top = Path(tempfile.mkdtemp(prefix="ibe100-cluster-"))
    pattern = top / "pattern.ts"
    sh(
        "ffmpeg",
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=160x90:rate=25",
        "-t",
        "1200",
        "-c:v",
        "mpeg2video",
        "-b:v",
        "200k",
        "-g",
        "12",
        "-muxrate",
        str(RATE),
        "-f",
        "mpegts",
        str(pattern),
    )
    cluster = Cluster(top, given.streams)
    try:
        cluster.up()
        Source(pattern, cluster.inputs).start()
        observer = Observer(cluster.outputs, PID, "10.78.0.254")
        observer.start()
        begin(cluster)
        for kind in given.kinds:
            for number in range(given.times):
                trial(cluster, observer, kind, number)
        observer.stop()
    finally:
        if (top / "pg/postmaster.pid").exists():
            cluster.postgres("pg_ctl", "-D", str(top / "pg"), "-m", "immediate", "stop")
        cluster.bed("down")
        if given.keep:
            print(f"kept in {top}")
        else:
            shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
