"""tsp's SRT options as libsrt gets them, and who calls whom."""

import struct

import pytest

from ibe100.minitsp.chain.options import OptionError, OptionTable
from ibe100.minitsp.srt.libsrt_types import (
    SocketOption,
    SrtError,
    Statistics,
    address_text,
    socket_address,
)
from ibe100.minitsp.srt.options import SRT_OPTIONS, srt_ends
from ibe100.minitsp.srt.settings import srt_settings
from ibe100.minitsp.srt.statistics import StatisticsReport

SRT = OptionTable(*SRT_OPTIONS, max_parameters=1)
SECRET = "0123456789"


def test_options_become_those_of_the_library() -> None:
    words = ["--caller=h.example:9000", "--latency=2000", "--streamid=#!::r=x,m=publish", "--pbkeylen", "32"]
    words += ["--enforce-encryption", "--tlpktdrop=0", "--max-bw=0", "--input-bw=5000000", "--ohead-bw=25"]
    settings = srt_settings(SRT.parse(words), output=True)
    before = dict(settings.before)
    assert before[SocketOption.LATENCY] == struct.pack("=i", 2000)
    assert before[SocketOption.STREAMID] == b"#!::r=x,m=publish"
    assert before[SocketOption.PBKEYLEN] == struct.pack("=i", 32)
    assert before[SocketOption.ENFORCEDENCRYPTION] == b"\1"
    assert before[SocketOption.TLPKTDROP] == b"\0"
    assert before[SocketOption.SENDER] == b"\1"
    assert dict(settings.after) == {
        SocketOption.INPUTBW: struct.pack("=q", 5_000_000),
        SocketOption.OHEADBW: struct.pack("=i", 25),
    }


def test_the_passphrase_is_not_printed() -> None:
    settings = srt_settings(SRT.parse(["--caller=h:1", f"--passphrase={SECRET}"]), output=False)
    assert dict(settings.before)[SocketOption.PASSPHRASE] == SECRET.encode()
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("words", "output", "local", "remote"),
    [
        (["--listener", "9000"], False, ("", 9000), None),
        (["-l", "127.0.0.1:9000"], True, ("127.0.0.1", 9000), None),
        (["--caller=[::1]:9000"], False, None, ("::1", 9000)),
        (["h:9000"], False, None, ("h", 9000)),
        (["9000"], True, ("", 9000), None),
        (["--caller=h:1", "--listener=2"], False, ("", 2), ("h", 1)),
    ],
)
def test_one_calls_the_other_listens_or_both_meet(
    words: list[str], output: bool, local: tuple[str, int] | None, remote: tuple[str, int] | None
) -> None:
    ends = srt_ends(SRT.parse(words), output=output)
    assert (ends.local, ends.remote) == (local, remote)
    assert ends.listens == (remote is None)
    assert ends.meets == (local is not None and remote is not None)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--caller=h:1", "--transtype=file"], "option --transtype=file needs TSDuck"),
        (["--caller=:1"], "invalid address :1"),
    ],
)
def test_what_cannot_be_met_is_refused(words: list[str], reason: str) -> None:
    with pytest.raises(OptionError, match=reason):
        srt_settings(SRT.parse(words), output=False)


@pytest.mark.parametrize(("host", "words"), [("127.0.0.1", "127.0.0.1:9000"), ("::1", "[::1]:9000")])
def test_addresses_go_to_the_library_and_back(host: str, words: str) -> None:
    assert address_text(socket_address(host, 9000)) == words


def test_a_full_queue_is_told_from_a_lost_connection() -> None:
    assert SrtError("srt_send()", 6001, "").is_again
    assert not SrtError("srt_send()", 2001, "connection lost").is_again


def test_statistics_are_due_once_an_interval_and_read_as_words_without_json() -> None:
    report = StatisticsReport(SRT.parse(["--listener=1", "--statistics-interval=1000"]))
    report.begin(10.0)
    assert [report.is_due(at) for at in (10.5, 11.0, 11.5, 12.1)] == [False, True, False, True]
    counted = Statistics(byteSentTotal=188_000, pktSentTotal=1000, pktRetransTotal=3, msRTT=12.5)
    text = report.text(counted)
    assert text.startswith(
        "SRT statistics:\n  Total sent: 188,000 bytes, 1,000 packets, retransmit: 3 packets"
    )
    assert report.text(Statistics()) == "SRT statistics: none available"
