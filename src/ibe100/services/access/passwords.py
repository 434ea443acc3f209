"""Passwords as argon2id hashes, worked out one at a time on a thread of their own, of low priority."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ibe100.models.errors import TooManyLogins
from ibe100.utils.low_priority import take_low_priority_of_thread

TIME_COST = 3
MEMORY_KIB = 65_536
LANES = 1
"""RFC 9106's second choice, on one lane: what decodes and sends the streams needs the other cores."""
MOST_WAITING = 16
PARAMETERS = f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p={LANES}$"
UNMATCHED = f"{PARAMETERS}{'A' * 22}${'A' * 43}"
"""A hash that no password has: an unknown name takes as long as a wrong password."""

T = TypeVar("T")


class Passwords:
    """Hashes passwords: some 0.1 s of one core and 64 MB each; the library is loaded with the first."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._waiting = 0

    async def hashed(self, password: str) -> str:
        """Hash of a password, to be kept."""
        return await self._run(_hash, password)

    async def matches(self, password_hash: str, password: str) -> bool:
        """Compare a password with a hash; an empty hash never matches, and takes as long."""
        return await self._run(_matches, password_hash or UNMATCHED, password)

    def close(self) -> None:
        """Cancel what still waits."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= MOST_WAITING:
            raise TooManyLogins("too many logins at once: wait a moment", retry_in_s=2)
        if self._thread is None:
            self._thread = ThreadPoolExecutor(
                1, thread_name_prefix="ibe100-passwords", initializer=take_low_priority_of_thread
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        finally:
            self._waiting -= 1


def _hash(password: str) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher(TIME_COST, MEMORY_KIB, LANES).hash(password.encode(errors="surrogatepass"))


def _matches(password_hash: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    try:
        PasswordHasher().verify(password_hash, password.encode(errors="surrogatepass"))
    except VerificationError:
        return False
    return True
