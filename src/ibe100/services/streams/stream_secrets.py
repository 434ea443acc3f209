"""Secrets of streams: kept in the secret store, never in the database, a profile or a file of ours.

A secret is an SRT passphrase, or a URL with a user or a query (which may hold a token).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from pydantic import SecretStr

from ibe100.models.endpoints.inputs import MOST_INPUTS
from ibe100.models.endpoints.urls import may_hold_secret, short_url
from ibe100.models.stream_config import SrtEdge, StreamConfig, plain_edges, with_edges

SIDES = ("input", *(f"input.inputs.{at}" for at in range(MOST_INPUTS)), "output", "return_feed")
PASSPHRASE = "passphrase"
URL = "url"


class SecretStore(Protocol):
    """Encrypted at rest; `ibe100.core.secrets`."""

    locked: str
    """Why no secret can be read or kept; empty while they can."""

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str) -> None: ...
    def delete(self, name: str) -> None: ...


def keep_secrets(store: SecretStore, stream_id: str, config: StreamConfig) -> None:
    """Put the secrets of `config` away, each for the place it was given for. Raises StorageError."""
    for side, edge in _edges(config):
        if isinstance(edge, SrtEdge) and edge.passphrase is not None:
            name = _name(stream_id, side, PASSPHRASE)
            if edge.has_passphrase:
                store.set(name, f"{edge.place}\n{edge.passphrase.get_secret_value()}")
            else:
                store.delete(name)
    for side, field, secret in _secrets(config):
        if field == URL:
            store.set(_name(stream_id, side, field), secret)


def with_secrets(store: SecretStore, stream_id: str, config: StreamConfig) -> StreamConfig:
    """`config` with the secrets that were put away for it, each only if it is still the same place."""
    edges: dict[str, Any] = {}
    for side, edge in _edges(config):
        if isinstance(edge, SrtEdge) and not edge.has_passphrase:
            place, passphrase = _passphrase_of(store, stream_id, side)
            given_none = edge.passphrase is not None
            is_its = passphrase and place in ("", edge.place) and not given_none
            edges[side] = edge.model_copy(update={PASSPHRASE: SecretStr(passphrase) if is_its else None})
        if hasattr(edge, URL):
            kept = store.get(_name(stream_id, side, URL))
            if kept is not None and short_url(kept) == edge.url:
                edges[side] = edge.model_copy(update={URL: kept})
    return with_edges(config, edges)


def bind_secrets(store: SecretStore, stream_id: str, config: StreamConfig) -> None:
    """Tie passphrases that an earlier version kept to where they are used. Raises StorageError."""
    for side, edge in _edges(config):
        if isinstance(edge, SrtEdge):
            place, passphrase = _passphrase_of(store, stream_id, side)
            if passphrase and not place:
                store.set(_name(stream_id, side, PASSPHRASE), f"{edge.place}\n{passphrase}")


def why_not_sent(store: SecretStore, stream_id: str, config: StreamConfig) -> str:
    """Why a passphrase that is kept is not used: it was given for another place; empty where all is well."""
    for side, edge in _edges(config):
        if isinstance(edge, SrtEdge) and edge.passphrase is None:
            place, passphrase = _passphrase_of(store, stream_id, side)
            if passphrase and place not in ("", edge.place):
                return (
                    f"{side}.passphrase: the one that is kept was given for {place} and is not sent to "
                    f"{edge.place}: give it again, or an empty one for none"
                )
    return ""


def why_locked(store: SecretStore, config: StreamConfig) -> str:
    """Why a stream that may need a secret cannot be started; empty where it can.

    Whether it had a passphrase is not known while the store is locked, and without it the content would go
    out in clear.
    """
    edges = [edge for side, edge in _edges(config) if side != "return_feed"]
    if not store.locked or not any(hasattr(edge, PASSPHRASE) or hasattr(edge, URL) for edge in edges):
        return ""
    return f"{config.name} may need a secret, and the secrets are locked: {store.locked}"


def without_secrets(config: StreamConfig) -> StreamConfig:
    """Leave out passphrases, and user and query of URLs."""
    edges: dict[str, Any] = dict(_edges(config))
    for side, field, _ in _secrets(config):
        public = short_url(edges[side].url) if field == URL else None
        edges[side] = edges[side].model_copy(update={field: public})
    return with_edges(config, edges)


def secret_names(config: StreamConfig) -> tuple[str, ...]:
    """Fields of `config` that hold secrets: `input.passphrase`, `output.url`, …"""
    return tuple(f"{side}.{field}" for side, field, _ in _secrets(config))


def forget_secrets(store: SecretStore, stream_id: str) -> None:
    """Delete what was put away for a stream."""
    for side in SIDES:
        for field in (PASSPHRASE, URL):
            store.delete(_name(stream_id, side, field))


def move_secrets(store: SecretStore, stream_id: str, to: str) -> None:
    """Keep what was put away for a stream under another name. Raises StorageError."""
    for side in SIDES:
        for field in (PASSPHRASE, URL):
            kept = store.get(_name(stream_id, side, field))
            if kept is not None:
                store.set(_name(to, side, field), kept)
                store.delete(_name(stream_id, side, field))


def reveal(config: StreamConfig) -> dict[str, Any]:
    """`config` as JSON values with its passphrases in clear: only for this user's own private socket."""
    values = config.model_dump(mode="json")
    for side, field, secret in _secrets(config):
        edge: Any = values
        for part in side.split("."):
            edge = edge[int(part)] if part.isdigit() else edge[part]
        edge[field] = secret
    return values


def _secrets(config: StreamConfig) -> Iterator[tuple[str, str, str]]:
    """Side, field and text of each secret in `config`."""
    for side, edge in _edges(config):
        if isinstance(edge, SrtEdge) and edge.passphrase is not None:
            yield side, PASSPHRASE, edge.passphrase.get_secret_value()
        url = getattr(edge, URL, None)
        if url is not None and may_hold_secret(url):
            yield side, URL, url


def _edges(config: StreamConfig) -> Iterator[tuple[str, Any]]:
    return plain_edges(config)


def _passphrase_of(store: SecretStore, stream_id: str, side: str) -> tuple[str, str]:
    """The place that a passphrase was given for, and the passphrase; an earlier version kept no place."""
    kept = store.get(_name(stream_id, side, PASSPHRASE)) or ""
    place, line_end, passphrase = kept.rpartition("\n")
    return (place, passphrase) if line_end else ("", kept)


def _name(stream_id: str, side: str, field: str) -> str:
    return f"{stream_id}/{side}.{field}"
