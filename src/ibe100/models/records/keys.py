"""Keys by which an installation knows its own records and backups again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

NO_KEY = ""
"""Id of the key that is none: a MAC under it proves the order, and nothing against whoever can compute it."""
KEY_BYTES = 32
_ID_LETTERS = 16


def key_id_of(key: bytes) -> str:
    """Id of a key, which tells nothing of it."""
    return hashlib.sha256(b"ibe100 record key id\0" + key).hexdigest()[:_ID_LETTERS]


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """All keys that were ever used here, by their ids; the present one signs."""

    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    present: str = NO_KEY
    """Empty while the secrets are locked."""

    def knows(self, key_id: str) -> bool:
        """True for a key of this installation; never for NO_KEY."""
        return key_id in self.keys

    def derived(self, purpose: str, key_id: str) -> bytes:
        """The key for one purpose, so that a MAC made for one never holds for another."""
        return hmac.digest(self.keys.get(key_id, b""), purpose.encode(), "sha256")

    def mac(self, purpose: str, key_id: str, content: bytes) -> bytes:
        """HMAC-SHA-256 over `content`."""
        return hmac.digest(self.derived(purpose, key_id), content, "sha256")
