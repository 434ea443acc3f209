"""Looking at the copy of an input that is on air: real datagrams, read until enough is known."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from ibe100.models.errors import InputAbsent, ProbeError
from ibe100.tsduck import copy_probe
from ibe100.tsduck.copy_probe import probe_copy
from loopback import free_port

LOOPBACK = "127.0.0.1"


@pytest.fixture
def port() -> int:
    return free_port()


async def send_round_and_round(data: bytes, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while True:
            for at in range(0, len(data), 1316):
                with contextlib.suppress(ConnectionRefusedError):
                    sender.sendto(data[at : at + 1316], (LOOPBACK, port))
                await asyncio.sleep(0.002)


async def test_service_and_frame_duration_are_read_from_the_copy(media: Path, port: int) -> None:
    data = (media / "dvb_hd_service.ts").read_bytes()
    sending = asyncio.create_task(send_round_and_round(data[: len(data) // 188 * 188], port))
    report = await asyncio.to_thread(probe_copy, port, "the input")
    sending.cancel()
    (service,) = report.services
    assert service.service_id == 257
    assert copy_probe.has_frame_durations(report)


def test_a_copy_that_does_not_come_is_told(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_probe, "FIRST_BYTES_S", 0.1)
    with pytest.raises(InputAbsent, match=r"the input: nothing was received"):
        probe_copy(port, "the input")


def test_a_port_that_is_taken_is_told(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taker:
        taker.bind((LOOPBACK, port))
        with pytest.raises(ProbeError, match="cannot be read"):
            probe_copy(port, "the input")
