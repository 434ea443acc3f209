"""What the SCTE 35 codec does with damaged sections: `.venv/bin/python tests/benchmarks/cues/scte35_fuzz.py`.

Reads 1,000,000 mutated sections (or --sections N, --seed S), their CRC_32 made right again so that the damage
reaches the parser. Each must be refused with SpliceDecodeError or come back byte for byte; what can be read
must also be described, held against the standard and survive JSON. Prints how many were read, refused, wrong,
crashed or hung, and the time. Exits 1 if one did what none may; the first such are printed in hex.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from ibe100.scte35 import SpliceDecodeError, decode, encode, find_faults
from ibe100.scte35.description import describe
from ibe100.scte35.json_form import from_dict, to_dict
from ibe100.utils.crc import with_crc32

VECTORS = Path(__file__).resolve().parents[2] / "data" / "scte35" / "vectors.json"
HUNG_S = 1.0
"""A section that takes so much CPU time has hung the codec; some microseconds are usual."""
MOST_SHOWN = 20


class Hung(Exception):
    """The alarm went off within one section."""


def mutated(section: bytes, chance: random.Random) -> bytes:
    """The section with some bytes changed, lost or added, section_length and CRC_32 mostly right."""
    body = bytearray(section[:-4])
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(3, len(body))
        match chance.randrange(4):
            case 0:
                body[at] ^= 1 << chance.randrange(8)
            case 1:
                body[at] = chance.choice((0x00, 0xFF, 0x7F, 0x80, chance.randrange(256)))
            case 2 if len(body) > 20:
                del body[at : at + chance.randint(1, 4)]
            case _:
                body[at:at] = chance.randbytes(chance.randint(1, 4))
    if chance.random() < 0.95:
        length = len(body) + 1
        body[1] = body[1] & 0xF0 | length >> 8 & 0x0F
        body[2] = length & 0xFF
    return with_crc32(bytes(body))


def outcome(damaged: bytes) -> str:
    """What became of one section; any exception but SpliceDecodeError goes on to the caller."""
    try:
        section = decode(damaged)
    except SpliceDecodeError:
        return "refused"
    if encode(section) != damaged:
        return "wrong: written back otherwise"
    describe(section)
    find_faults(section)
    if encode(from_dict(to_dict(section))) != damaged:
        return "wrong: changed by JSON"
    return "read"


def ring(number: int, frame: FrameType | None) -> None:
    raise Hung


def survive(sections: list[bytes], count: int, seed: int) -> Counter[str]:
    """How many sections came to each outcome."""
    chance, counts = random.Random(seed), Counter[str]()
    signal.signal(signal.SIGVTALRM, ring)
    slowest, bad = 0.0, 0
    began, began_cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        damaged = mutated(chance.choice(sections), chance)
        start = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, HUNG_S)
        try:
            became = outcome(damaged)
        except Hung:
            became = "hung"
        except Exception as error:  # noqa: BLE001 - any other exception is what this script looks for
            became = f"crashed: {type(error).__name__}"
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        slowest = max(slowest, time.process_time() - start)
        counts[became] += 1
        if became not in ("read", "refused") and (bad := bad + 1) <= MOST_SHOWN:
            print(f"{became}: {damaged.hex()}")
    took, took_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    told = ", ".join(f"{number:,} {what}" for what, number in counts.most_common())
    print(f"{count:,} mutated sections (seed {seed}): {told}")
    crashed = sum(number for what, number in counts.items() if what.startswith("crashed"))
    print(f"crashes {crashed}, hangs {counts['hung']}, bad ones in all {bad}")
    print(f"{took:.0f} s, {took_cpu:.0f} s of them CPU; slowest section {slowest * 1e3:.2f} ms of CPU")
    return counts


def main() -> int:
    """Print the figures; 1 if a mutated section was mishandled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sections", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sections = [base64.b64decode(vector["base64"]) for vector in json.loads(VECTORS.read_bytes())]
    counts = survive(sections, options.sections, options.seed)
    return 0 if counts.keys() <= {"read", "refused"} else 1


if __name__ == "__main__":
    sys.exit(main())
