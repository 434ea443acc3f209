"""SRT and RIST options as ffmpeg gets them, and its complaints in tsp's words."""

import subprocess
import sys
from pathlib import Path

import pytest

from ibe100.minitsp.chain.options import OptionError, OptionTable
from ibe100.minitsp.ffmpeg.child import hide_arguments
from ibe100.minitsp.ffmpeg.log import FfmpegLog, RistPeers
from ibe100.minitsp.ffmpeg.rist import RIST_OPTIONS, rist_peer
from ibe100.minitsp.ffmpeg.srt import srt_peer
from ibe100.minitsp.srt.options import SRT_OPTIONS, again_after_s

SRT = OptionTable(*SRT_OPTIONS, max_parameters=1)
RIST = OptionTable(*RIST_OPTIONS, max_parameters=None)
SECRET = "0123456789"


def test_srt_options_keep_their_meaning_and_change_their_unit() -> None:
    words = [
        "--caller=h.example:9000",
        "--latency=2000",
        "--streamid=#!::r=x,m=publish",
        "--conn-timeout=1500",
    ]
    peer = srt_peer(SRT.parse([*words, "--pbkeylen", "32", "--enforce-encryption", "--tlpktdrop=0"]))
    assert peer.url == "srt://h.example:9000?mode=caller&pkt_size=1316"
    assert peer.options == {
        "latency": "2000000",
        "srt_streamid": "#!::r=x,m=publish",
        "connect_timeout": "1500",
        "pbkeylen": "32",
        "enforced_encryption": "1",
        "tlpktdrop": "0",
    }


@pytest.mark.parametrize(
    ("words", "url"),
    [
        (["--listener", "9000"], "srt://0.0.0.0:9000?mode=listener&pkt_size=1316"),
        (["-l", "127.0.0.1:9000"], "srt://127.0.0.1:9000?mode=listener&pkt_size=1316"),
        (["--caller=[::1]:9000"], "srt://[::1]:9000?mode=caller&pkt_size=1316"),
        (["h:9000"], "srt://h:9000?mode=caller&pkt_size=1316"),
    ],
)
def test_an_srt_peer_calls_or_listens(words: list[str], url: str) -> None:
    assert srt_peer(SRT.parse(words)).url == url


def test_the_passphrase_is_apart_and_not_printed() -> None:
    peer = srt_peer(SRT.parse(["--caller=h:1", f"--passphrase={SECRET}"]))
    assert peer.secrets == {"passphrase": SECRET}
    assert SECRET not in repr(peer)
    assert SECRET not in peer.url


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "no option --caller or --listener"),
        (["--caller=9000"], "invalid address 9000"),
        (["--caller=h:1", "--listener=2"], "rendezvous mode .* needs libsrt or TSDuck"),
        (["--caller=h:1", "--packet-filter=fec"], "option --packet-filter needs libsrt or TSDuck"),
        (["--caller=h:1", "--latency=soon"], "invalid integer value soon"),
    ],
)
def test_srt_options_that_cannot_be_met_are_refused(words: list[str], reason: str) -> None:
    with pytest.raises(OptionError, match=reason):
        srt_peer(SRT.parse(words))


def test_another_peer_is_waited_for_only_on_request() -> None:
    assert again_after_s(SRT.parse(["--listener=1", "--restart-delay=500"])) is None
    assert again_after_s(SRT.parse(["--listener=1", "--multiple", "--restart-delay=500"])) == 0.5


def test_a_rist_secret_is_taken_out_of_the_url() -> None:
    url = "rist://10.0.0.1:7000?buffer=500&secret=hush&aes-type=256&cname=a%20b"
    peer = rist_peer(RIST.parse([url]))
    assert peer.url == "rist://10.0.0.1:7000?buffer=500&cname=a%20b"
    assert peer.options == {"rist_profile": "main", "encryption": "256"}
    assert peer.secrets == {"secret": "hush"}


