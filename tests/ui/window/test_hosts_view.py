"""Hosts: what the view says of load, owners, fencing and a host that is not heard of."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from console_under_test import Console
from fake_services import FakeServices
from fake_values import view
from ibe100.models.records.hosts import ClusterView, FailedOver, HostFacts, HostView
from ibe100.ui.window.hosts_view import HostsView

Open = Callable[..., Console]


def host(name: str, **changes: object) -> HostView:
    values = {"name": name, "is_here": name == "tx1", "streams": (), "silent_s": 0.4, "node": "online"}
    return HostView.model_validate(
        {**values, "facts": HostFacts(cores=8, cpu_percent=31, megabits_s=27.4, running=1), **changes}
    )


def shown(console: Console, cluster: ClusterView) -> HostsView:
    console.services.cluster.shown = cluster
    console.parts.actions["hosts"].trigger()
    found = console.window.findChild(HostsView)
    assert found is not None
    return found


def cells(one: HostsView, table: int) -> list[list[str]]:
    model = one.tables[table].model()
    assert model is not None
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_a_machine_alone_says_so(open_console: Open) -> None:
    found = shown(open_console(FakeServices()), ClusterView(here=""))
    assert "works on its database alone" in found.summary.text()
    assert not found.tables[0].isVisible()


def test_hosts_are_shown_with_load_owners_and_the_last_move(open_console: Open) -> None:
    ours, theirs = view(1, "News"), view(2, "Sport").model_copy(update={"owner": "tx2"})
    nobodys = view(3, "Film").model_copy(update={"owner": ""})
    console = open_console(FakeServices([ours, theirs, nobodys]))
    cluster = ClusterView(
        here="tx1",
        hosts=(
            host("tx1", streams=(ours.stream_id,)),
            host("tx2", streams=(theirs.stream_id,), node="standby"),
            host("tx3", silent_s=42.0, node="unclean"),
        ),
        unowned=(nobodys.stream_id,),
        engine="Pacemaker 2.1.5",
        quorum=True,
        last=FailedOver(stream_id=theirs.stream_id, before="tx3", host="tx2", at=time.time()),
    )
    found = shown(console, cluster)
    assert found.summary.text() == "3 hosts, 3 streams; not heard of: tx3; 1 stream on no host"
    assert found.failover.text() == "Pacemaker 2.1.5, with quorum. A lost host is fenced."
    assert [row[:4] for row in cells(found, 0)] == [
        ["tx1 (here)", "heard of, online", "1 of 1", "31 % of 8"],
        ["tx2", "heard of, drained", "1 of 1", "31 % of 8"],
        ["tx3", "silent for 42 s, unclean", "1 of 0", "31 % of 8"],
    ]
    assert [row[-1] for row in cells(found, 1)] == ["tx1", "tx2", "no host"]
    assert found.last.text().startswith("Last moved: Sport from tx3 to tx2")


@pytest.mark.parametrize("fencing", ["fencing is off (stonith-enabled): a host that is lost is not fenced"])
def test_without_fencing_it_is_said_that_nothing_is_taken_over(open_console: Open, fencing: str) -> None:
    cluster = ClusterView(here="tx1", hosts=(host("tx1"),), engine="Pacemaker 2.1.5", fencing=fencing)
    found = shown(open_console(FakeServices()), cluster)
    assert "WITHOUT quorum" in found.failover.text()
    assert f"No automatic failover: {fencing}." in found.failover.text()
