"""Values of JSON are counted without parsing it, exactly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.utils.bounded_json import BeyondBounds, check_json, read_json

WORDS = st.text(st.sampled_from('"\\[]{},:aä\n'), max_size=6)
DOCUMENTS = st.recursive(
    WORDS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def members(value: Any) -> int:
    """An empty list or object counts as one with a member."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else max(1, len(inner)) + sum(map(members, inner))


@given(DOCUMENTS, st.booleans())
def test_neither_texts_nor_escapes_are_counted(document: Any, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only).encode()
    most, deepest = members(document), depth(document)
    assert read_json(text, most, deepest) == document
    if most:
        with pytest.raises(BeyondBounds, match="values"):
            check_json(text, most - 1, deepest)
        with pytest.raises(BeyondBounds, match="deep"):
            check_json(text, most, deepest - 1)


@pytest.mark.parametrize("text", ['{"a": "\\u0000"}', "[1]"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_an_encoding_that_hides_quotes_is_no_json(text: str, encoding: str) -> None:
    with pytest.raises(ValueError):
        check_json(text.encode(encoding), 1000)


def test_a_number_of_too_many_digits_is_no_json() -> None:
    with pytest.raises(ValueError):
        read_json(b"9" * 5000, 1000)
