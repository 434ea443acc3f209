"""The server's certificate is noted at the first use, and nothing is sent to one that shows another."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api_rig import served
from ibe100.models.rights import Role
from ibe100_client import NotReachable, WrongCertificate, access
from ibe100_client.asynchronous import AsyncClient
from ibe100_client.tls import look_at
from tls_rig import certificate_in


async def test_a_noted_certificate_lets_in_and_another_one_gets_no_token(tmp_path: Path) -> None:
    certificate, private_key = certificate_in(tmp_path)
    files = {"certificate": str(certificate), "private_key": str(private_key)}
    async with served(tmp_path / "data", **files) as api, asyncio.timeout(100):
        token = api.tokens[Role.VIEWER].token
        fingerprint = await asyncio.to_thread(look_at, api.url)
        async with AsyncClient(api.url, token, fingerprint=fingerprint.upper()) as client:
            assert (await client.do(access.me())).name == "vera"
            events = client.events()
            assert (await anext(events)).type == "Snapshot"
            await events.aclose()
        async with AsyncClient(api.url, token, fingerprint="00" * 32) as deceived:
            with pytest.raises(WrongCertificate, match=f"SHA-256 {fingerprint}"):
                await deceived.do(access.me())
            with pytest.raises(WrongCertificate):
                await anext(deceived.events())
        async with AsyncClient(api.url, token) as careful:
            with pytest.raises(NotReachable, match="nobody answers at"):
                await careful.do(access.me())
    with pytest.raises(ValueError, match="is not https"):
        look_at("http://127.0.0.1:1")