def test_rist_options_stand_in_for_what_the_url_leaves_out() -> None:
    words = ["rist://@0.0.0.0:7000", "--secret=hush", "--profile=simple", "--buffer-size=700"]
    peer = rist_peer(RIST.parse(words))
    assert (peer.url, peer.secrets) == ("rist://@0.0.0.0:7000?buffer=700", {"secret": "hush"})
    assert peer.options == {"rist_profile": "simple", "encryption": "128"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "missing parameter url"),
        (["rist://a:1", "rist://b:1"], "several RIST peers need TSDuck"),
        (["udp://a:1"], "invalid RIST URL"),
        (["rist://a:1", "--profile=best"], "invalid value best for option --profile"),
        (["rist://a:1?secret=x&aes-type=64"], "invalid RIST encryption 64"),
    ],
)
def test_rist_options_that_cannot_be_met_are_refused(words: list[str], reason: str) -> None:
    with pytest.raises(OptionError, match=reason):
        rist_peer(RIST.parse(words))


REJECTED = (
    "08:58:53.553140/SRT:RcvQ:w1!W:SRT.cn: @406538374: processAsyncConnectRequest: "
    "REJECT reported from HS processing: Incorrect passphrase - not processing further"
)
NOT_CONNECTED = (
    "[srt @ 0x562c41a71680] Connection to srt://127.0.0.1:17020?mode=caller failed: Input/output error"
)
NO_HOST = "[srt @ 0x558a482a6a40] Failed to resolve hostname nosuch.invalid: Name or service not known"
PORT_TAKEN = "[in#0 @ 0x55fd805dad40] Error opening input: Address already in use"
NO_PROTOCOL = "[in#0 @ 0x1] Error opening input: Protocol not found"


@pytest.mark.parametrize(
    ("lines", "failure"),
    [
        ([NOT_CONNECTED], "error during srt_connect: Connection setup failure: connection timed out"),
        (
            [REJECTED, NOT_CONNECTED],
            "error during srt_connect: Connection setup failure: connection rejected, "
            "reject reason: Incorrect passphrase",
        ),
        ([NO_HOST, NOT_CONNECTED.replace("Connection", "No")], "nosuch.invalid: Name or service not known"),
        ([PORT_TAKEN], "error during srt_bind(): the address is already in use"),
        ([NO_PROTOCOL], "needs TSDuck: this machine's ffmpeg lacks the protocol"),
        (["Input #0, data, from 'pipe:0':", "[rist @ 0x1] Something new"], "Something new"),
    ],
)
def test_ffmpeg_complaints_read_as_those_of_tsp(lines: list[str], failure: str) -> None:
    log = FfmpegLog()
    for line in lines:
        log.take(line)
    assert log.failure == failure


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="arguments of others are in /proc on Linux")
def test_secrets_vanish_from_the_arguments_of_a_running_child() -> None:
    program = "import sys; print(sys.argv[1:], flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "-passphrase", SECRET, f"{SECRET}x"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert SECRET in child.stdout.readline().decode()
        hide_arguments(child.pid, [SECRET])
        arguments = Path(f"/proc/{child.pid}/cmdline").read_text().split("\0")
        child.communicate()
    assert arguments[-4:-1] == ["-passphrase", "*" * len(SECRET), f"{SECRET}x"]


def test_a_rist_receiver_is_there_from_its_first_word_until_it_is_not_heard() -> None:
    peers = RistPeers()
    for line, is_there in (
        ("[rist @ 0x5] Successfully Authenticated peer 1", False),
        ("[rist @ 0x5] Peer 2 receiver name is now: studio@10.0.0.1:5000", True),
        ("[rist @ 0x5] Listening peer 1 timed out after 2963 ms", True),
        ("[rist @ 0x5] Listening peer 2 timed out after 2963 ms", False),
        ("[rist @ 0x5] Peer 2 was dead for 4209 ms and it is now alive again", True),
    ):
        peers.take(line)
        assert bool(peers) is is_there, line
