"""A forged export is found though its digest was made to fit."""

from __future__ import annotations

import hashlib
import re

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from as_run_rig import log, row
from ibe100.models.cues.as_run import AsRunFormat, SignatureCheck
from ibe100.models.errors import ConfigurationError
from ibe100.services.history.as_run_export import export, verify
from ibe100.services.history.as_run_signature import PDF_TRAILER, pem_of, read_pem

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
ROWS = (row(duration_s=20.0), row(cue_id=2, duration_s=30.0))


@pytest.mark.parametrize("format", list(AsRunFormat))
def test_what_was_exported_is_proved_with_the_public_key_alone(format: AsRunFormat) -> None:
    content, digest = export(log(*ROWS), format, KEY)
    check = verify(content, [read_pem(pem_of(KEY.public_key()).encode())])
    assert check.is_proved
    assert check.computed in (digest, "")
    assert verify(content, [OTHER.public_key()]).signature is SignatureCheck.UNKNOWN_KEY
    assert verify(content).signature is SignatureCheck.UNKNOWN_KEY


def forged_json(content: bytes) -> bytes:
    document = orjson.loads(content)
    document["rows"][0]["duration_s"] = 60.0
    rows = orjson.dumps(document["rows"], option=orjson.OPT_SORT_KEYS)
    document["sha256"] = hashlib.sha256(rows).hexdigest()
    return orjson.dumps(document)


def test_a_longer_break_with_a_digest_that_fits_is_found() -> None:
    content = forged_json(export(log(*ROWS), AsRunFormat.JSON, KEY)[0])
    check = verify(content, [KEY.public_key()])
    assert check.named == check.computed
    assert check.signature is SignatureCheck.WRONG
    assert check.is_changed


def test_another_day_in_the_head_is_found() -> None:
    content, _ = export(log(*ROWS), AsRunFormat.CSV, KEY)
    check = verify(content.replace(b"# day,2026-11-22", b"# day,2026-11-23"), [KEY.public_key()])
    assert check.signature is SignatureCheck.WRONG


def test_a_signature_taken_out_leaves_a_file_that_proves_nothing() -> None:
    content, _ = export(log(*ROWS), AsRunFormat.JSON, KEY)
    document = orjson.loads(forged_json(content))
    del document["signature"], document["signed_by"]
    check = verify(orjson.dumps(document), [KEY.public_key()])
    assert check.signature is SignatureCheck.UNSIGNED
    assert not check.is_proved


def test_a_signature_by_whoever_forged_it_is_of_no_known_key() -> None:
    content, _ = export(log(row(duration_s=60.0)), AsRunFormat.CSV, OTHER)
    assert verify(content, [KEY.public_key()]).signature is SignatureCheck.UNKNOWN_KEY
    own_name = re.sub(rb"# signed_by,\w+", b"# signed_by," + _id(KEY).encode(), content)
    assert verify(own_name, [KEY.public_key()]).signature is SignatureCheck.WRONG


def _id(key: Ed25519PrivateKey) -> str:
    return verify(export(log(), AsRunFormat.JSON, key)[0]).signed_by


def test_one_byte_of_a_pdf_is_found_and_an_unsigned_one_cannot_be_read() -> None:
    content, _ = export(log(*ROWS), AsRunFormat.PDF, KEY)
    place = content.index(b"/Title")
    changed = content[:place] + b"/title" + content[place + 6 :]
    assert verify(changed, [KEY.public_key()]).signature is SignatureCheck.WRONG
    with pytest.raises(ConfigurationError, match="cannot be read back"):
        verify(content.partition(PDF_TRAILER)[0], [KEY.public_key()])


@pytest.mark.parametrize("signature", [b"=", b"AAAA", "é".encode(), b"'x"])
def test_a_signature_that_is_none_is_a_verdict(signature: bytes) -> None:
    content, _ = export(log(*ROWS), AsRunFormat.CSV, KEY)
    broken = re.sub(rb"# signature,[^\r]*", b"# signature," + signature, content)
    assert verify(broken, [KEY.public_key()]).signature is SignatureCheck.WRONG
