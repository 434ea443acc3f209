"""Certificates of servers, noted at the first use."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ibe100.models.errors import CertificateUnknown, ConfigurationError, OperatorError, StorageError
from ibe100.remote.opening import place_of
from ibe100.remote.pins import FILE, Pins, spaced
from tls_rig import certificate_in


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    """A server that shows a certificate."""
    certificate, key = certificate_in(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_first_certificate_is_asked_about_noted_privately_and_holds(
    place: str, tmp_path: Path
) -> None:
    pins = Pins(tmp_path / "config")
    with pytest.raises(CertificateUnknown) as asked:
        await pins.fingerprint(place)
    assert asked.value.place == place
    await pins.note(place, asked.value.fingerprint)
    assert await pins.fingerprint(place) == asked.value.fingerprint
    assert (tmp_path / "config" / FILE).stat().st_mode & 0o777 == 0o600


async def test_another_certificate_is_refused_with_both(place: str, tmp_path: Path) -> None:
    pins = Pins(tmp_path)
    await pins.note(place, "AB:" * 31 + "AB")
    with pytest.raises(OperatorError, match="shows another certificate") as refused:
        await pins.fingerprint(place)
    with pytest.raises(CertificateUnknown) as now:
        await Pins(tmp_path / "other").fingerprint(place)
    assert spaced("ab" * 32) in str(refused.value)
    assert spaced(now.value.fingerprint) in str(refused.value)


async def test_a_server_that_is_away_is_held_to_what_was_noted(tmp_path: Path) -> None:
    pins = Pins(tmp_path)
    with pytest.raises(OperatorError, match="nobody answers"):
        await pins.fingerprint("https://127.0.0.1:1")
    await pins.note("https://127.0.0.1:1", "ab" * 32)
    assert await pins.fingerprint("https://127.0.0.1:1") == "ab" * 32


async def test_what_is_no_certificate_and_a_damaged_file_are_told(tmp_path: Path) -> None:
    pins = Pins(tmp_path)
    with pytest.raises(ConfigurationError, match="no SHA-256"):
        await pins.note("https://playout", "12")
    with pytest.raises(ConfigurationError, match="is not https"):
        await pins.note("http://127.0.0.1:8100", "ab" * 32)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(StorageError, match="is damaged"):
        await pins.fingerprint("https://127.0.0.1:1")


def test_a_password_crosses_no_network_in_clear() -> None:
    assert place_of("http://127.0.0.1:8100") == "http://127.0.0.1:8100"
    assert place_of("unix:/data") == Path("/data")
    with pytest.raises(ConfigurationError, match="only https"):
        place_of("http://playout:8100")
    with pytest.raises(ConfigurationError, match="is no URL"):
        place_of("playout")
