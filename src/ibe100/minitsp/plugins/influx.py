"""Sends metrics of the stream to an InfluxDB server (tsp -P influx)."""

import math
import os
import time
from collections.abc import Callable
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import MAX_PID, Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.packet_batch import Batch
from ibe100.minitsp.chain.packet_observer import PacketObserver
from ibe100.minitsp.chain.plugin import Context
from ibe100.minitsp.reports.background_sender import BackgroundSender
from ibe100.minitsp.reports.influx_http import InfluxServer
from ibe100.minitsp.reports.influx_metrics import InfluxMetrics, MetricsChoice
from ibe100.runner.local_socket import LocalSender

_DEFAULT_INTERVAL_S: Final = 5
_DEFAULT_QUEUE_SIZE: Final = 10
_MAX_SEVERITY: Final = 4
# Packets that came so long ago flow no more: a post that is due waits for the next ones.
_STILL_S: Final = 0.1
_FIRST_S: Final = 0.3
"""A runner waits for the first post to know that the stream is on air."""


class Influx(PacketObserver):
    """Posts every --interval seconds while packets flow, as tsp does; a dead server delays nothing.

    `unix:path` in place of the address of a server is a Unix datagram socket, which tsp has not.
    """

    name: ClassVar[str] = "influx"
    options: ClassVar[OptionTable] = OptionTable(
        Option("all-pids", short="a"),
        Option("bitrate"),
        Option("bucket", OptionKind.TEXT, "b"),
        Option("bucket-id", OptionKind.TEXT),
        Option("dts"),
        Option("host-url", OptionKind.TEXT, "h"),
        Option("interval", OptionKind.INTEGER, "i", minimum=1),
        Option("local-time"),
        Option("max-metrics", OptionKind.INTEGER, minimum=1),
        Option("max-severity", OptionKind.INTEGER, minimum=0, maximum=_MAX_SEVERITY),
        Option("names", short="n"),
        Option("org", OptionKind.TEXT, "o"),
        Option("org-id", OptionKind.TEXT),
        Option("pcr"),
        Option("pid", OptionKind.PID_RANGE, "p", repeatable=True),
        Option("pts"),
        Option("queue-size", OptionKind.INTEGER, minimum=1),
        Option("services", short="s"),
        Option("tag", OptionKind.TEXT, repeatable=True),
        Option("token", OptionKind.TEXT, "t"),
        Option("tr-101-290"),
        Option("type"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._interval_s = arguments.integer("interval", _DEFAULT_INTERVAL_S)
        self._max_metrics = arguments.integer("max-metrics")
        place, deliver = _delivery(arguments)
        queue_size = arguments.integer("queue-size", _DEFAULT_QUEUE_SIZE)
        self._sender = BackgroundSender(self, f"InfluxDB at {place}", queue_size, deliver)
        self._metrics = InfluxMetrics(_choice(arguments), time.monotonic())
        self._sent = 0
        self._next_s = self._first_s = 0.0
        self._flowed_s = -math.inf

    def start(self) -> None:
        self._first_s = time.monotonic() + self._interval_s
        self._next_s = self.due_s = self._first_s - (self._interval_s - _FIRST_S) * self.context.attended
        self._sender.start()

    def observe(self, batch: Batch) -> None:
        self._metrics.feed(batch)
        self._flowed_s = batch.arrivals.last_s

    def tick(self, monotonic_s: float) -> None:
        self._metrics.idle(monotonic_s)
        if monotonic_s < self._next_s:
            return
        lacks_stamps = monotonic_s < self._first_s and not self._metrics.has_stamps
        if lacks_stamps or monotonic_s - self._flowed_s > _STILL_S:
            self.due_s = monotonic_s + _STILL_S / 2
            return
        self._report(monotonic_s)

    def stop(self) -> None:
        self._sender.stop()

    def _report(self, now_s: float) -> None:
        # Counted from the start, so that the posts do not drift; intervals slept through are left out.
        self._next_s += self._interval_s * (1 + (now_s - self._next_s) // self._interval_s)
        self.due_s = self._next_s
        lines = self._metrics.lines(now_s)
        if not lines:
            return
        self._sender.send("\n".join(lines))
        self._sent += 1
        if self._max_metrics and self._sent >= self._max_metrics:
            self.context.stop()


def _choice(arguments: Arguments) -> MetricsChoice:
    stamps = tuple(stamp for stamp in ("pcr", "pts", "dts") if arguments.present(stamp))
    tr_101_290 = arguments.present("tr-101-290")
    every = range(MAX_PID + 1) if arguments.present("all-pids") else ()
    return MetricsChoice(
        bitrate=arguments.present("bitrate") or not (stamps or tr_101_290),
        services=arguments.present("services"),
        names=arguments.present("names"),
        types=arguments.present("type"),
        pids=arguments.pids("pid") | frozenset(every),
        stamps=stamps,
        tr_101_290=tr_101_290,
        max_severity=arguments.integer("max-severity", _MAX_SEVERITY),
        extra_tags=tuple(_tag(text) for text in arguments.texts("tag")),
        local_time=arguments.present("local-time"),
    )


def _tag(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise OptionError(f"invalid value {text} for option --tag, use name=value")
    return name, value


def _delivery(arguments: Arguments) -> tuple[str, Callable[[str], object]]:
    """Place that posts go to, and what delivers one: HTTP, or a Unix socket that takes the lines alone."""
    if path := arguments.socket("host-url"):
        sender = LocalSender(path)
        return path, lambda text: sender.send(text.encode())
    server = _server(arguments)
    return f"{server.host}:{server.port}" if server.port else server.host, server.write


def _server(arguments: Arguments) -> InfluxServer:
    url = _required(arguments, ("host-url", "INFLUX_HOST"))
    token = _required(arguments, ("token", "INFLUX_TOKEN"))
    query = {}
    for name, variable in (("bucket", "INFLUX_BUCKET_NAME"), ("org", "INFLUX_ORG")):
        if arguments.present(f"{name}-id"):
            query[f"{name}ID"] = arguments.text(f"{name}-id")
        else:
            query[name] = _required(arguments, (name, variable))
    try:
        return InfluxServer.from_url(url, query, token)
    except ValueError as error:
        raise OptionError(f"invalid value for option --host-url: {error}") from None


def _required(arguments: Arguments, source: tuple[str, str]) -> str:
    """An option's value, or that of the environment variable that stands for it."""
    option, variable = source
    value = arguments.text(option) or os.environ.get(variable, "")
    if not value:
        raise OptionError(f"no InfluxDB {option} given, use --{option}")
    return value
