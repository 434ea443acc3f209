"""Cues for streams of other hosts: asked of their owners' API, in the name of whoever asks here."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ibe100.database.database import Database
from ibe100.models.errors import ConfigurationError, CueRefused, StorageError
from ibe100.models.records.hosts import StoredHost, elsewhere
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import Cue, CuePreview, CueRequest, Readiness
from ibe100.models.stream_state import StreamState
from ibe100.models.users import StoredToken, StoredUser
from ibe100.services.access.token_cache import digest_of, new_secret
from ibe100.services.audit_trail import acting
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.stream_secrets import SecretStore
from ibe100_client import AnswerLost, Call, ClientError, Refused, cues
from ibe100_client.asynchronous import AsyncClient

TOKEN = "cluster/token"
"""Name of the secret by which this host asks others; its SHA-256 is with the tokens on record."""
USER = "hosts"
ASK_S = 5.0

M = TypeVar("M", bound=BaseModel)
_log = logging.getLogger(__name__)


class CueForward:
    """Used on the loop, `readiness` from any thread."""

    def __init__(
        self, storage: Database, secrets: SecretStore, host_of: Callable[[str], StoredHost | None]
    ) -> None:
        """`host_of` tells an owner by its name; None for one that has not been heard of lately."""
        self._storage = storage
        self._secrets = secrets
        self._host_of = host_of
        self._clients: dict[tuple[str, str, str], AsyncClient] = {}
        self._token = ""

    async def open(self) -> None:
        """See to it that the other hosts let this one in. Raises StorageError."""
        kept = self._secrets.get(f"{TOKEN}/{self._storage.custody.host}") or ""
        known = {token.digest for token in await self._storage.users.tokens()}
        if kept and digest_of(kept) in known:
            self._token = kept
            return
        secret, now = new_secret(), time.time()
        if USER not in {user.name for user in await self._storage.users.users()}:
            user = StoredUser(name=USER, role=Role.OPERATOR, password_hash="", created_at=now)
            await self._storage.users.save_user(user)
        token = StoredToken(
            token_id=0,
            user=USER,
            label=self._storage.custody.host,
            role=Role.OPERATOR,
            digest=digest_of(secret),
            by_login=False,
            created_at=now,
        )
        await self._storage.users.add_token(token)
        try:
            await asyncio.to_thread(self._secrets.set, f"{TOKEN}/{self._storage.custody.host}", secret)
        except StorageError as error:
            _log.error("the token for other hosts is not kept, and is made anew at the next start: %s", error)
        self._token = secret

    async def close(self) -> None:
        """End the connections."""
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    def readiness(self, run: StreamRun) -> Readiness:
        """Readiness of another host's stream as far as it is known here: its owner decides."""
        if why := self._why_not(run):
            return Readiness(ready=False, reasons=(why,))
        if run.view.state is not StreamState.RUNNING:
            return Readiness(ready=False, reasons=(f"the stream is {run.view.state} on {run.view.owner}",))
        return Readiness(ready=True)

    async def fire(self, run: StreamRun, request: CueRequest) -> Cue:
        """Have the owner fire a cue. Raises CueRefused with its reason, or where it cannot be asked."""
        call = cues.fire(run.stream_id, request.action.value, **_asked(request))
        return await self._ask(run, call, Cue)

    async def preview(self, run: StreamRun, request: CueRequest) -> CuePreview:
        """Have the owner preview a cue. Raises CueRefused."""
        call = cues.preview(run.stream_id, request.action.value, **_asked(request))
        return await self._ask(run, call, CuePreview)

    async def cancel(self, run: StreamRun, cue_id: int) -> Cue:
        """Have the owner call a cue off. Raises CueRefused."""
        return await self._ask(run, cues.cancel(cue_id), Cue)

    def _why_not(self, run: StreamRun) -> str:
        words = elsewhere(run.name, run.view.owner or "")
        owner = self._host_of(run.view.owner or "")
        if owner is None:
            return f"{words}; it has not been heard of"
        if not owner.facts.url:
            return f"{words}; it can be asked by others once it has a cluster.url"
        return "" if self._token else f"{words}; this host has no token to ask it by"

    async def _ask(self, run: StreamRun, call: Call[Any], kind: type[M]) -> M:
        if why := self._why_not(run):
            raise CueRefused(why)
        owner = self._host_of(run.view.owner or "")
        assert owner is not None
        by = f"{acting().on_record} at {self._storage.custody.host}".replace("(", "").replace(")", "")
        try:
            answer = await self._client(owner).json(call.noting(by))
            return kind.model_validate({name: answer[name] for name in kind.model_fields if name in answer})
        except Refused as refusal:
            raise CueRefused(f"{owner.name}: {refusal}", retry_in_s=refusal.retry_in_s) from refusal
        except AnswerLost as error:
            words = f"{owner.name} did not answer; the cue log says whether it went out: {error}"
            raise CueRefused(words) from error
        except ClientError as error:
            raise CueRefused(f"{elsewhere(run.name, owner.name)}, and it cannot be asked: {error}") from error
        except ValidationError as error:
            _log.error("the answer of %s is not understood: %s", owner.name, error)
            raise CueRefused(f"{owner.name} is of another version: see the cue log") from error

    def _client(self, owner: StoredHost) -> AsyncClient:
        key = owner.facts.url, owner.facts.fingerprint, self._token
        if key not in self._clients:
            self._clients[key] = AsyncClient(
                key[0], self._token, fingerprint=key[1], timeout_s=ASK_S, patience_s=ASK_S
            )
        return self._clients[key]


def _asked(request: CueRequest) -> dict[str, Any]:
    wanted = request.model_dump(mode="json", exclude={"stream_id", "action"}, exclude_none=True)
    return {name: value for name, value in wanted.items() if value != ""}


def fingerprint_of(certificate: Path | None) -> str:
    """SHA-256 of a certificate in PEM, hex; empty without one. Blocks; raises ConfigurationError."""
    if certificate is None:
        return ""
    try:
        text = certificate.read_text()
        first = text[text.index(ssl.PEM_HEADER) :].partition(ssl.PEM_FOOTER)[0] + ssl.PEM_FOOTER
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The certificate {certificate} cannot be read: {error}.") from error
