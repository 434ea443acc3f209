"""Where the source of a stream may lead: never behind us, unless it is there itself or the stream says so."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ibe100.minitsp.chain.options import OptionTable
from ibe100.minitsp.web import reach
from ibe100.minitsp.web.decoding import EncodingRefused, decoded
from ibe100.minitsp.web.http_client import DownloadError, HttpClient, SourceRefused
from ibe100.minitsp.web.reach import AddressRefused, Kind, Reach, ReachedNetwork, kind_of
from ibe100.minitsp.web.web_options import WEB_OPTIONS
from ibe100.models.stream_config import Engine, HlsInput, HttpInput
from ibe100.tsduck.edges import input_arguments
from web_rig import web_server

METADATA = "169.254.169.254"
PUBLIC = "93.184.216.34"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What names mean; addresses mean themselves."""
    known: dict[str, str] = {}

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known.get(host, host), port))]

    monkeypatch.setattr(reach.socket, "getaddrinfo", answer)
    return known


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (PUBLIC, Kind.PUBLIC),
        ("2606:2800:220:1::1", Kind.PUBLIC),
        ("127.0.0.1", Kind.LOOPBACK),
        ("127.9.9.9", Kind.LOOPBACK),
        ("0.0.0.0", Kind.LOOPBACK),
        ("::1", Kind.LOOPBACK),
        ("::ffff:127.0.0.1", Kind.LOOPBACK),
        ("64:ff9b::7f00:1", Kind.LOOPBACK),
        ("2002:7f00:1::", Kind.LOOPBACK),
        (METADATA, Kind.LINK_LOCAL),
        ("::ffff:169.254.169.254", Kind.LINK_LOCAL),
        ("fe80::1%eth0", Kind.LINK_LOCAL),
        ("10.0.0.1", Kind.PRIVATE),
        ("172.31.255.1", Kind.PRIVATE),
        ("192.168.1.1", Kind.PRIVATE),
        ("100.64.0.1", Kind.PRIVATE),
        ("fd00::1", Kind.PRIVATE),
        ("255.255.255.255", Kind.PRIVATE),
        ("239.1.1.1", Kind.MULTICAST),
        ("ff02::1", Kind.MULTICAST),
    ],
)
def test_an_address_is_of_a_kind(address: str, kind: Kind) -> None:
    assert kind_of(address) is kind


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", METADATA, "10.0.0.1", "[::1]", "239.1.1.1", "inside"]
)
def test_a_source_outside_leads_to_nobody_behind_us(names: dict[str, str], host: str) -> None:
    names |= {
        "cdn.example": PUBLIC,
        "other.example": "8.8.8.8",
        "localhost": "127.0.0.1",
        "inside": "10.1.1.1",
    }
    names["[::1]"] = "::1"
    source = Reach("cdn.example", local=False)
    assert source.addresses("cdn.example", 443) == [PUBLIC]
    assert source.addresses("other.example", 443) == ["8.8.8.8"]
    with pytest.raises(AddressRefused, match="to which the source may not lead"):
        source.addresses(host, 80)
    named = Reach("cdn.example", local=True)
    assert named.addresses(host, 80) == [names.get(host, host)]


def test_a_source_leads_to_addresses_of_its_own_kind(names: dict[str, str]) -> None:
    names |= {"encoder": "10.0.0.1"}
    inside = Reach("encoder", local=False)
    assert inside.addresses("encoder", 80) == ["10.0.0.1"]
    assert inside.addresses("192.168.7.7", 80) == ["192.168.7.7"]
    with pytest.raises(AddressRefused):
        inside.addresses("127.0.0.1", 80)
    with pytest.raises(AddressRefused):
        inside.addresses(METADATA, 80)


def test_a_name_that_comes_to_mean_another_address_is_not_followed(names: dict[str, str]) -> None:
    names["rebinds.example"] = PUBLIC
    source = Reach("rebinds.example", local=False)
    source.addresses("rebinds.example", 80)
    for address in ("127.0.0.1", "10.0.0.1", METADATA):
        names["rebinds.example"] = address
        with pytest.raises(AddressRefused):
            source.addresses("rebinds.example", 80)


@pytest.mark.parametrize("address", ["127.0.0.1", METADATA, "239.0.0.1"])
def test_a_name_of_others_that_means_this_machine_is_refused_from_the_start(
    names: dict[str, str], address: str
) -> None:
    names["evil.example"] = address
    with pytest.raises(AddressRefused):
        Reach("evil.example", local=False).addresses("evil.example", 80)
    assert Reach(address, local=False).addresses(address, 80) == [address]


