"""SRT statistics become values, and a peer that is not there becomes a condition."""

from ibe100.minitsp.chain.options import OptionTable
from ibe100.minitsp.srt.libsrt_types import Statistics
from ibe100.minitsp.srt.options import SRT_OPTIONS
from ibe100.minitsp.srt.statistics import StatisticsReport
from ibe100.models.stream_config import SrtInput, SrtMode, SrtOutput, StreamConfig
from ibe100.models.stream_state import SrtLink, SrtStatistics
from ibe100.runner.telemetry.srt_silence import SILENT_S
from ibe100.runner.telemetry.srt_watch import SrtWatch
from ibe100.services.alarms.rule import FALSE, Judgement
from ibe100.services.alarms.stream_catalogue import SRT_RECEIVER_GONE, SRT_SENDER_GONE
from ibe100.services.streams.runner_samples import SrtSide, read_sample
from ibe100.services.watches.srt_peers import FIRST_CALL_S, SrtPeers
from ibe100.tsduck.srt_link import lasting_arguments

CONFIG = StreamConfig(name="x", input=SrtInput(mode=SrtMode.LISTENER, port=9000), output=SrtOutput(port=9001))
COUNTED = Statistics(
    msRTT=12.5,
    mbpsSendRate=4.0,
    mbpsRecvRate=5.0,
    pktSent=400,
    pktRecv=500,
    pktSndLoss=4,
    pktRcvLoss=5,
    pktRetrans=6,
    pktRcvRetrans=7,
    pktSndDropTotal=8,
    pktRcvDropTotal=9,
    msSndBuf=10,
    msRcvBuf=1900,
    msSndTsbPdDelay=2000,
    msRcvTsbPdDelay=2100,
    pktRecvACK=100,
)


def sampled(side: str) -> SrtLink | None:
    """Statistics from the processor's log to the sample, over every stage."""
    samples, now = [], iter([6.0, 7.0])
    watch = SrtWatch(
        lambda kind, content: samples.append({"sample": kind, "t": 1.0, "mono": 7.0, **content}),
        lambda: next(now),
    )
    watch.begin(["minitsp", "-I", "srt", "-O", "srt"])
    words = ["--listener=1", *lasting_arguments(CONFIG.input if side == "input" else CONFIG.output, side)]
    report = StatisticsReport(OptionTable(*SRT_OPTIONS).parse(words))
    for statistics in (Statistics(), COUNTED):
        assert watch.takes(f"* srt: {report.text(statistics)}".encode())
    sample = read_sample(samples[-1])
    assert isinstance(sample, SrtSide)
    assert sample.side == side
    return sample.link


def test_statistics_of_an_output_are_those_of_sending() -> None:
    link = sampled("output")
    assert link == SrtLink(
        connected=True,
        monotonic_s=7.0,
        statistics=SrtStatistics(
            rtt_ms=12.5,
            rate_bps=2_000_000,
            packets=400,
            lost_packets=4,
            lost_packets_total=0,
            retransmitted_packets=6,
            dropped_packets=0,
            dropped_packets_total=8,
            buffer_ms=10,
            latency_ms=2000,
            acknowledgements=100,
        ),
    )


def test_statistics_of_an_input_are_those_of_receiving() -> None:
    link = sampled("input")
    assert link is not None
    assert link.statistics is not None
    assert (link.statistics.packets, link.statistics.lost_packets) == (500, 5)
    assert (link.statistics.retransmitted_packets, link.statistics.dropped_packets_total) == (7, 9)
    assert (link.statistics.buffer_ms, link.statistics.latency_ms) == (1900, 2100)
    assert link.statistics.acknowledgements is None


def test_a_side_without_srt_has_no_link() -> None:
    sample = read_sample({"sample": "srt_input", "t": 1.0, "mono": 7.0, "connected": None})
    assert sample == SrtSide(1.0, 7.0, "input", None)


def test_a_missing_peer_is_a_condition_of_its_side() -> None:
    peers = SrtPeers(CONFIG)
    peers.take(SrtSide(0.0, 0.0, "input", SrtLink(connected=True)), 0.0)
    peers.take(SrtSide(0.0, 0.0, "output", SrtLink(connected=False)), 0.0)
    assert peers.judge(0.0) == {
        SRT_SENDER_GONE: FALSE,
        SRT_RECEIVER_GONE: Judgement(True, "nobody is connected to srt listener :9001", FIRST_CALL_S),
    }
    peers.take(SrtSide(0.0, 0.0, "output", SrtLink(connected=False, refused="Incorrect passphrase")), 0.0)
    assert peers.judge(0.0)[SRT_RECEIVER_GONE].value.endswith("was refused: Incorrect passphrase")
    peers.take(SrtSide(0.0, 0.0, "output", None), 0.0)
    assert peers.judge(0.0)[SRT_RECEIVER_GONE] == FALSE


def test_a_peer_that_is_silent_is_gone_since_it_was_heard_last() -> None:
    peers = SrtPeers(CONFIG)
    for side in ("input", "output"):
        for at_s in (50.0, 51.0):
            link = SrtLink(connected=True, peer="10.0.0.9:1", silent=True, monotonic_s=at_s)
            peers.take(SrtSide(0.0, at_s, side, link), at_s)
    assert peers.judge(0.0) == {
        SRT_SENDER_GONE: Judgement(True, "10.0.0.9:1 sends nothing any more", 50.0 - SILENT_S),
        SRT_RECEIVER_GONE: Judgement(True, "10.0.0.9:1 acknowledges nothing any more", 50.0 - SILENT_S),
    }
    peers.take(SrtSide(0.0, 0.0, "output", SrtLink(connected=True, monotonic_s=52.0)), 0.0)
    assert peers.judge(0.0)[SRT_RECEIVER_GONE] == FALSE
