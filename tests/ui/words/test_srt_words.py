"""SRT connections in the words of the monitoring page and the cards."""

from fake_values import telemetry
from ibe100.models.stream_state import SrtLink, SrtStatistics
from ibe100.ui.words.srt import route_words, srt_words

FIGURES = SrtStatistics(
    rtt_ms=3.21,
    rate_bps=4_000_000,
    packets=400,
    lost_packets=1,
    lost_packets_total=1204,
    retransmitted_packets=6,
    dropped_packets=0,
    dropped_packets_total=8,
    buffer_ms=120,
    latency_ms=2000,
)


def test_a_connection_shows_its_figures() -> None:
    link = SrtLink(connected=True, peer="10.0.0.9:9001", statistics=FIGURES)
    sample = telemetry("s", 1).model_copy(update={"srt_output": link})
    words, kind = srt_words(sample, 0.0)
    assert words == (
        "SRT out: 10.0.0.9:9001 · RTT 3.2 ms · lost 1,204 · resent 6/s · given up 8 · buffer 120 of 2,000 ms"
    )
    assert kind == "muted"
    assert route_words(sample) == "RTT 3.2 ms, 1,204 lost"


def test_an_edge_that_gives_no_figures_says_so_once_they_should_be_there() -> None:
    link = SrtLink(connected=True, monotonic_s=100.0)
    sample = telemetry("s", 1).model_copy(update={"srt_input": link})
    assert srt_words(sample, 101.0) == ("SRT in: connected", "muted")
    assert srt_words(sample, 104.0) == ("SRT in: connected · figures not given by this edge", "muted")
    assert route_words(sample) == ""


def test_a_missing_peer_is_named() -> None:
    nobody = SrtLink(connected=False)
    sample = telemetry("s", 1).model_copy(update={"srt_input": nobody, "srt_output": nobody})
    words, kind = srt_words(sample, 0.0)
    assert words == "SRT in: no sender is connected    SRT out: no receiver is connected"
    assert kind == "magenta"
    assert route_words(sample) == "no sender · no receiver"


def test_without_srt_there_is_nothing_to_say() -> None:
    assert srt_words(telemetry("s", 1), 0.0) == ("", "muted")
    assert srt_words(None, 0.0) == ("", "muted")
    assert route_words(None) == ""
