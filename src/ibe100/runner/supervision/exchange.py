"""Exchange of what the built-in processor does between its input and its output, which stay."""

from collections.abc import Sequence

_STUFFING = "--add-input-stuffing="


def split_command(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Words that have to stay for a processor to go on, and those that it can exchange."""
    kept: list[str] = []
    exchanged: list[str] = []
    part = kept
    for word in argv:
        if word in ("-I", "-O"):
            part = kept
        elif word == "-P":
            part = exchanged
        if word.startswith(_STUFFING) and part is kept:
            exchanged.insert(0, word)
        else:
            part.append(word)
    return kept, exchanged
