"""Text of others on a terminal, in a log, in one line: shown, and never acted on."""

from __future__ import annotations

import re

# Controls of C0 and C1, marks that turn the direction of writing, line and paragraph separators, surrogates.
_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    r"""`text` with all that a terminal or a viewer would act on as `\u001b`: also within JSON."""
    return _ACTING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
