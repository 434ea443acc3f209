"""Signatures of exported as-run logs (Ed25519): a digest alone can be computed by who changes the rows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from ibe100.models.cues.as_run import SignatureCheck
from ibe100.models.errors import ConfigurationError
from ibe100.utils.program import COMMAND

PDF_TRAILER = b"%IBE-100 signature "
"""Behind the end of a PDF, where readers look for nothing: the key's id, and the signature of all before."""
_ID_LETTERS = 16


def id_of(key: Ed25519PublicKey) -> str:
    """Id of a public key: the beginning of the SHA-256 of its 32 bytes, in hex."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:_ID_LETTERS]


def pem_of(key: Ed25519PublicKey) -> str:
    """The key as PEM, for whoever is to verify exports."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read_pem(content: bytes) -> Ed25519PublicKey:
    """A public key as `pem_of` writes it. Raises ConfigurationError."""
    try:
        key = load_pem_public_key(content)
    except ValueError as error:
        raise ConfigurationError(
            f"this is no public key as `{COMMAND} secrets public-key` prints it"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError("this is a public key of another kind; exports are signed by Ed25519")
    return key


def signed_head(head: Mapping[str, str | None]) -> bytes:
    """What the signature of a CSV or JSON file is over: its head with the digest of the rows, as JSON."""
    return orjson.dumps({name: value or "" for name, value in head.items()}, option=orjson.OPT_SORT_KEYS)


def sign(key: Ed25519PrivateKey, content: bytes) -> tuple[str, str]:
    """Id of the key and signature in base64."""
    return id_of(key.public_key()), base64.b64encode(key.sign(content)).decode()


def sign_pdf(key: Ed25519PrivateKey, pdf: bytes) -> bytes:
    """`pdf` with a signature over every byte of it."""
    signed_by, signature = sign(key, pdf)
    return pdf + PDF_TRAILER + f"{signed_by} {signature}\n".encode()


def check_pdf(content: bytes, keys: Sequence[Ed25519PublicKey]) -> tuple[SignatureCheck, str]:
    """Verdict on a PDF and the id of its key."""
    pdf, trailer, words = content.rpartition(PDF_TRAILER)
    if not trailer:
        return SignatureCheck.UNSIGNED, ""
    signed_by, _, signature = words.decode("ascii", "replace").strip().partition(" ")
    return check(pdf, signed_by, signature, keys), signed_by


def check(content: bytes, signed_by: str, signature: str, keys: Sequence[Ed25519PublicKey]) -> SignatureCheck:
    """Verdict on a signature by one of `keys`."""
    if not signed_by and not signature:
        return SignatureCheck.UNSIGNED
    key = next((one for one in keys if id_of(one) == signed_by), None)
    if key is None:
        return SignatureCheck.UNKNOWN_KEY
    try:
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        return SignatureCheck.WRONG
    return SignatureCheck.RIGHT
