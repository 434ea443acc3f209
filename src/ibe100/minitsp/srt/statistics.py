"""SRT statistics in the words and the JSON of tsp's srt plugins (--statistics-interval, --json-line)."""

from collections.abc import Mapping
from typing import Final

from ibe100.minitsp.chain.options import Arguments
from ibe100.minitsp.reports.json_report import JsonValue, to_json
from ibe100.minitsp.srt.libsrt_types import Statistics

_RECEIVE: Final[Mapping[str, Mapping[str, str]]] = {
    "total": {
        "elapsed-ms": "msTimeStamp",
        "bytes": "byteRecvTotal",
        "packets": "pktRecvTotal",
        "lost-packets": "pktRcvLossTotal",
        "dropped-packets": "pktRcvDropTotal",
        "sent-ack-packets": "pktSentACKTotal",
        "sent-nak-packets": "pktSentNAKTotal",
        "undecrypted-packets": "pktRcvUndecryptTotal",
        "loss-bytes": "byteRcvLossTotal",
        "drop-bytes": "byteRcvDropTotal",
        "undecrypted-bytes": "byteRcvUndecryptTotal",
        "filter-extra-packets": "pktRcvFilterExtraTotal",
        "filter-recovered-packets": "pktRcvFilterSupplyTotal",
        "filter-not-recovered-packets": "pktRcvFilterLossTotal",
        "unique-packets": "pktRecvUniqueTotal",
        "unique-bytes": "byteRecvUniqueTotal",
    },
    "interval": {
        "rate-mbps": "mbpsRecvRate",
        "bytes": "byteRecv",
        "packets": "pktRecv",
        "lost-packets": "pktRcvLoss",
        "dropped-packets": "pktRcvDrop",
        "retransmitted-packets": "pktRcvRetrans",
        "sent-ack-packets": "pktSentACK",
        "sent-nak-packets": "pktSentNAK",
        "reorder-distance-packets": "pktReorderDistance",
        "ignored-late-packets": "pktRcvBelated",
        "undecrypted-packets": "pktRcvUndecrypt",
        "loss-bytes": "byteRcvLoss",
        "drop-bytes": "byteRcvDrop",
        "undecrypted-bytes": "byteRcvUndecrypt",
        "filter-extra-packets": "pktRcvFilterExtra",
        "filter-recovered-packets": "pktRcvFilterSupply",
        "filter-not-recovered-packets": "pktRcvFilterLoss",
        "unique-packets": "pktRecvUnique",
        "unique-bytes": "byteRecvUnique",
    },
    "instant": {
        "delivery-delay-ms": "msRcvTsbPdDelay",
        "buffer-avail-bytes": "byteAvailRcvBuf",
        "buffer-ack-packets": "pktRcvBuf",
        "buffer-ack-bytes": "byteRcvBuf",
        "buffer-ack-ms": "msRcvBuf",
        "avg-belated-ms": "pktRcvAvgBelatedTime",
        "mss-bytes": "byteMSS",
        "reorder-tolerance-packets": "pktReorderTolerance",
    },
}
_SEND: Final[Mapping[str, Mapping[str, str]]] = {
    "total": {
        "elapsed-ms": "msTimeStamp",
        "bytes": "byteSentTotal",
        "packets": "pktSentTotal",
        "retransmit-packets": "pktRetransTotal",
        "lost-packets": "pktSndLossTotal",
        "dropped-packets": "pktSndDropTotal",
        "received-ack-packets": "pktRecvACKTotal",
        "received-nak-packets": "pktRecvNAKTotal",
        "send-duration-us": "usSndDurationTotal",
        "restrans-bytes": "byteRetransTotal",
        "drop-bytes": "byteSndDropTotal",
        "filter-extra-packets": "pktSndFilterExtraTotal",
        "unique-packets": "pktSentUniqueTotal",
        "unique-bytes": "byteSentUniqueTotal",
    },
    "interval": {
        "bytes": "byteSent",
        "packets": "pktSent",
        "retransmit-packets": "pktRetrans",
        "lost-packets": "pktSndLoss",
        "dropped-packets": "pktSndDrop",
        "received-ack-packets": "pktRecvACK",
        "received-nak-packets": "pktRecvNAK",
        "send-rate-mbps": "mbpsSendRate",
        "send-duration-us": "usSndDuration",
        "drop-bytes": "byteSndDrop",
        "retransmit-bytes": "byteRetrans",
        "filter-extra-packets": "pktSndFilterExtra",
        "unique-packets": "pktSentUnique",
        "unique-bytes": "byteSentUnique",
    },
    "instant": {
        "delivery-delay-ms": "msSndTsbPdDelay",
        "interval-packets": "usPktSndPeriod",
        "flow-window-packets": "pktFlowWindow",
        "congestion-window-packets": "pktCongestionWindow",
        "in-flight-packets": "pktFlightSize",
        "estimated-link-bandwidth-mbps": "mbpsBandwidth",
        "avail-buffer-bytes": "byteAvailSndBuf",
        "max-bandwidth-mbps": "mbpsMaxBW",
        "mss-bytes": "byteMSS",
        "snd-buffer-packets": "pktSndBuf",
        "snd-buffer-bytes": "byteSndBuf",
        "snd-buffer-ms": "msSndBuf",
    },
}


