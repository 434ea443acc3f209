"""Passphrases of streams: kept in the secret store, never in the database, a profile or a file of ours."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import SecretStr

from ibe100.models.stream_config import StreamConfig

SIDES = ("input", "output")


class SecretStore(Protocol):
    """Encrypted at rest; `ibe100.core.secrets`."""

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str) -> None: ...
    def delete(self, name: str) -> None: ...


def keep_secrets(store: SecretStore, stream_id: str, config: StreamConfig) -> None:
    """Put the passphrases of `config` away. Raises StorageError."""
    for side in SIDES:
        passphrase = getattr(getattr(config, side), "passphrase", None)
        if isinstance(passphrase, SecretStr):
            store.set(_name(stream_id, side), passphrase.get_secret_value())


def with_secrets(store: SecretStore, stream_id: str, config: StreamConfig) -> StreamConfig:
    """`config` with the passphrases that were put away for it."""
    edges = {}
    for side in SIDES:
        edge = getattr(config, side)
        if hasattr(edge, "passphrase") and edge.passphrase is None:
            kept = store.get(_name(stream_id, side))
            if kept is not None:
                edges[side] = edge.model_copy(update={"passphrase": SecretStr(kept)})
    return config.model_copy(update=edges)


def forget_secrets(store: SecretStore, stream_id: str) -> None:
    """Delete what was put away for a stream."""
    for side in SIDES:
        store.delete(_name(stream_id, side))


def _name(stream_id: str, side: str) -> str:
    return f"{stream_id}/{side}"


def reveal(config: StreamConfig) -> dict[str, Any]:
    """`config` as JSON values with its passphrases in clear: only for this user's own private socket."""
    values = config.model_dump(mode="json")
    for side in SIDES:
        passphrase = getattr(getattr(config, side), "passphrase", None)
        if isinstance(passphrase, SecretStr):
            values[side]["passphrase"] = passphrase.get_secret_value()
    return values
