"""Pacemaker's own commands, and its resources as XML: cibadmin, crm_resource, crm_attribute, crm_mon.

They come with Pacemaker itself and read the same on each distribution, which crmsh and pcs do not.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from ibe100.models.errors import OperatorError

PATIENCE_S = 120.0
SECTIONS = ("crm_config", "nodes", "resources", "constraints", "rsc_defaults")


@dataclass(frozen=True, slots=True)
class PlacedStream:
    """A stream as a resource."""

    stream_id: str
    megabits_s: int
    cores_percent: int
    """Percent of one core."""
    data_dir: str
    state_dir: str

    @property
    def resource(self) -> str:
        """Name of its resource."""
        return resource_of(self.stream_id)


def resource_of(stream_id: str) -> str:
    """Name of a stream's resource."""
    return f"stream-{stream_id}"


def tell(*command: str) -> str:
    """Run one of Pacemaker's commands; returns what it prints. Raises OperatorError with its own words."""
    if shutil.which(command[0]) is None:
        raise OperatorError(f"{command[0]} is not here: install pacemaker and pacemaker-cli-utils")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise OperatorError(f"{command[0]} has not ended in {PATIENCE_S:.0f} s") from None
    if done.returncode:
        words = (done.stderr or done.stdout).strip() or f"exit {done.returncode}"
        raise OperatorError(f"{' '.join(command[:3])}: {words}")
    return done.stdout


def put(section: str, document: str) -> None:
    """Add to a section of the CIB, or change what is there under the same ids. Raises OperatorError."""
    assert section in SECTIONS
    tell("cibadmin", "--modify", "--allow-create", "-o", section, "-X", document)


def cluster_options() -> str:
    """Options of the cluster: what is on air is not moved for balance, and a lost quorum freezes all."""
    options = {"placement-strategy": "balanced", "no-quorum-policy": "freeze"}
    return f"<crm_config>{_set('cluster_property_set', 'cib-bootstrap-options', options)}</crm_config>"


def defaults(*, managed: bool) -> str:
    """Defaults of resources; without fencing Pacemaker only looks on."""
    values = {"resource-stickiness": "1000", "migration-threshold": "3", "failure-timeout": "600"}
    values["is-managed"] = "true" if managed else "false"
    return f"<rsc_defaults>{_set('meta_attributes', 'ibe100-defaults', values)}</rsc_defaults>"


def stream_resource(stream: PlacedStream) -> str:
    """A stream as a primitive with its operations and utilization."""
    name = stream.resource
    attributes = {"stream": stream.stream_id, "data_dir": stream.data_dir, "state_dir": stream.state_dir}
    load = {"megabits": str(stream.megabits_s), "cores": str(stream.cores_percent)}
    times = (("start", "0", "60s"), ("stop", "0", "60s"), ("monitor", "3s", "20s"))
    operations = "".join(
        f"<op id={quoteattr(f'{name}-{what}')} name={quoteattr(what)} interval={quoteattr(every)} "
        f"timeout={quoteattr(within)}/>"
        for what, every, within in times
    )
    return (
        f'<primitive id={quoteattr(name)} class="ocf" provider="ibe100" type="ibe100-stream">'
        f"{_set('instance_attributes', f'{name}-attributes', attributes)}"
        f"{_set('utilization', f'{name}-load', load)}"
        f"<operations>{operations}</operations></primitive>"
    )


def apart(one: str, other: str) -> str:
    """A rule that keeps two streams, such as legs A and B, on different hosts where there are two."""
    first, second = resource_of(one), resource_of(other)
    name = quoteattr(f"apart-{one}-{other}")
    return (
        f"<constraints><rsc_colocation id={name} rsc={quoteattr(second)} with-rsc={quoteattr(first)} "
        'score="-10000"/></constraints>'
    )


def node_load(node_id: str, name: str, *, megabits_s: int, cores: int) -> str:
    """Capacity of a node."""
    load = {"megabits": str(megabits_s), "cores": str(cores * 100)}
    capacity = _set("utilization", f"ibe100-{name}-load", load)
    return f"<nodes><node id={quoteattr(node_id)} uname={quoteattr(name)}>{capacity}</node></nodes>"


def _set(tag: str, name: str, values: Mapping[str, str]) -> str:
    pairs = "".join(
        f"<nvpair id={quoteattr(f'{name}-{key}')} name={quoteattr(key)} value={quoteattr(value)}/>"
        for key, value in values.items()
    )
    return f"<{tag} id={quoteattr(name)}>{pairs}</{tag}>"


def resources(streams: Sequence[PlacedStream]) -> str:
    """All streams as a section of the CIB."""
    return f"<resources>{''.join(map(stream_resource, streams))}</resources>"
