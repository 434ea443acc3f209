"""How long the SCTE 35 codec takes, and what it does with damaged sections.

    python tests/benchmarks/scte35_codec.py [--sections 1000000] [--seed 1]

Prints microseconds per decode and encode, then reads mutated sections (their CRC_32 made right again, so
that the damage reaches the parser): each must be refused with SpliceDecodeError or come back byte for
byte. Exits 1 if one does neither.
"""

import argparse
import base64
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ibe100.scte35 import SpliceDecodeError, decode, encode, splice_insert, time_signal
from ibe100.scte35.values import SegmentationDescriptor, SegmentationUpid
from ibe100.utils.crc import crc32_mpeg

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "scte35" / "vectors.json"
ROUNDS = 20_000


def microseconds(action: Callable[[], object]) -> float:
    """Best of five runs, for one call."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(ROUNDS // 5):
            action()
        best = min(best, (time.perf_counter() - start) / (ROUNDS // 5))
    return best * 1e6


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
    return bytes(body) + crc32_mpeg(body).to_bytes(4, "big")


def survive(sections: list[bytes], count: int, seed: int) -> int:
    """Read `count` mutated sections; returns how many were neither refused nor kept."""
    chance = random.Random(seed)
    refused = kept = wrong = 0
    slowest = 0.0
    for _ in range(count):
        damaged = mutated(chance.choice(sections), chance)
        start = time.perf_counter()
        try:
            same = encode(decode(damaged)) == damaged
        except SpliceDecodeError:
            refused += 1
        except Exception as error:  # noqa: BLE001 - any other exception is what this script looks for
            wrong += 1
            print(f"{damaged.hex()}: {error!r}")
        else:
            kept += same
            wrong += not same
        slowest = max(slowest, time.perf_counter() - start)
    print(
        f"{count} mutated sections (seed {seed}): "
        f"{kept} read and written back, {refused} refused, {wrong} wrong"
    )
    print(f"slowest one: {slowest * 1e3:.2f} ms")
    return wrong


def main() -> int:
    """Print the figures; 1 if a mutated section was mishandled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sections", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    segmentation = SegmentationDescriptor(
        7, segmentation_duration=2_700_000, upid=SegmentationUpid(8, bytes(8)), segmentation_type_id=0x34
    )
    for name, section in (
        ("splice_insert", splice_insert(1, True, pts_time=900_000, duration_pts=2_700_000)),
        ("time_signal + segmentation", time_signal(segmentation, pts_time=900_000)),
    ):
        raw = encode(section)
        reading, writing = (
            microseconds(lambda raw=raw: decode(raw)),
            microseconds(lambda one=section: encode(one)),
        )
        print(f"{name}: decode {reading:.1f} µs, encode {writing:.1f} µs")
    sections = [base64.b64decode(vector["base64"]) for vector in json.loads(VECTORS.read_bytes())]
    return 1 if survive(sections, options.sections, options.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