class StatisticsReport:
    """Timing and text of the statistics asked for."""

    def __init__(self, arguments: Arguments) -> None:
        self._interval_s = arguments.integer("statistics-interval") / 1000
        self.at_the_end = self._interval_s > 0 or arguments.present("final-statistics")
        self._prefix = arguments.optional_text("json-line")
        self._next_s = 0.0

    def begin(self, now_s: float) -> None:
        """Begin with a new connection."""
        self._next_s = now_s + self._interval_s

    def is_due(self, now_s: float) -> bool:
        """True if the next report is due at this monotonic time."""
        if not self._interval_s or now_s < self._next_s:
            return False
        self._next_s = now_s + self._interval_s
        return True

    def text(self, statistics: Statistics) -> str:
        """One line of JSON, or tsp's few lines of words."""
        if self._prefix is None:
            return _words(statistics)
        return self._prefix + to_json(
            {
                "global": {"instant": {"rtt-ms": statistics.msRTT}},
                "receive": _values(_RECEIVE, statistics),
                "send": _values(_SEND, statistics),
            }
        )


def _values(fields: Mapping[str, Mapping[str, str]], statistics: Statistics) -> dict[str, JsonValue]:
    return {
        span: {key: getattr(statistics, name) for key, name in names.items()}
        for span, names in fields.items()
    }


def _words(s: Statistics) -> str:
    lines = ["SRT statistics:"]
    if s.byteRecvTotal:
        lines += [
            f"  Total received: {s.byteRecvTotal:,} bytes, {s.pktRecvTotal:,} packets, "
            f"lost: {s.pktRcvLossTotal:,} packets, dropped: {s.pktRcvDropTotal:,} packets",
            f"  Interval received: {s.byteRecv:,} bytes, {s.pktRecv:,} packets, "
            f"lost: {s.pktRcvLoss:,} packets, dropped: {s.pktRcvDrop:,} packets",
        ]
    if s.byteSentTotal:
        lines += [
            f"  Total sent: {s.byteSentTotal:,} bytes, {s.pktSentTotal:,} packets, "
            f"retransmit: {s.pktRetransTotal:,} packets, lost: {s.pktSndLossTotal:,} packets, "
            f"dropped: {s.pktSndDropTotal:,} packets",
            f"  Interval sent: {s.byteSent:,} bytes, {s.pktSent:,} packets, "
            f"retransmit: {s.pktRetrans:,} packets, lost: {s.pktSndLoss:,} packets, "
            f"dropped: {s.pktSndDrop:,} packets",
        ]
    if len(lines) == 1:
        return f"{lines[0]} none available"
    delays = [f"receive: {s.msRcvTsbPdDelay} ms"] if s.byteRecvTotal else []
    delays += [f"send: {s.msSndTsbPdDelay} ms"] if s.byteSentTotal else []
    return "\n".join([*lines, f"  Timestamp-based delivery delay, {', '.join(delays)}, RTT: {s.msRTT:f} ms"])
