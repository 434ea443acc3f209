"""Hosts on one database: their load and streams, drained or not, and whether a lost one is made up for."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtWidgets import QDialog, QVBoxLayout, QWidget

from ibe100.models.messages import StreamView
from ibe100.models.records.hosts import NOBODY, ClusterView, HostView
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import quiet_table
from ibe100.ui.widgets.timers import repeating
from ibe100.utils.timecode import format_date
from ibe100.utils.units import UNKNOWN, counted

LOOK_MS = 1000
ALONE = (
    "This machine works on its database alone. How several hosts take over from each other stands in "
    "docs/cluster.md."
)
STARTING = "The services are starting."
HOW = "Drain, move and forget hosts at a command line: ./run cluster --help"


@dataclass(frozen=True, slots=True)
class OwnedStream:
    """Row of a stream with its owner."""

    view: StreamView
    owner: str


def _node_words(host: HostView) -> str:
    """State of a host in words: heard of or not, then what Pacemaker says."""
    heard = f"silent for {host.silent_s:.0f} s" if host.is_silent else "heard of"
    node = {"standby": "drained"}.get(host.node, host.node)
    return f"{heard}, {node}" if node else heard


def _node_colour(host: HostView) -> Colour | None:
    amiss = host.is_silent or host.node in ("offline", "unclean")
    return Colour.ALARM_MAGENTA_TEXT if amiss else None


HOST_COLUMNS: tuple[Column[HostView], ...] = (
    Column("Host", lambda host: f"{host.name} (here)" if host.is_here else host.name),
    Column("State", _node_words, colour=_node_colour),
    Column("On air", lambda host: f"{host.facts.running} of {len(host.streams)}", numeric=True),
    Column("CPU", lambda host: f"{host.facts.cpu_percent:.0f} % of {host.facts.cores}", numeric=True),
    Column("Memory", lambda host: f"{host.facts.memory_percent:.0f} %", numeric=True),
    Column("Mb/s out", lambda host: f"{host.facts.megabits_s:.1f}", numeric=True),
    Column("Version", lambda host: host.facts.version or UNKNOWN),
)
STREAM_COLUMNS: tuple[Column[OwnedStream], ...] = (
    Column("No.", lambda row: str(row.view.number), numeric=True),
    Column("Stream", lambda row: row.view.name),
    Column("State", lambda row: str(row.view.tally)),
    Column(
        "Host",
        lambda row: row.owner or NOBODY,
        colour=lambda row: None if row.owner else Colour.ALARM_MAGENTA_TEXT,
    ),
)


class HostsView(QDialog):
    """Shows the hosts as they are, once a second."""

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.setWindowTitle("Hosts")
        self.summary = label("", "title", wrap=True)
        self.failover = label("", "second", wrap=True)
        self.last = label("", "muted", wrap=True)
        self.hosts: KeyedTableModel[HostView] = KeyedTableModel(HOST_COLUMNS, lambda row: row.name, self)
        self.streams: KeyedTableModel[OwnedStream] = KeyedTableModel(
            STREAM_COLUMNS, lambda row: row.view.stream_id, self
        )
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 12, 16, 12)
        scaled(layout.setSpacing, 8)
        for words in (self.summary, self.failover):
            layout.addWidget(words)
        self.tables = (
            quiet_table(self.hosts, "Hosts", stretch=1),
            quiet_table(self.streams, "Streams by host", stretch=1),
        )
        for table in self.tables:
            layout.addWidget(table, 1)
        layout.addWidget(self.last)
        layout.addWidget(label(HOW, "muted", wrap=True))
        self.resize(px(860), px(520))
        self._looking = repeating(self, LOOK_MS, self.look)
        self._looking.start()
        self.finished.connect(self.deleteLater)
        self.look()

    def look(self) -> None:
        """Show the hosts as they are now."""
        view = self._client.read(lambda services: services.cluster.view(), None)
        if view is None or not view.here:
            self.summary.setText(STARTING if view is None else ALONE)
            for table in self.tables:
                table.setVisible(False)
            self.failover.setText("")
            self.last.setText("")
            return
        listed: tuple[StreamView, ...] = self._client.read(lambda services: services.streams.streams(), ())
        self._show(view, listed)

    def _show(self, view: ClusterView, listed: tuple[StreamView, ...]) -> None:
        for table in self.tables:
            table.setVisible(True)
        silent = [host.name for host in view.hosts if host.is_silent]
        words = f"{counted(len(view.hosts), 'host')}, {counted(len(listed), 'stream')}"
        if silent:
            words += f"; not heard of: {', '.join(silent)}"
        if view.unowned:
            words += f"; {counted(len(view.unowned), 'stream')} on no host"
        self.summary.setText(words)
        engine = f"{view.engine}, {'with' if view.quorum else 'WITHOUT'} quorum. " if view.engine else ""
        failover = f"No automatic failover: {view.fencing}." if view.fencing else "A lost host is fenced."
        self.failover.setText(engine + failover)
        set_kind(self.failover, "warning" if view.fencing or (view.engine and not view.quorum) else "second")
        self.hosts.show(list(view.hosts))
        rows = [OwnedStream(one, view.here if one.owner is None else one.owner) for one in listed]
        self.streams.show(rows)
        if view.last is not None:
            name = next((one.name for one in listed if one.stream_id == view.last.stream_id), "a stream")
            before = f" from {view.last.before}" if view.last.before else ""
            self.last.setText(
                f"Last moved: {name}{before} to {view.last.host}, {format_date(view.last.at)} UTC"
            )
