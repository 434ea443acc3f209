"""The keys of the records, in the secret store: of the chain, of backups, and the one that signs exports."""

from __future__ import annotations

import base64
import logging
import os

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ibe100.core.secrets import SecretStore
from ibe100.models.errors import StorageError
from ibe100.models.records.keys import KEY_BYTES, RecordKeys, key_id_of

PRESENT = "records/present"
"""Name of the secret that says which key signs."""
_KEY = "records/key/"
_SIGNING = "records/signing key"

_log = logging.getLogger(__name__)


def known_keys(store: SecretStore) -> RecordKeys:
    """The keys that are there; none are made."""
    keys = {}
    for name in store.names():
        if name.startswith(_KEY):
            keys[name.removeprefix(_KEY)] = bytes.fromhex(store.get(name) or "")
    present = store.get(PRESENT) or ""
    return RecordKeys(keys, present if present in keys else "")


def record_keys(store: SecretStore) -> RecordKeys:
    """The keys of this installation, made where there are none; none while the secrets are locked."""
    known = known_keys(store)
    if known.present or store.locked:
        return known
    try:
        return new_record_key(store)
    except StorageError as error:
        _log.error("records go on without a key, so that changes of them would not be found: %s", error)
        return known


def new_record_key(store: SecretStore) -> RecordKeys:
    """A new key, which signs from now on; what the others have signed can still be proved.

    Raises StorageError.
    """
    key = os.urandom(KEY_BYTES)
    store.set(_KEY + key_id_of(key), key.hex())
    store.set(PRESENT, key_id_of(key))
    return known_keys(store)


def signing_key(store: SecretStore) -> Ed25519PrivateKey | None:
    """The key that signs as-run exports; None where there is none yet, or the secrets are locked."""
    kept = store.get(_SIGNING)
    return None if kept is None else Ed25519PrivateKey.from_private_bytes(base64.b64decode(kept))


def make_signing_key(store: SecretStore) -> None:
    """See to it that exports can be signed; a disk that takes no key is told in the log."""
    if store.get(_SIGNING) is not None or store.locked:
        return
    raw = Ed25519PrivateKey.generate().private_bytes_raw()
    try:
        store.set(_SIGNING, base64.b64encode(raw).decode())
    except StorageError as error:
        _log.error("exports of the as-run log cannot be signed: %s", error)
