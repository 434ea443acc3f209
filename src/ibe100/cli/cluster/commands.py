"""`ibe100 cluster`: streams placed, moved and drained by Pacemaker, in its own words."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from typing import Annotated, Any

import typer

from ibe100.cli.cluster import engine
from ibe100.cli.options import AsJson, DataDir, StreamName, print_table
from ibe100.cli.running_instance import running, settings_of
from ibe100.core.folders import resolve
from ibe100.models.errors import OperatorError
from ibe100.models.records.hosts import SILENT_S, ClusterView
from ibe100.services.cluster.pacemaker import engine_state
from ibe100_client import Client, cluster, streams

LEAST_MEGABITS = 5
"""Taken for a stream whose bitrate was never measured."""
CORES_PERCENT = 25

app = typer.Typer(help="Hosts on one database: their streams, placed and moved by Pacemaker.")
Host = Annotated[str, typer.Argument(metavar="HOST", help="Name of a host, as Pacemaker calls it.")]


@app.command()
def init(
    megabits: Annotated[
        int, typer.Option("--megabits", min=1, help="Mb/s that a host may put out in all.")
    ] = 1000,
    apart: Annotated[
        list[str] | None,
        typer.Option(metavar="ONE:OTHER", help="stream_ids that should not share a host; may be repeated."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Put all streams into Pacemaker as resources; to be called again after streams were added.

    Without fencing they are put there unmanaged: Pacemaker looks on, and moves nothing by itself.
    """
    folders = resolve(settings_of(data_dir).folders)
    with running(data_dir) as console:
        view = _view(console)
        listed = console.json(streams.listed())
    places = [
        engine.PlacedStream(
            stream_id=one["stream_id"],
            megabits_s=LEAST_MEGABITS,
            cores_percent=CORES_PERCENT,
            data_dir=str(folders.data_dir),
            state_dir=str(folders.state_dir),
        )
        for one in listed
    ]
    state = engine_state()
    engine.put("crm_config", engine.cluster_options())
    engine.put("rsc_defaults", engine.defaults(managed=not state.no_fencing))
    _set_capacity(view, megabits)
    engine.put("resources", engine.resources(places))
    for pair in apart or []:
        one, _, other = pair.partition(":")
        engine.put("constraints", engine.apart(one, other))
    typer.echo(f"{len(places)} streams are resources of {state.name or 'Pacemaker'}.")
    if state.no_fencing:
        typer.echo(f"They are not managed: {state.no_fencing}. Set fencing up, then call this again.")


def _set_capacity(view: ClusterView, megabits: int) -> None:
    cores = {host.name: host.facts.cores for host in view.hosts}
    nodes = ET.fromstring(engine.tell("cibadmin", "--query", "-o", "nodes"))
    for node in nodes.iter("node"):
        name, node_id = node.get("uname") or "", node.get("id") or ""
        if name in cores:
            document = engine.node_load(node_id, name, megabits_s=megabits, cores=max(1, cores[name]))
            engine.put("nodes", document)


@app.command()
def status(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show the hosts with their load and streams, and what Pacemaker says."""
    with running(data_dir) as console:
        view = _view(console)
        names = {one["stream_id"]: one["config"]["name"] for one in console.json(streams.listed())}
    if as_json:
        typer.echo(json.dumps(view.model_dump(mode="json")))
        return
    if not view.here:
        typer.echo("This machine works on its database alone (no cluster.host).")
        return
    print_table(("Host", "Heard of", "Node", "CPU", "Mb/s", "On air", "Streams"), _rows(view, names))
    if view.unowned:
        typer.echo("On no host: " + ", ".join(names.get(one, one) for one in view.unowned))
    typer.echo(f"Automatic failover: {'no: ' + view.fencing if view.fencing else 'yes'}")
    if engine_state().name:
        typer.echo(engine.tell("crm_mon", "-1r"))


def _rows(view: ClusterView, names: dict[str, str]) -> list[tuple[str, ...]]:
    return [
        (
            f"{host.name}{' (here)' if host.is_here else ''}",
            f"{host.silent_s:.0f} s ago" + (": SILENT" if host.is_silent else ""),
            host.node or "–",
            f"{host.facts.cpu_percent:.0f} %",
            f"{host.facts.megabits_s:.1f}",
            f"{host.facts.running} of {len(host.streams)}",
            ", ".join(names.get(one, one) for one in host.streams),
        )
        for host in view.hosts
    ]


@app.command()
def drain(host: Host) -> None:
    """Move all streams off a host; nothing is placed there until `undrain`."""
    _demand_fencing()
    _say(engine.tell("crm_attribute", "-N", host, "-n", "standby", "-v", "on"))
    _say(engine.tell("crm_resource", "--wait", "--timeout", "90s"))
    _say(engine.tell("crm_mon", "-1rn"))


@app.command()
def undrain(host: Host) -> None:
    """Let streams be placed on a host again; those on air elsewhere stay there."""
    _say(engine.tell("crm_attribute", "-N", host, "-n", "standby", "-D"))


@app.command()
def move(stream: StreamName, host: Host, data_dir: DataDir = None) -> None:
    """Move a stream to another host by Pacemaker."""
    _demand_fencing()
    with running(data_dir) as console:
        stream_id = console.do(streams.one(stream)).stream_id
    resource = engine.resource_of(stream_id)
    _say(engine.tell("crm_resource", "--move", "-r", resource, "-N", host))
    try:
        _say(engine.tell("crm_resource", "--wait", "--timeout", "90s"))
    finally:  # it stays there by its stickiness; the rule would bind it for ever
        _say(engine.tell("crm_resource", "--clear", "-r", resource))


@app.command()
def take(
    stream: StreamName,
    force: Annotated[bool, typer.Option("--force", help="Though its host was heard of just now.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Own a stream on this host by hand, where Pacemaker does not place it: its host has to be off."""
    with running(data_dir) as console:
        wanted = console.json(streams.one(stream))
        owner = wanted["owner"]
        heard = {host.name: host.silent_s for host in _view(console).hosts}
        if owner and heard.get(owner, math.inf) <= SILENT_S and not force:
            raise OperatorError(
                f"{wanted['config']['name']} is owned by {owner}, which was heard of "
                f"{heard[owner]:.0f} s ago: call `cluster release` there first"
            )
        _tell(console.json(cluster.take(stream)))


@app.command()
def release(stream: StreamName, data_dir: DataDir = None) -> None:
    """Stop a stream on this host, and leave it to whoever takes it."""
    with running(data_dir) as console:
        _tell(console.json(cluster.release(stream)))


@app.command()
def forget(host: Host, data_dir: DataDir = None) -> None:
    """Take a host off the record that is gone for good."""
    with running(data_dir) as console:
        console.do(cluster.forget(host))


def _view(console: Client) -> ClusterView:
    return ClusterView.model_validate(console.json(cluster.hosts()))


def _demand_fencing() -> None:
    state = engine_state()
    if not state.name:
        raise OperatorError(state.no_fencing)
    if state.no_fencing:
        raise OperatorError(f"{state.no_fencing}: move streams by `cluster release` and `cluster take`")


def _say(words: str) -> None:
    if words.strip():
        typer.echo(words.rstrip())


def _tell(view: dict[str, Any]) -> None:
    where = "here" if view["owner"] is None else view["owner"] or "no host"
    typer.echo(f"{view['number']} {view['config']['name']}: {view['state']} {view['reason']} ({where})")
