"""Bodies that a server has compressed although nobody asked: decompressed piece by piece, or refused."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from ibe100.minitsp.chain.plugin import PluginError

_GZIP_OR_ZLIB: Final = 47
"""Window bits by which zlib tells the two apart."""
_KNOWN: Final = ("gzip", "x-gzip", "deflate")
_PIECE_BYTES: Final = 64 * 1024


class EncodingRefused(PluginError):
    """A body that is encoded in a way that is not taken."""


def decoded(encoding: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The body in pieces of at most 64 kB, whatever it was compressed from. Raises EncodingRefused.

    `encoding`: what Content-Encoding says. Several layers are refused: they turn kilobytes into gigabytes.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in _KNOWN:
        raise EncodingRefused(f"the answer is encoded ({encoding[:60]!r}), which was not asked for")
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for chunk in chunks:
            data = chunk
            while data and not decoder.eof:
                yield decoder.decompress(data, _PIECE_BYTES)
                data = decoder.unconsumed_tail
        yield decoder.flush(_PIECE_BYTES)
    except zlib.error as error:
        raise EncodingRefused(f"the answer is {encoding}, and cannot be decompressed: {error}") from error