def test_the_address_that_was_looked_at_is_the_one_connected_to(names: dict[str, str]) -> None:
    with web_server() as server:
        names["cdn.localhost"] = "127.0.0.1"
        port = server.server_address[1]
        ReachedNetwork(Reach("cdn.localhost", local=False)).connect_tcp("cdn.localhost", port).close()


@contextmanager
def client_of(origin: str, *words: str) -> Iterator[HttpClient]:
    client = HttpClient(OptionTable(*WEB_OPTIONS).parse(list(words)), origin)
    try:
        yield client
    finally:
        client.close()


def test_every_hop_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirection, and an address named by a playlist, to a server behind us; the source is another's."""
    with web_server() as server:
        server.routes["/secret"] = b"secret"
        monkeypatch.setattr(Reach, "_kind_of_origin", lambda *_: None)
        for origin in (server.url("/playlist"), "http://cdn.example/"):
            with (
                client_of(origin) as client,
                pytest.raises(SourceRefused, match="a loopback address"),
            ):
                client.download(server.url("/secret"), limit_bytes=100, timeout_s=5)
            with client_of(origin) as client, pytest.raises(SourceRefused):
                list(client.stream(server.url("/secret")))
        assert server.requests == []
        with client_of("http://cdn.example/", "--local-addresses") as client:
            assert client.download(server.url("/secret"), limit_bytes=100, timeout_s=5).data == b"secret"


def test_a_redirection_from_here_to_the_link_is_refused() -> None:
    with web_server() as server:
        server.redirects["/moved"] = f"http://{METADATA}/latest/meta-data/"
        server.redirects["/again"] = server.url("/here")
        server.routes["/here"] = b"here"
        with client_of(server.url("/")) as client:
            with pytest.raises(SourceRefused, match="a link-local address"):
                client.download(server.url("/moved"), limit_bytes=100, timeout_s=5)
            assert client.download(server.url("/again"), limit_bytes=100, timeout_s=5).data == b"here"


@pytest.mark.parametrize("source", [HlsInput(url="http://a/b.m3u8"), HttpInput(url="http://a/")])
def test_the_setting_of_the_stream_reaches_the_processor(source: HlsInput | HttpInput) -> None:
    option = "--local-addresses"
    assert option not in input_arguments(source, 0, engine=Engine.BUILTIN)
    told = source.model_copy(update={"local_addresses": True})
    assert option in input_arguments(told, 0, engine=Engine.BUILTIN)
    assert option not in input_arguments(told, 0, engine=Engine.TSDUCK)


def bomb(layers: int) -> bytes:
    """Ten megabytes of nothing, compressed so many times."""
    data = bytes(10 << 20)
    for _ in range(layers):
        data = gzip.compress(data)
    return data


def test_a_compressed_body_never_grows_beyond_its_bound() -> None:
    with web_server() as server:
        server.routes["/bomb"] = bomb(1)
        server.headers = {"Content-Encoding": "gzip"}
        with (
            client_of(server.url("/")) as client,
            pytest.raises(DownloadError, match="is larger than"),
        ):
            client.download(server.url("/bomb"), limit_bytes=1_000_000, timeout_s=20)
        server.headers = {"Content-Encoding": "gzip, gzip"}
        server.routes["/bomb"] = bomb(2)
        with client_of(server.url("/")) as client, pytest.raises(SourceRefused, match="not asked for"):
            client.download(server.url("/bomb"), limit_bytes=1_000_000, timeout_s=20)


def test_pieces_are_small_and_damage_is_told() -> None:
    assert max(map(len, decoded("gzip", [bomb(1)]))) <= 64 * 1024
    assert sum(map(len, decoded("gzip", [bomb(1)]))) == 10 << 20
    assert b"".join(decoded("deflate", [zlib.compress(b"x")])) == b"x"
    assert b"".join(decoded("", [b"x"])) == b"x"
    damaged: list[Callable[[], object]] = [
        lambda: list(decoded("gzip", [b"no gzip"])),
        lambda: list(decoded("br", [b"x"])),
        lambda: list(decoded("gzip,gzip", [b"x"])),
    ]
    for one in damaged:
        with pytest.raises(EncodingRefused):
            one()
