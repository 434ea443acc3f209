"""Posts the JSON on standard input to a URL: `python -m ibe100.services.hooks.post URL`, a process per call.

Redirections are not followed. The address is looked at before it is connected to, as for web sources: a name
outside leads to nobody at loopback or a link-local address. The URL comes on the first line of standard
input: arguments are seen by every user of the machine.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import httpcore

from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.web.reach import Reach, ReachedNetwork

FAILED = 1
LONGEST_ANSWER = 64 << 10


def post(url: str, body: bytes) -> int:
    """Status of the answer. Raises PluginError, httpcore's errors."""
    network = ReachedNetwork(Reach(urlsplit(url).hostname or "", local=False))
    headers = [("Content-Type", "application/json"), ("User-Agent", "IBE-100")]
    with (
        httpcore.ConnectionPool(network_backend=network) as pool,
        pool.stream("POST", url, headers=headers, content=body) as answer,
    ):
        taken = 0
        for piece in answer.iter_stream():
            taken += len(piece)
            if taken > LONGEST_ANSWER:
                break
        status: int = answer.status
        return status


def main() -> int:
    """Exit code: 0 for an answer of 2xx."""
    url, _, body = sys.stdin.buffer.read().partition(b"\n")
    try:
        status = post(url.decode(), body)
    except (PluginError, OSError, httpcore.NetworkError, httpcore.TimeoutException) as error:
        print(error, file=sys.stderr)
        return FAILED
    except httpcore.ProtocolError:
        print("what answers there does not speak HTTP", file=sys.stderr)
        return FAILED
    if not 200 <= status < 300:
        print(f"answered with status {status}", file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
